//! Functions at work, and what stands on the agenda.

use super::{Ask, RequestId};
use crate::functions::Working;
use axum::response::Response;
use serde_json::Value;
use states::engine::{CallId, Reply};
use states::execution::LambdaReply;

/// A function at work.
pub(super) struct Task {
    /// Its name.
    pub function: String,
    /// Its machine's clock minus the true one.
    pub skew_ms: i64,
    /// Counts how often it was polled: a wake-up that was meant for an earlier moment does not count.
    pub polls: u64,
    /// When Lambda ends it, milliseconds since 1970.
    pub ends_at_ms: u64,
    /// What it does.
    pub work: Work,
    /// For whom.
    pub purpose: Purpose,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("function", &self.function)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// What a function does.
pub(super) enum Work {
    /// A step, a message or a schedule.
    Step(Working<LambdaReply>),
    /// A request.
    Serve(Working<Response>),
}

/// How a function ended.
pub(super) enum Outcome {
    /// It answered.
    Step(LambdaReply),
    /// It answered over HTTP.
    Served(Response),
    /// It died.
    Died,
    /// Lambda ended it.
    OutOfTime,
}

/// For whom a function works.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// For a state.
    Call {
        /// The state's call.
        call: CallId,
        /// What was asked, for doing it again.
        payload: Value,
        /// What becomes of the answer.
        then: Then,
    },
    /// For a message.
    Message(u64),
    /// For a webhook.
    Webhook(usize),
    /// For the schedule.
    Schedule,
    /// For a buyer.
    Request(RequestId),
    /// For whoever drives the world.
    Direct,
}

/// What becomes of an answer to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The state gets it.
    Answer,
    /// The state is told that the function failed.
    Fail,
    /// It is lost.
    Silence,
    /// The function is called once more, and that answer counts.
    Again,
}

/// What stands on the agenda.
#[derive(Debug)]
pub(super) enum Event {
    /// A function goes on, if it was polled so often.
    Resume(crate::wire::TaskId, u64),
    /// A function's time is over.
    Limit(crate::wire::TaskId),
    /// An answer reaches the interpreter.
    Complete(CallId, Reply),
    /// A message is delivered.
    Deliver(u64),
    /// A buyer asks.
    Request {
        /// The request.
        id: RequestId,
        /// The session.
        token: String,
        /// What is asked.
        ask: Ask,
    },
    /// A webhook arrives.
    Webhook(usize),
    /// The minute of what is scheduled: the reconciler, and devices' orders where there are devices.
    Reconcile,
    /// An execution is stopped whole, of this machine or of any.
    AbortOne(Option<String>),
    /// Everything stands still for so many milliseconds.
    Stall(u64),
    /// Somebody sends a message in the provider's name.
    Forgery,
}
