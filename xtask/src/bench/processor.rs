//! How long the processes of a stack have worked, by whose they are. Linux alone tells.

use std::fs;

/// Ticks of a second in which `/proc` counts; the same on every Linux that people use.
const TICKS_PER_S: f64 = 100.0;

/// Processor time in seconds since a stack was started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worked {
    pub functions_s: f64,
    pub engine_s: f64,
    pub states_s: f64,
}

impl Worked {
    /// What was worked until now.
    pub(super) fn now(engine: u32, states: Option<u32>) -> Self {
        let mut worked = Self::default();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok());
            let Some(pid) = pid else { continue };
            // One that ends meanwhile is counted among its parent's children.
            let Ok(line) = fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            let Some(stat) = Stat::read(&line) else { continue };
            if pid == engine {
                worked.engine_s += stat.own_s;
                // Functions whose process has ended.
                worked.functions_s += stat.children_s;
            } else if Some(pid) == states {
                worked.states_s += stat.own_s;
            } else if stat.group == engine {
                worked.functions_s += stat.own_s;
            }
        }
        worked
    }

    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            functions_s: self.functions_s - earlier.functions_s,
            engine_s: self.engine_s - earlier.engine_s,
            states_s: self.states_s - earlier.states_s,
        }
    }
}

struct Stat {
    group: u32,
    own_s: f64,
    children_s: f64,
}

impl Stat {
    /// Of a line of `/proc/PID/stat`. The program's name may hold anything, so fields are counted from its closing bracket.
    fn read(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let seconds = |first: usize| -> Option<f64> {
            let ticks: f64 = fields.get(first)?.parse().ok()?;
            let more: f64 = fields.get(first + 1)?.parse().ok()?;
            Some((ticks + more) / TICKS_PER_S)
        };
        Some(Self {
            group: fields.get(2)?.parse().ok()?,
            own_s: seconds(11)?,
            children_s: seconds(13)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_whatever_the_program_is_called() {
        let line = "42 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 20 10 20 0 1 0 1 1 1";
        let stat = Stat::read(line).unwrap();
        assert_eq!(stat.group, 7);
        assert!((stat.own_s - 2.0).abs() < 1e-9 && (stat.children_s - 0.3).abs() < 1e-9);
        assert!(Stat::read("42 (a) S 1").is_none());
    }
}
