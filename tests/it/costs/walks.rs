//! The paths under count: each is walked once, by people with nothing else to do.

use super::Counts;
use super::queues::Queues;
use super::wire::{Call, Wire};
use crate::engine::{Aws, PATIENCE, Person, Shop, Ticket, at_once, count, fresh, until};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// On AWS a message is sent, received and deleted; the event source mapping does the last two.
const SQS_REQUESTS_PER_MESSAGE: u32 = 3;
/// Functions whose work is not part of an order: the provider's stand-in, the rounds that are made each minute, and what open
/// pages are told.
const APART: [&str; 4] = [
    "simulate-payments",
    "reconcile-orders",
    "reorder-products",
    "push-live",
];
/// The stack under count.
pub struct Count {
    pub shop: Shop,
    pub wire: Arc<Wire>,
    pub queues: Queues,
    pub functions: Vec<String>,
    /// The tables of what is no part of an order: the simulator's, and that of open pages.
    pub apart: [String; 2],
    pub seller: Person,
}

impl Count {
    /// A ticket with a title that is as long as any other of this test: sizes are part of the count.
    async fn ticket(&self) -> Ticket {
        let body = json!({ "title": "Row 12, seat 34", "priceMinor": 4_500, "event": "Brass Night", "venue": "Old Mill" });
        let answer = self.seller.post("/api/tickets", &body).await.expect(201);
        Ticket {
            id: answer.str("/id").to_owned(),
            version: 1,
        }
    }

    pub async fn paid(&self) -> Counts {
        let (buyer, ticket) = (self.shop.person("buyer").await, self.ticket().await);
        let began = self.begin().await;
        let order_id = self.hold(&buyer, &ticket).await;
        let body = json!({ "token": "tok_visa" });
        let path = format!("/api/orders/{order_id}/payments");
        buyer.post_once(&path, &fresh(), &body).await.expect(201);
        let execution = self.ended(&order_id).await;
        let counts = self.end(began, &[execution], 2).await;
        buyer.sees(&order_id, "completed").await;
        counts
    }

    /// The first card is refused for good, and the second one pays.
    pub async fn declined_then_paid(&self) -> Counts {
        let (buyer, ticket) = (self.shop.person("buyer").await, self.ticket().await);
        let began = self.begin().await;
        let order_id = self.hold(&buyer, &ticket).await;
        let first = self.shop.aws.order(&order_id).await["waiter"].clone();
        let path = format!("/api/orders/{order_id}/payments");
        let refused = json!({ "token": "tok_chargeDeclinedStolenCard" });
        buyer.post_once(&path, &fresh(), &refused).await.expect(201);
        until("the execution to wait anew", || async {
            let order = self.shop.aws.order(&order_id).await;
            let waits = order["status"]["S"] == "held" && order["waiter"].is_object();
            let is_new = order["waiter"] != first;
            (waits && is_new).then_some(()).ok_or(order.to_string())
        })
        .await;
        let good = json!({ "token": "tok_visa" });
        buyer.post_once(&path, &fresh(), &good).await.expect(201);
        let execution = self.ended(&order_id).await;
        let counts = self.end(began, &[execution], 3).await;
        buyer.sees(&order_id, "completed").await;
        counts
    }

    pub async fn expired(&self) -> Counts {
        let (buyer, ticket) = (self.shop.person("buyer").await, self.ticket().await);
        let began = self.begin().await;
        let order_id = self.hold(&buyer, &ticket).await;
        let execution = self.ended(&order_id).await;
        let counts = self.end(began, &[execution], 1).await;
        buyer.sees(&order_id, "expired").await;
        counts
    }

    /// The ticket is held already, and the loser's read shows it.
    pub async fn came_late(&self) -> Counts {
        let (buyer, late) = (self.shop.person("buyer").await, self.shop.person("buyer").await);
        let ticket = self.ticket().await;
        let order_id = self.hold(&buyer, &ticket).await;
        let began = self.begin().await;
        late.post_once("/api/orders", &fresh(), &ticket.order())
            .await
            .refused(409, "TicketAlreadyHeld");
        let counts = self.end(began, &[], 1).await;
        self.give_up(&buyer, &order_id).await;
        counts
    }

