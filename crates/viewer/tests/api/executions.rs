//! Lists of executions, looking for some, and what can be done to one.

use crate::engine::{OBEDIENT, Scene};
use serde_json::{Value, json};

/// Two machines: `orders` with one that runs, ten that failed and ten that succeeded, `refunds` with three.
async fn busy() -> (Scene, String) {
    let scene = Scene::start().await;
    let orders = scene.machine("orders", "STANDARD", OBEDIENT).await;
    let refunds = scene.machine("refunds", "STANDARD", OBEDIENT).await;
    for n in 0..10 {
        let failing = json!({ "do": "fail", "why": format!("card {n} was declined") });
        let failed = scene
            .execution(&orders, &format!("ord_failed-{n}"), failing)
            .await;
        scene.until(&failed, "FAILED").await;
        let good = scene
            .execution(&orders, &format!("ord_good-{n}"), json!({ "do": "it" }))
            .await;
        scene.until(&good, "SUCCEEDED").await;
    }
    for n in 0..3 {
        let good = scene
            .execution(&refunds, &format!("refund-{n}"), json!({ "do": "it" }))
            .await;
        scene.until(&good, "SUCCEEDED").await;
    }
    scene
        .execution(&orders, "ord_runs", json!({ "do": "wait" }))
        .await;
    (scene, orders)
}

#[tokio::test]
async fn all_machines_are_listed_as_one_newest_first() {
    let (scene, _) = busy().await;
    let whole = scene.found("limit=100").await;
    assert_eq!(whole.len(), 24);
    assert_eq!(&whole[..2], ["ord_runs", "refund-2"]);
    for limit in [1, 4, 7] {
        assert_eq!(
            scene.found(&format!("limit={limit}")).await,
            whole,
            "{limit} at a time"
        );
    }
    let machines = scene.get("machines").await.expect(200);
    assert_eq!(machines["machines"].as_array().unwrap().len(), 2);
    let counts = scene.get("executions/counts").await.expect(200);
    assert_eq!(
        counts,
        json!({ "counts": { "RUNNING": 1, "FAILED": 10, "SUCCEEDED": 13 }, "isWhole": true, "notes": [] })
    );
    let of_name = scene.get("executions/counts?name=FAILED-3").await.expect(200);
    assert_eq!(of_name["counts"], json!({ "FAILED": 1 }));
}

#[tokio::test]
async fn filters_narrow_and_what_failed_says_where_and_why() {
    let (scene, orders) = busy().await;
    assert_eq!(scene.found("machine=refunds").await.len(), 3);
    assert_eq!(
        scene
            .found(&format!("machine={orders}&machine=refunds"))
            .await
            .len(),
        24
    );
    assert_eq!(scene.found("status=RUNNING").await, ["ord_runs"]);
    assert_eq!(
        scene.found("status=RUNNING&status=FAILED&limit=3").await.len(),
        11
    );
    assert_eq!(scene.found("name=GOOD").await.len(), 10);
    assert_eq!(scene.found("error=card%207").await, ["ord_failed-7"]);
    assert_eq!(scene.found("error=carddeclined&limit=4").await.len(), 10);
    assert_eq!(scene.found("state=Broken&name=failed-3").await, ["ord_failed-3"]);
    assert!(scene.found("state=Rest").await.is_empty());
    assert!(scene.found("to=1000").await.is_empty());
    assert!(scene.found("from=4000000000000").await.is_empty());

    let page = scene.get("executions?name=ord_failed-3").await.expect(200);
    let row = &page["executions"][0];
    assert_eq!(
        (&row["error"], &row["cause"], &row["failedState"], &row["status"]),
        (
            &json!("CardDeclined"),
            &json!("card 3 was declined"),
            &json!("Broken"),
            &json!("FAILED")
        )
    );
    // Its whole name is known, so the lists were not needed for it; nor is it told twice.
    assert_eq!(scene.found("name=ord_failed-3&limit=1").await, ["ord_failed-3"]);
}

#[tokio::test]
async fn what_is_not_there_or_not_listed_is_said() {
    let scene = Scene::start().await;
    let quick = scene.machine("quick", "EXPRESS", OBEDIENT).await;
    let page = scene
        .get(&format!("executions?machine={quick}"))
        .await
        .expect(200);
    assert_eq!(page["executions"], json!([]));
    let notes = page["notes"].as_array().unwrap();
    assert!(notes[0].as_str().unwrap().contains("Express"), "{notes:?}");
    // Nobody asked for it.
    assert_eq!(scene.get("executions").await.expect(200)["notes"], json!([]));

    for (path, status, code) in [
        ("executions?machine=nothing", 404, "StateMachineDoesNotExist"),
        ("executions?colour=red", 400, "InvalidInput"),
        ("executions?cursor=x", 400, "InvalidInput"),
        ("execution?arn=x", 400, "InvalidInput"),
        (
            "execution?arn=arn:aws:states:us-east-1:000000000000:execution:quick:no",
            404,
            "ExecutionDoesNotExist",
        ),
        (
            "machine?arn=arn:aws:states:us-east-1:000000000000:stateMachine:no",
            404,
            "StateMachineDoesNotExist",
        ),
    ] {
        let problem = scene.get(path).await.expect(status);
        assert_eq!(problem["code"], code, "{path}: {problem}");
    }
}

