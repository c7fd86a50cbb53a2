//! Tests that bring a crowd take turns: on a small machine two hundred buyers at one instant are not a race but a queue, and
//! a function that waits for its turn on the processor runs into its own time limit. So do tests with a browser, two at a
//! time: each is as much work as a crowd.

use crate::project::root;
use std::fs::{self, File};
use std::time::Duration;

/// Browsers at once.
const BROWSERS_MAX: usize = 2;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A turn; the next one begins when it is dropped, also by a process that dies.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, and let go with it")] File);

/// Waits until no other test has its turn, in whatever process it runs.
pub async fn turn() -> Turn {
    let waiting = tokio::task::spawn_blocking(|| {
        let lock = file("turn.lock");
        lock.lock().expect("it can be locked");
        Turn(lock)
    });
    waiting.await.expect("the turn comes")
}

/// Waits until fewer than two browsers run for tests, in whatever process.
pub async fn browser_turn() -> Turn {
    loop {
        for number in 1..=BROWSERS_MAX {
            let lock = file(&format!("browser-{number}.lock"));
            if lock.try_lock().is_ok() {
                return Turn(lock);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn file(name: &str) -> File {
    let folder = root().join(".local");
    fs::create_dir_all(&folder).expect("a folder for what is not kept");
    File::create(folder.join(name)).expect("a file to lock")
}
