//! Definitions made at random, in both languages and mixed. Each is accepted, and its run neither hangs nor panics,
//! keeps every time limit it states to the millisecond, and leaves well-formed histories.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod well_formed;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use states::chance::Chance;
use states::definition::MachineType;
use states::engine::{Call, CallKind, Reply};
use states::execution::{LambdaReply, Status};
use states::history::Details;
use states::{Answer, EventType, HistoryEvent, Outside, World};

const START_MS: u64 = 1_700_000_000_000;
const MACHINES: u64 = 400;
/// A history of 25,000 events needs fewer.
const STEPS_MAX: usize = 60_000;
const DEPTH_MAX: u64 = 2;

/// Answers at a random time, or never.
struct Moody(Chance);

impl Outside for Moody {
    fn call(&mut self, call: Call, world: &mut World) -> Answer {
        let CallKind::Lambda { payload, .. } = call.kind else {
            return Answer::Later;
        };
        let reply = match self.0.up_to(3) {
            0 | 1 => LambdaReply::Returned(payload),
            2 => LambdaReply::FunctionError(json!({ "errorType": "E" })),
            _ => return Answer::Later,
        };
        Answer::At(world.now_ms() + self.0.up_to(40_000), Reply::Lambda(reply))
    }
}

/// Makes definitions, and remembers how long their Wait states wait.
struct Maker {
    chance: Chance,
    /// Whether the machine as a whole speaks JSONata, which its states cannot take back.
    is_jsonata: bool,
    /// Whether what is made runs in Express executions, which have no tokens and no distributed maps.
    is_express: bool,
    names: u64,
    waits_s: BTreeMap<String, u64>,
}

impl Maker {
    fn one_of<T: Clone>(&mut self, pool: &[T]) -> T {
        pool[self.chance.up_to(pool.len() as u64 - 1) as usize].clone()
    }

    fn sometimes(&mut self) -> bool {
        self.chance.up_to(2) == 0
    }

    fn flow(&mut self, depth: u64) -> Map<String, Value> {
        let count = 1 + self.chance.up_to(3);
        let names: Vec<String> = (0..count)
            .map(|_| {
                self.names += 1;
                format!("S{}", self.names)
            })
            .collect();
        let mut states = Map::new();
        for (index, name) in names.iter().enumerate() {
            let state = self.state(name, names.get(index + 1), &names[0], depth);
            states.insert(name.clone(), state);
        }
        let flow = json!({ "StartAt": names[0], "States": states });
        flow.as_object().unwrap().clone()
    }

    fn state(&mut self, name: &str, next: Option<&String>, first: &str, depth: u64) -> Value {
        let is_jsonata = self.is_jsonata || self.chance.up_to(3) == 0;
        let mut state = match self.chance.up_to(if depth < DEPTH_MAX { 6 } else { 4 }) {
            0 => self.pass(is_jsonata, depth),
            1 | 2 => self.task(is_jsonata),
            3 => self.wait(name, is_jsonata),
            4 => match next {
                Some(next) => return self.choice(next, first, is_jsonata),
                None => self.pass(is_jsonata, depth),
            },
            5 => {
                let branches: Vec<Value> = (0..=self.chance.up_to(2))
                    .map(|_| self.flow(depth + 1).into())
                    .collect();
                json!({ "Type": "Parallel", "Branches": branches })
            }
            _ => self.map(depth, is_jsonata),
        };
        match next {
            Some(next) => state["Next"] = next.as_str().into(),
            None => state["End"] = true.into(),
        }
        if matches!(state["Type"].as_str(), Some("Task" | "Parallel" | "Map")) {
            self.faults(&mut state, next);
        }
        self.in_language(state, is_jsonata)
    }

    fn in_language(&self, mut state: Value, is_jsonata: bool) -> Value {
        if is_jsonata && !self.is_jsonata {
            state["QueryLanguage"] = "JSONata".into();
        }
        state
    }

