//! A state machine's definition: the types a checked definition has.
//!
//! [`Machine::parse`] is the only way to make one, so whoever holds a [`Machine`] need not check anything again:
//! every transition leads to a state, every expression parses, every resource is known.

mod choices;
mod diagnostic;
mod distributed;
mod fields;
mod flows;
mod forks;
pub mod integrations;
mod kinds;
mod outside_items;
mod payload;
mod reach;
mod resource;
mod retry;
pub mod services;
mod shape;
mod substitution;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

use crate::paths::Test;

pub use diagnostic::{Code, Diagnostic, Severity};
pub(crate) use outside_items::HEADER_BYTES_MAX;
pub use outside_items::{Format, OutputType, Reader, Source, Transformation, Writer};
pub use resource::{Resource, Waits};
pub use shape::{Part, Placement, Shape};
pub use substitution::substitute;
pub use template::Template;

/// The language of a state's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Expressions between `{%` and `%}`.
    Jsonata,
    /// Paths such as `$.a` and calls of intrinsic functions; what a machine speaks that says nothing.
    JsonPath,
}

/// Whether a machine's executions are durable and may wait for long, or are short and cheap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MachineType {
    /// Up to a year, history kept, callbacks allowed.
    Standard,
    /// Up to five minutes, no callbacks and no waiting for other jobs.
    Express,
}

/// A definition that was read and found sound.
#[derive(Debug)]
pub struct Machine {
    /// Standard or Express.
    pub machine_type: MachineType,
    /// Time limit for a whole execution in seconds, if it states one.
    pub timeout_s: Option<u64>,
    /// All flows; the first is the machine's own, the others are the bodies of Map and Parallel states.
    pub flows: Vec<Flow>,
}

/// No machine at all, for as long as a snapshot is being read.
impl Default for Machine {
    fn default() -> Self {
        Machine {
            machine_type: MachineType::Standard,
            timeout_s: None,
            flows: Vec::new(),
        }
    }
}

impl Machine {
    /// Reads and checks a definition.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with its place; never an empty list.
    pub fn parse(definition: &str, machine_type: MachineType) -> Result<Machine, Vec<Diagnostic>> {
        flows::read_machine(definition, machine_type, true, &mut Vec::new())
    }

    /// Everything that is wrong with a definition or that AWS would not take, errors first.
    pub fn look_over(definition: &str, machine_type: MachineType) -> Vec<Diagnostic> {
        let mut warnings = Vec::new();
        let read = flows::read_machine(definition, machine_type, true, &mut warnings);
        let mut found = read.err().unwrap_or_default();
        found.append(&mut warnings);
        found
    }

    /// Reads a machine that was made around one state, for a test: its own flow need not end.
    pub(crate) fn parse_isolated(definition: &str) -> Result<Machine, Vec<Diagnostic>> {
        flows::read_machine(definition, MachineType::Standard, false, &mut Vec::new())
    }
}

/// States that run one after the other, starting at one of them.
#[derive(Debug)]
pub struct Flow {
    /// Where the flow stands in the definition; `""` for the machine's own.
    pub path: String,
    /// Index of the first state in `states`.
    pub start: usize,
    /// The states, in the definition's order.
    pub states: Vec<State>,
}

/// One state.
#[derive(Debug)]
pub struct State {
    /// Its name, unique in the whole machine.
    pub name: Arc<str>,
    /// What it does.
    pub kind: Kind,
    /// Variables set when it is left.
    pub assign: Option<Template>,
    /// What it hands on, if not what it would by itself.
    pub output: Option<Template>,
    /// How data goes through it, if it is a JSONPath state.
    pub shape: Option<Box<Shape>>,
    /// Where it leads.
    pub next: Next,
    /// Tried in order; each keeps its own count.
    pub retry: Vec<Retrier>,
    /// Tried in order when no retrier helps.
    pub catch: Vec<Catcher>,
}

/// Where a state leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// To the state with this index in the same flow.
    State(usize),
    /// Nowhere: the flow ends.
    End,
}

/// What a state does.
#[derive(Debug)]
pub enum Kind {
    /// Nothing, but it may transform and assign.
    Pass,
    /// Asks someone outside to do something.
    Task(Task),
    /// Takes the first rule that holds.
    Choice(Vec<Rule>),
    /// Lets time pass.
    Wait(WaitFor),
    /// Ends the flow well.
    Succeed,
    /// Ends the flow badly.
    Fail {
        /// The error's name; evaluates to text.
        error: Option<Template>,
        /// The error's cause; evaluates to text.
        cause: Option<Template>,
    },
    /// Runs several flows at once.
    Parallel {
        /// Input of every branch, if not the state's own.
        arguments: Option<Template>,
        /// Indexes of the flows.
        branches: Vec<usize>,
    },
    /// Runs one flow once per item.
    Map(Box<MapOver>),
}

