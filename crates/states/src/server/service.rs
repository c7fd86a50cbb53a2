//! The engine with its clock: requests, timers and answers all go through [`Service::perform`].

use std::collections::HashMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, oneshot, watch};

use crate::chance::Chance;
use crate::definition::services::Protocol;
use crate::engine::{ActivityTask, Call, CallKind, Engine, EngineError, Reply};
use crate::faults::{Action, Faults, Moment};

use super::api;
use super::clock::{Shown, Sleepers};
use super::clock_file::ClockFile;
use super::dispatch::Dispatcher;
use super::journal::{Journal, JournalError, operation_line};
use super::logs::Queue;
use super::operation::{Operation, Outcome};
use super::outside::Outside;
use super::permissions::Permissions;
use super::retention::{KEPT, Retainer};
use super::writer::{Disk, Written, write_all};

/// A worker's request for a task is held so long.
const POLL_MS_MAX: u64 = 60_000;

/// The longest sleep between two looks at the clock, which may be set meanwhile.
const SLEEP_MS_MAX: u64 = 60_000;

/// The engine, its clock and its journal.
pub(super) struct Service {
    state: Mutex<State>,
    /// Told when something may be due earlier than before.
    due_changed: Notify,
    /// Told when workers may find a task, or shall not wait any longer.
    task_offered: Notify,
    is_stopping: AtomicBool,
    waiting: Waiting,
    pub(super) outside: Outside,
    pub(super) permissions: Option<Permissions>,
    /// Draws the ids of requests.
    chance: Mutex<Chance>,
    /// Lines on their way to execution logs.
    pub(super) logs: Queue,
    /// Faults on purpose; gone with the process.
    pub(super) faults: Mutex<Faults>,
    pub(super) sleepers: Sleepers,
    /// Whoever lets time pass has it.
    pub(super) passing: tokio::sync::Mutex<()>,
    /// How many calls are out.
    pub(super) calls_out: watch::Sender<usize>,
}

struct State {
    engine: Engine,
    last_ms: u64,
    ahead_ms: u64,
    /// `None` once the service is closed.
    writer: Option<mpsc::Sender<Written>>,
    /// Whether the journal wants a snapshot.
    is_long: Arc<AtomicBool>,
    retainer: Retainer,
}

/// Who waits for an execution's end, by ARN.
pub(super) type Waiting = Arc<Mutex<HashMap<String, Vec<oneshot::Sender<()>>>>>;

/// Why an operation has no outcome.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The engine refused it.
    Engine(EngineError),
    /// The journal could not be written, or the service is stopping.
    Unavailable,
}

impl Service {
    /// Starts the journal's writer, and calls again what was in flight when the journal ended: AWS would lose no
    /// answer, and calling again is the one way to get it here. Functions must bear that in any case, as a
    /// retry after a time-out does the same.
    ///
    /// # Errors
    ///
    /// If the journal cannot be written.
    pub fn start(
        mut engine: Engine,
        mut journal: Journal,
        clock_file: Option<ClockFile>,
        outside: Outside,
        permissions: Option<Permissions>,
    ) -> Result<(Arc<Service>, JoinHandle<()>), JournalError> {
        if engine.is_awaited() {
            let now_ms = clock_ms().saturating_add(journal.ahead_ms).max(journal.last_ms);
            journal.perform(&Operation::GiveUpAwaited, &mut engine, now_ms)?;
        }
        let (sender, receiver) = mpsc::channel::<Written>();
        let is_long = Arc::new(AtomicBool::new(journal.is_long()));
        let in_flight: Vec<Call> = engine.open_calls().cloned().collect();
        let service = Arc::new(Service {
            state: Mutex::new(State {
                engine,
                last_ms: journal.last_ms,
                ahead_ms: journal.ahead_ms,
                writer: Some(sender),
                is_long: Arc::clone(&is_long),
                retainer: Retainer::default(),
            }),
            due_changed: Notify::new(),
            task_offered: Notify::new(),
            is_stopping: AtomicBool::new(false),
            waiting: Waiting::default(),
            outside,
            permissions,
            chance: Mutex::new(Chance::new(any_seed())),
            logs: Queue::default(),
            faults: Mutex::default(),
            sleepers: Sleepers::default(),
            passing: tokio::sync::Mutex::default(),
            calls_out: watch::Sender::new(0),
        });
        let dispatcher = Dispatcher::new(Arc::clone(&service));
        if !in_flight.is_empty() {
            tracing::info!(calls = in_flight.len(), "calling again what was in flight");
        }
        dispatcher.dispatch(in_flight);
        let logging = Arc::clone(&service);
        tokio::spawn(logging.deliver_logs());
        let waiting = Arc::clone(&service.waiting);
        let writer = thread::spawn(move || {
            let disk = Disk { journal, clock_file };
            write_all(disk, &receiver, &dispatcher, &waiting, &is_long);
        });
        Ok((service, writer))
    }

