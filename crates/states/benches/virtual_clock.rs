//! Transitions per second on one core, on the virtual clock: `cargo bench -p states --bench virtual_clock`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement fails by panicking"
)]

use std::time::Instant;

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{Call, CallKind, Reply};
use states::execution::LambdaReply;
use states::{Answer, Outside, World};

const EXECUTIONS: usize = 20_000;
const ROUNDS: usize = 5;

/// Eleven transitions: a choice, variables, two functions, a wait, a map over three items and its end.
fn order() -> String {
    let invoke = |function: &str| {
        json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "FunctionName": function, "Payload": "{% $states.input %}" },
            "Output": "{% $states.result.Payload %}",
            "TimeoutSeconds": 30,
        })
    };
    let then = |mut state: Value, next: &str| {
        state["Next"] = next.into();
        state
    };
    json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Read",
        "States": {
            "Read": { "Type": "Pass", "Assign": { "order": "{% $states.input.order %}" }, "Next": "Large?" },
            "Large?": {
                "Type": "Choice",
                "Choices": [{ "Condition": "{% $states.input.total > 1000 %}", "Next": "Refuse" }],
                "Default": "Hold",
            },
            "Refuse": { "Type": "Fail", "Error": "TooLarge" },
            "Hold": then(invoke("hold"), "Rest"),
            "Rest": { "Type": "Wait", "Seconds": 900, "Next": "Pack" },
            "Pack": {
                "Type": "Map",
                "Items": "{% $states.input.lines %}",
                "ItemProcessor": {
                    "StartAt": "Line",
                    "States": { "Line": { "Type": "Pass", "Output": "{% $states.input.amount * 2 %}", "End": true } },
                },
                "Output": { "order": "{% $order %}", "amount": "{% $sum($states.result) %}" },
                "Next": "Complete",
            },
            "Complete": then(invoke("complete"), "Done"),
            "Done": { "Type": "Succeed" },
        },
    })
    .to_string()
}

struct Echo;

impl Outside for Echo {
    fn call(&mut self, call: Call, _: &mut World) -> Answer {
        match call.kind {
            CallKind::Lambda { payload, .. } => Answer::Now(Reply::Lambda(LambdaReply::Returned(payload))),
            _ => panic!("only functions are called"),
        }
    }
}

fn main() {
    for _ in 0..ROUNDS {
        let mut world = World::new(1_700_000_000_000, 1);
        let machine = world
            .create_machine("order", &order(), MachineType::Standard)
            .unwrap();
        let input = json!({
            "order": "01HF", "total": 12.5,
            "lines": [{ "amount": 1 }, { "amount": 2 }, { "amount": 3 }],
        });
        let begun = Instant::now();
        for _ in 0..EXECUTIONS {
            world.start_execution(&machine, None, &input).unwrap();
        }
        world.run_until_idle(&mut Echo);
        let took = begun.elapsed();
        let transitions: u64 = world.executions().map(|execution| execution.transitions()).sum();
        assert_eq!(world.take_ended().len(), EXECUTIONS);
        println!(
            "{EXECUTIONS} executions, {transitions} transitions in {:.2} s: {:.0} transitions a second",
            took.as_secs_f64(),
            transitions as f64 / took.as_secs_f64()
        );
    }
}
