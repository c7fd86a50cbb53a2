//! Putting the items of a Map state together, so that one iteration works on several.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::{Batches, MapOver, Template};
use crate::query::QueryError;

use super::Execution;
use super::strand::{Item, StrandId};

/// Limits of a batch as numbers.
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
        let comma_bytes = usize::from(!batch.is_empty());
        let item_bytes = text_bytes(&item);
        let is_full = limits.items_max.is_some_and(|max| batch.len() >= max)
            || limits
                .bytes_max
                .is_some_and(|max| bytes + comma_bytes + item_bytes > max);
        if is_full && !batch.is_empty() {
            batches.push(framed(std::mem::take(&mut batch), input));
            bytes = frame_bytes;
        }
        bytes += item_bytes + usize::from(!batch.is_empty());
        batch.push(item);
    }
    if !batch.is_empty() {
        batches.push(framed(batch, input));
    }
    batches
}

impl Execution {
    /// Selects from each item and puts together what was selected: the inputs of an inline Map state's iterations.
    pub(super) fn batch(
        &mut self,
        id: StrandId,
        map: &MapOver,
        batches: &Batches,
        items: Vec<Value>,
    ) -> Result<Vec<Value>, QueryError> {
        let (limits, input) = self.batch_limits(id, batches)?;
        let items = match &map.item_selector {
            None => items,
            Some(selector) => items
                .into_iter()
                .enumerate()
                .map(|(index, value)| self.with_item(id, &Arc::new(Item::given(index, value)), selector))
                .collect::<Result<_, _>>()?,
        };
        Ok(batched(items, input.as_ref(), &limits))
    }

    /// The limits of a Map state's batches, and what each batch gets besides its items. A limit of 0, which only a path
    /// or an expression can yield, is none.
    pub(super) fn batch_limits(
        &mut self,
        id: StrandId,
        batches: &Batches,
    ) -> Result<(BatchLimits, Option<Value>), QueryError> {
        let mut limit = |template: &Option<Template>| -> Result<Option<usize>, QueryError> {
            let number = template
                .as_ref()
                .map(|template| self.evaluate_whole(id, template, 0));
            let number = number.transpose()?.filter(|number| *number > 0);
            Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
        };
        let limits = BatchLimits {
            items_max: limit(&batches.items_max)?,
            bytes_max: limit(&batches.bytes_max)?,
        };
        if limits.items_max.is_none() && limits.bytes_max.is_none() {
            let message = "MaxItemsPerBatch, MaxInputBytesPerBatch or both must be more than 0.";
            return Err(QueryError::runtime("ItemBatcher", message.to_owned()));
        }
        let input = batches.input.as_ref();
        let input = input
            .map(|input| self.evaluate(id, input, None, None))
            .transpose()?;
        Ok((limits, input))
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batches(items: &[Value], items_max: Option<usize>, bytes_max: Option<usize>) -> Vec<Value> {
        let limits = BatchLimits { items_max, bytes_max };
        batched(items.to_vec(), Some(&json!({ "n": 1 })), &limits)
            .into_iter()
            .map(|mut batch| batch["Items"].take())
            .collect()
    }

    #[test]
    fn a_batch_has_as_many_items_as_both_limits_allow_and_the_last_one_the_rest() {
        let items = [json!(1), json!(2), json!(3), json!(4), json!(5)];
        assert_eq!(
            batches(&items, Some(2), None),
            [json!([1, 2]), json!([3, 4]), json!([5])]
        );
        // {"BatchInput":{"n":1},"Items":[1,2,3]} has 38 bytes.
        assert_eq!(batches(&items, None, Some(38)), [json!([1, 2, 3]), json!([4, 5])]);
        assert_eq!(
            batches(&items, None, Some(37)),
            [json!([1, 2]), json!([3, 4]), json!([5])]
        );
        assert_eq!(
            batches(&items, Some(4), Some(38)),
            [json!([1, 2, 3]), json!([4, 5])]
        );
        assert!(batches(&[], Some(4), None).is_empty());
    }

    #[test]
    fn an_item_that_is_too_large_for_a_batch_is_one_by_itself() {
        let items = [json!("a"), json!("long enough"), json!("b")];
        assert_eq!(
            batches(&items, None, Some(36)),
            [json!(["a"]), json!(["long enough"]), json!(["b"])]
        );
    }
}
