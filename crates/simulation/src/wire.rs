//! What every call of a port goes over: it takes a little time there, and may meet a fault.
//!
//! A call suspends the function that makes it, twice: on the way there and on the way back. Between the two lies
//! its effect. So two functions that run at the same time really interleave, between a read and the write that
//! depends on it too, and a function can die just before a write or just after it.

use crate::faults::{FaultPlan, Verdict};
use domain::{Fault, Timestamp};
use states::chance::Chance;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// Names a running function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// Whether a call changes something that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It looks.
    Read,
    /// It changes something that outlives the function.
    Write,
}

/// Which function is being polled, and how far its clock is off.
#[derive(Clone, Debug)]
pub struct Current {
    /// The running function.
    pub task: TaskId,
    /// The function's name, e.g. `lock-ticket`.
    pub function: String,
    /// Its machine's clock minus the true one, milliseconds.
    pub skew_ms: i64,
}

/// What is known of all calls.
#[derive(Debug)]
pub struct Traffic {
    /// The true time, milliseconds since 1970.
    pub now_ms: u64,
    /// The function being polled; `None` outside of one, where calls pass at once.
    pub current: Option<Current>,
    /// When which function goes on, since the last look.
    pub wakes: Vec<(u64, TaskId)>,
    /// Functions that wait for the end of an execution, by its ARN, since the last look.
    pub waits: Vec<(String, TaskId)>,
    /// Whether the function being polled has died.
    pub died: bool,
    /// What goes wrong.
    pub plan: FaultPlan,
    /// Calls by function, and by port and method, e.g. `Orders.commit`.
    pub calls: BTreeMap<(String, &'static str), u64>,
    /// What went wrong so far, by kind.
    pub struck: BTreeMap<&'static str, u64>,
    /// What happened, for the trace, since the last look.
    pub notes: Vec<String>,
    /// Writes whose condition was false, since the last look.
    pub refusals: usize,
    chance: Chance,
}

impl Traffic {
    /// No traffic yet.
    #[must_use]
    pub fn new(now_ms: u64, seed: u64, plan: FaultPlan) -> Self {
        Self {
            now_ms,
            current: None,
            wakes: Vec::new(),
            waits: Vec::new(),
            died: false,
            plan,
            calls: BTreeMap::new(),
            struck: BTreeMap::new(),
            notes: Vec::new(),
            refusals: 0,
            chance: Chance::new(seed ^ 0x7261_6666_6963),
        }
    }

    /// Counts something that went wrong.
    pub(crate) fn strike(&mut self, what: &'static str) {
        *self.struck.entry(what).or_default() += 1;
    }

    fn wake_in(&mut self, ms: u64) {
        if let Some(current) = &self.current {
            self.wakes.push((self.now_ms + ms, current.task));
        }
    }

    fn note(&mut self, what: &str) {
        let who = self
            .current
            .as_ref()
            .map_or("nobody", |current| &current.function);
        self.notes.push(format!("{who}: {what}"));
    }
}

/// The way to a port. Without traffic (`Wire::default()`) every call passes at once.
#[derive(Clone, Debug, Default)]
pub struct Wire(Option<Arc<Mutex<Traffic>>>);

impl Wire {
    /// A wire in this traffic.
    #[must_use]
    pub fn new(traffic: Arc<Mutex<Traffic>>) -> Self {
        Self(Some(traffic))
    }

    /// The traffic, if a function is calling.
    fn traffic(&self) -> Option<MutexGuard<'_, Traffic>> {
        let traffic = lock(self.0.as_ref()?);
        traffic.current.is_some().then_some(traffic)
    }

