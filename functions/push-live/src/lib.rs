//! `PushLive`: consumer of the streams of ledgers, tickets and orders; tells open pages what changed.
//!
//! One frame per connection and batch, as a rule. What it tells are hints, so it keeps nothing, repeats nothing and lets
//! nobody wait: a page that could not be told reads what it missed. Only when the connections themselves cannot be read is the
//! batch given back to the stream, which sends it again a little while; to be told twice does no harm.

mod changes;

pub use changes::Change;

use contract::is_operators;
use contract::live::{LiveMessage, frames};
use domain::Fault;
use domain::live::{Audience, ConnectionId, LiveConnection, PAGE_MAX, is_worth_telling, news_of};
use domain::ports::{Accounts, Clock, LiveConnections, LivePages, Posted, Sessions};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections that are told something at one time.
pub const POSTS_AT_ONCE: usize = 32;
/// Audiences whose connections are read at one time.
pub const AUDIENCES_AT_ONCE: usize = 8;
/// All of a batch; the function's own limit in template.yaml is longer. Whoever was not told by then reads.
pub const BATCH_LIMIT: Duration = Duration::from_secs(20);

/// What the function needs.
#[derive(Clone)]
pub struct PushLive {
    /// The connections.
    pub connections: Arc<dyn LiveConnections>,
    /// The way to them.
    pub pages: Arc<dyn LivePages>,
    /// Sessions that were ended: whoever signed out is told nothing of their orders any more.
    pub sessions: Arc<dyn Sessions>,
    /// Who is an operator now: whoever was dismissed is told of nobody's orders any more.
    pub accounts: Arc<dyn Accounts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What time it is by the clock that changes are dated by. On a local stack the shop's may be put ahead of it.
    pub database_clock: Arc<dyn Clock>,
}

/// What one batch came to.
#[derive(Debug, Default)]
struct Tally {
    told: AtomicU32,
    gone: AtomicU32,
    dropped: AtomicU32,
}

impl PushLive {
    /// Tells everybody concerned what changed, in the order in which it did. What is too old, or cannot be read, is passed over.
    ///
    /// # Errors
    /// [`Fault::Transient`] when connections or sessions cannot be read: the batch may come again.
    pub async fn handle(&self, changes: Vec<Change>) -> Result<(), Fault> {
        let told = self.news(changes);
        if told.is_empty() {
            return Ok(());
        }
        let tally = Arc::new(Tally::default());
        let outcome = tokio::time::timeout(BATCH_LIMIT, self.tell_all(told, &tally)).await;
        let count = |number: &AtomicU32| number.load(Ordering::Relaxed);
        let (told, gone, dropped) = (count(&tally.told), count(&tally.gone), count(&tally.dropped));
        match outcome {
            Ok(Ok(())) => {
                if dropped > 0 {
                    tracing::warn!(told, gone, dropped, "some pages were not told and have to read");
                } else if told + gone > 0 {
                    tracing::info!(told, gone, "pages were told");
                }
                Ok(())
            }
            Ok(Err(fault)) => Err(fault),
            Err(_) => {
                tracing::warn!(
                    told,
                    gone,
                    dropped,
                    "the time was over before every page was told"
                );
                Ok(())
            }
        }
    }

    /// What each audience is told.
    fn news(&self, changes: Vec<Change>) -> BTreeMap<Audience, Vec<LiveMessage>> {
        let now = self.database_clock.now();
        let mut told: BTreeMap<Audience, Vec<LiveMessage>> = BTreeMap::new();
        for change in changes {
            if !is_worth_telling(change.at, now) {
                continue;
            }
            let keys = serde_json::Value::from(change.keys.clone()).to_string();
            match change.read() {
                Ok(Some(change)) => {
                    for (audience, news) in news_of(change) {
                        told.entry(audience).or_default().push(news.into());
                    }
                }
                Ok(None) => {}
                Err(fault) => tracing::error!(keys, %fault, "a change was passed over"),
            }
        }
        told
    }

