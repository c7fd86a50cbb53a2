//! Definitions that nobody meant: cases with random parts replaced, run against random answers. Whatever is
//! accepted must end or wait, in a bounded number of steps, without a panic and with a history in order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use states::chance::Chance;
use states::definition::MachineType;
use states::engine::{Call, CallKind, EngineError, Reply};
use states::execution::{AwsReply, LambdaReply, SqsReply, Status};
use states::{Answer, Outside, World};

const START_MS: u64 = 1_700_000_000_000;
const MUTANTS_PER_CASE: u64 = 15;
/// A history of 25,000 events needs fewer.
const STEPS_MAX: usize = 60_000;
/// A run that ends badly is redriven, and again.
const ATTEMPTS: u64 = 3;

struct Random(Chance);

impl Outside for Random {
    fn call(&mut self, call: Call, world: &mut World) -> Answer {
        if let Some(token) = &call.token
            && self.0.up_to(2) == 0
        {
            // Answered from within, before the call itself is: too late when a sibling's failure
            // in the same turn ended the execution.
            let answered = world.send_task_success(token, &json!({ "early": true }));
            assert!(
                matches!(answered, Ok(_) | Err(EngineError::TaskTimedOut)),
                "{answered:?}"
            );
        }
        let reply = match (&call.kind, self.0.up_to(3)) {
            (CallKind::Lambda { payload, .. }, 0) => Reply::Lambda(LambdaReply::Returned(payload.clone())),
            (CallKind::Lambda { .. }, 1) => {
                Reply::Lambda(LambdaReply::FunctionError(json!({ "errorType": "E" })))
            }
            (CallKind::Lambda { .. }, 2) => Reply::Lambda(LambdaReply::FunctionError(json!("no object"))),
            (CallKind::Sqs { body, .. }, 0 | 1) => Reply::Sqs(SqsReply::sent("m", body)),
            (CallKind::Aws { arguments, .. }, 0) => Reply::Aws(AwsReply::Answered {
                result: arguments.clone(),
                http: None,
            }),
            (CallKind::Aws { .. }, 1) => Reply::Aws(AwsReply::Refused {
                code: "ValidationException".to_owned(),
                message: "no".to_owned(),
                status: 400,
                request_id: None,
                extended_request_id: None,
            }),
            _ => return Answer::Later,
        };
        Answer::At(world.now_ms() + self.0.up_to(5_000), reply)
    }
}

/// Replaces one random part.
fn mutate(value: &mut Value, chance: &mut Chance) {
    let count = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    if count == 0 || chance.up_to(5) == 0 {
        *value = strange(chance);
        return;
    }
    let index = chance.up_to(count as u64 - 1) as usize;
    match value {
        Value::Array(items) => mutate(&mut items[index], chance),
        Value::Object(members) => {
            let name = members.keys().nth(index).unwrap().clone();
            if chance.up_to(9) == 0 {
                members.remove(&name);
            } else {
                mutate(&mut members[&name], chance);
            }
        }
        _ => {}
    }
}

