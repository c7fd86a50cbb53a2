//! The engine on a virtual clock: time passes only when told to, and then at once.
//!
//! A [`World`] holds machines and executions. What they ask of functions and services goes to an [`Outside`], which
//! may answer at once, at a later virtual time, or not at all until someone calls [`World::complete`]. So an effect
//! that happened although its answer was lost, a slow answer, and every interleaving of two executions are
//! ordinary things to write down. The same calls with the same seed give the same histories.
//!
//! ```
//! use serde_json::{Value, json};
//! use states::definition::MachineType;
//! use states::engine::{Call, CallKind, Reply};
//! use states::execution::LambdaReply;
//! use states::{Answer, Outside, World};
//!
//! struct Doubling;
//!
//! impl Outside for Doubling {
//!     fn call(&mut self, call: Call, world: &mut World) -> Answer {
//!         match &call.kind {
//!             CallKind::Lambda { payload, .. } => {
//!                 let doubled = payload.as_i64().unwrap_or(0) * 2;
//!                 // Half a second later on the virtual clock.
//!                 Answer::At(world.now_ms() + 500, Reply::Lambda(LambdaReply::Returned(json!(doubled))))
//!             }
//!             CallKind::Sqs { .. } | CallKind::Aws { .. } => Answer::Later,
//!         }
//!     }
//! }
//!
//! let mut world = World::new(1_700_000_000_000, 42);
//! let definition = r#"{"QueryLanguage": "JSONata", "StartAt": "Double", "States": {"Double": {
//!     "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
//!     "Arguments": {"FunctionName": "double", "Payload": "{% $states.input %}"},
//!     "Output": "{% $states.result.Payload %}", "End": true}}}"#;
//! let machine = world.create_machine("doubling", definition, MachineType::Standard)?;
//! let execution = world.start_execution(&machine, Some("first"), &json!(21))?;
//! world.run_until_idle(&mut Doubling);
//! assert_eq!(world.output(&execution), Some(json!(42)));
//! assert_eq!(world.now_ms(), 1_700_000_000_500);
//! # Ok::<(), states::engine::EngineError>(())
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use crate::definition::MachineType;
use crate::engine::{
    Activity, ActivityTask, Call, CallId, Engine, EngineError, ExecutionId, MapRunChange, NewMachine, Place,
    Reply,
};
use crate::execution::{Execution, Status};
use crate::faults::{Action, Faults, Moment, lost_answer};
use crate::history::HistoryEvent;

/// When a call is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// At once.
    Now(Reply),
    /// At this virtual time in milliseconds since 1970; a time that is past means at once.
    At(u64, Reply),
    /// When someone calls [`World::complete`], perhaps never.
    Later,
}

/// Functions, queues and other services, as a simulation has them.
pub trait Outside {
    /// Does what a call asks, or decides not to. The world is there to be used: a function may start executions,
    /// send a token back or look at the clock. It must not run the world's clock.
    fn call(&mut self, call: Call, world: &mut World) -> Answer;
}

/// Step Functions on a virtual clock.
#[derive(Debug)]
pub struct World {
    engine: Engine,
    now_ms: u64,
    /// Answers on their way, and calls that were held back, by time and by order of being sent.
    underway: BTreeMap<(u64, u64), Underway>,
    underway_last: u64,
    faults: Faults,
    /// Calls whose answers are lost, and what the task hears instead, if anything.
    lost: BTreeMap<CallId, Option<Reply>>,
}

/// What is on its way.
#[derive(Debug)]
enum Underway {
    Answer(CallId, Reply),
    Call(Box<Call>),
}

impl World {
    /// A world without machines; `now_ms` is the time it begins at, milliseconds since 1970.
    pub fn new(now_ms: u64, seed: u64) -> World {
        World::around(Engine::new(Place::default(), seed), now_ms)
    }

