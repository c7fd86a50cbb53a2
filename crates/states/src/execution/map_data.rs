//! What a map run reads from S3 and writes there: its items, and what came of them.
//!
//! One call after the other goes out, each with a task of its own, and the map run goes on when there are no more.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::definition::services::S3;
use crate::definition::{Distributed, Kind, Machine, MapOver, Reader, Resource, Writer};

use super::map_items::Entry;
use super::reading::Reading;
use super::strand::{StrandId, TaskId};
use super::written_results::{Child, Destination, Export, WrittenFile, collected, exported};
use super::{AwsReply, ChildResult, Effect, Execution, Failure, limits};

/// What is being read or written.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Moving {
    /// The call that is out.
    pub ask: TaskId,
    what: What,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
enum What {
    Reading(Reading),
    Writing(Writing),
}

/// Results on their way.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Writing {
    bucket: String,
    /// Keys and bodies; the first is out.
    files: VecDeque<(String, String)>,
    /// The state's result.
    result: Value,
    /// What will have been written.
    written: Written,
    /// Whether the map run fails after all.
    has_failed: bool,
}

/// What was written of executions that succeeded, and their places.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Written {
    files: Vec<WrittenFile>,
    places: BTreeSet<usize>,
}

impl Execution {
    /// Begins to read the items of a map run.
    pub(super) fn read_items(&mut self, id: StrandId) {
        let place = self.place(id);
        let Some((_, reader)) = place.as_ref().and_then(reader_of) else {
            return;
        };
        let evaluated = self
            .evaluate(id, &reader.arguments, None, None)
            .and_then(|arguments| {
                let items_max = reader.items_max.as_ref();
                let items_max = items_max.map(|max| self.evaluate_whole(id, max, 0)).transpose()?;
                Ok((arguments, items_max.filter(|max| *max > 0)))
            });
        let (arguments, items_max) = match evaluated {
            Ok(evaluated) => evaluated,
            Err(error) => {
                let failure = self.note_query_failure(id, &error);
                return self.fail_map_run(id, failure, true);
            }
        };
        let items_max = items_max.map(|max| usize::try_from(max).unwrap_or(usize::MAX));
        match Reading::begin(&reader.source, arguments, items_max) {
            Ok(reading) => self.go_on_reading(id, reading),
            Err(cause) => self.fail_reading(id, cause),
        }
    }

    fn go_on_reading(&mut self, id: StrandId, reading: Reading) {
        let place = self.place(id);
        let Some((map, reader)) = place.as_ref().and_then(reader_of) else {
            return;
        };
        match reading.next_call(&reader.source) {
            Some((action, arguments)) => self.ask_s3(id, action, arguments, What::Reading(reading)),
            None => {
                let read = reading.into_items().into_iter().enumerate();
                let entries = read.map(|(index, item)| Entry::read(index, item)).collect();
                self.run_items(id, map, entries);
            }
        }
    }

    fn ask_s3(&mut self, id: StrandId, action: &str, arguments: Value, what: What) {
        let ask = self.new_task(id);
        self.effects.push(Effect::Ask {
            task: ask,
            service: &S3,
            action: Arc::from(action),
            arguments,
        });
        if let Some(running) = self.map_run_of(id) {
            running.moving = Some(Box::new(Moving { ask, what }));
        }
    }

    fn moving(&mut self, task: TaskId) -> Option<(StrandId, What)> {
        let id = *self.tasks.get(&task)?;
        let running = self.map_run_of(id)?;
        let moving = running.moving.take_if(|moving| moving.ask == task)?;
        self.tasks.remove(&task);
        Some((id, moving.what))
    }

    /// S3 answered what a map run asked.
    pub(super) fn map_run_replied(&mut self, task: TaskId, reply: AwsReply) {
        let Some((id, what)) = self.moving(task) else {
            return;
        };
        let result = match reply {
            AwsReply::Answered { result, .. } => Ok(result),
            refused => Err(self.refusal(refused)),
        };
        match (what, result) {
            (What::Reading(reading), Ok(result)) => self.take_in(id, reading, &result),
            (What::Reading(_), Err(cause)) => self.fail_reading(id, cause),
            (What::Writing(mut writing), Ok(_)) => {
                writing.files.pop_front();
                self.go_on_writing(id, writing);
            }
            (What::Writing(_), Err(cause)) => self.fail_writing(id, cause),
        }
        self.run_ready();
    }

    /// Why S3 did not do as asked, in the words that a task of its own would have.
    fn refusal(&mut self, reply: AwsReply) -> String {
        let Ok(resource) = Resource::parse("arn:aws:states:::aws-sdk:s3:getObject") else {
            return String::new();
        };
        let failure = reply.shaped(&resource, &mut self.chance).err();
        failure.and_then(|failure| failure.cause).unwrap_or_default()
    }

    /// What a map run asked was not asked, or its answer shall not count.
    pub(super) fn map_run_call_failed(&mut self, task: TaskId, failure: Failure) {
        if let Some((id, _)) = self.moving(task) {
            self.fail_map_run(id, failure, false);
            self.run_ready();
        }
    }

    fn take_in(&mut self, id: StrandId, mut reading: Reading, result: &Value) {
        let place = self.place(id);
        let Some((_, reader)) = place.as_ref().and_then(reader_of) else {
            return;
        };
        match reading.take_in(&reader.source, result) {
            Ok(()) => self.go_on_reading(id, reading),
            Err(cause) => self.fail_reading(id, cause),
        }
    }

