//! Quotas that Step Functions enforces on a run.

use serde_json::Value;

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
/// An Express execution lasts at most this long.
pub(super) const EXPRESS_S_MAX: u64 = 300;

/// Compact JSON text, or nothing if it is larger than a payload may be.
pub(super) fn payload_text(value: &Value) -> Option<String> {
    Some(value.to_string()).filter(|text| text.len() <= PAYLOAD_BYTES_MAX)
}
