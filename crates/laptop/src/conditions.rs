//! What is made to go wrong in the world around a local stack.

use crate::WorldError;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// So many times of scarcity are remembered; a purchase that began before all of them is long booked.
const SPANS_MAX: usize = 100;

/// The conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The simulated payment provider declines every card.
    pub declines_cards: bool,
    /// The simulated market yields nothing.
    pub market_is_scarce: bool,
}

/// The file.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    declines_cards: bool,
    /// When the market was scarce, the latest last.
    scarce: Vec<Span>,
}

/// After `from_ms`, up to and with `until_ms`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Span {
    from_ms: i64,
    until_ms: Option<i64>,
}

/// Where the conditions are kept. Without the file there are none.
#[derive(Clone, Debug)]
pub struct ConditionsFile(PathBuf);

impl ConditionsFile {
    pub(crate) fn at(file: PathBuf) -> Self {
        Self(file)
    }

    /// What is set now.
    ///
    /// # Errors
    /// [`WorldError`] when the file cannot be read.
    pub fn read(&self) -> Result<Conditions, WorldError> {
        Ok(self.stored()?.conditions())
    }

    /// Whether the market was scarce at a moment. Of a moment that is over the answer stays the same, whatever is set later.
    ///
    /// # Errors
    /// [`WorldError`] when the file cannot be read.
    pub fn was_scarce_at(&self, at: Timestamp) -> Result<bool, WorldError> {
        let at_ms = at.as_ms();
        let spans = self.stored()?.scarce;
        // The moment at which something is set belongs to what was before: somebody may have acted on that in it.
        let holds =
            |span: &Span| span.from_ms < at_ms && span.until_ms.is_none_or(|until_ms| at_ms <= until_ms);
        Ok(spans.iter().any(holds))
    }

