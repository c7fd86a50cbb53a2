//! What becomes of the results of a map run: the result of its Map state, and the files it writes to S3.
//!
//! As the Developer Guide says ("ResultWriter") and as others recorded: a failure takes its place among the results
//! with its name and cause, unless a `WriterConfig` asks for more; files are `SUCCEEDED_0.json`, `FAILED_0.json`,
//! `PENDING_0.json` where there is anything to write, and `manifest.json`; those of a redrive have a folder of their own.

use serde_json::{Value, json};

use crate::definition::{OutputType, Transformation, Writer};
use crate::timestamp;

use super::{Failure, Status};

/// A child of a map run.
#[derive(Clone, Debug)]
pub(crate) struct Child<'a> {
    pub arn: &'a str,
    pub name: &'a str,
    /// Its machine's ARN, label included.
    pub machine_arn: &'a str,
    /// Nothing if it was not started.
    pub status: Option<Status>,
    /// JSON text.
    pub input: &'a str,
    /// JSON text, if it succeeded.
    pub output: Option<&'a str>,
    pub failure: Option<&'a Failure>,
    /// Milliseconds since 1970, as are the others.
    pub started_ms: u64,
    pub stopped_ms: Option<u64>,
    pub redrive_count: u64,
    pub redriven_ms: Option<u64>,
}

/// Where a map run's results go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'a> {
    pub bucket: &'a str,
    pub prefix: &'a str,
    pub map_run_arn: &'a str,
    /// How often the map run was redriven.
    pub redrive_count: u64,
    /// What earlier attempts wrote of children that succeeded then; those are not among the children any more.
    pub succeeded_before: &'a [WrittenFile],
}

/// A file of results, as a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WrittenFile {
    pub key: String,
    /// In bytes.
    pub size: u64,
}

/// What is to be written, and what the Map state yields then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Export {
    /// Keys and bodies in the order in which they are to be written: the manifest comes last.
    pub files: Vec<(String, String)>,
    /// The manifest's list of what succeeded, for the next redrive.
    pub succeeded: Vec<WrittenFile>,
    /// The result of the Map state.
    pub result: Value,
}

/// The result of a Map state that writes nothing: one entry for each child, in order, unless lists are flattened. Text of
/// JSON lines is one JSON text.
pub(crate) fn collected(children: &[Child<'_>], writer: Option<&Writer>) -> Value {
    let Some(writer) = writer else {
        let place = |child: &Child<'_>| match child.status {
            Some(Status::Succeeded) => read(child.output),
            _ => child.failed_place(),
        };
        return children.iter().map(place).collect();
    };
    let results = transformed(children, writer.transformation);
    match writer.output_type {
        OutputType::Json => Value::Array(results),
        OutputType::JsonLines => Value::String(written(&results, OutputType::JsonLines)),
    }
}

/// The files of a map run that ended, however it did.
pub(crate) fn exported(children: &[Child<'_>], writer: &Writer, to: &Destination<'_>) -> Export {
    let folder = to.folder();
    let extension = match writer.output_type {
        OutputType::Json => "json",
        OutputType::JsonLines => "jsonl",
    };
    let mut files = Vec::new();
    let mut write = |kind: &str| -> Option<WrittenFile> {
        let of_kind = children.iter().filter(|child| child.kind() == kind);
        let of_kind: Vec<Child<'_>> = of_kind.cloned().collect();
        if of_kind.is_empty() {
            return None;
        }
        let body = written(&transformed(&of_kind, writer.transformation), writer.output_type);
        let key = format!("{folder}{kind}_0.{extension}");
        let size = body.len() as u64;
        files.push((key.clone(), body));
        Some(WrittenFile { key, size })
    };
    let (failed, pending) = (Vec::from_iter(write("FAILED")), Vec::from_iter(write("PENDING")));
    let mut succeeded = to.succeeded_before.to_vec();
    succeeded.extend(write("SUCCEEDED"));
    let key = format!("{folder}manifest.json");
    let manifest = json!({
        "DestinationBucket": to.bucket,
        "MapRunArn": to.map_run_arn,
        "ResultFiles": { "FAILED": failed, "PENDING": pending, "SUCCEEDED": succeeded },
    });
    files.push((key.clone(), manifest.to_string()));
    Export {
        files,
        succeeded,
        result: json!({
            "MapRunArn": to.map_run_arn,
            "ResultWriterDetails": { "Bucket": to.bucket, "Key": key },
        }),
    }
}

impl Destination<'_> {
    /// What the keys of all files begin with.
    fn folder(&self) -> String {
        let id = self.map_run_arn.rsplit(':').next().unwrap_or_default();
        let slash = if self.prefix.is_empty() || self.prefix.ends_with('/') {
            ""
        } else {
            "/"
        };
        let redrive = match self.redrive_count {
            0 => String::new(),
            count => format!("Redrive-{count}/"),
        };
        format!("{}{slash}{id}/{redrive}", self.prefix)
    }
}