#[tokio::test]
async fn an_execution_is_stopped_started_again_and_redriven() {
    let scene = Scene::start().await;
    let machine = scene.machine("orders", "STANDARD", OBEDIENT).await;
    let waiting = scene.execution(&machine, "first", json!({ "do": "wait" })).await;
    let why = json!({ "error": "Operator", "cause": "it hangs" });
    let stopped = scene
        .post(&format!("execution/stop?arn={waiting}"), why)
        .await
        .expect(200);
    assert!(stopped["stopDate"].is_number(), "{stopped}");
    let told = scene.get(&format!("execution?arn={waiting}")).await.expect(200);
    assert_eq!(told["execution"]["status"], "ABORTED");
    assert_eq!(told["execution"]["error"], "Operator");
    assert_eq!(told["source"], "engine");
    let definition: Value = serde_json::from_str(told["machine"]["definition"].as_str().unwrap()).unwrap();
    assert_eq!(definition["StartAt"], "WhatToDo");
    let page = scene.get("executions?status=ABORTED").await.expect(200);
    assert_eq!(page["executions"][0]["failedState"], "Rest");

    let again = json!({ "stateMachineArn": machine, "input": told["execution"]["input"] });
    let started = scene.post("executions", again.clone()).await;
    let changed = started.changed.clone();
    let started = started.expect(201);
    let second = started["executionArn"].as_str().unwrap();
    assert_eq!(changed, Some(format!("started {second}")));
    scene.until(second, "RUNNING").await;
    // Each is one of its own.
    assert_ne!(
        scene.post("executions", again).await.expect(201)["executionArn"],
        second
    );
    let taken = json!({ "stateMachineArn": machine, "name": "first", "input": "{}" });
    let problem = scene.post("executions", taken).await.expect(409);
    assert_eq!(problem["code"], "ExecutionAlreadyExists");

    let problem = scene
        .post(&format!("execution/redrive?arn={second}"), json!({}))
        .await
        .expect(409);
    assert_eq!(problem["code"], "ExecutionNotRedrivable");
    scene
        .post(&format!("execution/redrive?arn={waiting}"), json!({}))
        .await
        .expect(200);
    let told = scene.get(&format!("execution?arn={waiting}")).await.expect(200);
    assert_eq!(told["execution"]["redriveCount"], 1);
}

#[tokio::test]
async fn a_start_that_is_asked_for_twice_under_one_key_is_one_execution() {
    let scene = Scene::start().await;
    let machine = scene.machine("orders", "STANDARD", OBEDIENT).await;
    let other = scene.machine("others", "STANDARD", OBEDIENT).await;
    let start = |machine: &str, what: &str| json!({ "stateMachineArn": machine, "input": json!({ "do": what }).to_string() });
    // Longer than AWS's names may be.
    let key = "k".repeat(200);
    let first = scene
        .post_as(&key, "executions", start(&machine, "wait"))
        .await
        .expect(201);
    let second = scene
        .post_as(&key, "executions", start(&machine, "wait"))
        .await
        .expect(201);
    assert_eq!(first, second);
    let problem = scene
        .post_as(&key, "executions", start(&machine, "fail"))
        .await
        .expect(409);
    assert_eq!(problem["code"], "ExecutionAlreadyExists");

    scene
        .post_as(&key, "executions", start(&other, "wait"))
        .await
        .expect(201);
    scene
        .post_as("other", "executions", start(&machine, "wait"))
        .await
        .expect(201);
    let problem = scene
        .post_as("two words", "executions", start(&machine, "wait"))
        .await
        .expect(400);
    assert_eq!(problem["errors"][0]["field"], "Idempotency-Key", "{problem}");
    assert_eq!(scene.found("status=RUNNING").await.len(), 3);
}

#[tokio::test]
async fn a_redrive_that_is_asked_for_twice_under_one_key_is_done_once() {
    let scene = Scene::start().await;
    let machine = scene.machine("orders", "STANDARD", OBEDIENT).await;
    let waiting = scene.execution(&machine, "first", json!({ "do": "wait" })).await;
    let stop = format!("execution/stop?arn={waiting}");
    let redrive = format!("execution/redrive?arn={waiting}");
    scene.post(&stop, json!({})).await.expect(200);

    // Longer than AWS's tokens may be.
    let key = "k".repeat(200);
    let first = scene.post_as(&key, &redrive, json!({})).await.expect(200);
    let second = scene.post_as(&key, &redrive, json!({})).await.expect(200);
    assert_eq!(first, second);
    let told = scene.get(&format!("execution?arn={waiting}")).await.expect(200);
    assert_eq!(told["execution"]["redriveCount"], 1);
    // Another press is another redrive: there is nothing to go on with while it runs.
    let problem = scene.post_as("other", &redrive, json!({})).await.expect(409);
    assert_eq!(problem["code"], "ExecutionNotRedrivable");

    scene.post(&stop, json!({})).await.expect(200);
    scene.post_as("other", &redrive, json!({})).await.expect(200);
    let told = scene.get(&format!("execution?arn={waiting}")).await.expect(200);
    assert_eq!(told["execution"]["redriveCount"], 2);
    let problem = scene.post_as("two words", &redrive, json!({})).await.expect(400);
    assert_eq!(problem["code"], "InvalidInput");
}

#[tokio::test]
async fn an_account_that_does_not_answer_is_told_with_what_to_do() {
    let scene = Scene::at("http://127.0.0.1:1").await;
    let problem = scene.get("machines").await.expect(503);
    assert_eq!(problem["code"], "AccountUnreachable");
    let about = scene.get("viewer").await.expect(200);
    assert_eq!(
        about,
        json!({
            "account": { "region": "eu-central-1", "endpoint": "http://127.0.0.1:1" },
            "isLocal": true,
            "features": [],
        })
    );
}
