//! Hands calls to the world outside and brings back what comes of them.

use std::sync::Arc;

use crate::definition::services::Protocol;
use crate::engine::{Call, CallKind, Reply};
use crate::faults::{Action, Moment, lost_answer};

use super::api;
use super::operation::Operation;
use super::outside::Outside;
use super::service::Service;

/// Makes calls, each in a task of its own.
pub(super) struct Dispatcher {
    service: Arc<Service>,
    outside: Arc<Outside>,
    runtime: tokio::runtime::Handle,
}

impl Dispatcher {
    /// For use on any thread; made on one of the runtime's.
    pub fn new(service: Arc<Service>, outside: Arc<Outside>) -> Dispatcher {
        Dispatcher {
            service,
            outside,
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// The service takes nothing more.
    pub fn close(&self) {
        self.service.close();
    }

    /// Makes calls.
    pub fn dispatch(&self, calls: Vec<Call>) {
        for call in calls {
            let (service, outside) = (Arc::clone(&self.service), Arc::clone(&self.outside));
            service.calls_out.send_modify(|out| *out += 1);
            self.runtime.spawn(async move {
                make(&service, &outside, call).await;
                service.calls_out.send_modify(|out| *out -= 1);
            });
        }
    }
}

async fn make(service: &Service, outside: &Outside, call: Call) {
    let struck = service.strike(Moment::Call, &call.machine_name, &call.state);
    if let Some(reply) = struck.as_ref().and_then(Action::reply) {
        return bring_back(service, &call, reply).await;
    }
    if let Some(Action::Delay { seconds }) = struck {
        service.sleep(seconds.saturating_mul(1000)).await;
    }
    let has_limit = service.look(|engine| engine.has_time_limit(call.id));
    let reply = perform(service, outside, &call).await;
    match struck {
        // Its own time limit ends the task.
        Some(Action::LoseAnswer) if has_limit => {}
        Some(Action::LoseAnswer) => bring_back(service, &call, lost_answer(&call.kind)).await,
        _ => bring_back(service, &call, reply).await,
    }
}

async fn perform(service: &Service, outside: &Outside, call: &Call) -> Reply {
    match &call.kind {
        CallKind::Aws {
            service: asked,
            action,
            arguments,
        } if asked.protocol == Protocol::Here => {
            Reply::Aws(api::here::answer(service, action, arguments).await)
        }
        _ => outside.perform(call).await,
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