impl Child<'_> {
    /// Which file it belongs to: one that timed out or was aborted failed.
    fn kind(&self) -> &'static str {
        match self.status {
            Some(Status::Succeeded) => "SUCCEEDED",
            None | Some(Status::Running) => "PENDING",
            Some(Status::Failed | Status::TimedOut | Status::Aborted) => "FAILED",
        }
    }

    /// What stands for it in the result of a Map state that has no ResultWriter.
    fn failed_place(&self) -> Value {
        let mut place = match self.failure {
            Some(failure) => failure.in_its_place(),
            None => json!({}),
        };
        place["Status"] = self.status.map_or("PENDING", Status::name).into();
        place
    }

    /// All that is known of it.
    fn record(&self) -> Value {
        let included = json!({ "Included": true });
        let mut record = json!({ "Input": self.input, "InputDetails": included });
        let Some(status) = self.status else {
            record["Status"] = "PENDING".into();
            return record;
        };
        record["ExecutionArn"] = self.arn.into();
        record["Name"] = self.name.into();
        record["StateMachineArn"] = self.machine_arn.into();
        record["Status"] = status.name().into();
        record["OutputDetails"] = included;
        record["StartDate"] = timestamp::to_text(self.started_ms).into();
        record["RedriveCount"] = self.redrive_count.into();
        match status {
            Status::Succeeded => {
                record["RedriveStatus"] = "NOT_REDRIVABLE".into();
                record["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven".into();
            }
            _ => record["RedriveStatus"] = "REDRIVABLE_BY_MAP_RUN".into(),
        }
        let (error, cause) = match self.failure {
            Some(failure) => (failure.error.as_deref(), failure.cause.as_deref()),
            None => (None, None),
        };
        let stopped = self.stopped_ms.map(timestamp::to_text);
        let redriven = self.redriven_ms.map(timestamp::to_text);
        for (name, text) in [
            ("Output", self.output),
            ("Error", error),
            ("Cause", cause),
            ("StopDate", stopped.as_deref()),
            ("RedriveDate", redriven.as_deref()),
        ] {
            if let Some(text) = text {
                record[name] = text.into();
            }
        }
        record
    }
}