impl Kind {
    /// The name the language and the history's event types use.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Pass => "Pass",
            Kind::Task(_) => "Task",
            Kind::Choice(_) => "Choice",
            Kind::Wait(_) => "Wait",
            Kind::Succeed => "Succeed",
            Kind::Fail { .. } => "Fail",
            Kind::Parallel { .. } => "Parallel",
            Kind::Map(_) => "Map",
        }
    }
}

/// The fields only a Task state has.
#[derive(Debug)]
pub struct Task {
    /// Whom to ask.
    pub resource: Resource,
    /// What to ask, if not the state's input.
    pub arguments: Option<Template>,
    /// Seconds the whole attempt may take.
    pub timeout_s: Option<Template>,
    /// Seconds between two signs of life.
    pub heartbeat_s: Option<Template>,
    /// The ARN of the role to ask as; it is only written down.
    pub role_arn: Option<Template>,
}

/// The fields only a Map state has.
#[derive(Debug)]
pub struct MapOver {
    /// The items, if not the state's input.
    pub items: Option<Template>,
    /// Input of one iteration, if not the item.
    pub item_selector: Option<Template>,
    /// How items are put together, if one iteration works on several.
    pub batches: Option<Batches>,
    /// How many iterations may run at once; 0 or absent means no limit.
    pub concurrency_max: Option<Template>,
    /// How many iterations may fail before the state does.
    pub tolerated_count: Option<Template>,
    /// What part of the iterations may fail before the state does, in percent.
    pub tolerated_percentage: Option<Template>,
    /// Index of the flow.
    pub processor: usize,
    /// Set if every iteration is an execution of its own.
    pub distributed: Option<Distributed>,
}

/// What only a Map state in distributed mode has.
#[derive(Debug)]
pub struct Distributed {
    /// What stands in the ARNs of its map runs and of their executions; made up if absent.
    pub label: Option<String>,
    /// What the executions are.
    pub child_type: MachineType,
    /// Where the items are, if they are in S3.
    pub reader: Option<Reader>,
    /// How the results are shaped and where they go, if stated.
    pub writer: Option<Writer>,
}

/// `ItemBatcher`: an iteration's input is `{"BatchInput": .., "Items": [..]}` then. At least one limit is stated.
#[derive(Debug)]
pub struct Batches {
    /// How many items one iteration gets at most.
    pub items_max: Option<Template>,
    /// How many bytes the input of one iteration may have, as JSON text.
    pub bytes_max: Option<Template>,
    /// What every iteration gets besides its items.
    pub input: Option<Template>,
}

/// One rule of a Choice state. The state's own `output` and `assign` hold only when no rule does.
#[derive(Debug)]
pub struct Rule {
    /// What must hold.
    pub condition: Condition,
    /// Variables set when it holds.
    pub assign: Option<Template>,
    /// What the state hands on when it holds.
    pub output: Option<Template>,
    /// Where it leads.
    pub next: usize,
}

/// What must hold for a rule to be taken.
#[derive(Debug)]
pub enum Condition {
    /// Evaluates to true or false.
    Expression(Template),
    /// A test of values that paths lead to.
    Test(Test),
}

/// How long a Wait state waits.
#[derive(Debug)]
pub enum WaitFor {
    /// So many seconds from now.
    Seconds(Template),
    /// Until an RFC 3339 time.
    Timestamp(Template),
}

/// When and how often a failed state is tried again.
#[derive(Debug)]
pub struct Retrier {
    /// Error names it is for.
    pub errors: Vec<String>,
    /// Seconds before the first retry.
    pub interval_s: u64,
    /// How many retries; 0 means never.
    pub attempts_max: u64,
    /// By what each further wait grows.
    pub backoff_rate: f64,
    /// No wait is longer than this.
    pub delay_max_s: Option<u64>,
    /// Whether a wait is drawn at random between nothing and its full length.
    pub full_jitter: bool,
}

/// Where to go with an error that no retrier takes away.
#[derive(Debug)]
pub struct Catcher {
    /// Error names it is for.
    pub errors: Vec<String>,
    /// Variables set on the way.
    pub assign: Option<Template>,
    /// What is handed on; the error output if absent.
    pub output: Option<Template>,
    /// Where the error output goes, if no output is stated.
    pub placement: Placement,
    /// Where it leads.
    pub next: usize,
}

/// The value of a template that holds no expression.
impl Template {
    /// A template that always yields this value.
    pub fn constant(value: Value) -> Template {
        Template::Literal(value)
    }
}
