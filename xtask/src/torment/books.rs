//! What a stack has written down behind its HTTP API: the provider's books, and how an execution stands.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use crate::deployment::REGION;
use crate::failure::{Failure, Result, While};
use crate::simulate::checks::{Check, Ended, Money};
use crate::simulate::orders::is_end;
use crate::stack::Addresses;

const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What the provider's own books say about one order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    /// Charges that took money.
    pub charges: u64,
    /// Minor units taken.
    pub taken_minor: u64,
    /// Minor units given back.
    pub back_minor: u64,
}

impl Booked {
    fn add(&mut self, intent: &Value) {
        let charges = intent["charges"].as_array().into_iter().flatten();
        let taken = charges.filter(|charge| charge["declined"].is_null()).count();
        let taken = u64::try_from(taken).unwrap_or(u64::MAX);
        self.charges += taken;
        self.taken_minor += taken * intent["amount"].as_u64().unwrap_or_default();
        let refunds = intent["refunds"].as_array().into_iter().flatten();
        let back = refunds.filter(|refund| refund["status"] != "failed");
        self.back_minor += back.filter_map(|refund| refund["amount"].as_u64()).sum::<u64>();
    }
}

/// The way to what is behind the API. An engine on this machine checks no signature.
#[derive(Debug)]
pub struct Books {
    agent: Agent,
    at: Addresses,
}

impl Books {
    /// Those of the stack at these addresses.
    #[must_use]
    pub fn at(addresses: &Addresses) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(ANSWER_MAX))
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            at: addresses.clone(),
        }
    }

    /// The provider's books, by order: all of them, so that an intent is found that the shop has forgotten.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn of_provider(&self) -> Result<BTreeMap<String, Booked>> {
        let table = self.setting("simulate-payments", "TABLE_SIMULATED_PAYMENTS")?;
        let mut books: BTreeMap<String, Booked> = BTreeMap::new();
        let mut scan = json!({ "TableName": table, "ConsistentRead": true });
        loop {
            let mut page = self.call(&self.at.engine, "dynamodb", "DynamoDB_20120810.Scan", &scan)?;
            for row in page["Items"].as_array().into_iter().flatten() {
                let text = row["text"]["S"].as_str().unwrap_or_default();
                // Its idempotency keys are kept in the same place.
                let intent: Value = serde_json::from_str(text).unwrap_or_default();
                if let (Some(order), true) = (
                    intent["metadata"]["order_id"].as_str(),
                    intent["charges"].is_array(),
                ) {
                    books.entry(order.to_owned()).or_default().add(&intent);
                }
            }
            match page["LastEvaluatedKey"].take() {
                Value::Null => return Ok(books),
                next => scan["ExclusiveStartKey"] = next,
            }
        }
    }

    /// How the execution of an order stands, in words.
    ///
    /// # Errors
    /// Step Functions do not answer.
    pub fn execution(&self, order_id: &str) -> Result<String> {
        let machine = self.setting("reconcile-orders", "ORDER_MACHINE_ARN")?;
        let arn = format!("{}:{order_id}", machine.replace(":stateMachine:", ":execution:"));
        let at = self.at.states.as_ref().unwrap_or(&self.at.engine);
        let asked = json!({ "executionArn": arn });
        let told = self.call(at, "states", "AWSStepFunctions.DescribeExecution", &asked)?;
        let text = |name: &str| told[name].as_str().unwrap_or_default();
        Ok(match text("status") {
            "" => format!("it has none ({})", text("__type")),
            status => format!("{status} {} {}", text("error"), text("cause"))
                .trim()
                .to_owned(),
        })
    }

    fn setting(&self, function: &str, name: &str) -> Result<String> {
        let url = format!(
            "{}/2015-03-31/functions/holdfast-{function}/configuration",
            self.at.engine
        );
        let doing = format!("ask how {function} is set up");
        let mut answer = self
            .agent
            .get(url)
            .header("authorization", signature("lambda"))
            .call()
            .while_doing(&doing)?;
        let told: Value = answer.body_mut().read_json().while_doing(&doing)?;
        let value = told["Environment"]["Variables"][name].as_str().map(str::to_owned);
        value.ok_or_else(|| Failure::new(format!("{function} has no {name}: {told}")))
    }

    fn call(&self, at: &str, service: &str, target: &str, body: &Value) -> Result<Value> {
        let mut answer = self
            .agent
            .post(at)
            .header("authorization", signature(service))
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .send(body.to_string())
            .while_doing(target)?;
        answer.body_mut().read_json().while_doing(target)
    }
}

fn signature(service: &str) -> String {
    let scope = format!("test/20260101/{REGION}/{service}/aws4_request");
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
}

/// The provider's books and the shop's orders are of one mind, order by order.
#[must_use]
pub fn compare(mut books: BTreeMap<String, Booked>, orders: &[Ended]) -> Check {
    let sentence =
        "The provider's books say the same: no order was charged twice, and all money is accounted for";
    let (mut wrong, mut kept_minor) = (Vec::new(), 0);
    for order in orders {
        let order_id = &order.placed.order_id;
        let booked = books.remove(order_id).unwrap_or_default();
        kept_minor += booked.taken_minor.saturating_sub(booked.back_minor);
        if booked.charges > 1 {
            wrong.push(format!("{order_id} was charged {} times", booked.charges));
        }
        let told = (succeeded(&order.payments), succeeded(&order.refunds));
        // What is still under way may be in one of the books already; that it has not ended is complained of elsewhere.
        let has_ended = order.status.as_deref().is_some_and(is_end);
        if has_ended && told != (booked.taken_minor, booked.back_minor) {
            wrong.push(format!(
                "{order_id}: the shop says {} taken and {} given back, the provider {} and {}",
                told.0, told.1, booked.taken_minor, booked.back_minor
            ));
        }
    }
    wrong.extend(
        books
            .iter()
            .filter(|(_, booked)| booked.taken_minor > 0)
            .map(|(order_id, booked)| {
                format!(
                    "{} was taken for {order_id}, of which nobody was told",
                    booked.taken_minor
                )
            }),
    );
    Check {
        sentence,
        looked_at: format!("{} orders, {kept_minor} minor units kept", orders.len()),
        wrong,
        not_made: None,
    }
}

fn succeeded(rows: &[Money]) -> u64 {
    let rows = rows.iter().filter(|row| row.status == "succeeded");
    rows.map(|row| row.amount_minor).sum()
}
