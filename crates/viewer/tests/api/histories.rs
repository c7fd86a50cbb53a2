//! Histories: long ones in pages, what is new since, and Express ones, which the engine hides.

use crate::engine::{LONG, OBEDIENT, Scene};
use serde_json::json;

/// The ids of all events, over as many pages as there are, and how many pages those were.
async fn ids(scene: &Scene, query: &str) -> (Vec<u64>, usize) {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for pages in 1..100 {
        let page = scene
            .get(&format!("execution/history?{query}{cursor}"))
            .await
            .expect(200);
        assert_eq!((&page["source"], &page["gaps"]), (&json!("engine"), &json!([])));
        let events = page["events"].as_array().unwrap();
        ids.extend(events.iter().map(|event| event["id"].as_u64().unwrap()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (ids, pages),
        }
    }
    panic!("{query} has no end");
}

#[tokio::test]
async fn a_long_history_comes_in_pages_and_whole() {
    let scene = Scene::start().await;
    let machine = scene.machine("long", "STANDARD", LONG).await;
    let arn = scene.execution(&machine, "x", json!({ "n": 600 })).await;
    scene.until(&arn, "SUCCEEDED").await;
    let (whole, pages) = ids(&scene, &format!("arn={arn}")).await;
    // A start, four events a round, two of the last choice, two of the end, and the execution's own.
    let expected: Vec<u64> = (1..=2_406).collect();
    assert_eq!((whole, pages), (expected.clone(), 3));
    for after in [0_u64, 1, 700, 1_406, 2_400, 2_406, 9_999] {
        let (new, _) = ids(&scene, &format!("arn={arn}&after={after}")).await;
        let newer: Vec<u64> = expected.iter().copied().filter(|id| *id > after).collect();
        assert_eq!(new, newer, "after {after}");
    }
}

#[tokio::test]
async fn large_events_are_spread_over_more_pages() {
    let scene = Scene::start().await;
    // The input is in each round's events; of 200 KB each, 4 MB are full after twenty.
    let definition = LONG.replace(
        r#""Output": { "n""#,
        r#""Output": { "ballast": "{% $states.input.ballast %}", "n""#,
    );
    let heavy = scene.machine("heavy", "STANDARD", &definition).await;
    let input = json!({ "n": 10, "ballast": "x".repeat(200_000) });
    let arn = scene.execution(&heavy, "x", input).await;
    scene.until(&arn, "SUCCEEDED").await;
    let (whole, pages) = ids(&scene, &format!("arn={arn}")).await;
    assert_eq!(whole, (1..=46).collect::<Vec<u64>>());
    assert!(pages > 1, "{pages}");
    let (new, _) = ids(&scene, &format!("arn={arn}&after=3")).await;
    assert_eq!(new, (4..=46).collect::<Vec<u64>>());
}

/// The engine hides Express executions as AWS does; what a log group tells of them is tried over a stand-in.
#[tokio::test]
async fn an_express_execution_of_a_machine_that_logs_nothing_is_told_with_the_reason() {
    let scene = Scene::start().await;
    let machine = scene.machine("quick", "EXPRESS", OBEDIENT).await;
    let arn = scene.execution(&machine, "x", json!({ "do": "it" })).await;
    let problem = scene.get(&format!("execution?arn={arn}")).await.expect(404);
    assert_eq!(problem["code"], "ExpressExecutionNotRecorded");
    assert!(
        problem["detail"].as_str().unwrap().contains("logs nothing"),
        "{problem}"
    );
    let history = scene
        .get(&format!("execution/history?arn={arn}"))
        .await
        .expect(200);
    assert_eq!(
        (&history["events"], &history["source"]),
        (&json!([]), &json!("logs"))
    );
    assert!(
        history["gaps"][0].as_str().unwrap().contains("logs nothing"),
        "{history}"
    );
}
