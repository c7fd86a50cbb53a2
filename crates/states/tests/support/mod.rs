//! Runs a conformance case on the virtual clock.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};
use states::definition::MachineType;
use states::engine::{Call, CallKind, Counts, MapRun, MapRunChange, Reply};
use states::execution::{AwsReply, Execution, LambdaReply, SqsReply, function_name};
use states::{Answer, Outside, World};

/// When every case begins.
const START_MS: u64 = 1_700_000_000_000;
/// A case that is not over by then waits for ever.
const END_MS: u64 = START_MS + 400 * 86_400_000;

/// Answers as a case scripts them, and what was asked.
struct Scripted {
    /// Whether the engine is written down and read again all the time.
    restarts: bool,
    answers: Value,
    asked: HashMap<String, usize>,
    tokens: Vec<String>,
    calls: BTreeMap<String, Vec<u64>>,
    payloads: Vec<Value>,
}

impl Outside for Scripted {
    fn call(&mut self, call: Call, world: &mut World) -> Answer {
        if self.restarts {
            world.restart().unwrap();
        }
        let (name, payload) = match &call.kind {
            CallKind::Lambda {
                function, payload, ..
            } => (function_name(function).to_owned(), payload.clone()),
            CallKind::Sqs { body, .. } => ("sqs".to_owned(), json!(body)),
            CallKind::Aws {
                service,
                action,
                arguments,
            } => (format!("{}:{action}", service.name), arguments.clone()),
        };
        self.payloads.push(payload.clone());
        self.calls
            .entry(name.clone())
            .or_default()
            .push(world.now_ms() - START_MS);
        self.tokens.extend(call.token.clone());
        let turn = self.asked.entry(name.clone()).or_default();
        let list = self.answers[&name].as_array().cloned().unwrap_or_default();
        let answer = list
            .get(*turn)
            .or(list.last())
            .cloned()
            .unwrap_or_else(|| json!({ "never": true }));
        *turn += 1;
        let reply = match &call.kind {
            CallKind::Lambda { .. } => match answer.as_object().unwrap() {
                members if members.contains_key("returns") => {
                    Reply::Lambda(LambdaReply::Returned(members["returns"].clone()))
                }
                members if members.contains_key("echo") => Reply::Lambda(LambdaReply::Returned(payload)),
                members if members.contains_key("fills") => {
                    let bytes = members["fills"].as_u64().unwrap() as usize;
                    Reply::Lambda(LambdaReply::Returned(json!("x".repeat(bytes))))
                }
                members if members.contains_key("fails") => {
                    Reply::Lambda(LambdaReply::FunctionError(members["fails"].clone()))
                }
                members if members.contains_key("service_error") => {
                    let [error, cause] = text_pair(&members["service_error"]);
                    Reply::Lambda(LambdaReply::ServiceError { error, cause })
                }
                _ => return Answer::Later,
            },
            CallKind::Sqs { body, .. } => match answer.as_object().unwrap() {
                members if members.contains_key("sent") => Reply::Sqs(SqsReply::sent("message-1", body)),
                members if members.contains_key("service_error") => {
                    let [error, cause] = text_pair(&members["service_error"]);
                    Reply::Sqs(SqsReply::ServiceError { error, cause })
                }
                members => match service_reply(members) {
                    Some(reply) => Reply::Aws(reply),
                    None => return Answer::Later,
                },
            },
            CallKind::Aws { .. } => match service_reply(answer.as_object().unwrap()) {
                Some(reply) => Reply::Aws(reply),
                None => return Answer::Later,
            },
        };
        match answer["after_ms"].as_u64() {
            None => Answer::Now(reply),
            Some(after_ms) => Answer::At(world.now_ms() + after_ms, reply),
        }
    }
}

