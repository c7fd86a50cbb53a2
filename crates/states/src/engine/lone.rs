//! An engine of one execution that was started elsewhere: a test of a state, whose calls go out like any other's.

use std::sync::Arc;

use crate::execution::Execution;

use super::redrive::Redrives;
use super::{ByArn, Engine, Entry, ExecutionId, MachineRecord, Settings};

impl Engine {
    /// Takes an execution in and looks at what it wants done.
    pub(crate) fn adopt(&mut self, execution: Execution, now_ms: u64) {
        let identity = Arc::clone(execution.identity());
        let record = MachineRecord {
            name: identity.machine_name.clone(),
            arn: identity.machine_arn.clone(),
            definition: String::new(),
            role_arn: Arc::clone(&identity.role_arn),
            created_ms: now_ms,
            updated_ms: now_ms,
            revision: None,
            settings: Settings::default(),
            machine: Arc::clone(execution.machine()),
        };
        self.execution_last += 1;
        let id = ExecutionId(self.execution_last);
        let entry = Entry {
            execution,
            machine: Arc::new(record),
            due_ms: None,
            waiting: Vec::new(),
            end_told: false,
            trace_header: None,
            redrives: Redrives::default(),
            map_child: None,
            touches: 0,
        };
        self.executions.insert(id, entry);
        self.by_arn.insert(ByArn(identity), id);
        self.settle(id, now_ms);
    }
}
