//! What is kept of what happens: a log group each, for as long as was asked, and by what an order is found in them.

use crate::deployed::{named, of_type, resources};
use crate::engine::{Shop, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The log group that a value names, if it is one of ours.
fn group(value: &Value) -> &'static str {
    let name = named(value).unwrap_or_else(|| panic!("{value} names no log group"));
    let (name, resource) = resources()
        .get_key_value(name)
        .unwrap_or_else(|| panic!("there is no {name}"));
    assert_eq!(resource["Type"], "AWS::Logs::LogGroup", "{name}");
    name
}

/// Where each function, state machine and API writes.
fn writers() -> Vec<(&'static str, &'static str)> {
    let functions = of_type("AWS::Lambda::Function")
        .map(|(name, function)| (name, group(&function["LoggingConfig"]["LogGroup"])));
    let machines = of_type("AWS::StepFunctions::StateMachine").map(|(name, machine)| {
        let to = &machine["LoggingConfiguration"]["Destinations"][0]["CloudWatchLogsLogGroup"];
        (name, group(&to["LogGroupArn"]))
    });
    let stages = of_type("AWS::ApiGatewayV2::Stage").map(|(name, stage)| {
        let settings = &stage["AccessLogSettings"];
        let settings = settings["Fn::If"].get(1).unwrap_or(settings);
        (name, group(&settings["DestinationArn"]))
    });
    functions.chain(machines).chain(stages).collect()
}

#[test]
fn every_function_machine_and_api_writes_to_a_log_group_of_its_own() {
    let writers = writers();
    assert!(writers.len() > 50, "{}", writers.len());
    let groups: BTreeSet<&str> = writers.iter().map(|(_, group)| *group).collect();
    assert_eq!(groups.len(), writers.len(), "two share one");
    let all: BTreeSet<&str> = of_type("AWS::Logs::LogGroup").map(|(name, _)| name).collect();
    assert_eq!(groups, all, "a log group to which nobody writes");
}

#[test]
fn every_log_group_is_kept_as_long_as_was_asked_and_has_the_name_that_lambda_gives() {
    for (name, group) in of_type("AWS::Logs::LogGroup") {
        assert_eq!(
            group["RetentionInDays"],
            json!({ "Ref": "LogRetentionDays" }),
            "{name}"
        );
    }
    for (name, function) in of_type("AWS::Lambda::Function") {
        let of = &resources()[named(&function["LoggingConfig"]["LogGroup"]).unwrap_or_default()];
        let called = function["FunctionName"]["Fn::Sub"]
            .as_str()
            .expect("it has a name");
        // The viewer looks for lines under this name.
        assert_eq!(
            of["Properties"]["LogGroupName"],
            json!({ "Fn::Sub": format!("/aws/lambda/{called}") }),
            "{name}"
        );
        assert_eq!(of["Condition"], resources()[name]["Condition"], "{name}");
    }
}

#[test]
fn every_function_and_machine_is_traced() {
    for (name, function) in of_type("AWS::Lambda::Function") {
        assert_eq!(function["TracingConfig"]["Mode"], "Active", "{name}");
    }
    for (name, machine) in of_type("AWS::StepFunctions::StateMachine") {
        assert_eq!(machine["TracingConfiguration"]["Enabled"], true, "{name}");
    }
}

/// Protection: a path may be a pass (`/door/{code}`), and who has the code gets in.
#[test]
fn an_access_log_has_the_request_id_and_neither_paths_nor_addresses() {
    for (name, stage) in of_type("AWS::ApiGatewayV2::Stage") {
        let settings = &stage["AccessLogSettings"];
        let settings = settings["Fn::If"].get(1).unwrap_or(settings);
        let format = settings["Format"].as_str().expect("it has a format");
        let line: Value = serde_json::from_str(format).expect("a line is JSON");
        assert_eq!(line["request_id"], "$context.requestId", "{name}");
        for secret in ["$context.path", "sourceIp", "authorizer", "queryString"] {
            assert!(!format.contains(secret), "{name} writes {secret}");
        }
    }
}

/// What is told of a group of a running stack about one order.
async fn lines_about(shop: &Shop, function: &str, order: &str) -> Result<Vec<Value>, String> {
    let group = json!({ "logGroupName": format!("/aws/lambda/holdfast-{function}"), "filterPattern": format!("\"{order}\"") });
    let told = shop.aws.logs("FilterLogEvents", &group).await;
    let told = told.map_err(|refused| format!("{refused:?}"))?;
    let lines: Vec<Value> = told["events"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|event| event["message"].as_str())
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["order_id"] == order)
        .collect();
    if lines.is_empty() {
        return Err(format!("{function} says nothing of {order}"));
    }
    Ok(lines)
}

/// One id is enough: the answer to the buyer, the execution and every function that had to do with the order say it.
#[tokio::test]
async fn whatever_worked_on_an_order_is_found_by_its_id() {
    let shop = Shop::patient();
    let buyer = shop.person("followed").await;
    let order = buyer.holds(&shop.person("seller").await.sells(2_600).await).await;
    buyer.pays(&order, "tok_visa").await;
    buyer.sees(&order, "completed").await;
    assert!(
        shop.aws.execution_status(&order).await.is_some(),
        "the execution bears its name"
    );
    for function in [
        "place-order",
        "lock-ticket",
        "request-payment",
        "take-payment",
        "charge-payment",
        "complete-order",
        "orders-api",
    ] {
        until("a line about the order", || lines_about(&shop, function, &order)).await;
    }
    let ends = until("how it ended", || lines_about(&shop, "complete-order", &order)).await;
    assert!(ends.iter().any(|line| line["status"] == "completed"), "{ends:?}");
}

/// template.yaml makes metrics of these fields, and alarms of the metrics.
#[tokio::test]
async fn every_run_of_the_reconciler_says_how_many_orders_stood_still() {
    let shop = Shop::patient();
    shop.aws.reconcile().await;
    until("a line with both numbers", || async {
        let group =
            json!({ "logGroupName": "/aws/lambda/holdfast-reconcile-orders", "filterPattern": "\"stuck\"" });
        let told = shop.aws.logs("FilterLogEvents", &group).await;
        let told = told.map_err(|refused| format!("{refused:?}"))?;
        let says = |event: &Value| {
            let line = event["message"]
                .as_str()
                .and_then(|line| serde_json::from_str::<Value>(line).ok());
            line.is_some_and(|line| {
                line["step"] == "reconcile-orders" && line["stuck"].is_u64() && line["late"].is_u64()
            })
        };
        let is_told = told["events"]
            .as_array()
            .is_some_and(|events| events.iter().any(says));
        is_told.then_some(()).ok_or_else(|| told.to_string())
    })
    .await;
    for (name, filter) in of_type("AWS::Logs::MetricFilter") {
        let pattern = filter["FilterPattern"].as_str().unwrap_or_default();
        let value = filter["MetricTransformations"][0]["MetricValue"]
            .as_str()
            .unwrap_or_default();
        assert!(["$.stuck", "$.late"].contains(&value), "{name}");
        assert_eq!(
            pattern,
            format!("{{ $.step = \"reconcile-orders\" && {value} = * }}"),
            "{name}"
        );
    }
}