fn service_reply(members: &Map<String, Value>) -> Option<AwsReply> {
    if let Some(result) = members.get("result") {
        return Some(AwsReply::Answered {
            result: result.clone(),
            http: None,
        });
    }
    if let Some(refused) = members.get("refused") {
        let [code, message] = text_pair(refused);
        return Some(AwsReply::Refused {
            code,
            message,
            status: 400,
            request_id: Some("request-1".to_owned()),
            extended_request_id: None,
        });
    }
    let reason = members.get("unreachable")?.as_str().unwrap().to_owned();
    Some(AwsReply::Unreachable { reason })
}

fn text_pair(value: &Value) -> [String; 2] {
    [0, 1].map(|index| value[index].as_str().unwrap().to_owned())
}

/// A case that was run.
pub struct Run {
    world: World,
    arn: String,
    outside: Scripted,
}

impl Run {
    /// Runs a case; the error says why it could not even start.
    pub fn of(case: &Value) -> Result<Run, String> {
        Run::restarted(case, false)
    }

    /// Runs a case, perhaps through a restart of the engine at every call and every entry of the script.
    pub fn restarted(case: &Value, restarts: bool) -> Result<Run, String> {
        let mut world = World::new(START_MS, case["seed"].as_u64().unwrap_or(1));
        let machine_type = match case["type"].as_str() {
            Some("EXPRESS") => MachineType::Express,
            _ => MachineType::Standard,
        };
        for (name, definition) in case["machines"].as_object().unwrap_or(&Map::new()) {
            let created = world.create_machine(name, &definition.to_string(), MachineType::Standard);
            created.map_err(|error| error.to_string())?;
        }
        for name in case["activities"].as_array().unwrap_or(&Vec::new()) {
            let created = world.create_activity(name.as_str().unwrap());
            created.map_err(|error| error.to_string())?;
        }
        let definition = case["definition"].to_string();
        let machine = world
            .create_machine("case", &definition, machine_type)
            .map_err(|error| error.to_string())?;
        let outside = Scripted {
            restarts,
            answers: case["answers"].clone(),
            asked: HashMap::new(),
            tokens: Vec::new(),
            calls: BTreeMap::new(),
            payloads: Vec::new(),
        };
        let arn = world
            .start_execution(&machine, Some("run"), &case["input"])
            .map_err(|error| error.to_string())?;
        let mut run = Run { world, arn, outside };
        for entry in case["script"].as_array().unwrap_or(&Vec::new()) {
            run.perform(entry);
        }
        run.world.run_until_idle(&mut run.outside);
        if run.world.now_ms() > END_MS {
            return Err("the case ran for more than a year".to_owned());
        }
        Ok(run)
    }

    fn perform(&mut self, entry: &Value) {
        self.world
            .run_until(START_MS + entry["at_ms"].as_u64().unwrap(), &mut self.outside);
        if self.outside.restarts {
            self.world.restart().unwrap();
        }
        if let Some(taking) = entry.get("take") {
            let arn = self.world.engine().place().activity_arn(taking.as_str().unwrap());
            let taken = self.world.take_activity_task(&arn, entry["worker"].as_str());
            let task = taken.unwrap();
            let input = task
                .as_ref()
                .map(|task| serde_json::from_str(&task.input).unwrap());
            assert_eq!(input.unwrap_or(Value::Null), entry["input"], "{entry}");
            self.outside.tokens.extend(task.map(|task| task.token));
            return;
        }
        let token = || self.outside.tokens[entry["token"].as_u64().unwrap_or(0) as usize].clone();
        // A late answer is refused, which is what some cases are about.
        let outcome = if let Some(output) = entry.get("token_success") {
            self.world.send_task_success(&token(), output)
        } else if let Some(failure) = entry.get("token_failure") {
            let [error, cause] = text_pair(failure);
            self.world.send_task_failure(&token(), &error, &cause)
        } else if let Some(redrive) = entry.get("redrive") {
            let child = self.child_arn(entry);
            let arn = child.as_deref().or(redrive.as_str()).unwrap_or(&self.arn);
            self.world.redrive_execution(arn)
        } else if let Some(change) = entry.get("update_map_run") {
            let arn = self.latest_map_run();
            let change = MapRunChange {
                concurrency_max: change["max_concurrency"].as_u64(),
                tolerated_count: change["tolerated_count"].as_u64(),
                tolerated_percentage: change["tolerated_percentage"].as_f64(),
            };
            self.world.update_map_run(&arn, change)
        } else if entry.get("heartbeat").is_some() {
            self.world.send_task_heartbeat(&token())
        } else {
            let [error, cause] = text_pair(&entry["stop"]);
            let child = self.child_arn(entry);
            let arn = child.as_ref().unwrap_or(&self.arn);
            self.world.stop_execution(arn, &error, &cause)
        };
        let refused = outcome.err().map(|error| error.name());
        assert_eq!(
            refused,
            entry.get("refused").map(|name| name.as_str().unwrap()),
            "{entry}"
        );
    }

