//! The code of a pass: what a ticket's QR code says at the door.
//!
//! It names ticket and order and carries a signature over both, so that nobody can write one, and a ticket that was given
//! back and sold again has another. It is 78 letters and digits of one case: short enough for a small QR code, and still
//! right when a scanner writes it in capitals. What it is worth, the order says ([`domain::Order::admit`]).

use crate::session::SessionSecret;
use domain::ids::{base32, read_base32};
use domain::{OrderId, Refusal, TicketId};
use hmac::Mac;

/// Characters of each of its three parts: ticket, order, signature.
const PART: usize = 26;
/// Bytes of the signature that are kept: 128 bits, as many as an id has.
const SIGNATURE_BYTES: usize = 16;
/// Longest text that is read at the door, in bytes: a whole address.
pub const SCANNED_MAX: usize = 2_048;
const PURPOSE: &str = "passes, version 1";

/// What a pass is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassCode {
    /// The ticket that lets in.
    pub ticket_id: TicketId,
    /// The order that bought it.
    pub order_id: OrderId,
}

impl PassCode {
    /// The code that says it. `None` only if the system's cryptography refuses the key.
    #[must_use]
    pub fn sign(&self, secret: &SessionSecret) -> Option<String> {
        let what = format!(
            "{}{}",
            body(self.ticket_id.as_str())?,
            body(self.order_id.as_str())?
        );
        let whole = secret.mac_for(PURPOSE, &what)?.finalize().into_bytes();
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(whole.get(..SIGNATURE_BYTES)?);
        Some(what + &base32(signature))
    }

    /// Reads a code that we signed. The comparison takes constant time.
    #[must_use]
    pub fn verify(code: &str, secret: &SessionSecret) -> Option<Self> {
        let code = code.to_ascii_lowercase();
        if !code.is_ascii() || code.len() != 3 * PART {
            return None;
        }
        let (what, signature) = code.split_at(2 * PART);
        let signature = read_base32(signature)?;
        secret
            .mac_for(PURPOSE, what)?
            .verify_truncated_left(&signature)
            .ok()?;
        let (ticket, order) = what.split_at(PART);
        Some(Self {
            ticket_id: TicketId::parse(&format!("tkt_{ticket}")).ok()?,
            order_id: OrderId::parse(&format!("ord_{order}")).ok()?,
        })
    }
}

/// An id without its prefix.
fn body(id: &str) -> Option<&str> {
    id.split_once('_').map(|(_, body)| body)
}

/// The code in what was scanned: the code itself, or an address that ends in it.
///
/// # Errors
/// [`Refusal::InvalidInput`] that names `code` when there is nothing, or too much.
pub fn code_in(scanned: &str) -> Result<&str, Refusal> {
    if scanned.len() > SCANNED_MAX {
        return Err(Refusal::invalid(
            "code",
            format!("must be at most {SCANNED_MAX} bytes"),
        ));
    }
    let code = scanned.trim().rsplit('/').next().unwrap_or_default();
    if code.is_empty() {
        return Err(Refusal::invalid(
            "code",
            "must be the code of a pass, or its address",
        ));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Signed;
    use domain::user::Role;
    use domain::{Timestamp, UserId};

    fn secret() -> SessionSecret {
        SessionSecret::new(&"k".repeat(32)).unwrap()
    }

    fn pass() -> PassCode {
        PassCode {
            ticket_id: TicketId::from_random([1; 16]),
            order_id: OrderId::from_random([2; 16]),
        }
    }

    #[test]
    fn a_code_is_read_back_whole_in_capitals_or_at_the_end_of_an_address() {
        let code = pass().sign(&secret()).unwrap();
        assert_eq!(code.len(), 78);
        assert!(code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(PassCode::verify(&code, &secret()), Some(pass()));
        assert_eq!(PassCode::verify(&code.to_uppercase(), &secret()), Some(pass()));
        for scanned in [
            code.clone(),
            format!("http://localhost:8080/door/{code}"),
            format!(" {code}\n"),
        ] {
            assert_eq!(code_in(&scanned), Ok(code.as_str()));
        }
    }

    #[test]
    fn a_forged_code_is_nothing() {
        let code = pass().sign(&secret()).unwrap();
        let other = SessionSecret::new(&"x".repeat(32)).unwrap();
        assert_eq!(PassCode::verify(&code, &other), None);
        // Every single letter counts: of the ticket, the order and the signature.
        for at in 0..code.len() {
            let mut letters = code.clone().into_bytes();
            letters[at] = if letters[at] == b'2' { b'3' } else { b'2' };
            let forged = String::from_utf8(letters).unwrap();
            assert_eq!(PassCode::verify(&forged, &secret()), None, "letter {at}");
        }
        // The same ticket sold by another order has a code of its own; parts cannot be put together anew.
        let sold_again = PassCode {
            order_id: OrderId::from_random([3; 16]),
            ..pass()
        };
        let newer = sold_again.sign(&secret()).unwrap();
        assert_ne!(newer[2 * PART..], code[2 * PART..]);
        let mixed = format!("{}{}", &newer[..2 * PART], &code[2 * PART..]);
        assert_eq!(PassCode::verify(&mixed, &secret()), None);
        for garbage in [
            "",
            "0",
            &code[1..],
            &format!("{code}0"),
            &"u".repeat(78),
            &"\u{e9}".repeat(39),
            &"\u{1f600}".repeat(20),
        ] {
            assert_eq!(PassCode::verify(garbage, &secret()), None, "{garbage:?}");
        }
    }

    #[test]
    fn what_signs_sessions_does_not_sign_passes() {
        let what = format!("{}{}", &"0".repeat(26), &"1".repeat(26));
        let one = secret().mac_for(PURPOSE, &what).unwrap().finalize().into_bytes();
        let other = secret()
            .mac_for("sessions", &what)
            .unwrap()
            .finalize()
            .into_bytes();
        assert_ne!(one, other);
        let session = Signed {
            user_id: UserId::from_random([7; 16]),
            email: "ana@example.com".to_owned(),
            role: Role::Buyer,
            session_id: "s1".to_owned(),
            expires_at: Timestamp::from_ms(10_000),
        };
        let token = session.sign(&secret()).unwrap();
        assert_eq!(PassCode::verify(&token, &secret()), None);
    }

    #[test]
    fn what_is_not_worth_reading_is_refused_by_the_name_of_its_field() {
        for scanned in ["", " ", "http://localhost:8080/", &"0".repeat(SCANNED_MAX + 1)] {
            match code_in(scanned) {
                Err(Refusal::InvalidInput { errors }) => assert_eq!(errors[0].field, "code"),
                other => panic!("{other:?}"),
            }
        }
    }
}
