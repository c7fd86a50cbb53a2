//! Parallel and Map states: many strands that serve one state.

use std::sync::Arc;

use serde_json::Value;

use crate::definition::{Kind, MapOver, Template};
use crate::history::{Details, EventType};
use crate::query::QueryError;

use super::strand::{Doing, Fork, Item, Strand, StrandId};
use super::{Execution, Failure, limits};

impl Execution {
    /// Starts the branches of a Parallel state.
    pub(super) fn fork(
        &mut self,
        id: StrandId,
        arguments: Option<&Template>,
        branches: &[usize],
    ) -> Result<(), QueryError> {
        let input = match arguments {
            Some(arguments) => Arc::new(self.evaluate(id, arguments, None, None)?),
            None => Arc::new(self.input_of(id)),
        };
        if self.strands.len() + branches.len() > limits::STRANDS_MAX {
            return self.too_many_strands(id);
        }
        self.replay_began(id);
        let started = self.append_to(id, EventType::ParallelStateStarted, Details::None);
        let mut fork = Fork::over(branches.len(), branches.len());
        for (index, flow) in branches.iter().enumerate() {
            let child = self.open_child(id, *flow, index, Arc::clone(&input), None, started);
            fork.running.extend(child.map(|child| (index, child)));
        }
        fork.next = branches.len();
        self.set_doing(id, Doing::Forked(Box::new(fork)));
        Ok(())
    }

    /// Starts the first iterations of a Map state.
    pub(super) fn fork_over_items(&mut self, id: StrandId, map: &MapOver) -> Result<(), QueryError> {
        let items = match &map.items {
            Some(template) => match self.evaluate(id, template, None, None)? {
                Value::Array(items) => items,
                value => template.unfit("array", &value).map_or(Ok(Vec::new()), Err)?,
            },
            None => match self.input_of(id) {
                Value::Array(items) => items,
                _ => {
                    let cause = self.in_state(id, "The state has no Items and its input is not a list.");
                    self.fail_state(id, Failure::runtime(cause));
                    return Ok(());
                }
            },
        };
        let concurrency = map
            .concurrency_max
            .as_ref()
            .map(|max| self.evaluate_whole(id, max, 0))
            .transpose()?;
        let concurrency_max = match concurrency.map(usize::try_from) {
            Some(Ok(limit)) if limit > 0 => limit.min(limits::INLINE_CONCURRENCY_MAX),
            _ => limits::INLINE_CONCURRENCY_MAX,
        };
        let failed_max = self.tolerance(id, map)?.failed_max(items.len());
        let items = match &map.batches {
            Some(batches) => self.batch(id, map, batches, items)?,
            None => items,
        };
        if self.strands.len() + items.len().min(concurrency_max) > limits::STRANDS_MAX {
            return self.too_many_strands(id);
        }
        self.replay_began(id);
        self.append_to(
            id,
            EventType::MapStateStarted,
            Details::MapStarted { length: items.len() },
        );
        let mut fork = Fork::over(items.len(), concurrency_max);
        fork.items = items;
        fork.failed_max = failed_max;
        self.set_doing(id, Doing::Forked(Box::new(fork)));
        let started = self.strands.get(&id).map_or(0, |strand| strand.last_event);
        let outcome = self.start_iterations(id, started);
        match outcome {
            Ok(()) => self.finish_fork(id),
            Err(_) => self.abort_children(id, started),
        }
        outcome
    }

    fn too_many_strands(&mut self, id: StrandId) -> Result<(), QueryError> {
        let message = format!(
            "More than {} branches and iterations at once.",
            limits::STRANDS_MAX
        );
        let cause = self.in_state(id, &message);
        self.fail_state(id, Failure::runtime(cause));
        Ok(())
    }

