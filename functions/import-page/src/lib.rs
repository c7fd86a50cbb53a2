//! `ImportPage`: reads one page of the search API, or one slice of a dump, and stores what the rules keep.
//!
//! Its output is its next input: where to go on, what was counted so far, and when. So the workflow only carries it round
//! until nothing is left, and an import that stopped goes on from the page it stopped at. Repeating a page is safe: what is
//! stored already is found unchanged. No undo: what was imported is a product like any other, and its owner may take it
//! off.

mod progress;
mod storing;

pub use progress::{
    BACKOFF_MS, Import, Kind, PAGES_MAX, ROWS_EACH_MAX, ROWS_MAX, SLICES_MAX, Source, Stored, TRIES_MAX,
    URL_MAX,
};

use domain::ports::{Categories, Clock, Products};
use domain::{Fault, Refusal};
use openfoodfacts::{Outcome, ProductSource, SourceError, Tally, Unreadable, decide};
use std::sync::Arc;

/// How long one call goes on storing, milliseconds: what is left of a slice is read again by the next one. Far below the
/// function's own limit, because reading comes on top of it.
const STORING_MS_MAX: i64 = 60_000;

/// What the step needs.
#[derive(Clone)]
pub struct ImportPage {
    /// Where products are read from.
    pub source: Arc<dyn ProductSource>,
    /// Products and their inventory.
    pub products: Arc<dyn Products>,
    /// Their categories.
    pub categories: Arc<dyn Categories>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Between two pages of the API, milliseconds, unless the input says otherwise.
    pub pause_ms: u32,
}

/// What was read: rows that stand one behind the other.
struct Read {
    outcomes: Vec<Outcome>,
    /// Where to go on when all of them are stored; `None` at the end.
    next: Option<u64>,
}

impl ImportPage {
    /// Imports one page or slice.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`]; [`Refusal::SourceBusy`] with the moment of the next try, [`Refusal::SourceDown`] when
    /// there have been enough of them, [`Refusal::SourceUnusable`]; what the ports report.
    pub async fn handle(&self, import: Import) -> Result<Import, Fault> {
        import.check_reach()?;
        import.check()?;
        let read = match import.source.kind {
            Kind::Api => self.read_page(&import).await,
            Kind::Dump => self.read_slice(&import).await,
        };
        let mut read = match read {
            Ok(read) => read,
            Err(SourceError::Unusable { why }) => return Err(Refusal::SourceUnusable { why }.into()),
            Err(SourceError::Busy { why, retry_after }) => {
                return Err(import.refuse_for_now(why, retry_after, self.clock.now()).into());
            }
        };
        // The wire broke in the middle: what came is whole rows, and the next call goes on behind them.
        let broke = matches!(read.outcomes.last(),
            Some(Outcome::Unreadable(bad)) if bad.kind == Unreadable::SourceFailed);
        if broke {
            read.outcomes.pop();
            if read.outcomes.is_empty() {
                let why = Unreadable::SourceFailed.meaning().to_owned();
                return Err(import.refuse_for_now(why, None, self.clock.now()).into());
            }
            read.next = Some(import.from + read.outcomes.len() as u64);
        }
        self.store(import, read).await
    }

    async fn read_page(&self, import: &Import) -> Result<Read, SourceError> {
        let number = u32::try_from(import.from).unwrap_or(u32::MAX);
        let page = self.source.page(&import.source.url, number).await?;
        let next = page.next_page().map(u64::from);
        Ok(Read {
            outcomes: page.rows.into_iter().map(decide).collect(),
            next,
        })
    }

    async fn read_slice(&self, import: &Import) -> Result<Read, SourceError> {
        let rows_max = import.rows_max();
        let slice = self
            .source
            .slice(&import.source.url, import.from, rows_max)
            .await?;
        let after = import.from + slice.outcomes.len() as u64;
        Ok(Read {
            next: (!slice.is_last).then_some(after),
            outcomes: slice.outcomes,
        })
    }

    /// Stores what is kept, counts every row, and says where to go on. A page is stored whole; of a slice as much as there
    /// is time for.
    async fn store(&self, mut import: Import, read: Read) -> Result<Import, Fault> {
        let began = self.clock.now();
        let mut tally = Tally::default();
        let mut next = read.next;
        for (rows, outcome) in (0..).zip(read.outcomes) {
            let spent_ms = self.clock.now().as_ms().saturating_sub(began.as_ms());
            if import.source.kind == Kind::Dump && rows > 0 && spent_ms > STORING_MS_MAX {
                next = Some(import.from + rows);
                break;
            }
            if let Outcome::Kept(kept) = &outcome {
                let became = self.upsert(&import, kept).await?;
                import.stored.count(became);
            }
            tally.count(&outcome);
        }
        import.tally.add(&tally);
        Ok(import.go_on(next, self.clock.now(), self.pause_ms))
    }
}
