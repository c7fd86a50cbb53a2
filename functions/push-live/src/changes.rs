//! Changes of rows, as the streams of three tables tell them.

use domain::live::RowChange;
use domain::{Fault, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A row that was written or removed.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    /// Its primary key, by which the tables are told apart.
    pub keys: Map<String, Value>,
    /// The row before; none when it was made.
    pub before: Option<Value>,
    /// The row after; none when it was removed.
    pub after: Option<Value>,
    /// When, to the second.
    pub at: Timestamp,
}

impl Change {
    /// What changed; `None` for what no page is told: the head of a ledger, and what is removed though nobody removes it.
    ///
    /// # Errors
    /// [`Fault::Defect`] for a row that cannot be read, or of a table that is not known here.
    pub fn read(self) -> Result<Option<RowChange>, Fault> {
        let Self {
            keys, before, after, ..
        } = self;
        let has = |name: &str| keys.contains_key(name);
        if has("ticket_id") {
            let (before, after) = (row("ticket", before)?, row("ticket", after)?);
            return Ok(Some(RowChange::Ticket { before, after }));
        }
        if has("order_id") {
            let before = row("order", before)?;
            return Ok(row("order", after)?.map(|after| RowChange::Order { before, after }));
        }
        if has("place") {
            // The head has the number 0, which no posting has; a posting is never written again.
            let is_posting = keys.get("seq").and_then(Value::as_u64).is_some_and(|seq| seq > 0);
            let after = after.filter(|_| is_posting && before.is_none());
            return Ok(row("posting", after)?.map(RowChange::Posted));
        }
        Err(Fault::Defect(
            "a change of a table that is not known here".to_owned(),
        ))
    }
}

fn row<T: DeserializeOwned>(what: &str, row: Option<Value>) -> Result<Option<T>, Fault> {
    // The cause is left out of the text: it may quote what is stored.
    row.map(serde_json::from_value)
        .transpose()
        .map_err(|_| Fault::Defect(format!("the changed {what} cannot be read")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::live::{FRAME_MAX_BYTES, LiveMessage, frames};
    use domain::live::{is_worth_telling, news_of};
    use domain::{OrderId, TicketId, UserId};
    use proptest::prelude::*;
    use serde_json::json;

    fn changes() -> [Value; 4] {
        let ticket = |version: u32, state: &str| {
            json!({
                "ticket_id": TicketId::from_random([1; 16]), "title": "Row 1, seat 2", "price_minor": 4_500,
                "version": version, "state": state, "holds_ever": 0,
            })
        };
        let order = |version: u32, status: &str| {
            json!({
                "order_id": OrderId::from_random([2; 16]), "user_id": UserId::from_random([3; 16]),
                "status": status, "version": version, "task_token": "not for pages",
            })
        };
        let posting = json!({
            "place": "kitchen", "seq": 7, "cause": OrderId::from_random([2; 16]), "at": 1_790_000_000_000_i64,
            "movements": [{
                "seq": 7, "ingredient": "lettuce", "kind": "held", "quantity": 2,
                "balance": { "on_hand": 5, "held": 2 },
            }],
        });
        let change = |keys: Value, before: Value, after: Value| json!({ "keys": keys, "before": before, "after": after, "at": 1_790_000_000_000_i64 });
        [
            change(
                json!({ "ticket_id": "tkt" }),
                ticket(1, "available"),
                ticket(2, "available"),
            ),
            change(json!({ "order_id": "ord" }), order(1, "held"), order(2, "paying")),
            change(json!({ "place": "kitchen", "seq": 7 }), Value::Null, posting),
            change(json!({ "ticket_id": "tkt" }), ticket(1, "available"), Value::Null),
        ]
    }

    fn told(change: Value) -> Option<Result<Vec<LiveMessage>, Fault>> {
        let change: Change = serde_json::from_value(change).ok()?;
        // Asked before anything is read, of whatever moment.
        if !is_worth_telling(change.at, Timestamp::from_ms(1_790_000_000_000)) {
            return None;
        }
        let read = change.read().transpose()?;
        Some(read.map(|change| news_of(change).into_iter().map(|(_, news)| news.into()).collect()))
    }

    #[test]
    fn what_is_whole_is_told() {
        for change in changes() {
            assert!(!told(change).unwrap().unwrap().is_empty());
        }
    }

    proptest! {
        /// Whatever a stream brings: told in frames that fit, or passed over without a word of what is stored.
        #[test]
        fn a_damaged_change_is_told_in_frames_that_fit_or_passed_over(
            change in prop::sample::select(changes().to_vec()).prop_flat_map(damaged::json),
        ) {
            match told(change) {
                Some(Ok(messages)) => {
                    for frame in frames(&messages) {
                        prop_assert!(frame.len() <= FRAME_MAX_BYTES && !frame.contains("not for pages"));
                        let read: Vec<Value> = serde_json::from_str(&frame).unwrap();
                        prop_assert!(!read.is_empty());
                    }
                }
                Some(Err(fault)) => {
                    prop_assert!(matches!(fault, Fault::Defect(_)));
                    prop_assert!(!fault.to_string().contains("Row 1"));
                }
                None => {}
            }
        }
    }
}
