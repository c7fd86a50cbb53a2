//! Web pages are no clients: a page that a developer has open must not start executions or let time pass.
//!
//! Browsers say with every request that could change something which page it comes from (`Origin`); SDKs, the `aws`
//! command and curl say nothing. A page that is said must be this server's own, at a name that only this machine or its
//! network answers to: a stranger's name that was made to lead here (DNS rebinding) is still a stranger's.

use std::net::IpAddr;

use http::{HeaderMap, header};

/// The page that asks, if it may not.
pub(super) fn foreign(headers: &HeaderMap) -> Option<String> {
    let origin = headers.get(header::ORIGIN)?;
    let origin = String::from_utf8_lossy(origin.as_bytes()).into_owned();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = host.is_some_and(|host| origin.strip_prefix("http://") == Some(host) && is_near(host));
    (!is_own).then_some(origin)
}

/// Whether a host is `localhost` or an address.
fn is_near(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(origin: Option<&str>, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        foreign(&headers).is_none()
    }

    #[test]
    fn only_its_own_pages_may_ask() {
        assert!(asks(None, "127.0.0.1:4567"));
        assert!(asks(None, "states:4567"));
        for own in [
            "127.0.0.1:4567",
            "localhost:4567",
            "sync-x.localhost",
            "[::1]:4567",
            "10.0.0.7",
        ] {
            assert!(asks(Some(&format!("http://{own}")), own), "{own}");
        }
        for (origin, host) in [
            ("http://evil.example", "127.0.0.1:4567"),
            ("http://127.0.0.1:8080", "127.0.0.1:4567"),
            ("https://localhost:4567", "localhost:4567"),
            ("null", "localhost:4567"),
            // Rebinding: the browser takes the page for this server's own.
            ("http://evil.example:4567", "evil.example:4567"),
            (
                "http://localhost.evil.example:4567",
                "localhost.evil.example:4567",
            ),
        ] {
            assert!(!asks(Some(origin), host), "{origin} {host}");
        }
    }
}