    fn pass(&mut self, is_jsonata: bool, depth: u64) -> Value {
        let mut state = json!({ "Type": "Pass" });
        // An inner flow may not use the name of an outer variable.
        let variable = format!("v{depth}");
        if is_jsonata {
            state["Output"] = self.expression();
            if self.sometimes() {
                state["Assign"] = json!({ variable: self.expression() });
            }
            return state;
        }
        if self.sometimes() {
            state["Parameters"] = json!({ "a.$": self.path(), "b": [{ "c.$": self.path() }] });
        }
        if self.sometimes() {
            state["ResultPath"] = self.one_of(&[json!(null), json!("$"), json!("$.a"), json!("$.a.b")]);
        }
        if self.sometimes() {
            state["Assign"] = json!({ format!("{variable}.$"): self.path() });
        }
        if self.chance.up_to(5) == 0 {
            state["OutputPath"] = self.one_of(&[json!(null), json!("$.a"), json!("$..*")]);
        }
        state
    }

    fn task(&mut self, is_jsonata: bool) -> Value {
        let mut state =
            json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f" });
        if !self.is_express && self.chance.up_to(4) == 0 {
            state["Resource"] = "arn:aws:states:::lambda:invoke.waitForTaskToken".into();
            let name = if is_jsonata { "Arguments" } else { "Parameters" };
            state[name] = json!({ "FunctionName": "f", "Payload": 1 });
        }
        state["TimeoutSeconds"] = (2 + self.chance.up_to(60)).into();
        if self.sometimes() {
            state["HeartbeatSeconds"] = 1.into();
        }
        if !is_jsonata && self.sometimes() {
            state["ResultPath"] = "$.r".into();
        }
        state
    }

    fn wait(&mut self, name: &str, is_jsonata: bool) -> Value {
        let seconds = self.chance.up_to(90);
        self.waits_s.insert(name.to_owned(), seconds);
        match is_jsonata && self.sometimes() {
            true => json!({ "Type": "Wait", "Seconds": format!("{{% {seconds} %}}") }),
            false => json!({ "Type": "Wait", "Seconds": seconds }),
        }
    }

    fn choice(&mut self, next: &str, first: &str, is_jsonata: bool) -> Value {
        // One way leads on, one perhaps back to the beginning, perhaps for ever.
        let target = match self.chance.up_to(3) {
            0 => first,
            _ => next,
        };
        let rule = match is_jsonata {
            true => json!({ "Condition": self.expression(), "Next": target }),
            false => {
                let mut rule = self.rule(0);
                rule["Next"] = target.into();
                rule
            }
        };
        let state = json!({ "Type": "Choice", "Choices": [rule], "Default": next });
        self.in_language(state, is_jsonata)
    }

    fn rule(&mut self, depth: u64) -> Value {
        match self.chance.up_to(if depth < 3 { 8 } else { 5 }) {
            0 => json!({ "Variable": "$.a", "IsPresent": true }),
            1 => json!({ "Variable": "$", "IsNumeric": true }),
            2 => json!({ "Variable": "$.n", "NumericGreaterThan": 1 }),
            3 => json!({ "Variable": "$$.State.Name", "StringMatches": "S*1" }),
            4 => json!({ "Variable": "$$.State.EnteredTime", "TimestampLessThan": "2023-11-14T22:14:00Z" }),
            5 => json!({ "Variable": "$.n", "NumericEqualsPath": "$.n" }),
            6 => json!({ "Not": self.rule(depth + 1) }),
            7 => json!({ "And": [self.rule(depth + 1), self.rule(depth + 1)] }),
            _ => json!({ "Or": [self.rule(depth + 1), self.rule(depth + 1)] }),
        }
    }

