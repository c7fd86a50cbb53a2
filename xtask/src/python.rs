//! Python environments: found, made once, and made again only when their list of packages changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result, While};
use crate::processes::complete;
use crate::project::Project;
use crate::steps::Step;

const MISSING: &str = "Python 3.11 or newer with pip and venv is needed, for the local engine. \
    Install it (Debian and Ubuntu: `apt install python3 python3-venv`; macOS: `brew install python`) and run this again.";

/// One environment of `localstack/`, by the name of its list of packages.
#[derive(Clone, Copy, Debug)]
pub enum Environment {
    /// The engine and what deploys to it: `requirements.txt`.
    Engine,
    /// What checks the template and the workflows: `requirements-check.txt`.
    Check,
    /// What looks for weaknesses in the template: `requirements-checkov.txt`.
    Checkov,
    /// What builds for a real account: `requirements-deploy.txt`.
    Deploy,
    /// Node.js, where this machine has none: `requirements-web.txt`.
    Web,
    /// What sends whatever can be sent: `requirements-input.txt`.
    Input,
}

impl Environment {
    fn requirements(self) -> &'static str {
        match self {
            Self::Engine => "localstack/requirements.txt",
            Self::Check => "localstack/requirements-check.txt",
            Self::Checkov => "localstack/requirements-checkov.txt",
            Self::Deploy => "localstack/requirements-deploy.txt",
            Self::Web => "localstack/requirements-web.txt",
            Self::Input => "localstack/requirements-input.txt",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Engine => "python/engine",
            Self::Check => "python/check",
            Self::Checkov => "python/checkov",
            Self::Deploy => "python/deploy",
            Self::Web => "python/web",
            Self::Input => "python/input",
        }
    }
}

/// An environment that is ready for use.
#[derive(Clone, Debug)]
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// Makes sure that the environment exists and has exactly the packages its list names.
    pub fn prepare(project: &Project, environment: Environment, step: &mut Step) -> Result<Self> {
        let folder = project.local(environment.folder())?;
        let requirements = project.path(environment.requirements());
        let wanted =
            fs::read_to_string(&requirements).while_doing(format!("read {}", requirements.display()))?;
        let stamp = folder.join("installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            step.tell("as it was");
            return Ok(Self { folder });
        }
        step.tell("making an environment");
        make(&folder)?;
        let made = Self { folder };
        step.tell(format!("installing {}", environment.requirements()));
        let mut pip = made.command("python");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--requirement",
        ]);
        pip.arg(&requirements);
        complete(
            pip,
            "install the Python packages (is the package index reachable?)",
        )?;
        fs::write(&stamp, wanted).while_doing(format!("write {}", stamp.display()))?;
        step.tell("installed");
        Ok(made)
    }

    /// One of the environment's programs, which will find the others on its path.
    pub fn command(&self, program: &str) -> Command {
        let programs = self.programs();
        let mut path = programs.clone().into_os_string();
        if let Some(before) = std::env::var_os("PATH") {
            path.push(":");
            path.push(before);
        }
        let mut command = Command::new(programs.join(program));
        command
            .env("PATH", path)
            .env_remove("PYTHONHOME")
            .env_remove("PYTHONPATH");
        command
    }

    /// The folder of the environment's programs.
    pub fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// The folder of an installed package, whatever Python's version is called.
    pub fn package(&self, name: &str) -> Option<PathBuf> {
        let versions = fs::read_dir(self.folder.join("lib")).ok()?;
        versions
            .flatten()
            .map(|version| version.path().join("site-packages").join(name))
            .find(|folder| folder.is_dir())
    }
}

fn make(folder: &Path) -> Result<()> {
    let python = ["python3", "python3.13", "python3.12", "python3.11", "python"]
        .into_iter()
        .find(|name| is_new_enough(name))
        .ok_or_else(|| Failure::new(MISSING))?;
    if folder.exists() {
        fs::remove_dir_all(folder).while_doing(format!("remove the old {}", folder.display()))?;
    }
    let mut venv = Command::new(python);
    venv.args(["-m", "venv"]).arg(folder);
    complete(venv, "make a Python environment")
        .map_err(|failure| Failure::new(format!("{MISSING}\n{failure}")))
}

fn is_new_enough(python: &str) -> bool {
    Command::new(python)
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
