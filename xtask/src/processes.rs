//! Child processes that never outlive us.
//!
//! Each child leads a process group of its own, so that what it starts (the engine starts function processes)
//! goes with it. A [`Guard`] ends the groups even when this process is killed without a chance to tidy up.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::failure::{Failure, Result, While};

/// How many lines of a log go into a sentence about a child that ended.
const TAIL_LINES: usize = 12;
const POLL: Duration = Duration::from_millis(20);

/// A child process and everything it starts.
#[derive(Debug)]
pub struct Group {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Group {
    /// Starts `command` as the leader of a new group; all it writes goes to `log`, which starts empty.
    pub fn start(name: &'static str, command: Command, log: &Path) -> Result<Self> {
        let out = File::create(log).while_doing(format!("start {name}"))?;
        Self::writing(name, command, log, out)
    }

    /// The same once more, after what was started first has ended: what that one wrote stays in `log`.
    pub fn start_again(name: &'static str, command: Command, log: &Path) -> Result<Self> {
        let out = File::options().create(true).append(true).open(log);
        Self::writing(
            name,
            command,
            log,
            out.while_doing(format!("start {name} again"))?,
        )
    }

    fn writing(name: &'static str, mut command: Command, log: &Path, out: File) -> Result<Self> {
        let doing = format!("start {name}");
        let err = out.try_clone().while_doing(&doing)?;
        command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0);
        let child = command.spawn().while_doing(&doing)?;
        Ok(Self {
            name,
            child,
            log: log.to_owned(),
        })
    }

    /// The group's id, which is its leader's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the leader has ended; nothing while it runs.
    pub fn exit(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// A sentence about the child's end, or nothing while it runs.
    pub fn ended(&mut self) -> Option<Failure> {
        let status = self.exit()?;
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let mut tail: Vec<&str> = log.lines().rev().take(TAIL_LINES).collect();
        tail.reverse();
        let name = self.name;
        Some(Failure::new(format!(
            "The {name} ended by itself ({status}). The end of {}:\n{}",
            self.log.display(),
            tail.join("\n")
        )))
    }

    /// Asks the leader to end and gives it `grace` to keep its state; then ends whatever is left of the group.
    pub fn stop(&mut self, grace: Duration) {
        if let Some(leader) = self.pid() {
            // An error means that it has ended already.
            let _ = kill_process(leader, Signal::TERM);
        }
        let deadline = Instant::now() + grace;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            sleep(POLL);
        }
        self.kill();
    }

    fn kill(&mut self) {
        if let Some(group) = self.pid() {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends a process group when this process is gone, however it went.
///
/// A small shell waits on a pipe whose other end only this process holds. When it closes, the shell asks the
/// group to end, and some seconds later makes it.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

const WATCH: &str = r#"read -r _
kill -TERM "$1"
for second in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 "$1" || break; done
kill -KILL -- "-$1""#;

impl Guard {
    /// Watches over the group `id` from now on.
    pub fn over(id: u32) -> Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", WATCH, "guard", &id.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group: a Ctrl-C in the terminal must not end the guard before its charges.
            .process_group(0)
            .spawn()
            .while_doing("start the guard of the child processes")?;
        Ok(Self { shell })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The group is ended by whoever holds it; from here on its id may belong to another.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// Runs `command` to its end, and makes what it said part of the failure.
pub fn complete(mut command: Command, doing: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().while_doing(doing)?;
    if output.status.success() {
        return Ok(());
    }
    // Checkers differ in where they tell what they found.
    let said = [&output.stdout, &output.stderr].map(|out| String::from_utf8_lossy(out).trim().to_owned());
    Err(Failure::new(format!(
        "cannot {doing} ({}):\n{}",
        output.status,
        said.join("\n").trim()
    )))
}
