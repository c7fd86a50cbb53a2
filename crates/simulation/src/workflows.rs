//! The state machines behind their port: Step Functions' calls, answered by the interpreter.

use crate::wire::{Access, Wire, lock};
use domain::ports::{Answer, Execution, HoldAnswer, HoldRequest, WakeUp, Workflows};
use domain::supply::Supply;
use domain::{Fault, Order, Refund, Refusal, TaskToken};
use serde_json::{Value, json};
use states::engine::EngineError;
use states::execution::Status;
use std::sync::{Arc, Mutex};

/// How long a caller waits for `hold-order` to decide, as on AWS.
const HOLD_LIMIT_MS: u64 = 20_000;

/// ARNs of the state machines.
#[derive(Clone, Debug)]
pub struct Machines {
    /// `hold-order`.
    pub hold_order: String,
    /// `order`.
    pub order: String,
    /// `supply-ingredient`.
    pub supply_ingredient: String,
    /// `refund-order`.
    pub refund_order: String,
}

/// [`Workflows`] in the interpreter.
#[derive(Clone, Debug)]
pub struct SimulatedWorkflows {
    engine: Arc<Mutex<states::World>>,
    machines: Machines,
    wire: Wire,
}

impl SimulatedWorkflows {
    /// These machines of this engine, reached over this wire.
    #[must_use]
    pub fn new(engine: Arc<Mutex<states::World>>, machines: Machines, wire: Wire) -> Self {
        Self {
            engine,
            machines,
            wire,
        }
    }

    /// Starts under a name; started before is success.
    async fn start(
        &self,
        call: &'static str,
        machine: &str,
        name: &str,
        input: impl FnOnce() -> Value + Send,
    ) -> Result<(), Fault> {
        let passage = self.wire.there(call, Access::Write).await;
        passage.admit()?;
        let started = lock(&self.engine).start_execution(machine, Some(name), &input());
        passage.back().await?;
        match started {
            Ok(_) | Err(EngineError::ExecutionAlreadyExists(_)) => Ok(()),
            Err(error) => Err(fault(&error)),
        }
    }

    /// What is known of the execution of this name.
    async fn find(&self, call: &'static str, machine: &str, name: &str) -> Result<Execution, Fault> {
        let passage = self.wire.there(call, Access::Read).await;
        passage.admit()?;
        let machine = machine.replace(":stateMachine:", ":execution:");
        let status = lock(&self.engine).status(&format!("{machine}:{name}"));
        passage.back().await?;
        Ok(match status {
            None => Execution::Absent,
            Some(Status::Running) => Execution::Running,
            Some(_) => Execution::Closed,
        })
    }
}

fn fault(error: &EngineError) -> Fault {
    Fault::Defect(format!("{}: {error}", error.name()))
}

/// Reads what `hold-order` has decided.
fn decision(output: &Value) -> Result<HoldAnswer, Fault> {
    match output["decision"].as_str() {
        Some("held") => Ok(HoldAnswer::Held),
        Some("refused") => output["cause"]
            .as_str()
            .and_then(|cause| serde_json::from_str::<Value>(cause).ok())
            .and_then(|cause| serde_json::from_str::<Refusal>(cause["errorMessage"].as_str()?).ok())
            .filter(|refusal| Some(refusal.name()) == output["error"].as_str())
            .map(HoldAnswer::Refused)
            .ok_or_else(|| Fault::Defect("hold-order: an error came without its refusal".to_owned())),
        _ => Err(Fault::Defect(
            "hold-order: the output is not a decision".to_owned(),
        )),
    }
}

/// What a waiting execution is told: the output of the state that waits, or its error and the sentence beside it.
fn told(why: &WakeUp) -> Result<&'static str, (&'static str, &'static str)> {
    match why {
        WakeUp::Paid => Ok("paid"),
        WakeUp::Arrived => Ok("arrived"),
        WakeUp::Unavailable => Err(("IngredientUnavailable", "The market has too little of it.")),
        WakeUp::Cancelled => Err(("OrderCancelled", "The buyer cancelled the order.")),
        WakeUp::Ended => Err(("OrderEnded", "The order has ended.")),
    }
}

