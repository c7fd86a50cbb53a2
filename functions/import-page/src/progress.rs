//! How far an import is: the step's input, and its output.

use domain::ledger::QUANTITY_MAX;
use domain::{FieldError, Refusal, Timestamp, UserId};
use openfoodfacts::{RetryAfter, Tally};
use serde::{Deserialize, Serialize};

/// Pages of one import, at most: Open Food Facts asks whoever wants more to take a dump.
pub const PAGES_MAX: u64 = openfoodfacts::PAGES_MAX as u64;
/// Rows of a dump, at most. Each call fetches and unpacks what lies before its slice once more, and this is as far as it
/// comes in its time; a longer dump is split. The whole of Open Food Facts has four million.
pub const ROWS_MAX: u64 = 500_000;
/// Rows of a dump that one call reads, at most, and when the input does not say.
pub const ROWS_EACH_MAX: u32 = 10_000;
/// Slices that one import may need when every call has the time for its whole slice. A round of the workflow writes
/// nine events, and a history holds 25,000: that is 2,770 rounds. The rest is for calls that run out of time, each of
/// which takes a minute at least and so cannot be more than 1,440 in the day that an import may take.
pub const SLICES_MAX: u64 = 1_000;
/// Longest address, in characters.
pub const URL_MAX: usize = 2_000;
/// How often a source may be busy in a row before the import stops.
pub const TRIES_MAX: u32 = 7;
/// How long the first wait for a busy source is, milliseconds; each further one is twice as long.
pub const BACKOFF_MS: u32 = 5_000;
/// No wait is longer: 10 minutes, unless the source asks for more itself.
const BACKOFF_MS_MAX: u32 = 600_000;
/// However long the source asks for, an import does not wait for more than an hour at once.
const WAIT_MS_MAX: u32 = 3_600_000;
/// The longest pause, and the longest first wait, that may be asked for: 10 minutes. The same stands in template.yaml.
const PAUSE_MS_MAX: u32 = 600_000;
/// All pauses of one import together, milliseconds: as many as a hundred pages have. The workflow ends after a day, 86,400
/// seconds, and the rest of it is for reading, storing, and for waiting for a source that is busy.
const PAUSES_MS_MAX: u64 = PAGES_MAX * PAUSE_MS_MAX as u64;
/// Products of an import each begin with so many, when the input does not say.
const STOCK_EACH: u32 = 100;

/// What is imported, for whom, and how far it is. `{"source": {"kind": "dump", "url": "http://..."}, "owner_id":
/// "usr_..."}` begins one; everything else has a value of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Where from.
    pub source: Source,
    /// Who owns what is imported.
    pub owner_id: UserId,
    /// The page, or the row of a dump, to go on from; the first is 1.
    #[serde(default = "one")]
    pub from: u64,
    /// The last page, or row, that is imported. Without it: as far as there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// How many there are of each product that is made.
    #[serde(default = "stock_each")]
    pub stock_each: u32,
    /// Rows of a dump that one call reads; at least a thousandth of those that are left.
    #[serde(default = "rows_each")]
    pub rows_each: u32,
    /// Between two pages, milliseconds. Without it what was deployed counts; for a dump nothing is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<u32>,
    /// The first wait for a busy source, milliseconds; each further one is twice as long.
    #[serde(default = "backoff_ms")]
    pub backoff_ms: u32,
    /// How often in a row the source was busy.
    #[serde(default)]
    pub tries: u32,
    /// What became of the rows.
    #[serde(default)]
    pub tally: Tally,
    /// What became of those that were kept.
    #[serde(default)]
    pub stored: Stored,
    /// When to go on, RFC 3339; read by the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_at: Option<String>,
    /// Whether nothing is left.
    #[serde(default)]
    pub is_done: bool,
}

/// Where products are read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What is there.
    pub kind: Kind,
    /// Of the API its base, e.g. `https://world.openfoodfacts.org`; of a dump its whole address.
    pub url: String,
}

/// What is at a source's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The search API, page by page.
    Api,
    /// A dump, slice by slice: JSON lines or TAB-separated, gzip or not.
    Dump,
}

/// What became of the rows that were kept; together as many as the tally has kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stored {
    /// New products.
    pub created: u64,
    /// Products whose description has changed at the source.
    pub updated: u64,
    /// Products that are there as the source has them. A page that is repeated finds here what its first try has made.
    pub unchanged: u64,
    /// Products that their owner took off: left alone.
    pub withdrawn: u64,
    /// Products of somebody else: left alone.
    pub foreign: u64,
}

/// What became of one row that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    Created,
    Updated,
    Unchanged,
    Withdrawn,
    Foreign,
}

impl Stored {
    pub(crate) fn count(&mut self, became: Became) {
        *match became {
            Became::Created => &mut self.created,
            Became::Updated => &mut self.updated,
            Became::Unchanged => &mut self.unchanged,
            Became::Withdrawn => &mut self.withdrawn,
            Became::Foreign => &mut self.foreign,
        } += 1;
    }

    /// All of them.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.withdrawn + self.foreign
    }
}

const fn one() -> u64 {
    1
}

const fn stock_each() -> u32 {
    STOCK_EACH
}

const fn rows_each() -> u32 {
    ROWS_EACH_MAX
}

const fn backoff_ms() -> u32 {
    BACKOFF_MS
}

