//! Providers that break off, answer nonsense, or are not there.

use crate::world::{card, client, key, order};
use domain::ports::PaymentProvider;
use domain::{Fault, IntentId};
use std::time::Duration;
use stripe::StripeProvider;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Reads what comes, answers with these bytes and breaks off.
async fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    format!("http://{address}")
}

async fn confirm_at(base_url: &str) -> Fault {
    client(base_url)
        .confirm(&IntentId::parse("pi_1").unwrap(), &card("tok_visa"), &key("1"))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_connection_broken_after_sending_is_unknown() {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":",
    ] {
        let fault = confirm_at(&answering(bytes).await).await;
        assert!(matches!(fault, Fault::Unknown(_)), "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_read_is_unknown() {
    let nonsense = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
    let fault = confirm_at(&answering(nonsense).await).await;
    assert!(matches!(fault, Fault::Unknown(_)), "{fault:?}");
}

#[tokio::test]
async fn a_gateways_page_leaves_the_status_to_speak() {
    let page = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
    let fault = confirm_at(&answering(page).await).await;
    assert!(matches!(fault, Fault::Unknown(_)), "{fault:?}");
    let busy = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let fault = confirm_at(&answering(busy).await).await;
    assert!(matches!(fault, Fault::Transient(_)), "{fault:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let redirect = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let fault = confirm_at(&answering(redirect).await).await;
    assert!(matches!(fault, Fault::Defect(_)), "{fault:?}");
}

#[tokio::test]
async fn nobody_there_is_transient_because_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let base_url = format!("http://{address}");
    let fault = confirm_at(&base_url).await;
    assert!(matches!(fault, Fault::Transient(_)), "{fault:?}");
    let created = client(&base_url).create_intent(&order(), &key("1")).await;
    assert!(matches!(created, Err(Fault::Transient(_))), "{created:?}");
}

#[test]
fn a_client_that_cannot_work_is_refused_when_it_is_built() {
    let timeout = Duration::from_secs(1);
    assert!(StripeProvider::new("http://127.0.0.1:1", "", timeout).is_err());
    assert!(StripeProvider::new("ftp://example.com", "sk_test_1", timeout).is_err());
    let https = StripeProvider::new("https://api.stripe.com", "sk_test_1", timeout);
    assert_eq!(https.is_ok(), cfg!(feature = "https"));
}