    fn set_doing(&mut self, id: StrandId, doing: Doing) {
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.doing = doing;
        }
    }

    /// Whether a Map state's iterations get several items each.
    pub(super) fn is_batched(&self, id: StrandId) -> bool {
        let place = self.place(id);
        let kind = place
            .as_ref()
            .map(|(machine, flow, state)| &machine.flows[*flow].states[*state].kind);
        matches!(kind, Some(Kind::Map(map)) if map.batches.is_some())
    }

    pub(super) fn fork_of(&mut self, id: StrandId) -> Option<&mut Fork> {
        match &mut self.strands.get_mut(&id)?.doing {
            Doing::Forked(fork) => Some(fork),
            _ => None,
        }
    }

    /// Starts as many iterations as may run; `previous` is the event that made room.
    pub(super) fn start_iterations(&mut self, id: StrandId, previous: u64) -> Result<(), QueryError> {
        let Some((machine, flow, state)) = self.place(id) else {
            return Ok(());
        };
        let state = &machine.flows[flow].states[state];
        let Kind::Map(map) = &state.kind else {
            return Ok(());
        };
        while let Some((index, value)) = self.next_item(id) {
            let item = Arc::new(Item::given(index, value));
            let details = Details::Iteration {
                name: Arc::clone(&state.name),
                index,
            };
            let started = self.append(EventType::MapIterationStarted, previous, details);
            // What is put together was selected before.
            let selector = map.item_selector.as_ref().filter(|_| map.batches.is_none());
            let input = match selector {
                Some(selector) => match self.with_item(id, &item, selector) {
                    Ok(input) => input,
                    Err(error) => {
                        // It has not begun, so a redrive must find it.
                        if let Some(fork) = self.fork_of(id) {
                            fork.items[index] = item.value.clone();
                            fork.next = index;
                        }
                        return Err(error);
                    }
                },
                None => item.value.clone(),
            };
            let child = self.open_child(id, map.processor, index, Arc::new(input), Some(item), started);
            if let (Some(child), Some(fork)) = (child, self.fork_of(id)) {
                fork.running.insert(index, child);
            }
        }
        Ok(())
    }

    fn next_item(&mut self, id: StrandId) -> Option<(usize, Value)> {
        let fork = self.fork_of(id)?;
        if fork.running.len() >= fork.concurrency_max || fork.next >= fork.items.len() {
            return None;
        }
        let index = fork.next;
        fork.next += 1;
        Some((index, std::mem::take(&mut fork.items[index])))
    }

    /// Evaluates an item selector, which sees the Map state's input and, in the context, the item.
    pub(super) fn with_item(
        &mut self,
        id: StrandId,
        item: &Arc<Item>,
        selector: &Template,
    ) -> Result<Value, QueryError> {
        let swap = |execution: &mut Execution, item: Option<Arc<Item>>| {
            let strand = execution.strands.get_mut(&id);
            strand.and_then(|strand| std::mem::replace(&mut strand.item, item))
        };
        let outer = swap(self, Some(Arc::clone(item)));
        let input = self.evaluate(id, selector, None, None);
        swap(self, outer);
        input
    }

    fn open_child(
        &mut self,
        parent: StrandId,
        flow: usize,
        index: usize,
        input: Arc<Value>,
        item: Option<Arc<Item>>,
        started: u64,
    ) -> Option<StrandId> {
        let outer = self.strands.get(&parent)?;
        let mut child = Strand::root(input, self.machine.flows[flow].start);
        child.flow = flow;
        child.parent = Some(parent);
        child.index = index;
        child.item = item.or_else(|| outer.item.clone());
        child.variables = Arc::clone(&outer.variables);
        child.last_event = started;
        Some(self.open_strand(child))
    }

    /// A strand's flow has ended well.
    pub(super) fn flow_done(&mut self, id: StrandId, output: Value) {
        let Some(strand) = self.close_strand(id) else {
            return;
        };
        let Some(parent) = strand.parent else {
            return self.end_succeeded(strand.last_event, &output);
        };
        let Some((machine, flow, state)) = self.place(parent) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        let mut done = strand.last_event;
        if matches!(state.kind, Kind::Map(_)) {
            let details = Details::Iteration {
                name: Arc::clone(&state.name),
                index: strand.index,
            };
            done = self.append(EventType::MapIterationSucceeded, done, details);
        }
        if let Some(fork) = self.fork_of(parent) {
            fork.running.remove(&strand.index);
            fork.outputs[strand.index] = Some(output);
        }
        self.go_on_after(parent, strand.last_event, done);
    }

    /// A branch or iteration is over, and the state goes on. `last_event` is its last one, `done` what says it is over.
    pub(super) fn go_on_after(&mut self, parent: StrandId, last_event: u64, done: u64) {
        if let Some(outer) = self.strands.get_mut(&parent) {
            outer.last_event = done;
        }
        if let Err(error) = self.start_iterations(parent, last_event) {
            self.abort_children(parent, done);
            return self.query_failed(parent, &error);
        }
        self.finish_fork(parent);
    }

    /// Leaves the Map or Parallel state if nothing is left to do.
    pub(super) fn finish_fork(&mut self, id: StrandId) {
        let Some(fork) = self.fork_of(id) else { return };
        if !fork.running.is_empty() || fork.next < fork.outputs.len() {
            return;
        }
        // What was too large is gone with this, and a redrive runs all of it again.
        let outputs = std::mem::take(&mut fork.outputs);
        let result = Value::Array(outputs.into_iter().map(Option::unwrap_or_default).collect());
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        let is_map = matches!(state.kind, Kind::Map(_));
        if limits::payload_text(&result).is_none() {
            return self.fail_fork(id, Failure::data_limit(&state.name));
        }
        let succeeded = if is_map {
            EventType::MapStateSucceeded
        } else {
            EventType::ParallelStateSucceeded
        };
        // Nothing follows from the events of success: what comes next names the event before them.
        let last_event = self.strands.get(&id).map_or(0, |strand| strand.last_event);
        self.append(succeeded, last_event, Details::None);
        self.leave_with_result(id, result);
    }
}

impl Fork {
    fn over(count: usize, concurrency_max: usize) -> Fork {
        Fork {
            outputs: vec![None; count],
            running: std::collections::BTreeMap::new(),
            next: 0,
            concurrency_max,
            items: Vec::new(),
            unfinished: std::collections::BTreeMap::new(),
            failed: 0,
            failed_max: None,
        }
    }
}
