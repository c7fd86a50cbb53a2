//! The conformance table over HTTP, at this crate's own program: what `examples/elsewhere` plays at other engines is all
//! the same here. Each case has a program of its own, whose time is hurried.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../examples/elsewhere/run/mod.rs"]
mod run;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;

use run::case::{self, Case};
use run::compare::Difference;
use run::play::{Engine, Outcome, play};
use run::stand_in::StandIn;

const ACCOUNT: &str = "123456789012";
/// Real time that a case may take whose functions answer so late that a hurried clock would overtake them.
const PATIENCE_MS: u64 = 12_000;
/// Nothing is late on a machine that is busy with other things.
const SLACK_MS: u64 = 60_000;

/// A `states serve`, which dies with this value.
struct Program(Child);

impl Program {
    fn start(stand_in: SocketAddr) -> (Program, SocketAddr) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_states"))
            .args(["serve", "--port", "0", "--account", ACCOUNT])
            .args(["--aws-endpoint", &format!("http://{stand_in}")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().parse().unwrap();
        (Program(child), address)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn played(case: &Case) -> Outcome {
    let stand_in = StandIn::start(0).unwrap();
    let (_program, address) = Program::start(stand_in.address);
    let engine = Engine {
        address,
        asks: true,
        hurried: true,
        patience_ms: PATIENCE_MS,
        slack_ms: SLACK_MS,
    };
    play(case, &engine, &stand_in, ACCOUNT)
}

#[test]
fn the_program_itself_plays_every_case_as_the_virtual_clock_does() {
    let cases = case::all();
    let waiting = Mutex::new(cases.iter());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let Some(case) = waiting.lock().unwrap().next() else {
                        break;
                    };
                    let outcome = played(case);
                    outcomes.lock().unwrap().push((case.name.as_str(), outcome));
                }
            });
        }
    });
    let mut differ = String::new();
    let mut not_played = Vec::new();
    for (name, outcome) in outcomes.into_inner().unwrap() {
        match outcome {
            Outcome::Same => {}
            Outcome::Differs(found) => {
                for difference in found {
                    match difference {
                        Difference::Done(what) | Difference::Told(what) => {
                            differ += &format!("\n{name}: {what}");
                        }
                        // Whose request arrives first is chance.
                        Difference::Woven => {}
                    }
                }
            }
            Outcome::Refused(why) => differ += &format!("\n{name} is refused: {why}"),
            Outcome::NotPlayed(why) => not_played.push(format!("{name}: {why}")),
        }
    }
    assert!(differ.is_empty(), "{differ}");
    // What only a virtual clock can play must stay the exception.
    assert!(not_played.len() <= 8, "{not_played:#?}");
}

#[test]
fn every_difference_at_another_engine_says_who_is_right() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ELSEWHERE.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (by_hand, tables) = text.split_once("<!-- ").unwrap();
    let mut differing = Vec::new();
    let mut counted = false;
    for line in tables.lines().filter(|line| line.starts_with("| ")) {
        let name = line.split('|').nth(1).unwrap().trim();
        match name {
            "What differs" | "Only history and description differ" => counted = true,
            "Not played" => counted = false,
            _ if counted => differing.push(name),
            _ => {}
        }
    }
    assert!(differing.len() > 50, "{differing:?}");
    differing.retain(|name| !by_hand.contains(&format!("`{name}`")));
    assert!(differing.is_empty(), "{differing:?}");
}
