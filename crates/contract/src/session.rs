//! Session tokens: who is signed in, until when, signed so that nobody else can write one.
//!
//! A token is `v1.<payload>.<signature>`: the payload is JSON in URL-safe base64, the signature an HMAC-SHA-256
//! over `v1.<payload>`. One version, one algorithm: nothing in a token chooses how it is checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::user::Role;
use domain::{Timestamp, UserId};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// How long a session lives, seconds: a week.
pub const SESSION_TTL_S: u32 = 7 * 24 * 3600;
/// The cookie that carries the token.
pub const COOKIE: &str = "session";

/// The key that signs sessions, at least 32 characters. Never shown.
#[derive(Clone)]
pub struct SessionSecret(Vec<u8>);

/// The secret is shorter than 32 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretTooShort;

impl SessionSecret {
    /// Takes the secret.
    ///
    /// # Errors
    /// [`SecretTooShort`] below 32 characters.
    pub fn new(secret: &str) -> Result<Self, SecretTooShort> {
        if secret.len() < 32 {
            Err(SecretTooShort)
        } else {
            Ok(Self(secret.as_bytes().to_vec()))
        }
    }

    fn mac(&self, message: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(message.as_bytes());
        Some(mac)
    }

    /// What signs a message for another purpose than sessions. Its key is derived from this one, so that nothing signed
    /// for one purpose is ever right for another. `None` only if the system's cryptography refuses the key.
    pub(crate) fn mac_for(&self, purpose: &str, message: &str) -> Option<Hmac<Sha256>> {
        // A session's message begins with `v1.`, so no session has this key for a signature.
        let key = self.mac(&format!("key for {purpose}"))?.finalize().into_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(message.as_bytes());
        Some(mac)
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(..)")
    }
}

/// What a session says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Who is signed in.
    pub user_id: UserId,
    /// Their e-mail address.
    pub email: String,
    /// What they might do when they signed in; a token without it is a buyer's. What they may do now, the gate reads
    /// where it matters ([`crate::OperatorOnly`]).
    #[serde(default)]
    pub role: Role,
    /// Tells this session apart, so that signing out ends it and no other.
    pub session_id: String,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Signed {
    /// The token that says it. `None` only if the system's cryptography refuses the key.
    #[must_use]
    pub fn sign(&self, secret: &SessionSecret) -> Option<String> {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).ok()?);
        let message = format!("v1.{payload}");
        let signature = URL_SAFE_NO_PAD.encode(secret.mac(&message)?.finalize().into_bytes());
        Some(format!("{message}.{signature}"))
    }

    /// Reads a token that we signed and whose time is not over. The comparison takes constant time.
    #[must_use]
    pub fn verify(token: &str, secret: &SessionSecret, now: Timestamp) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let payload = message.strip_prefix("v1.")?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        secret.mac(message)?.verify_slice(&signature).ok()?;
        let signed: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        (now < signed.expires_at).then_some(signed)
    }
}

/// The `Set-Cookie` value that starts a session; `secure` on every deployment that has TLS.
#[must_use]
pub fn start_cookie(token: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={SESSION_TTL_S}{secure}")
}

/// The `Set-Cookie` value that ends a session.
#[must_use]
pub fn end_cookie() -> String {
    format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> Signed {
        Signed {
            user_id: UserId::from_random([7; 16]),
            email: "ana@example.com".to_owned(),
            role: Role::Operator,
            session_id: "s1".to_owned(),
            expires_at: Timestamp::from_ms(10_000),
        }
    }

    #[test]
    fn a_session_is_read_back_until_its_time_is_over() {
        let secret = SessionSecret::new(&"k".repeat(32)).unwrap();
        let token = signed().sign(&secret).unwrap();
        assert_eq!(
            Signed::verify(&token, &secret, Timestamp::from_ms(9_999)),
            Some(signed())
        );
        assert_eq!(Signed::verify(&token, &secret, Timestamp::from_ms(10_000)), None);
    }

    #[test]
    fn a_token_without_a_role_is_a_buyers() {
        let secret = SessionSecret::new(&"k".repeat(32)).unwrap();
        let mut payload = serde_json::to_value(signed()).unwrap();
        payload.as_object_mut().unwrap().remove("role");
        let message = format!("v1.{}", URL_SAFE_NO_PAD.encode(payload.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(secret.mac(&message).unwrap().finalize().into_bytes());
        let read = Signed::verify(&format!("{message}.{signature}"), &secret, Timestamp::from_ms(0));
        assert_eq!(read.map(|signed| signed.role), Some(Role::Buyer));
    }

    #[test]
    fn a_forged_or_tampered_session_is_nobody() {
        let secret = SessionSecret::new(&"k".repeat(32)).unwrap();
        let other = SessionSecret::new(&"x".repeat(32)).unwrap();
        let now = Timestamp::from_ms(0);
        let token = signed().sign(&secret).unwrap();
        assert_eq!(Signed::verify(&token, &other, now), None);
        let payload = URL_SAFE_NO_PAD.encode(
            serde_json::to_vec(&Signed {
                email: "eve@example.com".into(),
                ..signed()
            })
            .unwrap(),
        );
        let forged = format!("v1.{payload}.{}", token.rsplit_once('.').unwrap().1);
        assert_eq!(Signed::verify(&forged, &secret, now), None);
        for garbage in [
            "",
            ".",
            "v1..",
            "v2.e30.e30",
            &token[1..],
            &token[..token.len() - 2],
        ] {
            assert_eq!(Signed::verify(garbage, &secret, now), None, "{garbage:?}");
        }
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_from_other_sites() {
        for cookie in [start_cookie("token", true), end_cookie()] {
            for guard in ["HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(cookie.contains(guard), "{guard} is not in {cookie}");
            }
        }
        assert!(start_cookie("token", true).ends_with("; Secure"));
        assert!(!start_cookie("token", false).contains("Secure"));
    }

    #[test]
    fn a_short_secret_signs_nothing() {
        assert_eq!(SessionSecret::new(&"k".repeat(31)).err(), Some(SecretTooShort));
    }
}
