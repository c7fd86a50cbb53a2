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

    /// Lets time pass for the whole stack, and the reconciler look after everything that is due then.
    ///
    /// # Errors
    /// Somebody does not answer.
    pub fn hurry(&self, by: Duration) -> Result<()> {
        let at = self.at.states.as_ref().unwrap_or(&self.at.engine);
        let pass = json!({ "pass_s": by.as_secs() });
        let clock = self.agent.post(format!("{at}/_local/clock"));
        clock.send(pass.to_string()).while_doing("let time pass")?;
        let reconciler = format!(
            "{}/2015-03-31/functions/holdfast-reconcile-orders/invocations",
            self.at.engine
        );
        let run = self
            .agent
            .post(reconciler)
            .header("authorization", signature("lambda"));
        run.send("{}").while_doing("let the reconciler look")?;
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::board::Placed;
    use crate::simulate::plan::{Habit, Kind};

    fn order(id: &str, taken_minor: u64) -> Ended {
        let paid = Money {
            status: "succeeded".to_owned(),
            amount_minor: taken_minor,
        };
        Ended {
            placed: Placed {
                order_id: id.to_owned(),
                person: 0,
                kind: Kind::Tickets,
                habit: Habit::Pays,
                status: "completed".to_owned(),
                lines: Vec::new(),
                total_minor: taken_minor,
                told_placed: true,
                gave_good_card: true,
                told_paid: true,
                told_cancelled: false,
                asked_back: false,
                by_device: false,
                device_id: String::new(),
            },
            status: Some("completed".to_owned()),
            total_minor: taken_minor,
            payments: vec![paid],
            refunds: Vec::new(),
        }
    }

    fn wrong(intents: &[Value], orders: &[Ended]) -> Vec<String> {
        let mut books: BTreeMap<String, Booked> = BTreeMap::new();
        for intent in intents {
            let order_id = intent["metadata"]["order_id"].as_str().unwrap();
            books.entry(order_id.to_owned()).or_default().add(intent);
        }
        compare(books, orders).wrong
    }

    fn intent(order_id: &str, charges: Value, refunds: Value) -> Value {
        let metadata = json!({ "order_id": order_id });
        json!({ "metadata": metadata, "amount": 700, "charges": charges, "refunds": refunds })
    }

    #[test]
    fn books_of_one_mind_are_not_complained_of() {
        let (charge, declined) = (json!({}), json!({ "declined": "generic_decline" }));
        let tried_twice = intent("ord_1", json!([declined, charge]), json!([]));
        assert_eq!(wrong(&[tried_twice], &[order("ord_1", 700)]), [""; 0]);
        let only_tried = intent("ord_2", json!([declined]), json!([]));
        assert_eq!(wrong(&[only_tried], &[]), [""; 0]);
    }

    #[test]
    fn money_that_one_of_the_books_does_not_know_is_found() {
        let once = |order_id: &str| intent(order_id, json!([{}]), json!([]));
        let found = |intents: &[Value], orders: &[Ended], sentence: &str| {
            let wrong = wrong(intents, orders);
            assert!(wrong.iter().any(|said| said.contains(sentence)), "{wrong:?}");
        };
        let orders = [order("ord_1", 700)];
        found(
            &[once("ord_1"), once("ord_1")],
            &orders,
            "ord_1 was charged 2 times",
        );
        found(
            &[],
            &orders,
            "the shop says 700 taken and 0 given back, the provider 0 and 0",
        );
        let back = intent(
            "ord_1",
            json!([{}]),
            json!([{ "amount": 700, "status": "succeeded" }]),
        );
        found(&[back], &orders, "the provider 700 and 700");
        found(
            &[once("ord_1"), once("ord_9")],
            &orders,
            "700 was taken for ord_9",
        );
    }
}
