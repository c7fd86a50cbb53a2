//! What the fuzz targets share.

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::Call;
use states::{Answer, Outside, World};

struct Nobody;

impl Outside for Nobody {
    fn call(&mut self, _: Call, _: &mut World) -> Answer {
        Answer::Later
    }
}

/// Runs a machine that asks nobody, if its definition is accepted. It must end.
pub fn run(definition: &Value) {
    let mut world = World::new(1_700_000_000_000, 1);
    let Ok(machine) = world.create_machine("m", &definition.to_string(), MachineType::Standard) else {
        return;
    };
    let input = json!({ "n": 2, "text": "a-b-c", "list": [1, 2, { "a": [true, null, "x"] }],
        "lines": [{ "sku": "p", "count": 2 }, { "sku": "q", "count": 1 }] });
    let arn = world
        .start_execution(&machine, None, &input)
        .expect("a sound input");
    world.run_until_idle(&mut Nobody);
    let ended = world.execution(&arn).expect("it was started").ended().is_some();
    assert!(ended, "{definition}");
}
