//! Webhooks: the provider's signed word that something has happened.
//!
//! Stripe signs `timestamp.body` with HMAC-SHA256 and sends `Stripe-Signature: t=<timestamp>,v1=<hex>`; while a secret
//! is being replaced there are several `v1`. Only the bytes as they came can be verified: a body that was read and
//! written again is another one.
//!
//! Sources: <https://docs.stripe.com/webhooks/signature>, <https://docs.stripe.com/webhooks#verify-manually>.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "stripe-signature";

/// How far a signature's timestamp may be from now, seconds, to either side. Stripe's libraries use the same.
pub const TOLERANCE_S: i64 = 300;

/// What both sides of a webhook know, e.g. `whsec_...`.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(String);

/// A text that cannot be a webhook's secret: an empty one, which anybody could sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptySecret;

impl fmt::Display for EmptySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the webhook's secret is empty")
    }
}

impl std::error::Error for EmptySecret {}

impl WebhookSecret {
    /// The secret as the provider shows it, its `whsec_` included: Stripe signs with the whole text.
    ///
    /// # Errors
    /// [`EmptySecret`].
    pub fn new(text: &str) -> Result<Self, EmptySecret> {
        if text.is_empty() {
            Err(EmptySecret)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// `timestamp` is signed as it is written, digit by digit.
    fn mac(&self, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok()?;
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        Some(mac)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// Why a message is not taken for the provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSignature {
    /// No header, or one without a `v1` signature.
    Missing,
    /// The header has no timestamp, two of them, one that is no number, or a signature that is not hexadecimal.
    Garbled,
    /// No signature of the header fits body, timestamp and secret.
    Wrong,
    /// Signed more than [`TOLERANCE_S`] ago: perhaps somebody sends again what they overheard.
    TooOld,
    /// Signed more than [`TOLERANCE_S`] from now on: one of the two clocks is wrong.
    FromTheFuture,
}

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the signature is missing",
            Self::Garbled => "the signature header cannot be read",
            Self::Wrong => "the signature does not fit the message",
            Self::TooOld => "the signature is too old",
            Self::FromTheFuture => "the signature is from the future",
        })
    }
}

impl std::error::Error for BadSignature {}

/// Checks that `body`, byte by byte, was signed with `secret` within [`TOLERANCE_S`] of `now_s` (seconds since 1970).
/// `header` is the value of [`SIGNATURE_HEADER`]; empty when the message had none.
///
/// # Errors
/// [`BadSignature`]. Which one, is for whoever sets the endpoint up; it tells nothing that would help to forge one.
pub fn verify(header: &str, body: &[u8], secret: &WebhookSecret, now_s: i64) -> Result<(), BadSignature> {
    let (timestamp, signatures) = read_header(header)?;
    let signed_s: i64 = timestamp.parse().map_err(|_| BadSignature::Garbled)?;
    let mac = secret.mac(timestamp, body).ok_or(BadSignature::Wrong)?;
    // In constant time, and before the clock: of a message that is not the provider's, its age says nothing.
    if !signatures
        .iter()
        .any(|signature| mac.clone().verify_slice(signature).is_ok())
    {
        return Err(BadSignature::Wrong);
    }
    match now_s.saturating_sub(signed_s) {
        age if age > TOLERANCE_S => Err(BadSignature::TooOld),
        age if age < -TOLERANCE_S => Err(BadSignature::FromTheFuture),
        _ => Ok(()),
    }
}

/// The value of [`SIGNATURE_HEADER`] for `body`, signed at `timestamp_s` (seconds since 1970). For who sends: the
/// simulator, and tests. `None` only if the system's cryptography refuses the key.
#[must_use]
pub fn sign(body: &[u8], secret: &WebhookSecret, timestamp_s: i64) -> Option<String> {
    let timestamp = timestamp_s.to_string();
    let signature = secret.mac(&timestamp, body)?.finalize().into_bytes();
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("t={timestamp},v1={hex}"))
}

