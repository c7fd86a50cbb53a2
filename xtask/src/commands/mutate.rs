//! `cargo xtask mutate`: takes one protection out of the product after the other, and sees that a test notices.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use xtask::failure::{Failure, Result};
use xtask::functions::{self, Tls};
use xtask::mutate::bench::{Bench, Ran, Which};
use xtask::mutate::copy::Copy;
use xtask::mutate::kept::Kept;
use xtask::mutate::patch::{Mutation, Target};
use xtask::mutate::{self, table};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;
use xtask::test_stacks::Shared;

/// What else is run with `--wide`: all that sees the whole without a running stack.
const WIDE: [&str; 9] = [
    "definitions::",
    "live::asked::",
    "live::told::",
    "paths::",
    "ports_in_memory::",
    "simulated::",
    "template::",
    "torn_reads::",
    "unwind::",
];

/// What was asked for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// These mutations alone, by name.
    pub only: Vec<String>,
    /// Those of this room alone.
    pub room: Option<String>,
    /// Those as well that only a running stack can see.
    pub engine: bool,
    /// Also what was run on this code before.
    pub again: bool,
    /// Where the named tests miss it, whether any other notices.
    pub wide: bool,
    /// Runs nothing, and writes the table from what is kept.
    pub table: bool,
}

/// A mutation that no named test noticed, and what is to be said of it.
struct Missed {
    id: String,
    why: String,
}

