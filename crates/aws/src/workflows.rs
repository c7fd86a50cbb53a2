//! The state machines, at Step Functions.

mod hold_answer;

use crate::connections::Connections;
use crate::faults::fault;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::timeout::TimeoutConfig;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionStatus, SyncExecutionStatus};
use domain::ports::{Answer, Clock, Execution, HoldAnswer, HoldRequest, WakeUp, Workflows};
use domain::supply::Supply;
use domain::{Fault, Order, Refund, TaskToken};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a caller waits for `hold-order` to decide: longer than that machine lives, shorter than the 29 seconds
/// after which the HTTP API gives up.
const HOLD_LIMIT: Duration = Duration::from_secs(26);

/// ARNs of the state machines.
#[derive(Clone, Debug)]
pub struct Machines {
    /// `hold-order`, an Express machine.
    pub hold_order: String,
    /// `order`, a Standard machine.
    pub order: String,
    /// `supply-ingredient`, a Standard machine.
    pub supply_ingredient: String,
    /// `refund-order`, a Standard machine.
    pub refund_order: String,
}

/// [`Workflows`] at Step Functions.
#[derive(Clone)]
pub struct StepFunctionsWorkflows {
    client: Client,
    machines: Machines,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for StepFunctionsWorkflows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepFunctionsWorkflows")
            .field("machines", &self.machines)
            .finish_non_exhaustive()
    }
}

impl StepFunctionsWorkflows {
    /// These machines; the clock says how much of a hold is left when its order's execution starts.
    #[must_use]
    pub fn new(connections: &Connections, machines: Machines, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: connections.sfn(),
            machines,
            clock,
        }
    }

    async fn start(&self, machine_arn: &str, name: String, input: String) -> Result<(), Fault> {
        let sent = self
            .client
            .start_execution()
            .state_machine_arn(machine_arn)
            .name(name)
            .input(input)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            // The name is that of the one thing it carries: it runs or has run. A later start of an order has other
            // seconds left and hence another input, which is why the service does not take it for the same start.
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(fault("StartExecution", &error)),
        }
    }

    async fn find(&self, machine_arn: &str, name: &str) -> Result<Execution, Fault> {
        let sent = self
            .client
            .describe_execution()
            .execution_arn(execution_arn(machine_arn, name)?)
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(match answer.status() {
                ExecutionStatus::Running | ExecutionStatus::PendingRedrive => Execution::Running,
                _ => Execution::Closed,
            }),
            Err(error) if error.code() == Some("ExecutionDoesNotExist") => Ok(Execution::Absent),
            Err(error) => Err(fault("DescribeExecution", &error)),
        }
    }

    async fn succeed(&self, token: &TaskToken, output: &str) -> Result<bool, Fault> {
        let sent = self
            .client
            .send_task_success()
            .task_token(token.as_str())
            .output(output)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) if nobody_waits(error.code()) => Ok(false),
            Err(error) => Err(fault("SendTaskSuccess", &error)),
        }
    }

    async fn fail(&self, token: &TaskToken, error: &str, cause: &str) -> Result<bool, Fault> {
        let sent = self
            .client
            .send_task_failure()
            .task_token(token.as_str())
            .error(error)
            .cause(cause)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) if nobody_waits(error.code()) => Ok(false),
            Err(error) => Err(fault("SendTaskFailure", &error)),
        }
    }
}

/// What a waiting execution is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The output of the state that waits.
    Success(&'static str),
    /// The error of the state that waits, and the sentence beside it.
    Failure(&'static str, &'static str),
}

fn told(why: &WakeUp) -> Told {
    match why {
        WakeUp::Paid => Told::Success(r#"{"decision":"paid"}"#),
        WakeUp::Arrived => Told::Success(r#"{"decision":"arrived"}"#),
        WakeUp::Unavailable => Told::Failure("IngredientUnavailable", "The market has too little of it."),
        WakeUp::Cancelled => Told::Failure("OrderCancelled", "The buyer cancelled the order."),
        WakeUp::Ended => Told::Failure("OrderEnded", "The order has ended."),
    }
}

/// Input of the `supply-ingredient` machine.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct SupplyInput<'a> {
    supply_id: &'a str,
}

/// Input of the `refund-order` machine.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct RefundInput<'a> {
    order_id: &'a str,
    number: u32,
}

fn to_json(what: &str, value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|_| Fault::Defect(format!("{what} could not be written as JSON")))
}

/// The ARN of an execution, from the ARN of its machine (with or without a version or alias behind it).
fn execution_arn(machine_arn: &str, name: &str) -> Result<String, Fault> {
    let parts: Vec<&str> = machine_arn.split(':').collect();
    match parts.as_slice() {
        [
            "arn",
            partition,
            "states",
            region,
            account,
            "stateMachine",
            machine,
            ..,
        ] => Ok(format!(
            "arn:{partition}:states:{region}:{account}:execution:{machine}:{name}"
        )),
        _ => Err(Fault::Defect(format!(
            "{machine_arn:?} is not the ARN of a state machine"
        ))),
    }
}

