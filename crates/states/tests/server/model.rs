//! The API's own description, condensed: `api.json` says for every operation of `states-2016-11-23` what goes in, what
//! comes out and which errors there are (from the service model that the SDKs are generated from). Every answer in
//! these tests is held to it, and every limit that it states is tried.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::http::Server;
use crate::scenes::nobody;

static MODEL: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("api.json")).unwrap());

/// Errors of the protocol, which every operation has.
const GENERAL: [&str; 4] = [
    "ValidationException",
    "SerializationException",
    "UnknownOperationException",
    "ServiceUnavailable",
];

/// Fails unless an answer is one that the operation may give.
pub fn hold(operation: &str, status: u16, answer: &Value) {
    let Some(described) = MODEL["operations"].get(operation) else {
        return;
    };
    if status == 200 {
        let mut wrong = Vec::new();
        compare(&mut wrong, operation, &described["output"], answer);
        assert!(wrong.is_empty(), "{wrong:#?}");
        return;
    }
    let name = answer["__type"].as_str().unwrap_or_default();
    let stated = described["errors"].as_array().unwrap();
    assert!(
        GENERAL.contains(&name) || stated.iter().any(|error| error == name),
        "{operation} does not have the error {answer}"
    );
}

/// Every operation with its description.
pub fn operations() -> impl Iterator<Item = (&'static String, &'static Value)> {
    MODEL["operations"].as_object().unwrap().iter()
}

/// Every field that a request may have, also those that it need not have, with something that it may hold.
pub fn examples(input: &Value) -> Vec<(String, Value)> {
    let fields = members(shape(input)).iter();
    fields
        .map(|(name, member)| (name.clone(), valid(name, member)))
        .collect()
}

fn shape(name: &Value) -> &'static Value {
    &MODEL["shapes"][name.as_str().unwrap()]
}

fn members(shape: &'static Value) -> &'static Map<String, Value> {
    shape["members"].as_object().unwrap()
}

fn needs(shape: &Value, member: &str) -> bool {
    let required = shape.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|name| name == member))
}

