//! A whole shop in one process on a virtual clock: the real definitions, the real functions, everything else in memory.
//!
//! A [`World`] takes one thing after the other off its agenda: a function goes on, a message is delivered, a timer of
//! a state machine fires, the reconciler's minute has come. After each it checks the invariants. One seed decides
//! everything, so the same seed gives the same trace.

mod ask;
mod calls;
mod run;
mod shop;
mod tasks;
mod webhooks;

pub use ask::{Ask, Reply, RequestId};
pub use calls::{Message, Queue};

use crate::definitions::{Definition, NotSimulated, START_EXECUTION, machine_arn};
use crate::faults::FaultPlan;
use crate::functions::{Functions, Parts};
use crate::invariants::{Looks, Violation, Watch};
use crate::memory::{SharedTables, Tables};
use crate::provider::{Ledger, Silence};
use crate::trace::Trace;
use crate::wire::{TaskId, Traffic, Wire, lock};
use crate::workflows::{Machines, SimulatedWorkflows};
use contract::session::{SessionSecret, Signed};
use domain::market::SimulatedMarket;
use domain::user::Role;
use domain::{Currency, Timestamp, UserId};
use serde_json::{Value, json};
use states::chance::Chance;
use states::engine::{Engine, EngineError, ExecutionId, NewMachine, Place};
use states::execution::{Identity, LambdaReply};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tasks::{Event, Purpose, Task};
use webhooks::Webhook;

/// When every world begins: 2026-11-21T13:00:00Z.
pub const BEGIN_MS: u64 = 1_795_266_000_000;

/// How a world is made.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Decides everything.
    pub seed: u64,
    /// What goes wrong.
    pub plan: FaultPlan,
    /// How long a hold lives, seconds.
    pub hold_ttl_s: u32,
    /// How long a minute of supplier and delivery is, milliseconds.
    pub minute_ms: u32,
    /// How often the reconciler runs, seconds; `None`: never.
    pub reconcile_every_s: Option<u32>,
    /// Where the warehouse buys.
    pub market: SimulatedMarket,
    /// How many rounds one supply request may buy.
    pub rounds_max: u32,
}

impl Setup {
    /// Fair weather, holds of 900 seconds, the reconciler every minute, a market that is not scarce.
    #[must_use]
    pub fn calm(seed: u64) -> Self {
        Self {
            seed,
            plan: FaultPlan::calm(),
            hold_ttl_s: 900,
            minute_ms: 60_000,
            reconcile_every_s: Some(60),
            market: SimulatedMarket {
                seed: seed.to_string(),
                scarcity_percent: 0,
            },
            rounds_max: 40,
        }
    }

    /// As [`Setup::calm`], with this going wrong.
    #[must_use]
    pub fn with(seed: u64, plan: FaultPlan) -> Self {
        Self {
            plan,
            ..Self::calm(seed)
        }
    }
}

/// Why a world could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWorld {
    /// A definition cannot be simulated.
    #[error(transparent)]
    NotSimulated(#[from] NotSimulated),
    /// The interpreter refuses a definition.
    #[error(transparent)]
    Refused(#[from] EngineError),
    /// Something that is constant here is not valid any more.
    #[error("{0}")]
    Invalid(String),
}

/// What a state asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The function, or for a message the one that consumes its queue.
    pub function: String,
    /// Its input.
    pub payload: Value,
}

/// What everything cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Billed state transitions by machine. AWS bills only those of Standard machines.
    pub transitions: BTreeMap<String, u64>,
    /// Invocations by function.
    pub invocations: BTreeMap<String, u64>,
    /// Calls of ports, e.g. `Orders.commit`.
    pub calls: BTreeMap<&'static str, u64>,
    /// The same by function and call.
    pub by_function: BTreeMap<(String, &'static str), u64>,
    /// Messages sent.
    pub messages: u64,
}

/// The state machines of a shop, read once for every world that has them.
#[derive(Clone, Debug)]
pub struct Machinery(Engine);

impl Machinery {
    /// These machines.
    ///
    /// # Errors
    /// [`NoWorld`] when the interpreter refuses a definition.
    pub fn new(definitions: &[Definition]) -> Result<Self, NoWorld> {
        let mut engine = Engine::new(Place::default(), 0);
        for definition in definitions {
            let new = NewMachine {
                name: definition.name.clone(),
                definition: definition.text.clone(),
                role_arn: "arn:aws:iam::000000000000:role/simulation".to_owned(),
                machine_type: definition.machine_type,
            };
            engine.create_machine(new, BEGIN_MS)?;
        }
        Ok(Self(engine))
    }
}