    /// Does an operation, waits until it is on disk, and only then tells its outcome.
    pub async fn perform(&self, operation: Operation) -> Result<Outcome, Refusal> {
        let (outcome, done) = {
            let mut state = self.locked();
            self.apply(&mut state, &operation)?
        };
        done.await.map_err(|_| Refusal::Unavailable)?;
        outcome.map_err(Refusal::Engine)
    }

    /// Starts an execution and waits for its end.
    pub async fn perform_to_end(&self, operation: Operation) -> Result<String, Refusal> {
        let (arn, done, ended) = {
            let mut state = self.locked();
            // Nothing can be told of the end before the lock is free again.
            let (sender, ended) = oneshot::channel();
            let (outcome, done) = self.apply_waited(&mut state, &operation, Some(sender))?;
            match outcome {
                Ok(Outcome::Started(started)) => (started.arn, done, ended),
                Ok(_) => return Err(Refusal::Unavailable),
                Err(error) => return Err(Refusal::Engine(error)),
            }
        };
        done.await.map_err(|_| Refusal::Unavailable)?;
        ended.await.map_err(|_| Refusal::Unavailable)?;
        Ok(arn)
    }

    /// Waits until there is a task for an activity's worker, and takes it. `None` if none came in time.
    pub async fn take_activity_task(
        &self,
        arn: String,
        worker: Option<String>,
    ) -> Result<Option<ActivityTask>, Refusal> {
        let until = tokio::time::Instant::now() + Duration::from_millis(POLL_MS_MAX);
        let operation = Operation::TakeActivityTask {
            arn: arn.clone(),
            worker,
        };
        loop {
            // Listens before it looks, so that nothing offered in between is missed.
            let mut offered = pin!(self.task_offered.notified());
            offered.as_mut().enable();
            let taken = {
                let mut state = self.locked();
                state.engine.activity(&arn).map_err(Refusal::Engine)?;
                match state.engine.has_activity_task(&arn) {
                    true => Some(self.apply(&mut state, &operation)?),
                    false => None,
                }
            };
            if let Some((outcome, done)) = taken {
                done.await.map_err(|_| Refusal::Unavailable)?;
                if let Outcome::ActivityTask(Some(task)) = outcome.map_err(Refusal::Engine)? {
                    return Ok(Some(task));
                }
                continue;
            }
            if self.is_stopping.load(Ordering::Relaxed) {
                return Ok(None);
            }
            tokio::select! {
                () = &mut offered => {}
                () = tokio::time::sleep_until(until) => return Ok(None),
            }
        }
    }

    /// Workers that wait for a task are told that there is none.
    pub fn end_polls(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.task_offered.notify_waiters();
    }

    fn apply(&self, state: &mut State, operation: &Operation) -> Result<Applied, Refusal> {
        self.apply_waited(state, operation, None)
    }

    fn apply_waited(
        &self,
        state: &mut State,
        operation: &Operation,
        waiter: Option<oneshot::Sender<()>>,
    ) -> Result<Applied, Refusal> {
        let Some(writer) = state.writer.clone() else {
            return Err(Refusal::Unavailable);
        };
        let passed = match operation {
            Operation::Pass { ahead_ms } => Some(*ahead_ms),
            _ => None,
        };
        state.ahead_ms = passed.unwrap_or(state.ahead_ms);
        let now_ms = state.now_ms();
        state.last_ms = now_ms;
        let line = operation_line(operation, now_ms).map_err(|_| Refusal::Unavailable)?;
        let due_before = state.engine.next_due_ms();
        let outcome = operation.apply(&mut state.engine, now_ms);
        if let (Some(waiter), Ok(Outcome::Started(started))) = (waiter, &outcome) {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.entry(started.arn.clone()).or_default().push(waiter);
        }
        let calls = std::iter::from_fn(|| state.engine.next_call()).collect();
        let (done, on_disk) = oneshot::channel();
        let ended = state.engine.take_ended();
        state.retainer.count(ended.len());
        let written = Written::Operation {
            line,
            ahead_ms: passed,
            events: state.engine.take_events_new(),
            calls,
            logged: state.engine.take_logged(),
            ended,
            done,
        };
        let mut is_sent = writer.send(written).is_ok();
        if state.is_long.swap(false, Ordering::AcqRel) {
            let cut = Written::Cut {
                engine: Box::new(state.engine.clone()),
                last_ms: now_ms,
                ahead_ms: state.ahead_ms,
            };
            is_sent = is_sent && writer.send(cut).is_ok();
        }
        if !is_sent {
            state.writer = None;
            return Err(Refusal::Unavailable);
        }
        let woken = self.sleepers.wake(now_ms);
        self.calls_out.send_if_modified(|out| {
            *out += woken;
            woken > 0
        });
        if state.engine.take_offered() {
            self.task_offered.notify_waiters();
        }
        if state.engine.next_due_ms() != due_before || passed.is_some() {
            self.due_changed.notify_one();
        }
        Ok((outcome, on_disk))
    }

