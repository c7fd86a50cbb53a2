//! One case, played at an endpoint.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::case::{self, Case};
use super::compare::{Difference, Seen, Timing, differences};
use super::endpoint::{Endpoint, Refused};
use super::made::{self, QUEUE_URL};
use super::stand_in::{Desk, StandIn};

/// What a case calls a function by, besides its name.
const ALIAS: &str = "live";
/// What is looked for again and again is there after this long, or not at all.
const MOMENT: Duration = Duration::from_secs(5);
/// The script is played this much later than on the virtual clock, where everything that is due at the same time has
/// happened before.
const HAIR_MS: u64 = 400;
/// Answers that take longer than this are overtaken by a hurried clock.
const HURRIED_ANSWER_MS: u64 = 4_000;

/// How an engine is to be played at.
#[derive(Clone)]
pub struct Engine {
    pub address: SocketAddr,
    /// Whether it asks the stand-in by itself; else functions and queues are made in it.
    pub asks: bool,
    /// Whether its time can be hurried, as our own server's can.
    pub hurried: bool,
    /// Real time that a case may take.
    pub patience_ms: u64,
    /// How much later than on the virtual clock something may happen.
    pub slack_ms: u64,
}

/// What came of a case.
pub enum Outcome {
    Same,
    Differs(Vec<Difference>),
    /// The engine does not take the case's machine.
    Refused(String),
    /// Why it was not tried.
    NotPlayed(String),
}

/// Plays a case in this account.
pub fn play(case: &Case, engine: &Engine, stand_in: &StandIn, account: &str) -> Outcome {
    // A whole second, because some engines cut fractions off.
    let begin_ms = since_1970_ms().next_multiple_of(1_000);
    let text = case::in_account(&case.text, account);
    let json: Value = serde_json::from_str(&text).unwrap();
    let mut engine = engine.clone();
    if longest_answer_ms(&json) > HURRIED_ANSWER_MS {
        engine.hurried = false;
    }
    if let Some(reason) = not_playable(case, &json, &engine) {
        return Outcome::NotPlayed(reason);
    }
    let game = Game {
        endpoint: Endpoint {
            address: engine.address,
            account: account.to_owned(),
        },
        desk: stand_in.open(account, &json["answers"]),
        engine,
        begun: Instant::now(),
        passed_ms: 0,
        begin_ms,
        queue_url: None,
        arn: String::new(),
        odd: Vec::new(),
    };
    let outcome = game.outcome(case, json, stand_in);
    stand_in.close(account);
    outcome
}

fn since_1970_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis() as u64
}

fn longest_answer_ms(case: &Value) -> u64 {
    let lists = case["answers"].as_object().into_iter().flatten();
    let answers = lists.flat_map(|(_, list)| list.as_array().into_iter().flatten());
    answers
        .filter_map(|answer| answer["after_ms"].as_u64())
        .max()
        .unwrap_or(0)
}

fn script(case: &Value) -> impl Iterator<Item = &Value> {
    case["script"].as_array().into_iter().flatten()
}

/// Why a case cannot be played at this engine.
fn not_playable(case: &Case, json: &Value, engine: &Engine) -> Option<String> {
    for (name, list) in json["answers"].as_object().into_iter().flatten() {
        let answers = || list.as_array().into_iter().flatten();
        if name.starts_with("sfn:") {
            return Some("the case scripts Step Functions itself".to_owned());
        }
        if engine.asks {
            continue;
        }
        let real_queue = name == "sqs" && answers().all(|answer| answer.get("sent").is_some());
        if name.contains(':') || (name == "sqs" && !real_queue) {
            return Some(format!("the engine's own {name} cannot be told what to answer"));
        }
        if answers().any(|answer| answer.get("service_error").is_some()) {
            return Some("the engine's own Lambda cannot be told to fail".to_owned());
        }
    }
    if script(json).any(|entry| entry.get("child").is_some() || entry.get("update_map_run").is_some()) {
        return Some("the case acts on a map run from outside".to_owned());
    }
    let times: Vec<u64> = script(json).filter_map(|entry| entry["at_ms"].as_u64()).collect();
    let last_ms = times.iter().max().copied().unwrap_or(0);
    let takes_ms = last_ms.max(case.expected.elapsed_ms);
    if !engine.hurried && takes_ms > engine.patience_ms {
        return Some(format!("needs a clock: it takes {} s", takes_ms / 1000));
    }
    let near = times
        .windows(2)
        .any(|pair| (1..10).contains(&pair[1].abs_diff(pair[0])));
    near.then(|| "needs a clock that is right to the millisecond".to_owned())
}

