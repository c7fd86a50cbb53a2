//! What happened in an execution, event by event, as `GetExecutionHistory` tells it.

mod details;
mod event_type;
mod log_line;

use serde_json::{Map, Value};

pub use details::{Details, ResourceType};
pub use event_type::{EventType, NEVER_WRITTEN};
pub use log_line::{LINE_BYTES_MAX, LogLevel};

/// One event. Ids count from 1; an execution's events are in the order of their ids.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct HistoryEvent {
    /// Its number.
    pub id: u64,
    /// The event that led to it; 0 for the first ones.
    pub previous_id: u64,
    /// When it happened, milliseconds since 1970.
    pub at_ms: u64,
    /// What kind of event it is.
    pub event_type: EventType,
    /// What belongs to the kind.
    pub details: Details,
}

impl HistoryEvent {
    /// The event as the API answers it; `with_data` says whether inputs and outputs are included.
    pub fn to_json(&self, with_data: bool) -> Value {
        let mut members = Map::new();
        members.insert("id".to_owned(), self.id.into());
        members.insert("previousEventId".to_owned(), self.previous_id.into());
        members.insert("timestamp".to_owned(), seconds(self.at_ms));
        members.insert("type".to_owned(), self.event_type.name().into());
        if let Some(field) = self.event_type.details_field()
            && let Some(details) = self.details.to_json(with_data)
        {
            members.insert(field, details);
        }
        Value::Object(members)
    }
}

/// AWS JSON writes times as seconds with a fraction.
pub fn seconds(at_ms: u64) -> Value {
    Value::from(at_ms as f64 / 1000.0)
}
