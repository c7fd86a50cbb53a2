//! How long executions that have ended can still be looked at.

use super::{ByArn, Engine, ExecutionId};

/// What is kept of executions that have ended. "After this time, you can no longer retrieve or view the execution
/// history" (Step Functions service quotas: 90 days).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Retention {
    /// Milliseconds after their end.
    pub ended_ms: u64,
    /// How many; the ones that ended first go first.
    pub ended_max: usize,
}

impl Engine {
    /// Forgets executions that ended too long ago, and the oldest ones beyond those that are kept; their names may be
    /// used again. Returns how many were forgotten. An execution that waits, however long, is never forgotten.
    pub fn forget_ended(&mut self, retention: Retention, now_ms: u64) -> usize {
        let gone = self.forgettable(retention, now_ms);
        for id in &gone {
            self.forget(*id);
        }
        self.express_ended.retain(|id| self.executions.get(id).is_some());
        gone.len()
    }

    /// Which executions [`Engine::forget_ended`] would forget, those that ended first at the front. Those of map runs go
    /// with the execution that started them, and count.
    pub fn forgettable(&self, retention: Retention, now_ms: u64) -> Vec<ExecutionId> {
        let mut ended: Vec<(u64, ExecutionId)> = self
            .executions
            .iter()
            .filter(|(_, entry)| entry.map_child.is_none())
            .filter_map(|(id, entry)| Some((entry.execution.ended()?.at_ms, id)))
            .collect();
        ended.sort_unstable();
        let mut kept = 0;
        // One may be more than are kept, and is kept when it is the last one.
        let stay = ended.iter().rev().take_while(|(_, id)| {
            let has_room = kept < retention.ended_max;
            kept += self.map_runs.weight(*id);
            has_room
        });
        let beyond = ended.len() - stay.count();
        let too_old = ended.partition_point(|(at_ms, _)| at_ms.saturating_add(retention.ended_ms) < now_ms);
        ended.truncate(beyond.max(too_old));
        ended.into_iter().map(|(_, id)| id).collect()
    }

    /// Takes an execution away as if it had never been.
    pub(super) fn forget(&mut self, id: ExecutionId) {
        if let Some(identity) = self.executions.drop_entry(&id) {
            self.by_arn.remove(&ByArn(identity));
        }
        for child in self.map_runs.forget_of(id) {
            self.forget(child);
        }
    }
}
