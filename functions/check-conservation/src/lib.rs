//! `CheckConservation`: every five minutes, counts everything a second time and keeps the report.
//!
//! What is counted, and why it is exact while everything moves, is said in `domain::conservation`. A red report is kept
//! first, told to the log difference by difference, and then fails the function, whose errors are alarmed. Changes
//! nothing but the report, so it needs no undo and may run as often as anybody likes.

use domain::Fault;
use domain::conservation::{Difference, Report, Sources, check};
use domain::ports::Reports;
use serde::Deserialize;
use std::sync::Arc;

/// How long a run may take, seconds; the function itself lives a little longer.
const LIMIT_S: u32 = 270;

/// What the step needs.
#[derive(Clone)]
pub struct CheckConservation {
    /// Everything there is.
    pub sources: Sources,
    /// Where the report is kept.
    pub reports: Arc<dyn Reports>,
    /// Tells whoever is on call of one difference.
    pub tell: Arc<dyn Fn(&Difference) + Send + Sync>,
}

/// The schedule's event. Nothing in it matters.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Input {}

impl CheckConservation {
    /// Counts, keeps the report, and answers it if it is green.
    ///
    /// # Errors
    /// [`Fault::Defect`] for a red report, which is kept by then; [`Fault::Transient`] when there is more to read than the
    /// time allows; what the ports report.
    pub async fn handle(&self, _: Input) -> Result<Report, Fault> {
        let report = check(&self.sources, LIMIT_S).await?;
        self.reports.keep(&report).await?;
        if report.is_green {
            return Ok(report);
        }
        report
            .differences
            .iter()
            .for_each(|difference| (self.tell)(difference));
        let count = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
        Err(Fault::Defect(format!(
            "conservation is red: {} difference(s), each on a line of its own",
            count.saturating_add(report.differences_left_out)
        )))
    }
}
