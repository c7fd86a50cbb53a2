//! The items of a Map state that is tested: those it is given, or those that it would read from what is found in S3.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::definition::{Format, MapOver, Reader, Source};
use crate::query::QueryError;

use super::batches::batched;
use super::map_items::Entry;
use super::read_items::ReadItem;
use super::reading::Reading;
use super::strand::StrandId;
use super::{Execution, Failure};

impl Execution {
    /// Selects from the items and puts them together, for the report to show. Returns how many items there are; nothing
    /// if the state has failed for want of them.
    pub(super) fn select_items(&mut self, id: StrandId, map: &MapOver) -> Result<Option<usize>, QueryError> {
        let concurrency_max = match &map.concurrency_max {
            Some(max) => self.evaluate_whole(id, max, 0)?,
            None => 0,
        };
        self.note(|seen| seen.concurrency_max = Some(concurrency_max));
        let reader = map.distributed.as_ref().and_then(|map| map.reader.as_ref());
        let data = self.probe.as_ref().and_then(|probe| probe.reader_data.clone());
        let entries = match (reader, data) {
            (Some(reader), Some(data)) => match self.read_given(id, reader, &data)? {
                Ok(entries) => entries,
                Err(cause) => {
                    self.fail_state(id, Failure::new("States.ItemReaderFailed", cause));
                    return Ok(None);
                }
            },
            _ => self.given_items(id, map)?,
        };
        let count = entries.len();
        let inputs = match &map.item_selector {
            None => entries.into_iter().map(|entry| entry.input).collect(),
            Some(selector) => {
                let selected = entries
                    .into_iter()
                    .map(|entry| self.with_item(id, &Arc::new(entry.item), selector))
                    .collect::<Result<Vec<_>, _>>()?;
                self.note(|seen| seen.selected = Some(selected.clone()));
                selected
            }
        };
        if let Some(batches) = &map.batches {
            let (limits, input) = self.batch_limits(id, batches)?;
            let batches = batched(inputs, input.as_ref(), &limits);
            self.note(|seen| seen.batches = Some(batches));
        }
        Ok(Some(count))
    }

    fn given_items(&mut self, id: StrandId, map: &MapOver) -> Result<Vec<Entry>, QueryError> {
        let is_distributed = map.distributed.is_some();
        let items = match &map.items {
            Some(template) => match self.evaluate(id, template, None, None)? {
                value if value.is_array() || (is_distributed && value.is_object()) => value,
                value => template.unfit("array", &value).map_or(Ok(Value::Null), Err)?,
            },
            None => self.input_of(id),
        };
        self.note(|seen| {
            seen.shaped.items = seen.shaped.input.is_some().then(|| items.clone());
        });
        let is_fit = items.is_array() || is_distributed;
        Ok(Entry::all_of(items).filter(|_| is_fit).unwrap_or_default())
    }

    /// Reads the items from a text, as if every call of S3 yielded it. The inner error is the cause of a
    /// `States.ItemReaderFailed`.
    fn read_given(
        &mut self,
        id: StrandId,
        reader: &Reader,
        data: &str,
    ) -> Result<Result<Vec<Entry>, String>, QueryError> {
        let arguments = self.evaluate(id, &reader.arguments, None, None)?;
        let items_max = match &reader.items_max {
            Some(max) => Some(self.evaluate_whole(id, max, 0)?).filter(|max| *max > 0),
            None => None,
        };
        let items_max = items_max.map(|max| usize::try_from(max).unwrap_or(usize::MAX));
        let items = match read_all(&reader.source, arguments, items_max, data) {
            Ok(items) => items,
            Err(cause) => return Ok(Err(cause)),
        };
        let has_pointer = match &reader.source {
            Source::Object(format) | Source::Objects(format) => {
                matches!(format, Format::Json { pointer } if !pointer.is_empty())
            }
            Source::Listing => false,
        };
        self.note(|seen| {
            if seen.shaped.input.is_none() {
                return;
            }
            let whole = whole(&items);
            seen.shaped.pointed = has_pointer.then(|| whole.clone());
            seen.shaped.items = Some(whole);
        });
        let items = items.into_iter().enumerate();
        Ok(Ok(items.map(|(index, item)| Entry::read(index, item)).collect()))
    }
}

fn read_all(
    source: &Source,
    arguments: Value,
    items_max: Option<usize>,
    data: &str,
) -> Result<Vec<ReadItem>, String> {
    let prefix = arguments["Prefix"].as_str().unwrap_or_default().to_owned();
    let mut reading = Reading::begin(source, arguments, items_max)?;
    match source {
        Source::Object(_) => reading.take_in(source, &json!({ "Body": data }))?,
        Source::Objects(_) => {
            reading.take_in(source, &json!({ "Contents": [{ "Key": prefix }] }))?;
            reading.take_in(source, &json!({ "Body": data }))?;
        }
        Source::Listing => {
            let list: Value =
                serde_json::from_str(data).map_err(|reason| format!("The list is no JSON: {reason}."))?;
            let list = match list {
                Value::Array(objects) => json!({ "Contents": objects }),
                list => list,
            };
            reading.take_in(source, &list)?;
        }
    }
    Ok(reading.into_items())
}

/// The array or the object that the items are the parts of.
fn whole(items: &[ReadItem]) -> Value {
    let member = |item: &ReadItem| Some((item.key.clone()?, item.value.clone()));
    match items.iter().map(member).collect::<Option<Map<_, _>>>() {
        Some(members) if !items.is_empty() => Value::Object(members),
        _ => items.iter().map(|item| item.value.clone()).collect(),
    }
}
