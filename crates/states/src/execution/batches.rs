//! Putting the items of a Map state together, so that one iteration works on several.

use serde_json::{Map, Value};

/// Limits of a batch as numbers; at least one is stated.
#[derive(Clone, Debug, Default)]
pub(super) struct BatchLimits {
    /// How many items at most.
    pub items_max: Option<usize>,
    /// How many bytes the batch may have as JSON text.
    pub bytes_max: Option<usize>,
}

/// The inputs of the iterations: `{"BatchInput": .., "Items": [..]}`, with as many items each as the limits allow, in
/// the order of the items.
pub(super) fn batched(items: Vec<Value>, input: Option<&Value>, limits: &BatchLimits) -> Vec<Value> {
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let frame_bytes = text_bytes(&framed(Vec::new(), input));
    let mut bytes = frame_bytes;
    for item in items {
        let item_bytes = text_bytes(&item) + 1;
        let is_full = limits.items_max.is_some_and(|max| batch.len() >= max)
            || limits.bytes_max.is_some_and(|max| bytes + item_bytes > max);
        if is_full && !batch.is_empty() {
            batches.push(framed(std::mem::take(&mut batch), input));
            bytes = frame_bytes;
        }
        bytes += item_bytes;
        batch.push(item);
    }
    if !batch.is_empty() {
        batches.push(framed(batch, input));
    }
    batches
}

fn framed(items: Vec<Value>, input: Option<&Value>) -> Value {
    let mut members = Map::new();
    members.extend(input.map(|input| ("BatchInput".to_owned(), input.clone())));
    members.insert("Items".to_owned(), Value::Array(items));
    Value::Object(members)
}

fn text_bytes(value: &Value) -> usize {
    value.to_string().len()
}
