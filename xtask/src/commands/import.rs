//! `cargo xtask import`: products from Open Food Facts into the running stack, with a table of what came of them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use serde_json::Value;

use super::seed;
use super::session::running;
use xtask::api::Person;
use xtask::failure::{Failure, Result};
use xtask::import::{self, CREDIT, Ended, Source, Stopped, Summary};
use xtask::project::Project;
use xtask::stack::Addresses;
use xtask::steps::Steps;

/// Real products that lie in the repository, with their licence beside them.
const SAMPLE: &str = "crates/openfoodfacts/tests/data/products_sample.jsonl.gz";

/// What was asked for.
#[derive(Debug)]
pub struct Wanted {
    /// A dump on this machine.
    pub file: Option<PathBuf>,
    /// The base address of the search API.
    pub api: Option<String>,
    /// How many pages, or rows of a dump, at most.
    pub pages: Option<u64>,
    /// The page, or the row of a dump, to begin at.
    pub from: u64,
    /// How many there are of each new product.
    pub stock_each: u32,
    /// Between two pages of the API, milliseconds.
    pub pause_ms: Option<u32>,
    /// Who owns what is imported; the seed's operator when not given.
    pub owner: Option<String>,
    /// Where the stack's Step Functions answer; those of the running stack when not given.
    pub endpoint: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            file: None,
            api: None,
            pages: None,
            from: 1,
            stock_each: 100,
            pause_ms: None,
            owner: None,
            endpoint: None,
        }
    }
}

/// Imports, shows how far it is, and tells what came of it.
pub fn run(wanted: &Wanted) -> Result<ExitCode> {
    let project = Project::here()?;
    let from = match (&wanted.file, &wanted.api) {
        (Some(file), None) => Source::File(file.clone()),
        (None, Some(base)) => Source::Api(base.clone()),
        _ => {
            return Err(Failure::new(format!(
                "Say what to import: a dump (`cargo xtask import {SAMPLE}`), or `--api URL`."
            )));
        }
    };
    let (states, owner_id) = where_and_for_whom(&project, wanted)?;
    let order = import::Wanted {
        start: wanted.from,
        count: wanted.pages,
        stock_each: wanted.stock_each,
        pause_ms: wanted.pause_ms,
        ..import::Wanted::all(from, &owner_id)
    };
    let ended = Steps::Shown.run("import", |step| {
        import::run(&states, &order, |so_far| step.tell(so_far.line()))
    })?;
    match ended {
        Ended::Finished(summary) => {
            tell(&summary);
            if summary.tally.is_complete() {
                return Ok(ExitCode::SUCCESS);
            }
            Err(Failure::new(
                "The source ended in the middle: what was read until there is imported. Fetch the file again, and \
                 import it again; what is imported already stays as it is.",
            ))
        }
        Ended::Stopped(stopped) => {
            tell(&stopped.summary);
            Err(Failure::new(what_next(wanted, &stopped)))
        }
    }
}

/// Imports the sample into a stack that has just been started, aside: nobody has to wait for it.
pub fn sample_aside(project: &Project, addresses: &Addresses, owner_id: &str) {
    // Functions of an engine that somebody else started cannot read addresses of this machine.
    let Some(states) = addresses.states.clone() else {
        return;
    };
    let order = import::Wanted::all(Source::File(project.path(SAMPLE)), owner_id);
    thread::spawn(move || match import::run(&states, &order, |_| {}) {
        Ok(Ended::Finished(summary)) => eprintln!(
            "  ✓ {} products of Open Food Facts are there ({} new). {CREDIT}",
            summary.tally.kept, summary.created
        ),
        Ok(Ended::Stopped(stopped)) => eprintln!("  ✗ the sample was not imported: {}", stopped.why),
        Err(failure) => eprintln!("  ✗ the sample was not imported: {failure}"),
    });
}

/// Where the machine is, and whose the products will be.
fn where_and_for_whom(project: &Project, wanted: &Wanted) -> Result<(String, String)> {
    if let (Some(endpoint), Some(owner)) = (&wanted.endpoint, &wanted.owner) {
        return Ok((endpoint.clone(), owner.clone()));
    }
    let Some(stack) = running(project)? else {
        return Err(Failure::new(
            "No stack is running: start one with `cargo xtask up`, and run this in another terminal; or name one with \
             `--endpoint URL --owner usr_...`.",
        ));
    };
    let Some(addresses) = stack.addresses else {
        return Err(Failure::new(
            "The stack is still starting: wait until `cargo xtask up` says what to try, then run this again.",
        ));
    };
    let owner_id = match &wanted.owner {
        Some(owner) => owner.clone(),
        None => operator_id(project, &addresses)?,
    };
    let states = wanted.endpoint.clone().or(addresses.states);
    Ok((states.unwrap_or(addresses.engine), owner_id))
}

/// The id of the seed's operator: what is imported belongs to the shop, not to one of its customers.
fn operator_id(project: &Project, addresses: &Addresses) -> Result<String> {
    let seed = seed::read(project)?;
    let signed_in = Person::at(&addresses.front)
        .post("/api/users/signin", &seed["operator"])?
        .expect(200, "signing the operator in")?;
    user_id_of(&signed_in.body)
}

/// The id in the answer to signing up or in.
pub fn user_id_of(body: &Value) -> Result<String> {
    let id = body["id"].as_str();
    id.map(str::to_owned)
        .ok_or_else(|| Failure::new("The answer to signing in names no user."))
}

fn tell(summary: &Summary) {
    if summary.tally.rows() == 0 {
        return;
    }
    println!("\n{summary}\n{CREDIT}");
}

/// What stopped it, and the command that goes on.
fn what_next(wanted: &Wanted, stopped: &Stopped) -> String {
    let source = match (&wanted.file, &wanted.api) {
        (Some(file), _) => quoted(file),
        (None, api) => format!("--api {}", api.as_deref().unwrap_or_default()),
    };
    let mut command = format!("cargo xtask import {source} --from {}", stopped.at);
    if let Some(pages) = wanted.pages {
        let done = stopped.at.saturating_sub(wanted.from);
        command += &format!(" --pages {}", pages.saturating_sub(done).max(1));
    }
    if wanted.stock_each != Wanted::default().stock_each {
        command += &format!(" --stock-each {}", wanted.stock_each);
    }
    for (option, value) in [("--owner", &wanted.owner), ("--endpoint", &wanted.endpoint)] {
        if let Some(value) = value {
            command += &format!(" {option} {value}");
        }
    }
    format!(
        "{}\n\nWhen the reason is gone, go on with:\n  {command}",
        stopped.why
    )
}

fn quoted(file: &Path) -> String {
    format!("'{}'", file.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_goes_on_begins_where_it_stopped_and_reads_no_more_than_was_asked_for() {
        let wanted = Wanted {
            api: Some("http://127.0.0.1:1".to_owned()),
            pages: Some(10),
            from: 3,
            stock_each: 7,
            ..Wanted::default()
        };
        let stopped = Stopped {
            why: "It stopped.".to_owned(),
            at: 5,
            summary: Summary::default(),
        };
        assert!(
            what_next(&wanted, &stopped)
                .ends_with("cargo xtask import --api http://127.0.0.1:1 --from 5 --pages 8 --stock-each 7")
        );
        let wanted = Wanted {
            file: Some(PathBuf::from("it's.gz")),
            ..Wanted::default()
        };
        assert!(what_next(&wanted, &stopped).ends_with(r"cargo xtask import 'it'\''s.gz' --from 5"));
    }
}