fn compare(wrong: &mut Vec<String>, place: &str, shape_name: &Value, value: &Value) {
    let shape = shape(shape_name);
    let fits = match shape["type"].as_str().unwrap() {
        "structure" => value.is_object(),
        "list" => value.is_array(),
        "map" => value.is_object(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" | "long" => value.is_i64() || value.is_u64(),
        _ => value.is_number(),
    };
    if !fits {
        return wrong.push(format!("{place} is no {}: {value}", shape["type"]));
    }
    if let (Some(values), true) = (shape.get("enum").and_then(Value::as_array), value.is_string())
        && !values.contains(value)
    {
        wrong.push(format!("{place} cannot be {value}"));
    }
    match shape["type"].as_str().unwrap() {
        "structure" => {
            let value = value.as_object().unwrap();
            let known = members(shape);
            for (name, value) in value {
                match known.get(name) {
                    Some(member) => compare(wrong, &format!("{place}.{name}"), member, value),
                    None => wrong.push(format!("{place} has no member {name}")),
                }
            }
            let lacking = known.keys().filter(|name| needs(shape, name));
            for name in lacking.filter(|name| !value.contains_key(*name)) {
                wrong.push(format!("{place} lacks {name}"));
            }
        }
        "list" => {
            for (index, item) in value.as_array().unwrap().iter().enumerate() {
                compare(wrong, &format!("{place}.{index}"), &shape["member"], item);
            }
        }
        "map" => {
            for (name, item) in value.as_object().unwrap() {
                compare(wrong, &format!("{place}.{name}"), &shape["value"], item);
            }
        }
        _ => {}
    }
}

/// Something that a field may hold.
fn valid(name: &str, shape_name: &Value) -> Value {
    let shape = shape(shape_name);
    let arn = |rest: &str| json!(format!("arn:aws:states:us-east-1:000000000000:{rest}"));
    match shape["type"].as_str().unwrap() {
        "structure" => {
            let needed = members(shape).iter().filter(|(name, _)| needs(shape, name));
            needed
                .map(|(name, member)| (name.clone(), valid(name, member)))
                .collect()
        }
        "list" => json!([valid(name, &shape["member"])]),
        "map" => json!({}),
        "boolean" => json!(false),
        "string" => match (shape.get("enum"), name) {
            (Some(values), _) => values[0].clone(),
            (_, "executionArn") => arn("execution:m:e"),
            (_, "activityArn") => arn("activity:a"),
            (_, "mapRunArn") => arn("mapRun:m/l:1"),
            (_, "stateMachineAliasArn") => arn("stateMachine:m:a"),
            (_, "stateMachineVersionArn") => arn("stateMachine:m:1"),
            (_, name) if name.to_ascii_lowercase().ends_with("arn") => arn("stateMachine:m"),
            (_, "definition") => json!(r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#),
            _ => json!("x"),
        },
        _ => json!(1),
    }
}

/// Things that a field may not hold: of another type, or beyond its limits.
fn invalid(shape: &Value) -> Vec<Value> {
    let limit = |name: &str| shape.get(name).and_then(Value::as_i64);
    let most = limit("max");
    let least = limit("min");
    match shape["type"].as_str().unwrap() {
        "string" if shape.get("enum").is_some() => vec![json!("NO_SUCH_VALUE"), json!(7)],
        "string" => {
            let long = most.map(|most| json!("y".repeat(usize::try_from(most).unwrap() + 1)));
            let short = least.filter(|least| *least > 0).map(|_| json!(""));
            long.into_iter().chain(short).chain([json!(7)]).collect()
        }
        "integer" | "long" => {
            let beyond = [most.map(|most| most + 1), least.map(|least| least - 1)];
            let beyond = beyond.into_iter().flatten().map(|number| json!(number));
            beyond.chain([json!("seven")]).collect()
        }
        _ => vec![json!("x")],
    }
}

/// Every field of a request, also those inside others, with what describes it.
fn fields(shape_name: &Value, path: &str) -> Vec<(String, &'static Value)> {
    let mut found = Vec::new();
    for (name, member) in members(shape(shape_name)) {
        let path = format!("{path}/{name}");
        if shape(member)["type"] == "structure" {
            found.extend(fields(member, &path));
        }
        found.push((path, shape(member)));
    }
    found
}

fn put(body: &mut Value, path: &str, value: Value) {
    let mut place = body;
    for part in path.trim_start_matches('/').split('/') {
        place = &mut place[part];
    }
    *place = value;
}

#[test]
fn every_limit_of_the_api_is_kept() {
    let server = Server::without_journal(nobody().address);
    let mut wrong = BTreeSet::new();
    for (operation, described) in operations() {
        let base = valid("", &described["input"]);
        let mut expect = |what: String, body: &Value| {
            let (status, answer) = server.raw(operation, &body.to_string());
            let name = answer["__type"].as_str().unwrap_or_default();
            if status != 400 || !GENERAL[..2].contains(&name) {
                wrong.insert(format!("{operation} {what}: {status} {name}"));
            }
        };
        for name in members(shape(&described["input"])).keys() {
            if needs(shape(&described["input"]), name) {
                let mut body = base.clone();
                body.as_object_mut().unwrap().remove(name);
                expect(format!("without {name}"), &body);
            }
        }
        for (path, shape) in fields(&described["input"], "") {
            for value in invalid(shape) {
                let mut body = base.clone();
                let shown: String = value.to_string().chars().take(20).collect();
                put(&mut body, &path, value);
                expect(format!("with {path} {shown}"), &body);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_operation_is_there() {
    let server = Server::without_journal(nobody().address);
    for (operation, described) in operations() {
        let body = valid("", &described["input"]);
        let (status, answer) = server.raw(operation, &body.to_string());
        assert_ne!(answer["__type"], "UnknownOperationException", "{operation}");
        hold(operation, status, &answer);
    }
}
