//! What `/live` says: messages in frames, and what a page may say. docs/live.md describes it for whoever writes a page.

use crate::bodies::MovementBody;
use axum::http::HeaderMap;
use domain::live::{ConnectionId, News, OrderNews, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The longest frame, bytes: API Gateway bills and forwards what is sent in pieces of this size.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>.
pub const FRAME_MAX_BYTES: usize = 32 * 1024;
/// The longest thing a page may say, bytes; what there is to say takes a tenth of it.
pub const SAID_MAX_BYTES: usize = 1024;

/// Something that happens to a connection, as the gateway tells it.
#[derive(Clone, Debug)]
pub struct SocketRequest {
    /// Whose connection.
    pub connection_id: ConnectionId,
    /// What happens.
    pub event: SocketEvent,
}

/// What happens to a connection.
#[derive(Clone, Debug)]
pub enum SocketEvent {
    /// It is to be opened, with these headers.
    Connect(HeaderMap),
    /// It was closed.
    Disconnect,
    /// The page says something, which may be anything.
    Message(String),
}

/// One thing that a page is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveMessage {
    /// The number of the movement, or the version of the ticket or order; 0 for answers.
    pub seq: u64,
    /// `movement`, `ticket`, `order`, `order-moved`, `watching`, `pong` or `refused`.
    pub kind: String,
    /// What there is to say.
    pub body: Value,
}

impl LiveMessage {
    fn new(seq: u64, kind: &str, body: Value) -> Self {
        Self {
            seq,
            kind: kind.to_owned(),
            body,
        }
    }

    /// The answer to `watch`: what the connection watches now.
    #[must_use]
    pub fn watching(topics: &BTreeSet<Topic>) -> Self {
        Self::new(0, "watching", json!({ "topics": topics }))
    }

    /// The answer to `ping`.
    #[must_use]
    pub fn pong() -> Self {
        Self::new(0, "pong", json!({}))
    }

    /// The answer to what is not understood or cannot be: a sentence, and nothing was changed.
    #[must_use]
    pub fn refused(detail: &str) -> Self {
        Self::new(0, "refused", json!({ "detail": detail }))
    }
}

impl LiveMessage {
    fn of_order(kind: &str, order: &OrderNews) -> Self {
        let body = json!({ "orderId": order.order_id, "status": order.status });
        Self::new(order.version.into(), kind, body)
    }
}

impl From<News> for LiveMessage {
    fn from(news: News) -> Self {
        match news {
            News::Movement {
                place,
                cause,
                at,
                movement,
            } => {
                let body = MovementAt {
                    place: place.as_str(),
                    movement: MovementBody::new(&cause, at, &movement),
                };
                // A struct of texts and numbers always becomes JSON.
                let body = serde_json::to_value(body).unwrap_or_default();
                Self::new(movement.seq, "movement", body)
            }
            News::Ticket {
                ticket_id,
                version,
                is_available,
            } => {
                let body = json!({ "ticketId": ticket_id, "available": is_available });
                Self::new(version.into(), "ticket", body)
            }
            News::Order(order) => Self::of_order("order", &order),
            // A kind of its own, because one connection may be told of an order as its owner's and as an operator's.
            News::AnyOrder(order) => Self::of_order("order-moved", &order),
        }
    }
}

/// A movement with its place.
#[derive(Serialize)]
struct MovementAt {
    place: &'static str,
    #[serde(flatten)]
    movement: MovementBody,
}

/// Messages as frames: JSON arrays of at most [`FRAME_MAX_BYTES`], in the same order. A message that fits into no frame is left
/// out; none that we make comes near that.
#[must_use]
pub fn frames(messages: &[LiveMessage]) -> Vec<String> {
    let mut frames = Vec::new();
    let mut frame = String::new();
    for message in messages {
        let text = serde_json::to_string(message).unwrap_or_default();
        // With a bracket before and one behind.
        if text.is_empty() || text.len() + 2 > FRAME_MAX_BYTES {
            continue;
        }
        if !frame.is_empty() && frame.len() + 1 + text.len() + 1 > FRAME_MAX_BYTES {
            frames.push(std::mem::take(&mut frame) + "]");
        }
        frame.push(if frame.is_empty() { '[' } else { ',' });
        frame.push_str(&text);
    }
    if !frame.is_empty() {
        frames.push(frame + "]");
    }
    frames
}

/// What a page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It wants to be told of these topics and of no others.
    Watch(BTreeSet<Topic>),
    /// It is still there.
    Ping,
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Action {
    Watch { topics: Vec<String> },
    Ping {},
}