struct Game {
    engine: Engine,
    endpoint: Endpoint,
    desk: Arc<Desk>,
    begun: Instant,
    /// How much time was let pass on a hurried clock.
    passed_ms: u64,
    begin_ms: u64,
    /// The queue that was made.
    queue_url: Option<String>,
    arn: String,
    /// What went otherwise on the way.
    odd: Vec<String>,
}

impl Game {
    fn outcome(mut self, case: &Case, json: Value, stand_in: &StandIn) -> Outcome {
        let prepared = self.prepare(&json, stand_in);
        let json = match prepared {
            Ok(json) => json,
            Err((name, message)) => {
                return Outcome::NotPlayed(format!("cannot be prepared: {name}: {message}"));
            }
        };
        if let Err((name, message)) = self.register(&json) {
            return Outcome::Refused(format!("{name}: {message}"));
        }
        if let Err((name, message)) = self.start(&json) {
            let reason = format!("StartExecution answers {name}: {message}");
            return Outcome::Differs(vec![Difference::Done(reason)]);
        }
        for entry in script(&json) {
            if !self.perform(entry) {
                // What comes after it means nothing.
                return Outcome::Differs(self.odd.into_iter().map(Difference::Done).collect());
            }
        }
        self.wait_until(case.expected.elapsed_ms);
        let limit = Duration::from_millis(self.engine.slack_ms) + MOMENT;
        let ended = until(limit, || {
            self.described().filter(|found| found["status"] != "RUNNING")
        });
        let described = ended.or_else(|| self.described()).unwrap_or_default();
        if described["status"] == "RUNNING" {
            // So that it does not go on and hold up the others.
            let _refused = self
                .endpoint
                .states("StopExecution", &json!({ "executionArn": self.arn }));
        }
        if case.expected.calls.get("sqs").is_some() {
            // A message may be sent with a delay.
            until(MOMENT, || {
                self.take_messages();
                self.desk
                    .calls()
                    .iter()
                    .any(|call| call.name == "sqs")
                    .then_some(())
            });
        }
        let seen = Seen {
            described,
            events: self.events(),
            calls: self.calls(),
            own_names: !self.engine.asks,
        };
        let timing = Timing {
            begin_ms: self.begin_ms,
            slack_ms: self.engine.slack_ms,
            tells_calls: !self.engine.hurried,
        };
        let mut found: Vec<Difference> = self.odd.into_iter().map(Difference::Done).collect();
        found.extend(differences(&case.expected, &seen, &self.endpoint.account, timing));
        match found.is_empty() {
            true => Outcome::Same,
            false => Outcome::Differs(found),
        }
    }

    /// Makes functions and queues where the engine has its own; the case with their names.
    fn prepare(&mut self, json: &Value, stand_in: &StandIn) -> Result<Value, Refused> {
        if self.engine.asks {
            return Ok(json.clone());
        }
        for name in made::functions(&json["answers"]) {
            made::function(&self.endpoint, name, stand_in.address)?;
            if json.to_string().contains(&format!(":function:{name}:{ALIAS}")) {
                made::alias(&self.endpoint, name, ALIAS)?;
            }
        }
        if json["answers"].get("sqs").is_none() {
            return Ok(json.clone());
        }
        let url = made::queue(&self.endpoint)?;
        let text = json.to_string().replace(QUEUE_URL, &url);
        self.queue_url = Some(url);
        Ok(serde_json::from_str(&text).unwrap())
    }

