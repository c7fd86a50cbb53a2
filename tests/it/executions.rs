//! The viewer's routes on the running shop: whose they are, and what they tell of an order.

use crate::engine::{Shop, until};
use crate::operators::operator;
use serde_json::{Value, json};

/// Every address of the viewer, with a method; each is refused before anything else is looked at.
fn addresses() -> Vec<(reqwest::Method, String)> {
    let (_, described) = viewer::api().split_for_parts();
    let mut addresses = Vec::new();
    for (path, item) in described.paths.paths {
        if item.get.is_some() {
            addresses.push((reqwest::Method::GET, path.clone()));
        }
        if item.post.is_some() {
            addresses.push((reqwest::Method::POST, path));
        }
    }
    addresses
}

/// Protection: the routes know nothing of operators; the layer that ops-api puts before them does.
#[tokio::test]
async fn executions_are_for_operators() {
    let shop = Shop::patient();
    let buyer = shop.person("curious").await;
    let order = buyer.holds(&shop.person("seller").await.sells(2_600).await).await;
    let arn = shop.aws.execution_of(&order).await;
    let addresses = addresses();
    assert!(addresses.len() > 10, "{addresses:?}");
    for (method, path) in addresses {
        let path = format!("{path}?arn={arn}");
        let body = (method == reqwest::Method::POST).then(|| "{}".to_owned());
        let stranger = shop.stranger();
        let refused = stranger.send(method.clone(), &path, &[], body.clone()).await;
        refused.refused(401, "NotSignedIn");
        let refused = buyer.send(method, &path, &[], body).await;
        refused.refused(403, "NotAnOperator");
    }
    assert_eq!(
        shop.aws.execution_status(&order).await.as_deref(),
        Some("RUNNING")
    );
}

#[tokio::test]
async fn an_operator_finds_an_orders_execution_with_its_history_and_logs() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let buyer = shop.person("buyer").await;
    let order = buyer.holds(&shop.person("seller").await.sells(2_600).await).await;
    buyer.pays(&order, "tok_visa").await;
    buyer.sees(&order, "completed").await;

    let found = operator
        .get(&format!(
            "/api/ops/executions?name={order}&machine=holdfast-order"
        ))
        .await
        .expect(200);
    assert_eq!(found.str("/executions/0/name"), order);
    let arn = found.str("/executions/0/executionArn").to_owned();
    let history = until("the execution to end", || async {
        let path = format!("/api/ops/execution/history?arn={arn}");
        let history = operator.get(&path).await.expect(200);
        let last = history.body["events"].as_array().and_then(|events| events.last());
        match last.map(|event| &event["type"]) {
            Some(kind) if *kind == "ExecutionSucceeded" => Ok(history.clone()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert_eq!(history.str("/events/0/type"), "ExecutionStarted");
    let told = operator
        .get(&format!("/api/ops/execution?arn={arn}"))
        .await
        .expect(200);
    let definition: Value = serde_json::from_str(told.str("/machine/definition")).expect("it is JSON");
    assert!(definition["States"]["ChargePayment"].is_object());

    // The engine writes a function's lines down when it has answered.
    let path = format!("/api/ops/execution/logs?arn={arn}&state=ChargePayment&text={order}");
    let lines = until("the lines of the charge", || async {
        let told = operator.get(&path).await.expect(200);
        match told.body["lines"].as_array() {
            Some(lines) if !lines.is_empty() => Ok(lines.clone()),
            _ => Err(told.text),
        }
    })
    .await;
    let says = |line: &Value, what: &str| line["text"].as_str().is_some_and(|text| text.contains(what));
    assert!(
        lines
            .iter()
            .any(|line| says(line, &order) && says(line, "\"charge-payment\"")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|line| says(line, "REPORT RequestId")),
        "{lines:?}"
    );
    assert!(
        lines.iter().all(|line| line["requestId"].is_string()),
        "{lines:?}"
    );
}

#[tokio::test]
async fn what_an_operator_stops_is_stopped_and_written_down() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let buyer = shop.person("buyer").await;
    let order = buyer.holds(&shop.person("seller").await.sells(2_600).await).await;
    let arn = shop.aws.execution_of(&order).await;
    let why = json!({ "error": "Operator", "cause": "A test." });
    operator
        .post(&format!("/api/ops/execution/stop?arn={arn}"), &why)
        .await
        .expect(200);
    assert_eq!(
        shop.aws.execution_status(&order).await.as_deref(),
        Some("ABORTED")
    );
    let failed = operator
        .get(&format!("/api/ops/executions?name={order}&status=ABORTED"))
        .await
        .expect(200);
    assert_eq!(failed.str("/executions/0/failedState"), "AwaitPayment");

    let group = json!({ "logGroupName": "/aws/lambda/holdfast-ops-api", "filterPattern": format!("\"{}\"", operator.id) });
    until("a line that says who", || async {
        let told = shop.aws.logs("FilterLogEvents", &group).await;
        let told = told.map_err(|refused| format!("{refused:?}"))?;
        let is_told = told["events"].as_array().is_some_and(|lines| {
            lines.iter().any(|line| {
                let text = line["message"].as_str().unwrap_or_default();
                text.contains("execution/stop") && text.contains(&order)
            })
        });
        is_told.then_some(()).ok_or_else(|| told.to_string())
    })
    .await;
}
