//! Going on with a run that ended badly, from the states that did not succeed.
//!
//! When a run ends badly, the strands that were not done are kept with their inputs, variables and the outputs of
//! the branches and iterations that were: its *remains*. To redrive is to open them again. A state that was entered
//! and not left does its work once more, without being entered again in the history: "continues the failed execution
//! from the unsuccessful step and uses the same input" (Developer Guide, "Redriving executions"). Only a Fail state
//! is "reentered". Of Parallel and Map states only the branches and iterations that failed or were aborted go on,
//! unless the state failed because of its size, when "the Parallel state is rerun, including the branches that were
//! successful". An iteration whose failure was tolerated did not succeed, so it goes on with the others, and the count
//! of failures begins anew. So do retry counters and time limits. Of a map run the executions that did not succeed go
//! on (`map_run.rs`).
//!
//! Which event a redriven state's first one names as its predecessor is documented nowhere. Here it is the last one
//! of its own line, as with a retry, so that whoever follows the predecessors finds the state and the branch.

use std::collections::BTreeMap;

use crate::definition::Kind;
use crate::history::{Details, EventType};

use super::Execution;
use super::strand::{Doing, Strand, StrandId};

impl Execution {
    /// How often it was redriven.
    pub fn redrive_count(&self) -> u64 {
        self.redrive_count
    }

    /// When it was redriven last, milliseconds since 1970.
    pub fn redriven_ms(&self) -> Option<u64> {
        self.redriven_ms
    }

    /// Goes on from the states that did not succeed; no effect on a run that has not ended badly.
    pub(crate) fn redrive(&mut self, now_ms: u64) {
        self.set_clock(now_ms);
        let Some(root) = self.remains.take() else { return };
        self.ended = None;
        self.redrive_count += 1;
        self.redriven_ms = Some(self.now_ms);
        // "Execution redrives are considered as state transitions" (same page).
        self.transitions += 1;
        let details = Details::Redriven {
            count: self.redrive_count,
        };
        let last = self.history.len() as u64;
        self.append(EventType::ExecutionRedriven, last, details);
        self.set_execution_timer();
        let mut forks = Vec::new();
        self.reopen(*root, None, &mut forks);
        // Not before all of them are open, as one of them may be done at once.
        for id in forks {
            match self.map_run_of(id) {
                Some(_) => self.redrive_map_run(id),
                None => self.go_on_with_fork(id),
            }
        }
        self.run_ready();
    }

    /// Opens a strand and those that serve it, and notes the ones that have such.
    fn reopen(
        &mut self,
        mut strand: Strand,
        parent: Option<StrandId>,
        forks: &mut Vec<StrandId>,
    ) -> StrandId {
        strand.parent = parent;
        strand.token = None;
        strand.offered = None;
        strand.timeout_s = None;
        strand.heartbeat_s = None;
        strand.retries.fill(0);
        let is_fail = matches!(
            self.machine.flows[strand.flow].states[strand.state].kind,
            Kind::Fail { .. }
        );
        let fork = match std::mem::replace(&mut strand.doing, Doing::Beginning) {
            Doing::Forked(fork) if !fork.outputs.is_empty() => Some(fork),
            Doing::Mapping(running) => {
                strand.doing = Doing::Mapping(running);
                let id = self.open_strand(strand);
                forks.push(id);
                return id;
            }
            Doing::Entering => {
                strand.doing = Doing::Entering;
                None
            }
            _ if is_fail => {
                strand.doing = Doing::Entering;
                None
            }
            _ => None,
        };
        let Some(mut fork) = fork else {
            return self.open_strand(strand);
        };
        let unfinished = std::mem::take(&mut fork.unfinished);
        fork.failed = 0;
        for index in unfinished.keys() {
            fork.outputs[*index] = None;
        }
        strand.doing = Doing::Forked(fork);
        let id = self.open_strand(strand);
        for (index, child) in unfinished {
            let child = self.reopen(child, Some(id), forks);
            if let Some(fork) = self.fork_of(id) {
                fork.running.insert(index, child);
            }
        }
        forks.push(id);
        id
    }

    /// Starts the iterations there is room for, or leaves the state if nothing was left to do but to leave it.
    fn go_on_with_fork(&mut self, id: StrandId) {
        let Some(last_event) = self.strands.get(&id).map(|strand| strand.last_event) else {
            return;
        };
        match self.start_iterations(id, last_event) {
            Ok(()) => self.finish_fork(id),
            Err(error) => {
                self.abort_children(id, last_event);
                self.query_failed(id, &error);
            }
        }
    }
}

/// Puts what was closed together as it was: children under the states they served. Nothing if the strand of the
/// machine's own flow is not among them.
pub(super) fn assemble(mut closed: BTreeMap<StrandId, Strand>) -> Option<Strand> {
    // Children are opened after their parents, so they come first from behind.
    while let Some((_, strand)) = closed.pop_last() {
        let Some(parent) = strand.parent else {
            return Some(strand);
        };
        if let Some(Doing::Forked(fork)) = closed.get_mut(&parent).map(|outer| &mut outer.doing) {
            fork.running.remove(&strand.index);
            fork.unfinished.insert(strand.index, strand);
        }
    }
    None
}
