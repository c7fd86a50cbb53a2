//! Progress: each step has a name, shows that it is alive, and says how long it took.

use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Result;

/// Where the steps of a command are shown.
#[derive(Clone, Copy, Debug)]
pub enum Steps {
    /// On the terminal, or line by line where standard error is no terminal.
    Shown,
    /// Nowhere: for tests, which show only what failed.
    Silent,
}

/// A step under way, to which details can be told.
pub struct Step {
    bar: Option<ProgressBar>,
    detail: String,
}

impl Step {
    /// Tells what the step is doing now; the last detail stays beside the finished step.
    pub fn tell(&mut self, detail: impl Display) {
        self.detail = detail.to_string();
        if let Some(bar) = &self.bar {
            bar.set_message(self.detail.clone());
        }
    }
}

impl Steps {
    /// Runs one step under `name`.
    pub fn run<T>(self, name: &str, work: impl FnOnce(&mut Step) -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let mut step = Step {
            bar: self.bar(name),
            detail: String::new(),
        };
        let done = work(&mut step);
        if let Some(bar) = step.bar {
            bar.finish_and_clear();
        }
        if matches!(self, Self::Shown) {
            let mark = if done.is_ok() { "✓" } else { "✗" };
            eprintln!(
                "  {mark} {name:<28} {:>6.1} s  {}",
                started.elapsed().as_secs_f64(),
                step.detail
            );
        }
        done
    }

    /// Announces a step that draws its own progress (a compiler, a test runner).
    pub fn announce(self, name: &str) {
        if matches!(self, Self::Shown) {
            eprintln!("  … {name}");
        }
    }

    fn bar(self, name: &str) -> Option<ProgressBar> {
        if !matches!(self, Self::Shown) {
            return None;
        }
        if !stderr().is_terminal() {
            self.announce(name);
            return None;
        }
        let bar = ProgressBar::new_spinner();
        // The template is a constant; should it ever be wrong, a plain spinner will do.
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix:28} {elapsed:>6}  {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Some(bar)
    }
}
