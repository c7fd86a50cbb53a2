//! `cargo xtask bench`: how functions start, and what orders cost, with everything built as it is deployed.

use std::collections::BTreeMap;
use std::process::ExitCode;

use super::deploy::WITH_HTTPS;
use xtask::api::Person;
use xtask::bench::{orders, starts};
use xtask::failure::Result;
use xtask::functions::{self, Optimised};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::stack::Stack;
use xtask::steps::Steps;
use xtask::test_stacks::{Kind, TestStack};

/// The program that the functions are compared with.
const BARE: &str = "bare";

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// How functions start.
    Starts,
    /// What orders cost.
    Orders,
}

/// What was asked for.
#[derive(Debug)]
pub struct Wanted {
    /// Which; none: both.
    pub which: Option<Which>,
    /// How often each function is started.
    pub rounds: u32,
    /// How many orders of each kind.
    pub orders: usize,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            which: None,
            rounds: 15,
            orders: 200,
        }
    }
}

/// Measures, and prints tables as `benches/RESULTS.md` has them.
pub fn run(wanted: &Wanted) -> Result<ExitCode> {
    let project = Project::here()?;
    let steps = Steps::Shown;
    let python = steps.run("Python environment", |step| {
        Python::prepare(&project, Environment::Engine, step)
    })?;
    steps.announce("building, optimised (the first time takes a quarter of an hour)");
    let features: Vec<String> = WITH_HTTPS.iter().map(|name| format!("{name}/https")).collect();
    let built = functions::build_optimised(&project, &features, BARE)?;
    let mut stack = steps.run("a stack of its own", |_| {
        TestStack::start(&project, &python, &built.laid_out, Kind::Patient, |options| {
            // A process that ends for want of work would take its time on the processor with it.
            options
                .environment
                .push(("LAMBDA_WARM_TTL_SECONDS".to_owned(), "3600".to_owned()));
        })
    })?;
    if wanted.which != Some(Which::Orders) {
        let (bare, programs) = programs(stack.stack(), &built)?;
        let table = steps.run("starts", |step| {
            step.tell(format!(
                "{} functions, {} times each",
                programs.len(),
                wanted.rounds
            ));
            starts::table(&bare, &programs, wanted.rounds)
        })?;
        println!("\n{table}");
    }
    if wanted.which != Some(Which::Starts) {
        let table = orders::tables(stack.stack(), wanted.orders, |what| steps.announce(what))?;
        println!("\n{table}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The bare program and every function, each with the environment that the template gives it.
fn programs(stack: &Stack, built: &Optimised) -> Result<(starts::Program, Vec<starts::Program>)> {
    let engine = &stack.addresses().engine;
    let listed = Person::at(engine).list_functions()?;
    let mut given: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for function in listed["Functions"].as_array().into_iter().flatten() {
        let name = function["FunctionName"].as_str().unwrap_or_default();
        let variables = function["Environment"]["Variables"].as_object();
        let variables = variables
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        given.insert(
            name.trim_start_matches("holdfast-").to_owned(),
            variables.collect(),
        );
    }
    let program = |name: &str, binary: &std::path::Path| {
        let mut environment = given.get(name).cloned().unwrap_or_default();
        let of_aws = [
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", name),
            ("AWS_LAMBDA_LOG_STREAM_NAME", name),
            ("AWS_REGION", xtask::deployment::REGION),
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "bench"),
            ("AWS_ENDPOINT_URL", engine.as_str()),
        ];
        environment.extend(of_aws.map(|(name, value)| (name.to_owned(), value.to_owned())));
        starts::Program {
            name: name.to_owned(),
            binary: binary.to_owned(),
            environment,
        }
    };
    let (there, left_out): (Vec<_>, Vec<_>) = built
        .functions
        .iter()
        .partition(|(name, _)| given.contains_key(*name));
    for (name, _) in left_out {
        eprintln!("  {name} is left out: this stack has no use for it.");
    }
    let programs = there.into_iter().map(|(name, binary)| program(name, binary));
    Ok((program(BARE, &built.other), programs.collect()))
}
