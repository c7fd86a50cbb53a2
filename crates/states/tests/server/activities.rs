//! Activities and their workers.

use std::thread;

use serde_json::{Value, json};

use crate::http::{Server, folder, until};
use crate::scenes::{create, nobody, one_state, start};

const WORK: &str = "arn:aws:states:us-east-1:000000000000:activity:work";

fn working(server: &Server) -> String {
    assert_eq!(
        server.tell("CreateActivity", json!({ "name": "work" }))["activityArn"],
        WORK
    );
    create(
        server,
        &one_state(json!({ "Type": "Task", "Resource": WORK, "End": true })),
    );
    start(server, "e", json!({ "n": 1 }))
}

fn poll(server: &Server) -> Value {
    server.tell(
        "GetActivityTask",
        json!({ "activityArn": WORK, "workerName": "w" }),
    )
}

#[test]
fn activities_are_made_once_listed_in_pages_and_removed() {
    let (aws, journal) = (nobody(), folder("activities"));
    let server = Server::start(&journal, aws.address);
    let made = server.tell("CreateActivity", json!({ "name": "work" }));
    assert_eq!(server.tell("CreateActivity", json!({ "name": "work" })), made);
    server.tell("CreateActivity", json!({ "name": "other" }));
    assert_eq!(
        server
            .ask("CreateActivity", json!({ "name": "a b" }))
            .unwrap_err(),
        "InvalidName"
    );
    let described = server.tell("DescribeActivity", json!({ "activityArn": WORK }));
    assert_eq!(described["name"], "work");
    assert_eq!(described["creationDate"], made["creationDate"]);
    let first = server.tell("ListActivities", json!({ "maxResults": 1 }));
    assert_eq!(first["activities"][0]["name"], "other");
    let rest = server.tell("ListActivities", json!({ "nextToken": first["nextToken"] }));
    let listed = json!({ "activityArn": WORK, "name": "work", "creationDate": described["creationDate"] });
    assert_eq!(rest["activities"], json!([listed]));
    assert_eq!(rest.get("nextToken"), None);
    server.tell("DeleteActivity", json!({ "activityArn": WORK }));
    server.tell("DeleteActivity", json!({ "activityArn": WORK }));
    for operation in ["DescribeActivity", "GetActivityTask"] {
        let refused = server.ask(operation, json!({ "activityArn": WORK }));
        assert_eq!(refused.unwrap_err(), "ActivityDoesNotExist");
        let refused = server.ask(
            operation,
            json!({ "activityArn": "arn:aws:states:us-east-1:0:stateMachine:m" }),
        );
        assert_eq!(refused.unwrap_err(), "InvalidArn");
    }
}

#[test]
fn an_activity_keeps_its_tags() {
    let (aws, journal) = (nobody(), folder("activity-tags"));
    let server = Server::start(&journal, aws.address);
    let tags = json!([{ "key": "a", "value": "1" }, { "key": "b", "value": "2" }]);
    server.tell("CreateActivity", json!({ "name": "work", "tags": tags }));
    server.tell("CreateActivity", json!({ "name": "work", "tags": [] }));
    server.tell(
        "TagResource",
        json!({ "resourceArn": WORK, "tags": [{ "key": "b", "value": "3" }] }),
    );
    server.tell("UntagResource", json!({ "resourceArn": WORK, "tagKeys": ["a"] }));
    server.kill();
    let server = Server::start(&journal, aws.address);
    let listed = server.tell("ListTagsForResource", json!({ "resourceArn": WORK }));
    assert_eq!(listed["tags"], json!([{ "key": "b", "value": "3" }]));
    let (status, refused) = server.raw("GetActivityTask", "{}");
    assert_eq!((status, &refused["__type"]), (400, &json!("ValidationException")));
}

