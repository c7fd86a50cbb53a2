//! Running tests in the copy, and telling apart how they end.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::patch::Target;
use crate::failure::{Failure, Result, While};
use crate::processes::Guard;
use crate::project::Project;
use crate::test_stacks::WHERE;

/// Longest time to compile: the first time everything is.
const BUILD_LIMIT: Duration = Duration::from_secs(90 * 60);
/// Longest time for tests that need no stack. A mutation may make one of them run for ever.
const TEST_LIMIT: Duration = Duration::from_secs(15 * 60);
/// Longest time for tests that need one; they build the functions first.
const STACK_LIMIT: Duration = Duration::from_secs(60 * 60);
const POLL: Duration = Duration::from_millis(100);

/// Which tests.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Exactly these.
    Named(&'a [String]),
    /// All that have one of these in their names.
    Like(&'a [&'a str]),
}

/// How tests ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// So many were run, and none failed.
    Passed(usize),
    /// These failed; none when the process broke off before it could say.
    Failed(Vec<String>),
    /// They did not end.
    Endless,
    /// What they are to test does not compile.
    NotCompiled,
}

/// Where tests are run.
#[derive(Debug)]
pub struct Bench {
    root: PathBuf,
    target: PathBuf,
    logs: PathBuf,
    /// What [`WHERE`] is while tests run that need a database: a stack of the code as it is.
    pub whereabouts: Option<String>,
}

impl Bench {
    /// In the copy at `root`. What is compiled stays beside it, for the next run.
    ///
    /// # Errors
    /// The folders cannot be made.
    pub fn at(project: &Project, root: &Path) -> Result<Self> {
        let logs = project.local("mutants/logs")?;
        fs::create_dir_all(&logs).while_doing(format!("make the folder {}", logs.display()))?;
        Ok(Self {
            root: root.to_owned(),
            target: project.local("mutants/target")?,
            logs,
            whereabouts: None,
        })
    }

    /// Where everything is that a run of this name has said.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{}.log", name.replace('/', "--")))
    }

    /// Compiles and runs tests; `name` is for the log.
    ///
    /// # Errors
    /// Cargo cannot be started, or ends in a way that nobody knows.
    pub fn run(&self, name: &str, target: &Target, which: Which<'_>) -> Result<Ran> {
        let log = self.log(name);
        File::create(&log).while_doing(format!("write {}", log.display()))?;
        let mut build = self.cargo(target);
        build.arg("--no-run");
        match ended(build, &log, BUILD_LIMIT)? {
            Some(status) if status.success() => {}
            Some(_) => return Ok(Ran::NotCompiled),
            None => {
                return Err(Failure::new(format!(
                    "The compiler did not end; see {}.",
                    log.display()
                )));
            }
        }
        let said_before = text(&log).len();
        let mut tests = self.cargo(target);
        tests.arg("--");
        match which {
            Which::Named(names) => tests.arg("--exact").args(names),
            Which::Like(parts) => tests.args(parts),
        };
        let limit = if target.needs_a_stack() {
            STACK_LIMIT
        } else {
            TEST_LIMIT
        };
        let Some(status) = ended(tests, &log, limit)? else {
            return Ok(Ran::Endless);
        };
        let said = text(&log);
        let said = said.get(said_before..).unwrap_or_default();
        read(said, status.success()).ok_or_else(|| {
            Failure::new(format!(
                "cargo ended with {status}, and no test has failed; see {}.",
                log.display()
            ))
        })
    }

    fn cargo(&self, target: &Target) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.arg("test");
        match target {
            // One package alone: its features differ from those of the whole, and both are kept side by side.
            Target::Unit(package) => cargo.args(["--package", package, "--lib"]),
            Target::Beside(package, test) => cargo.args(["--package", package, "--test", test]),
            Target::Whole | Target::Database | Target::Engine => cargo.args(["--workspace", "--test", "it"]),
        };
        cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TERM_COLOR", "never")
            // A failure must leave nothing behind that the next mutation would meet.
            .env("INSTA_UPDATE", "no")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
            .env_remove(WHERE);
        if let (Target::Database, Some(whereabouts)) = (target, &self.whereabouts) {
            cargo.env(WHERE, whereabouts);
        }
        cargo
    }
}

fn text(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the test runner said; `None` when it said nothing that tells.
fn read(said: &str, is_success: bool) -> Option<Ran> {
    if is_success {
        let results = said
            .lines()
            .filter_map(|line| line.strip_prefix("test result: ok. "));
        let passed = results.filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        return Some(Ran::Passed(passed.sum()));
    }
    let failed = |line: &str| {
        let test = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
        Some(test.to_owned())
    };
    let broke_off = said.contains("(signal: ");
    let is_result = said.lines().any(|line| line.starts_with("test result: FAILED"));
    (is_result || broke_off).then(|| Ran::Failed(said.lines().filter_map(failed).collect()))
}

/// Runs a command to its end, with all that it says in the log; `None` when it did not end in time.
fn ended(mut command: Command, log: &Path, limit: Duration) -> Result<Option<ExitStatus>> {
    let doing = format!("write {}", log.display());
    let mut out = OpenOptions::new().append(true).open(log).while_doing(&doing)?;
    writeln!(out, "$ {command:?}").while_doing(&doing)?;
    let err = out.try_clone().while_doing(&doing)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        // A test that does not end is ended with all that it has started.
        .process_group(0)
        .spawn()
        .while_doing("start cargo")?;
    let _guard = Guard::over(child.id())?;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().while_doing("wait for cargo")? {
            return Ok(Some(status));
        }
        if Instant::now() > deadline {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                // An error means that it has ended just now.
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.wait().while_doing("wait for cargo")?;
            return Ok(None);
        }
        sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_is_told_by_its_name() {
        let said = "running 2 tests\ntest a::b ... FAILED\ntest a::c ... ok\n\ntest result: FAILED. 1 passed; 1 failed;\n";
        assert_eq!(read(said, false), Some(Ran::Failed(vec!["a::b".to_owned()])));
    }

    #[test]
    fn tests_that_passed_are_counted_so_that_none_is_missing() {
        let said = "test result: ok. 2 passed; 0 failed;\n\ntest result: ok. 0 passed; 0 failed;\n";
        assert_eq!(read(said, true), Some(Ran::Passed(2)));
        assert_eq!(read("", true), Some(Ran::Passed(0)));
    }

    #[test]
    fn a_process_that_broke_off_has_failed_and_a_broken_cargo_has_not() {
        let overflow = "error: test failed, to rerun pass `--lib`\n  process didn't exit successfully: `x` (signal: 6, SIGABRT)\n";
        assert_eq!(read(overflow, false), Some(Ran::Failed(Vec::new())));
        assert_eq!(read("error: no space left on device\n", false), None);
    }
}
