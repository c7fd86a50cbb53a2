//! Requests that nobody meant: bodies made at random for every operation. Each is answered with a result or with 400
//! and an error, as the operation may answer, and the server goes on.

use serde_json::{Map, Value, json};
use states::chance::Chance;

use crate::http::{Server, folder};
use crate::model;
use crate::scenes::{nobody, one_state};

const REQUESTS_PER_OPERATION: u64 = 60;
const ROLE: &str = "arn:aws:iam::000000000000:role/r";

/// Makes one of everything; returns what is there to be asked for.
fn populate(server: &Server) -> Vec<Value> {
    let wait = json!({ "Type": "Wait", "Seconds": 100_000, "End": true });
    let quick = one_state(json!({ "Type": "Pass", "Output": "{% $states.input %}", "End": true }));
    let each = one_state(
        json!({ "Type": "Map", "Items": [1, 2], "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "W", "States": { "W": wait } } }),
    );
    let rest = one_state(wait);
    // No activity that a request for work could wait for, and no definition for a synchronous execution to wait in.
    let mut known = vec![
        json!("m"),
        json!("e"),
        json!(quick),
        json!(each),
        json!("{\"a\":[1,2]}"),
        json!(1),
    ];
    for (name, definition, kind) in [
        ("m", &rest, "STANDARD"),
        ("x", &quick, "EXPRESS"),
        ("each", &each, "STANDARD"),
    ] {
        let made = server.tell(
            "CreateStateMachine",
            json!({ "name": name, "definition": definition, "roleArn": ROLE, "type": kind, "publish": true }),
        );
        let start = json!({ "stateMachineArn": made["stateMachineArn"], "name": "e" });
        let started = server.tell("StartExecution", start);
        known.extend([
            made["stateMachineArn"].clone(),
            made["stateMachineVersionArn"].clone(),
            started["executionArn"].clone(),
        ]);
        if name == "each" {
            let runs = server.tell("ListMapRuns", json!({ "executionArn": started["executionArn"] }));
            known.push(runs["mapRuns"][0]["mapRunArn"].clone());
        }
        let alias = json!({ "name": "a", "routingConfiguration": [
            { "stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100 }] });
        let made = server.tell("CreateStateMachineAlias", alias);
        known.push(made["stateMachineAliasArn"].clone());
    }
    assert!(known.iter().all(|value| !value.is_null()), "{known:?}");
    known
}

struct Maker<'a> {
    chance: Chance,
    known: &'a [Value],
}

impl Maker<'_> {
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.chance.up_to(count as u64 - 1)).unwrap()
    }

    fn strange(&mut self, depth: u64) -> Value {
        match self.chance.up_to(if depth < 3 { 15 } else { 11 }) {
            0 => json!(null),
            1 => json!(true),
            2 => json!(-1),
            3 => json!(i64::MIN),
            4 => json!(u64::MAX),
            5 => json!(1e300),
            6 => json!(""),
            7 => json!("\u{0}\u{202E}\u{1F600}"),
            8 => json!("arn:aws:states:::"),
            9 => json!("a:".repeat(200)),
            10 => json!("x".repeat(270_000)),
            11 => json!("{"),
            12 => json!([]),
            13 => json!({}),
            14 => (0..self.chance.up_to(3))
                .map(|_| self.strange(depth + 1))
                .collect(),
            _ => {
                let value = self.strange(depth + 1);
                json!({ "name": value, "": [[[]]] })
            }
        }
    }

    /// A request for which most fields are there and most of them hold something that they may hold.
    fn near(&mut self, input: &Value) -> Value {
        let fields: Vec<(String, Value)> = model::examples(input);
        let mut body = Map::new();
        for (name, example) in fields {
            let value = match self.chance.up_to(19) {
                0 | 1 => continue,
                2 | 3 => self.known[self.below(self.known.len())].clone(),
                4 => self.strange(0),
                5 => {
                    let mut value = example;
                    self.spoil(&mut value);
                    value
                }
                _ => example,
            };
            body.insert(name, value);
        }
        Value::Object(body)
    }

    /// Replaces something in it.
    fn spoil(&mut self, value: &mut Value) {
        let count = match value {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            _ => 0,
        };
        if count == 0 || self.chance.up_to(3) == 0 {
            *value = self.strange(1);
            return;
        }
        let index = self.below(count);
        match value {
            Value::Array(items) => self.spoil(&mut items[index]),
            Value::Object(members) => self.spoil(members.values_mut().nth(index).unwrap()),
            _ => {}
        }
    }

    fn body(&mut self, input: &Value) -> String {
        match self.chance.up_to(19) {
            0 => self.strange(0).to_string(),
            1 => "[".repeat(100_000),
            2 => {
                // Cut off somewhere; these texts are ASCII but for strange ones.
                let text = self.near(input).to_string();
                let end = self.below(text.len());
                String::from_utf8_lossy(&text.as_bytes()[..end]).into_owned()
            }
            _ => self.near(input).to_string(),
        }
    }
}

#[test]
fn random_requests_are_answered_and_the_server_goes_on() {
    let (aws, journal) = (nobody(), folder("random-requests"));
    let server = Server::start(&journal, aws.address);
    let known = populate(&server);
    let mut maker = Maker {
        chance: Chance::new(1),
        known: &known,
    };
    let (mut answered, mut refused) = (0, 0);
    for round in 0..REQUESTS_PER_OPERATION {
        for (operation, described) in model::operations() {
            let body = maker.body(&described["input"]);
            let shown: String = body.chars().take(2_000).collect();
            let Some((status, answer)) = server.try_raw(operation, &body) else {
                panic!("{operation} was not answered: {shown}");
            };
            match status {
                200 => answered += 1,
                400 => refused += 1,
                _ => panic!("{operation} {status} {answer}: {shown}"),
            }
            model::hold(operation, status, &answer);
        }
        assert_eq!(server.health(), 200, "after round {round}");
    }
    // If nearly everything were refused, this test would show little.
    assert!(answered > 200 && refused > 200, "{answered} {refused}");
    // What came of all this can be read again.
    server.kill();
    let server = Server::start(&journal, aws.address);
    assert_eq!(server.health(), 200);
}
