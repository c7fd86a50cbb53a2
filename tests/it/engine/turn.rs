//! Tests that bring a crowd take turns: on a small machine two hundred buyers at one instant are not a race but a queue, and
//! a function that waits for its turn on the processor runs into its own time limit.

use crate::project::root;
use std::fs::{self, File};

/// A turn; the next one begins when it is dropped, also by a process that dies.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, and let go with it")] File);

/// Waits until no other test has its turn, in whatever process it runs.
pub async fn turn() -> Turn {
    let waiting = tokio::task::spawn_blocking(|| {
        let folder = root().join(".local");
        fs::create_dir_all(&folder).expect("a folder for what is not kept");
        let lock = File::create(folder.join("turn.lock")).expect("a file to lock");
        lock.lock().expect("it can be locked");
        Turn(lock)
    });
    waiting.await.expect("the turn comes")
}
