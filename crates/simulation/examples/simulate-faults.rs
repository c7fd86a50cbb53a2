//! Lives through days on which everything goes wrong, and says what held: `cargo xtask simulate-faults` builds and runs it.
//! An example and not a binary, so that a build of the stack need not compile the simulation.
//!
//! It ends with 0 when everything held, 1 when something did not, and 2 when it cannot be run.

use simulation::Machinery;
use simulation::day::campaign::{self, Outcome, live_safely};
use simulation::day::tally::Tally;
use simulation::day::{Day, Failed};
use simulation::definitions::read_all;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs};

const USAGE: &str =
    "simulate-faults [--seeds N] [--first S] [--seed S] [--orders N], in the project's folder";

/// What was asked for.
struct Asked {
    first: u64,
    seeds: u64,
    orders: u32,
    /// One day alone, with its whole story.
    alone: Option<u64>,
}

fn main() -> ExitCode {
    match asked(env::args().skip(1)).and_then(|asked| run(&asked)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn asked(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked {
        first: 0,
        seeds: 100,
        orders: 300,
        alone: None,
    };
    while let Some(word) = words.next() {
        let number = words.next().and_then(|text| text.parse::<u64>().ok());
        let number = number.ok_or_else(|| format!("{word} wants a number.\n{USAGE}"))?;
        match word.as_str() {
            "--seeds" => asked.seeds = number,
            "--first" => asked.first = number,
            "--seed" => asked.alone = Some(number),
            "--orders" => asked.orders = u32::try_from(number).unwrap_or(u32::MAX).clamp(1, ORDERS_MAX),
            _ => return Err(format!("There is no option {word}.\n{USAGE}")),
        }
    }
    Ok(asked)
}

/// More than these wait for a buyer that has a place left, and show nothing new.
const ORDERS_MAX: u32 = 5_000;

/// Says whether everything held.
fn run(asked: &Asked) -> Result<bool, String> {
    let definitions = read_all(Path::new("workflows")).map_err(|error| error.to_string())?;
    let machinery = Machinery::new(&definitions).map_err(|error| error.to_string())?;
    match asked.alone {
        Some(seed) => one(&machinery, seed, asked.orders),
        None => many(&machinery, asked),
    }
}

fn many(machinery: &Machinery, asked: &Asked) -> Result<bool, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let seeds = asked.first..asked.first.saturating_add(asked.seeds);
    println!(
        "{} days of {} orders, seeds {} to {}, {threads} at a time",
        asked.seeds,
        asked.orders,
        seeds.start,
        seeds.end.saturating_sub(1)
    );
    let began = Instant::now();
    let told = Mutex::new(began);
    let Outcome { tally, failed } = campaign::run(machinery, seeds, asked.orders, threads, |progress| {
        let Ok(mut told) = told.lock() else {
            return;
        };
        if told.elapsed() > Duration::from_secs(5) {
            *told = Instant::now();
            let passed_s = began.elapsed().as_secs();
            eprintln!(
                "  {passed_s:>5} s  {} days, {} orders",
                progress.days, progress.orders
            );
        }
    });
    tell(&tally, began.elapsed());
    match failed {
        None => Ok(true),
        Some((day, failed)) => {
            eprintln!("Seed {}: {}", day.seed, failed.what);
            let again = live_safely(machinery, day).err();
            let is_same = again.as_ref() == Some(&failed);
            keep(day, &failed)?;
            eprintln!(
                "Replayed, it {}. Alone: cargo xtask simulate-faults --seed {} --orders {}",
                match is_same {
                    true => "tells the same story, bit for bit",
                    false => "tells ANOTHER story: something is not drawn from the seed",
                },
                day.seed,
                day.orders
            );
            Ok(false)
        }
    }
}

fn tell(tally: &Tally, passed: Duration) {
    print!("{tally}");
    let passed_s = passed.as_secs_f64();
    let per_s = |count: f64| count / passed_s.max(0.001);
    let simulated_s = tally.simulated_ms / 1000;
    println!(
        "{} days, {} orders and {simulated_s} simulated seconds in {passed_s:.1} s: {:.2} seeds per second, {:.0} orders per \
         second, {:.0} simulated seconds per second",
        tally.days,
        tally.orders,
        per_s(tally.days as f64),
        per_s(tally.orders as f64),
        per_s(simulated_s as f64),
    );
}

/// One day alone, twice: its story, and whether it is the same again.
fn one(machinery: &Machinery, seed: u64, orders: u32) -> Result<bool, String> {
    let day = Day { seed, orders };
    let began = Instant::now();
    let (held, story) = match live_safely(machinery, day) {
        Ok(lived) => {
            tell(&lived.tally, began.elapsed());
            let failed = Failed {
                what: "everything held".to_owned(),
                story: lived.story,
            };
            (true, failed)
        }
        Err(failed) => (false, *failed),
    };
    println!("Seed {seed}: {}", story.what);
    keep(day, &story)?;
    let again = live_safely(machinery, day);
    let again = again.map_or_else(|failed| failed.story, |lived| lived.story);
    match again == story.story {
        true => println!("Replayed, it tells the same story, bit for bit."),
        false => println!("Replayed, it tells ANOTHER story: something is not drawn from the seed."),
    }
    Ok(held && again == story.story)
}

/// Writes the story down.
fn keep(day: Day, failed: &Failed) -> Result<(), String> {
    let folder = PathBuf::from(".local/simulate-faults");
    let path = folder.join(format!("seed-{}-orders-{}.txt", day.seed, day.orders));
    let text = format!("seed {}: {}\n{}", day.seed, failed.what, failed.story);
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    println!("Its whole story is in {}", path.display());
    Ok(())
}
