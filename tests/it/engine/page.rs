//! An open page: a WebSocket at `/live`, and what it has been told.

use super::{PATIENCE, Person, Shop};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A page that is open.
#[derive(Debug)]
pub struct LivePage {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Messages of a frame that came and were not looked at yet.
    waiting: VecDeque<Value>,
}

impl Person {
    /// Opens a page with this person's session, or as a guest.
    pub async fn opens_a_page(&self, shop: &Shop) -> LivePage {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer
            .iter()
            .map(|value| ("authorization", value.as_str()))
            .collect();
        shop.page(&headers)
            .await
            .unwrap_or_else(|status| panic!("the handshake was answered with {status}"))
    }
}

impl Shop {
    /// Opens a page with these headers. `Err`: the status that refused it.
    pub async fn page(&self, headers: &[(&'static str, &str)]) -> Result<LivePage, u16> {
        let address = format!("{}/live", self.front.replacen("http", "ws", 1));
        let mut request = address.into_client_request().expect("an address");
        for (name, value) in headers {
            request
                .headers_mut()
                .append(*name, value.parse().expect("a header's value"));
        }
        match timeout(PATIENCE, connect_async(request))
            .await
            .expect("an answer to the handshake")
        {
            Ok((socket, _)) => Ok(LivePage {
                socket,
                waiting: VecDeque::new(),
            }),
            Err(Error::Http(refusal)) => Err(refusal.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }
}

impl LivePage {
    /// Says anything at all.
    pub async fn says(&mut self, text: &str) {
        self.socket
            .send(Message::text(text))
            .await
            .expect("the page is open");
    }

    /// Watches these topics and waits until that is so.
    pub async fn watches(&mut self, topics: &[&str]) {
        self.says(&json!({ "action": "watch", "topics": topics }).to_string())
            .await;
        let answer = self.hears_of("watching", |_| true).await;
        assert_eq!(answer["body"]["topics"], json!(topics), "{answer}");
    }

    /// The next message, whatever it is.
    pub async fn hears(&mut self) -> Value {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return message;
            }
            let frame = timeout(PATIENCE, self.socket.next()).await;
            let frame = frame.unwrap_or_else(|_| panic!("nothing was told within {} s", PATIENCE.as_secs()));
            match frame.expect("the page is open").expect("the page is open") {
                Message::Text(text) => {
                    assert!(text.len() <= 32 * 1024, "a frame of {} bytes", text.len());
                    let messages: Vec<Value> = serde_json::from_str(&text).expect("a frame is a JSON array");
                    self.waiting.extend(messages);
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next message of a kind that is wanted; what comes before it is passed over.
    pub async fn hears_of(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.hears().await;
            if message["kind"] == kind && wanted(&message) {
                return message;
            }
        }
    }

    /// Everything told until a message is wanted, with that one.
    pub async fn hears_until(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut heard = Vec::new();
        loop {
            heard.push(self.hears().await);
            if heard.last().is_some_and(&wanted) {
                return heard;
            }
        }
    }

    /// Waits until the other side has ended it.
    pub async fn ends(mut self) {
        let until_it_ends = async { while let Some(Ok(_)) = self.socket.next().await {} };
        timeout(PATIENCE, until_it_ends)
            .await
            .expect("the page is told that its connection is over");
    }

    /// Closes it as a page does that is left.
    pub async fn closes(mut self) {
        // The other side may be gone already.
        let _ = self.socket.close(None).await;
    }
}
