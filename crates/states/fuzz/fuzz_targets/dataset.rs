//! Any text as the object that a distributed map reads: its first letter says in which format. The map run ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{Call, Reply};
use states::execution::AwsReply;
use states::{Answer, Outside, World};

const ITEMS_MAX: u64 = 20;

/// A bucket in which every object is this text.
struct Bucket<'a>(&'a str);

impl Outside for Bucket<'_> {
    fn call(&mut self, _: Call, world: &mut World) -> Answer {
        let result = json!({ "Body": self.0 });
        let reply = AwsReply::Answered { result, http: None };
        Answer::At(world.now_ms(), Reply::Aws(reply))
    }
}

fn format(letter: char) -> Value {
    match letter {
        'l' => json!({ "InputType": "JSONL" }),
        'j' => json!({ "InputType": "JSON" }),
        'p' => json!({ "InputType": "JSON", "ItemsPointer": "/a/0" }),
        'g' => json!({ "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"] }),
        't' => json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "TAB" }),
        _ => json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" }),
    }
}

fuzz_target!(|text: &str| {
    let mut letters = text.chars();
    let mut config = format(letters.next().unwrap_or_default());
    config["MaxItems"] = ITEMS_MAX.into();
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "M", "States": { "M": {
        "Type": "Map", "End": true,
        "ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
            "Arguments": { "Bucket": "b", "Key": "k" } },
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" },
            "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } } } } });
    let mut world = World::new(1_700_000_000_000, 1);
    let machine = world
        .create_machine("m", &definition.to_string(), MachineType::Standard)
        .expect("a sound definition");
    let arn = world
        .start_execution(&machine, None, &json!({}))
        .expect("a sound input");
    world.run_until_idle(&mut Bucket(letters.as_str()));
    assert!(world.execution(&arn).expect("it was started").ended().is_some());
});
