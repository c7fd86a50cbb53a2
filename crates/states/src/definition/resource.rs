//! Whom a Task state asks: the `Resource` field and the arguments each resource takes.

use serde_json::Value;

/// Whether a task is done when the service has answered, or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Done with the service's answer.
    ForAnswer,
    /// Done when someone sends the task token back (`.waitForTaskToken`).
    ForToken,
    /// Done when the started job ends; its output stays text (`.sync`).
    ForJob,
    /// Done when the started job ends; its output is JSON (`.sync:2`).
    ForJobJson,
}

/// Whom a Task state asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `arn:aws:states:::lambda:invoke`, the function named in the arguments.
    LambdaInvoke(Waits),
    /// A function's own ARN.
    LambdaFunction(String),
    /// `arn:aws:states:::sqs:sendMessage`.
    SqsSendMessage(Waits),
    /// `arn:aws:states:::states:startExecution`.
    StartExecution(Waits),
}

impl Resource {
    /// Reads a `Resource` field; the error is a sentence.
    pub fn parse(text: &str) -> Result<Resource, String> {
        if let Some(rest) = text.strip_prefix("arn:aws:states:::") {
            return match rest {
                "lambda:invoke" => Ok(Resource::LambdaInvoke(Waits::ForAnswer)),
                "lambda:invoke.waitForTaskToken" => Ok(Resource::LambdaInvoke(Waits::ForToken)),
                "sqs:sendMessage" => Ok(Resource::SqsSendMessage(Waits::ForAnswer)),
                "sqs:sendMessage.waitForTaskToken" => Ok(Resource::SqsSendMessage(Waits::ForToken)),
                "states:startExecution" => Ok(Resource::StartExecution(Waits::ForAnswer)),
                "states:startExecution.sync" => Ok(Resource::StartExecution(Waits::ForJob)),
                "states:startExecution.sync:2" => Ok(Resource::StartExecution(Waits::ForJobJson)),
                "states:startExecution.waitForTaskToken" => Ok(Resource::StartExecution(Waits::ForToken)),
                _ => Err(format!(
                    "The integration {rest:?} is not supported; supported are lambda:invoke, sqs:sendMessage and \
                     states:startExecution, each also with .waitForTaskToken, the last also with .sync and .sync:2"
                )),
            };
        }
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "lambda", _, _, "function", name]
            | ["arn", _, "lambda", _, _, "function", name, _]
                if !name.is_empty() =>
            {
                Ok(Resource::LambdaFunction(text.to_owned()))
            }
            ["arn", _, "states", _, _, "activity", ..] => {
                Err("Activities are not supported; use .waitForTaskToken instead".to_owned())
            }
            _ => Err(format!(
                "The resource {text:?} is neither a supported integration nor a function ARN"
            )),
        }
    }

    /// When a task of this resource is done.
    pub fn waits(&self) -> Waits {
        match self {
            Resource::LambdaInvoke(waits)
            | Resource::SqsSendMessage(waits)
            | Resource::StartExecution(waits) => *waits,
            Resource::LambdaFunction(_) => Waits::ForAnswer,
        }
    }

    /// Whether it is a function's own ARN, which has events of its own kind.
    pub fn is_function(&self) -> bool {
        matches!(self, Resource::LambdaFunction(_))
    }

    /// `resourceType` in task events.
    pub fn service(&self) -> &'static str {
        match self {
            Resource::LambdaInvoke(_) | Resource::LambdaFunction(_) => "lambda",
            Resource::SqsSendMessage(_) => "sqs",
            Resource::StartExecution(_) => "states",
        }
    }

    /// `resource` in task events.
    pub fn action(&self) -> &str {
        match (self, self.waits()) {
            (Resource::LambdaInvoke(_), Waits::ForToken) => "invoke.waitForTaskToken",
            (Resource::LambdaInvoke(_), _) => "invoke",
            (Resource::LambdaFunction(arn), _) => arn,
            (Resource::SqsSendMessage(_), Waits::ForToken) => "sendMessage.waitForTaskToken",
            (Resource::SqsSendMessage(_), _) => "sendMessage",
            (Resource::StartExecution(_), Waits::ForAnswer) => "startExecution",
            (Resource::StartExecution(_), Waits::ForToken) => "startExecution.waitForTaskToken",
            (Resource::StartExecution(_), Waits::ForJob) => "startExecution.sync",
            (Resource::StartExecution(_), Waits::ForJobJson) => "startExecution.sync:2",
        }
    }

    /// The argument names it takes and, of those, the ones it cannot do without. `None`: any value goes.
    pub fn arguments(&self) -> Option<(&'static [&'static str], &'static [&'static str])> {
        match self {
            Resource::LambdaFunction(_) => None,
            Resource::LambdaInvoke(_) => Some((
                &["FunctionName", "Payload", "InvocationType", "Qualifier"],
                &["FunctionName"],
            )),
            Resource::SqsSendMessage(_) => Some((
                &[
                    "QueueUrl",
                    "MessageBody",
                    "DelaySeconds",
                    "MessageAttributes",
                    "MessageDeduplicationId",
                    "MessageGroupId",
                ],
                &["QueueUrl", "MessageBody"],
            )),
            Resource::StartExecution(_) => {
                Some((&["StateMachineArn", "Input", "Name"], &["StateMachineArn"]))
            }
        }
    }

    /// Checks evaluated arguments; the error is a sentence.
    pub fn check(&self, arguments: &Value) -> Result<(), String> {
        let Some((known, required)) = self.arguments() else {
            return Ok(());
        };
        let Some(given) = arguments.as_object() else {
            return Err(format!("The arguments of {} must be an object", self.action()));
        };
        if let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!(
                "The argument {name:?} of {} is not supported",
                self.action()
            ));
        }
        if let Some(name) = required.iter().find(|name| !given.contains_key(**name)) {
            return Err(format!("The argument {name:?} of {} is missing", self.action()));
        }
        match given.get("InvocationType") {
            None => Ok(()),
            Some(Value::String(way)) if way == "RequestResponse" => Ok(()),
            Some(_) => Err("Only the InvocationType \"RequestResponse\" is supported".to_owned()),
        }
    }
}
