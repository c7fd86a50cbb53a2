//! One event of a recorded history.

use std::collections::BTreeMap;

/// An event, as far as a replay looks at it. Payloads are JSON text.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub id: u64,
    pub previous: u64,
    pub at_ms: u64,
    pub what: What,
}

/// How a state, a task or an iteration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Began,
    Well,
    Badly,
    /// Something else made it pointless.
    Aborted,
}

/// How an execution ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// As the API names it.
    pub status: &'static str,
    pub output: Option<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Started {
        input: String,
        role: String,
    },
    Redriven,
    Ended(End),
    Entered {
        kind: String,
        name: String,
        input: String,
    },
    Exited {
        name: String,
        output: String,
        assigned: BTreeMap<String, String>,
    },
    /// A task was put on the schedule.
    Asked {
        resource: String,
        parameters: String,
        timeout_s: Option<u64>,
        heartbeat_s: Option<u64>,
    },
    Submitted {
        output: String,
    },
    /// A worker took an activity's task.
    Taken {
        worker: Option<String>,
    },
    Answered {
        output: String,
    },
    Failed {
        error: Option<String>,
        cause: Option<String>,
        is_time_out: bool,
    },
    /// A Map or Parallel state began a round of iterations or branches, or is done with it.
    Round {
        kind: &'static str,
        passed: Passed,
        length: Option<u64>,
    },
    Iteration {
        name: String,
        index: u64,
        passed: Passed,
    },
    MapRun {
        passed: Passed,
        is_redrive: bool,
        arn: Option<String>,
        error: Option<String>,
        cause: Option<String>,
    },
    Evaluation {
        state: String,
        location: String,
        error: String,
        cause: String,
    },
    /// What a replay need not look at: that a task was handed out, or that a state was aborted.
    Beside,
}
