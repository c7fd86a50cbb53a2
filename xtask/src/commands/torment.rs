//! `cargo xtask torment`: a stack of its own under load, whose processes are killed, stopped and started; and the verdict.

use std::process::ExitCode;
use std::time::Duration;

use super::seed;
use xtask::failure::Result;
use xtask::functions::{self, Tls};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::simulate::Shop;
use xtask::simulate::audit::Operator;
use xtask::simulate::client::Weather;
use xtask::simulate::things::Whose;
use xtask::steps::Steps;
use xtask::test_stacks::{Kind, TestStack};
use xtask::torment::options::Options;

/// What was asked for.
#[derive(Debug)]
pub struct Wanted {
    /// How many blows.
    pub blows: u32,
    /// Where its choices begin; none: drawn, and told.
    pub seed: Option<u64>,
    /// Orders begun in a second.
    pub rate: f64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            blows: 100,
            seed: None,
            rate: 1.0,
        }
    }
}

/// Runs it; the exit code says whether every promise was kept.
pub fn run(wanted: &Wanted) -> Result<ExitCode> {
    let options = Options {
        blows: wanted.blows,
        seed: wanted.seed.unwrap_or_else(|| fastrand::u64(..)),
        per_second: wanted.rate,
        mix: "tickets=3,dishes=2,products=4,devices=1".to_owned(),
        settle_max: Duration::from_secs(15 * 60),
        hurries: false,
    };
    // Before minutes of building: what cannot be is said at once.
    options.load()?;
    let project = Project::here()?;
    let steps = Steps::Shown;
    let python = steps.run("Python environment", |step| {
        Python::prepare(&project, Environment::Engine, step)
    })?;
    steps.announce("building (the first time takes minutes)");
    let built = functions::build(&project, Tls::Without)?;
    let mut stack = steps.run("a stack of its own", |step| {
        step.tell("in .local/tests, on free ports; the stack of `cargo xtask up` is left alone");
        TestStack::start(&project, &python, &built, Kind::Tormented, |_| {})
    })?;
    steps.run("seeded", |step| seed::run(&project, stack.addresses(), step))?;
    let seeded = seed::read(&project)?;
    let text = |name: &str| seeded["operator"][name].as_str().unwrap_or_default().to_owned();
    let shop = Shop {
        url: stack.addresses().front.clone(),
        operator: Some(Operator {
            email: text("email"),
            password: text("password"),
        }),
        whose: Whose::Anybodys,
        weather: Weather::Calm,
    };
    println!(
        "{} blows at {}, {} orders a second, seed {}; logs in {}",
        options.blows,
        shop.url,
        options.per_second,
        options.seed,
        stack.logs().display()
    );
    let campaign = xtask::torment::run(stack.stack(), &shop, &options, |line| println!("  {line}"))?;
    print!("{}", campaign.text);
    if campaign.is_right() {
        println!("\nEvery promise was kept.");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "\nA promise was broken: look for the order and request ids above in {}. The same choices again: --seed {}",
        stack.logs().display(),
        options.seed
    );
    Ok(ExitCode::FAILURE)
}
