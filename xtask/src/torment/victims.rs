//! The processes of functions, as Linux tells of them: which there are, and which of them is at work at this moment.

use std::collections::BTreeMap;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::{Result, While};
use crate::proc::{Stat, stats};

/// What AWS calls the program of a function.
const PROGRAM: &str = "bootstrap";
/// By what a function's process knows its name.
const NAME: &str = "AWS_LAMBDA_FUNCTION_NAME=";
/// How long to look for one that is at work.
const LOOK_MAX: Duration = Duration::from_millis(600);
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A function's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// Its process.
    pub pid: u32,
    /// The function's name.
    pub function: String,
    /// Whether it was at work when it was found.
    pub is_at_work: bool,
}

/// A function's process of this group: one that is at work if there is one, else any; `luck` decides among several. None when
/// there is no such process.
///
/// A process that waits for its next invocation sleeps, and is not woken. So one that was woken within the last millisecond or
/// so is in the middle of something.
///
/// # Errors
/// This machine does not tell of its processes.
pub fn find(group: u32, luck: usize) -> Result<Option<Victim>> {
    let deadline = Instant::now() + LOOK_MAX;
    let mut before = wakings(group)?;
    while Instant::now() < deadline {
        sleep(LOOK_EVERY);
        let now = wakings(group)?;
        let is_at_work = |pid: &u32| before.get(pid).is_some_and(|then| *then != now[pid]);
        let at_work: Vec<u32> = now.keys().copied().filter(is_at_work).collect();
        if let Some(pid) = picked(&at_work, luck) {
            return Ok(Some(victim(pid, true)));
        }
        before = now;
    }
    let all: Vec<u32> = before.into_keys().collect();
    Ok(picked(&all, luck).map(|pid| victim(pid, false)))
}

fn picked(pids: &[u32], luck: usize) -> Option<u32> {
    pids.get(luck % pids.len().max(1)).copied()
}

fn victim(pid: u32, is_at_work: bool) -> Victim {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let function = environment
        .split(|byte| *byte == 0)
        .filter_map(|variable| std::str::from_utf8(variable).ok())
        .find_map(|variable| variable.strip_prefix(NAME));
    Victim {
        pid,
        function: function.unwrap_or("a function").to_owned(),
        is_at_work,
    }
}

/// How often each process of a function in this group was woken so far.
fn wakings(group: u32) -> Result<BTreeMap<u32, u64>> {
    let all = stats().while_doing("look for the processes of functions (this needs Linux)")?;
    let mut wakings = BTreeMap::new();
    for (pid, _) in all.iter().filter(|(_, stat)| is_of(stat, group)) {
        // Gone meanwhile: it is no victim any more.
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let count = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
            .and_then(|count| count.trim().parse().ok());
        // A process that is just ending has a status without it.
        if let Some(count) = count {
            wakings.insert(*pid, count);
        }
    }
    Ok(wakings)
}

/// Whether this line of `/proc/PID/stat` is of a function of this group.
fn is_of(stat: &str, group: u32) -> bool {
    Stat::read(stat)
        .is_some_and(|stat| stat.program == PROGRAM && stat.is_alive() && stat.group() == Some(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_about_a_process_is_read() {
        assert!(is_of("41 (bootstrap) S 7 7 7 0 -1", 7));
        assert!(!is_of("41 (bootstrap) S 7 8 7 0 -1", 7), "another group");
        assert!(!is_of("41 (python3) S 7 7 7 0 -1", 7), "the engine itself");
        assert!(!is_of("41 (bootstrap) Z 7 7 7 0 -1", 7), "dead already");
        assert!(!is_of("", 7));
    }
}
