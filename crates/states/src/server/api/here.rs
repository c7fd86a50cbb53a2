//! `aws-sdk:sfn`: state machines that ask this very server.

use serde_json::Value;

use crate::execution::AwsReply;
use crate::server::service::Service;

use super::{Refused, UNAVAILABLE, dispatch};

/// Does what a state asks, as if a client had asked it.
pub(in crate::server) async fn answer(service: &Service, action: &str, arguments: &Value) -> AwsReply {
    let refused = |code: &str, message: String, status| AwsReply::Refused {
        code: code.to_owned(),
        message,
        status,
        request_id: None,
        extended_request_id: None,
    };
    match dispatch(service, action, arguments.to_string().as_bytes()).await {
        Ok(result) => AwsReply::Answered { result, http: None },
        Err(Refused::Engine(error)) => refused(error.name(), error.to_string(), 400),
        Err(Refused::Unknown(action)) => {
            let message = format!("The operation {action:?} is not supported");
            refused("UnknownOperationException", message, 400)
        }
        Err(Refused::Denied(message)) => refused("AccessDeniedException", message, 400),
        Err(Refused::Unavailable) => refused("ServiceUnavailable", UNAVAILABLE.to_owned(), 503),
    }
}