/// Replaces expressions and paths at random; definitions changed so are mostly accepted, and fail when they run.
fn mutate_expressions(value: &mut Value, chance: &mut Chance) {
    match value {
        Value::String(text) if text.starts_with("{%") && chance.up_to(2) == 0 => *value = strange(chance),
        Value::String(text) if is_path(text) && chance.up_to(2) == 0 => *value = strange_path(chance),
        Value::Array(items) => items.iter_mut().for_each(|item| mutate_expressions(item, chance)),
        Value::Object(members) => {
            members
                .iter_mut()
                .for_each(|(_, member)| mutate_expressions(member, chance));
        }
        _ => {}
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with('$') || (text.starts_with("States.") && text.ends_with(')'))
}

fn strange_path(chance: &mut Chance) -> Value {
    let pool = [
        "$",
        "$..*",
        "$$",
        "$nope",
        "$[-9223372036854775808]",
        "$[9223372036854775807:]",
        "$[-9223372036854775808:-9223372036854775808]",
        "$[?(@.a == 1e308 || !(@.b))]",
        "$['\u{1F600}']",
        "$.\\.",
        "$..['a']..[*]..b",
        "States.ArrayRange(-2147483648, 2147483647, 1)",
        "States.ArrayRange(2147483647, -2147483648, -2147483648)",
        "States.ArrayPartition($, 1e308)",
        "States.MathRandom(-2147483648, 2147483647, -1)",
        "States.Format('{}{}', $)",
        "States.Format('\\\\{}', $$.State.Name)",
        "States.StringToJson(States.JsonToString($))",
        "States.StringSplit('\u{E9}\u{1F600}', '\u{1F600}')",
        "States.JsonMerge($, $$, false)",
        "States.ArrayGetItem(States.Array(), 18446744073709551615)",
    ];
    pool[chance.up_to(pool.len() as u64 - 1) as usize].into()
}

fn strange(chance: &mut Chance) -> Value {
    let pool = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1e300),
        json!(18_446_744_073_709_551_615u64),
        json!(""),
        json!("A"),
        json!("States.ALL"),
        json!("{% $states %}"),
        json!("{% $states.context %}"),
        json!("{% $ %}"),
        json!("{% **.% %}"),
        json!("{% function($x){$x} %}"),
        json!("{% ($f := function($n){$f($n + 1) + 1}; $f(0)) %}"),
        json!("{% $range(0, 1e300, 1) %}"),
        json!("{% $partition([1], 0.5) %}"),
        json!("{% $hash($states.input, 'CRC') %}"),
        json!("{% $parse('{') %}"),
        json!("{% 1/0 %}"),
        json!("{% $now('[X', 'Y') %}"),
        json!("{% $string(/a*/) %}"),
        json!("{% '\u{1F600}'[0] ~> $uppercase %}"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({ "Type": "Pass", "End": true }),
    ];
    pool[chance.up_to(pool.len() as u64 - 1) as usize].clone()
}

/// Runs it until nothing happens any more, and looks at its history.
fn run_to_end(world: &mut World, arn: &str, outside: &mut Random, definition: &Value) {
    let steps = (0..STEPS_MAX)
        .take_while(|_| world.step(u64::MAX, outside))
        .count();
    assert!(steps < STEPS_MAX, "no end: {definition}");
    let history = world.history(arn);
    assert!(history.len() <= states::execution::EVENTS_MAX);
    for (event, id) in history.iter().zip(1..) {
        assert!(
            event.id == id && event.previous_id < id,
            "event {id} is out of order: {definition}"
        );
        let text = event.to_json(true).to_string();
        assert!(text.contains(event.event_type.name()));
    }
    let ended = world.execution(arn).unwrap();
    assert_eq!(
        ended.ended().is_some(),
        history.last().unwrap().event_type.name().starts_with("Execution"),
        "{definition}"
    );
}

fn run(definition: &Value, input: &Value, seed: u64) -> Option<Status> {
    let mut world = World::new(START_MS, seed);
    let machine = world
        .create_machine("m", &definition.to_string(), MachineType::Standard)
        .ok()?;
    let arn = world.start_execution(&machine, None, input).unwrap();
    let mut outside = Random(Chance::new(seed));
    for attempt in 0..ATTEMPTS {
        if seed % 5 == attempt {
            // Stopped in the middle of something.
            for _ in 0..seed % 31 {
                world.step(u64::MAX, &mut outside);
            }
            world.stop_execution(&arn, "Stopped", "").unwrap();
        }
        run_to_end(&mut world, &arn, &mut outside, definition);
        if attempt + 1 == ATTEMPTS || world.redrive_execution(&arn).is_err() {
            break;
        }
    }
    world.status(&arn)
}

#[test]
fn no_definition_hangs_or_breaks_the_interpreter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let (mut accepted, mut ended) = (0, 0);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    // Endless loops have their tests in the conformance cases; they take longer than all others together.
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        !name.starts_with("loop-") && !name.starts_with("wrapping-")
    });
    for (path, number) in paths.iter().zip(0..) {
        let case: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for mutant in 0..MUTANTS_PER_CASE {
            let seed = number * 1_000 + mutant;
            let mut chance = Chance::new(seed);
            let (mut definition, mut input) = (case["definition"].clone(), case["input"].clone());
            match mutant % 3 {
                0 => {}
                1 => mutate_expressions(&mut definition, &mut chance),
                _ => mutate(&mut definition, &mut chance),
            }
            if mutant % 4 == 0 {
                mutate(&mut input, &mut chance);
            }
            let status = run(&definition, &input, seed);
            accepted += u32::from(status.is_some());
            ended += u32::from(status.is_some_and(|status| status != Status::Running));
        }
    }
    // If nearly everything were refused or stuck, this test would show nothing.
    assert!(
        accepted > 200 && ended > 150,
        "accepted {accepted}, ended {ended}"
    );
}