    /// A world around this engine: with copies of one engine ([`Engine::reseeded`]), many worlds have the same machines and
    /// their definitions are read once.
    pub fn around(mut engine: Engine, now_ms: u64) -> World {
        engine.note_stirred();
        World {
            engine,
            now_ms,
            underway: BTreeMap::new(),
            underway_last: 0,
            faults: Faults::default(),
            lost: BTreeMap::new(),
        }
    }

    /// The virtual time, milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The engine inside, to look at what this type has no method for.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Registers a machine and returns its ARN.
    ///
    /// # Errors
    ///
    /// As [`Engine::create_machine`].
    pub fn create_machine(
        &mut self,
        name: &str,
        definition: &str,
        machine_type: MachineType,
    ) -> Result<String, EngineError> {
        let new = NewMachine {
            name: name.to_owned(),
            definition: definition.to_owned(),
            role_arn: "arn:aws:iam::000000000000:role/simulation".to_owned(),
            machine_type,
        };
        self.engine
            .create_machine(new, self.now_ms)
            .map(|record| record.arn.clone())
    }

    /// Starts an execution and returns its ARN; its first calls wait for the next run of the clock.
    ///
    /// # Errors
    ///
    /// As [`Engine::start_execution`].
    pub fn start_execution(
        &mut self,
        machine_arn: &str,
        name: Option<&str>,
        input: &Value,
    ) -> Result<String, EngineError> {
        let started = self
            .engine
            .start_execution(machine_arn, name, &input.to_string(), self.now_ms)?;
        Ok(started.arn)
    }

    /// Starts an execution of an Express machine and runs the clock until it has ended, five minutes at most.
    /// Returns its ARN. Everything else that is due meanwhile happens too.
    ///
    /// # Errors
    ///
    /// As [`Engine::start_sync_execution`].
    pub fn start_sync_execution(
        &mut self,
        machine_arn: &str,
        name: Option<&str>,
        input: &Value,
        outside: &mut dyn Outside,
    ) -> Result<String, EngineError> {
        let started = self
            .engine
            .start_sync_execution(machine_arn, name, &input.to_string(), self.now_ms)?;
        while self.status(&started.arn) == Some(Status::Running) && self.step(u64::MAX, outside) {}
        Ok(started.arn)
    }

    /// Faults on purpose, to be set and removed. They strike calls that [`World::step`] makes and tokens that come back.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Brings back what came of a call that was answered with [`Answer::Later`]. Says whether anyone still waited.
    pub fn complete(&mut self, id: CallId, reply: Reply) -> bool {
        let reply = match self.lost.remove(&id) {
            None => reply,
            Some(Some(instead)) => instead,
            Some(None) => return false,
        };
        self.engine.complete(id, reply, self.now_ms)
    }

    /// Answers a task by its token.
    ///
    /// # Errors
    ///
    /// As [`Engine::send_task_success`].
    pub fn send_task_success(&mut self, token: &str, output: &Value) -> Result<(), EngineError> {
        let (output, now_ms) = (output.to_string(), self.now_ms);
        self.come_back(token, |engine| engine.send_task_success(token, &output, now_ms))
    }

    /// Fails a task by its token.
    ///
    /// # Errors
    ///
    /// As [`Engine::send_task_failure`].
    pub fn send_task_failure(&mut self, token: &str, error: &str, cause: &str) -> Result<(), EngineError> {
        let (error, cause, now_ms) = (error.to_owned(), cause.to_owned(), self.now_ms);
        self.come_back(token, |engine| {
            engine.send_task_failure(token, Some(error.clone()), Some(cause.clone()), now_ms)
        })
    }

    /// A token comes back: once, unless a fault strikes.
    fn come_back(
        &mut self,
        token: &str,
        send: impl Fn(&mut Engine) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let place = self.engine.awaits_token(token);
        let struck =
            place.and_then(|(machine, state)| self.faults.strike(Moment::Callback, &machine, &state));
        match struck {
            Some(Action::LoseCallback) => return Ok(()),
            Some(Action::DoubleCallback) => send(&mut self.engine)?,
            _ => {}
        }
        send(&mut self.engine)
    }

