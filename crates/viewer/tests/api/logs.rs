//! What is read from logs: Express executions as AWS keeps them, and what functions wrote.

use crate::engine::Scene;
use crate::stand_in::stand_in;
use serde_json::{Value, json};

const EXPRESS: &str = "arn:aws:states:eu-central-1:000000000000:express:quick:x:run-1";
const STANDARD: &str = "arn:aws:states:eu-central-1:000000000000:execution:orders:ord_1";

fn line(id: u64, kind: &str, details: Value) -> Value {
    let message = json!({
        "id": id.to_string(), "type": kind, "previous_event_id": (id - 1).to_string(),
        "event_timestamp": (1_700_000_000_000_u64 + id).to_string(),
        "execution_arn": EXPRESS, "details": details, "redrive_count": "0",
    });
    json!({ "timestamp": 1, "message": message.to_string(), "logStreamName": "s" })
}

/// As AWS: Express executions are described by nobody, and events come late and in pages.
fn aws(operation: &str, input: &Value) -> Result<Value, &'static str> {
    match operation {
        "DescribeExecution" | "GetExecutionHistory" | "DescribeStateMachineForExecution" => Err("InvalidArn"),
        "DescribeStateMachine" => Ok(json!({
            "stateMachineArn": input["stateMachineArn"], "name": "quick", "type": "EXPRESS", "definition": "{}",
            "loggingConfiguration": { "level": "ALL", "includeExecutionData": true, "destinations": [
                { "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:eu-central-1:0:log-group:/machines:*" } } ] },
        })),
        "FilterLogEvents" if input["logGroupName"] == "/machines" => match input["nextToken"].as_str() {
            None => Ok(json!({ "events": [], "nextToken": "2" })),
            Some("2") => Ok(json!({ "nextToken": "3", "events": [
                line(2, "PassStateEntered", json!({ "name": "A", "input": "{}" })),
                line(1, "ExecutionStarted", json!({ "input": "{\"a\":1}" })),
                { "timestamp": 1, "message": "no JSON" },
                { "timestamp": 1, "message": line(9, "ExecutionStarted", json!({}))["message"].as_str()
                    .unwrap().replace("run-1", "run-2") },
            ] })),
            _ => Ok(json!({ "nextToken": "4", "events": [
                line(3, "ExecutionFailed", json!({ "error": "Oh", "cause": "no" })) ] })),
        },
        _ => Err("UnknownOperationException"),
    }
}

#[tokio::test]
async fn an_express_execution_is_told_by_its_machines_log_group() {
    let (url, asked) = stand_in(aws).await;
    let scene = Scene::at(&url).await;
    let history = scene
        .get(&format!("execution/history?arn={EXPRESS}"))
        .await
        .expect(200);
    assert_eq!(
        history,
        json!({
            "source": "logs", "nextCursor": null, "gaps": [],
            "events": [
                { "id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": 1_700_000_000.001,
                  "executionStartedEventDetails": { "input": "{\"a\":1}" } },
                { "id": 2, "previousEventId": 1, "type": "PassStateEntered", "timestamp": 1_700_000_000.002,
                  "stateEnteredEventDetails": { "name": "A", "input": "{}" } },
                { "id": 3, "previousEventId": 2, "type": "ExecutionFailed", "timestamp": 1_700_000_000.003,
                  "executionFailedEventDetails": { "error": "Oh", "cause": "no" } },
            ],
        })
    );
    let told = scene.get(&format!("execution?arn={EXPRESS}")).await.expect(200);
    assert_eq!(told["source"], "logs");
    let execution = &told["execution"];
    assert_eq!(
        (
            &execution["status"],
            &execution["input"],
            &execution["error"],
            &execution["name"]
        ),
        (&json!("FAILED"), &json!("{\"a\":1}"), &json!("Oh"), &json!("x"))
    );
    // What is asked is signed for the service that it is asked of.
    let asked = asked.lock().unwrap();
    let (_, headers, input) = asked
        .iter()
        .find(|(target, ..)| target == "Logs_20140328.FilterLogEvents")
        .unwrap();
    let signed = headers["authorization"].to_str().unwrap();
    assert!(signed.contains("/eu-central-1/logs/aws4_request"), "{signed}");
    assert_eq!(
        input["filterPattern"],
        format!("{{ $.execution_arn = \"{EXPRESS}\" }}")
    );
}

