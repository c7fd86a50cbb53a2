//! Questions to an account that one request asks: a bounded number, several at a time.

use aws::{Account, AccountError, Api};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many questions are under way at one time: AWS allows a few hundred at once and then a handful a second.
pub(crate) const AT_ONCE: usize = 8;
/// A gateway gives up after 30 seconds, and one question may take 15.
const TIME: Duration = Duration::from_secs(10);

/// An account, with how much may still be asked of it.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    account: Account,
    left: Arc<AtomicUsize>,
    until: Instant,
}

impl Asker {
    /// May ask `calls` times.
    pub(crate) fn new(account: &Account, calls: usize) -> Self {
        Self {
            account: account.clone(),
            left: Arc::new(AtomicUsize::new(calls)),
            until: Instant::now() + TIME,
        }
    }

    /// Whether `calls` more may be asked.
    pub(crate) fn may(&self, calls: usize) -> bool {
        self.left.load(Ordering::Relaxed) >= calls && Instant::now() < self.until
    }

    /// Asks, and counts it.
    pub(crate) async fn ask(
        &self,
        api: Api,
        operation: &'static str,
        input: Value,
    ) -> Result<Value, AccountError> {
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        self.account.call(api, operation, &input).await
    }
}

/// Does all of it, several at a time; what comes of each, in their order.
pub(crate) async fn all<T, F>(work: impl IntoIterator<Item = F>) -> Vec<Option<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut waiting = work.into_iter().enumerate();
    let mut under_way = JoinSet::new();
    let mut done: Vec<Option<T>> = Vec::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some((place, one)) = waiting.next()
        {
            done.push(None);
            under_way.spawn(async move { (place, one.await) });
        }
        match under_way.join_next().await {
            // One that panicked has nothing to tell.
            Some(Ok((place, told))) => {
                if let Some(slot) = done.get_mut(place) {
                    *slot = Some(told);
                }
            }
            Some(Err(_)) => {}
            None => return done,
        }
    }
}
