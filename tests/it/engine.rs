//! The running system that tests speak to over HTTP: which stack, who asks, and how long to wait.
//!
//! `cargo xtask test` starts the stacks and says where they are; without it the first test of a process that needs
//! one starts it (see `xtask::test_stacks` for why). A stack started here is never dropped, because statics are not:
//! its processes are ended by the guard that watches over each of them, however this process ends.
//!
//! Tests share stacks and run side by side, so each signs up people of its own and sells tickets of its own.
//! Nothing here asserts how long anything takes: a wait has a condition, and a bound that only a hang reaches.

mod aws;
mod books;
mod client;
mod page;
mod payments;
mod products;
mod provider;
mod qr;
mod turn;

pub use aws::Aws;
pub use books::{booked, recorded};
pub use client::{Answer, Person, Ticket};
pub use page::LivePage;
pub use products::Product;
pub use provider::{SECRET, event, now_s, signature};
pub use qr::{read_qr, read_svg};
pub use turn::{browser_turn, turn};

use serde_json::Value;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinSet;
use xtask::functions::{Built, Tls, build};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::stack::{Addresses, Options};
use xtask::steps::Steps;
use xtask::test_stacks::{self, Kind, Stopped, TestStack};
use xtask::web::{Node, Web};

/// Longest wait for anything that must happen. A loaded machine is slow; a broken one never gets there.
pub const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// One running shop, as one test sees it.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The way in for people.
    pub front: String,
    /// The AWS APIs behind it.
    pub aws: Aws,
    http: reqwest::Client,
}

impl Shop {
    /// The shop where holds outlive every test.
    pub fn patient() -> Self {
        static STACK: OnceLock<TestStack> = OnceLock::new();
        Self::shared(Kind::Patient, &STACK)
    }

    /// The shop where holds end within seconds. A test there may say how things end, never when.
    pub fn brisk() -> Self {
        static STACK: OnceLock<TestStack> = OnceLock::new();
        Self::shared(Kind::Brisk, &STACK)
    }

    fn shared(kind: Kind, own: &'static OnceLock<TestStack>) -> Self {
        let given = test_stacks::find(kind).unwrap_or_else(|failure| panic!("{failure}"));
        Self::at(&given.unwrap_or_else(|| own.get_or_init(|| start(kind, |_| {})).addresses().clone()))
    }

    /// The shop at these addresses.
    pub fn at(addresses: &Addresses) -> Self {
        // A client belongs to the runtime of the test that uses it.
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            // A test looks at where an answer leads; it does not go there.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client without TLS can always be built");
        Self {
            front: addresses.front.replace("localhost", "127.0.0.1"),
            aws: Aws::at(addresses, http.clone()),
            http,
        }
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Person {
        Person::stranger(self.http.clone(), &self.front)
    }

    /// Somebody new, signed up.
    pub async fn person(&self, name: &str) -> Person {
        let email = format!("{name}-{}@example.com", fresh());
        self.stranger().sign_up(&email, "correct horse battery").await
    }

    /// A crowd of new people. Hashing passwords is work, so only a few sign up at a time.
    pub async fn crowd(&self, name: &str, size: usize) -> Vec<Person> {
        let mut crowd = Vec::with_capacity(size);
        while crowd.len() < size {
            let next = (size - crowd.len()).min(4);
            let shop = self.clone();
            let name = name.to_owned();
            crowd.extend(
                at_once((0..next).map(|_| {
                    let (shop, name) = (shop.clone(), name.clone());
                    async move { shop.person(&name).await }
                }))
                .await,
            );
        }
        crowd
    }
}

/// Starts a stack from a process that was not given one.
pub fn start(kind: Kind, change: impl FnOnce(&mut Options) + Send) -> TestStack {
    // On a thread of its own: the pieces of a stack bring runtimes of their own.
    std::thread::scope(|scope| scope.spawn(|| start_here(kind, change)).join())
        .unwrap_or_else(|_| panic!("the thread that starts the {} stack panicked", kind.name()))
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// Stops a stack and starts it again on what it knew.
pub fn restart(stack: TestStack) -> TestStack {
    start_again(stop(stack))
}

/// Stops a stack, so that nothing answers any more until [`start_again`].
pub fn stop(stack: TestStack) -> Stopped {
    std::thread::scope(|scope| scope.spawn(|| stack.stop()).join())
        .unwrap_or_else(|_| panic!("the thread that stops a stack panicked"))
}

/// Starts a stack that was stopped, on what it knew.
pub fn start_again(stopped: Stopped) -> TestStack {
    std::thread::scope(|scope| {
        scope
            .spawn(|| with_pieces(|project, python, built| stopped.start(project, python, built)))
            .join()
    })
    .unwrap_or_else(|_| panic!("the thread that restarts a stack panicked"))
    .unwrap_or_else(|failure| panic!("{failure}"))
}

fn start_here(kind: Kind, change: impl FnOnce(&mut Options)) -> xtask::failure::Result<TestStack> {
    with_pieces(|project, python, built| TestStack::start(project, python, built, kind, change))
}

/// What starting a stack needs. One after the other: each builds and lays out the same functions.
fn with_pieces<T>(
    begin: impl FnOnce(&Project, &Python, &Built) -> xtask::failure::Result<T>,
) -> xtask::failure::Result<T> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let project = Project::here()?;
    let python = Steps::Silent.run("Python", |step| {
        Python::prepare(&project, Environment::Engine, step)
    })?;
    let built: Built = build(&project, Tls::Without)?;
    begin(&project, &python, &built)
}

/// The folder of the workspace's programs, all of them built.
pub async fn prepared_programs() -> PathBuf {
    let building =
        tokio::task::spawn_blocking(|| with_pieces(|_, _, built| Ok(built.states.with_file_name(""))));
    building
        .await
        .unwrap_or_else(|_| panic!("the thread that builds the programs panicked"))
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// The web part with its packages installed and its pages built, and Node. After `cargo xtask test` all of it is there.
pub async fn prepared_web() -> Node {
    let preparing = tokio::task::spawn_blocking(|| {
        let project = Project::here()?;
        let web = Web::prepare(&project, Steps::Silent)?;
        web.build(&project, Steps::Silent)?;
        Ok::<_, xtask::failure::Failure>(web.node().clone())
    });
    preparing
        .await
        .unwrap_or_else(|_| panic!("the thread that builds the web part panicked"))
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// Runs all of them at the same time and returns what came out, in their order.
pub async fn at_once<F>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let mut running = JoinSet::new();
    for (index, future) in futures.into_iter().enumerate() {
        running.spawn(async move { (index, future.await) });
    }
    let mut done: Vec<(usize, F::Output)> = Vec::new();
    while let Some(ended) = running.join_next().await {
        done.push(ended.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic())));
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, output)| output).collect()
}

/// Looks until `look` finds something, and fails with the last thing seen when it takes too long.
pub async fn until<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() > deadline => {
                panic!("waited {} s for {what}; last seen: {seen}", PATIENCE.as_secs())
            }
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Text that no other test uses, in this run or an earlier one.
pub fn fresh() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now_ns = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{now_ns:x}-{}-{count}", std::process::id())
}

/// How many of the answers have this status.
pub fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// A field of a JSON value as text, or a failure that shows the value.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}