    fn register(&mut self, json: &Value) -> Result<(), Refused> {
        for (name, definition) in json["machines"].as_object().unwrap_or(&Map::new()) {
            self.create_machine(name, definition, &json!("STANDARD"))?;
        }
        for name in json["activities"].as_array().into_iter().flatten() {
            self.endpoint.states("CreateActivity", &json!({ "name": name }))?;
        }
        let standard = json!("STANDARD");
        let kind = json.get("type").unwrap_or(&standard);
        self.create_machine("case", &json["definition"], kind)
    }

    fn create_machine(&self, name: &str, definition: &Value, kind: &Value) -> Result<(), Refused> {
        let created = self.endpoint.states(
            "CreateStateMachine",
            &json!({
                "name": name,
                "definition": case::moved(definition, self.begin_ms).to_string(),
                "roleArn": format!("arn:aws:iam::{}:role/simulation", self.endpoint.account),
                "type": kind,
            }),
        );
        created.map(drop)
    }

    fn start(&mut self, json: &Value) -> Result<(), Refused> {
        let place = format!("arn:aws:states:us-east-1:{}", self.endpoint.account);
        self.begun = Instant::now();
        let started = self.endpoint.states(
            "StartExecution",
            &json!({
                "stateMachineArn": format!("{place}:stateMachine:case"),
                "name": "run",
                "input": case::moved(&json["input"], self.begin_ms).to_string(),
            }),
        )?;
        self.arn = started["executionArn"].as_str().unwrap_or_default().to_owned();
        Ok(())
    }

    fn elapsed_ms(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64 + self.passed_ms
    }

    /// Lets time pass until this long after the start.
    fn wait_until(&mut self, at_ms: u64) {
        let left_ms = at_ms.saturating_sub(self.elapsed_ms());
        if self.engine.hurried && left_ms >= 1_000 {
            match self.endpoint.pass(left_ms / 1_000) {
                Ok(_) => self.passed_ms += left_ms / 1_000 * 1_000,
                Err((name, message)) => self.odd.push(format!("the clock answers {name}: {message}")),
            }
        }
        let left_ms = at_ms.saturating_sub(self.elapsed_ms());
        thread::sleep(Duration::from_millis(left_ms));
    }

    /// Plays one entry of the script; whether it makes sense to go on.
    fn perform(&mut self, entry: &Value) -> bool {
        match entry["at_ms"].as_u64() {
            None | Some(0) => {}
            Some(at_ms) => self.wait_until(at_ms + HAIR_MS),
        }
        if let Some(activity) = entry.get("take") {
            self.take(activity, entry);
            return true;
        }
        let number = entry["token"].as_u64().unwrap_or(0) as usize;
        let (action, body) = if let Some(output) = entry.get("token_success") {
            let token = self.token(number);
            let body = json!({ "taskToken": token, "output": output.to_string() });
            ("SendTaskSuccess", body)
        } else if let Some(failure) = entry.get("token_failure") {
            let token = self.token(number);
            let body = json!({ "taskToken": token, "error": failure[0], "cause": failure[1] });
            ("SendTaskFailure", body)
        } else if let Some(redrive) = entry.get("redrive") {
            let arn = redrive.as_str().unwrap_or(&self.arn).to_owned();
            // On real time its end may be a little late.
            let asked = json!({ "executionArn": arn });
            until(MOMENT, || {
                let found = self.endpoint.states("DescribeExecution", &asked).ok()?;
                (found["status"] != "RUNNING").then_some(())
            });
            ("RedriveExecution", asked)
        } else if entry.get("heartbeat").is_some() {
            ("SendTaskHeartbeat", json!({ "taskToken": self.token(number) }))
        } else {
            let why = &entry["stop"];
            let body = json!({ "executionArn": self.arn, "error": why[0], "cause": why[1] });
            ("StopExecution", body)
        };
        let refused = self.endpoint.states(action, &body).err();
        let refused = refused.map(|(name, _)| name);
        let goes_on = action != "RedriveExecution" || refused.is_none() || entry.get("refused").is_some();
        let must = entry["refused"].as_str().map(str::to_owned);
        if refused != must {
            let words = |refused: Option<String>| refused.unwrap_or_else(|| "success".to_owned());
            let (refused, must) = (words(refused), words(must));
            self.odd.push(format!("{action} answers {refused}, not {must}"));
        }
        goes_on
    }

