//! The kinds of events, named as AWS names them.

/// Declares the kinds once, so that a kind and its name cannot drift apart.
macro_rules! event_types {
    ($($name:ident),* $(,)?) => {
        /// The kind of a history event; each is named as in `HistoryEvent$type` of the AWS API.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[expect(missing_docs, reason = "the names are AWS's and explain themselves")]
        pub enum EventType { $($name),* }

        impl EventType {
            /// Every kind this interpreter writes.
            pub const ALL: &'static [EventType] = &[$(EventType::$name),*];

            /// The name in histories.
            pub fn name(self) -> &'static str {
                match self { $(EventType::$name => stringify!($name)),* }
            }
        }
    };
}

event_types! {
    ActivityFailed,
    ActivityScheduled,
    ActivityStarted,
    ActivitySucceeded,
    ActivityTimedOut,
    ChoiceStateEntered,
    ChoiceStateExited,
    EvaluationFailed,
    ExecutionAborted,
    ExecutionFailed,
    ExecutionRedriven,
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionTimedOut,
    FailStateEntered,
    LambdaFunctionFailed,
    LambdaFunctionScheduled,
    LambdaFunctionStarted,
    LambdaFunctionSucceeded,
    LambdaFunctionTimedOut,
    MapIterationAborted,
    MapIterationFailed,
    MapIterationStarted,
    MapIterationSucceeded,
    MapRunAborted,
    MapRunFailed,
    MapRunRedriven,
    MapRunStarted,
    MapRunSucceeded,
    MapStateAborted,
    MapStateEntered,
    MapStateExited,
    MapStateFailed,
    MapStateStarted,
    MapStateSucceeded,
    ParallelStateAborted,
    ParallelStateEntered,
    ParallelStateExited,
    ParallelStateFailed,
    ParallelStateStarted,
    ParallelStateSucceeded,
    PassStateEntered,
    PassStateExited,
    SucceedStateEntered,
    SucceedStateExited,
    TaskFailed,
    TaskScheduled,
    TaskStarted,
    TaskStateAborted,
    TaskStateEntered,
    TaskStateExited,
    TaskSubmitted,
    TaskSucceeded,
    TaskTimedOut,
    WaitStateAborted,
    WaitStateEntered,
    WaitStateExited,
}

/// Kinds that the API names and this interpreter never writes, and why.
pub const NEVER_WRITTEN: &[(&str, &str)] = &[
    (
        "ActivityScheduleFailed",
        "not documented when; an activity that does not exist was recorded without an event of its own",
    ),
    (
        "LambdaFunctionScheduleFailed",
        "seen when the role may not invoke the function; roles have no effect here",
    ),
    (
        "LambdaFunctionStartFailed",
        "not documented when; a function that cannot be reached is LambdaFunctionFailed",
    ),
    (
        "TaskStartFailed",
        "not documented when; a service that refuses was recorded as TaskFailed",
    ),
    (
        "TaskSubmitFailed",
        "not documented when, and in no recorded history; a service that refuses is TaskFailed here",
    ),
];

impl EventType {
    /// The member of a history event that holds this kind's details; `None` for kinds without any.
    pub fn details_field(self) -> Option<String> {
        let name = self.name();
        if name.ends_with("StateEntered") {
            return Some("stateEnteredEventDetails".to_owned());
        }
        if name.ends_with("StateExited") {
            return Some("stateExitedEventDetails".to_owned());
        }
        match self {
            EventType::LambdaFunctionStarted
            | EventType::MapRunAborted
            | EventType::MapRunSucceeded
            | EventType::MapStateAborted
            | EventType::MapStateFailed
            | EventType::MapStateSucceeded
            | EventType::ParallelStateAborted
            | EventType::ParallelStateFailed
            | EventType::ParallelStateStarted
            | EventType::ParallelStateSucceeded
            | EventType::TaskStateAborted
            | EventType::WaitStateAborted => None,
            _ => Some(format!(
                "{}{}EventDetails",
                name[..1].to_ascii_lowercase(),
                &name[1..]
            )),
        }
    }

    /// `TaskStateEntered` for `Task`, and so on; `state_type` is a name from [`crate::definition::Kind::name`].
    pub fn entered(state_type: &str) -> EventType {
        match state_type {
            "Pass" => EventType::PassStateEntered,
            "Choice" => EventType::ChoiceStateEntered,
            "Wait" => EventType::WaitStateEntered,
            "Succeed" => EventType::SucceedStateEntered,
            "Fail" => EventType::FailStateEntered,
            "Parallel" => EventType::ParallelStateEntered,
            "Map" => EventType::MapStateEntered,
            _ => EventType::TaskStateEntered,
        }
    }

    /// `TaskStateExited` for `Task`, and so on. A Fail state is never exited.
    pub fn exited(state_type: &str) -> EventType {
        match state_type {
            "Pass" => EventType::PassStateExited,
            "Choice" => EventType::ChoiceStateExited,
            "Wait" => EventType::WaitStateExited,
            "Succeed" => EventType::SucceedStateExited,
            "Parallel" => EventType::ParallelStateExited,
            "Map" => EventType::MapStateExited,
            _ => EventType::TaskStateExited,
        }
    }

    /// Whether entering counts as a billed state transition.
    pub fn is_entered(self) -> bool {
        self.name().ends_with("StateEntered")
    }
}
