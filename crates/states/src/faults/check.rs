//! Whether a fault can ever strike: a slip in a name must not pass for a system that stands everything.

use crate::definition::integrations::Does;
use crate::definition::{Kind, Resource, Waits};
use crate::engine::Engine;

use super::messages::sends;
use super::{ANY, Fault, Moment};

impl Fault {
    /// Looks whether there are such a machine and state, and whether the fault can strike there.
    ///
    /// # Errors
    ///
    /// A sentence that says what there is instead.
    pub fn check(&self, engine: &Engine) -> Result<(), String> {
        if self.machine == ANY {
            return Ok(());
        }
        let Some(record) = engine.machines().find(|record| record.name == self.machine) else {
            return Err(format!("There is no machine {:?}", self.machine));
        };
        let is_of_messages = self.action.moment() == Moment::Message;
        if self.state == ANY {
            let mut states = record.machine.flows.iter().flat_map(|flow| &flow.states);
            return match !is_of_messages || states.any(|state| sends_message(&state.kind)) {
                true => Ok(()),
                false => Err(format!(
                    "No state of the machine {:?} sends a message",
                    self.machine
                )),
            };
        }
        let mut states = record.machine.flows.iter().flat_map(|flow| &flow.states);
        let Some(state) = states.find(|state| *state.name == *self.state) else {
            return Err(format!(
                "The machine {:?} has no state {:?}",
                self.machine, self.state
            ));
        };
        let Kind::Task(task) = &state.kind else {
            return Err(format!(
                "The state {:?} is a {}; faults strike Task states",
                self.state,
                state.kind.name()
            ));
        };
        let resource = &task.resource;
        let is_activity = matches!(resource, Resource::Activity(_));
        match self.action.moment() {
            Moment::Callback if resource.waits() != Waits::ForToken && !is_activity => Err(format!(
                "The state {:?} hands out no token that could come back",
                self.state
            )),
            Moment::Message if !sends(resource) => Err(format!(
                "The state {:?} sends no message to a queue, a topic or a bus",
                self.state
            )),
            Moment::Call if is_activity || resource.does() == Some(Does::Start) => Err(format!(
                "The state {:?} calls nobody outside: it waits for a worker or starts an execution",
                self.state
            )),
            _ => Ok(()),
        }
    }
}

fn sends_message(kind: &Kind) -> bool {
    matches!(kind, Kind::Task(task) if sends(&task.resource))
}