    /// The present moment by the clock of whoever asks.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let Some(traffic) = self.0.as_ref().map(|traffic| lock(traffic)) else {
            return Timestamp::from_ms(0);
        };
        let skew_ms = traffic.current.as_ref().map_or(0, |current| current.skew_ms);
        Timestamp::from_ms(
            i64::try_from(traffic.now_ms)
                .unwrap_or(i64::MAX)
                .saturating_add(skew_ms),
        )
    }

    /// The present moment, by no function's clock: milliseconds since 1970.
    #[must_use]
    pub fn true_now_ms(&self) -> u64 {
        self.0.as_ref().map_or(0, |traffic| lock(traffic).now_ms)
    }

    /// The function that is calling; `None` outside of one.
    #[must_use]
    pub fn caller(&self) -> Option<TaskId> {
        let traffic = self.traffic()?;
        traffic.current.as_ref().map(|current| current.task)
    }

    /// Waits for an answer that does not come.
    pub async fn pause(&self, ms: u64) {
        let waits = self.traffic().is_some_and(|mut traffic| {
            traffic.wake_in(ms);
            true
        });
        if waits {
            Suspended::default().await;
        }
    }

    /// Goes there. The effect comes next, then [`Passage::back`].
    pub async fn there(&self, call: &'static str, access: Access) -> Passage<'_> {
        let verdict = self.traffic().map(|mut traffic| {
            let traffic = &mut *traffic;
            let function = traffic.current.as_ref().map_or("", |current| &current.function);
            *traffic.calls.entry((function.to_owned(), call)).or_default() += 1;
            let verdict = traffic.plan.judge(function, call, access, &mut traffic.chance);
            if verdict != Verdict::Pass {
                traffic.strike(verdict.name());
                traffic.note(&format!("{call}: {verdict:?}"));
            }
            let latency_ms = traffic.plan.latency_ms(verdict, &mut traffic.chance);
            traffic.wake_in(latency_ms);
            verdict
        });
        if let Some(verdict) = verdict {
            Suspended::default().await;
            if verdict == Verdict::DieBefore {
                self.die().await;
            }
        }
        Passage {
            wire: self,
            verdict: verdict.unwrap_or(Verdict::Pass),
        }
    }

    /// Waits for the end of an execution, but no longer than `limit_ms`.
    pub async fn until_ended(&self, arn: &str, limit_ms: u64) {
        if let Some(mut traffic) = self.traffic()
            && let Some(task) = traffic.current.as_ref().map(|current| current.task)
        {
            traffic.waits.push((arn.to_owned(), task));
            traffic.wake_in(limit_ms);
        }
        Suspended::default().await;
    }

    async fn die(&self) {
        if let Some(mut traffic) = self.traffic() {
            traffic.died = true;
        }
        std::future::pending::<()>().await;
    }
}

/// A call that has arrived.
#[derive(Debug)]
pub struct Passage<'a> {
    wire: &'a Wire,
    verdict: Verdict,
}

impl Passage<'_> {
    /// What the service makes of it before any effect.
    ///
    /// # Errors
    /// [`Fault::Transient`] when it is turned away.
    pub fn admit(&self) -> Result<(), Fault> {
        match self.verdict {
            Verdict::Throttled => Err(Fault::Transient("simulated: throttled".to_owned())),
            _ => Ok(()),
        }
    }

    /// Counts a write whose condition was false.
    pub(crate) fn was_refused(&self) {
        if let Some(mut traffic) = self.wire.traffic() {
            traffic.strike("condition that was false");
            traffic.refusals += 1;
        }
    }

    /// What comes in its way.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Goes back with the answer, if it gets there.
    ///
    /// # Errors
    /// [`Fault::Transient`] when the answer was lost.
    pub async fn back(self) -> Result<(), Fault> {
        let suspends = self.wire.traffic().is_some_and(|mut traffic| {
            let traffic = &mut *traffic;
            let latency_ms = traffic.plan.latency_ms(Verdict::Pass, &mut traffic.chance);
            if latency_ms > 0 {
                traffic.wake_in(latency_ms);
            }
            latency_ms > 0
        });
        if suspends {
            Suspended::default().await;
        }
        match self.verdict {
            Verdict::DieAfter => {
                self.wire.die().await;
                Ok(())
            }
            Verdict::AnswerLost => Err(Fault::Transient("simulated: no answer in time".to_owned())),
            _ => Ok(()),
        }
    }
}

/// Pending once.
#[derive(Debug, Default)]
struct Suspended(bool);

impl Future for Suspended {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        Poll::Pending
    }
}

/// Locks, also after a panic elsewhere: the test that panicked has failed already.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