/// A machine that logs only errors, of which there was none.
fn silent(operation: &str, input: &Value) -> Result<Value, &'static str> {
    match operation {
        "DescribeStateMachine" => {
            Ok(json!({ "definition": "{}", "loggingConfiguration": { "level": "ERROR" } }))
        }
        _ => aws(operation, input),
    }
}

#[tokio::test]
async fn what_was_not_recorded_is_told_with_the_reason() {
    let (url, _) = stand_in(silent).await;
    let scene = Scene::at(&url).await;
    let problem = scene.get(&format!("execution?arn={EXPRESS}")).await.expect(404);
    assert_eq!(problem["code"], "ExpressExecutionNotRecorded");
    assert!(
        problem["detail"].as_str().unwrap().contains("level ERROR"),
        "{problem}"
    );
    let history = scene
        .get(&format!("execution/history?arn={EXPRESS}"))
        .await
        .expect(200);
    assert_eq!(
        (&history["events"], &history["source"]),
        (&json!([]), &json!("logs"))
    );
    assert!(
        history["gaps"][0].as_str().unwrap().contains("ERROR"),
        "{history}"
    );
}

/// Two functions, of which one was never called; the other served two orders, one after the other.
fn functions(operation: &str, input: &Value) -> Result<Value, &'static str> {
    let definition = json!({ "States": {
        "Charge": { "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "charge" } },
        "Refund": { "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "refund" } },
        "Tell": { "Resource": "arn:aws:states:::sqs:sendMessage" },
    } });
    match operation {
        "DescribeExecution" => Ok(json!({ "startDate": 1_700_000_000.5 })),
        "DescribeStateMachineForExecution" => Ok(json!({ "definition": definition.to_string() })),
        "FilterLogEvents" if input["logGroupName"] == "/aws/lambda/charge" => {
            let said = [
                "START RequestId: a Version: $LATEST",
                "{\"order_id\":\"ord_1\",\"outcome\":\"Ok\"}",
                "END RequestId: a",
                "START RequestId: b Version: $LATEST",
                "{\"order_id\":\"ord_2\"}",
                "END RequestId: b",
            ];
            let pattern = input["filterPattern"]
                .as_str()
                .unwrap_or_default()
                .replace('"', "");
            let events: Vec<Value> = said
                .iter()
                .zip(1_u64..)
                .filter(|(text, _)| text.contains(&pattern))
                .map(|(text, at)| json!({ "timestamp": at, "message": format!("{text}\n"), "logStreamName": "s" }))
                .collect();
            Ok(json!({ "events": events }))
        }
        "FilterLogEvents" => Err("ResourceNotFoundException"),
        _ => Err("UnknownOperationException"),
    }
}

#[tokio::test]
async fn lines_come_by_invocation_of_the_functions_that_a_definition_names() {
    let (url, asked) = stand_in(functions).await;
    let scene = Scene::at(&url).await;
    let logs = |query: &'static str| {
        let scene = scene.clone();
        async move {
            scene
                .get(&format!("execution/logs?arn={STANDARD}{query}"))
                .await
                .expect(200)
        }
    };
    let texts = |told: &Value| -> Vec<String> {
        let lines = told["lines"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = logs("").await;
    assert_eq!((texts(&all).len(), &all["nextCursor"]), (6, &Value::Null));
    let of_one = logs("&state=Charge&text=ord_1").await;
    assert_eq!(texts(&of_one).len(), 3, "{of_one}");
    assert!(
        of_one["lines"]
            .as_array()
            .unwrap()
            .iter()
            .all(|line| line["requestId"] == "a" && line["function"] == "charge")
    );
    assert_eq!(of_one["logGroup"], "/aws/lambda/charge");

    let never_called = logs("&function=refund").await;
    assert!(
        never_called["missing"]
            .as_str()
            .unwrap()
            .contains("/aws/lambda/refund"),
        "{never_called}"
    );
    let queue = logs("&state=Tell").await;
    assert!(
        queue["missing"]
            .as_str()
            .unwrap()
            .contains("Tell names no function"),
        "{queue}"
    );
    let nothing = logs("&function=charge&text=ord_9").await;
    assert_eq!(nothing["missing"], "No line was written in that time.");

    // Without a beginning it is the execution's own, and a little before.
    let asked = asked.lock().unwrap();
    let (.., input) = asked
        .iter()
        .find(|(target, ..)| target.ends_with("FilterLogEvents"))
        .unwrap();
    assert_eq!(input["startTime"], 1_699_999_999_500_u64);
}

/// Three pages of a function's lines, all written in one moment.
fn dated(operation: &str, input: &Value) -> Result<Value, &'static str> {
    const AT: i64 = 1_600_000_001_000;
    match operation {
        "FilterLogEvents" => {
            let time = |name: &str| input[name].as_i64();
            let is_within = time("startTime") <= Some(AT) && time("endTime").is_none_or(|to| AT < to);
            if !is_within {
                return Ok(json!({ "events": [] }));
            }
            let page = input["nextToken"]
                .as_str()
                .map_or(1, |page| page.parse().unwrap());
            let line = json!({ "timestamp": AT, "message": format!("{page}"), "logStreamName": "s" });
            let next = (page < 3).then(|| (page + 1).to_string());
            Ok(json!({ "events": vec![line; 500], "nextToken": next }))
        }
        _ => functions(operation, input),
    }
}

/// The address of what was written in the second after this moment.
fn second_after(from_s: i64, cursor: &Value) -> String {
    let cursor = cursor
        .as_str()
        .map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
    let (from, to) = (from_s * 1_000, (from_s + 1) * 1_000);
    format!("execution/logs?arn={STANDARD}&function=charge&from={from}&to={to}{cursor}")
}

#[tokio::test]
async fn after_time_was_let_pass_lines_are_found_at_the_machines_time() {
    let (url, _) = stand_in(dated).await;
    let there = Value::Null;
    let same = Scene::at(&url).await;
    let told = same.get(&second_after(1_600_000_900, &there)).await.expect(200);
    assert_eq!((&told["lines"], &told["notes"]), (&json!([]), &json!([])));

    // It ran after the quarter of an hour: a quarter earlier by the machine's clock.
    let ahead = Scene::ahead(&url, 900_000).await;
    let mut cursor = Value::Null;
    for page in ["1", "2", "3"] {
        let told = ahead.get(&second_after(1_600_000_900, &cursor)).await.expect(200);
        assert_eq!(told["lines"][0]["text"], page, "{told}");
        let note = told["notes"][0].as_str().unwrap();
        assert!(note.contains("900 s behind"), "{note}");
        cursor = told["nextCursor"].clone();
    }
    assert_eq!(cursor, Value::Null);
}

/// Both times are tried once: what one page was read by holds for the next, though the clock moves in between.
#[tokio::test]
async fn lines_from_before_time_was_let_pass_are_found_at_their_own_time() {
    let (url, asked) = stand_in(dated).await;
    let mut cursor = Value::Null;
    for (page, ahead_ms) in [("1", 900_000), ("2", 900_000), ("3", 1_800_000)] {
        let scene = Scene::ahead(&url, ahead_ms).await;
        let told = scene.get(&second_after(1_600_000_000, &cursor)).await.expect(200);
        assert_eq!(told["lines"][0]["text"], page, "{told}");
        cursor = told["nextCursor"].clone();
    }
    assert_eq!(cursor, Value::Null);
    let asked = asked.lock().unwrap();
    let starts: Vec<&Value> = asked.iter().map(|(.., input)| &input["startTime"]).collect();
    let (shifted, own) = (json!(1_599_999_099_000_i64), json!(1_599_999_999_000_i64));
    assert_eq!(starts, [&shifted, &own, &own, &own]);
}

/// Busy for as long as it is asked.
fn busy(_: &str, _: &Value) -> Result<Value, &'static str> {
    Err("ThrottlingException")
}

#[tokio::test]
async fn a_throttled_question_is_repeated_and_then_told() {
    let (url, asked) = stand_in(busy).await;
    let scene = Scene::at(&url).await;
    let problem = scene.get("machines").await.expect(429);
    assert_eq!(
        (&problem["code"], &problem["retryable"]),
        (&json!("ThrottlingException"), &json!(true))
    );
    assert_eq!(asked.lock().unwrap().len(), 3);
}
