//! The HTTP client below, and what a broken exchange means.

use domain::Fault;
use reqwest::Client;
use std::time::Duration;

/// A client for `url` that gives up on an answer after `timeout`. `whom` names the other side in errors.
///
/// It follows no redirect (a key or a signature is meant for one address), repeats nothing and uses no proxy.
///
/// # Errors
/// [`Fault::Defect`] when the URL is not `http://` or `https://`, or is `https://` without the cargo feature `https`.
pub(crate) fn client(url: &str, whom: &str, timeout: Duration) -> Result<Client, Fault> {
    let speaks = url.starts_with("http://") || (cfg!(feature = "https") && url.starts_with("https://"));
    if !speaks {
        return Err(Fault::Defect(format!(
            "this build cannot speak to {whom} at {url:?}"
        )));
    }
    // Fails only when another part of the program has installed a provider before, which then serves as well.
    #[cfg(feature = "https")]
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(timeout)
        // A function sleeps between calls, and the other side meanwhile closes what idles: a request on such
        // a connection would end as unknown for nothing.
        .pool_idle_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .map_err(|error| Fault::Defect(format!("the client of {whom} cannot be built: {error}")))
}

/// What a broken exchange means. Only when no connection came about is it certain that nothing was done.
pub(crate) fn fault_of(whom: &str, error: reqwest::Error) -> Fault {
    let (builder, connect) = (error.is_builder(), error.is_connect());
    // Without the URL: it names the intent, and a base URL may carry what should not be in a log.
    let said = format!("{whom} gave no answer: {}", error.without_url());
    if builder {
        Fault::Defect(said)
    } else if connect {
        Fault::Transient(said)
    } else {
        Fault::Unknown(said)
    }
}
