//! How long a function takes from its `exec` until it asks for its first invocation, how much memory it has used by then, and how
//! large it is; next to a bare one, in the same run.
//!
//! What AWS adds (fetching the code, starting the sandbox) is the same for both and not here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{median, quantile};
use crate::failure::{Failure, Result, While};

/// Longer than any start takes, on any machine.
const START_MAX: Duration = Duration::from_secs(20);
/// What a function asks for when it is ready.
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";

/// A program to be started, and with what.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name in the table.
    pub name: String,
    /// The file.
    pub binary: PathBuf,
    /// What AWS and the template put into its environment.
    pub environment: BTreeMap<String, String>,
}

/// One start.
struct Start {
    ms: f64,
    peak_kib: f64,
}

/// Starts every program so often, in turns with the bare one, and tells what came out as a table.
///
/// # Errors
/// A program does not start.
pub fn table(bare: &Program, programs: &[Program], rounds: u32) -> Result<String> {
    let mut starts: BTreeMap<&str, Vec<Start>> = BTreeMap::new();
    let all = || std::iter::once(bare).chain(programs);
    for _ in 0..rounds {
        for program in all() {
            starts.entry(&program.name).or_default().push(start(program)?);
        }
    }
    let figures = |name: &str, of: fn(&Start) -> f64| -> Vec<f64> {
        starts.get(name).into_iter().flatten().map(of).collect()
    };
    let bare_ms = median(&mut figures(&bare.name, |start| start.ms));
    let mut text = "| function | ms | slowest tenth | to bare | peak memory, MiB | size, MB |\n\
        |---|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for program in all() {
        let mut ms = figures(&program.name, |start| start.ms);
        let peak_mib = median(&mut figures(&program.name, |start| start.peak_kib)) / 1024.0;
        let size = fs::metadata(&program.binary)
            .while_doing(format!("look at {}", program.binary.display()))?
            .len();
        #[expect(clippy::cast_precision_loss)]
        let size_mb = size as f64 / 1e6;
        let middle = median(&mut ms);
        let _ = writeln!(
            text,
            "| `{}` | {middle:.1} | {:.1} | {:.2} | {peak_mib:.1} | {size_mb:.2} |",
            program.name,
            quantile(&mut ms, 0.9),
            middle / bare_ms
        );
    }
    Ok(text)
}

fn start(program: &Program) -> Result<Start> {
    let doing = format!("start {}", program.name);
    let listener = TcpListener::bind("127.0.0.1:0").while_doing(&doing)?;
    let address = listener.local_addr().while_doing(&doing)?.to_string();
    let (tell, told) = mpsc::channel();
    // Ends with the connection: the program either asks or is killed, and then nobody waits for this thread.
    thread::spawn(move || {
        let asked = listener.accept().ok().and_then(|(stream, _)| {
            let mut line = String::new();
            let mut reader = BufReader::new(stream);
            reader.read_line(&mut line).ok()?;
            // The connection stays open until the peak was read: a program whose connection breaks would begin to end.
            Some((Instant::now(), line, reader))
        });
        let _ = tell.send(asked);
    });
    let mut command = Command::new(&program.binary);
    command
        .env_clear()
        .envs(&program.environment)
        .env("AWS_LAMBDA_RUNTIME_API", &address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let child = command.spawn().while_doing(&doing)?;
    let mut child = Killed(child);
    let asked = told.recv_timeout(START_MAX).ok().flatten();
    let Some((ready, line, _connection)) = asked else {
        return Err(Failure::new(format!(
            "{} asked for no invocation within {} s.",
            program.name,
            START_MAX.as_secs()
        )));
    };
    if !line.starts_with(NEXT) {
        return Err(Failure::new(format!(
            "{} asked for something else first: {line}",
            program.name
        )));
    }
    Ok(Start {
        ms: (ready - begun).as_secs_f64() * 1e3,
        peak_kib: peak_kib(&mut child)?,
    })
}

/// A process that is ended when nobody needs it any more.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The most memory that a process has had resident so far.
fn peak_kib(child: &mut Killed) -> Result<f64> {
    let path = format!("/proc/{}/status", child.0.id());
    let status = fs::read_to_string(&path).while_doing(format!("read {path}"))?;
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .ok_or_else(|| Failure::new(format!("{path} does not tell the peak of memory.")))
}