/// The whole shop.
#[derive(Debug)]
pub struct World {
    setup: Setup,
    engine: Arc<Mutex<states::World>>,
    tables: SharedTables,
    ledger: Arc<Mutex<Ledger>>,
    traffic: Arc<Mutex<Traffic>>,
    functions: Functions,
    secret: SessionSecret,
    queue: Queue,
    /// Executions that have not ended, in the order they were started.
    running: BTreeMap<ExecutionId, Arc<Identity>>,
    tasks: BTreeMap<TaskId, Task>,
    task_last: u64,
    webhooks: Vec<Webhook>,
    /// Who waits for the end of which execution.
    waiting: BTreeMap<String, Vec<(TaskId, u64)>>,
    agenda: BTreeMap<(u64, u64, u64), Event>,
    agenda_last: u64,
    requests: BTreeMap<RequestId, Option<Reply>>,
    invocations: BTreeMap<String, u64>,
    /// What each state first asked for, by machine and state: what a run has covered.
    asked: BTreeMap<(String, String), Asked>,
    /// What came of the latest [`World::invoke`].
    answered: Option<LambdaReply>,
    chance: Chance,
    watch: Watch,
    trace: Trace,
}

impl World {
    /// A shop with these machines and nothing in it.
    ///
    /// # Errors
    /// [`NoWorld`] when something that is constant here is not valid any more.
    pub fn new(machinery: &Machinery, setup: Setup) -> Result<Self, NoWorld> {
        let engine = states::World::around(machinery.0.reseeded(setup.seed), BEGIN_MS);
        let engine = Arc::new(Mutex::new(engine));
        let tables: SharedTables = Arc::new(Mutex::new(Tables::default()));
        let ledger = Arc::new(Mutex::new(Ledger::new(setup.seed)));
        let traffic = Traffic::new(BEGIN_MS, setup.seed, setup.plan.clone());
        let traffic = Arc::new(Mutex::new(traffic));
        let wire = Wire::new(Arc::clone(&traffic));
        let secret = SessionSecret::new("simulated: signs sessions, nothing else")
            .map_err(|_| NoWorld::Invalid("the secret is too short".to_owned()))?;
        let machines = Machines {
            hold_order: machine_arn("hold-order"),
            order: machine_arn("order"),
            supply_ingredient: machine_arn("supply-ingredient"),
            refund_order: machine_arn("refund-order"),
        };
        let functions = Functions::new(Parts {
            tables: Arc::clone(&tables),
            ledger: Arc::clone(&ledger),
            workflows: SimulatedWorkflows::new(Arc::clone(&engine), machines, wire.clone()),
            wire,
            hold_ttl_s: setup.hold_ttl_s,
            minute_ms: setup.minute_ms,
            currency: Currency::parse("usd").map_err(|error| NoWorld::Invalid(error.to_string()))?,
            market: setup.market.clone(),
            rounds_max: setup.rounds_max,
            secret: secret.clone(),
            seed: setup.seed,
        });
        let mut world = Self {
            engine,
            tables,
            ledger,
            traffic,
            functions,
            secret,
            queue: Queue::default(),
            webhooks: Vec::new(),
            running: BTreeMap::new(),
            tasks: BTreeMap::new(),
            task_last: 0,
            waiting: BTreeMap::new(),
            agenda: BTreeMap::new(),
            agenda_last: 0,
            requests: BTreeMap::new(),
            invocations: BTreeMap::new(),
            asked: BTreeMap::new(),
            answered: None,
            chance: Chance::new(setup.seed ^ 0x0077_6f72_6c64),
            watch: Watch::default(),
            trace: Trace::default(),
            setup,
        };
        if let Some(every_s) = world.setup.reconcile_every_s {
            world.plan_at(BEGIN_MS + u64::from(every_s) * 1000, Event::Reconcile);
        }
        Ok(world)
    }