/// The timestamp as it is written, and every `v1` signature. Other schemes (`v0` of test mode) are passed over.
fn read_header(header: &str) -> Result<(&str, Vec<Vec<u8>>), BadSignature> {
    let mut timestamp = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            // Two timestamps could be read as one by the signer and as the other by us.
            Some(("t", _)) if timestamp.is_some() => return Err(BadSignature::Garbled),
            Some(("t", digits)) => timestamp = Some(digits),
            Some(("v1", hex)) => signatures.push(from_hex(hex).ok_or(BadSignature::Garbled)?),
            _ => {}
        }
    }
    match timestamp {
        _ if signatures.is_empty() => Err(BadSignature::Missing),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((digits, signatures))
        }
        _ => Err(BadSignature::Garbled),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect();
    let digits = digits?;
    (digits.len().is_multiple_of(2)).then(|| {
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW_S: i64 = 1_795_266_300;

    fn secret() -> WebhookSecret {
        WebhookSecret::new("whsec_test").unwrap()
    }

    fn signed(body: &[u8], at_s: i64) -> String {
        sign(body, &secret(), at_s).unwrap()
    }

    #[test]
    fn stripes_scheme_is_met_digit_by_digit() {
        // Computed with `openssl dgst -sha256 -hmac whsec_test` over `1795266300.{"id":"evt_1"}`.
        let expected = "t=1795266300,v1=8bf23c0ebf6023ec20a97d6ce6f6400c5c981a2bdee1d666e3d0ddd79e1567cb";
        assert_eq!(signed(br#"{"id":"evt_1"}"#, NOW_S), expected);
    }

    #[test]
    fn a_message_without_a_signature_is_refused_as_missing() {
        for header in ["", "t=1795266300", "t=1795266300,v0=ab", "nonsense", ",,,"] {
            assert_eq!(
                verify(header, b"{}", &secret(), NOW_S),
                Err(BadSignature::Missing),
                "{header:?}"
            );
        }
    }

    #[test]
    fn a_header_that_does_not_read_is_garbled() {
        let good = signed(b"{}", NOW_S);
        let signature = good.split_once(',').unwrap().1;
        for header in [
            signature.to_owned(),
            format!("t=,{signature}"),
            format!("t=+1795266300,{signature}"),
            format!("t=-1795266300,{signature}"),
            format!("t=now,{signature}"),
            format!("t=99999999999999999999,{signature}"),
            format!("t=1795266300,{good}"),
            format!("{good},v1=xy"),
            "t=1795266300,v1=abc".to_owned(),
        ] {
            assert_eq!(
                verify(&header, b"{}", &secret(), NOW_S),
                Err(BadSignature::Garbled),
                "{header:?}"
            );
        }
    }

    #[test]
    fn a_signature_lives_five_minutes_to_either_side() {
        for (age_s, expected) in [
            (0, Ok(())),
            (TOLERANCE_S, Ok(())),
            (-TOLERANCE_S, Ok(())),
            (TOLERANCE_S + 1, Err(BadSignature::TooOld)),
            (-TOLERANCE_S - 1, Err(BadSignature::FromTheFuture)),
        ] {
            let header = signed(b"{}", NOW_S - age_s);
            assert_eq!(
                verify(&header, b"{}", &secret(), NOW_S),
                expected,
                "{age_s} s old"
            );
        }
    }

    #[test]
    fn while_a_secret_is_replaced_one_fitting_signature_of_several_is_enough() {
        let old = WebhookSecret::new("whsec_old").unwrap();
        let good = signed(b"{}", NOW_S);
        let other = sign(b"{}", &old, NOW_S).unwrap();
        let other = other.split_once(',').unwrap().1;
        let both = format!("{},{other}, v0=00", good);
        assert_eq!(verify(&both, b"{}", &secret(), NOW_S), Ok(()));
        assert_eq!(verify(&both, b"{}", &old, NOW_S), Ok(()));
        let neither = WebhookSecret::new("whsec_other").unwrap();
        assert_eq!(verify(&both, b"{}", &neither, NOW_S), Err(BadSignature::Wrong));
    }

    #[test]
    fn a_signature_cut_short_does_not_fit() {
        let good = signed(b"{}", NOW_S);
        assert_eq!(
            verify(&good[..good.len() - 2], b"{}", &secret(), NOW_S),
            Err(BadSignature::Wrong)
        );
        assert_eq!(
            verify("t=1795266300,v1=", b"{}", &secret(), NOW_S),
            Err(BadSignature::Wrong)
        );
    }

    #[test]
    fn a_secret_never_shows_itself_and_is_never_empty() {
        assert_eq!(format!("{:?}", secret()), "WebhookSecret(..)");
        assert_eq!(WebhookSecret::new(""), Err(EmptySecret));
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_header_is_refused_and_never_a_panic(
            header in "(?s).{0,120}", body in proptest::collection::vec(any::<u8>(), 0..64), now in any::<i64>()
        ) {
            prop_assert!(verify(&header, &body, &secret(), now).is_err());
        }

        #[test]
        fn what_looks_like_a_header_is_refused_and_never_a_panic(
            header in "(t=[0-9]{0,25}|v1=[0-9a-fx]{0,70}|v0=ab|,|=){0,8}", now in any::<i64>()
        ) {
            let refused = verify(&header, b"{}", &secret(), now).is_err();
            prop_assert!(refused);
        }

        #[test]
        fn a_damaged_header_is_refused_or_says_the_same(header in damaged::text([signed(b"{}", NOW_S)])) {
            let let_in = verify(&header, b"{}", &secret(), NOW_S).is_ok();
            let real = signed(b"{}", NOW_S);
            let (time, signature) = real.split_once(',').unwrap();
            // Blanks, other schemes and more signatures may stand beside the right ones.
            let says_the_same = header.contains(time) && header.to_ascii_lowercase().contains(signature);
            prop_assert!(!let_in || says_the_same, "{}", header);
            prop_assert!(let_in || header != real);
        }

        #[test]
        fn what_was_signed_is_let_in(
            body in proptest::collection::vec(any::<u8>(), 0..256), at in 0..i64::MAX
        ) {
            prop_assert_eq!(verify(&signed(&body, at), &body, &secret(), at), Ok(()));
        }

        #[test]
        fn one_changed_byte_of_the_body_is_refused(
            body in proptest::collection::vec(any::<u8>(), 1..256), place in any::<prop::sample::Index>(), bit in 0_u8..8
        ) {
            let header = signed(&body, NOW_S);
            let mut tampered = body.clone();
            tampered[place.index(body.len())] ^= 1 << bit;
            prop_assert_eq!(verify(&header, &tampered, &secret(), NOW_S), Err(BadSignature::Wrong));
            tampered = body;
            tampered.push(b' ');
            prop_assert_eq!(verify(&header, &tampered, &secret(), NOW_S), Err(BadSignature::Wrong));
        }

        #[test]
        fn another_timestamp_is_refused(at in 0..i64::MAX / 2, other in 0..i64::MAX / 2) {
            prop_assume!(at != other);
            let header = signed(b"{}", at).replacen(&at.to_string(), &other.to_string(), 1);
            prop_assert_eq!(verify(&header, b"{}", &secret(), other), Err(BadSignature::Wrong));
        }

        #[test]
        fn one_changed_digit_of_the_signature_is_refused(place in 0_usize..64, digit in "[0-9a-f]") {
            let header = signed(b"{}", NOW_S);
            let at = header.len() - 64 + place;
            let tampered = format!("{}{digit}{}", &header[..at], &header[at + 1..]);
            prop_assume!(tampered != header);
            prop_assert_eq!(verify(&tampered, b"{}", &secret(), NOW_S), Err(BadSignature::Wrong));
        }
    }
}
