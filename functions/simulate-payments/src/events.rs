//! What the simulator tells the shop by itself: an event for each change, in Stripe's shape.
//!
//! Events are handed out after the change is written and before it is answered, so one may arrive before its request's
//! own answer; each waits a few seconds of its own, so they overtake each other; with odds on, one in ten is sent
//! twice. Their ids follow from what happened: whoever gets one again can tell.
//!
//! Sources: <https://docs.stripe.com/api/events/object>, <https://docs.stripe.com/api/events/types>.

use crate::intents::{Intent, Refund, RefundStatus};
use crate::odds::luck;
use crate::{Simulator, shapes};
use domain::ids::fingerprint;
use domain::ports::Answer;
use serde_json::{Value, json};
use std::time::Duration;

/// The version of the API whose shapes the events have.
const API_VERSION: &str = "2026-09-30.endive";
/// Events wait less than this, seconds.
const DELAY_BOUND_S: u64 = 4;
/// How long a request may be kept from its answer by telling what it did.
const TELLING_LIMIT: Duration = Duration::from_secs(1);
/// With odds on, one event in so many is sent twice.
const ONE_IN: u64 = 10;

/// An event on its way to whoever delivers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// `evt_...`; the same when the same change is told again.
    pub id: String,
    /// Stripe's type, e.g. `payment_intent.succeeded`.
    pub kind: String,
    /// The event as JSON: what is to be posted, and signed when it is.
    pub body: String,
    /// How long it is to wait before it is posted, seconds.
    pub delay_s: u32,
}

/// Where events go to be delivered.
pub trait Outbox: Send + Sync {
    /// Takes an event, to deliver it at least once after its delay.
    fn send<'a>(&'a self, event: &'a OutgoingEvent) -> Answer<'a, ()>;
}

/// A change that is to be told.
pub(crate) struct Change {
    kind: &'static str,
    /// The charge or refund that makes it another change than an earlier one of its kind.
    of: String,
    object: Value,
    created_s: i64,
    /// How long it is until it comes about by itself, seconds.
    in_s: i64,
}

/// What a confirmation came to.
pub(crate) fn of_confirmation(intent: &Intent, now_s: i64) -> Vec<Change> {
    let Some(charge) = intent.charges.last() else {
        return Vec::new();
    };
    let kind = match charge.declined {
        None => "payment_intent.succeeded",
        Some(_) => "payment_intent.payment_failed",
    };
    vec![change(kind, &charge.id, shapes::intent(intent, false), now_s)]
}

/// A cancellation.
pub(crate) fn of_cancellation(intent: &Intent, now_s: i64) -> Vec<Change> {
    let object = shapes::intent(intent, false);
    vec![change("payment_intent.canceled", &intent.id, object, now_s)]
}

/// A refund that was made, and what will become of it by itself.
pub(crate) fn of_refund(intent: &Intent, refund: &Refund, now_s: i64) -> Vec<Change> {
    let mut changes = vec![change(
        "refund.created",
        &refund.id,
        shapes::refund(intent, refund),
        now_s,
    )];
    if refund.status == RefundStatus::Failed {
        changes.push(change(
            "refund.failed",
            &refund.id,
            shapes::refund(intent, refund),
            now_s,
        ));
    } else if let Some(charge) = intent.paid_charge() {
        changes.push(change(
            "charge.refunded",
            &refund.id,
            shapes::charge(intent, charge),
            now_s,
        ));
    }
    if let Some(later) = refund.later {
        let mut settled = refund.clone();
        settled.pass_to(later.at_s);
        let kinds: &[&str] = match settled.status {
            RefundStatus::Failed => &["refund.updated", "refund.failed"],
            RefundStatus::Pending | RefundStatus::Succeeded => &["refund.updated"],
        };
        changes.extend(kinds.iter().map(|kind| Change {
            in_s: later.at_s.saturating_sub(now_s),
            ..change(kind, &refund.id, shapes::refund(intent, &settled), later.at_s)
        }));
    }
    changes
}

fn change(kind: &'static str, of: &str, object: Value, created_s: i64) -> Change {
    Change {
        kind,
        of: of.to_owned(),
        object,
        created_s,
        in_s: 0,
    }
}

/// Tells what happened, if there is anybody to tell. `key` is the idempotency key of the request behind it.
///
/// The money has moved, and the answer must say so: a provider whose events are late is still a provider. So an outbox
/// that fails is a line in the log, and one that hangs is left alone. Who waits for the event has to ask anyway,
/// because real ones get lost too.
pub(crate) async fn announce(simulator: &Simulator, changes: Vec<Change>, key: Option<&str>) {
    let Some(outbox) = &simulator.outbox else { return };
    let telling = tell(simulator, &**outbox, &changes, key);
    if tokio::time::timeout(TELLING_LIMIT, telling).await.is_err() {
        tracing::warn!("events were not sent in time");
    }
}

async fn tell(simulator: &Simulator, outbox: &dyn Outbox, changes: &[Change], key: Option<&str>) {
    for change in changes {
        let event = event_of(simulator, change, key);
        let copies = if is_sent_twice(simulator, &event) { 2 } else { 1 };
        for copy in 0..copies {
            let delay_s = delay_s(simulator, &event, change, copy);
            let event = OutgoingEvent {
                delay_s,
                ..event.clone()
            };
            if let Err(fault) = outbox.send(&event).await {
                tracing::warn!(event = %event.id, kind = %event.kind, %fault, "an event was not sent");
            }
        }
    }
}

fn event_of(simulator: &Simulator, change: &Change, key: Option<&str>) -> OutgoingEvent {
    let digest = fingerprint(&["event", &simulator.settings.seed, change.kind, &change.of]);
    let id = format!("evt_3{}", digest.get(..24).unwrap_or(&digest));
    let body = json!({
        "id": id,
        "object": "event",
        "api_version": API_VERSION,
        "created": change.created_s,
        "data": { "object": change.object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": key },
        "type": change.kind,
    });
    OutgoingEvent {
        id,
        kind: change.kind.to_owned(),
        body: body.to_string(),
        delay_s: 0,
    }
}

fn is_sent_twice(simulator: &Simulator, event: &OutgoingEvent) -> bool {
    simulator.settings.odds.is_some() && luck(&["twice", &simulator.settings.seed, &event.id], ONE_IN) == 0
}

fn delay_s(simulator: &Simulator, event: &OutgoingEvent, change: &Change, copy: u32) -> u32 {
    let seed = &simulator.settings.seed;
    let waits = luck(&["delay", seed, &event.id, &copy.to_string()], DELAY_BOUND_S);
    u32::try_from(change.in_s)
        .unwrap_or_default()
        .saturating_add(u32::try_from(waits).unwrap_or_default())
}
