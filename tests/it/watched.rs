//! Who is told when something goes wrong: whatever can fail without anybody seeing it has an alarm, and each alarm says where
//! the runbook tells what to do.

use crate::deployed::{named, names_in, of_type, resources};
use crate::project::root;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Functions that a person invokes, who sees the answer.
const BY_HAND: [&str; 2] = ["AppointOperatorFunction", "StockKitchenFunction"];

/// What an alarm looks at: namespace, metric, and the resource that the dimension names, if there is one.
type Watched = (String, String, Option<String>);

fn looks_at(metric: &Value) -> Watched {
    let text = |value: &Value| {
        let text = value.as_str().or_else(|| value["Fn::Sub"].as_str());
        text.unwrap_or_default().to_owned()
    };
    let of = &metric["Dimensions"][0]["Value"];
    (
        text(&metric["Namespace"]),
        text(&metric["MetricName"]),
        named(of).map(str::to_owned),
    )
}

/// Every alarm, with all it looks at.
fn alarms() -> BTreeMap<&'static str, Vec<Watched>> {
    of_type("AWS::CloudWatch::Alarm")
        .map(|(name, alarm)| {
            let several = alarm["Metrics"].as_array();
            let watched = match several {
                Some(metrics) => metrics
                    .iter()
                    .filter(|metric| metric["MetricStat"].is_object())
                    .map(|metric| looks_at(&metric["MetricStat"]["Metric"]))
                    .collect(),
                None => vec![looks_at(alarm)],
            };
            (name, watched)
        })
        .collect()
}

/// Everything that any alarm looks at.
fn watched() -> BTreeSet<Watched> {
    alarms().into_values().flatten().collect()
}

fn is_watched(namespace: &str, metric: &str, of: Option<&str>) -> bool {
    watched().contains(&(namespace.to_owned(), metric.to_owned(), of.map(str::to_owned)))
}

fn of(namespace: &str, metrics: &[&str], of: &str) -> Vec<String> {
    metrics
        .iter()
        .filter(|metric| !is_watched(namespace, metric, Some(of)))
        .map(|metric| format!("{of}: no alarm looks at {metric}"))
        .collect()
}

