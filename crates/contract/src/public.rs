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

    /// Whether a page with this `Origin` is one of ours. Where the shop is reached by a name of this machine, every such name
    /// will do: they all lead here.
    #[must_use]
    pub fn is_origin(&self, origin: &str) -> bool {
        match (Origin::read(&self.0), Origin::read(origin)) {
            (Some(own), Some(other)) => own == other,
            _ => false,
        }
    }
}

/// Names of this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Where a page comes from: scheme, host and port.
#[derive(PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an address; `None` when it has none, as `null` has not.
    fn read(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        // The last colon is the port's, unless it is inside the brackets of an IPv6 address.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (authority, usual),
        };
        let host = host.to_ascii_lowercase();
        let host = if LOOPBACK.contains(&host.as_str()) {
            LOOPBACK[0].to_owned()
        } else {
            host
        };
        (!host.is_empty()).then_some(Self { scheme, host, port })
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

    #[test]
    fn a_page_of_the_shop_has_its_origin_and_no_other_has() {
        for (base, own, foreign) in [
            (
                "https://shop.example/app",
                vec!["https://shop.example", "https://SHOP.example:443"],
                vec![
                    "http://shop.example",
                    "https://shop.example.evil.example",
                    "https://evil.example/https://shop.example",
                    "https://shop.example:8443",
                    "https://shop.example@evil.example",
                    "null",
                    "",
                ],
            ),
            (
                "http://localhost:8080",
                vec![
                    "http://localhost:8080",
                    "http://127.0.0.1:8080",
                    "http://[::1]:8080",
                ],
                vec![
                    "http://localhost:5173",
                    "http://127.0.0.2:8080",
                    "https://localhost:8080",
                ],
            ),
        ] {
            let base = PublicBase::parse(base).unwrap();
            for origin in own {
                assert!(base.is_origin(origin), "{origin}");
            }
            for origin in foreign {
                assert!(!base.is_origin(origin), "{origin}");
            }
        }
    }
}
