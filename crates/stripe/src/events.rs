//! What a webhook's body says: Stripe's event, as far as it matters here.
//!
//! An event is a reason to ask, never the truth itself: events come twice, late and out of order, so whoever gets one
//! inquires. Therefore only its ids are read, and of a refund its number and status.
//!
//! Sources: <https://docs.stripe.com/api/events/object>, <https://docs.stripe.com/api/events/types>.

use crate::webhook::{WebhookSecret, verify};
use domain::ports::ProviderEvents;
use domain::{IntentId, OrderId, ProviderEvent, Refusal, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// Longest id of an event; Stripe promises that no id of it is longer.
const ID_MAX: usize = 255;

/// An event of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Stripe's name for it, `evt_...`; the same when it is sent again.
    pub id: String,
    /// Stripe's type, e.g. `payment_intent.succeeded`.
    pub kind: String,
    /// When it happened, seconds since 1970.
    pub created_s: i64,
    /// The payment intent it is about. `None` for an event of no interest.
    pub intent_id: Option<IntentId>,
    /// The order, as the metadata of intent, charge or refund names it; `None` when they name none of ours.
    pub order_id: Option<OrderId>,
    /// The refund it is about, for the kinds `refund.*` and `charge.refund.updated`.
    pub refund: Option<RefundNews>,
}

/// What an event says of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundNews {
    /// Stripe's id, `re_...`.
    pub provider_id: String,
    /// Which refund of the order, by its metadata; `None` when it was not asked for by this system.
    pub number: Option<u32>,
    /// Stripe's status when the event was made: `pending`, `succeeded`, `failed` ...
    pub status: String,
}

impl Event {
    /// Whether it is about the money of an intent. Every other event is to be accepted and forgotten.
    #[must_use]
    pub const fn is_of_interest(&self) -> bool {
        self.intent_id.is_some()
    }
}

/// The port: webhooks signed with this secret.
#[derive(Clone, Debug)]
pub struct StripeEvents {
    secret: WebhookSecret,
}

impl StripeEvents {
    /// Accepts what is signed with this secret.
    #[must_use]
    pub const fn new(secret: WebhookSecret) -> Self {
        Self { secret }
    }
}

impl ProviderEvents for StripeEvents {
    fn read(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<ProviderEvent, Refusal> {
        let now_s = now.as_ms().div_euclid(1000);
        verify(signature, body, &self.secret, now_s)
            .map_err(|bad| Refusal::BadSignature { why: bad.to_string() })?;
        let event = read_event(body).map_err(|error| Refusal::invalid("body", error.to_string()))?;
        Ok(ProviderEvent {
            is_of_interest: event.is_of_interest(),
            id: event.id,
            intent_id: event.intent_id,
            order_id: event.order_id,
            refund_number: event.refund.and_then(|refund| refund.number),
        })
    }
}

/// A body that is no event at all: not JSON, or without type or usable id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnEvent(String);

impl fmt::Display for NotAnEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an event of the provider: {}", self.0)
    }
}

impl std::error::Error for NotAnEvent {}

/// The envelope; what it carries is read by its kind.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    created: i64,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    object: Value,
}

/// Reads a verified body. Kinds that nobody here has a use for, and objects that lack what is looked for, come out
/// as an event of no interest: the provider adds kinds and fields as it likes, and sends again what is refused.
///
/// # Errors
/// [`NotAnEvent`].
pub fn read_event(body: &[u8]) -> Result<Event, NotAnEvent> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| NotAnEvent(error.to_string()))?;
    // It is remembered under this name, so it has to be one.
    let is_name =
        (1..=ID_MAX).contains(&envelope.id.len()) && envelope.id.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_name {
        return Err(NotAnEvent(format!(
            "its id is not 1 to {ID_MAX} visible ASCII characters"
        )));
    }
    let object = &envelope.data.object;
    let about = match envelope.kind.as_str() {
        kind if kind.starts_with("payment_intent.") => About::Intent,
        "charge.refunded" => About::Charge,
        kind if kind.starts_with("refund.") || kind == "charge.refund.updated" => About::Refund,
        _ => About::Nothing,
    };
    let intent_id = match about {
        About::Intent => text(&object["id"]),
        About::Charge | About::Refund => id_of(&object["payment_intent"]),
        About::Nothing => None,
    }
    .and_then(|id| IntentId::parse(id).ok());
    let refund = match about {
        About::Refund if intent_id.is_some() => text(&object["id"]).map(|id| RefundNews {
            provider_id: id.to_owned(),
            number: text(&object["metadata"]["refund_number"]).and_then(|number| number.parse().ok()),
            status: text(&object["status"]).unwrap_or_default().to_owned(),
        }),
        _ => None,
    };
    let order_id = intent_id
        .as_ref()
        .and_then(|_| text(&object["metadata"]["order_id"]))
        .and_then(|id| OrderId::parse(id).ok());
    Ok(Event {
        id: envelope.id,
        kind: envelope.kind,
        created_s: envelope.created,
        intent_id,
        order_id,
        refund,
    })
}