    /// Says that a task is still at work.
    ///
    /// # Errors
    ///
    /// As [`Engine::send_task_heartbeat`].
    pub fn send_task_heartbeat(&mut self, token: &str) -> Result<(), EngineError> {
        self.engine.send_task_heartbeat(token, self.now_ms)
    }

    /// Registers an activity.
    ///
    /// # Errors
    ///
    /// As [`Engine::create_activity`].
    pub fn create_activity(&mut self, name: &str) -> Result<Activity, EngineError> {
        self.engine.create_activity(name, Vec::new(), None, self.now_ms)
    }

    /// Takes a task of an activity as one of its workers, if there is one.
    ///
    /// # Errors
    ///
    /// As [`Engine::take_activity_task`].
    pub fn take_activity_task(
        &mut self,
        arn: &str,
        worker: Option<&str>,
    ) -> Result<Option<ActivityTask>, EngineError> {
        self.engine.take_activity_task(arn, worker, self.now_ms)
    }

    /// Stops an execution.
    ///
    /// # Errors
    ///
    /// As [`Engine::stop_execution`].
    pub fn stop_execution(&mut self, arn: &str, error: &str, cause: &str) -> Result<(), EngineError> {
        self.engine
            .stop_execution(arn, Some(error.to_owned()), Some(cause.to_owned()), self.now_ms)
            .map(drop)
    }

    /// Goes on with an execution that ended badly, from the states that did not succeed.
    ///
    /// # Errors
    ///
    /// As [`Engine::redrive_execution`].
    pub fn redrive_execution(&mut self, arn: &str) -> Result<(), EngineError> {
        self.engine.redrive_execution(arn, None, self.now_ms).map(drop)
    }

    /// Changes a map run that is at work.
    ///
    /// # Errors
    ///
    /// As [`Engine::update_map_run`].
    pub fn update_map_run(&mut self, arn: &str, change: MapRunChange) -> Result<(), EngineError> {
        self.engine.update_map_run(arn, change, self.now_ms)
    }

    /// An execution, if there is one of this ARN.
    pub fn execution(&self, arn: &str) -> Option<&Execution> {
        self.engine.execution(arn).ok()
    }

    /// Every execution, in the order they were started.
    pub fn executions(&self) -> impl Iterator<Item = &Execution> {
        self.engine.all_executions()
    }

    /// The executions to which something may have happened since the last call, in the order they were started: whoever
    /// follows them all need not look at those that wait.
    pub fn take_stirred(&mut self) -> impl Iterator<Item = (ExecutionId, &Execution)> {
        self.engine.take_stirred()
    }

    /// Where an execution stands.
    pub fn status(&self, arn: &str) -> Option<Status> {
        self.execution(arn).map(Execution::status)
    }

    /// The output of an execution that has succeeded.
    pub fn output(&self, arn: &str) -> Option<Value> {
        let text = self.execution(arn)?.ended()?.output.as_ref()?;
        crate::saved::read(text.as_bytes()).ok()
    }

    /// What has happened in an execution; empty if there is none of this ARN.
    pub fn history(&self, arn: &str) -> &[HistoryEvent] {
        self.execution(arn).map(Execution::history).unwrap_or_default()
    }

    /// ARNs of the executions that have ended since the last call.
    pub fn take_ended(&mut self) -> Vec<String> {
        self.engine.take_ended()
    }

    /// The next call nobody has taken yet, for a driver that would rather pull than be called.
    pub fn next_call(&mut self) -> Option<Call> {
        self.engine.next_call()
    }

    /// When something happens next by itself, milliseconds since 1970: a timer, or an answer on its way. `None`
    /// when only someone outside can move anything on. Calls that wait to be taken count as now.
    pub fn next_due(&self) -> Option<u64> {
        let answer_ms = self.underway.keys().next().map(|(due_ms, _)| *due_ms);
        [self.engine.next_due_ms(), answer_ms].into_iter().flatten().min()
    }

