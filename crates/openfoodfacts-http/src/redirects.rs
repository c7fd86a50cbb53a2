//! Where a redirect may lead: dumps lie behind one, and nobody but the source says where.
//!
//! Nothing secret is sent. But whoever answers for a source must not send the function to what only it can reach: its
//! own runtime on 127.0.0.1, a service beside it, the address that hands out credentials. What was asked for by its
//! address on this very machine (an import from a local file) may lead anywhere on http. A name that resolves to such an
//! address is not looked at: the functions stand in no private network.

use reqwest::{Url, redirect};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// More than a few are a mistake.
const REDIRECTS_MAX: usize = 3;

pub(crate) fn policy() -> redirect::Policy {
    redirect::Policy::custom(|attempt| match check(attempt.previous(), attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(why) => attempt.error(why),
    })
}

/// Whether the way so far, of which the first was asked for, may go on to `next`.
fn check(previous: &[Url], next: &Url) -> Result<(), &'static str> {
    let (Some(first), Some(last)) = (previous.first(), previous.last()) else {
        return Ok(());
    };
    if previous.len() > REDIRECTS_MAX {
        return Err("it redirects too often");
    }
    match (last.scheme(), next.scheme()) {
        ("http", "http" | "https") | ("https", "https") => {}
        _ => return Err("it redirects to a scheme that is less safe, or unknown"),
    }
    if is_near(next) && !is_this_machine(first) {
        return Err("it redirects to an address that is not public");
    }
    Ok(())
}

fn address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_localhost(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_end_matches('.');
        host == "localhost" || host.ends_with(".localhost")
    })
}

/// The address without its wrapping, where an IPv4 address is written as an IPv6 one.
fn unwrapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn is_this_machine(url: &Url) -> bool {
    is_localhost(url) || address(url).is_some_and(|address| unwrapped(address).is_loopback())
}

/// Whether only machines close by reach it. What cannot be read is not public.
fn is_near(url: &Url) -> bool {
    if url.host_str().is_none_or(str::is_empty) || is_localhost(url) {
        return true;
    }
    match address(url).map(unwrapped) {
        None => false,
        Some(IpAddr::V4(address)) => is_near_v4(address),
        Some(IpAddr::V6(address)) => is_near_v6(address),
    }
}

const fn is_near_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // 100.64.0.0/10 is what providers use inside (RFC 6598); 0.0.0.0/8 is this host.
    let is_inside = first == 0 || first == 100 && second & 0b1100_0000 == 64;
    is_inside
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
}

const fn is_near_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(way: &[&str], next: &str) -> Result<(), &'static str> {
        let way: Vec<Url> = way.iter().map(|url| Url::parse(url).unwrap()).collect();
        check(&way, &Url::parse(next).unwrap())
    }

    #[test]
    fn a_redirect_to_another_public_host_is_followed_three_times_at_most() {
        let way = ["https://a.example/", "https://b.example/", "https://c.example/"];
        assert_eq!(goes(&way[..1], "https://cdn.example/dump.gz"), Ok(()));
        assert_eq!(goes(&way, "https://198.51.100.7/dump.gz"), Ok(()));
        let too_many = ["https://a.example/"; REDIRECTS_MAX + 1];
        assert!(goes(&too_many, "https://d.example/").is_err());
    }

    #[test]
    fn a_redirect_may_add_tls_and_never_take_it_away() {
        assert_eq!(goes(&["http://a.example/"], "https://a.example/"), Ok(()));
        assert_eq!(goes(&["http://a.example/"], "http://b.example/"), Ok(()));
        assert!(goes(&["https://a.example/"], "http://a.example/").is_err());
        // On the way counts, not only at its beginning.
        let way = ["http://a.example/", "https://a.example/"];
        assert!(goes(&way, "http://a.example/").is_err());
        assert!(goes(&["http://a.example/"], "ftp://a.example/").is_err());
        assert!(goes(&["http://a.example/"], "file:///etc/passwd").is_err());
    }

    #[test]
    fn a_redirect_does_not_lead_to_what_only_this_machine_reaches() {
        for near in [
            "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://localhost:4566/",
            "http://x.localhost./",
            "http://169.254.169.254/latest/meta-data/",
            "http://169.254.170.2/",
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://100.100.0.1/",
            "http://0.0.0.0/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:169.254.169.254]/",
        ] {
            assert!(goes(&["http://a.example/"], near).is_err(), "{near}");
            // Nor by way of somebody else.
            assert!(
                goes(&["http://a.example/", "http://b.example/"], near).is_err(),
                "{near}"
            );
        }
        for public in [
            "http://100.128.0.1/",
            "http://172.32.0.1/",
            "http://[2001:4860::1]/",
        ] {
            assert_eq!(goes(&["http://a.example/"], public), Ok(()), "{public}");
        }
    }

    #[test]
    fn an_import_from_this_machine_may_stay_on_it() {
        for first in [
            "http://localhost:8080/latest",
            "http://127.0.0.1:1/x",
            "http://[::1]/x",
        ] {
            assert_eq!(goes(&[first], "http://127.0.0.1:8080/dump"), Ok(()), "{first}");
        }
        // A private address is not this machine.
        assert!(goes(&["http://10.0.0.1/"], "http://127.0.0.1/").is_err());
    }
}
