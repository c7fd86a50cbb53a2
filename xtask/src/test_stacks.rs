//! The stacks that the tests of the running system share.
//!
//! A test runner such as nextest gives every test a process of its own, and a stack takes longer to start than most
//! tests take to run. So `cargo xtask test` starts the stacks once, hands their addresses to the runner in one
//! environment variable, and stops them when the runner has ended, whatever came out. A test that finds no such
//! variable starts what it needs by itself, so that `cargo test` alone works too.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::failure::{Failure, Result, While};
use crate::functions::Built;
use crate::ports::Port;
use crate::project::Project;
use crate::python::Python;
use crate::stack::{Addresses, Options, Stack};
use crate::steps::Steps;

/// The environment variable that says where the stacks are.
pub const WHERE: &str = "HOLDFAST_TEST_STACKS";
/// Stacks of one kind that one process may start; tests that need more have forgotten to share.
const FOLDERS_MAX: u32 = 16;
/// A younger folder without a lock may be one whose owner is just about to lock it.
const SETTLED: Duration = Duration::from_secs(60);
/// How long the logs of a stack are kept.
const LOGS_KEPT: Duration = Duration::from_secs(24 * 3_600);

/// Which stack: they differ in how long a hold lives, and in what the simulated provider does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Holds outlive every test: for everything that is not about their end.
    Patient,
    /// Holds end within seconds: for everything that is.
    Brisk,
    /// Like brisk, and alone: for a test that counts what a stack does. The provider says nothing unasked, because
    /// what its messages find to do depends on when they come.
    Counted,
    /// Alone, and with the provider's odds: of all attempts to charge one in five is declined, and one in five times
    /// out, half of these after the money was taken. Holds outlive the test.
    Unlucky,
    /// Alone, and stopped and started while orders wait: holds outlive that, and end within the test.
    Restarted,
    /// Alone: for a test that damages what is stored, and sees it found.
    Damaged,
    /// Alone: for a test that lets time pass and makes things go wrong, for everybody on it. A hold lives its quarter of an hour.
    Hurried,
    /// Alone: its processes are killed, stopped and started under load.
    Tormented,
    /// Alone: for whoever sends it whatever can be sent, as an operator too. Holds outlive that.
    Pestered,
}

impl Kind {
    /// Those that tests share.
    pub const SHARED: [Self; 2] = [Self::Patient, Self::Brisk];

    /// Its name in the variable and in paths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Brisk => "brisk",
            Self::Counted => "counted",
            Self::Unlucky => "unlucky",
            Self::Restarted => "restarted",
            Self::Damaged => "damaged",
            Self::Hurried => "hurried",
            Self::Tormented => "tormented",
            Self::Pestered => "pestered",
        }
    }

    /// How long a hold lives, seconds.
    #[must_use]
    pub const fn hold_ttl_s(self) -> u32 {
        match self {
            Self::Patient | Self::Unlucky | Self::Damaged | Self::Hurried | Self::Pestered => 900,
            Self::Brisk => 4,
            Self::Counted => 6,
            Self::Restarted => 60,
            // Some run out while nobody answers.
            Self::Tormented => 90,
        }
    }

    /// How long a minute of supplier and delivery is, milliseconds: no longer than a test likes to wait, unless it is to
    /// outlive a restart.
    const fn delivery_minute_ms(self) -> u32 {
        match self {
            Self::Restarted => 10_000,
            // Parcels are on their way when something ends.
            Self::Tormented => 1_000,
            Self::Patient
            | Self::Brisk
            | Self::Counted
            | Self::Unlucky
            | Self::Damaged
            | Self::Hurried
            | Self::Pestered => 200,
        }
    }

    /// Parameters of the template that it alone has.
    const fn own_parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // What is counted a second time is no part of an order's cost, and must not fall into the count.
            Self::Counted => &[("SimulatorWebhooks", "off"), ("ConservationEveryMinutes", "1440")],
            Self::Unlucky => &[("SimulatorOdds", "on")],
            Self::Patient
            | Self::Brisk
            | Self::Restarted
            | Self::Damaged
            | Self::Hurried
            | Self::Tormented
            | Self::Pestered => &[],
        }
    }
}

/// A stack for tests, in a folder that nobody else uses while it lives.
#[derive(Debug)]
pub struct TestStack {
    // Ends before the lock on its folder does.
    stack: Stack,
    options: Options,
    _folder: Folder,
}

impl TestStack {
    /// Starts one. `change` may add to its options; its folder, parameters and ports are set.
    ///
    /// # Errors
    /// What [`Stack::start`] reports.
    pub fn start(
        project: &Project,
        python: &Python,
        built: &Built,
        kind: Kind,
        change: impl FnOnce(&mut Options),
    ) -> Result<Self> {
        let folder = Folder::take(project, kind)?;
        let mut options = Options::aside(folder.path.clone());
        options.parameters = vec![
            ("HoldTtlS".to_owned(), kind.hold_ttl_s().to_string()),
            (
                "DeliveryMinuteMs".to_owned(),
                kind.delivery_minute_ms().to_string(),
            ),
            // What a hold did can be looked at.
            ("HoldOrderLogLevel".to_owned(), "ALL".to_owned()),
            // An answer that never comes is given up sooner than in a shop, because a test waits for it.
            ("PaymentTimeoutS".to_owned(), "3".to_owned()),
        ];
        let own = kind.own_parameters().iter();
        options
            .parameters
            .extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        change(&mut options);
        let stack = Stack::start(project, python, built, &options, Steps::Silent)?;
        Ok(Self {
            stack,
            options,
            _folder: folder,
        })
    }