    /// Lets everything happen that is due until this time, and makes it the present.
    pub fn run_until(&mut self, until_ms: u64, outside: &mut dyn Outside) {
        while self.step(until_ms, outside) {}
        self.now_ms = self.now_ms.max(until_ms);
    }

    /// Lets time pass until nothing more happens by itself. Executions that wait for a token without a time limit
    /// are idle. An execution that loops for ever ends when its history is full.
    pub fn run_until_idle(&mut self, outside: &mut dyn Outside) {
        while self.step(u64::MAX, outside) {}
    }

    /// What a crash of the server and its next start do to the engine: it is written down and read again, and packs
    /// what waits. Nothing that can be seen changes.
    ///
    /// # Errors
    ///
    /// A sentence, if what was written cannot be read, which would be a mistake in here.
    pub fn restart(&mut self) -> Result<(), String> {
        let mut snapshot = Vec::new();
        self.engine
            .save(&mut snapshot)
            .map_err(|reason| reason.to_string())?;
        self.engine = Engine::load(&mut snapshot.as_slice())?;
        self.engine.note_stirred();
        self.engine.pack_beyond(0);
        Ok(())
    }

    /// Does one thing: performs a call, or lets time pass to what is due next if that is not after `until_ms`.
    /// Says whether there was anything to do.
    pub fn step(&mut self, until_ms: u64, outside: &mut dyn Outside) -> bool {
        if let Some(call) = self.engine.next_call() {
            let struck = self
                .faults
                .strike(Moment::of(&call.kind), &call.machine_name, &call.state);
            match struck {
                Some(Action::Delay { seconds }) => {
                    let due_ms = self.now_ms.saturating_add(seconds.saturating_mul(1000));
                    self.send(due_ms, Underway::Call(Box::new(call)));
                }
                struck => self.make(call, struck, outside),
            }
            return true;
        }
        let Some(due_ms) = self.next_due().filter(|due_ms| *due_ms <= until_ms) else {
            return false;
        };
        self.now_ms = self.now_ms.max(due_ms);
        // An answer that arrives in the very millisecond of its time limit is late.
        self.engine.wake(self.now_ms);
        let now_ms = self.now_ms;
        let arrived = self
            .underway
            .first_entry()
            .filter(|entry| entry.key().0 <= now_ms)
            .map(|entry| entry.remove());
        match arrived {
            Some(Underway::Answer(id, reply)) => {
                self.complete(id, reply);
            }
            Some(Underway::Call(call)) => self.make(*call, None, outside),
            None => {}
        }
        true
    }

    fn send(&mut self, due_ms: u64, underway: Underway) {
        self.underway_last += 1;
        self.underway
            .insert((due_ms.max(self.now_ms), self.underway_last), underway);
    }

    /// Makes a call, unless what struck it says not to.
    fn make(&mut self, call: Call, struck: Option<Action>, outside: &mut dyn Outside) {
        let id = call.id;
        if let Some(reply) = struck.as_ref().and_then(|action| action.reply(&call)) {
            self.complete(id, reply);
            return;
        }
        if struck == Some(Action::LoseAnswer) {
            let instead = (!self.engine.has_time_limit(id)).then(|| lost_answer(&call.kind));
            self.lost.insert(id, instead);
        }
        let again = (struck == Some(Action::DoubleMessage)).then(|| call.clone());
        match outside.call(call, self) {
            Answer::Now(reply) => {
                self.complete(id, reply);
            }
            Answer::At(due_ms, reply) => self.send(due_ms, Underway::Answer(id, reply)),
            Answer::Later => {}
        }
        if let Some(again) = again {
            // Nobody hears what comes of the second time.
            outside.call(again, self);
        }
    }
}
