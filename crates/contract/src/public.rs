//! Where people reach the shop: the beginning of every address that is printed, scanned or sent on.

use domain::link::{LinkId, check_target};

/// The shop's public address without a slash at its end, such as `https://shop.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicBase(String);

/// A text that is no public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAddress;

impl PublicBase {
    /// Takes an address; slashes at its end are left out.
    ///
    /// # Errors
    /// [`NotAnAddress`] for one that no short link could lead to, that leaves no room for what follows, or that has a
    /// query or a fragment.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let base = text.trim_end_matches('/');
        if check_target(base).is_err() || base.contains(['?', '#']) || base.len() > 512 {
            return Err(NotAnAddress);
        }
        Ok(Self(base.to_owned()))
    }

    /// Where a short link is followed.
    #[must_use]
    pub fn short_url(&self, link_id: &LinkId) -> String {
        format!("{}/l/{link_id}", self.0)
    }

    /// What the QR code of a pass says: where whoever stands at the door has it verified.
    #[must_use]
    pub fn door_url(&self, code: &str) -> String {
        format!("{}/door/{code}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_begin_with_the_base_and_one_slash() {
        for base in ["http://localhost:8080", "http://localhost:8080/"] {
            let base = PublicBase::parse(base).unwrap();
            let link_id = LinkId::of_target("http://google.com", 0);
            assert_eq!(base.short_url(&link_id), "http://localhost:8080/l/Fy9z6aGA");
            assert_eq!(base.door_url("0"), "http://localhost:8080/door/0");
        }
        for wrong in [
            "",
            "/",
            "localhost:8080",
            "ftp://x",
            "https://x?y",
            "https://x/#y",
        ] {
            assert_eq!(PublicBase::parse(wrong), Err(NotAnAddress), "{wrong}");
        }
    }
}
