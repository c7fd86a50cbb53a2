//! Time that is let pass and faults that are set, over a Step Functions server of our own; and what is told elsewhere.

use crate::engine::{OBEDIENT, Scene};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use viewer::local::{self, Local};

/// Calls a function that nobody has.
const CALLING: &str = r#"{
  "QueryLanguage": "JSONata", "StartAt": "Call", "States": {
    "Call": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:none", "End": true } } }"#;

#[tokio::test]
async fn an_hour_that_is_let_pass_ends_a_wait_of_an_hour() {
    let scene = Scene::start().await;
    let machine = scene.machine("obedient", "STANDARD", OBEDIENT).await;
    let waiting = scene.execution(&machine, "x", json!({ "do": "wait" })).await;
    scene.until(&waiting, "RUNNING").await;
    let before = scene.get("local/clock").await.expect(200);
    assert_eq!((&before["aheadS"], &before["notes"]), (&json!(0.0), &json!([])));

    let after = scene
        .post("local/clock", json!({ "passS": 3_600 }))
        .await
        .expect(200);
    assert!(after["aheadS"].as_f64().unwrap() >= 3_600.0, "{after}");
    assert!(after["now"].as_i64() >= before["now"].as_i64().map(|now| now + 3_600_000));
    assert!(
        after["notes"][1].as_str().unwrap().contains("did not move"),
        "{after}"
    );
    scene.until(&waiting, "SUCCEEDED").await;

    let refused = scene
        .post("local/clock", json!({ "passS": 86_401 }))
        .await
        .expect(400);
    assert_eq!(refused["code"], "InvalidInput", "{refused}");
}

#[tokio::test]
async fn a_fault_is_set_shown_and_removed() {
    let scene = Scene::start().await;
    scene.machine("calling", "STANDARD", CALLING).await;
    let fault = json!({ "machine": "calling", "state": "Call", "do": "lose_answer", "times": 2 });
    let set = scene.post("local/faults", fault).await;
    assert_eq!(
        set.changed.as_deref(),
        Some("fault set: calling/Call \"lose_answer\"")
    );
    let set = set.expect(200);
    assert_eq!(
        (&set["faults"][0]["state"], &set["faults"][0]["struck"]),
        (&json!("Call"), &json!(0))
    );
    let any =
        json!({ "machine": "*", "state": "*", "do": { "delay": { "seconds": 5 } }, "probability": 0.5 });
    scene.post("local/faults", any).await.expect(200);
    let id = set["faults"][0]["id"].as_u64().unwrap();
    let left = scene.delete(&format!("local/faults?id={id}")).await;
    assert_eq!(
        left.changed.as_deref(),
        Some("faults removed: calling/Call \"lose_answer\"")
    );
    let left = left.expect(200);
    assert_eq!(left["faults"].as_array().map(Vec::len), Some(1), "{left}");
    scene.delete(&format!("local/faults?id={id}")).await.expect(404);
    scene.delete("local/faults").await.expect(200);
    assert_eq!(
        scene.get("local/faults").await.expect(200),
        json!({ "faults": [] })
    );

    // The engine's own sentence says what is wrong.
    let never = json!({ "machine": "calling", "state": "Nowhere", "do": "abort" });
    let refused = scene.post("local/faults", never).await.expect(400);
    assert_eq!(refused["code"], "EngineRefused");
    assert!(
        refused["detail"].as_str().unwrap().contains("Nowhere"),
        "{refused}"
    );
}

#[tokio::test]
async fn conditions_are_set_together_and_explained() {
    let scene = Scene::at("http://127.0.0.1:1").await;
    let none = json!({ "declinesCards": false, "marketIsScarce": false, "notes": [] });
    assert_eq!(scene.get("local/conditions").await.expect(200), none);
    let wanted = json!({ "declinesCards": true, "marketIsScarce": true });
    let set = scene.put("local/conditions", wanted).await.expect(200);
    assert_eq!(
        (&set["declinesCards"], &set["marketIsScarce"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(set["notes"].as_array().map(Vec::len), Some(2), "{set}");
    assert_eq!(scene.get("local/conditions").await.expect(200), set);
    let gone = json!({ "declinesCards": false, "marketIsScarce": false });
    assert_eq!(scene.put("local/conditions", gone).await.expect(200), none);
}

#[tokio::test]
async fn half_a_condition_is_refused_by_name_and_changes_nothing() {
    let scene = Scene::at("http://127.0.0.1:1").await;
    for (body, field) in [
        (json!({ "declinesCards": true }), "marketIsScarce"),
        (
            json!({ "declinesCards": "yes", "marketIsScarce": false }),
            "declinesCards",
        ),
        (
            json!({ "declinesCards": true, "marketIsScarce": true, "rain": true }),
            "rain",
        ),
    ] {
        let refused = scene.put("local/conditions", body).await.expect(400);
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    assert_eq!(
        scene.get("local/conditions").await.expect(200)["declinesCards"],
        false
    );
}

#[tokio::test]
async fn a_file_of_conditions_that_does_not_read_is_a_sentence() {
    let scene = Scene::at("http://127.0.0.1:1").await;
    scene.damages_the_conditions();
    let refused = scene.get("local/conditions").await.expect(503);
    assert_eq!(refused["code"], "ConditionsUnusable");
    assert!(
        refused["detail"].as_str().unwrap().contains("conditions.json"),
        "{refused}"
    );
    let wanted = json!({ "declinesCards": true, "marketIsScarce": true });
    scene.put("local/conditions", wanted).await.expect(503);
}

/// Protection: on AWS nobody's clock is moved and nothing breaks on purpose.
#[tokio::test]
async fn elsewhere_than_on_this_machine_there_is_no_clock_to_move() {
    let routes = contract::seal(local::router(Local {
        engine: None,
        conditions: None,
        clock: Arc::new(aws::SystemClock),
    }));
    for (method, path) in [
        ("GET", "clock"),
        ("POST", "clock"),
        ("GET", "faults"),
        ("POST", "faults"),
        ("DELETE", "faults"),
        ("GET", "conditions"),
        ("PUT", "conditions"),
    ] {
        let body = match (method, path) {
            ("POST", "clock") => r#"{"passS":1}"#,
            ("PUT", _) => r#"{"declinesCards":true,"marketIsScarce":true}"#,
            ("POST", _) => r#"{"machine":"*","state":"*","do":"abort"}"#,
            _ => "",
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/ops/local/{path}"))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let answer = routes.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 404, "{method} {path}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "NotLocal", "{method} {path}");
    }
}
