//! Hands calls to the world outside and brings back what comes of them.

use std::sync::Arc;

use crate::definition::services::Protocol;
use crate::engine::{Call, CallKind, Reply};

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
    let reply = match &call.kind {
        CallKind::Aws {
            service: asked,
            action,
            arguments,
        } if asked.protocol == Protocol::Here => {
            Reply::Aws(api::here::answer(service, action, arguments).await)
        }
        _ => outside.perform(&call).await,
    };
    bring_back(service, &call, reply).await;
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