fn all_are_watched(missing: Vec<String>) {
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn of_every_queue_somebody_hears_when_messages_wait_and_of_every_dead_letter_queue_when_there_are_any() {
    let letters: BTreeSet<&str> = of_type("AWS::SQS::Queue")
        .filter_map(|(_, queue)| named(&queue["RedrivePolicy"]["deadLetterTargetArn"]))
        .collect();
    let missing = of_type("AWS::SQS::Queue")
        .flat_map(|(name, _)| {
            let metric = if letters.contains(name) {
                "ApproximateNumberOfMessagesVisible"
            } else {
                "ApproximateAgeOfOldestMessage"
            };
            of("AWS/SQS", &[metric], name)
        })
        .collect();
    assert!(letters.len() >= 4, "{letters:?}");
    all_are_watched(missing);
}

#[test]
fn of_every_state_machine_somebody_hears_when_an_execution_fails_ends_by_time_or_is_stopped() {
    let ends = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"];
    let machines = of_type("AWS::StepFunctions::StateMachine");
    all_are_watched(
        machines
            .flat_map(|(name, _)| of("AWS/States", &ends, name))
            .collect(),
    );
}

#[test]
fn of_every_table_somebody_hears_when_it_is_throttled() {
    let metrics = ["ReadThrottleEvents", "WriteThrottleEvents"];
    let tables = of_type("AWS::DynamoDB::Table");
    all_are_watched(
        tables
            .flat_map(|(name, _)| of("AWS/DynamoDB", &metrics, name))
            .collect(),
    );
}

#[test]
fn of_every_api_somebody_hears_when_it_fails() {
    let missing = of_type("AWS::ApiGatewayV2::Api").flat_map(|(name, api)| {
        let metrics: &[&str] = match api["ProtocolType"].as_str() {
            Some("HTTP") => &["5xx"],
            _ => &["IntegrationError", "ExecutionError"],
        };
        of("AWS/ApiGateway", metrics, name)
    });
    all_are_watched(missing.collect());
}

/// Functions by who calls them; whoever calls decides who hears of a failure.
#[test]
fn of_every_function_somebody_hears_when_it_fails() {
    let mut heard: BTreeSet<&str> = BY_HAND.into_iter().collect();
    // An API answers 5xx, and a state machine ends its execution: both have alarms.
    for (_, integration) in of_type("AWS::ApiGatewayV2::Integration") {
        let mut names = Vec::new();
        names_in(&integration["IntegrationUri"], &mut names);
        heard.extend(names);
    }
    for (_, machine) in of_type("AWS::StepFunctions::StateMachine") {
        let mut names = Vec::new();
        names_in(&machine["DefinitionSubstitutions"], &mut names);
        heard.extend(names);
    }
    let mut missing = Vec::new();
    for (_, mapping) in of_type("AWS::Lambda::EventSourceMapping") {
        let (Some(function), Some(source)) =
            (named(&mapping["FunctionName"]), named(&mapping["EventSourceArn"]))
        else {
            panic!("{mapping} is between what is not ours");
        };
        // What a queue's consumer cannot do ends as a dead letter; a stream has no such place.
        if resources()[source]["Type"] != "AWS::SQS::Queue" {
            missing.extend(of("AWS/Lambda", &["Errors", "IteratorAge"], function));
        }
        heard.insert(function);
    }
    for (_, schedule) in of_type("AWS::Scheduler::Schedule") {
        let function = named(&schedule["Target"]["Arn"]).expect("a schedule calls a function");
        missing.extend(of("AWS/Lambda", &["Errors"], function));
        // Whoever is called by nobody makes no error. The generator is no part of a real shop.
        if resources()[function].get("Condition").is_none() {
            missing.extend(of("AWS/Lambda", &["Invocations"], function));
        }
        heard.insert(function);
    }
    let unheard = of_type("AWS::Lambda::Function")
        .filter(|(name, _)| !heard.contains(name))
        .map(|(name, _)| format!("{name}: nobody hears of its errors"));
    missing.extend(unheard);
    all_are_watched(missing);
    assert!(
        is_watched("AWS/Lambda", "Throttles", None),
        "throttles count for the whole account"
    );
}

/// A number that a filter takes from the log is there for an alarm, and an alarm's number has a filter.
#[test]
fn every_metric_of_our_own_is_made_and_has_an_alarm() {
    let made: BTreeSet<(String, String)> = of_type("AWS::Logs::MetricFilter")
        .map(|(_, filter)| {
            looks_at(&json!({
                "Namespace": filter["MetricTransformations"][0]["MetricNamespace"],
                "MetricName": filter["MetricTransformations"][0]["MetricName"],
            }))
        })
        .map(|(namespace, metric, _)| (namespace, metric))
        .collect();
    let used: BTreeSet<(String, String)> = watched()
        .into_iter()
        .filter(|(namespace, ..)| !namespace.starts_with("AWS/"))
        .map(|(namespace, metric, _)| (namespace, metric))
        .collect();
    assert!(made.len() >= 2, "{made:?}");
    assert_eq!(made, used);
}

#[test]
fn every_alarm_tells_the_same_people_when_it_begins_and_when_it_is_over() {
    let whom = json!({ "Fn::If": ["HasAlarmEmail", [{ "Ref": "AlarmTopic" }], { "Ref": "AWS::NoValue" }] });
    for (name, alarm) in of_type("AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["AlarmActions"], whom, "{name}");
        assert_eq!(alarm["OKActions"], whom, "{name}");
        let missing = alarm["TreatMissingData"].as_str().unwrap_or_default();
        assert!(["breaching", "notBreaching"].contains(&missing), "{name}");
    }
}

/// The sections of the runbook by the anchor that a browser knows them by.
fn sections() -> BTreeMap<String, String> {
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).expect("there is a runbook");
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut anchor = String::new();
    for line in runbook.lines() {
        if let Some(title) = line.strip_prefix('#') {
            anchor = title
                .trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|char| char.is_alphanumeric() || [' ', '-'].contains(char))
                .map(|char| if char == ' ' { '-' } else { char })
                .collect();
        }
        let section = sections.entry(anchor.clone()).or_default();
        section.push_str(line);
        section.push('\n');
    }
    sections
}

#[test]
fn every_alarm_names_a_section_of_the_runbook_that_names_the_alarm() {
    let sections = sections();
    for (name, alarm) in of_type("AWS::CloudWatch::Alarm") {
        let says = alarm["AlarmDescription"]
            .as_str()
            .expect("an alarm says what it means");
        let anchor = says
            .split_once(" See docs/runbook.md#")
            .and_then(|(_, anchor)| anchor.strip_suffix('.'))
            .unwrap_or_else(|| panic!("{name} names no section: {says}"));
        let section = sections
            .get(anchor)
            .unwrap_or_else(|| panic!("{name}: docs/runbook.md has no #{anchor}"));
        let short = name
            .strip_suffix("Alarm")
            .expect("an alarm's name says that it is one");
        assert!(
            section.contains(&format!("`{short}`")),
            "docs/runbook.md#{anchor} does not say `{short}`"
        );
    }
}

/// Whoever reads the runbook looks for the alarm under the name that it is given there.
#[test]
fn every_alarm_that_the_runbook_names_is_there() {
    let alarms = alarms();
    let mut named = 0;
    for (anchor, section) in sections() {
        for line in section.lines().filter(|line| line.starts_with("Alarm")) {
            let told = line.split(['.', ':']).next().unwrap_or_default();
            for name in told.split('`').skip(1).step_by(2) {
                assert!(
                    alarms.contains_key(format!("{name}Alarm").as_str()),
                    "#{anchor}: there is no alarm {name}"
                );
                named += 1;
            }
        }
    }
    assert_eq!(named, alarms.len(), "each is named once");
}