impl Import {
    /// Refuses what whoever starts an import may have got wrong.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let mut errors = Vec::new();
        let mut refuse = |is_wrong: bool, field: &str, message: String| {
            if is_wrong {
                errors.push(FieldError::new(field, message));
            }
        };
        let url = &self.source.url;
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        refuse(
            !is_http || url.len() > URL_MAX,
            "source.url",
            format!("must be an http:// or https:// address of at most {URL_MAX} characters"),
        );
        let last = self.last_possible();
        refuse(
            !(1..=last).contains(&self.from),
            "from",
            format!("must be 1 to {last}"),
        );
        refuse(
            self.to.is_some_and(|to| to < self.from),
            "to",
            "must not be before `from`".to_owned(),
        );
        refuse(
            self.stock_each > QUANTITY_MAX,
            "stock_each",
            format!("must be at most {QUANTITY_MAX}"),
        );
        let rows_each_min = self.rows_each_min();
        refuse(
            !(rows_each_min..=u64::from(ROWS_EACH_MAX)).contains(&self.rows_each.into()),
            "rows_each",
            format!("must be {rows_each_min} to {ROWS_EACH_MAX} for so many rows"),
        );
        let pause_ms = self.pause_ms.unwrap_or_default();
        let pauses_ms = u64::from(pause_ms).saturating_mul(self.rounds());
        refuse(
            pause_ms.max(self.backoff_ms) > PAUSE_MS_MAX || pauses_ms > PAUSES_MS_MAX,
            "pause_ms",
            format!(
                "must be at most {PAUSE_MS_MAX}, {PAUSES_MS_MAX} all together, and `backoff_ms` at most {PAUSE_MS_MAX}"
            ),
        );
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Refusal::InvalidInput { errors })
        }
    }

    const fn last_possible(&self) -> u64 {
        match self.source.kind {
            Kind::Api => PAGES_MAX,
            Kind::Dump => ROWS_MAX,
        }
    }

    /// The last page or row that is imported.
    fn last(&self) -> u64 {
        let possible = self.last_possible();
        self.to.map_or(possible, |to| to.min(possible))
    }

    /// Refuses to go on behind the last row that a call reaches. So a dump that is longer ends as one that is, and not as
    /// one that was imported whole.
    pub(crate) fn check_reach(&self) -> Result<(), Refusal> {
        if self.source.kind == Kind::Dump && self.from > ROWS_MAX {
            return Err(Refusal::SourceUnusable {
                why: format!(
                    "the rows of a dump after the first {ROWS_MAX} are out of reach; split the file and import each part"
                ),
            });
        }
        Ok(())
    }

    /// Pages or rows that are left.
    fn left(&self) -> u64 {
        self.last().saturating_sub(self.from).saturating_add(1)
    }

    /// The fewest rows of a dump that one call may read, so that there are not too many calls.
    fn rows_each_min(&self) -> u64 {
        match self.source.kind {
            Kind::Api => 1,
            Kind::Dump => self.left().div_ceil(SLICES_MAX),
        }
    }

    /// Calls that are left.
    fn rounds(&self) -> u64 {
        match self.source.kind {
            Kind::Api => self.left(),
            Kind::Dump => self.left().div_ceil(u64::from(self.rows_each.max(1))),
        }
    }

    /// Rows of a dump that this call reads.
    pub(crate) fn rows_max(&self) -> u32 {
        u32::try_from(self.left()).map_or(self.rows_each, |left| left.min(self.rows_each))
    }

    /// The same, further on; `next` is where, if anywhere.
    pub(crate) fn go_on(mut self, next: Option<u64>, now: Timestamp, pause_ms: u32) -> Self {
        let last = match self.source.kind {
            Kind::Api => self.last(),
            // Behind the last possible row the next call says so.
            Kind::Dump => self.to.unwrap_or(u64::MAX),
        };
        let next = next.filter(|next| *next <= last);
        self.tries = 0;
        self.is_done = next.is_none();
        self.from = next.unwrap_or(self.from);
        let pause_ms = match self.source.kind {
            Kind::Api => self.pause_ms.unwrap_or(pause_ms),
            Kind::Dump => self.pause_ms.unwrap_or_default(),
        };
        self.turn_at = next.map(|_| now.plus_ms(pause_ms).to_rfc3339());
        self
    }

    /// The refusal for a source that is busy: with the moment of the next try, or the last one. It is the later of what
    /// the source asks for and a wait that doubles each time.
    pub(crate) fn refuse_for_now(
        &self,
        why: String,
        retry_after: Option<RetryAfter>,
        now: Timestamp,
    ) -> Refusal {
        let tries = self.tries.saturating_add(1);
        if tries >= TRIES_MAX {
            return Refusal::SourceDown { tries, why };
        }
        let doubled = self.backoff_ms.saturating_mul(1 << self.tries.min(16));
        let own = now.plus_ms(doubled.min(BACKOFF_MS_MAX.max(self.backoff_ms)));
        let asked = retry_after.map_or(own, |asked| asked.from(now));
        let retry_at = own.max(asked).min(now.plus_ms(WAIT_MS_MAX));
        Refusal::SourceBusy {
            why,
            tries,
            retry_at: retry_at.to_rfc3339(),
        }
    }
}

#[cfg(test)]
mod tests;