impl Workflows for SimulatedWorkflows {
    fn hold_order<'a>(&'a self, request: &'a HoldRequest) -> Answer<'a, HoldAnswer> {
        Box::pin(async move {
            let passage = self.wire.there("Workflows.hold_order", Access::Write).await;
            passage.admit()?;
            let input = serde_json::to_value(request).map_err(|error| Fault::Defect(error.to_string()))?;
            let arn = lock(&self.engine)
                .start_execution(&self.machines.hold_order, None, &input)
                .map_err(|error| fault(&error))?;
            self.wire.until_ended(&arn, HOLD_LIMIT_MS).await;
            let answer = {
                let engine = lock(&self.engine);
                let ended = engine.execution(&arn).and_then(|execution| execution.ended());
                match ended {
                    None => Err(Fault::Transient("hold-order: no answer in time".to_owned())),
                    Some(ended) if ended.status == Status::Succeeded => {
                        decision(&engine.output(&arn).unwrap_or_default())
                    }
                    Some(ended) => {
                        let error = ended.failure.as_ref().and_then(|failure| failure.error.clone());
                        let text = format!("hold-order: {} {error:?}", ended.status.name());
                        match error.as_deref() {
                            Some("Defect") => Err(Fault::Defect(text)),
                            _ => Err(Fault::Transient(text)),
                        }
                    }
                }
            };
            passage.back().await?;
            answer
        })
    }

    fn wake<'a>(&'a self, token: &'a TaskToken, why: &'a WakeUp) -> Answer<'a, bool> {
        Box::pin(async move {
            let passage = self.wire.there("Workflows.wake", Access::Write).await;
            passage.admit()?;
            let woken = {
                let (mut engine, token) = (lock(&self.engine), token.as_str());
                match told(why) {
                    Ok(decision) => engine.send_task_success(token, &json!({ "decision": decision })),
                    Err((error, cause)) => engine.send_task_failure(token, error, cause),
                }
            };
            passage.back().await?;
            match woken {
                Ok(()) => Ok(true),
                Err(EngineError::TaskTimedOut | EngineError::InvalidToken) => Ok(false),
                Err(error) => Err(fault(&error)),
            }
        })
    }

    fn start_order<'a>(&'a self, order: &'a Order) -> Answer<'a, ()> {
        Box::pin(async move {
            let input = || serde_json::to_value(order.start_input(self.wire.now())).unwrap_or_default();
            let name = order.execution_name();
            self.start("Workflows.start_order", &self.machines.order, &name, input)
                .await
        })
    }

    fn start_supply<'a>(&'a self, supply: &'a Supply) -> Answer<'a, ()> {
        Box::pin(async move {
            let input = || json!({ "supply_id": supply.supply_id });
            let (machine, name) = (&self.machines.supply_ingredient, supply.execution_name());
            self.start("Workflows.start_supply", machine, &name, input).await
        })
    }

    fn find_supply<'a>(&'a self, supply: &'a Supply) -> Answer<'a, Execution> {
        Box::pin(async move {
            let (machine, name) = (&self.machines.supply_ingredient, supply.execution_name());
            self.find("Workflows.find_supply", machine, &name).await
        })
    }

    fn start_refund<'a>(&'a self, order: &'a Order, refund: &'a Refund) -> Answer<'a, ()> {
        Box::pin(async move {
            let input = || json!({ "order_id": order.order_id, "number": refund.number });
            let name = refund.execution_name(&order.order_id);
            self.start(
                "Workflows.start_refund",
                &self.machines.refund_order,
                &name,
                input,
            )
            .await
        })
    }

    fn find_refund<'a>(&'a self, order: &'a Order, refund: &'a Refund) -> Answer<'a, Execution> {
        Box::pin(async move {
            let name = refund.execution_name(&order.order_id);
            self.find("Workflows.find_refund", &self.machines.refund_order, &name)
                .await
        })
    }

    fn find_execution<'a>(&'a self, order: &'a Order) -> Answer<'a, Execution> {
        Box::pin(async move {
            let name = order.execution_name();
            self.find("Workflows.find_execution", &self.machines.order, &name)
                .await
        })
    }
}
