//! What template.yaml promises of queues, tables and schedules, as it is written: no engine on this machine minds all of it.

use crate::deployed::{named, of_type, resources};
use crate::project::root;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

/// The blocks of the template by name: everything beneath a name that stands two blanks in.
fn blocks() -> BTreeMap<String, String> {
    let template = fs::read_to_string(root().join("template.yaml")).expect("there is a template");
    let mut blocks: BTreeMap<String, String> = BTreeMap::new();
    let mut name = String::new();
    for line in template.lines() {
        if line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':') {
            name = line.trim().trim_end_matches(':').to_owned();
        }
        let block = blocks.entry(name.clone()).or_default();
        block.push_str(line);
        block.push('\n');
    }
    blocks
}

/// Hazard 27. Protection: a message that fails comes back alone, and only so often. Without the first line AWS takes a batch
/// in which something failed for worked off; without the second it comes for ever.
#[test]
fn every_message_fails_alone_and_not_for_ever() {
    let (mut consumers, mut queues) = (0, 0);
    for (name, block) in blocks() {
        let reads_a_queue = block.contains("Type: AWS::Lambda::EventSourceMapping")
            && block.contains("EventSourceArn: !GetAtt")
            && block.contains("Queue.Arn");
        if reads_a_queue {
            assert!(block.contains("- ReportBatchItemFailures\n"), "{name}");
            consumers += 1;
        }
        if block.contains("Type: AWS::SQS::Queue\n") && !name.ends_with("DeadLetterQueue") {
            let letters = format!(
                "deadLetterTargetArn: !GetAtt {}",
                name.replace("Queue", "DeadLetterQueue")
            );
            assert!(block.contains(&letters), "{name} has no {letters}");
            assert!(block.contains("maxReceiveCount: "), "{name} gives nothing up");
            queues += 1;
        }
    }
    assert_eq!(consumers, queues, "each queue has its consumer");
    assert!(queues >= 4, "{queues}");
}

/// Tables whose rows are made anew when they are lost: they go with the stack. Everything else outlives it.
const REPLACEABLE: [&str; 5] = [
    "ConnectionsTable",
    "ReportsTable",
    "RequestsTable",
    "SessionsTable",
    "SimulatedPaymentsTable",
];

#[test]
fn every_table_can_be_set_back_and_what_nobody_could_make_anew_outlives_the_stack() {
    let mut tables = 0;
    for (name, properties) in of_type("AWS::DynamoDB::Table") {
        let recovery = &properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        assert_eq!(*recovery, true, "{name}");
        assert_eq!(properties["SSESpecification"]["SSEEnabled"], true, "{name}");
        let goes = REPLACEABLE.contains(&name);
        let table = &resources()[name];
        let (deleted, replaced) = if goes {
            ("Delete", "Delete")
        } else {
            ("RetainExceptOnCreate", "Retain")
        };
        assert_eq!(table["DeletionPolicy"], deleted, "{name}");
        assert_eq!(table["UpdateReplacePolicy"], replaced, "{name}");
        let protected = json!({ "Fn::If": ["ProtectsTables", true, false] });
        assert_eq!(
            properties.get("DeletionProtectionEnabled"),
            (!goes).then_some(&protected),
            "{name}"
        );
        tables += 1;
    }
    assert!(tables > REPLACEABLE.len(), "{tables}");
}

/// A schedule calls again by itself. Lambda would repeat a call that failed twice more, beside the next one.
#[test]
fn what_a_schedule_calls_is_called_once() {
    let mut schedules = 0;
    for (name, schedule) in of_type("AWS::Scheduler::Schedule") {
        let target = &schedule["Target"];
        assert_eq!(target["RetryPolicy"]["MaximumRetryAttempts"], 0, "{name}");
        let function = named(&target["Arn"]).expect("a schedule calls a function");
        let retries = of_type("AWS::Lambda::EventInvokeConfig")
            .find(|(_, config)| named(&config["FunctionName"]) == Some(function))
            .map(|(_, config)| &config["MaximumRetryAttempts"]);
        assert_eq!(retries, Some(&json!(0)), "{function}");
        schedules += 1;
    }
    assert!(schedules >= 4, "{schedules}");
}

/// CloudFormation takes no template with more; long before that somebody has to think of a second stack.
#[test]
fn the_stack_has_room_for_what_comes() {
    assert!(resources().len() < 450, "{} of 500", resources().len());
}