    fn map(&mut self, depth: u64, is_jsonata: bool) -> Value {
        let was_express = self.is_express;
        let is_distributed = !was_express && self.chance.up_to(2) == 0;
        self.is_express |= is_distributed && self.sometimes();
        let mut state = json!({ "Type": "Map", "ItemProcessor": self.flow(depth + 1) });
        if is_distributed {
            let kind = if self.is_express { "EXPRESS" } else { "STANDARD" };
            state["ItemProcessor"]["ProcessorConfig"] =
                json!({ "Mode": "DISTRIBUTED", "ExecutionType": kind });
        }
        self.is_express = was_express;
        state["MaxConcurrency"] = self.chance.up_to(2).into();
        if is_jsonata {
            state["Items"] = json!([1, "{% $states.input %}", {}]);
        } else {
            state["ItemsPath"] = self.one_of(&[
                json!("$.items"),
                json!("$.items[0:2]"),
                json!("$$.Execution.Input.items"),
            ]);
            state["ItemSelector"] =
                json!({ "n.$": "$$.Map.Item.Index", "items.$": "$$.Execution.Input.items" });
        }
        if self.chance.up_to(3) == 0 {
            state["ItemBatcher"] = json!({ "MaxItemsPerBatch": 1 + self.chance.up_to(2) });
        }
        match self.chance.up_to(5) {
            0 => state["ToleratedFailureCount"] = (1 + self.chance.up_to(2)).into(),
            1 => state["ToleratedFailurePercentage"] = self.one_of(&[50, 100]).into(),
            _ => {}
        }
        state
    }

    fn faults(&mut self, state: &mut Value, next: Option<&String>) {
        if self.sometimes() {
            state["Retry"] = json!([
                { "ErrorEquals": ["States.Timeout"], "MaxAttempts": self.chance.up_to(2), "IntervalSeconds": 2 },
                { "ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "MaxDelaySeconds": 5, "JitterStrategy": "FULL" },
            ]);
        }
        if let Some(next) = next
            && self.sometimes()
        {
            state["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": next }]);
        }
    }

    fn expression(&mut self) -> Value {
        self.one_of(&[
            json!("{% $states.input %}"),
            json!("{% {'n': 2, 'items': [1, 2], 'in': $states.input} %}"),
            json!("{% $states.context.State.Name %}"),
            json!("{% $exists($states.input.a) %}"),
            json!("{% true %}"),
            json!("{% $states.input.nope %}"),
            json!("{% $v0 %}"),
            json!("{% $random() > 0.5 %}"),
        ])
    }

    fn path(&mut self) -> Value {
        self.one_of(&[
            json!("$"),
            json!("$.items"),
            json!("$.items[-1]"),
            json!("$..n"),
            json!("$.items[?(@.n > 1)]"),
            json!("$$.Execution"),
            json!("$v0"),
            json!("States.Format('{} {}', $.n, $$.State.Name)"),
            json!("States.ArrayRange(0, $.n, 1)"),
            json!("States.JsonMerge($, $, false)"),
            json!("States.MathRandom(0, 9)"),
            json!("States.ArrayPartition($.items, 1)"),
            json!("States.StringToJson(States.JsonToString($))"),
        ])
    }
}

/// A number among an event's details, whatever they are called.
fn number_of(event: &HistoryEvent, name: &str) -> Option<u64> {
    let event = event.to_json(false);
    let mut details = event.as_object()?.values();
    details.find_map(|details| details.get(name)?.as_u64())
}

