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