    async fn tell_all(
        &self,
        told: BTreeMap<Audience, Vec<LiveMessage>>,
        tally: &Arc<Tally>,
    ) -> Result<(), Fault> {
        let posts = Arc::new(Semaphore::new(POSTS_AT_ONCE));
        let mut reading: JoinSet<Result<(), Fault>> = JoinSet::new();
        let mut outcome = Ok(());
        for (audience, messages) in told {
            if reading.len() == AUDIENCES_AT_ONCE {
                outcome = outcome.and(joined(reading.join_next().await.unwrap_or(Ok(Ok(())))));
            }
            let (function, posts, tally) = (self.clone(), Arc::clone(&posts), Arc::clone(tally));
            reading.spawn(async move { function.tell(&audience, &messages, &posts, &tally).await });
        }
        while let Some(done) = reading.join_next().await {
            outcome = outcome.and(joined(done));
        }
        outcome
    }

    /// Tells one audience, all of it: no topic takes more than a batch's time is long enough for. Its connections are read a page
    /// at a time, and the first of them are told while the next are read.
    async fn tell(
        &self,
        audience: &Audience,
        messages: &[LiveMessage],
        posts: &Arc<Semaphore>,
        tally: &Arc<Tally>,
    ) -> Result<(), Fault> {
        let frames: Arc<[String]> = frames(messages).into();
        let mut posting = JoinSet::new();
        let mut after: Option<LiveConnection> = None;
        loop {
            let page = self.connections.page(audience, after.as_ref()).await?;
            let is_last = page.len() < PAGE_MAX;
            after = page.last().cloned();
            for connection in page {
                if !self.may_be_told(audience, &connection).await? {
                    continue;
                }
                // Closed never, so this only waits until another post has ended.
                let Ok(permit) = Arc::clone(posts).acquire_owned().await else {
                    continue;
                };
                let (function, frames, tally) = (self.clone(), Arc::clone(&frames), Arc::clone(tally));
                posting.spawn(async move {
                    function.post(&connection.connection_id, &frames, &tally).await;
                    drop(permit);
                });
            }
            if is_last {
                break;
            }
        }
        while let Some(posted) = posting.join_next().await {
            if posted.is_err() {
                tally.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Whether a connection that was found is still to be told.
    async fn may_be_told(&self, audience: &Audience, connection: &LiveConnection) -> Result<bool, Fault> {
        if !connection.is_told_at(self.clock.now()) {
            return Ok(false);
        }
        match (audience, &connection.connected_as) {
            (Audience::Topic(topic), _) if topic.is_for_operators() => {
                is_operators(connection, &*self.accounts, &*self.sessions).await
            }
            (Audience::Topic(_), _) => Ok(true),
            (Audience::User(user_id), Some(who)) if who.user_id == *user_id => {
                Ok(!self.sessions.was_ended(&who.session_id).await?)
            }
            (Audience::User(_), _) => Ok(false),
        }
    }

    /// Sends frames to one connection, in order; with the first that does not arrive the rest are dropped.
    async fn post(&self, connection_id: &ConnectionId, frames: &[String], tally: &Tally) {
        for frame in frames {
            match self.pages.post(connection_id, frame).await {
                Ok(Posted::Taken) => {}
                Ok(Posted::Gone) => {
                    tally.gone.fetch_add(1, Ordering::Relaxed);
                    // If that fails, the next push finds it gone again, and in the end its time is over.
                    if let Err(fault) = self.connections.forget(connection_id).await {
                        tracing::warn!(%connection_id, %fault, "a connection that is gone was not forgotten");
                    }
                    return;
                }
                Err(fault) => {
                    tally.dropped.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(%connection_id, %fault, "a page was not told");
                    return;
                }
            }
        }
        tally.told.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task's outcome; one that panicked is a defect.
fn joined(done: Result<Result<(), Fault>, tokio::task::JoinError>) -> Result<(), Fault> {
    done.unwrap_or_else(|_| Err(Fault::Defect("telling an audience panicked".to_owned())))
}
