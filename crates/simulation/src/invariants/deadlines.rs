//! Each hold ends by its deadline, and nobody's deadline moves towards them.

use super::Broken;
use crate::memory::OrderChange;
use domain::{Order, OrderId, Status};
use std::collections::{BTreeMap, BTreeSet};

/// How long after its deadline a hold may still be there. The timer ends it at once; the reconciler two minutes later, if an
/// execution died; and before either, the provider is asked whether it was paid after all, which on the worst of days says
/// nothing for a while.
const LATE_MS_MAX: u64 = 3_600_000;

/// The holds for which nothing has been paid, by when each ought to end: at its deadline, or when it is known that a payment which
/// was under way then was none.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    held: BTreeSet<(u64, OrderId)>,
    ends_ms: BTreeMap<OrderId, u64>,
}

impl Deadlines {
    /// Follows one write. `grace_ms`: how far the clocks are off.
    pub(super) fn check_change(
        &mut self,
        change: &OrderChange,
        now_ms: u64,
        grace_ms: u64,
    ) -> Result<(), Broken> {
        let after = &change.after;
        let order_id = after.order_id.clone();
        let ended_ms = self.ends_ms.remove(&order_id);
        if let Some(ends_ms) = ended_ms {
            self.held.remove(&(ends_ms, order_id.clone()));
        }
        if let Some(before) = &change.before {
            let by_ms = before.hold.expires_at.as_ms() - after.hold.expires_at.as_ms();
            // Two functions may be off in opposite directions.
            let is_moved = by_ms > i64::try_from(2 * grace_ms).unwrap_or(i64::MAX);
            if before.hold.version == after.hold.version && is_moved {
                return Err(Broken::DeadlineBroughtForward {
                    order: order_id,
                    by_ms,
                });
            }
        }
        if after.status == Status::Held {
            let since_ms = match &change.before {
                None => 0,
                Some(before) if before.status == Status::Held => ended_ms.unwrap_or_default(),
                Some(_) => now_ms,
            };
            let ends_ms = deadline_ms(after).max(since_ms);
            self.held.insert((ends_ms, order_id.clone()));
            self.ends_ms.insert(order_id, ends_ms);
        }
        Ok(())
    }

    /// Looks at the hold that ought to have ended first.
    pub(super) fn check(&self, now_ms: u64) -> Result<(), Broken> {
        match self.held.first() {
            Some((ends_ms, order)) if now_ms > ends_ms + LATE_MS_MAX => Err(Broken::ExpiresLate {
                order: order.clone(),
                late_ms: now_ms - ends_ms,
            }),
            _ => Ok(()),
        }
    }
}

fn deadline_ms(order: &Order) -> u64 {
    u64::try_from(order.hold.expires_at.as_ms()).unwrap_or_default()
}
