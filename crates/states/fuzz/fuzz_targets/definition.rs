//! Any text as a definition: it is refused, or runs on the virtual clock for a bounded number of steps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{Call, CallKind, Reply};
use states::execution::LambdaReply;
use states::{Answer, Outside, World};

const STEPS_MAX: usize = 500;

struct Echo;

impl Outside for Echo {
    fn call(&mut self, call: Call, world: &mut World) -> Answer {
        match call.kind {
            CallKind::Lambda { payload, .. } => {
                let reply = match payload {
                    Value::Null => LambdaReply::FunctionError(json!({ "errorType": "E" })),
                    payload => LambdaReply::Returned(payload),
                };
                Answer::At(world.now_ms() + 1_000, Reply::Lambda(reply))
            }
            _ => Answer::Later,
        }
    }
}

// A panic of the evaluator is caught and is an error of the expression; the fuzzer's own hook would end the process.
fuzz_target!(init: { std::panic::set_hook(Box::new(|_| {})) }, |definition: &str| {
    let mut world = World::new(1_700_000_000_000, 1);
    let Ok(machine) = world.create_machine("m", definition, MachineType::Standard) else {
        return;
    };
    let input = json!({ "a": { "b": [1, 2, { "c": "text" }] }, "n": 2 });
    if let Ok(arn) = world.start_execution(&machine, None, &input) {
        for _ in 0..STEPS_MAX {
            if !world.step(u64::MAX, &mut Echo) {
                break;
            }
        }
        for event in world.history(&arn) {
            assert!(event.previous_id < event.id);
        }
        world.restart().expect("what was written can be read");
    }
});