    /// The true time, milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        lock(&self.traffic).now_ms
    }

    fn token_of(&self, buyer: &UserId) -> String {
        let session = Signed {
            user_id: buyer.clone(),
            email: "buyer@example.com".to_owned(),
            role: Role::Buyer,
            session_id: buyer.to_string(),
            expires_at: Timestamp::from_ms(i64::MAX),
        };
        session.sign(&self.secret).unwrap_or_default()
    }

    /// Sends a request at this time, milliseconds since 1970; its answer is in [`World::reply`] later.
    pub fn ask_at(&mut self, at_ms: u64, buyer: &UserId, ask: Ask) -> RequestId {
        let id = RequestId(self.requests.len() as u64);
        self.requests.insert(id, None);
        let token = self.token_of(buyer);
        self.plan_at(at_ms, Event::Request { id, token, ask });
        id
    }

    /// Sends a request now and lets time pass until it is answered.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn ask(&mut self, buyer: &UserId, ask: Ask) -> Result<Reply, Box<Violation>> {
        let id = self.ask_at(self.now_ms(), buyer, ask);
        while self.reply(id).is_none() && self.step(u64::MAX)? {}
        Ok(self.reply(id).cloned().unwrap_or(Reply {
            status: 504,
            body: Value::Null,
        }))
    }

    /// The answer to a request, if it has come.
    #[must_use]
    pub fn reply(&self, id: RequestId) -> Option<&Reply> {
        self.requests.get(&id)?.as_ref()
    }

    /// Calls a function as nobody in particular, outside of every machine, and lets time pass until it has answered.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn invoke(&mut self, function: &str, payload: Value) -> Result<LambdaReply, Box<Violation>> {
        self.answered = None;
        let reply = if function == START_EXECUTION {
            self.started(&payload)
        } else if self.start_step(function, payload, Purpose::Direct) {
            while self.answered.is_none() && self.step(u64::MAX)? {}
            self.answered.take()
        } else {
            None
        };
        Ok(reply.unwrap_or(LambdaReply::FunctionError(json!({ "errorType": "Defect" }))))
    }

    /// Stops one running execution of a Standard machine whole, chosen by chance, at this time.
    pub fn abort_one_at(&mut self, at_ms: u64) {
        self.plan_at(at_ms, Event::AbortOne(None));
    }

    /// Stops one running execution of this machine whole, at this time.
    pub fn abort_one_of_at(&mut self, at_ms: u64, machine: &str) {
        self.plan_at(at_ms, Event::AbortOne(Some(machine.to_owned())));
    }

    /// Lets everything stand still for so long, at this time: every timer, message and call of these milliseconds is late.
    pub fn stall_at(&mut self, at_ms: u64, ms: u64) {
        self.plan_at(at_ms, Event::Stall(ms));
    }

    /// Sends a message in the provider's name at this time, about an intent and an order that have nothing to do with each
    /// other; chance says which, and whether it is even signed.
    pub fn forge_at(&mut self, at_ms: u64) {
        self.plan_at(at_ms, Event::Forgery);
    }

    /// Puts a message into a queue that did not come from any machine, at this time.
    pub fn deliver_at(&mut self, at_ms: u64, queue: &str, body: &str) {
        let message = self.queue.add(queue, body, true);
        self.plan_at(at_ms, Event::Deliver(message));
    }

    /// Every answer that was given so far.
    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.requests.values().flatten()
    }

    /// What went wrong so far, by kind.
    #[must_use]
    pub fn struck(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.traffic).struck.clone()
    }

    /// Everything stored, to look at or to set up.
    #[must_use]
    pub fn tables(&self) -> &SharedTables {
        &self.tables
    }

    /// The provider's books, to look at or to set up.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Mutex<Ledger>> {
        &self.ledger
    }

    /// Lets the provider answer no inquiry from this moment until that one, milliseconds since 1970.
    pub fn silence(&mut self, from_ms: u64, to_ms: u64) {
        lock(&self.ledger).silences.push(Silence { from_ms, to_ms });
    }

    /// The queue and its dead letters.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What each state first asked for, by machine and state.
    #[must_use]
    pub fn asked(&self) -> &BTreeMap<(String, String), Asked> {
        &self.asked
    }

    /// What happened so far.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How often the invariants were checked so far.
    #[must_use]
    pub const fn looks(&self) -> Looks {
        self.watch.looks()
    }

    /// Changes what goes wrong from now on.
    pub fn weather(&mut self, change: impl FnOnce(&mut FaultPlan)) {
        change(&mut lock(&self.traffic).plan);
    }

    /// What everything has cost so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut transitions = BTreeMap::new();
        for execution in lock(&self.engine).executions() {
            *transitions
                .entry(execution.identity().machine_name.clone())
                .or_default() += execution.transitions();
        }
        let by_function = lock(&self.traffic).calls.clone();
        let mut calls = BTreeMap::new();
        for ((_, call), times) in &by_function {
            *calls.entry(*call).or_default() += times;
        }
        Counts {
            transitions,
            invocations: self.invocations.clone(),
            calls,
            by_function,
            messages: self.queue.sent(),
        }
    }
}