    /// Both saw the ticket free and both tried to write: the wire lets their transactions go at the same instant.
    pub async fn lost_the_race(&self) -> Counts {
        let winner = {
            let (buyer, ticket) = (self.shop.person("buyer").await, self.ticket().await);
            let began = self.begin().await;
            let order_id = self.hold(&buyer, &ticket).await;
            let counts = self.end(began, &[], 1).await;
            self.give_up(&buyer, &order_id).await;
            counts
        };
        let buyers = [self.shop.person("buyer").await, self.shop.person("buyer").await];
        let ticket = self.ticket().await;
        let began = self.begin().await;
        self.wire.race(2);
        let answers = at_once(buyers.clone().map(|buyer| {
            let order = ticket.order();
            async move { buyer.post_once("/api/orders", &fresh(), &order).await }
        }))
        .await;
        self.wire.race(1);
        assert_eq!(
            (count(&answers, 201), count(&answers, 409)),
            (1, 1),
            "{answers:?}"
        );
        let first = usize::from(answers[1].status == 201);
        let order_id = answers[first].str("/id").to_owned();
        self.token_is_kept(&order_id).await;
        let both = self.end(began, &[], 2).await;
        self.give_up(&buyers[first], &order_id).await;
        difference(&both, &winner)
    }

    /// Places an order and waits until its execution waits: a buyer needs longer than that to type a card number.
    async fn hold(&self, buyer: &Person, ticket: &Ticket) -> String {
        let answer = buyer
            .post_once("/api/orders", &fresh(), &ticket.order())
            .await
            .expect(201);
        let order_id = answer.str("/id").to_owned();
        self.token_is_kept(&order_id).await;
        order_id
    }

    async fn token_is_kept(&self, order_id: &str) {
        until("the execution to wait", || async {
            let order = self.shop.aws.order(order_id).await;
            order["waiter"].is_object().then_some(()).ok_or(order.to_string())
        })
        .await;
    }

    /// Ends an order whose cost is not asked for.
    async fn give_up(&self, buyer: &Person, order_id: &str) {
        buyer.delete(&format!("/api/orders/{order_id}")).await.expect(204);
        self.ended(order_id).await;
    }

    /// Waits until the order's execution has ended; its ARN.
    pub async fn ended(&self, order_id: &str) -> String {
        let execution = self.shop.aws.execution_of(order_id).await;
        self.succeeded(&execution).await;
        execution
    }

    /// Waits until an execution has ended as it should, asking past the wires.
    pub async fn succeeded(&self, execution: &str) {
        until("the execution to end", || async {
            let asked = json!({ "executionArn": execution });
            let found = self.shop.aws.states("DescribeExecution", &asked).await;
            match &found {
                Ok(found) if found["status"] == "SUCCEEDED" => Ok(()),
                _ => Err(format!("{found:?} after {PATIENCE:?}")),
            }
        })
        .await;
    }

    /// Forgets what was counted so far; returns the invocations so far.
    pub async fn begin(&self) -> BTreeMap<String, u32> {
        let invocations = self.invocations().await;
        self.wire.take().await;
        invocations
    }

    /// What was counted since; transitions and messages from the histories of these executions.
    pub async fn end(
        &self,
        began: BTreeMap<String, u32>,
        executions: &[String],
        http_requests: u32,
    ) -> Counts {
        let mut counts = Counts {
            http_requests,
            executions: u32::try_from(executions.len()).unwrap_or(u32::MAX),
            ..Counts::default()
        };
        for Call {
            action,
            tables,
            index,
            read_units,
            written,
        } in self.wire.take().await
        {
            let is_apart = self.apart.iter().any(|table| tables.contains(table)) || index == "unfinished";
            if !is_apart {
                counts.read_units += read_units;
                for (place, units) in written.into_iter().filter(|(_, units)| *units > 0.0) {
                    counts.write_units += units;
                    *counts.written.entry(place).or_default() += units;
                }
            }
            counts.express_requests += u32::from(action == "StartSyncExecution");
            counts.task_answers += u32::from(action.starts_with("SendTask"));
        }
        for (function, times) in self.invocations().await {
            let more = times - began.get(&function).copied().unwrap_or_default();
            if more > 0 && !APART.contains(&function.as_str()) {
                counts.by_function.insert(function, more);
            }
        }
        for execution in executions {
            let history = self.history(execution).await;
            counts.transitions += transitions(&history);
            let sent = history.iter().filter(|event| {
                event["type"] == "TaskScheduled"
                    && event["taskScheduledEventDetails"]["resourceType"] == "sqs"
            });
            counts.sqs_requests += SQS_REQUESTS_PER_MESSAGE * u32::try_from(sent.count()).unwrap_or(u32::MAX);
        }
        counts
    }