    /// The execution of a map run that an entry of the script is about, if it is about one.
    fn child_arn(&self, entry: &Value) -> Option<String> {
        let number = entry["child"].as_u64()? as usize;
        let executions = self.world.executions().map(Execution::identity);
        let mut children = executions.filter(|identity| identity.map_run_arn.is_some());
        Some(children.nth(number).unwrap().arn.clone())
    }

    fn latest_map_run(&self) -> String {
        let mut runs = self.world.engine().map_runs(&self.arn, None).unwrap();
        runs.next().unwrap().1.arn.to_string()
    }

    pub fn status(&self) -> Value {
        self.world.status(&self.arn).unwrap().name().into()
    }

    pub fn output(&self) -> Value {
        self.world.output(&self.arn).unwrap_or_default()
    }

    pub fn error(&self) -> Value {
        self.failure(|failure| failure.error.clone()).into()
    }

    pub fn cause(&self) -> String {
        self.failure(|failure| failure.cause.clone()).unwrap_or_default()
    }

    fn failure(&self, part: impl Fn(&states::execution::Failure) -> Option<String>) -> Option<String> {
        part(self.world.execution(&self.arn)?.ended()?.failure.as_ref()?)
    }

    /// From start to end, or to the last thing that happened.
    pub fn elapsed_ms(&self) -> u64 {
        self.world.history(&self.arn).last().unwrap().at_ms - START_MS
    }

    pub fn transitions(&self) -> u64 {
        self.world.execution(&self.arn).unwrap().transitions()
    }

    pub fn event_types(&self) -> Value {
        self.world
            .history(&self.arn)
            .iter()
            .map(|event| event.event_type.name())
            .collect()
    }

    pub fn events(&self) -> Vec<Value> {
        self.world
            .history(&self.arn)
            .iter()
            .map(|event| event.to_json(true))
            .collect()
    }

    /// Every execution of the case's machine, those of map runs included, as the viewer exports them.
    pub fn exported(&self, definition: &Value) -> Vec<Value> {
        let own = self
            .world
            .execution(&self.arn)
            .unwrap()
            .identity()
            .machine_name
            .clone();
        let of_case = self
            .world
            .executions()
            .filter(|execution| execution.identity().machine_name == own);
        let exported = |execution: &Execution| {
            let identity = execution.identity();
            let events: Vec<Value> = execution
                .history()
                .iter()
                .map(|event| event.to_json(true))
                .collect();
            let described = json!({
                "executionArn": identity.arn,
                "name": identity.name,
                "startDate": execution.started_ms() as f64 / 1000.0,
            });
            json!({ "format": "holdfast-execution-1", "exportedAt": null, "execution": described,
                "definition": definition, "events": events })
        };
        of_case.map(exported).collect()
    }