/// "If a child workflow execution fails, Step Functions returns its execution result unchanged. The results would be
/// equivalent to having set Transformation to NONE" (Developer Guide).
fn transformed(children: &[Child<'_>], transformation: Transformation) -> Vec<Value> {
    let mut results = Vec::with_capacity(children.len());
    for child in children {
        if child.kind() != "SUCCEEDED" || transformation == Transformation::None {
            results.push(child.record());
            continue;
        }
        match read(child.output) {
            Value::Array(entries) if transformation == Transformation::Flatten => results.extend(entries),
            output => results.push(output),
        }
    }
    results
}

fn read(output: Option<&str>) -> Value {
    output
        .and_then(|text| crate::saved::read(text.as_bytes()).ok())
        .unwrap_or_default()
}

fn written(results: &[Value], output_type: OutputType) -> String {
    match output_type {
        OutputType::Json => json!(results).to_string(),
        OutputType::JsonLines => results.iter().map(|result| format!("{result}\n")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RUN: &str = "arn:aws:states:us-east-1:000000000000:mapRun:m/Map:run-1";

    fn child<'a>(status: Option<Status>, output: Option<&'a str>, failure: Option<&'a Failure>) -> Child<'a> {
        Child {
            arn: "arn:aws:states:us-east-1:000000000000:execution:m/Map:c",
            name: "c",
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m/Map",
            status,
            input: "7",
            output,
            failure,
            started_ms: 1_738_633_790_099,
            stopped_ms: status.map(|_| 1_738_633_790_163),
            redrive_count: 0,
            redriven_ms: None,
        }
    }

    fn writer(transformation: Transformation, output_type: OutputType) -> Writer {
        Writer {
            arguments: None,
            transformation,
            output_type,
        }
    }

    fn to<'a>(prefix: &'a str, succeeded_before: &'a [WrittenFile]) -> Destination<'a> {
        Destination {
            bucket: "b",
            prefix,
            map_run_arn: RUN,
            redrive_count: succeeded_before.len() as u64,
            succeeded_before,
        }
    }

    #[test]
    fn without_a_writer_the_result_has_outputs_and_failures_in_their_places() {
        let failure = Failure::new("Refused", "no");
        let children = [
            child(Some(Status::Succeeded), Some("[1,2]"), None),
            child(Some(Status::Failed), None, Some(&failure)),
            child(Some(Status::TimedOut), None, None),
        ];
        let result = collected(&children, None);
        assert_eq!(
            result,
            json!([[1, 2], { "Status": "FAILED", "Error": "Refused", "Cause": "no" }, { "Status": "TIMED_OUT" }])
        );
        let flat = collected(
            &children[..1],
            Some(&writer(Transformation::Flatten, OutputType::Json)),
        );
        assert_eq!(flat, json!([1, 2]));
        let lines = collected(
            &children[..1],
            Some(&writer(Transformation::Flatten, OutputType::JsonLines)),
        );
        assert_eq!(lines, "1\n2\n");
    }

    #[test]
    fn a_record_says_all_that_the_recorded_ones_say() {
        let done = child(Some(Status::Succeeded), Some("[1]"), None);
        assert_eq!(
            done.record(),
            json!({
                "ExecutionArn": done.arn, "Input": "7", "InputDetails": { "Included": true }, "Name": "c",
                "Output": "[1]", "OutputDetails": { "Included": true }, "RedriveCount": 0,
                "RedriveStatus": "NOT_REDRIVABLE",
                "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
                "StartDate": "2025-02-04T01:49:50.099Z", "StateMachineArn": done.machine_arn, "Status": "SUCCEEDED",
                "StopDate": "2025-02-04T01:49:50.163Z",
            })
        );
        let failure = Failure::new("States.Runtime", "why");
        let failed = child(Some(Status::Failed), None, Some(&failure));
        assert_eq!(
            failed.record(),
            json!({
                "Cause": "why", "Error": "States.Runtime", "ExecutionArn": failed.arn, "Input": "7",
                "InputDetails": { "Included": true }, "Name": "c", "OutputDetails": { "Included": true },
                "RedriveCount": 0, "RedriveStatus": "REDRIVABLE_BY_MAP_RUN", "StartDate": "2025-02-04T01:49:50.099Z",
                "StateMachineArn": failed.machine_arn, "Status": "FAILED", "StopDate": "2025-02-04T01:49:50.163Z",
            })
        );
        assert_eq!(
            child(None, None, None).record(),
            json!({ "Input": "7", "InputDetails": { "Included": true }, "Status": "PENDING" })
        );
    }

    #[test]
    fn each_kind_has_its_file_and_the_manifest_names_them() {
        let failure = Failure::new("Refused", "no");
        let children = [
            child(Some(Status::Succeeded), Some("[1,2]"), None),
            child(Some(Status::Aborted), None, Some(&failure)),
            child(Some(Status::Succeeded), Some("3"), None),
            child(None, None, None),
        ];
        let export = exported(
            &children,
            &writer(Transformation::Flatten, OutputType::Json),
            &to("p", &[]),
        );
        let keys: Vec<&str> = export.files.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "p/run-1/FAILED_0.json",
                "p/run-1/PENDING_0.json",
                "p/run-1/SUCCEEDED_0.json",
                "p/run-1/manifest.json"
            ]
        );
        assert_eq!(export.files[2].1, "[1,2,3]");
        let manifest: Value = serde_json::from_str(&export.files[3].1).unwrap();
        assert_eq!(
            (
                &manifest["DestinationBucket"],
                &manifest["MapRunArn"],
                &manifest["ResultFiles"]["SUCCEEDED"]
            ),
            (
                &json!("b"),
                &json!(RUN),
                &json!([{ "Key": "p/run-1/SUCCEEDED_0.json", "Size": 7 }])
            )
        );
        assert_eq!(
            export.result,
            json!({ "MapRunArn": RUN, "ResultWriterDetails": { "Bucket": "b", "Key": "p/run-1/manifest.json" } })
        );
    }

    #[test]
    fn a_redrive_writes_beside_and_names_what_succeeded_before() {
        let children = [child(Some(Status::Succeeded), Some("1"), None)];
        let lines = writer(Transformation::Compact, OutputType::JsonLines);
        let first = exported(&children, &lines, &to("p/", &[]));
        assert_eq!(
            first.files[0],
            ("p/run-1/SUCCEEDED_0.jsonl".to_owned(), "1\n".to_owned())
        );
        let second = exported(&children, &lines, &to("p/", &first.succeeded));
        assert_eq!(second.files[0].0, "p/run-1/Redrive-1/SUCCEEDED_0.jsonl");
        assert_eq!(second.files[1].0, "p/run-1/Redrive-1/manifest.json");
        let named: Vec<&str> = second.succeeded.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(
            named,
            ["p/run-1/SUCCEEDED_0.jsonl", "p/run-1/Redrive-1/SUCCEEDED_0.jsonl"]
        );
    }

    proptest! {
        #[test]
        fn any_output_is_written_and_every_size_is_the_bodys(
            outputs in prop::collection::vec(prop::option::of(".{0,12}"), 0..6),
            transformation in prop::sample::select(vec![
                Transformation::None, Transformation::Compact, Transformation::Flatten,
            ]),
        ) {
            let children: Vec<Child<'_>> = outputs
                .iter()
                .map(|output| child(output.as_ref().map(|_| Status::Succeeded), output.as_deref(), None))
                .collect();
            let export = exported(&children, &writer(transformation, OutputType::Json), &to("", &[]));
            let manifest: Value = serde_json::from_str(&export.files[export.files.len() - 1].1).unwrap();
            let named = manifest["ResultFiles"].as_object().unwrap().values();
            for file in named.flat_map(|files| files.as_array().unwrap()) {
                let (_, body) = export.files.iter().find(|(key, _)| *key == file["Key"]).unwrap();
                prop_assert_eq!(file["Size"].as_u64(), Some(body.len() as u64));
                prop_assert!(serde_json::from_str::<Value>(body).unwrap().is_array());
            }
        }
    }
}
