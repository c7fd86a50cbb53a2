//! One whole stack on this machine: engine, interpreter, deployment and front, started and stopped together.
//!
//! `cargo xtask up` starts one that people use; each run of the integration tests starts one of its own on free
//! ports. Whoever holds a [`Stack`] owns its processes: when it is dropped, they are gone.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::api_page::ApiPage;
use crate::deployment::{ACCOUNT, Deployment, REGION, local_credentials};
use crate::failure::{Failure, Result, While};
use crate::front::{Front, Settings};
use crate::functions::Built;
use crate::permissions;
use crate::piece::{Keeps, Piece, Recipe};
use crate::ports::Port;
use crate::project::Project;
use crate::python::Python;
use crate::steps::Steps;

/// How long a piece may take to answer for the first time: a loaded machine is slow, a broken one says so at once.
const START_MAX: Duration = Duration::from_secs(60);
/// Longer than a connection on this machine takes.
const CONNECT_MAX: Duration = Duration::from_millis(500);
/// How long the engine may take to write its state down.
const STOP_MAX: Duration = Duration::from_secs(15);

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder for state and logs. What is in it is used, so a stack started again goes on where it stopped.
    pub folder: PathBuf,
    /// The port of the one origin.
    pub front: Port,
    /// The engine's port.
    pub engine: Port,
    /// The interpreter's port.
    pub states: Port,
    /// An engine that runs already; none is started then, and its own Step Functions are used.
    pub endpoint_url: Option<String>,
    /// Parameters of the template.
    pub parameters: Vec<(String, String)>,
    /// Environment variables of the engine, which every function inherits.
    pub environment: Vec<(String, String)>,
}

impl Options {
    /// A stack on free ports in a folder of its own, as tests want it.
    pub fn aside(folder: PathBuf) -> Self {
        Self {
            folder,
            front: Port::Any,
            engine: Port::Any,
            states: Port::Any,
            endpoint_url: None,
            parameters: Vec::new(),
            environment: Vec::new(),
        }
    }
}

/// The addresses of a running stack.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The one origin, such as `http://localhost:8080`.
    pub front: String,
    /// The engine's AWS APIs.
    pub engine: String,
    /// Our Step Functions; none where the engine's own are used.
    pub states: Option<String>,
}

/// A running stack.
///
/// The order of the fields is the order of their end: nobody is let in any more, then executions stop, then the
/// engine.
#[derive(Debug)]
pub struct Stack {
    front: Option<Front>,
    states: Option<Piece>,
    engine: Option<Piece>,
    addresses: Addresses,
    outputs: Map<String, Value>,
}

impl Stack {
    /// Starts everything and deploys the template; when this returns, the front answers.
    ///
    /// The functions must be built (see [`crate::functions::build`]) and the Python environment ready.
    pub fn start(
        project: &Project,
        python: &Python,
        built: &Built,
        options: &Options,
        steps: Steps,
    ) -> Result<Self> {
        let logs = options.folder.join("log");
        fs::create_dir_all(&logs).while_doing(format!("make the folder {}", logs.display()))?;
        let front_port = options.front.choose()?;
        let pieces = match &options.endpoint_url {
            Some(url) => {
                steps.run("engine found", |_| {
                    until_it_answers(url, "/_localstack/health", || None)
                })?;
                Pieces {
                    engine_url: url.trim_end_matches('/').to_owned(),
                    ..Pieces::default()
                }
            }
            None => Pieces::start(project, python, built, options, &logs, steps)?,
        };

        let mut parameters = options.parameters.clone();
        if !parameters.iter().any(|(given, _)| given == "PublicBaseUrl") {
            // What a short link or a QR code says is opened in a browser.
            let url = format!("http://localhost:{front_port}");
            parameters.push(("PublicBaseUrl".to_owned(), url));
        }
        if pieces.engine.is_some() {
            // Functions of a local stack cannot reach the public name of their own API.
            for (name, path) in [
                ("PaymentBaseUrl", "simulator"),
                ("WebhookUrl", "api/payments/webhook"),
            ] {
                if !parameters.iter().any(|(given, _)| given == name) {
                    let url = format!("http://127.0.0.1:{front_port}/{path}");
                    parameters.push((name.to_owned(), url));
                }
            }
            // Nor does the name of an API resolve here: the engine serves them by their path as well.
            if !parameters.iter().any(|(given, _)| given == "ExecuteApiBaseUrl") {
                let url = format!("{}/_aws/execute-api", pieces.engine_url);
                parameters.push(("ExecuteApiBaseUrl".to_owned(), url));
            }
        }
        let deployment = Deployment {
            endpoint_url: Some(pieces.engine_url.clone()),
            states_url: pieces.states_url.clone(),
            parameters,
            ..Deployment::default()
        };
        let outputs = steps.run("stack deployed", |step| {
            deployment.run(project, python, &options.folder.join("outputs.json"), step)
        })?;
        let front = steps.run("front open", |step| {
            step.tell(format!("http://localhost:{front_port}"));
            front(project, python, front_port, &pieces, &outputs)
        })?;
        Ok(Self {
            front: Some(front),
            states: pieces.states,
            engine: pieces.engine,
            addresses: Addresses {
                front: format!("http://localhost:{front_port}"),
                engine: pieces.engine_url,
                states: pieces.states_url,
            },
            outputs,
        })
    }