/// What kind of object an event carries.
#[derive(Clone, Copy)]
enum About {
    Intent,
    Charge,
    Refund,
    Nothing,
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

/// An id that stands there itself, or inside the object that was expanded in its place.
fn id_of(value: &Value) -> Option<&str> {
    text(value).or_else(|| text(&value["id"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(kind: &str, object: &Value) -> Event {
        let event = json!({
            "id": "evt_1", "object": "event", "type": kind, "created": 1_795_266_300, "data": { "object": object },
        });
        read_event(event.to_string().as_bytes()).unwrap()
    }

    fn order() -> OrderId {
        OrderId::from_random([7; 16])
    }

    #[test]
    fn an_intents_event_names_intent_and_order() {
        let object =
            json!({ "id": "pi_1", "object": "payment_intent", "metadata": { "order_id": order().as_str() } });
        for kind in ["payment_intent.succeeded", "payment_intent.payment_failed"] {
            let event = read(kind, &object);
            assert_eq!(event.intent_id, Some(IntentId::parse("pi_1").unwrap()));
            assert_eq!(event.order_id, Some(order()));
            assert_eq!((event.created_s, event.refund), (1_795_266_300, None));
        }
    }

    #[test]
    fn a_refunds_event_names_the_refund_its_number_and_its_status() {
        let object = json!({
            "id": "re_1", "object": "refund", "status": "failed", "payment_intent": "pi_1",
            "metadata": { "order_id": order().as_str(), "refund_number": "2" },
        });
        for kind in [
            "refund.created",
            "refund.updated",
            "refund.failed",
            "charge.refund.updated",
        ] {
            let event = read(kind, &object);
            assert!(event.is_of_interest(), "{kind}");
            assert_eq!(
                event.refund,
                Some(RefundNews {
                    provider_id: "re_1".to_owned(),
                    number: Some(2),
                    status: "failed".to_owned(),
                })
            );
        }
    }

    #[test]
    fn a_refunded_charge_names_its_intent_expanded_or_not() {
        for intent in [json!("pi_1"), json!({ "id": "pi_1", "object": "payment_intent" })] {
            let object =
                json!({ "id": "ch_1", "object": "charge", "payment_intent": intent, "metadata": {} });
            let event = read("charge.refunded", &object);
            assert_eq!(event.intent_id, Some(IntentId::parse("pi_1").unwrap()));
            assert_eq!((event.order_id, event.refund), (None, None));
        }
    }

    #[test]
    fn what_nobody_asked_for_is_of_no_interest_and_no_error() {
        for (kind, object) in [
            ("plan.created", json!({ "id": "price_1" })),
            ("a.kind.of.next.year", json!(null)),
            (
                "charge.succeeded",
                json!({ "id": "ch_1", "payment_intent": "pi_1" }),
            ),
            ("payment_intent.succeeded", json!({ "id": 7 })),
            ("payment_intent.succeeded", json!("pi_1")),
            ("refund.created", json!({ "id": "re_1", "payment_intent": null })),
        ] {
            assert!(!read(kind, &object).is_of_interest(), "{kind} {object}");
        }
        // Somebody else's intent in the same account: its order is none of ours.
        let foreign = json!({ "id": "pi_1", "metadata": { "order_id": "6735" } });
        assert_eq!(read("payment_intent.succeeded", &foreign).order_id, None);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"id":"evt_1"}"#,
            r#"{"id":1,"type":"a"}"#,
        ] {
            assert!(read_event(body.as_bytes()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn what_is_not_signed_now_is_not_read() {
        const NOW_S: i64 = 1_795_266_300;
        let secret = WebhookSecret::new("whsec_test").unwrap();
        let body = json!({ "id": "evt_1", "type": "plan.created" }).to_string();
        let good = crate::webhook::sign(body.as_bytes(), &secret, NOW_S).unwrap();
        let events = StripeEvents::new(secret);
        let heard = |signature: &str, now_s: i64| {
            events.read(signature, body.as_bytes(), Timestamp::from_ms(now_s * 1000))
        };
        assert!(heard(&good, NOW_S).is_ok());
        for (signature, now_s) in [("", NOW_S), ("t=1795266300,v1=00", NOW_S), (&*good, NOW_S + 301)] {
            let refused = heard(signature, now_s);
            assert!(
                matches!(refused, Err(Refusal::BadSignature { .. })),
                "{signature}: {refused:?}"
            );
        }
    }

    #[test]
    fn an_id_by_which_nothing_can_be_kept_makes_no_event() {
        for id in [
            String::new(),
            "e".repeat(256),
            "evt 1".to_owned(),
            "evt_\u{e9}".to_owned(),
        ] {
            let body = json!({ "id": id, "type": "plan.created" }).to_string();
            assert!(read_event(body.as_bytes()).is_err(), "{id:?}");
        }
    }

    fn real() -> Value {
        json!({
            "id": "evt_1", "object": "event", "type": "refund.updated", "created": 1_795_266_300, "data": { "object": {
                "id": "re_1", "object": "refund", "status": "failed", "payment_intent": { "id": "pi_1" },
                "metadata": { "order_id": order().as_str(), "refund_number": "2" },
            } },
        })
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_event(&body);
        }

        #[test]
        fn a_damaged_event_is_refused_or_what_is_read_of_it_is_within_bounds(
            value in damaged::json(real()), noise in damaged::bytes(real().to_string().into_bytes()),
        ) {
            for body in [value.to_string().into_bytes(), noise] {
                let Ok(event) = read_event(&body) else { continue };
                prop_assert!((1..=255).contains(&event.id.len()) && event.id.is_ascii());
                prop_assert!(event.is_of_interest() || (event.order_id.is_none() && event.refund.is_none()));
            }
        }
    }
}