    async fn history(&self, execution: &str) -> Vec<Value> {
        let body = json!({ "executionArn": execution, "maxResults": 1_000 });
        let page = self
            .shop
            .aws
            .states("GetExecutionHistory", &body)
            .await
            .expect("it has a history");
        assert!(page["nextToken"].is_null(), "an order's history is short");
        page["events"].as_array().cloned().unwrap_or_default()
    }

    /// How often each function was invoked so far, from the START lines of its log.
    async fn invocations(&self) -> BTreeMap<String, u32> {
        let mut all = BTreeMap::new();
        for function in &self.functions {
            all.insert(function.clone(), starts(&self.shop.aws, function).await);
        }
        all
    }

    pub async fn memory_mb(&self) -> BTreeMap<String, u32> {
        let mut all = BTreeMap::new();
        for function in &self.functions {
            let memory_mb = self.shop.aws.configuration(function).await["MemorySize"].as_u64();
            // A function that this stack was not given (see `Condition` in the template) costs nothing.
            all.extend(
                memory_mb
                    .and_then(|mb| u32::try_from(mb).ok())
                    .map(|mb| (function.clone(), mb)),
            );
        }
        all
    }
}

async fn starts(aws: &Aws, function: &str) -> u32 {
    let mut found = 0;
    let mut body =
        json!({ "logGroupName": format!("/aws/lambda/holdfast-{function}"), "filterPattern": "START" });
    loop {
        let page = match aws.logs("FilterLogEvents", &body).await {
            Ok(page) => page,
            // A function that never ran has no log.
            Err((_, refusal)) if refusal.to_string().contains("ResourceNotFound") => return 0,
            Err(other) => panic!("the log of {function}: {other:?}"),
        };
        let events = page["events"].as_array().into_iter().flatten();
        found += events
            .filter(|event| {
                event["message"]
                    .as_str()
                    .is_some_and(|line| line.starts_with("START "))
            })
            .count();
        match page["nextToken"].as_str() {
            Some(token) => body["nextToken"] = json!(token),
            None => return u32::try_from(found).expect("a test has few invocations"),
        }
    }
}

/// Billed transitions: each state entered, and each time a task was scheduled again without being entered again.
fn transitions(history: &[Value]) -> u32 {
    let of = |suffix: &str| {
        let named = history
            .iter()
            .filter(|event| event["type"].as_str().is_some_and(|kind| kind.ends_with(suffix)));
        u32::try_from(named.count()).unwrap_or(u32::MAX)
    };
    let retries = of("TaskScheduled") + of("LambdaFunctionScheduled") - of("TaskStateEntered");
    of("StateEntered") + retries
}

/// What is in `both` and not in `one`.
fn difference(both: &Counts, one: &Counts) -> Counts {
    let by_function = both.by_function.iter().map(|(function, times)| {
        (
            function.clone(),
            times - one.by_function.get(function).copied().unwrap_or_default(),
        )
    });
    let written = both.written.iter().map(|(place, units)| {
        let units_of_one = one.written.get(place).copied().unwrap_or_default();
        (place.clone(), units - units_of_one)
    });
    Counts {
        executions: both.executions - one.executions,
        task_answers: both.task_answers - one.task_answers,
        written: written.filter(|(_, units)| *units > 0.0).collect(),
        transitions: both.transitions - one.transitions,
        express_requests: both.express_requests - one.express_requests,
        by_function: by_function.filter(|(_, times)| *times > 0).collect(),
        read_units: both.read_units - one.read_units,
        write_units: both.write_units - one.write_units,
        sqs_requests: both.sqs_requests - one.sqs_requests,
        http_requests: both.http_requests - one.http_requests,
    }
}