    /// Where the stack's pieces answer.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// One of the template's outputs.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name)?.as_str()
    }

    /// Looks after the pieces: one that has ended is started again, unless it has lost what it knew. Returns at once, and is to be
    /// called again and again. Sentences say what was done.
    ///
    /// # Errors
    /// A piece has ended that cannot be started again.
    pub fn tend(&mut self) -> Result<Vec<String>> {
        let mut said = Vec::new();
        for piece in [&mut self.states, &mut self.engine].into_iter().flatten() {
            said.extend(piece.tend()?);
        }
        Ok(said)
    }

    /// The interpreter's process; none while it is down, or where the engine's own Step Functions are used.
    #[must_use]
    pub fn states_process(&self) -> Option<u32> {
        self.states.as_ref().and_then(Piece::id)
    }

    /// The engine's process, which leads the group of the functions' processes; none while it is down, or somebody else's.
    #[must_use]
    pub fn engine_process(&self) -> Option<u32> {
        self.engine.as_ref().and_then(Piece::id)
    }

    /// Whether the engine takes connections at this moment, however long it may take to answer.
    #[must_use]
    pub fn engine_listens(&self) -> bool {
        let address = self.addresses.engine.trim_start_matches("http://").parse();
        address.is_ok_and(|address| TcpStream::connect_timeout(&address, CONNECT_MAX).is_ok())
    }

    /// Stops everything so that state is kept: executions are written down first, then the engine's tables.
    pub fn stop(mut self) {
        self.front = None;
        for piece in [&mut self.states, &mut self.engine].into_iter().flatten() {
            piece.stop(STOP_MAX);
        }
    }
}

/// The processes of a stack, before anything is deployed to them.
#[derive(Default)]
struct Pieces {
    engine: Option<Piece>,
    states: Option<Piece>,
    engine_url: String,
    states_url: Option<String>,
    /// The folder in which this stack's functions find what time it is, and what is made to go wrong.
    world: Option<PathBuf>,
}

impl Pieces {
    fn start(
        project: &Project,
        python: &Python,
        built: &Built,
        options: &Options,
        logs: &Path,
        steps: Steps,
    ) -> Result<Self> {
        // Both ports are known before either starts: each piece calls the other.
        let (engine_port, states_port) = (options.engine.choose()?, options.states.choose()?);
        let engine_url = format!("http://127.0.0.1:{engine_port}");
        let states_url = format!("http://127.0.0.1:{states_port}");
        let world = fresh(&options.folder.join("world"))?;

        let mut engine = steps.run("engine started", |step| {
            step.tell(&engine_url);
            let mut engine = Piece::start(Recipe {
                name: "engine",
                command: engine_command(project, python, engine_port, &states_url, &world, options)?,
                log: logs.join("engine.log"),
                keeps: Keeps::WhenStopped,
            })?;
            until_it_answers(&engine_url, "/_localstack/health", || engine.ended())?;
            Ok(engine)
        })?;
        let states = steps.run("Step Functions started", |step| {
            step.tell(&states_url);
            let mut states = Piece::start(Recipe {
                name: "Step Functions",
                command: states_command(built, states_port, &engine_url, &world, options)?,
                log: logs.join("states.log"),
                keeps: Keeps::Always,
            })?;
            until_it_answers(&states_url, "/health", || {
                states.ended().or_else(|| engine.ended())
            })?;
            Ok(states)
        })?;
        Ok(Self {
            engine: Some(engine),
            states: Some(states),
            engine_url,
            states_url: Some(states_url),
            world: Some(world),
        })
    }
}

/// How a piece's process is made, each time anew.
type Making = Box<dyn Fn() -> Command + Send + Sync>;

