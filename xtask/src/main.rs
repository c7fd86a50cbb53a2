//! `cargo xtask`: the project's own commands.

mod commands;

use std::ffi::OsString;
use std::process::ExitCode;

use lexopt::prelude::*;
use xtask::failure::{Failure, Result};

use commands::{
    bad_input, bench, check, demo, deploy, down, import, mutate, openapi, permissions, replay, simulate,
    simulate_faults, torment, up, viewer,
};
use xtask::simulate::options::Options;

const HELP: &str = "\
The project's own commands.

  cargo xtask up       builds everything, starts the local stack, deploys and seeds it; runs until Ctrl-C
      --port N             the port of http://localhost:N (8080)
      --hold-ttl-s N       how long a hold lives, in seconds (900)
      --fresh              forgets what an earlier stack kept
      --https              builds functions that speak to https:// addresses: Open Food Facts, Stripe
      --endpoint-url URL   uses an engine that runs already, such as the one of localstack/compose.yaml
      --parameter K=V      sets a parameter of template.yaml (may be repeated)
  cargo xtask demo     tells a story over HTTP against the running stack
  cargo xtask import FILE | --api URL
                       imports products of Open Food Facts into the running stack: a dump, or pages of the search API
      --pages N            pages at most, of a dump rows (all there is; of the API a hundred)
      --from N             the page, of a dump the row, to begin at (1)
      --stock-each N       how many there are of each new product (100)
      --pause-ms N         between two pages (the parameter ImportPauseMs: 6000)
      --owner USER_ID      who owns what is imported (the seed's operator)
      --endpoint URL       where another local stack's Step Functions answer; needs --owner
  cargo xtask simulate buys as many users would, from the running stack, and checks that every promise was kept
      --rate N/s           orders begun per second, or N/m per minute (5/s)
      --for TIME           for how long: 90s, 2m, 1h (2m)
      --mix K=N,...        of what, by weight (tickets=3,dishes=2,products=4,devices=1)
      --declines N%        buyers whose first card does not work (15%)
      --leavers N%         buyers who cancel, or never pay (8%)
      --doubles N%         buyers who click twice, or repeat their request (10%)
      --on-sale N          instead: N buyers at the same instant
      --of ticket|product  at what (ticket)
      --stock K            how many tickets, or how many of the product, there are (1)
      --own                orders only what the run itself has put on sale; no dishes
      --seed N             the same choices as another run (drawn, and told)
      --settle TIME        how long to wait at the end for orders under way (12m)
      --url URL            another shop; its operator in HOLDFAST_OPERATOR=address:password
  cargo xtask simulate-faults
                       lives through days on which everything goes wrong, in one process on a virtual clock, and checks
                       at every step that nothing is sold twice and no money is lost; exits with 1 if anything is
      --seeds N            how many days, each drawn from its seed (100)
      --first S            the first seed (0)
      --orders N           orders that are wanted on each (300)
      --seed S             this day alone; its whole story goes to .local/simulate-faults/
  cargo xtask torment  kills, stops and starts the processes of a stack of its own under load, and checks that every promise was
                       kept; exits with 1 if one was not (Linux)
      --blows N            how many times something is ended (100)
      --rate N             orders begun per second (1)
      --seed N             the same choices as another run (drawn, and told)
  cargo xtask bench [starts|orders]
                       measures, optimised and as deployed: how long each function takes to start, next to a bare one; what
                       orders cost the processor, and how many there are in a second (Linux)
      --rounds N           how often each function is started (15)
      --orders N           how many of each kind (200)
  cargo xtask viewer   serves the execution viewer for any state machines, by default the running stack's
      --endpoint-url URL   an engine, or another place that answers the AWS APIs
      --profile NAME       an account: a profile of ~/.aws
      --region REGION      a region other than the profile's
      --port N             the port of http://localhost:N (8090)
  cargo xtask replay FILE
                       plays a recorded execution, as the viewer exports it, and says where its way parts from today's;
                       exits with 0 if nowhere, 1 if somewhere, 2 if it cannot be played
      --workflow NAME      on the definition of this name in workflows/
      --definition FILE    on this one (without either: on the recorded one)
  cargo xtask down     stops the running stack; what it knows is kept for the next `up`
  cargo xtask test     everything CI runs
  cargo xtask mutate   takes one protection out after the other, sees that a test notices, and tells it in docs/proof.md
      --only NAME          this mutation of tests/mutations/ alone (may be repeated)
      --room ROOM          those of one room alone
      --engine             those as well that only a running stack can see
      --again              also what was caught on this very code before
      --wide               where the named tests miss one, looks whether any other notices
      --table              runs nothing; writes the table from what is kept
  cargo xtask bad-input
                       sends a stack of its own whatever can be sent, as three people, and holds the answers to docs/openapi.json
      --examples N         requests made by chance for each operation, at most (50)
      --seed N             the same requests as another run (1)
  cargo xtask openapi  writes docs/openapi.json anew from the code
  cargo xtask permissions
                       writes tests/permissions/used.json anew: which lines of the functions' policies the last tests needed
  cargo xtask deploy   builds for AWS (arm64) and deploys to an account
      --profile NAME       a profile of ~/.aws
      --region REGION      a region other than the profile's
      --endpoint-url URL   another place that answers the AWS APIs
      --parameter K=V      sets a parameter of template.yaml (may be repeated)
";

/// A command with what was asked of it.
enum Asked {
    Help,
    Up(up::Wanted),
    Down,
    Demo,
    Import(import::Wanted),
    Simulate(Options),
    SimulateFaults(simulate_faults::Wanted),
    Torment(torment::Wanted),
    Bench(bench::Wanted),
    Viewer(viewer::Wanted),
    Mutate(mutate::Wanted),
    Replay(replay::Wanted),
    Test,
    BadInput(xtask::bad_input::asked::Asked),
    OpenApi,
    Permissions,
    Deploy(deploy::Wanted),
}

fn main() -> ExitCode {
    let done = asked().and_then(|asked| match asked {
        Asked::Help => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Asked::Up(wanted) => up::run(&wanted),
        Asked::Down => down::run(),
        Asked::Demo => demo::run(),
        Asked::Import(wanted) => import::run(&wanted),
        Asked::Simulate(options) => simulate::run(&options),
        Asked::SimulateFaults(wanted) => simulate_faults::run(&wanted),
        Asked::Torment(wanted) => torment::run(&wanted),
        Asked::Bench(wanted) => bench::run(&wanted),
        Asked::Viewer(wanted) => viewer::run(wanted),
        Asked::Mutate(wanted) => mutate::run(&wanted),
        Asked::Replay(wanted) => replay::run(&wanted),
        Asked::Test => check::run(),
        Asked::BadInput(wanted) => bad_input::run(&wanted),
        Asked::OpenApi => openapi::run(),
        Asked::Permissions => permissions::run(),
        Asked::Deploy(wanted) => deploy::run(wanted),
    });
    done.unwrap_or_else(|failure| {
        eprintln!("\n{failure}");
        ExitCode::FAILURE
    })
}

fn asked() -> Result<Asked> {
    parse(lexopt::Parser::from_env()).map_err(|error| Failure::new(format!("{error}.\n\n{HELP}")))
}

fn parse(mut words: lexopt::Parser) -> std::result::Result<Asked, lexopt::Error> {
    let Some(first) = words.next()? else {
        return Ok(Asked::Help);
    };
    let mut asked = match first {
        Short('h') | Long("help") => return Ok(Asked::Help),
        Value(name) => match name.to_string_lossy().as_ref() {
            "up" => Asked::Up(up::Wanted::default()),
            "down" => Asked::Down,
            "demo" => Asked::Demo,
            "import" => Asked::Import(import::Wanted::default()),
            "simulate" => return simulation(words.raw_args()?.collect()),
            "simulate-faults" => Asked::SimulateFaults(simulate_faults::Wanted::default()),
            "torment" => Asked::Torment(torment::Wanted::default()),
            "bench" => Asked::Bench(bench::Wanted::default()),
            "viewer" => Asked::Viewer(viewer::Wanted::default()),
            "mutate" => Asked::Mutate(mutate::Wanted::default()),
            "replay" => Asked::Replay(replay::Wanted::default()),
            "test" => Asked::Test,
            "bad-input" => Asked::BadInput(Default::default()),
            "openapi" => Asked::OpenApi,
            "permissions" => Asked::Permissions,
            "deploy" => Asked::Deploy(deploy::Wanted::default()),
            other => return Err(format!("There is no command `{other}`").into()),
        },
        other => return Err(other.unexpected()),
    };
    while let Some(word) = words.next()? {
        match (&mut asked, word) {
            (_, Short('h') | Long("help")) => return Ok(Asked::Help),
            (Asked::Up(wanted), Long("port")) => wanted.port = words.value()?.parse()?,
            (Asked::Up(wanted), Long("hold-ttl-s")) => wanted.hold_ttl_s = words.value()?.parse()?,
            (Asked::Up(wanted), Long("fresh")) => wanted.fresh = true,
            (Asked::Up(wanted), Long("https")) => wanted.https = true,
            (Asked::Up(wanted), Long("endpoint-url")) => wanted.endpoint_url = Some(words.value()?.string()?),
            (Asked::Up(wanted), Long("parameter")) => {
                wanted.parameters.push(pair(&words.value()?.string()?)?)
            }
            (Asked::Import(wanted), Value(file)) if wanted.file.is_none() => wanted.file = Some(file.into()),
            (Asked::Import(wanted), Long("api")) => wanted.api = Some(words.value()?.string()?),
            (Asked::Import(wanted), Long("pages")) => wanted.pages = Some(words.value()?.parse()?),
            (Asked::Import(wanted), Long("from")) => wanted.from = words.value()?.parse()?,
            (Asked::Import(wanted), Long("stock-each")) => wanted.stock_each = words.value()?.parse()?,
            (Asked::Import(wanted), Long("pause-ms")) => wanted.pause_ms = Some(words.value()?.parse()?),
            (Asked::Import(wanted), Long("owner")) => wanted.owner = Some(words.value()?.string()?),
            (Asked::Import(wanted), Long("endpoint")) => wanted.endpoint = Some(words.value()?.string()?),
            (Asked::SimulateFaults(wanted), Long("seeds")) => wanted.seeds = Some(words.value()?.parse()?),
            (Asked::SimulateFaults(wanted), Long("first")) => wanted.first = Some(words.value()?.parse()?),
            (Asked::SimulateFaults(wanted), Long("seed")) => wanted.seed = Some(words.value()?.parse()?),
            (Asked::SimulateFaults(wanted), Long("orders")) => wanted.orders = Some(words.value()?.parse()?),
            (Asked::Torment(wanted), Long("blows")) => wanted.blows = words.value()?.parse()?,
            (Asked::Torment(wanted), Long("rate")) => wanted.rate = words.value()?.parse()?,
            (Asked::Torment(wanted), Long("seed")) => wanted.seed = Some(words.value()?.parse()?),
            (Asked::Bench(wanted), Value(which)) if wanted.which.is_none() => {
                wanted.which = Some(match which.to_string_lossy().as_ref() {
                    "starts" => bench::Which::Starts,
                    "orders" => bench::Which::Orders,
                    other => return Err(format!("There is no bench `{other}`").into()),
                });
            }
            (Asked::Bench(wanted), Long("rounds")) => wanted.rounds = words.value()?.parse()?,
            (Asked::Bench(wanted), Long("orders")) => wanted.orders = words.value()?.parse()?,
            (Asked::Viewer(wanted), Long("endpoint-url")) => {
                wanted.endpoint_url = Some(words.value()?.string()?)
            }
            (Asked::Viewer(wanted), Long("profile")) => wanted.profile = Some(words.value()?.string()?),
            (Asked::Viewer(wanted), Long("region")) => wanted.region = Some(words.value()?.string()?),
            (Asked::Viewer(wanted), Long("port")) => wanted.port = words.value()?.parse()?,
            (Asked::Mutate(wanted), Long("only")) => wanted.only.push(words.value()?.string()?),
            (Asked::Mutate(wanted), Long("room")) => wanted.room = Some(words.value()?.string()?),
            (Asked::Mutate(wanted), Long("engine")) => wanted.engine = true,
            (Asked::Mutate(wanted), Long("again")) => wanted.again = true,
            (Asked::Mutate(wanted), Long("wide")) => wanted.wide = true,
            (Asked::Mutate(wanted), Long("table")) => wanted.table = true,
            (Asked::BadInput(wanted), Long("examples")) => wanted.examples = words.value()?.parse()?,
            (Asked::BadInput(wanted), Long("seed")) => wanted.seed = words.value()?.parse()?,
            (Asked::Replay(wanted), Value(file)) if wanted.file.is_none() => wanted.file = Some(file.into()),
            (Asked::Replay(wanted), Long("definition")) => wanted.definition = Some(words.value()?.into()),
            (Asked::Replay(wanted), Long("workflow")) => wanted.workflow = Some(words.value()?.string()?),
            (Asked::Deploy(wanted), Long("profile")) => wanted.profile = Some(words.value()?.string()?),
            (Asked::Deploy(wanted), Long("region")) => wanted.region = Some(words.value()?.string()?),
            (Asked::Deploy(wanted), Long("endpoint-url")) => {
                wanted.endpoint_url = Some(words.value()?.string()?)
            }
            (Asked::Deploy(wanted), Long("parameter")) => {
                wanted.parameters.push(pair(&words.value()?.string()?)?)
            }
            (_, word) => return Err(word.unexpected()),
        }
    }
    Ok(asked)
}

/// What follows `simulate` is read, and each mistake named, where its meaning is known.
fn simulation(words: Vec<OsString>) -> std::result::Result<Asked, lexopt::Error> {
    if words.iter().any(|word| word == "-h" || word == "--help") {
        return Ok(Asked::Help);
    }
    let options = Options::parse(words, || fastrand::u64(..)).map_err(|error| error.to_string())?;
    Ok(Asked::Simulate(options))
}

fn pair(text: &str) -> std::result::Result<(String, String), lexopt::Error> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("`{text}` is not of the form NAME=VALUE").into()),
    }
}
