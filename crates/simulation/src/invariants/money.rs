//! Money, counted three times: in the provider's books, in the ledger of money, and in the orders.
//!
//! At any moment the ledger says nothing that the provider has not done. When nothing is on its way, all three agree, and
//! what was charged is what orders keep and what went back.

use super::Broken;
use super::links::Links;
use super::written::Written;
use crate::memory::{OrderChange, Tables};
use crate::provider::Ledger;
use crate::provider::refunds::BookedRefund;
use domain::payment::NO_ANSWER;
use domain::{MoneyKind, Order, OrderId, RefundOutcome, RefundReason, RefundStatus, Status};
use std::collections::BTreeSet;

/// What the ledger of money says of one order.
#[derive(Clone, Copy, Debug, Default)]
struct Entered {
    charged: u64,
    refunded: u64,
    returned: u64,
}

impl Entered {
    const fn given_back(&self) -> u64 {
        self.refunded.saturating_sub(self.returned)
    }
}

/// Which intents and refunds of the provider are whose.
#[derive(Debug, Default)]
pub(super) struct Purses {
    intents: Links<String, OrderId>,
    refunds: Links<usize, OrderId>,
}

/// Everything that is known of the money of one order.
struct Purse<'a> {
    /// Money taken.
    taken: u64,
    /// How many times.
    times: u32,
    entered: Entered,
    /// What the provider gave back.
    refunds: Vec<&'a BookedRefund>,
}

impl Purse<'_> {
    /// The sum of these refunds.
    fn sum_of(&self, are_meant: impl Fn(&BookedRefund) -> bool) -> u64 {
        let refunds = self.refunds.iter().filter(|refund| are_meant(refund));
        refunds.map(|refund| refund.amount_minor).sum()
    }
}

impl Purses {
    fn purse<'a>(&self, tables: &Tables, ledger: &'a Ledger, order_id: &OrderId) -> Purse<'a> {
        let intents = self
            .intents
            .from(order_id)
            .filter_map(|id| ledger.intents.get(id));
        let (mut taken, mut times) = (0, 0);
        for intent in intents {
            taken += intent.amount_minor * u64::from(intent.charges);
            times += intent.charges;
        }
        let mut entered = Entered::default();
        for row in tables.money_rows_of(order_id) {
            *match row.kind {
                MoneyKind::Charged => &mut entered.charged,
                MoneyKind::Refunded => &mut entered.refunded,
                MoneyKind::RefundReturned => &mut entered.returned,
            } += row.amount_minor.as_minor();
        }
        let refunds = self.refunds.from(order_id);
        Purse {
            taken,
            times,
            entered,
            refunds: refunds.filter_map(|number| ledger.refunds.get(number)).collect(),
        }
    }

    /// What must hold at any moment, of every order of which anybody has written anything.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check(
        &mut self,
        tables: &Tables,
        ledger: &Ledger,
        written: &Written,
    ) -> Result<(), Broken> {
        if let Some(blind) = ledger.record.blind() {
            return Err(Broken::ChargedBlindly {
                intent: blind.intent.clone(),
                key: blind.key.clone(),
            });
        }
        let mut orders: BTreeSet<OrderId> = written.orders.union(&written.money).cloned().collect();
        for id in &written.intents {
            let intent = ledger.intents.get(id);
            let order_id = intent.map(|intent| intent.order_id.clone());
            orders.extend(self.intents.put(id, order_id.into_iter().collect()));
        }
        for number in &written.refunds {
            let refund = ledger.refunds.get(number);
            let order_id = refund.map(|refund| refund.order_id.clone());
            orders.extend(self.refunds.put(number, order_id.into_iter().collect()));
        }
        for order_id in &orders {
            let purse = self.purse(tables, ledger, order_id);
            match tables.orders.get(order_id) {
                Some(order) => {
                    check_charge(&purse, order)?;
                    check_refunds(&purse, order)?;
                }
                None if purse.taken == 0 => {}
                None => {
                    return Err(Broken::MoneyNotConserved {
                        taken: purse.taken,
                        order: order_id.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// What must hold when nothing is on its way.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn check_rest(&self, tables: &Tables, ledger: &Ledger) -> Result<(), Broken> {
        for order in tables.orders.values() {
            check_order_at_rest(&self.purse(tables, ledger, &order.order_id), order)?;
        }
        let mut refunds = ledger.refunds.values();
        let pending = refunds.find(|refund| matches!(refund.outcome, RefundOutcome::Pending { .. }));
        match pending {
            Some(refund) => Err(Broken::NotSettled {
                what: format!("refund {} is pending", refund.id),
            }),
            None => Ok(()),
        }
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
    let was_charged_long_ago = || {
        let mut intents = ledger.intents.values();
        let intent = intents.find(|intent| intent.order_id == after.order_id);
        let charged_at_ms = intent.and_then(|intent| intent.charged_at_ms);
        charged_at_ms.is_some_and(|at_ms| at_ms + RUN_MS_MAX < now_ms)
    };
    if !before.status.is_end() && after.ended_unpaid() && was_charged_long_ago() {
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

/// Money is taken once and in full; an order that is paid has it, and the ledger says it once the order does.
fn check_charge(purse: &Purse<'_>, order: &Order) -> Result<(), Broken> {
    let (taken, times) = (purse.taken, purse.times);
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
    let charged = purse.entered.charged;
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
fn check_refunds(purse: &Purse<'_>, order: &Order) -> Result<(), Broken> {
    let taken = purse.taken;
    let claimed_back = purse.sum_of(BookedRefund::counts);
    if claimed_back > taken {
        return Err(wrong(order, format!("{claimed_back} of {taken} go back")));
    }
    let mut made = BTreeSet::new();
    let mut counting = purse.refunds.iter().filter(|refund| refund.counts());
    if let Some(refund) = counting.find(|refund| !made.insert(refund.number)) {
        return Err(wrong(order, format!("refund {} was made twice", refund.number)));
    }
    let given_back = purse.entered.given_back();
    let really = purse.sum_of(|refund| refund.ever_succeeded);
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

/// What must hold of one order when nothing is on its way.
fn check_order_at_rest(purse: &Purse<'_>, order: &Order) -> Result<(), Broken> {
    if let Some(refund) = order.open_refund() {
        return Err(wrong(order, format!("refund {} is open at rest", refund.number)));
    }
    let taken = purse.taken;
    let given_back = purse.sum_of(|refund| matches!(refund.outcome, RefundOutcome::Succeeded { .. }));
    let entered = purse.entered;
    if (entered.charged, entered.given_back()) != (taken, given_back) {
        return Err(wrong(
            order,
            format!(
                "the ledger has {} - {}, and the provider {taken} - {given_back}",
                entered.charged,
                entered.given_back()
            ),
        ));
    }
    let kept = taken - given_back;
    let is_refused = |status| status == RefundStatus::Failed;
    let bank_refuses = order.refunds.iter().any(|refund| is_refused(refund.status));
    if kept != order.kept_minor() || (kept > 0 && order.status != Status::Completed && !bank_refuses) {
        return Err(wrong(order, format!("{kept} of {taken} are kept at rest")));
    }
    Ok(())
}
