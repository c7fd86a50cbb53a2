//! A piece of the stack that is looked after: when its process ends, it is started again on what it has kept.
//!
//! What a piece keeps decides which ends it bears. The interpreter writes down each step before it answers, so it may be killed at
//! any moment. The engine writes its tables down when it is asked to stop, and only then: killed, it would come back without
//! the orders of this run, while the interpreter goes on with them. So that ends the stack, in a sentence that says so.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::processes::{Group, Guard};

/// A process that lived shorter than this has ended quickly.
const QUICK: Duration = Duration::from_secs(5);
/// So many quick ends in a row, and it is not started again: something is wrong that a start does not mend.
const QUICK_ENDS_MAX: u32 = 8;
/// The pause after the first quick end; each further one doubles it.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// What a piece has kept when its process is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Everything that it has answered for, however it ended.
    Always,
    /// Everything, if it was asked to stop.
    WhenStopped,
}

/// How a piece is made.
pub struct Recipe {
    /// What people call it, such as `Step Functions`.
    pub name: &'static str,
    /// Its process, each time anew.
    pub command: Box<dyn Fn() -> Command + Send + Sync>,
    /// Where it writes.
    pub log: PathBuf,
    /// Which of its ends it bears.
    pub keeps: Keeps,
}

impl fmt::Debug for Recipe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, log, keeps, .. } = self;
        out.debug_struct("Recipe")
            .field("name", name)
            .field("log", log)
            .field("keeps", keeps)
            .finish_non_exhaustive()
    }
}

/// The piece. Its process is gone when it is dropped.
#[derive(Debug)]
pub struct Piece {
    recipe: Recipe,
    process: Option<(Group, Guard)>,
    rest: Rest,
    begun: Instant,
    again_at: Option<Instant>,
}

impl Piece {
    /// Starts it for the first time.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn start(recipe: Recipe) -> Result<Self> {
        let group = Group::start(recipe.name, (recipe.command)(), &recipe.log)?;
        let guard = Guard::over(group.id())?;
        Ok(Self {
            recipe,
            process: Some((group, guard)),
            rest: Rest::default(),
            begun: Instant::now(),
            again_at: None,
        })
    }

    /// The group of its processes, by its leader's id; none while it is down.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(|(group, _)| group.id())
    }

    /// The failure of a process that ended, if it did. For whoever waits for a first answer.
    pub fn ended(&mut self) -> Option<Failure> {
        self.process.as_mut()?.0.ended()
    }

    /// Looks whether it still runs, and starts it again if it does not; returns at once. A sentence says what was done.
    ///
    /// # Errors
    /// It cannot be started again: it has not kept what it knew, or it ends as soon as it is started.
    pub fn tend(&mut self) -> Result<Option<String>> {
        let name = self.recipe.name;
        if let Some(again_at) = self.again_at {
            if Instant::now() < again_at {
                return Ok(None);
            }
            self.again_at = None;
            let group = Group::start_again(name, (self.recipe.command)(), &self.recipe.log)?;
            let guard = Guard::over(group.id())?;
            self.process = Some((group, guard));
            self.begun = Instant::now();
            return Ok(None);
        }
        let Some((group, _)) = &mut self.process else {
            return Ok(None);
        };
        let Some(status) = group.exit() else {
            return Ok(None);
        };
        if !self.recipe.keeps.bears(status) {
            let why = group
                .ended()
                .map(|failure| failure.to_string())
                .unwrap_or_default();
            return Err(Failure::new(format!(
                "{why}\nIt writes down what it knows when it is asked to stop, and only then. What this run has added is lost: \
                 begin anew with `cargo xtask up --fresh`."
            )));
        }
        let Some(pause) = self.rest.after(self.begun.elapsed()) else {
            let why = group
                .ended()
                .map(|failure| failure.to_string())
                .unwrap_or_default();
            return Err(Failure::new(format!(
                "{why}\nIt was started again {QUICK_ENDS_MAX} times and has ended at once each time."
            )));
        };
        // Whatever the leader has left of its group holds its ports.
        self.process = None;
        self.again_at = Some(Instant::now() + pause);
        let when = if pause.is_zero() {
            "now".to_owned()
        } else {
            format!("in {:.1} s", pause.as_secs_f64())
        };
        Ok(Some(format!(
            "{name} ended ({status}) and is started again {when}; it goes on with what it has written down ({}).",
            self.recipe.log.display()
        )))
    }

    /// Asks it to end and gives it `grace` to keep what it knows.
    pub fn stop(&mut self, grace: Duration) {
        self.again_at = None;
        if let Some((group, _)) = &mut self.process {
            group.stop(grace);
        }
    }
}

