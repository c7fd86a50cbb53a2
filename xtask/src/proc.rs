//! What Linux tells of the processes that run.

use std::fs;
use std::io;

/// Ticks of a second in which times are told; the same on every Linux that people use.
const TICKS_PER_S: f64 = 100.0;

/// A line of `/proc/PID/stat`: `PID (program) state parent group ...`.
#[derive(Debug)]
pub struct Stat<'a> {
    /// The program's name, which may hold anything.
    pub program: &'a str,
    /// What follows it, from the state on.
    rest: Vec<&'a str>,
}

impl<'a> Stat<'a> {
    /// Reads a line; fields are counted from the name's closing bracket.
    #[must_use]
    pub fn read(line: &'a str) -> Option<Self> {
        let (before, after) = line.rsplit_once(')')?;
        Some(Self {
            program: before.split_once('(')?.1,
            rest: after.split_whitespace().collect(),
        })
    }

    /// Whether it is more than a dead process that nobody has looked after.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.rest.first().is_some_and(|state| *state != "Z")
    }

    /// The process group.
    #[must_use]
    pub fn group(&self) -> Option<u32> {
        self.rest.get(2)?.parse().ok()
    }

    /// How long it has worked, seconds.
    #[must_use]
    pub fn own_s(&self) -> Option<f64> {
        self.seconds(11)
    }

    /// How long its children have worked that have ended, seconds.
    #[must_use]
    pub fn children_s(&self) -> Option<f64> {
        self.seconds(13)
    }

    /// Time as a program and time in the kernel, which stand side by side.
    fn seconds(&self, first: usize) -> Option<f64> {
        let ticks = |place: usize| self.rest.get(place)?.parse::<f64>().ok();
        Some((ticks(first)? + ticks(first + 1)?) / TICKS_PER_S)
    }
}

/// The line of each process. One that ends meanwhile is left out.
///
/// # Errors
/// There is no `/proc`.
pub fn stats() -> io::Result<Vec<(u32, String)>> {
    let all = fs::read_dir("/proc")?.flatten();
    let read = all.filter_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        Some((pid, fs::read_to_string(process.path().join("stat")).ok()?))
    });
    Ok(read.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_whatever_the_program_is_called() {
        let line = "42 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 20 10 20 0 1 0 1 1 1";
        let stat = Stat::read(line).unwrap();
        assert_eq!((stat.program, stat.group()), ("a ) b", Some(7)));
        assert!((stat.own_s().unwrap() - 2.0).abs() < 1e-9);
        assert!((stat.children_s().unwrap() - 0.3).abs() < 1e-9);
        assert!(Stat::read("42 (a) S 1").unwrap().own_s().is_none());
    }
}
