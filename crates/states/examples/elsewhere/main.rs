//! Plays the conformance table at another engine and says what differs.
//!
//!     cargo run -p states --example elsewhere -- --endpoint-url http://127.0.0.1:4566 --name "MiniStack 1.5.33"
//!
//! Every case is played in an account of its own, for which engines take an access key of twelve digits, on real time:
//! cases that take longer than `--patience` seconds are not played. Functions and queues that a case needs are made in
//! the engine. One that can be told to ask someone else for functions and services asks the stand-in instead, at
//! `--stand-in PORT`; `launch_localemu.py` starts one that way. `--into FILE` writes the table between the lines
//! `<!-- NAME -->` and `<!-- /NAME -->` of a file. `--case NAME` plays one case.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool for developers ends by panicking"
)]

mod report;
mod run;

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use run::case::{self, Case};
use run::play::{Engine, Outcome, play};
use run::stand_in::StandIn;

const USAGE: &str = "elsewhere --endpoint-url http://HOST:PORT --name NAME [--stand-in PORT] [--patience SECONDS] \
                     [--jobs N] [--into FILE] [--case NAME]";

struct Options {
    address: SocketAddr,
    name: String,
    /// The stand-in's port, where the engine asks it by itself.
    stand_in: Option<u16>,
    patience_s: u64,
    jobs: usize,
    into: Option<String>,
    case: Option<String>,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let mut cases = case::all();
    // Loops that an engine does not end keep it busy: last.
    cases.sort_by_key(|case| case.expected.events.as_array().map_or(0, Vec::len));
    cases.retain(|case| options.case.as_ref().is_none_or(|name| case.name == *name));
    let outcomes = play_all(&cases, &options);
    let tables = report::tables(&outcomes);
    println!("{tables}");
    if let Some(file) = &options.into {
        let text = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, report::placed(&text, &options.name, &tables)).unwrap();
    }
    ExitCode::SUCCESS
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        name: String::new(),
        stand_in: None,
        patience_s: 20,
        jobs: 3,
        into: None,
        case: None,
    };
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(format!("{option} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{option} is a number"));
        match option.as_str() {
            "--endpoint-url" => options.address = address(&value)?,
            "--name" => options.name = value,
            "--stand-in" => options.stand_in = Some(number()? as u16),
            "--patience" => options.patience_s = number()?,
            "--jobs" => options.jobs = number()? as usize,
            "--into" => options.into = Some(value),
            "--case" => options.case = Some(value),
            _ => return Err(format!("there is no option {option}")),
        }
    }
    match options.address.port() == 0 || options.name.is_empty() {
        true => Err("--endpoint-url and --name are needed".to_owned()),
        false => Ok(options),
    }
}

fn address(url: &str) -> Result<SocketAddr, String> {
    let host = url.strip_prefix("http://").map(|host| host.trim_end_matches('/'));
    let found = host.and_then(|host| host.to_socket_addrs().ok()?.next());
    found.ok_or(format!("--endpoint-url is http://HOST:PORT, not {url}"))
}

/// Plays the cases, some at the same time; what came of each, by name.
fn play_all(cases: &[Case], options: &Options) -> Vec<(String, Outcome)> {
    let stand_in = StandIn::start(options.stand_in.unwrap_or(0)).unwrap();
    let engine = Engine {
        address: options.address,
        asks: options.stand_in.is_some(),
        hurried: false,
        patience_ms: options.patience_s * 1_000,
        slack_ms: 5_000,
    };
    // Accounts must be new to the engine.
    let first = std::process::id() as usize % 90_000 * 1_000;
    let waiting = Mutex::new(cases.iter().enumerate());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let Some((index, case)) = waiting.lock().unwrap().next() else {
                        break;
                    };
                    let account = format!("1{:011}", first + index);
                    let outcome = play(case, &engine, &stand_in, &account);
                    eprintln!("{}", case.name);
                    outcomes.lock().unwrap().push((case.name.clone(), outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by(|left, right| left.0.cmp(&right.0));
    outcomes
}
