//! Money, counted three times: in the provider's books, in the ledger of money, and in the orders.
//!
//! At any moment the ledger says nothing that the provider has not done. When nothing is on its way, all three agree, and
//! what was charged is what orders keep and what went back.

use super::Broken;
use crate::memory::{OrderChange, Tables};
use crate::provider::Ledger;
use domain::payment::NO_ANSWER;
use domain::{MoneyKind, Order, OrderId, RefundOutcome, RefundReason, RefundStatus, Status};
use std::collections::BTreeMap;

/// What the ledger of money says of one order.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    charged: u64,
    refunded: u64,
    returned: u64,
}

impl Written {
    const fn given_back(&self) -> u64 {
        self.refunded.saturating_sub(self.returned)
    }
}

/// Provider and ledger by order: gathered once for all orders, because it is asked for after every step of the world.
struct Books<'a> {
    /// Money taken, and how many times.
    taken: BTreeMap<&'a OrderId, (u64, u32)>,
    written: BTreeMap<&'a OrderId, Written>,
}

impl<'a> Books<'a> {
    fn of(tables: &'a Tables, ledger: &'a Ledger) -> Self {
        let mut taken: BTreeMap<&OrderId, (u64, u32)> = BTreeMap::new();
        for intent in ledger.intents.values() {
            let (sum, times) = taken.entry(&intent.order_id).or_default();
            *sum += intent.amount_minor * u64::from(intent.charges);
            *times += intent.charges;
        }
        let mut written: BTreeMap<&OrderId, Written> = BTreeMap::new();
        for row in tables.money.values() {
            let says = written.entry(&row.order_id).or_default();
            *match row.kind {
                MoneyKind::Charged => &mut says.charged,
                MoneyKind::Refunded => &mut says.refunded,
                MoneyKind::RefundReturned => &mut says.returned,
            } += row.amount_minor.as_minor();
        }
        Self { taken, written }
    }

    fn taken_for(&self, order: &Order) -> (u64, u32) {
        self.taken.get(&order.order_id).copied().unwrap_or_default()
    }

    fn written_of(&self, order: &Order) -> Written {
        self.written.get(&order.order_id).copied().unwrap_or_default()
    }
}

fn wrong(order: &Order, why: String) -> Broken {
    Broken::MoneyWrong {
        order: order.order_id.clone(),
        status: order.status,
        why,
    }
}

/// A release may follow an inquiry by so long, milliseconds: both happen in one run of a function.
const RUN_MS_MAX: u64 = 30_000;

/// What must hold of one write: nothing is released while the provider has the money, and that an attempt never arrived is
/// the provider's own word.
///
/// # Errors
/// The first invariant that does not hold.
pub(super) fn check_change(change: &OrderChange, ledger: &Ledger, now_ms: u64) -> Result<(), Broken> {
    let (Some(before), after) = (&change.before, &change.after) else {
        return Ok(());
    };
    let mut intents = ledger.intents.values();
    let charged_at_ms = intents
        .find(|intent| intent.order_id == after.order_id)
        .and_then(|intent| intent.charged_at_ms);
    let is_released = !before.status.is_end() && after.ended_unpaid();
    if is_released && charged_at_ms.is_some_and(|at_ms| at_ms + RUN_MS_MAX < now_ms) {
        return Err(wrong(
            after,
            "it was released, and the provider has had its money for long".to_owned(),
        ));
    }
    for (index, attempt) in after.attempts.iter().enumerate() {
        let code_before = before
            .attempts
            .get(index)
            .and_then(|before| before.code.as_deref());
        let is_news = attempt.code.as_deref() == Some(NO_ANSWER) && code_before != Some(NO_ANSWER);
        let key = format!("{}-{}", after.order_id, attempt.number);
        let intent = after.intent_id.as_ref().map_or("", |intent| intent.as_str());
        if is_news && !ledger.record.was_denied(intent, &key) {
            return Err(wrong(
                after,
                format!("attempt {} was given up without asking", attempt.number),
            ));
        }
    }
    Ok(())
}

/// What must hold at any moment.
///
/// # Errors
/// The first invariant that does not hold.
pub(super) fn check(tables: &Tables, ledger: &Ledger) -> Result<(), Broken> {
    if let Some(blind) = ledger.record.blind() {
        return Err(Broken::ChargedBlindly {
            intent: blind.intent.clone(),
            key: blind.key.clone(),
        });
    }
    let books = Books::of(tables, ledger);
    let mut of_orders = 0;
    for order in tables.orders.values() {
        of_orders += books.taken_for(order).0;
        check_charge(&books, order)?;
        check_refunds(&books, ledger, order)?;
    }
    let taken = ledger.taken();
    if taken == of_orders {
        Ok(())
    } else {
        Err(Broken::MoneyNotConserved {
            taken,
            kept: of_orders,
        })
    }
}

