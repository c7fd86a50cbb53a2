//! Plays a scenario: starts it, answers what it asks, and fails with what it said when it fails.
//!
//! The protocol is in `web/browser/scenario.mjs`. A scenario's stay is bounded from both sides: it gives up by itself, with
//! pictures, a little before it is ended here. When this process dies its end of the pipe closes, and the scenario ends.

use crate::engine::{Shop, browser_turn, prepared_web};
use crate::project::root;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout, timeout_at};
use xtask::web::Node;

/// Longest stay on stage, without what the test was asked.
const SCENARIO_MAX: Duration = Duration::from_secs(120);
/// Longest time for one answer: a shop may have to be built and started.
const ANSWER_MAX: Duration = Duration::from_secs(300);
/// How much of what a scenario wrote goes into the message about its failure.
const TAIL_LINES: usize = 60;

/// Plays `web/browser/<name>.mjs` against `shop`, and returns what it saw. `given` is what it finds as `given`.
///
/// # Panics
/// When the scenario fails, with what it said and where its pictures are.
pub async fn play(name: &str, shop: &Shop, given: Value) -> Value {
    let none = |asked: Value| async move { panic!("the scenario asks what nobody answers: {asked}") };
    play_answering(name, shop, given, none)
        .await
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// Like [`play`], with answers to what it asks: `{"ask":"what","more":...}` to whatever is worth knowing.
///
/// # Errors
/// How the scenario failed, and where its pictures are.
pub async fn play_answering<F, A>(
    name: &str,
    shop: &Shop,
    given: Value,
    mut answer: F,
) -> Result<Value, String>
where
    F: FnMut(Value) -> A,
    A: Future<Output = Value>,
{
    let node = prepared_web().await;
    let chromium = xtask::browser::find().unwrap_or_else(|missing| panic!("{missing}"));
    let _turn = browser_turn().await;
    let mut deadline = Instant::now() + SCENARIO_MAX;
    let folder = folder(name);
    let mut running = Running::start(&node, name, &folder);
    running.tell(&json!({
        // The name under which people know it: what checks where a request comes from compares it.
        "front": shop.front.replace("127.0.0.1", "localhost"),
        "chromium": chromium,
        "folder": folder,
        "given": given,
    }));
    let mut saw = Value::Null;
    loop {
        match timeout_at(deadline, running.lines.recv()).await {
            Ok(Some(line)) => match serde_json::from_str::<Value>(&line) {
                Ok(said) if said.get("ask").is_some() => {
                    let asked_at = Instant::now();
                    let Ok(answered) = timeout(ANSWER_MAX, answer(said.clone())).await else {
                        return Err(running.failure(&format!("nobody answered {said} in time")));
                    };
                    deadline += asked_at.elapsed();
                    running.tell(&json!({ "answer": answered }));
                }
                Ok(said) if said.get("saw").is_some() => saw = said["saw"].clone(),
                // Whatever else it prints is for people.
                _ => eprintln!("{name}: {line}"),
            },
            Ok(None) => break,
            Err(_) => {
                let limit_s = SCENARIO_MAX.as_secs();
                return Err(running.failure(&format!("it hung for {limit_s} s and was ended")));
            }
        }
    }
    let status = running.child.wait().expect("the scenario's end is known");
    if status.success() {
        // Nobody looks at how it went well.
        let _ = fs::remove_dir_all(&folder);
        return Ok(saw);
    }
    Err(running.failure(&status.to_string()))
}

/// An empty folder for what is kept of a failure.
fn folder(name: &str) -> PathBuf {
    let folder = root().join(".local/tests/browser").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for what is kept of a failure");
    folder
}

/// A scenario on stage; ended when this is dropped. Its browser hangs on a pipe to it and goes with it.
struct Running {
    name: String,
    folder: PathBuf,
    child: Child,
    words: ChildStdin,
    lines: UnboundedReceiver<String>,
}

impl Running {
    fn start(node: &Node, name: &str, folder: &Path) -> Self {
        let errors = File::create(folder.join("errors.txt")).expect("a file for what it complains of");
        let mut child = node
            .command("node")
            .arg(root().join(format!("web/browser/{name}.mjs")))
            .current_dir(root().join("web"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("node starts");
        let words = child.stdin.take().expect("its input is piped");
        let out = BufReader::new(child.stdout.take().expect("its output is piped"));
        let (tell, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            child,
            words,
            lines,
        }
    }

    /// One line to the scenario. One that has ended hears nothing, and its end is told elsewhere.
    fn tell(&mut self, message: &Value) {
        let _ = writeln!(self.words, "{message}");
    }

    /// A sentence about a scenario that failed, with the end of what it said.
    fn failure(&mut self, how: &str) -> String {
        let said = fs::read_to_string(self.folder.join("errors.txt")).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        format!(
            "The scenario web/browser/{}.mjs failed ({how}).\n{}\nSee {}\n(pictures, documents and consoles of its pages)",
            self.name,
            tail.join("\n"),
            self.folder.display()
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
