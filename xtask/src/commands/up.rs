//! `cargo xtask up`: from a fresh clone to a running, seeded stack, and at the end back to nothing.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use super::import;
use super::seed;
use super::session::Session;
use xtask::failure::{Failure, Result, While};
use xtask::functions::{self, Tls};
use xtask::ports::Port;
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::stack::{Addresses, Options, Stack};
use xtask::steps::Steps;
use xtask::web::Web;

/// How often to look whether every piece still runs, and to start again what does not.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What was asked for.
#[derive(Debug)]
pub struct Wanted {
    /// The port of the one origin.
    pub port: u16,
    /// How long a hold lives.
    pub hold_ttl_s: u32,
    /// Whether to forget what an earlier stack kept.
    pub fresh: bool,
    /// Whether functions speak to `https://` addresses.
    pub https: bool,
    /// An engine that runs already.
    pub endpoint_url: Option<String>,
    /// Further parameters of the template.
    pub parameters: Vec<(String, String)>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            port: 8080,
            hold_ttl_s: 900,
            fresh: false,
            https: false,
            endpoint_url: None,
            parameters: Vec::new(),
        }
    }
}

/// Runs the stack until someone stops it.
pub fn run(wanted: &Wanted) -> Result<ExitCode> {
    let started = Instant::now();
    let project = Project::here()?;
    let session = Session::open(&project)?;
    let options = options(&project, wanted)?;
    // Before minutes of building: a taken port is known at once.
    options.front.choose()?;
    if wanted.fresh && options.folder.exists() {
        fs::remove_dir_all(&options.folder).while_doing(format!("remove {}", options.folder.display()))?;
    }

    let steps = Steps::Shown;
    let python = steps.run("Python environment", |step| {
        Python::prepare(&project, Environment::Engine, step)
    })?;
    Web::prepare(&project, steps)?.build(&project, steps)?;
    steps.announce("building (the first time takes minutes)");
    let tls = if wanted.https { Tls::With } else { Tls::Without };
    let built = functions::build(&project, tls)?;
    steps.run("functions laid out", |step| {
        step.tell(format!("{} in {}/", built.functions, functions::LAYOUT));
        Ok(())
    })?;
    let mut stack = Stack::start(&project, &python, &built, &options, steps)?;
    let operator_id = steps.run("seeded", |step| seed::run(&project, stack.addresses(), step))?;
    session.note(Some(stack.addresses()), wanted.hold_ttl_s)?;
    import::sample_aside(&project, stack.addresses(), &operator_id);
    eprint!("{}", what_next(stack.addresses(), &options, started.elapsed()));

    let ended = until_stopped(&mut stack)?;
    eprintln!("\nStopping; what the stack knows is kept for the next `cargo xtask up`.");
    stack.stop();
    match ended {
        None => Ok(ExitCode::SUCCESS),
        Some(failure) => Err(failure),
    }
}

fn options(project: &Project, wanted: &Wanted) -> Result<Options> {
    let mut parameters = vec![
        ("HoldTtlS".to_owned(), wanted.hold_ttl_s.to_string()),
        // Whoever tries it out should see a parcel arrive.
        ("DeliveryMinuteMs".to_owned(), "5000".to_owned()),
        ("GeneratorSchedule".to_owned(), "rate(1 minute)".to_owned()),
        // Here lines of a log cost nothing, and whoever looks at a hold should see all of it.
        ("HoldOrderLogLevel".to_owned(), "ALL".to_owned()),
    ];
    parameters.extend(wanted.parameters.iter().cloned());
    Ok(Options {
        folder: project.local("stack")?,
        front: Port::Fixed(wanted.port),
        engine: Port::Preferred(4566),
        states: Port::Preferred(4567),
        endpoint_url: wanted.endpoint_url.clone(),
        parameters,
        environment: Vec::new(),
    })
}

/// Waits for Ctrl-C, `cargo xtask down` or a closed terminal; or for a piece that has ended and cannot be started again.
fn until_stopped(stack: &mut Stack) -> Result<Option<Failure>> {
    let doing = "listen for signals";
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .while_doing(doing)?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).while_doing(doing)?;
        let mut terminate = signal(SignalKind::terminate()).while_doing(doing)?;
        let mut hang_up = signal(SignalKind::hangup()).while_doing(doing)?;
        loop {
            tokio::select! {
                _ = interrupt.recv() => return Ok(None),
                _ = terminate.recv() => return Ok(None),
                _ = hang_up.recv() => return Ok(None),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            match stack.tend() {
                Ok(said) => said.iter().for_each(|sentence| eprintln!("  {sentence}")),
                Err(failure) => return Ok(Some(failure)),
            }
        }
    })
}

fn what_next(at: &Addresses, options: &Options, took: Duration) -> String {
    let states = at.states.as_deref().unwrap_or(&at.engine);
    format!(
        "\nUp in {:.0} s.\n
  The shop            {front}
  Try the API         {front}/docs
  A whole story       cargo xtask demo                (in another terminal)
  More products       cargo xtask import FILE         (a dump of Open Food Facts)
  AWS tools           aws --endpoint-url {engine} ...
  Step Functions      aws --endpoint-url {states} stepfunctions list-state-machines
  Logs                {logs}
  Stop                Ctrl-C here, or `cargo xtask down` anywhere\n",
        took.as_secs_f64(),
        front = at.front,
        engine = at.engine,
        logs = options.folder.join("log").display(),
    )
}
