//! Each hold ends by its deadline, and nobody's deadline moves towards them.

use super::Broken;
use crate::memory::OrderChange;
use domain::{OrderId, Status};
use std::collections::BTreeSet;

/// How long after its deadline a hold may still be there. The timer ends it at once; the reconciler two minutes later, if an
/// execution died; and before either, the provider is asked whether it was paid after all, which on the worst of days says
/// nothing for a while.
const LATE_MS_MAX: u64 = 3_600_000;

/// The holds for which nothing has been paid.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    held: BTreeSet<(u64, OrderId)>,
}

impl Deadlines {
    /// Follows one write. `grace_ms`: how far the clocks are off.
    pub(super) fn check_change(&mut self, change: &OrderChange, grace_ms: u64) -> Result<(), Broken> {
        let after = &change.after;
        if let Some(before) = &change.before {
            self.held.remove(&(deadline_ms(before), before.order_id.clone()));
            let by_ms = before.hold.expires_at.as_ms() - after.hold.expires_at.as_ms();
            // Two functions may be off in opposite directions.
            let is_moved = by_ms > i64::try_from(2 * grace_ms).unwrap_or(i64::MAX);
            if before.hold.version == after.hold.version && is_moved {
                let order = after.order_id.clone();
                return Err(Broken::DeadlineBroughtForward { order, by_ms });
            }
        }
        if after.status == Status::Held {
            self.held.insert((deadline_ms(after), after.order_id.clone()));
        }
        Ok(())
    }

    /// Looks at the hold that ought to have ended first.
    pub(super) fn check(&self, now_ms: u64) -> Result<(), Broken> {
        match self.held.first() {
            Some((deadline_ms, order)) if now_ms > deadline_ms + LATE_MS_MAX => Err(Broken::ExpiresLate {
                order: order.clone(),
                late_ms: now_ms - deadline_ms,
            }),
            _ => Ok(()),
        }
    }
}

fn deadline_ms(order: &domain::Order) -> u64 {
    u64::try_from(order.hold.expires_at.as_ms()).unwrap_or_default()
}