/// Money is taken once and in full; an order that is paid has it, and the ledger says it once the order does.
fn check_charge(books: &Books<'_>, order: &Order) -> Result<(), Broken> {
    let (taken, times) = books.taken_for(order);
    let total = order.total_minor.as_minor();
    let must_have = matches!(
        order.status,
        Status::Paid | Status::Shipped | Status::Completed | Status::Refunded
    );
    if times > 1 || (times == 1 && taken != total) || (must_have && times != 1) {
        return Err(Broken::ChargedWrongly {
            order: order.order_id.clone(),
            status: order.status,
            times,
            taken,
            total,
        });
    }
    let charged = books.written_of(order).charged;
    if charged > taken {
        return Err(wrong(
            order,
            format!("the ledger has {charged} of the {taken} that were taken"),
        ));
    }
    if (charged == total) != order.was_charged() {
        return Err(wrong(
            order,
            format!("the ledger has {charged}, and the order believes that it was charged or not"),
        ));
    }
    Ok(())
}

/// No more goes back than was taken, each refund once; and late money is held again for or given back, never both.
fn check_refunds(books: &Books<'_>, ledger: &Ledger, order: &Order) -> Result<(), Broken> {
    let taken = books.taken_for(order).0;
    let claimed_back = ledger.claimed_back_for(&order.order_id);
    if claimed_back > taken {
        return Err(wrong(order, format!("{claimed_back} of {taken} go back")));
    }
    let mut made: BTreeMap<u32, u32> = BTreeMap::new();
    let mut refunds = ledger.refunds.iter();
    let twice = refunds.find(|refund| {
        refund.order_id == order.order_id && refund.counts() && {
            let times = made.entry(refund.number).or_default();
            *times += 1;
            *times > 1
        }
    });
    if let Some(refund) = twice {
        return Err(wrong(order, format!("refund {} was made twice", refund.number)));
    }
    let given_back = books.written_of(order).given_back();
    let really = ledger.ever_given_back_for(&order.order_id);
    if given_back > really || given_back != order.refunded_minor() {
        let said = order.refunded_minor();
        return Err(wrong(
            order,
            format!("the ledger has given back {given_back}, the order {said}, the provider {really}"),
        ));
    }
    let is_late = |reason| reason == RefundReason::ArrivedTooLate;
    let was_late = order.refunds.iter().any(|refund| is_late(refund.reason));
    let is_kept = !order.status.is_end() || order.status == Status::Completed;
    if was_late && (is_kept || order.hold.version > 1) {
        return Err(wrong(
            order,
            "its late money was held again and given back".to_owned(),
        ));
    }
    Ok(())
}

/// What must hold when nothing is on its way.
///
/// # Errors
/// The first invariant that does not hold.
pub(super) fn check_rest(tables: &Tables, ledger: &Ledger) -> Result<(), Broken> {
    let books = Books::of(tables, ledger);
    for order in tables.orders.values() {
        if let Some(refund) = order.open_refund() {
            return Err(wrong(order, format!("refund {} is open at rest", refund.number)));
        }
        let taken = books.taken_for(order).0;
        let given_back = ledger.given_back_for(&order.order_id);
        let written = books.written_of(order);
        if (written.charged, written.given_back()) != (taken, given_back) {
            return Err(wrong(
                order,
                format!(
                    "the ledger has {} - {}, and the provider {taken} - {given_back}",
                    written.charged,
                    written.given_back()
                ),
            ));
        }
        let kept = taken - given_back;
        let is_refused = |status| status == RefundStatus::Failed;
        let bank_refuses = order.refunds.iter().any(|refund| is_refused(refund.status));
        if kept != order.kept_minor() || (kept > 0 && order.status != Status::Completed && !bank_refuses) {
            return Err(wrong(order, format!("{kept} of {taken} are kept at rest")));
        }
    }
    let mut refunds = ledger.refunds.iter();
    let pending = refunds.find(|refund| matches!(refund.outcome, RefundOutcome::Pending { .. }));
    match pending {
        Some(refund) => Err(Broken::NotSettled {
            what: format!("refund {} is pending", refund.id),
        }),
        None => Ok(()),
    }
}
