//! Imports products into a running stack: starts the machine `import-products`, follows it, and tells what came of it.
//!
//! The work is the stack's own; nothing is imported here. A file is served to it from this machine, because functions
//! read addresses, not disks.

mod file_server;
mod machine;
mod summary;

pub use file_server::FileServer;
pub use summary::{CREDIT, Summary};

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::failure::{Failure, Result, While};
use machine::{Machine, Status};

/// How often to look how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The machine's own limit is a day; whoever waits longer than that waits for nothing.
const WAIT_MAX: Duration = Duration::from_secs(25 * 3_600);

/// Where products come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A dump on this machine: JSON lines or TAB-separated, gzip or not.
    File(PathBuf),
    /// The search API, by its base address.
    Api(String),
}

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where from.
    pub from: Source,
    /// Who owns what is imported: a user's id.
    pub owner_id: String,
    /// The page or row to begin at, from 1.
    pub start: u64,
    /// How many pages or rows, at most.
    pub count: Option<u64>,
    /// How many there are of each new product.
    pub stock_each: u32,
    /// Between two pages, milliseconds; what was deployed when not given.
    pub pause_ms: Option<u32>,
    /// The first wait for a busy source, milliseconds.
    pub backoff_ms: Option<u32>,
}

impl Wanted {
    /// All there is at this source, for this owner, a hundred of each.
    #[must_use]
    pub fn all(from: Source, owner_id: &str) -> Self {
        Self {
            from,
            owner_id: owner_id.to_owned(),
            start: 1,
            count: None,
            stock_each: 100,
            pause_ms: None,
            backoff_ms: None,
        }
    }

    /// The machine's input.
    fn input(&self, kind: &str, url: &str) -> Value {
        let mut input = json!({
            "source": { "kind": kind, "url": url },
            "owner_id": self.owner_id,
            "from": self.start,
            "stock_each": self.stock_each,
        });
        let to = self
            .count
            .map(|count| self.start.saturating_add(count).saturating_sub(1));
        let given = [
            ("to", to.map(Value::from)),
            ("pause_ms", self.pause_ms.map(Value::from)),
            ("backoff_ms", self.backoff_ms.map(Value::from)),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                input[name] = value;
            }
        }
        input
    }
}

/// Why an import did not come to its end, and where the next one may begin.
#[derive(Debug)]
pub struct Stopped {
    /// What happened, in sentences.
    pub why: String,
    /// The page or row that was not imported whole.
    pub at: u64,
    /// What was imported until then.
    pub summary: Summary,
}

/// How an import ended.
#[derive(Debug)]
pub enum Ended {
    /// Nothing was left.
    Finished(Summary),
    /// It stopped.
    Stopped(Box<Stopped>),
}

/// Runs one import to its end. `states_url` is where the stack's Step Functions answer; `tell` hears how far it is.
///
/// # Errors
/// The file cannot be read, or the stack does not answer. An import that stops is no error of this.
pub fn run(states_url: &str, wanted: &Wanted, mut tell: impl FnMut(&Summary)) -> Result<Ended> {
    let (kind, url, _server) = match &wanted.from {
        Source::Api(base) => ("api", base.clone(), None),
        Source::File(path) => {
            let server = FileServer::start(path)?;
            ("dump", server.url(), Some(server))
        }
    };
    let machine = Machine::at(states_url);
    let execution = machine.start(&wanted.input(kind, &url))?;
    let started = Instant::now();
    let mut summary = Summary::default();
    let mut at = wanted.start;
    loop {
        let state = machine.look(&execution)?;
        if let Some(output) = &state.latest {
            summary = Summary::read(output).while_doing("read how far the import is")?;
            at = output["from"].as_u64().unwrap_or(at);
            tell(&summary);
        }
        match state.status {
            Status::Running if started.elapsed() > WAIT_MAX => {
                return Err(Failure::new(format!("{execution} does not end.")));
            }
            Status::Running => sleep(LOOK_EVERY),
            Status::Succeeded => return Ok(Ended::Finished(summary)),
            Status::Failed(why) => return Ok(Ended::Stopped(Box::new(Stopped { why, at, summary }))),
        }
    }
}