    /// Performs a call and returns what came of it, whether it is this server that is asked or another one.
    pub fn reply<'a>(&'a self, call: &'a Call) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>> {
        // In a box, as what this server is asked may be to test a state that asks it again.
        Box::pin(async move {
            match &call.kind {
                CallKind::Aws {
                    service,
                    action,
                    arguments,
                } if service.protocol == Protocol::Here => {
                    Reply::Aws(api::here::answer(self, action, arguments).await)
                }
                _ => self.outside.perform(call).await,
            }
        })
    }

    /// Looks at the engine.
    pub fn look<T>(&self, look: impl FnOnce(&Engine) -> T) -> T {
        look(&self.locked().engine)
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        // The engine does not panic; should it, what it holds is still whole enough to be looked at.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id for a request, as AWS gives every answer one.
    pub fn request_id(&self) -> String {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).uuid()
    }

    /// What the clock shows.
    pub fn clock(&self) -> Shown {
        let state = self.locked();
        Shown {
            now_ms: state.now_ms(),
            ahead_ms: state.ahead_ms,
        }
    }

    /// When something is due next, milliseconds since 1970.
    pub fn next_due_ms(&self) -> Option<u64> {
        let engine_ms = self.locked().engine.next_due_ms();
        [engine_ms, self.sleepers.next_due_ms()]
            .into_iter()
            .flatten()
            .min()
    }

    /// A fault that strikes here, if any.
    pub fn strike(&self, moment: Moment, machine: &str, state: &str) -> Option<Action> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let struck = faults.strike(moment, machine, state);
        if let Some(action) = &struck {
            tracing::info!(machine, state, ?action, "a fault strikes");
        }
        struck
    }

    /// Waits on this clock, which may be hurried. Not counted as a call that is out meanwhile.
    pub async fn sleep(&self, ms: u64) {
        let due_ms = self.clock().now_ms.saturating_add(ms);
        let due = self.sleepers.add(due_ms);
        self.due_changed.notify_one();
        self.calls_out.send_modify(|out| *out -= 1);
        // Whoever wakes a sleeper counts its call as out again; it is never dropped before.
        let _gone = due.await.is_err();
    }

    /// Forgets executions that were kept long enough, if it is time to look.
    async fn forget_ended(&self) -> Result<(), Refusal> {
        let has_some = {
            let mut state = self.locked();
            let now_ms = state.now_ms();
            {
                let State { retainer, engine, .. } = &mut *state;
                retainer.is_due(engine, now_ms)
            }
        };
        if has_some {
            self.perform(Operation::Forget(KEPT)).await?;
        }
        Ok(())
    }

    /// Fires timers when they are due, until the service is closed.
    pub async fn keep_time(&self) {
        while self.locked().writer.is_some() {
            if self.forget_ended().await.is_err() {
                return;
            }
            let due_ms = self.next_due_ms();
            let now_ms = self.clock().now_ms;
            match due_ms {
                Some(due_ms) if due_ms <= now_ms => {
                    if self.perform(Operation::Wake).await.is_err() {
                        return;
                    }
                }
                _ => {
                    let sleep_ms = due_ms.map_or(SLEEP_MS_MAX, |due_ms| (due_ms - now_ms).min(SLEEP_MS_MAX));
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_millis(sleep_ms)) => {}
                        () = self.due_changed.notified() => {}
                    }
                }
            }
        }
    }

    /// Takes no more operations; what was taken is still written.
    pub fn close(&self) {
        self.locked().writer = None;
        self.due_changed.notify_one();
    }
}

/// An operation's outcome, and word of its being on disk.
type Applied = (Result<Outcome, EngineError>, oneshot::Receiver<()>);

impl State {
    /// The time, milliseconds since 1970; it never goes back.
    fn now_ms(&self) -> u64 {
        clock_ms().saturating_add(self.ahead_ms).max(self.last_ms)
    }
}

/// Ids of requests need not be unpredictable; the clock is chance enough.
fn any_seed() -> u64 {
    let mut seed = [0; 8];
    match getrandom::fill(&mut seed) {
        Ok(()) => u64::from_le_bytes(seed),
        Err(_) => clock_ms(),
    }
}

/// What the machine's clock shows, milliseconds since 1970.
pub(super) fn clock_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