    fn fail_reading(&mut self, id: StrandId, cause: String) {
        self.fail_map_run(id, Failure::new("States.ItemReaderFailed", cause), false);
    }

    fn fail_writing(&mut self, id: StrandId, cause: String) {
        self.fail_map_run(id, Failure::new("States.ResultWriterFailed", cause), false);
    }

    /// All executions have ended, or too many of them badly: the results are handed on, or written first.
    pub(super) fn conclude(&mut self, id: StrandId, has_failed: bool, results: &[ChildResult]) {
        let Some((machine, flow, state)) = self.place(id) else {
            return;
        };
        let state = &machine.flows[flow].states[state];
        let writer = distributed(&state.kind).and_then(|(_, distributed)| distributed.writer.as_ref());
        if let Some(writer) = writer.filter(|writer| writer.arguments.is_some()) {
            return self.export(id, writer, has_failed, results);
        }
        if has_failed {
            return self.fail_map_run(id, Failure::exceeded(), false);
        }
        let ended = results.iter().filter_map(|result| result.ended.as_ref());
        let outputs = ended.filter_map(|ended| ended.output.as_ref());
        let bytes: usize = outputs.map(|output| output.len()).sum();
        // What is too large anyway is not even read.
        if bytes > limits::PAYLOAD_BYTES_MAX {
            return self.fail_map_run(id, Failure::data_limit(&state.name), true);
        }
        let children: Vec<Child<'_>> = results.iter().map(shown).collect();
        self.succeed_map_run(id, collected(&children, writer));
    }

    fn export(&mut self, id: StrandId, writer: &Writer, has_failed: bool, results: &[ChildResult]) {
        let Some(arguments) = &writer.arguments else {
            return;
        };
        let arguments = match self.evaluate(id, arguments, None, None) {
            Ok(arguments) => arguments,
            Err(error) => {
                let failure = self.note_query_failure(id, &error);
                return self.fail_map_run(id, failure, true);
            }
        };
        let Some(bucket) = arguments["Bucket"].as_str() else {
            return self.fail_writing(id, "The argument Bucket of ResultWriter must be text.".to_owned());
        };
        let Some((arn, redrive_count, mut written)) = self.map_run_of(id).map(|running| running.history())
        else {
            return;
        };
        let is_new = |(index, _): &(usize, &ChildResult)| !written.places.contains(index);
        let new: Vec<(usize, &ChildResult)> = results.iter().enumerate().filter(is_new).collect();
        let children: Vec<Child<'_>> = new.iter().map(|(_, result)| shown(result)).collect();
        let to = Destination {
            bucket,
            prefix: arguments["Prefix"].as_str().unwrap_or_default(),
            map_run_arn: &arn,
            redrive_count,
            succeeded_before: &written.files,
        };
        let Export {
            files,
            succeeded,
            result,
        } = exported(&children, writer, &to);
        let succeeded_now = new.iter().filter(|(_, result)| has_succeeded(result));
        written.places.extend(succeeded_now.map(|(index, _)| *index));
        written.files = succeeded;
        let writing = Writing {
            bucket: bucket.to_owned(),
            files: files.into(),
            result,
            written,
            has_failed,
        };
        self.go_on_writing(id, writing);
    }

    fn go_on_writing(&mut self, id: StrandId, writing: Writing) {
        if let Some((key, body)) = writing.files.front() {
            let arguments = json!({ "Bucket": writing.bucket, "Key": key, "Body": body });
            return self.ask_s3(id, "PutObject", arguments, What::Writing(writing));
        }
        if let Some(running) = self.map_run_of(id) {
            running.written = writing.written;
        }
        match writing.has_failed {
            true => self.fail_map_run(id, Failure::exceeded(), false),
            false => self.succeed_map_run(id, writing.result),
        }
    }
}

/// The map that stands at a place and its reader, if it has one.
fn reader_of((machine, flow, state): &(Arc<Machine>, usize, usize)) -> Option<(&MapOver, &Reader)> {
    let (map, distributed) = distributed(&machine.flows[*flow].states[*state].kind)?;
    Some((map, distributed.reader.as_ref()?))
}

fn distributed(kind: &Kind) -> Option<(&MapOver, &Distributed)> {
    match kind {
        Kind::Map(map) => Some((map, map.distributed.as_ref()?)),
        _ => None,
    }
}

fn has_succeeded(result: &ChildResult) -> bool {
    let ended = result.ended.as_ref();
    ended.is_some_and(|ended| ended.output.is_some())
}

fn shown(result: &ChildResult) -> Child<'_> {
    let (identity, ended) = (result.identity.as_deref(), result.ended.as_ref());
    Child {
        arn: identity.map_or("", |identity| &identity.arn),
        name: identity.map_or("", |identity| &identity.name),
        machine_arn: identity.map_or("", |identity| &identity.machine_arn),
        status: ended.map(|ended| ended.status),
        input: &result.input,
        output: ended.and_then(|ended| ended.output.as_deref()),
        failure: ended.and_then(|ended| ended.failure.as_ref()),
        started_ms: result.started_ms,
        stopped_ms: ended.map(|ended| ended.at_ms),
        redrive_count: result.redrive_count,
        redriven_ms: result.redriven_ms,
    }
}