/// Runs what is to be run, and writes the table.
pub fn run(wanted: &Wanted) -> Result<ExitCode> {
    let project = Project::here()?;
    let all = mutate::all(&project.path("."))?;
    let mut kept = Kept::read(&project)?;
    if wanted.table {
        table::write(&project, &all, &kept)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut chosen = chosen(&all, wanted)?;
    mutate::in_cheap_order(&mut chosen);
    let copy = Copy::brought_up_to_date(&project)?;
    let asked = chosen.len();
    if !wanted.again {
        let is_caught = |mutation: &Mutation| {
            let came = kept.of_this(mutation, &copy.print);
            came.is_some_and(|came| came.caught_by.is_some())
        };
        chosen.retain(|mutation| !is_caught(mutation));
    }
    let left_out = take_out_what_needs_a_stack(&mut chosen, wanted);
    eprintln!(
        "{asked} mutations; {} were caught on this code before, {} to run.",
        asked - chosen.len() - left_out,
        chosen.len()
    );

    let mut bench = Bench::at(&project, &copy.root)?;
    // Runs until the end, because tests that need its database find it by its address.
    let stacks = match needs_the_database(&chosen) {
        true => Some(stacks(&project)?),
        false => None,
    };
    bench.whereabouts = stacks.as_ref().map(Shared::whereabouts);
    clean_passes(&bench, &chosen, &mut kept, &copy.print)?;
    let missed = each(&bench, &copy, &chosen, &mut kept, wanted)?;
    drop(stacks);

    // What was added while the tests ran, hours perhaps, has its row as well.
    table::write(&project, &mutate::all(&project.path("."))?, &kept)?;
    if left_out > 0 {
        eprintln!("\n{left_out} can only be seen by a running stack: `--engine` runs them as well.");
    }
    if missed.is_empty() {
        eprintln!("\nEvery mutation that was run was caught.");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\nNot caught by the tests that are to catch them:");
    for Missed { id, why } in &missed {
        eprintln!("  {id}: {why}");
    }
    Ok(ExitCode::FAILURE)
}

fn chosen(all: &[Mutation], wanted: &Wanted) -> Result<Vec<Mutation>> {
    for name in &wanted.only {
        let is_it = |mutation: &Mutation| mutation.name == *name || mutation.id() == *name;
        if !all.iter().any(is_it) {
            return Err(Failure::new(format!(
                "There is no mutation {name:?}; they are in {}/.",
                mutate::FOLDER
            )));
        }
    }
    let is_chosen = |mutation: &&Mutation| {
        let of_room = wanted.room.as_ref().is_none_or(|room| *room == mutation.room);
        let named = |name: &String| *name == mutation.name || *name == mutation.id();
        of_room && (wanted.only.is_empty() || wanted.only.iter().any(named))
    };
    let chosen: Vec<Mutation> = all.iter().filter(is_chosen).cloned().collect();
    match (&wanted.room, chosen.is_empty()) {
        (Some(room), true) => Err(Failure::new(format!("There is no mutation in a room {room:?}."))),
        _ => Ok(chosen),
    }
}

/// How many are left out, because nothing but a running stack could see them and none was asked for.
fn take_out_what_needs_a_stack(chosen: &mut Vec<Mutation>, wanted: &Wanted) -> usize {
    let before = chosen.len();
    if !wanted.engine {
        chosen.retain(|mutation| {
            let mut tests = mutation.caught_by.iter();
            tests.any(|named| !named.target.needs_a_stack())
        });
        for mutation in chosen.iter_mut() {
            mutation.caught_by.retain(|named| !named.target.needs_a_stack());
        }
    }
    before - chosen.len()
}

fn needs_the_database(chosen: &[Mutation]) -> bool {
    let mut tests = chosen.iter().flat_map(|mutation| &mutation.caught_by);
    tests.any(|named| named.target == Target::Database)
}

/// The stacks that tests share, of the code as it is.
fn stacks(project: &Project) -> Result<Shared> {
    let steps = Steps::Shown;
    let python = steps.run("local stack's Python", |step| {
        Python::prepare(project, Environment::Engine, step)
    })?;
    steps.announce("functions");
    let built = functions::build(project, Tls::Without)?;
    Shared::start(project, &python, &built, steps)
}

/// Without any mutation the tests must pass, each of them: a test that fails anyway, or that is not there, proves nothing.
fn clean_passes(bench: &Bench, chosen: &[Mutation], kept: &mut Kept, code: &str) -> Result<()> {
    let mut by_target: BTreeMap<&Target, BTreeSet<String>> = BTreeMap::new();
    for named in chosen.iter().flat_map(|mutation| &mutation.caught_by) {
        by_target
            .entry(&named.target)
            .or_default()
            .insert(named.test.clone());
    }
    for (target, tests) in by_target {
        let tests: Vec<String> = tests.into_iter().collect();
        if kept.has_passed(target, &tests, code) {
            continue;
        }
        let began = Instant::now();
        let name = format!("clean/{target}");
        eprintln!("  … {target}: {} tests without any mutation", tests.len());
        let ran = bench.run(&name, target, Which::Named(&tests))?;
        let log = bench.log(&name);
        match ran {
            Ran::Passed(passed) if passed == tests.len() => {}
            Ran::Passed(passed) => {
                return Err(Failure::new(format!(
                    "Of {} tests in {target} only {passed} are there; see {} and the patches' `Caught by:`.",
                    tests.len(),
                    log.display()
                )));
            }
            other => {
                return Err(Failure::new(format!(
                    "Nothing is proven by tests that fail without any mutation: {other:?} in {target}; see {}.",
                    log.display()
                )));
            }
        }
        kept.keep_passed(target, &tests, code)?;
        eprintln!("  ✓ {target}: {:.0} s", began.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Runs one mutation after the other; those that were missed.
fn each(
    bench: &Bench,
    copy: &Copy,
    chosen: &[Mutation],
    kept: &mut Kept,
    wanted: &Wanted,
) -> Result<Vec<Missed>> {
    let began = Instant::now();
    let mut missed = Vec::new();
    for (mutation, number) in chosen.iter().zip(1_u32..) {
        let this_began = Instant::now();
        let came = {
            let _mutated = copy.mutated(mutation)?;
            one(bench, mutation, wanted.wide)?
        };
        let seconds = this_began.elapsed().as_secs_f64();
        let id = mutation.id();
        let (mark, what) = match &came {
            Noticed::By(test) => ("✓", test.clone()),
            Noticed::Not(why) => ("✗", why.clone()),
        };
        let left = chosen.len().saturating_sub(number as usize);
        let each_took = began.elapsed() / number;
        let rest = each_took.saturating_mul(u32::try_from(left).unwrap_or(u32::MAX));
        eprintln!(
            "  {mark} {id:<62} {seconds:>6.1} s  {what}  ({number} of {}, about {} left)",
            chosen.len(),
            minutes(rest)
        );
        match came {
            Noticed::By(test) => kept.keep(mutation, &copy.print, Some(&test), seconds)?,
            Noticed::Not(why) => {
                kept.keep(mutation, &copy.print, None, seconds)?;
                missed.push(Missed { id, why });
            }
        }
    }
    Ok(missed)
}

/// Who noticed a mutation.
enum Noticed {
    By(String),
    Not(String),
}

fn one(bench: &Bench, mutation: &Mutation, wide: bool) -> Result<Noticed> {
    let id = mutation.id();
    let mut targets: Vec<&Target> = Vec::new();
    for named in &mutation.caught_by {
        if !targets.contains(&&named.target) {
            targets.push(&named.target);
        }
    }
    for target in targets {
        let of_target = mutation.caught_by.iter().filter(|named| named.target == *target);
        let tests: Vec<String> = of_target.map(|named| named.test.clone()).collect();
        match bench.run(&id, target, Which::Named(&tests))? {
            Ran::Passed(_) => {}
            Ran::Failed(failed) => {
                let test = failed.first().or(tests.first()).cloned().unwrap_or_default();
                return Ok(Noticed::By(test));
            }
            Ran::Endless => {
                let test = tests.first().cloned().unwrap_or_default();
                return Ok(Noticed::By(format!("{test}, which did not end")));
            }
            Ran::NotCompiled => {
                let log = bench.log(&id);
                return Ok(Noticed::Not(format!(
                    "it does not compile, so it is no mutation; see {}",
                    log.display()
                )));
            }
        }
    }
    if !wide {
        return Ok(Noticed::Not("survived".to_owned()));
    }
    // All of the package's own tests, then all that see the whole.
    let own = mutation
        .caught_by
        .iter()
        .map(|named| &named.target)
        .find(|target| matches!(target, Target::Unit(_)));
    let whole = (&Target::Whole, Which::Like(&WIDE));
    for (target, which) in own.map(|own| (own, Which::Like(&[]))).into_iter().chain([whole]) {
        if let Ran::Failed(failed) = bench.run(&id, target, which)? {
            return Ok(Noticed::Not(format!(
                "noticed by others: name {} in {target}",
                failed.first().map_or("one of them", String::as_str)
            )));
        }
    }
    Ok(Noticed::Not("survived every test without a stack".to_owned()))
}

fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}
