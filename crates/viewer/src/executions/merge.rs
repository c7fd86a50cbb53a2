//! Several lists as one, newest first, over any number of requests.
//!
//! Each list comes in pages with tokens of its own. What was shown is remembered by a place in time, with digests of what was
//! shown of just that moment; the tokens only save reading again what lies before it. So what begins meanwhile moves nothing:
//! nothing is shown twice, and nothing that stays where it was is left out.

use crate::ask::all;
use aws::AccountError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;

/// Tokens in a cursor, characters: addresses have a limit. A list whose token does not fit is read from its start again.
const TOKENS_MAX: usize = 4_000;

/// A page of one list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// ListExecutions' items.
    pub(crate) rows: Vec<Value>,
    /// The token of the next one.
    pub(crate) next: Option<String>,
}

/// A page that is on its way.
pub(crate) type Paging = Pin<Box<dyn Future<Output = Result<Page, AccountError>> + Send>>;

/// Lists of executions, each the newest first.
pub(crate) trait Lists {
    /// What tells each of them apart, the same in each request.
    fn names(&self) -> Vec<String>;

    /// The page of a list at a token, the first one without.
    fn page(&self, list: usize, token: Option<String>) -> Paging;

    /// Whether so many pages may still be read.
    fn may_read(&self, pages: usize) -> bool;
}

/// Where a merged list goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The moment of what was shown last, microseconds.
    at: Option<i64>,
    /// What was shown of that moment.
    seen: Vec<String>,
    /// Of each list that is beyond its first page: the page it is at, or nothing if it has ended.
    lists: BTreeMap<String, Option<PagePlace>>,
}

/// A page, by its token, and the moment that the page before it ended with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PagePlace(String, i64);

struct Row {
    at: i64,
    value: Value,
}

/// One list, as far as it was read.
struct List {
    name: String,
    rows: VecDeque<Row>,
    /// The page that `rows` are of, and where it began.
    page: Option<PagePlace>,
    /// The page after it.
    next: Option<PagePlace>,
    is_read: bool,
    /// As an earlier request found.
    has_ended: bool,
}

impl List {
    fn is_over(&self) -> bool {
        self.has_ended || (self.is_read && self.rows.is_empty() && self.next.is_none())
    }
}

/// The lists as one.
pub(crate) struct Merge<L> {
    source: L,
    lists: Vec<List>,
    at: Option<i64>,
    seen: Vec<String>,
    /// What is older is not wanted.
    from: Option<i64>,
}

impl<L: Lists> Merge<L> {
    /// Goes on at a place; `from` is the oldest moment wanted, microseconds.
    pub(crate) fn new(source: L, place: Place, from: Option<i64>) -> Self {
        let lists = source.names().into_iter().map(|name| {
            let name = digest(&name);
            let known = place.lists.get(&name).cloned();
            List {
                has_ended: known == Some(None),
                next: known.flatten(),
                name,
                rows: VecDeque::new(),
                page: None,
                is_read: false,
            }
        });
        Self {
            lists: lists.collect(),
            source,
            at: place.at,
            seen: place.seen,
            from,
        }
    }

    /// The next rows, at most `count`; fewer where the lists end or no more pages may be read.
    pub(crate) async fn take(&mut self, count: usize) -> Result<Vec<Value>, AccountError> {
        let mut taken = Vec::new();
        while taken.len() < count && self.read().await? {
            // The newest head; of several the first list's.
            let newest = (0..self.lists.len())
                .filter_map(|index| Some((self.lists[index].rows.front()?.at, std::cmp::Reverse(index))))
                .max();
            let Some((_, std::cmp::Reverse(index))) = newest else {
                break;
            };
            let Some(row) = self.lists[index].rows.pop_front() else {
                break;
            };
            if self.at != Some(row.at) {
                self.at = Some(row.at);
                self.seen.clear();
            }
            self.seen.push(digest(arn(&row.value)));
            taken.push(row.value);
        }
        Ok(taken)
    }

