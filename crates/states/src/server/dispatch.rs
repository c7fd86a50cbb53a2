//! Hands calls to the world outside and brings back what comes of them.

use std::sync::Arc;

use crate::engine::{Call, Logged, Reply};
use crate::faults::{Action, Moment, lost_answer};

use super::operation::Operation;
use super::service::Service;

/// Makes calls, each in a task of its own.
pub(super) struct Dispatcher {
    service: Arc<Service>,
    runtime: tokio::runtime::Handle,
}

impl Dispatcher {
    /// For use on any thread; made on one of the runtime's.
    pub fn new(service: Arc<Service>) -> Dispatcher {
        Dispatcher {
            service,
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// The service takes nothing more.
    pub fn close(&self) {
        self.service.close();
    }

    /// Sends lines to the logs, when their turn comes.
    pub fn log(&self, logged: Vec<Logged>) {
        self.service.logs.add(logged);
    }

    /// Makes calls.
    pub fn dispatch(&self, calls: Vec<Call>) {
        for call in calls {
            let service = Arc::clone(&self.service);
            service.calls_out.send_modify(|out| *out += 1);
            self.runtime.spawn(async move {
                make(&service, call).await;
                service.calls_out.send_modify(|out| *out -= 1);
            });
        }
    }
}

async fn make(service: &Service, call: Call) {
    let struck = service.strike(Moment::of(&call.kind), &call.machine_name, &call.state);
    if let Some(reply) = struck.as_ref().and_then(|action| action.reply(&call)) {
        return bring_back(service, &call, reply).await;
    }
    if let Some(Action::Delay { seconds }) = struck {
        service.sleep(seconds.saturating_mul(1000)).await;
    }
    let has_limit = service.look(|engine| engine.has_time_limit(call.id));
    let reply = service.reply(&call).await;
    match struck {
        // Its own time limit ends the task.
        Some(Action::LoseAnswer) if has_limit => {}
        Some(Action::LoseAnswer) => bring_back(service, &call, lost_answer(&call.kind)).await,
        Some(Action::DoubleMessage) => {
            bring_back(service, &call, reply).await;
            // Nobody hears what comes of the second time.
            service.reply(&call).await;
        }
        _ => bring_back(service, &call, reply).await,
    }
}

async fn bring_back(service: &Service, call: &Call, reply: Reply) {
    let operation = Operation::Complete { call: call.id, reply };
    if service.perform(operation).await.is_err() {
        tracing::warn!(
            execution = call.execution_arn,
            state = &*call.state,
            "an answer came too late"
        );
    }
}
