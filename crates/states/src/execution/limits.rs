//! Quotas that Step Functions enforces on a run.

use serde_json::Value;

use crate::query::STEPS_MAX;

/// Events a history may have ("Step Functions service quotas").
pub const EVENTS_MAX: usize = 25_000;
/// Bytes of an input, a result, an output or a variable.
pub const PAYLOAD_BYTES_MAX: usize = 262_144;
/// Bytes of all variables of an execution together.
pub(super) const VARIABLES_BYTES_MAX: usize = 10_485_760;
/// Iterations of inline maps and branches that may run at once in one execution.
pub(super) const STRANDS_MAX: usize = 10_000;
/// Iterations of one inline map that run at once, whatever MaxConcurrency says (Developer Guide, "Inline mode").
pub(super) const INLINE_CONCURRENCY_MAX: usize = 40;
/// Steps of evaluation after which the rest waits a millisecond; a few of these are as much as one evaluation may take.
pub(super) const STEPS_A_TURN: u64 = STEPS_MAX / 4;
/// An Express execution lasts at most this long.
pub(super) const EXPRESS_S_MAX: u64 = 300;

/// Levels of lists and objects within each other. A loop that wraps its input in an object each time would otherwise
/// build a value that no recursive walk survives, long before it is too many bytes.
const PAYLOAD_DEPTH_MAX: usize = 200;

/// Compact JSON text, or nothing if it is larger or deeper than a payload may be.
pub(super) fn payload_text(value: &Value) -> Option<String> {
    if !is_shallow(value, PAYLOAD_DEPTH_MAX) {
        return None;
    }
    Some(value.to_string()).filter(|text| text.len() <= PAYLOAD_BYTES_MAX)
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_shallow(item, levels - 1)),
        Value::Object(members) => levels > 0 && members.values().all(|member| is_shallow(member, levels - 1)),
        _ => true,
    }
}