    /// The executions of map runs, in the order of their being started.
    pub fn children(&self) -> Vec<Value> {
        let described = |child: &Execution| {
            let ended = child.ended();
            let failure = ended.and_then(|ended| ended.failure.as_ref());
            let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            json!({
                "status": child.status().name(),
                "input": json(child.input_text()),
                "output": ended.and_then(|ended| ended.output.as_deref()).map(json),
                "error": failure.and_then(|failure| failure.error.clone()),
                "transitions": child.transitions(),
                "redrives": child.redrive_count(),
                "events": child.history().iter().map(|event| event.event_type.name()).collect::<Value>(),
            })
        };
        self.world
            .executions()
            .filter(|execution| execution.identity().map_run_arn.is_some())
            .map(described)
            .collect()
    }

    pub fn map_runs(&self) -> Vec<Value> {
        let engine = self.world.engine();
        let runs: Vec<_> = engine.map_runs(&self.arn, None).unwrap().collect();
        let counted = |counts: Counts| {
            let all = [
                ("pending", counts.pending),
                ("running", counts.running),
                ("succeeded", counts.succeeded),
                ("failed", counts.failed),
                ("timed_out", counts.timed_out),
                ("aborted", counts.aborted),
                ("results_written", counts.results_written),
                ("failures_not_redrivable", counts.failures_not_redrivable),
                ("pending_redrive", counts.pending_redrive),
            ];
            let some = all.into_iter().filter(|(_, count)| *count > 0);
            some.map(|(name, count)| (name.to_owned(), json!(count)))
                .collect::<Map<_, _>>()
        };
        let described = |run: &MapRun| {
            let (executions, items) = engine.map_run_counts(run, self.world.now_ms());
            json!({ "status": run.status.name(), "redrives": run.redrive_count,
                "executions": counted(executions), "items": counted(items) })
        };
        runs.into_iter().rev().map(|(_, run)| described(run)).collect()
    }

    pub fn call_times(&self) -> Value {
        json!(self.outside.calls)
    }

    pub fn payloads(&self) -> Value {
        json!(self.outside.payloads)
    }

    pub fn differs(&self, what: &str, actual: &Value, expected: &Value) -> Option<String> {
        (actual != expected).then(|| format!("{what} is {actual}\n    expected {expected}"))
    }

    /// Ids count from 1 and no event comes before the one that led to it.
    pub fn ids_in_disorder(&self) -> Option<String> {
        let history = self.world.history(&self.arn);
        let disorder = history
            .iter()
            .zip(1..)
            .find(|(event, id)| event.id != *id || event.previous_id >= event.id)
            .map(|(event, _)| event.id);
        disorder.map(|id| format!("event {id} is out of order"))
    }
}

/// Whether events have the members a case names, by event id. Texts that hold JSON are compared as JSON.
pub fn expected_members(events: &[Value], expected: &Value) -> Option<String> {
    for (id, members) in expected.as_object().unwrap() {
        let index: usize = id.parse().unwrap();
        let event = &events[index - 1];
        if !covers(event, members) {
            return Some(format!("event {id} is {event}\n    expected to have {members}"));
        }
    }
    None
}

fn covers(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .all(|(name, value)| actual.get(name).is_some_and(|inner| covers(inner, value))),
        (Value::String(text), Value::Object(_) | Value::Array(_)) => {
            serde_json::from_str::<Value>(text).is_ok_and(|inner| covers(&inner, expected))
        }
        _ => actual == expected,
    }
}

/// Whether there are as many as a case names, each with the members that it names.
pub fn differing_members(what: &str, actual: &[Value], expected: &Value) -> Option<String> {
    let expected = expected.as_array().unwrap();
    if actual.len() != expected.len() {
        return Some(format!("there are {} of {what}: {}", actual.len(), json!(actual)));
    }
    for (number, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        for (name, value) in expected.as_object().unwrap() {
            if actual[name] != *value {
                return Some(format!(
                    "{what} {number} has {name} {}\n    expected {value}",
                    actual[name]
                ));
            }
        }
    }
    None
}
