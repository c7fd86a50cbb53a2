//! Testing a distributed Map state with what its ItemReader would find, and a task that starts an execution.

use serde_json::{Value, json};

use crate::http::{Server, folder};
use crate::scenes::{MACHINE, create, nobody, one_state};

fn test(server: &Server, state: &Value, more: Value) -> Result<Value, String> {
    let mut request = json!({ "definition": state.to_string(), "inspectionLevel": "DEBUG" });
    request
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    server.ask("TestState", request)
}

fn map_of(resource: &str, config: Value, more: Value) -> Value {
    let mut map = json!({ "Type": "Map", "QueryLanguage": "JSONata", "MaxConcurrency": 1, "End": true,
        "ItemReader": { "Resource": format!("arn:aws:states:::s3:{resource}"),
            "Arguments": { "Bucket": "{% $states.input.Bucket %}" } },
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "HandleItem", "States": { "HandleItem": { "Type": "Pass", "End": true } } } });
    if resource == "getObject" {
        map["ItemReader"]["Arguments"]["Key"] = "{% $states.input.Key %}".into();
    }
    if !config.is_null() {
        map["ItemReader"]["ReaderConfig"] = config;
    }
    for (name, value) in more.as_object().unwrap() {
        map[name] = value.clone();
    }
    map
}

fn read(data: &str) -> Value {
    json!({ "input": "{\"Bucket\":\"b\",\"Key\":\"k\"}", "mock": { "result": "[1,4,9]" },
        "stateConfiguration": { "mapItemReaderData": data } })
}

/// As recorded against AWS by the LocalStack project (test_state_machine_configuration_map_iteration_item_reader).
#[test]
fn what_is_read_is_not_shown_of_a_jsonata_state_without_a_selector() {
    let server = Server::without_journal(nobody().address);
    let map = map_of("getObject", json!({ "InputType": "JSON" }), json!({}));
    assert_eq!(
        test(&server, &map, read("[1,2,3]")).unwrap(),
        json!({ "status": "SUCCEEDED", "output": "[1,4,9]",
            "inspectionData": { "input": "{\"Bucket\":\"b\",\"Key\":\"k\"}", "maxConcurrency": 1,
                "result": "[1,4,9]" } })
    );
}

#[test]
fn what_is_read_is_selected_from_and_put_together() {
    let server = Server::without_journal(nobody().address);
    let select = json!({ "ItemSelector": "{% [$states.context.Map.Item.Index, $states.context.Map.Item.Value, \
        $states.context.Map.Item.Source] %}" });
    for (resource, config, data, selected) in [
        (
            "getObject",
            json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 1 }),
            "id,name\n1,Alice\n2,Bob\n",
            json!([[0, { "id": "1", "name": "Alice" }, "s3://b/k"]]),
        ),
        (
            "getObject",
            json!({ "InputType": "JSONL" }),
            "1\n{\"a\":2}\n",
            json!([[0, 1, "s3://b/k"], [1, { "a": 2 }, "s3://b/k"]]),
        ),
        (
            "listObjectsV2",
            json!(null),
            "[{\"Key\":\"x\",\"Size\":3}]",
            json!([[0, { "Key": "x", "Size": 3 }, "s3://b"]]),
        ),
        (
            "listObjectsV2",
            json!({ "InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN" }),
            "7",
            json!([[0, 7, "s3://b/"]]),
        ),
    ] {
        let map = map_of(resource, config, select.clone());
        let tested = test(&server, &map, read(data)).unwrap();
        let shown = tested["inspectionData"]["afterItemSelector"].as_str().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(shown).unwrap(),
            selected,
            "{resource}"
        );
    }
    let batched = json!({ "ItemBatcher": { "MaxItemsPerBatch": 2, "BatchInput": { "x": 1 } } });
    let map = map_of("getObject", json!({ "InputType": "JSON" }), batched);
    let tested = test(&server, &map, read("[1,2,3]")).unwrap();
    assert_eq!(
        tested["inspectionData"]["afterItemBatcher"],
        "[{\"BatchInput\":{\"x\":1},\"Items\":[1,2]},{\"BatchInput\":{\"x\":1},\"Items\":[3]}]"
    );
}

#[test]
fn a_jsonpath_state_shows_where_its_pointer_leads() {
    let server = Server::without_journal(nobody().address);
    let mut map = map_of(
        "getObject",
        json!({ "InputType": "JSON", "ItemsPointer": "/a" }),
        json!({}),
    );
    map["QueryLanguage"] = "JSONPath".into();
    map["ItemReader"].as_object_mut().unwrap().remove("Arguments");
    map["ItemReader"]["Parameters"] = json!({ "Bucket.$": "$.Bucket", "Key": "k" });
    let tested = test(&server, &map, read("{\"a\":{\"y\":1,\"x\":[2]}}")).unwrap();
    let data = &tested["inspectionData"];
    assert_eq!(data["afterItemsPointer"], "{\"y\":1,\"x\":[2]}");
}

#[test]
fn data_that_cannot_be_read_fails_the_state_and_needs_a_reader() {
    let server = Server::without_journal(nobody().address);
    let map = map_of("getObject", json!({ "InputType": "JSON" }), json!({}));
    for data in ["[1", "7"] {
        let failed = test(&server, &map, read(data)).unwrap();
        assert_eq!(
            [&failed["status"], &failed["error"]],
            ["FAILED", "States.ItemReaderFailed"],
            "{data}"
        );
    }
    let inline = json!({ "Type": "Map", "QueryLanguage": "JSONata", "Items": [1], "End": true,
        "ItemProcessor": { "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } } });
    assert_eq!(
        test(&server, &inline, read("[1]")).unwrap_err(),
        "ValidationException"
    );
}

#[test]
fn a_task_that_starts_an_execution_starts_it() {
    let (aws, journal) = (nobody(), folder("test-starts"));
    let server = Server::start(&journal, aws.address);
    create(
        &server,
        &one_state(json!({ "Type": "Pass", "Output": "{% $states.input %}", "End": true })),
    );
    let task = |machine: &str| {
        json!({ "Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::states:startExecution",
            "Arguments": { "StateMachineArn": machine, "Name": "e", "Input": { "n": 1 } },
            "Output": "{% [$states.result.ExecutionArn, $type($states.result.StartDate)] %}", "End": true })
    };
    let tested = test(&server, &task(MACHINE), json!({})).unwrap();
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    assert_eq!(tested["output"], format!("[\"{arn}\",\"number\"]"), "{tested}");
    assert_eq!(server.ended(arn)["output"], "{\"n\":1}");
    let failed = test(&server, &task(&format!("{MACHINE}x")), json!({})).unwrap();
    assert_eq!(failed["error"], "StepFunctions.StateMachineDoesNotExistException");
}