    /// Takes a task as a worker; where none is to be had, engines would hold the request for a minute.
    fn take(&mut self, activity: &Value, entry: &Value) {
        if entry["input"].is_null() {
            return;
        }
        let place = format!("arn:aws:states:us-east-1:{}", self.endpoint.account);
        let name = activity.as_str().unwrap_or_default();
        let mut asked = json!({ "activityArn": format!("{place}:activity:{name}") });
        if let Some(worker) = entry.get("worker") {
            asked["workerName"] = worker.clone();
        }
        let taken = self
            .endpoint
            .states("GetActivityTask", &asked)
            .unwrap_or_default();
        if let Some(token) = taken["taskToken"].as_str() {
            self.desk.hand_out(token);
        }
        let input = taken["input"].as_str().unwrap_or("null");
        if serde_json::from_str::<Value>(input).ok().as_ref() != Some(&entry["input"]) {
            self.odd
                .push(format!("GetActivityTask gives {input}, not {}", entry["input"]));
        }
    }

    /// A token that was handed out; one that nobody knows if it never comes.
    fn token(&self, number: usize) -> String {
        let token = until(MOMENT, || {
            self.take_messages();
            self.desk.token(number)
        });
        token.unwrap_or_else(|| "no-token-was-handed-out".to_owned())
    }

    /// What came to the queue that was made counts as asked of it.
    fn take_messages(&self) {
        let Some(url) = &self.queue_url else { return };
        for body in made::messages(&self.endpoint, url).unwrap_or_default() {
            self.desk.note("sqs", Some(body.into()));
        }
    }

    /// Step Functions does not describe Express executions; our own server shows them by another way.
    fn is_hidden(&self) -> bool {
        self.engine.hurried && self.arn.contains(":express:")
    }

    fn described(&self) -> Option<Value> {
        if self.is_hidden() {
            return Some(self.endpoint.shown(&self.arn).ok()?["execution"].clone());
        }
        let asked = json!({ "executionArn": self.arn });
        self.endpoint.states("DescribeExecution", &asked).ok()
    }

    fn events(&self) -> Vec<Value> {
        if self.is_hidden() {
            let shown = self.endpoint.shown(&self.arn).unwrap_or_default();
            return shown["events"].as_array().cloned().unwrap_or_default();
        }
        let mut events = Vec::new();
        let mut asked = json!({ "executionArn": self.arn, "maxResults": 1000, "includeExecutionData": true });
        while let Ok(page) = self.endpoint.states("GetExecutionHistory", &asked) {
            events.extend(page["events"].as_array().cloned().unwrap_or_default());
            match page["nextToken"].as_str() {
                Some(token) => asked["nextToken"] = token.into(),
                None => break,
            }
        }
        events
    }

    fn calls(&self) -> Vec<(String, i64, Option<Value>)> {
        let since = |at: Instant| at.saturating_duration_since(self.begun).as_millis() as i64;
        let calls = self.desk.calls().into_iter();
        // Messages are read from a real queue some time after they were sent.
        calls
            .map(|call| {
                let at_ms = match call.name.as_str() {
                    "sqs" if self.queue_url.is_some() => 0,
                    _ => since(call.at),
                };
                (call.name, at_ms, call.payload)
            })
            .collect()
    }
}

/// Looks again and again until there is something, for a bounded time.
fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let found = look();
        if found.is_some() || begun.elapsed() > limit {
            return found;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