impl Keeps {
    fn bears(self, status: ExitStatus) -> bool {
        match self {
            Self::Always => true,
            Self::WhenStopped => status.success(),
        }
    }
}

/// How long to wait before the next start.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    quick_ends: u32,
}

impl Rest {
    /// The pause after a process that lived so long; none: it is not started again.
    fn after(&mut self, lived: Duration) -> Option<Duration> {
        if lived >= QUICK {
            self.quick_ends = 0;
            return Some(Duration::ZERO);
        }
        self.quick_ends += 1;
        let doubled = PAUSE_FIRST * 2_u32.saturating_pow(self.quick_ends - 1);
        (self.quick_ends <= QUICK_ENDS_MAX).then_some(doubled.min(PAUSE_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(folder: &str, script: &'static str, keeps: Keeps) -> Piece {
        let folder = std::env::temp_dir().join(format!("holdfast-piece-{folder}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Piece::start(Recipe {
            name: "thing",
            command: Box::new(move || {
                let mut command = Command::new("sh");
                command.args(["-c", script]);
                command
            }),
            log: folder.join("thing.log"),
            keeps,
        })
        .unwrap()
    }

    /// Looks until something is said or goes wrong.
    fn tended(piece: &mut Piece) -> Result<String> {
        loop {
            if let Some(said) = piece.tend()? {
                return Ok(said);
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_was_killed_and_has_kept_everything_is_started_again() {
        let mut piece = piece("killed", "echo here; kill -9 $$", Keeps::Always);
        let said = tended(&mut piece).unwrap();
        assert!(said.starts_with("thing ended (signal: 9"), "{said}");
        assert_eq!(piece.id(), None);
        let again = tended(&mut piece).unwrap();
        assert!(again.contains("is started again in 0.5 s"), "{again}");
        let log = std::fs::read_to_string(&piece.recipe.log).unwrap();
        assert_eq!(log, "here\nhere\n", "what the first one wrote stays");
    }

    #[test]
    fn what_has_kept_nothing_is_not_started_again() {
        let mut killed = piece("lost", "kill -9 $$", Keeps::WhenStopped);
        let failure = tended(&mut killed).unwrap_err().to_string();
        assert!(failure.contains("cargo xtask up --fresh"), "{failure}");
        let mut stopped = piece("stopped", "exit 0", Keeps::WhenStopped);
        assert!(tended(&mut stopped).unwrap().contains("goes on"));
    }

    #[test]
    fn what_ends_at_once_again_and_again_is_given_up() {
        let mut rest = Rest::default();
        let pauses: Vec<Option<Duration>> =
            (0..=QUICK_ENDS_MAX).map(|_| rest.after(Duration::ZERO)).collect();
        assert_eq!(pauses[0], Some(PAUSE_FIRST));
        assert!(pauses[..8].is_sorted(), "{pauses:?}");
        assert_eq!(pauses[7], Some(PAUSE_MAX));
        assert_eq!(pauses[8], None);
        assert_eq!(rest.after(QUICK), Some(Duration::ZERO), "it has lived since");
        assert_eq!(rest.after(Duration::ZERO), Some(PAUSE_FIRST));
    }
}