impl Said {
    /// Reads what a page says.
    ///
    /// # Errors
    /// A sentence for whoever wrote the page.
    pub fn read(text: &str) -> Result<Self, String> {
        const HOW: &str = r#"Say {"action":"watch","topics":["stock","tickets"]} or {"action":"ping"}."#;
        if text.len() > SAID_MAX_BYTES {
            return Err(format!("This is longer than {SAID_MAX_BYTES} bytes. {HOW}"));
        }
        let action: Action = serde_json::from_str(text)
            .map_err(|_| format!("This was not understood, and nothing was changed. {HOW}"))?;
        let Action::Watch { topics } = action else {
            return Ok(Self::Ping);
        };
        let mut watched = BTreeSet::new();
        for name in topics {
            let topic = Topic::parse(&name).ok_or_else(|| {
                let name: String = name.chars().take(32).collect();
                let known = Topic::ALL.map(Topic::as_str).join(", ");
                format!("There is no topic {name:?}, so nothing was changed. There are: {known}.")
            })?;
            watched.insert(topic);
        }
        Ok(Self::Watch(watched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ledger::{Balance, Ingredient, Movement, MovementKind, Place};
    use domain::{OrderId, Status, TicketId, Timestamp};

    #[test]
    fn each_kind_of_news_has_the_shape_that_pages_rely_on() {
        let movement = News::Movement {
            place: Place::Kitchen,
            cause: "ord_1".to_owned(),
            at: Timestamp::from_ms(0),
            movement: Movement {
                seq: 7,
                ingredient: Ingredient::parse("pollo").unwrap(),
                kind: MovementKind::Served,
                quantity: 2,
                balance: Balance { on_hand: 3, held: 1 },
            },
        };
        let (order_id, ticket_id) = (OrderId::from_random([1; 16]), TicketId::from_random([2; 16]));
        let order = OrderNews {
            order_id: order_id.clone(),
            version: 4,
            status: Status::PaymentFailed,
        };
        let ticket = News::Ticket {
            ticket_id: ticket_id.clone(),
            version: 2,
            is_available: false,
        };
        let told = [
            movement,
            News::Order(order.clone()),
            News::AnyOrder(order),
            ticket,
        ]
        .map(|news| serde_json::to_value(LiveMessage::from(news)).unwrap());
        assert_eq!(
            told,
            [
                json!({ "seq": 7, "kind": "movement", "body": {
                    "place": "kitchen", "seq": 7, "ingredient": "pollo", "kind": "served", "quantity": 2,
                    "cause": "ord_1", "at": "1970-01-01T00:00:00Z", "onHand": 3, "held": 1,
                } }),
                json!({ "seq": 4, "kind": "order", "body": { "orderId": order_id, "status": "payment_failed" } }),
                json!({ "seq": 4, "kind": "order-moved", "body": { "orderId": order_id, "status": "payment_failed" } }),
                json!({ "seq": 2, "kind": "ticket", "body": { "ticketId": ticket_id, "available": false } }),
            ]
        );
    }

    #[test]
    fn frames_hold_every_message_once_in_order_and_none_is_too_long() {
        let messages: Vec<LiveMessage> = (0..700)
            .map(|seq| LiveMessage::new(seq, "order", json!({ "status": "x".repeat(seq as usize % 97) })))
            .collect();
        let frames = frames(&messages);
        assert!(frames.len() > 1, "they do not fit into one");
        let mut read = Vec::new();
        for frame in &frames {
            assert!(frame.len() <= FRAME_MAX_BYTES);
            read.extend(serde_json::from_str::<Vec<LiveMessage>>(frame).unwrap());
        }
        assert_eq!(read, messages);
        assert_eq!(super::frames(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_frame_may_be_exactly_as_long_as_allowed_and_not_a_byte_longer() {
        let of = |length: usize| LiveMessage::refused(&"x".repeat(length));
        let around = serde_json::to_string(&of(0)).unwrap().len() + 2;
        let longest = of(FRAME_MAX_BYTES - around);
        assert_eq!(frames(&[longest.clone(), longest.clone()]).len(), 2);
        assert_eq!(frames(&[longest])[0].len(), FRAME_MAX_BYTES);
        assert_eq!(frames(&[of(FRAME_MAX_BYTES - around + 1)]), Vec::<String>::new());
    }

    #[test]
    fn a_page_says_what_it_watches_or_that_it_is_there_and_nothing_else() {
        let watch = |topics: &[Topic]| Ok(Said::Watch(topics.iter().copied().collect()));
        assert_eq!(
            Said::read(r#"{"action":"watch","topics":["stock","tickets","stock"]}"#),
            watch(&Topic::PUBLIC)
        );
        assert_eq!(Said::read(r#"{"action":"watch","topics":[]}"#), watch(&[]));
        assert_eq!(Said::read(r#"{"action":"ping"}"#), Ok(Said::Ping));
        for wrong in [
            "",
            "null",
            "[]",
            "ping",
            r#"{"action":"watch"}"#,
            r#"{"action":"watch","topics":"stock"}"#,
            r#"{"action":"watch","topics":["stock"],"user":"usr_1"}"#,
            r#"{"action":"ping","extra":1}"#,
            r#"{"action":"$connect"}"#,
            &format!(r#"{{"action":"ping"}}{}"#, " ".repeat(SAID_MAX_BYTES)),
        ] {
            let refused = Said::read(wrong).unwrap_err();
            assert!(refused.contains(r#"{"action":"ping"}"#), "{wrong}: {refused}");
        }
        let refused = Said::read(r#"{"action":"watch","topics":["stock","weather"]}"#).unwrap_err();
        assert_eq!(
            refused,
            r#"There is no topic "weather", so nothing was changed. There are: stock, tickets, orders."#
        );
    }
}
