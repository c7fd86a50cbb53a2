//! Passwords: Argon2id with the library's parameters, which are OWASP's (19 MiB, 2 passes, 1 lane).
//! Source: <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use domain::Fault;

/// A hash that no password has, with the same parameters: checked when there is no account.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a password; the text holds algorithm, parameters and salt.
///
/// # Errors
/// [`Fault::Defect`] when the library refuses, which it does for no password of allowed length.
pub(crate) fn hash(password: &str, salt: [u8; 16]) -> Result<String, Fault> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| Fault::Defect(format!("the password could not be hashed: {error}")))
}

/// Whether the password belongs to the hash. Takes as long without a hash, and is then always false.
///
/// # Errors
/// [`Fault::Defect`] when the stored hash cannot be read.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> Result<bool, Fault> {
    let defect = |error| Fault::Defect(format!("the password could not be checked: {error}"));
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY))
        .map_err(|error| Fault::Defect(format!("a stored password hash is malformed: {error}")))?;
    match Argon2::default().verify_password(password.as_bytes(), &parsed) {
        Ok(()) => Ok(hash.is_some()),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(defect(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits_its_hash() {
        let stored = hash("correct horse", [3; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify("correct horse", Some(&stored)), Ok(true));
        assert_eq!(verify("wrong horse", Some(&stored)), Ok(false));
        assert_eq!(verify("correct horse", None), Ok(false));
    }
}