    /// Stops it; what it knows is kept for [`Stopped::start`]. Pages find it again only on a front port that was fixed.
    #[must_use]
    pub fn stop(self) -> Stopped {
        let Self {
            stack,
            options,
            _folder,
        } = self;
        stack.stop();
        Stopped { options, _folder }
    }

    /// Where it answers.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        self.stack.addresses()
    }

    /// The stack, for whoever looks after its processes.
    pub fn stack(&mut self) -> &mut Stack {
        &mut self.stack
    }

    /// The folder of its logs, kept for a day.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.options.folder.join("log")
    }
}

/// A stack for tests that was stopped and can be started again, in the same place and on what it knew.
#[derive(Debug)]
pub struct Stopped {
    options: Options,
    _folder: Folder,
}

impl Stopped {
    /// Its engine is to be on this port, as when the old one is somebody else's by now.
    #[must_use]
    pub fn with_engine_at(mut self, port: Port) -> Self {
        self.options.engine = port;
        self
    }

    /// Starts it again.
    ///
    /// # Errors
    /// What [`Stack::start`] reports.
    pub fn start(self, project: &Project, python: &Python, built: &Built) -> Result<TestStack> {
        let Self { options, _folder } = self;
        let stack = Stack::start(project, python, built, &options, Steps::Silent)?;
        Ok(TestStack {
            stack,
            options,
            _folder,
        })
    }
}

/// The shared stacks, running until this is dropped.
#[derive(Debug)]
pub struct Shared(Vec<(Kind, TestStack)>);

impl Shared {
    /// Starts all of them.
    ///
    /// # Errors
    /// What the first that does not start reports.
    pub fn start(project: &Project, python: &Python, built: &Built, steps: Steps) -> Result<Self> {
        let mut started = Vec::new();
        for kind in Kind::SHARED {
            let name = format!("{} stack for tests", kind.name());
            let stack = steps.run(&name, |step| {
                step.tell(format!("holds live {} s", kind.hold_ttl_s()));
                TestStack::start(project, python, built, kind, |_| {})
            })?;
            started.push((kind, stack));
        }
        Ok(Self(started))
    }

    /// The value of [`WHERE`].
    #[must_use]
    pub fn whereabouts(&self) -> String {
        let places: Map<String, Value> = self
            .0
            .iter()
            .map(|(kind, stack)| {
                let at = stack.addresses();
                let place = json!({ "front": at.front, "engine": at.engine, "states": at.states });
                (kind.name().to_owned(), place)
            })
            .collect();
        Value::Object(places).to_string()
    }
}

/// The address of a shared stack, if whoever started this process has started the stacks as well.
///
/// # Errors
/// The variable is there and does not read.
pub fn find(kind: Kind) -> Result<Option<Addresses>> {
    let Ok(text) = std::env::var(WHERE) else {
        return Ok(None);
    };
    let places: Value = serde_json::from_str(&text).while_doing(format!("read {WHERE}"))?;
    let place = &places[kind.name()];
    let text = |name: &str| place[name].as_str().map(str::to_owned);
    match (text("front"), text("engine")) {
        (Some(front), Some(engine)) => Ok(Some(Addresses {
            front,
            engine,
            states: text("states"),
        })),
        _ => Err(Failure::new(format!("{WHERE} names no {} stack.", kind.name()))),
    }
}

/// A folder for one stack's state and logs, never used twice.
///
/// A stack whose owner was killed is ended by its guards and takes some seconds to write its state down, so a folder
/// whose owner is gone is not free for another. What is left behind is cleared away by whoever starts a stack later.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    // The operating system takes a file lock back however the process ends.
    _lock: File,
}

const LOCK: &str = "lock";

impl Folder {
    fn take(project: &Project, kind: Kind) -> Result<Self> {
        let all = project.local("tests")?;
        fs::create_dir_all(&all).while_doing(format!("make the folder {}", all.display()))?;
        Self::clear(&all);
        for number in 1..=FOLDERS_MAX {
            let path = all.join(format!("{}-{}-{number}", kind.name(), std::process::id()));
            let doing = format!("make the folder {}", path.display());
            match fs::create_dir(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                made => made.while_doing(&doing)?,
            }
            let lock = File::create(path.join(LOCK)).while_doing(&doing)?;
            lock.try_lock().while_doing(&doing)?;
            return Ok(Self { path, _lock: lock });
        }
        Err(Failure::new(format!(
            "This process has started {FOLDERS_MAX} {} stacks already; tests are to share them.",
            kind.name()
        )))
    }

    /// Removes the state of stacks that are gone, and after a day their logs as well. One that is still being ended
    /// may write some of it again, which harms nobody: its folder is its own.
    fn clear(all: &Path) {
        for folder in fs::read_dir(all).into_iter().flatten().flatten() {
            let lock_path = folder.path().join(LOCK);
            let age = fs::metadata(&lock_path)
                .and_then(|lock| lock.modified())
                .ok()
                .and_then(|then| then.elapsed().ok());
            let is_free = File::open(&lock_path).is_ok_and(|lock| lock.try_lock().is_ok());
            match age {
                // Taken back within this process as well: a lock belongs to the open file, not to the process.
                Some(age) if is_free && age > LOGS_KEPT => {
                    let _ = fs::remove_dir_all(folder.path());
                }
                Some(age) if is_free && age > SETTLED => remove_state(&folder.path()),
                _ => {}
            }
        }
    }
}

/// Removes gigabytes of unpacked functions; what tells how it went is in `log`.
fn remove_state(folder: &Path) {
    for part in ["engine", "artefacts", "unpacked", "journal", "world"] {
        // What cannot be removed now is removed by a later run.
        let _ = fs::remove_dir_all(folder.join(part));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove_state(&self.path);
    }
}
