//! Queues, dead letters and the local engine's clock on the running shop: for operators alone.

use crate::engine::{Shop, until};
use crate::operators::operator;
use serde_json::{Value, json};

const QUEUE: &str = "holdfast-payment-requests";

/// Protection: these routes stand behind the same layer as the viewer's.
#[tokio::test]
async fn queues_clock_faults_and_conditions_are_for_operators() {
    let shop = Shop::patient();
    let buyer = shop.person("curious").await;
    let pass = Some(json!({ "passS": 900 }).to_string());
    let move_all = Some(json!({ "queue": QUEUE, "all": true, "dryRun": false }).to_string());
    let wanted = Some(json!({ "declinesCards": true, "marketIsScarce": true }).to_string());
    for (method, path, body) in [
        (reqwest::Method::GET, "queues", None),
        (
            reqwest::Method::GET,
            "queues/letters?queue=holdfast-kitchen",
            None,
        ),
        (reqwest::Method::POST, "queues/redrive", move_all),
        (reqwest::Method::GET, "local/clock", None),
        (reqwest::Method::POST, "local/clock", pass),
        (reqwest::Method::GET, "local/faults", None),
        (reqwest::Method::DELETE, "local/faults", None),
        (reqwest::Method::GET, "local/conditions", None),
        (reqwest::Method::PUT, "local/conditions", wanted),
    ] {
        let path = format!("/api/ops/{path}");
        let refused = shop
            .stranger()
            .send(method.clone(), &path, &[], body.clone())
            .await;
        refused.refused(401, "NotSignedIn");
        let refused = buyer.send(method, &path, &[], body).await;
        refused.refused(403, "NotAnOperator");
    }
}

#[tokio::test]
async fn an_operator_sees_every_queue_of_the_stack() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let told = operator.get("/api/ops/queues").await.expect(200);
    let queues = told.body["queues"].as_array().cloned().unwrap_or_default();
    let seen: Vec<(&str, &str)> = queues
        .iter()
        .filter_map(|queue| Some((queue["name"].as_str()?, queue["feeds"].as_str()?)))
        .collect();
    assert_eq!(
        seen,
        [
            (QUEUE, "request-payment"),
            ("holdfast-warehouse", "supply-ingredient"),
            ("holdfast-kitchen", "receive-ingredient"),
            ("holdfast-provider-events", "send-webhook"),
        ]
    );
    for queue in &queues {
        assert!(queue["deadLetters"]["depth"].is_u64(), "{queue}");
    }
    let features = operator.get("/api/ops/viewer").await.expect(200).body["features"].clone();
    for feature in ["queues", "clock", "faults", "live"] {
        assert!(
            features
                .as_array()
                .is_some_and(|known| known.contains(&json!(feature))),
            "{features}"
        );
    }
}

#[tokio::test]
async fn a_dead_letter_is_looked_at_moved_and_worked_on_and_it_is_written_down_who_did_it() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let buyer = shop.person("buyer").await;
    let order = buyer.holds(&shop.person("seller").await.sells(2_600).await).await;
    buyer.pays(&order, "tok_visa").await;
    buyer.sees(&order, "completed").await;
    // An old message of this order: whoever works on it has nothing to do any more.
    let letters = shop.aws.resource("PaymentRequestsDeadLetterQueue").await;
    let body = json!({ "order_id": order, "task_token": "gone", "awaited_since": "2020-01-01T00:00:00Z" });
    let sent = shop
        .aws
        .sqs(
            "SendMessage",
            &json!({ "QueueUrl": letters, "MessageBody": body.to_string() }),
        )
        .await;
    let id = sent["MessageId"].as_str().unwrap_or_default().to_owned();

    let path = format!("/api/ops/queues/letters?queue={QUEUE}");
    let ours = |told: &Value| {
        let letters = told["letters"].as_array().cloned().unwrap_or_default();
        letters.into_iter().find(|letter| letter["messageId"] == *id)
    };
    // Somebody else's test may be looking at this moment.
    let seen = until("the letter", || async {
        let told = operator.get(&path).await.expect(200);
        ours(&told.body).ok_or(told.text)
    })
    .await;
    assert_eq!(seen["body"], body.to_string());
    assert!(seen["receiveCount"].as_u64() >= Some(1), "{seen}");

    for (dry_run, outcome) in [(true, "wouldMove"), (false, "moved")] {
        let wanted = json!({ "queue": QUEUE, "messageId": id, "dryRun": dry_run });
        let told = until("the letter to be in reach", || async {
            let told = operator.post("/api/ops/queues/redrive", &wanted).await;
            if told.status == 404 {
                Err(told.text)
            } else {
                Ok(told.expect(200))
            }
        })
        .await;
        assert_eq!(told.str("/letters/0/outcome"), outcome);
    }
    let told = operator.get(&path).await.expect(200);
    assert!(ours(&told.body).is_none(), "{}", told.text);
    let queue = shop.aws.resource("PaymentRequestsQueue").await;
    let counted = json!({ "QueueUrl": queue, "AttributeNames": ["All"] });
    until("the queue to be worked on", || async {
        let told = shop.aws.sqs("GetQueueAttributes", &counted).await;
        let is_empty = told["Attributes"]["ApproximateNumberOfMessages"] == "0";
        is_empty.then_some(()).ok_or_else(|| told.to_string())
    })
    .await;
    buyer.sees(&order, "completed").await;

    let group = json!({ "logGroupName": "/aws/lambda/holdfast-ops-api", "filterPattern": format!("\"{}\"", operator.id) });
    until("a line that says who moved what", || async {
        let told = shop.aws.logs("FilterLogEvents", &group).await;
        let told = told.map_err(|refused| format!("{refused:?}"))?;
        let is_told = told["events"].as_array().is_some_and(|lines| {
            lines.iter().any(|line| {
                let text = line["message"].as_str().unwrap_or_default();
                text.contains(&format!("{id} moved"))
            })
        });
        is_told.then_some(()).ok_or_else(|| told.to_string())
    })
    .await;
}

/// The stack is shared, so no time passes and no fault can strike.
#[tokio::test]
async fn an_operator_reaches_the_clock_and_the_faults_of_a_local_stack() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let clock = operator
        .post("/api/ops/local/clock", &json!({ "passS": 0 }))
        .await
        .expect(200);
    assert!(clock.body["now"].is_i64(), "{}", clock.text);
    let fault = json!({ "machine": "holdfast-order", "state": "ChargePayment", "do": "abort", "times": 1, "probability": 0.0 });
    let set = operator.post("/api/ops/local/faults", &fault).await.expect(200);
    let ids: Vec<u64> = set.body["faults"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|fault| fault["id"].as_u64())
        .collect();
    let id = ids.last().copied().unwrap_or_default();
    let left = operator
        .delete(&format!("/api/ops/local/faults?id={id}"))
        .await
        .expect(200);
    assert!(!left.text.contains(&format!("\"id\":{id},")), "{}", left.text);

    let group = json!({ "logGroupName": "/aws/lambda/holdfast-ops-api", "filterPattern": format!("\"{}\"", operator.id) });
    until("lines that say who broke what", || async {
        let told = shop.aws.logs("FilterLogEvents", &group).await;
        let told = told.map_err(|refused| format!("{refused:?}"))?.to_string();
        let is_told = ["fault set", "faults removed"]
            .iter()
            .all(|what| told.contains(&format!("{what}: holdfast-order/ChargePayment")));
        is_told.then_some(()).ok_or(told)
    })
    .await;
}
