//! Tasks of activities: offered, taken by a worker who asks for them, and answered by their token.

use std::sync::Arc;

use crate::history::{Details, EventType};

use super::strand::{StrandId, TaskId};
use super::{Effect, Execution, Failure};

impl Execution {
    /// Whether the activity of an offered task exists. A missing one is no event, but ends the execution, as
    /// recorded.
    pub fn activity_scheduled(&mut self, task: TaskId, exists: bool, now_ms: u64) {
        self.set_clock(now_ms);
        let Some((id, resource)) = self.waiting(task) else {
            return;
        };
        let arn = resource.action().to_owned();
        if exists {
            let details = self.activity_details(id, &arn);
            self.replay_began(id);
            self.append_to(id, EventType::ActivityScheduled, details);
        } else {
            self.forget_task(task);
            let cause = self.in_state(id, &format!("The activity {arn} does not exist."));
            self.fail_state(id, Failure::runtime(cause));
        }
        self.run_ready();
    }

    fn activity_details(&self, id: StrandId, arn: &str) -> Details {
        let strand = self.strands.get(&id);
        Details::ResourceScheduled {
            resource: Arc::from(arn),
            input: strand
                .and_then(|strand| strand.offered.clone())
                .unwrap_or_default(),
            timeout_s: strand.and_then(|strand| strand.timeout_s),
            heartbeat_s: strand.and_then(|strand| strand.heartbeat_s),
            credentials: None,
        }
    }

    /// A worker takes an offered task: its token and its input as JSON text, or nothing if nobody waits for the
    /// task any more. Time limits count from here ("the count begins when GetActivityTask receives a token",
    /// Developer Guide, "Task workflow state").
    pub fn activity_started(
        &mut self,
        task: TaskId,
        worker: Option<&str>,
        now_ms: u64,
    ) -> Option<(String, Arc<str>)> {
        self.advance(now_ms);
        self.take_activity(task, worker)
    }

    /// A worker takes an offered task at this moment.
    pub(super) fn take_activity(&mut self, task: TaskId, worker: Option<&str>) -> Option<(String, Arc<str>)> {
        let (id, _) = self.waiting(task)?;
        let input = self.strands.get_mut(&id)?.offered.take()?;
        let token = self.chance.token();
        let details = Details::ActivityStarted {
            worker: worker.map(Arc::from),
        };
        self.append_to(id, EventType::ActivityStarted, details);
        self.set_limits(id);
        self.effects.push(Effect::Expect {
            task,
            token: token.clone(),
        });
        self.run_ready();
        Some((token, input))
    }
}
