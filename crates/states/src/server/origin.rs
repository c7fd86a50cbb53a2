//! Web pages are no clients: a page that a developer has open must not start executions or let time pass.
//!
//! Browsers say with every request that could change something which page it comes from (`Origin`); SDKs, the `aws`
//! command and curl say nothing. A page that is said must be this server's own, at a name that only this machine or its
//! network answers to: a stranger's name that was made to lead here (DNS rebinding) is still a stranger's.
//!
//! With a GET of what a browser takes for the page's own server it says no `Origin`, only the name (`Host`), so what
//! answers a GET looks at that too.

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

/// The name under which this server is asked, if it could be a stranger's. Names without a dot are those of
/// containers and machines nearby; nobody has one in the public DNS.
pub(super) fn strange_host(headers: &HeaderMap) -> Option<String> {
    // A browser always says it.
    let host = String::from_utf8_lossy(headers.get(header::HOST)?.as_bytes()).into_owned();
    let is_known = is_near(&host) || !name_of(&host).contains('.');
    (!is_known).then_some(host)
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a host is `localhost`, a name under it, or an address.
fn is_near(host: &str) -> bool {
    let name = name_of(host);
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

    #[test]
    fn a_name_that_could_be_a_strangers_is_noticed() {
        let is_strange = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            strange_host(&headers).is_some()
        };
        for host in [
            "localhost:4567",
            "sync-x.localhost",
            "127.0.0.1:4567",
            "[::1]:4567",
            "[fe80::1]",
            "states:4567",
        ] {
            assert!(!is_strange(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:4567",
            "evil.:4567",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
        ] {
            assert!(is_strange(host), "{host}");
        }
        assert_eq!(strange_host(&HeaderMap::new()), None);
    }
}
