//! What template.yaml promises of queues, as it is written: no engine on this machine minds all of it.

use crate::project::root;
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
