//! The clock that functions of a local stack go by.

use crate::{Ahead, WorldError};
use domain::Timestamp;
use domain::ports::Clock;
use std::path::PathBuf;
use std::sync::Arc;

/// The machine's clock, put ahead by as much time as was let pass.
pub struct LaptopClock {
    machine: Arc<dyn Clock>,
    ahead: Ahead,
}

impl LaptopClock {
    /// The machine's clock and the file that says how far this one is ahead of it.
    ///
    /// # Errors
    /// [`WorldError`] when the file cannot be read: a function that cannot know the time does not start.
    pub fn open(machine: Arc<dyn Clock>, file: PathBuf) -> Result<Self, WorldError> {
        let ahead = Ahead::open(file)?;
        Ok(Self { machine, ahead })
    }
}

impl Clock for LaptopClock {
    fn now(&self) -> Timestamp {
        let ahead_ms = self.ahead.read_ms().unwrap_or_else(|error| {
            let known_ms = self.ahead.known_ms();
            tracing::error!(%error, known_ms, "how much time was let pass is not known; what was known before counts");
            known_ms
        });
        let machine = self.machine.now();
        Timestamp::from_ms(
            machine
                .as_ms()
                .saturating_add(i64::try_from(ahead_ms).unwrap_or(i64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(1_000)
        }
    }

    /// A file of its own, which goes with the test.
    struct Scene(PathBuf);

    impl Scene {
        fn saying(name: &str, text: &str) -> Self {
            let file = std::env::temp_dir().join(format!("laptop-{name}-{}.json", std::process::id()));
            fs::write(&file, text).unwrap();
            Self(file)
        }

        fn clock(&self) -> Result<LaptopClock, WorldError> {
            LaptopClock::open(Arc::new(Noon), self.0.clone())
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            // One test removes it itself.
            let _gone = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn it_is_ahead_by_what_the_file_says_at_each_look() {
        let scene = Scene::saying("follows", r#"{"ahead_ms":0}"#);
        let clock = scene.clock().unwrap();
        assert_eq!(clock.now().as_ms(), 1_000);
        fs::write(&scene.0, "{\"ahead_ms\":900000}\n").unwrap();
        assert_eq!(clock.now().as_ms(), 901_000);
    }

    #[test]
    fn a_file_that_vanishes_breaks_or_says_less_takes_no_time_back() {
        let scene = Scene::saying("keeps", r#"{"ahead_ms":900000}"#);
        let clock = scene.clock().unwrap();
        for text in ["", "nonsense", r#"{"ahead_ms":0}"#, r#"{"ahead_ms":-1}"#] {
            fs::write(&scene.0, text).unwrap();
            assert_eq!(clock.now().as_ms(), 901_000, "{text:?}");
        }
        fs::remove_file(&scene.0).unwrap();
        assert_eq!(clock.now().as_ms(), 901_000);
    }

    #[test]
    fn whoever_never_knew_the_time_does_not_start() {
        let scene = Scene::saying("starts", "");
        assert!(matches!(scene.clock(), Err(WorldError::Damaged(..))));
        fs::remove_file(&scene.0).unwrap();
        assert!(matches!(scene.clock(), Err(WorldError::Io(..))));
    }
}