/// The interpreter, which keeps its machines and executions in a journal.
fn states_command(
    built: &Built,
    port: u16,
    engine_url: &str,
    world: &Path,
    options: &Options,
) -> Result<Making> {
    let (program, engine_url, clock) = (
        built.states.clone(),
        engine_url.to_owned(),
        laptop::clock_file(world),
    );
    let journal = fresh(&options.folder.join("journal"))?;
    Ok(Box::new(move || {
        let mut command = Command::new(&program);
        command.args([
            "serve",
            "--port",
            &port.to_string(),
            "--aws-endpoint",
            &engine_url,
        ]);
        // Machines must come out under the ARNs that the functions were given.
        command.args(["--region", REGION, "--account", ACCOUNT, "--journal"]);
        command.arg(&journal).arg("--clock-file").arg(&clock);
        // Where localstack/permissions.py answers.
        command.args(["--permissions", "/_local/permissions"]);
        local_credentials(&mut command);
        command
    }))
}

/// The engine, as its documentation in `localstack/README.md` explains it.
fn engine_command(
    project: &Project,
    python: &Python,
    port: u16,
    states_url: &str,
    world: &Path,
    options: &Options,
) -> Result<Making> {
    let (python, launch) = (python.clone(), project.path("localstack/launch.py"));
    let (states_url, world) = (states_url.to_owned(), world.to_owned());
    let environment = options.environment.clone();
    let folder = |name: &str| fresh(&options.folder.join(name));
    let (state, artefacts, unpacked) = (folder("engine")?, folder("artefacts")?, folder("unpacked")?);
    let record = options.folder.join("log").join(permissions::RECORD);
    Ok(Box::new(move || {
        let mut command = python.command("python");
        command.arg(&launch);
        local_credentials(&mut command);
        command
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            // A burst leaves hundreds of idle function processes; five minutes of them is too long for a laptop.
            .env("LAMBDA_WARM_TTL_SECONDS", "60")
            .env("MINISTACK_REGION", REGION)
            .env("PERSIST_STATE", "1")
            .env("S3_PERSIST", "1")
            .env("STATE_DIR", &state)
            .env("S3_DATA_DIR", &artefacts)
            .env("PERMISSIONS_RECORD", &record)
            .env("TMPDIR", &unpacked)
            // Inherited by every function, so that the template need not know where it runs.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("AWS_ENDPOINT_URL_SFN", &states_url)
            // Says that these are our own, whose time can be let pass.
            .env("LOCAL_STATES_URL", &states_url)
            // Functions see the time that was let pass, and what is made to go wrong.
            .env(laptop::FOLDER, &world)
            .envs(environment.iter().map(|(name, value)| (name, value)));
        command
    }))
}

fn fresh(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).while_doing(format!("make the folder {}", folder.display()))?;
    Ok(folder.to_owned())
}

fn front(
    project: &Project,
    python: &Python,
    port: u16,
    pieces: &Pieces,
    outputs: &Map<String, Value>,
) -> Result<Front> {
    let output = |name| outputs.get(name).and_then(Value::as_str).unwrap_or_default();
    // What is between the scheme and the first slash.
    let host = |url: &str| {
        let rest = url.split("://").nth(1)?;
        rest.split('/').next().map(str::to_owned)
    };
    let hosts = (
        host(&pieces.engine_url),
        host(output("HttpApiUrl")),
        host(output("LiveUrl")),
    );
    match hosts {
        (Some(engine), Some(api_host), Some(live_host)) => Front::start(Settings {
            port,
            engine,
            api_host,
            live_host,
            clock_file: pieces.world.as_deref().map(laptop::clock_file),
            site: project.path(crate::web::BUILT),
            api_page: ApiPage::of(project, python),
        }),
        _ => Err(Failure::new(
            "The stack has no output `HttpApiUrl` or `LiveUrl`, so the front does not know where its APIs are.",
        )),
    }
}

/// Waits until `url` answers anything at all, or `ended` has a reason why it never will.
fn until_it_answers(url: &str, path: &str, mut ended: impl FnMut() -> Option<Failure>) -> Result<()> {
    let deadline = Instant::now() + START_MAX;
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(2)))
        .build()
        .new_agent();
    loop {
        match agent.get(format!("{}{path}", url.trim_end_matches('/'))).call() {
            Ok(_) | Err(ureq::Error::StatusCode(_)) => return Ok(()),
            Err(_) => {}
        }
        if let Some(failure) = ended() {
            return Err(failure);
        }
        if Instant::now() > deadline {
            return Err(Failure::new(format!(
                "Nothing answered at {url} within {} s.",
                START_MAX.as_secs()
            )));
        }
        sleep(Duration::from_millis(20));
    }
}
