//! Reading within a time limit: whole lists, and ledgers up to the head that was read before.

use super::{Books, Sources};
use crate::fault::Fault;
use crate::ledger::{Balance, Ledger, Place};
use crate::money_ledger::MoneyMovement;
use crate::page::{Cursor, Page, PageRequest};
use crate::ports::Answer;
use crate::timestamp::Timestamp;
use std::collections::BTreeMap;

/// A ledger, counted up to the head that was read last.
pub(super) struct Counted {
    pub(super) head: Ledger,
    pub(super) books: Books,
}

impl Counted {
    /// A ledger of which nothing was read yet.
    pub(super) fn new(place: Place) -> Self {
        Self {
            head: Ledger::empty(place),
            books: Books::new(place.as_str(), ""),
        }
    }

    /// The head's balances by the names of the items.
    pub(super) fn balances(&self) -> BTreeMap<String, Balance> {
        let balances = self.head.balances.iter();
        balances
            .map(|(item, balance)| (item.to_string(), *balance))
            .collect()
    }
}

/// Reads until its time is over.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) sources: &'a Sources,
    until: Timestamp,
    limit_s: u32,
}

impl<'a> Reader<'a> {
    /// Reads from `at` on for so many seconds.
    pub(super) fn new(sources: &'a Sources, at: Timestamp, limit_s: u32) -> Self {
        Self {
            sources,
            until: at.plus_s(limit_s),
            limit_s,
        }
    }

    /// Whether there is time left.
    ///
    /// # Errors
    /// [`Fault::Transient`] when there is not.
    pub(super) fn in_time(&self) -> Result<(), Fault> {
        if self.sources.clock.now() < self.until {
            return Ok(());
        }
        Err(Fault::Transient(format!(
            "everything could not be counted within {} s",
            self.limit_s
        )))
    }

    /// Every row of a list; answers how many there were.
    pub(super) async fn every<T: Send>(
        &self,
        read: &(dyn Fn(Option<Cursor>) -> Answer<'a, Page<T>> + Send + Sync),
        mut take: impl FnMut(T) + Send,
    ) -> Result<u64, Fault> {
        let (mut cursor, mut count) = (None, 0);
        loop {
            self.in_time()?;
            let page = read(cursor).await?;
            count += page.rows.len() as u64;
            page.rows.into_iter().for_each(&mut take);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(count);
            }
        }
    }

    /// Every row of the ledger of money.
    pub(super) async fn every_money(&self) -> Result<Vec<MoneyMovement>, Fault> {
        let (mut rows, mut cursor) = (Vec::new(), None);
        loop {
            self.in_time()?;
            let limit = PageRequest::LIMIT_MAX;
            let page = self.sources.money.list(&PageRequest { limit, cursor }).await?;
            rows.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Reads a ledger on, up to its present head: first the head, then the postings up to its number.
    pub(super) async fn read_ledger(&self, counted: &mut Counted) -> Result<(), Fault> {
        let ledgers = &self.sources.ledgers;
        let place = counted.head.place;
        counted.head = ledgers.head(place).await?;
        loop {
            let after = counted.books.read_to();
            if after >= counted.head.seq {
                return Ok(());
            }
            self.in_time()?;
            let limit = PageRequest::LIMIT_MAX;
            let postings = ledgers.postings_after(place, after, limit).await?;
            // A head beyond its postings is for the books to name.
            let mut is_over = postings.is_empty();
            for posting in postings {
                // Written since the head was read.
                if posting.seq > counted.head.seq {
                    is_over = true;
                    break;
                }
                counted.books.post(&posting);
            }
            if is_over {
                return Ok(());
            }
        }
    }
}