    /// Sets all of them, from `now` on. Returns what was set before.
    ///
    /// # Errors
    /// [`WorldError`] when the file cannot be read or written; then nothing has changed.
    pub fn set(&self, wanted: Conditions, now: Timestamp) -> Result<Conditions, WorldError> {
        let failed = |error| WorldError::Io(self.0.clone(), error);
        // Of two who set at once the second sees what the first has set.
        let lock = File::create(self.0.with_extension("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut stored = self.stored()?;
        let before = stored.conditions();
        stored.declines_cards = wanted.declines_cards;
        let now_ms = now.as_ms();
        // Somebody may set the machine's clock back: then a time of scarcity neither ends before it began nor begins in the one before.
        if wanted.market_is_scarce && !before.market_is_scarce {
            let ended_ms = stored.scarce.last().and_then(|last| last.until_ms);
            stored.scarce.push(Span {
                from_ms: ended_ms.map_or(now_ms, |ended_ms| now_ms.max(ended_ms)),
                until_ms: None,
            });
        } else if !wanted.market_is_scarce
            && let Some(last) = stored.scarce.last_mut()
            && last.until_ms.is_none()
        {
            last.until_ms = Some(now_ms.max(last.from_ms));
        }
        let superfluous = stored.scarce.len().saturating_sub(SPANS_MAX);
        stored.scarce.drain(..superfluous);
        self.replace(&stored).map_err(failed)?;
        Ok(before)
    }

    fn stored(&self) -> Result<Stored, WorldError> {
        match fs::read(&self.0) {
            Ok(text) => {
                serde_json::from_slice(&text).map_err(|error| WorldError::Damaged(self.0.clone(), error))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Stored::default()),
            Err(error) => Err(WorldError::Io(self.0.clone(), error)),
        }
    }

    /// Written aside and renamed, so that whoever reads finds the old file or the new one, whole.
    fn replace(&self, stored: &Stored) -> io::Result<()> {
        let aside = self.0.with_extension("new");
        let mut file = File::create(&aside)?;
        file.write_all(&serde_json::to_vec(stored)?)?;
        file.sync_all()?;
        fs::rename(aside, &self.0)
    }
}

impl Stored {
    fn conditions(&self) -> Conditions {
        Conditions {
            declines_cards: self.declines_cards,
            market_is_scarce: self.scarce.last().is_some_and(|span| span.until_ms.is_none()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of its own, which goes with the test.
    struct Scene(ConditionsFile);

    impl Scene {
        fn new(name: &str) -> Self {
            let name = format!("laptop-conditions-{name}-{}.json", std::process::id());
            Self(ConditionsFile::at(std::env::temp_dir().join(name)))
        }

        fn set(&self, market_is_scarce: bool, now_ms: i64) -> Conditions {
            let wanted = Conditions {
                declines_cards: false,
                market_is_scarce,
            };
            self.0.set(wanted, Timestamp::from_ms(now_ms)).unwrap()
        }

        fn was_scarce_at(&self, at_ms: i64) -> bool {
            self.0.was_scarce_at(Timestamp::from_ms(at_ms)).unwrap()
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            for ending in ["json", "lock", "new"] {
                let _absent = fs::remove_file(self.0.0.with_extension(ending));
            }
        }
    }

    #[test]
    fn without_a_file_nothing_goes_wrong_and_what_is_set_is_read() {
        let scene = Scene::new("set");
        assert_eq!(scene.0.read().unwrap(), Conditions::default());
        let wanted = Conditions {
            declines_cards: true,
            market_is_scarce: true,
        };
        let before = scene.0.set(wanted, Timestamp::from_ms(5)).unwrap();
        assert_eq!(before, Conditions::default());
        assert_eq!(scene.0.read().unwrap(), wanted);
        assert_eq!(
            scene.0.set(Conditions::default(), Timestamp::from_ms(6)).unwrap(),
            wanted
        );
        assert_eq!(scene.0.read().unwrap(), Conditions::default());
    }

    #[test]
    fn what_the_market_was_at_a_moment_stays_whatever_is_set_later() {
        let scene = Scene::new("spans");
        let mut known = Vec::new();
        for (now_ms, is_scarce) in [(100, true), (150, true), (200, false), (200, false), (300, true)] {
            scene.set(is_scarce, now_ms);
            for (at_ms, was_scarce) in &known {
                assert_eq!(scene.was_scarce_at(*at_ms), *was_scarce, "{at_ms} at {now_ms}");
            }
            known.extend((0..=now_ms).map(|at_ms| (at_ms, scene.was_scarce_at(at_ms))));
        }
        assert!(!scene.was_scarce_at(100));
        assert!(scene.was_scarce_at(101) && scene.was_scarce_at(200));
        assert!(!scene.was_scarce_at(201) && !scene.was_scarce_at(300));
        assert!(scene.was_scarce_at(301));
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_the_times_in_their_order() {
        let scene = Scene::new("set-back");
        for (now_ms, is_scarce) in [
            (100, true),
            (200, false),
            (150, true),
            (120, false),
            (300, true),
            (250, false),
        ] {
            scene.set(is_scarce, now_ms);
        }
        let stored = scene.0.stored().unwrap().scarce;
        let spans: Vec<_> = stored.iter().map(|span| (span.from_ms, span.until_ms)).collect();
        assert_eq!(spans, [(100, Some(200)), (200, Some(200)), (300, Some(300))]);
        assert!(scene.was_scarce_at(150) && !scene.was_scarce_at(250));
    }

    #[test]
    fn a_damaged_file_is_neither_no_condition_nor_written_over() {
        let scene = Scene::new("damaged");
        fs::write(&scene.0.0, r#"{"declines_cards":true}"#).unwrap();
        let read = scene.0.read().map_err(|error| error.to_string());
        assert!(read.unwrap_err().contains("does not read"));
        let set = scene.0.set(Conditions::default(), Timestamp::from_ms(1));
        assert!(matches!(set, Err(WorldError::Damaged(..))));
        assert_eq!(
            fs::read_to_string(&scene.0.0).unwrap(),
            r#"{"declines_cards":true}"#
        );
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let scene = Scene::new("bounded");
        for round in 0..120 {
            scene.set(true, round * 10);
            scene.set(false, round * 10 + 5);
        }
        assert_eq!(scene.0.stored().unwrap().scarce.len(), SPANS_MAX);
        assert!(scene.was_scarce_at(1_193));
    }
}