/// The limits a history must keep.
fn check_limits(history: &[HistoryEvent], waits_s: &BTreeMap<String, u64>, definition: &Value) {
    let event = |id: u64| &history[id as usize - 1];
    for later in history.iter().filter(|event| event.previous_id > 0) {
        let earlier = event(later.previous_id);
        assert!(earlier.at_ms <= later.at_ms, "time went back: {definition}");
        if later.event_type == EventType::WaitStateExited
            && let Details::StateExited { name, .. } = &later.details
        {
            let waited_ms = later.at_ms - earlier.at_ms;
            assert_eq!(waited_ms, waits_s[&**name] * 1000, "{name}: {definition}");
        }
    }
    for scheduled in history {
        let Some(timeout_s) = number_of(scheduled, "timeoutInSeconds") else {
            continue;
        };
        let heartbeat_s = number_of(scheduled, "heartbeatInSeconds");
        // The events of one attempt follow each other.
        let mut last = scheduled;
        while let Some(next) = history.iter().find(|event| event.previous_id == last.id) {
            if next.event_type.name().ends_with("Exited") || next.id <= last.id {
                break;
            }
            last = next;
            let took_ms = last.at_ms - scheduled.at_ms;
            match last.event_type {
                EventType::TaskTimedOut | EventType::LambdaFunctionTimedOut => {
                    // A heartbeat is missed so long after the schedule or the sign of life before it; a function's own
                    // ARN does not say its heartbeat, which is always one second here.
                    let silent_ms = last.at_ms - event(last.previous_id).at_ms;
                    let missed_ms = heartbeat_s.unwrap_or(1) * 1000;
                    let is_due =
                        took_ms == timeout_s * 1000 || took_ms == missed_ms || silent_ms == missed_ms;
                    assert!(is_due, "{took_ms}: {definition}");
                    break;
                }
                EventType::TaskSucceeded
                | EventType::TaskFailed
                | EventType::LambdaFunctionSucceeded
                | EventType::LambdaFunctionFailed => {
                    assert!(took_ms <= timeout_s * 1000, "{took_ms}: {definition}");
                    break;
                }
                _ => {}
            }
        }
    }
}

#[test]
fn generated_definitions_end_within_their_limits() {
    let (mut ends, mut seen) = (BTreeMap::new(), std::collections::BTreeSet::new());
    for seed in 0..MACHINES {
        let mut maker = Maker {
            chance: Chance::new(seed),
            is_jsonata: seed % 3 == 0,
            is_express: false,
            names: 0,
            waits_s: BTreeMap::new(),
        };
        let mut definition = Value::Object(maker.flow(0));
        let limit_s = 30 + maker.chance.up_to(300);
        definition["TimeoutSeconds"] = limit_s.into();
        if maker.is_jsonata {
            definition["QueryLanguage"] = "JSONata".into();
        }
        let mut world = World::new(START_MS, seed);
        let machine = world
            .create_machine("m", &definition.to_string(), MachineType::Standard)
            .unwrap_or_else(|error| panic!("{error}\n{definition}"));
        let input = json!({ "n": 2, "items": [{ "n": 1 }, { "n": 2 }, 3] });
        let arn = world.start_execution(&machine, None, &input).unwrap();
        let mut outside = Moody(Chance::new(seed));
        let steps = (0..STEPS_MAX)
            .take_while(|_| world.step(u64::MAX, &mut outside))
            .count();
        assert!(steps < STEPS_MAX, "no end: {definition}");
        for execution in world.executions() {
            well_formed::check(execution, maker.is_jsonata, &definition);
            check_limits(execution.history(), &maker.waits_s, &definition);
            let history = execution.history().iter();
            seen.extend(history.map(|event| event.event_type.name()));
        }
        let ended = world.execution(&arn).unwrap().ended().unwrap();
        let took_ms = ended.at_ms - START_MS;
        assert!(took_ms <= limit_s * 1000, "took {took_ms} ms: {definition}");
        if ended.status == Status::TimedOut {
            assert_eq!(took_ms, limit_s * 1000, "{definition}");
        }
        *ends.entry(ended.status.name()).or_insert(0) += 1;
    }
    // If nearly all failed at once, this test would show nothing.
    for status in ["SUCCEEDED", "FAILED", "TIMED_OUT"] {
        assert!(ends.get(status).is_some_and(|count| *count > 20), "{ends:?}");
    }
    for name in [
        "MapIterationAborted",
        "MapRunFailed",
        "MapRunSucceeded",
        "TaskStateAborted",
    ] {
        assert!(seen.contains(name), "{name}: {seen:?}");
    }
    assert!(seen.len() > 40, "{seen:?}");
}