/// Whether the error says that nobody waits with this token any more.
fn nobody_waits(code: Option<&str>) -> bool {
    matches!(code, Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken"))
}

impl Workflows for StepFunctionsWorkflows {
    /// A repetition by the SDK is harmless: the order's id is in the request, so it is placed once.
    fn hold_order<'a>(&'a self, request: &'a HoldRequest) -> Answer<'a, HoldAnswer> {
        Box::pin(async move {
            let limits = TimeoutConfig::builder()
                .operation_attempt_timeout(HOLD_LIMIT)
                .operation_timeout(HOLD_LIMIT)
                .build();
            let answer = self
                .client
                .start_sync_execution()
                .state_machine_arn(&self.machines.hold_order)
                // So that whoever looks at it finds the order. Names of Express executions need not differ.
                .name(request.order_id.to_string())
                .input(to_json("a request to hold", request)?)
                .customize()
                .config_override(aws_sdk_sfn::Config::builder().timeout_config(limits))
                .send()
                .await
                .map_err(|error| fault("StartSyncExecution hold-order", &error))?;
            match answer.status() {
                SyncExecutionStatus::Succeeded => hold_answer::read(answer.output().unwrap_or_default()),
                status => Err(hold_answer::failed(status.as_str(), answer.error())),
            }
        })
    }

    fn wake<'a>(&'a self, token: &'a TaskToken, why: &'a WakeUp) -> Answer<'a, bool> {
        Box::pin(async move {
            match told(why) {
                Told::Success(output) => self.succeed(token, output).await,
                Told::Failure(error, cause) => self.fail(token, error, cause).await,
            }
        })
    }

    fn start_order<'a>(&'a self, order: &'a Order) -> Answer<'a, ()> {
        Box::pin(async move {
            let input = to_json("the input of an order", &order.start_input(self.clock.now()))?;
            self.start(&self.machines.order, order.execution_name(), input)
                .await
        })
    }

    fn start_supply<'a>(&'a self, supply: &'a Supply) -> Answer<'a, ()> {
        Box::pin(async move {
            let input = SupplyInput {
                supply_id: supply.supply_id.as_str(),
            };
            let input = to_json("the input of a supply request", &input)?;
            self.start(&self.machines.supply_ingredient, supply.execution_name(), input)
                .await
        })
    }

    fn find_supply<'a>(&'a self, supply: &'a Supply) -> Answer<'a, Execution> {
        Box::pin(async move {
            self.find(&self.machines.supply_ingredient, &supply.execution_name())
                .await
        })
    }

    fn start_refund<'a>(&'a self, order: &'a Order, refund: &'a Refund) -> Answer<'a, ()> {
        Box::pin(async move {
            let input = RefundInput {
                order_id: order.order_id.as_str(),
                number: refund.number,
            };
            let input = to_json("the input of a refund", &input)?;
            self.start(
                &self.machines.refund_order,
                refund.execution_name(&order.order_id),
                input,
            )
            .await
        })
    }

    fn find_refund<'a>(&'a self, order: &'a Order, refund: &'a Refund) -> Answer<'a, Execution> {
        Box::pin(async move {
            self.find(
                &self.machines.refund_order,
                &refund.execution_name(&order.order_id),
            )
            .await
        })
    }

    fn find_execution<'a>(&'a self, order: &'a Order) -> Answer<'a, Execution> {
        Box::pin(async move { self.find(&self.machines.order, &order.execution_name()).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::{NOW, placing};

    #[test]
    fn the_order_machine_is_told_what_it_is_and_how_long_to_wait() {
        let order = placing(1).after;
        let input = |now| to_json("input", &order.start_input(now)).unwrap();
        let id = &order.order_id;
        for (now, seconds) in [(NOW, 900), (NOW.plus_s(5_000), 1)] {
            let told =
                format!(r#"{{"order_id":"{id}","kind":"ticket","await_payment_s":{seconds},"missing":[]}}"#);
            assert_eq!(input(now), told);
        }
    }

    #[test]
    fn good_news_are_an_output_and_bad_news_an_error_that_the_machine_catches() {
        for (why, decision) in [(WakeUp::Paid, "paid"), (WakeUp::Arrived, "arrived")] {
            let Told::Success(output) = told(&why) else {
                panic!("{why:?} is good news");
            };
            assert_eq!(output, format!(r#"{{"decision":"{decision}"}}"#));
        }
        for (why, name) in [
            (WakeUp::Unavailable, "IngredientUnavailable"),
            (WakeUp::Cancelled, "OrderCancelled"),
            (WakeUp::Ended, "OrderEnded"),
        ] {
            assert!(matches!(told(&why), Told::Failure(error, _) if error == name));
        }
    }

    #[test]
    fn an_execution_is_found_by_its_name() {
        let found = "arn:aws:states:eu-central-1:000000000000:execution:order:ord_1";
        for machine in [
            "arn:aws:states:eu-central-1:000000000000:stateMachine:order",
            "arn:aws:states:eu-central-1:000000000000:stateMachine:order:7",
        ] {
            assert_eq!(execution_arn(machine, "ord_1").as_deref(), Ok(found));
        }
        assert!(matches!(execution_arn("order", "ord_1"), Err(Fault::Defect(_))));
    }

    #[test]
    fn only_a_missing_waiter_is_no_fault() {
        for code in ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"] {
            assert!(nobody_waits(Some(code)));
        }
        assert!(!nobody_waits(Some("InvalidOutput")));
        assert!(!nobody_waits(None));
    }
}