    /// Reads until each list has a head or has ended; whether that came about.
    async fn read(&mut self) -> Result<bool, AccountError> {
        loop {
            let wanting: Vec<usize> = (0..self.lists.len())
                .filter(|&index| !self.lists[index].is_over() && self.lists[index].rows.is_empty())
                .collect();
            if wanting.is_empty() {
                return Ok(true);
            }
            if !self.source.may_read(wanting.len()) {
                return Ok(false);
            }
            let pages: Vec<Paging> = wanting
                .iter()
                .map(|&index| {
                    let list = &mut self.lists[index];
                    list.page = list.next.take();
                    let token = list.page.as_ref().map(|PagePlace(token, _)| token.clone());
                    self.source.page(index, token)
                })
                .collect();
            for (index, page) in wanting.into_iter().zip(all(pages).await) {
                self.keep(index, page.unwrap_or_else(|| Ok(Page::default()))?);
            }
        }
    }

    fn keep(&mut self, index: usize, page: Page) {
        let (at, from) = (self.at, self.from);
        let list = &mut self.lists[index];
        list.is_read = true;
        let mut floor = list.page.as_ref().map_or(i64::MAX, |PagePlace(_, floor)| *floor);
        let mut is_over = page.next.is_none();
        for value in page.rows {
            // Not every engine sorts by the same moment: a row is never newer than the one before it in its own list.
            floor = floor.min(moment(&value));
            if from.is_some_and(|from| floor < from) {
                is_over = true;
                break;
            }
            let was_shown = match at {
                None => false,
                Some(at) => floor > at || (floor == at && self.seen.contains(&digest(arn(&value)))),
            };
            if !was_shown {
                list.rows.push_back(Row { at: floor, value });
            }
        }
        list.next = page
            .next
            .filter(|_| !is_over)
            .map(|token| PagePlace(token, floor));
    }

    /// Whether everything was taken.
    pub(crate) fn has_ended(&self) -> bool {
        self.lists.iter().all(List::is_over)
    }

    /// Where it goes on.
    pub(crate) fn place(&self) -> Place {
        let mut room = TOKENS_MAX;
        let mut lists = BTreeMap::new();
        for list in &self.lists {
            let page = if list.rows.is_empty() && list.next.is_some() {
                &list.next
            } else {
                &list.page
            };
            match page {
                _ if list.is_over() => {
                    lists.insert(list.name.clone(), None);
                }
                Some(PagePlace(token, _)) if token.len() <= room => {
                    room -= token.len();
                    lists.insert(list.name.clone(), page.clone());
                }
                _ => {}
            }
        }
        Place {
            at: self.at,
            seen: self.seen.clone(),
            lists,
        }
    }

    /// What the lists are read from.
    pub(crate) fn source(&self) -> &L {
        &self.source
    }
}

fn arn(row: &Value) -> &str {
    row["executionArn"].as_str().unwrap_or_default()
}

/// By what AWS sorts: when it ended or, if it runs, when it was started or redriven last; microseconds.
pub(crate) fn moment(row: &Value) -> i64 {
    let at = |name: &str| row[name].as_f64();
    let is_running = row["status"] == "RUNNING" || row["status"] == "PENDING_REDRIVE";
    let ended = at("stopDate").filter(|_| !is_running);
    let seconds = ended.or_else(|| at("redriveDate")).or_else(|| at("startDate"));
    micros(seconds.unwrap_or_default())
}

/// Seconds as AWS's JSON has them, in microseconds: a whole number, so that it can be compared.
pub(crate) fn micros(seconds: f64) -> i64 {
    // Beyond what a number can be, it is the greatest one.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast of a float stops at the greatest number"
    )]
    {
        (seconds * 1_000_000.0).round() as i64
    }
}

/// Enough of a hash to tell a few hundred apart.
fn digest(text: &str) -> String {
    let hash = Sha256::digest(text);
    hash.iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