#[test]
fn a_worker_that_waits_is_given_the_task_when_there_is_one() {
    let (aws, journal) = (nobody(), folder("poll"));
    let server = Server::start(&journal, aws.address);
    server.tell("CreateActivity", json!({ "name": "work" }));
    thread::scope(|scope| {
        let polling = scope.spawn(|| poll(&server));
        let arn = working(&server);
        let task = polling.join().unwrap();
        assert_eq!(task["input"], "{\"n\":1}");
        server.tell("SendTaskHeartbeat", json!({ "taskToken": task["taskToken"] }));
        server.tell(
            "SendTaskSuccess",
            json!({ "taskToken": task["taskToken"], "output": "2" }),
        );
        assert_eq!(server.ended(&arn)["output"], "2");
        let history = server.tell("GetExecutionHistory", json!({ "executionArn": arn }));
        assert_eq!(
            history["events"][3]["activityStartedEventDetails"],
            json!({ "workerName": "w" })
        );
    });
}

#[test]
fn a_task_survives_crashes_before_and_after_a_worker_takes_it() {
    let (aws, journal) = (nobody(), folder("worker-crash"));
    let server = Server::start(&journal, aws.address);
    let arn = working(&server);
    let is_scheduled = |server: &Server| {
        let types = server.event_types(&arn);
        (types.last().unwrap() == "ActivityScheduled").then_some(())
    };
    until(|| is_scheduled(&server));
    server.kill();
    let server = Server::start(&journal, aws.address);
    let task = poll(&server);
    assert_eq!(task["input"], "{\"n\":1}");
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(server.event_types(&arn).last().unwrap(), "ActivityStarted");
    let failure = json!({ "taskToken": task["taskToken"], "error": "E", "cause": "c" });
    server.tell("SendTaskFailure", failure);
    assert_eq!(server.ended(&arn)["error"], "E");
}

#[test]
fn a_worker_that_waits_does_not_hold_up_a_stop() {
    let (aws, journal) = (nobody(), folder("stop-poll"));
    let server = Server::start(&journal, aws.address);
    server.tell("CreateActivity", json!({ "name": "work" }));
    let asking = server.begin("GetActivityTask", json!({ "activityArn": WORK }));
    // What was sent before this was begun with before this was answered.
    assert_eq!(server.health(), 200);
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(asking.answer(), (200, json!({ "taskToken": null })));
}

#[test]
fn an_activity_of_another_region_is_not_deleted() {
    let server = Server::without_journal(nobody().address);
    let here = server.tell("CreateActivity", json!({ "name": "work" }))["activityArn"].clone();
    let elsewhere = here.as_str().unwrap().replace("us-east-1", "eu-west-1");
    server.tell("DeleteActivity", json!({ "activityArn": elsewhere }));
    server.tell("DescribeActivity", json!({ "activityArn": here }));
    server.tell("DeleteActivity", json!({ "activityArn": here }));
    let gone = server.ask("DescribeActivity", json!({ "activityArn": here }));
    assert_eq!(gone, Err("ActivityDoesNotExist".to_owned()));
}

#[test]
fn an_activity_keeps_how_it_is_encrypted() {
    let server = Server::without_journal(nobody().address);
    let key = json!({ "type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k" });
    let create = |encryption: &Value| json!({ "name": "work", "encryptionConfiguration": encryption });
    let arn = server.tell("CreateActivity", create(&key))["activityArn"].clone();
    server.tell("CreateActivity", create(&key));
    let described = server.tell("DescribeActivity", json!({ "activityArn": arn }));
    assert_eq!(
        described["encryptionConfiguration"],
        json!({ "type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k", "kmsDataKeyReusePeriodSeconds": 300 })
    );
    let other = server.ask("CreateActivity", create(&json!({ "type": "AWS_OWNED_KEY" })));
    assert_eq!(other, Err("ActivityAlreadyExists".to_owned()));
    let no_key = json!({ "type": "CUSTOMER_MANAGED_KMS_KEY" });
    let refused = server.ask("CreateActivity", create(&no_key));
    assert_eq!(refused, Err("InvalidEncryptionConfiguration".to_owned()));
}
