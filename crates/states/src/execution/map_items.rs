//! Where a map run begins: its items, what it is to be, and what each of its executions is given.

use std::sync::Arc;

use serde_json::Value;

use crate::chance::named_uuid;
use crate::definition::{Distributed, MapOver};
use crate::history::{Details, EventType};
use crate::query::QueryError;

use super::batches::batched;
use super::read_items::ReadItem;
use super::strand::{Item, StrandId};
use super::{ChildInput, Effect, Execution, Failure, MapRunSettings, limits};

/// An item, and what an execution is given of it without an `ItemSelector`.
pub(super) struct Entry {
    pub item: Item,
    pub input: Value,
}

impl Entry {
    pub fn given(index: usize, value: Value) -> Entry {
        Entry {
            input: value.clone(),
            item: Item::given(index, value),
        }
    }

    /// The entries of a list, or of an object, whose members are items as they are in one that is read; nothing if the
    /// value is neither.
    pub fn all_of(value: Value) -> Option<Vec<Entry>> {
        match value {
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                Some(items.map(|(index, value)| Entry::given(index, value)).collect())
            }
            Value::Object(members) => {
                let source: Arc<str> = Arc::from("STATE_DATA");
                let member = |(index, (key, value))| {
                    let source = Arc::clone(&source);
                    let key = Some(key);
                    Entry::read(index, ReadItem { key, value, source })
                };
                Some(members.into_iter().enumerate().map(member).collect())
            }
            _ => None,
        }
    }

    pub fn read(index: usize, read: ReadItem) -> Entry {
        Entry {
            input: read.input(),
            item: Item {
                index,
                value: read.value,
                key: read.key,
                source: Some(read.source),
            },
        }
    }
}

/// The label of a map that states none, the same in all its runs, so that what they did can be found by it.
pub(crate) fn label_of(machine: &str, state: &str) -> String {
    named_uuid(&format!("{machine}/{state}"))
}

impl Execution {
    /// Begins the map run of a Map state in distributed mode.
    pub(super) fn begin_map_run(
        &mut self,
        id: StrandId,
        map: &MapOver,
        distributed: &Distributed,
    ) -> Result<(), QueryError> {
        let items = match distributed.reader {
            Some(_) => None,
            None => match self.items_of(id, map)? {
                Some(items) => Some(items),
                None => return Ok(()),
            },
        };
        // Of what is yet to be read nobody knows the length; recorded histories say 0.
        let details = Details::MapStarted {
            length: items.as_ref().map_or(0, Vec::len),
        };
        self.replay_began(id);
        self.append_to(id, EventType::MapStateStarted, details);
        let settings = self.settings_of(id, map, distributed)?;
        self.open_map_run(id, settings);
        match items {
            Some(items) => self.run_items(id, map, items),
            None => self.read_items(id),
        }
        Ok(())
    }

    /// The items of a Map state; nothing if the state has failed for want of them. "If the input to the Map state is a JSON
    /// object, it runs an iteration for each key-value pair in the object" (Developer Guide, "Map state", of this mode).
    fn items_of(&mut self, id: StrandId, map: &MapOver) -> Result<Option<Vec<Entry>>, QueryError> {
        let value = match &map.items {
            Some(template) => match self.evaluate(id, template, None, None)? {
                value if value.is_array() || value.is_object() => value,
                value => template.unfit("array", &value).map_or(Ok(Value::Null), Err)?,
            },
            None => self.input_of(id),
        };
        let entries = Entry::all_of(value);
        if entries.is_none() {
            let cause = self.in_state(
                id,
                "The state has no Items and its input is no list and no object.",
            );
            self.fail_state(id, Failure::runtime(cause));
        }
        Ok(entries)
    }

    fn label_of(&self, id: StrandId) -> String {
        let state = self.place(id).map(|(machine, flow, state)| {
            let state = &machine.flows[flow].states[state];
            Arc::clone(&state.name)
        });
        label_of(&self.identity.machine_name, &state.unwrap_or_default())
    }

    fn settings_of(
        &mut self,
        id: StrandId,
        map: &MapOver,
        distributed: &Distributed,
    ) -> Result<MapRunSettings, QueryError> {
        let concurrency_max = match &map.concurrency_max {
            Some(max) => self.evaluate_whole(id, max, 0)?,
            None => 0,
        };
        let tolerance = self.tolerance(id, map)?;
        Ok(MapRunSettings {
            label: distributed.label.clone().unwrap_or_else(|| self.label_of(id)),
            flow: map.processor,
            child_type: distributed.child_type,
            concurrency_max,
            tolerance,
        })
    }

    /// Hands the items over, each to an execution of its own, or several to one.
    pub(super) fn run_items(&mut self, id: StrandId, map: &MapOver, items: Vec<Entry>) {
        let (failure, anew) = match self.children_of(id, map, items) {
            Ok(Some(children)) => return self.run_children(id, children),
            Ok(None) => {
                let cause = self.in_state(id, "The input of an iteration is larger than 262144 bytes.");
                (Failure::new("States.DataLimitExceeded", cause), true)
            }
            Err(error) => (self.note_query_failure(id, &error), true),
        };
        self.fail_map_run(id, failure, anew);
    }

    /// The inputs of the executions; nothing if one of them is too large.
    fn children_of(
        &mut self,
        id: StrandId,
        map: &MapOver,
        items: Vec<Entry>,
    ) -> Result<Option<Vec<ChildInput>>, QueryError> {
        let inputs = match &map.item_selector {
            None => items.into_iter().map(|entry| entry.input).collect(),
            Some(selector) => items
                .into_iter()
                .map(|entry| self.with_item(id, &Arc::new(entry.item), selector))
                .collect::<Result<Vec<_>, _>>()?,
        };
        let inputs = match &map.batches {
            None => inputs,
            Some(batches) => {
                let (limits, batch_input) = self.batch_limits(id, batches)?;
                batched(inputs, batch_input.as_ref(), &limits)
            }
        };
        let children = inputs.iter().map(|input| {
            let in_batch = input.get("Items").and_then(Value::as_array);
            Some(ChildInput {
                input: Arc::from(limits::payload_text(input)?),
                items: in_batch.filter(|_| map.batches.is_some()).map_or(1, Vec::len),
            })
        });
        Ok(children.collect())
    }

    fn run_children(&mut self, id: StrandId, children: Vec<ChildInput>) {
        if let Some(task) = self.map_run_of(id).and_then(|running| running.has_items()) {
            self.effects.push(Effect::RunMap { task, children });
        }
    }
}
