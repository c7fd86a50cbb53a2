//! What an order says of its money, held against the ledger of money.

use super::{Difference, Rule};
use crate::ids::OrderId;
use crate::money::Currency;
use crate::money_ledger::{MoneyKind, MoneyMovement};
use crate::order::{Order, Status};
use crate::refund::RefundStatus;
use std::collections::BTreeMap;

/// The item of the difference that says: what was charged is not what is kept and what went back.
pub(super) const KEPT_AND_REFUNDED: &str = "kept and refunded";

/// What an order says of its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneySays {
    /// The sum of its lines, minor units.
    pub total_minor: i64,
    /// Of what.
    pub currency: Currency,
    /// Whether it was charged; an order that is paid, shipped or completed must have been.
    pub was_charged: bool,
    /// What it says it keeps, minor units.
    pub kept_minor: i64,
    /// What went back, by the number of the refund, minor units.
    pub refunded: BTreeMap<u32, i64>,
    /// What must be on its way back or have gone back, because the order ended without a sale, or all of it was promised
    /// back; minor units.
    pub owed_minor: i64,
    /// What is on its way back or has gone back, minor units; not what a bank refused or returned.
    pub asked_back_minor: i64,
}

fn minor(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

impl From<&Order> for MoneySays {
    fn from(order: &Order) -> Self {
        let is_paid = matches!(order.status, Status::Paid | Status::Shipped | Status::Completed);
        let was_charged = order.was_charged() || is_paid;
        let has_ended_unsold = matches!(
            order.status,
            Status::Expired
                | Status::Cancelled
                | Status::PaymentFailed
                | Status::Unavailable
                | Status::Refunded
        );
        let amounts = order
            .refunds
            .iter()
            .map(|refund| (refund, minor(refund.amount_minor.as_minor())));
        let total_minor = minor(order.total_minor.as_minor());
        Self {
            total_minor,
            currency: order.currency.clone(),
            was_charged,
            kept_minor: minor(order.kept_minor()),
            refunded: amounts
                .clone()
                .filter(|(refund, _)| refund.status == RefundStatus::Succeeded)
                .map(|(refund, amount)| (refund.number, amount))
                .collect(),
            owed_minor: match was_charged && has_ended_unsold {
                true => total_minor,
                false => 0,
            },
            asked_back_minor: amounts
                .filter(|(refund, _)| refund.status != RefundStatus::Failed)
                .map(|(_, amount)| amount)
                .sum(),
        }
    }
}

/// What differs between an order and its rows in the ledger of money. `says` is `None` when there is no such order.
pub(super) fn of_money(
    order_id: &OrderId,
    says: Option<&MoneySays>,
    rows: &[MoneyMovement],
) -> Vec<Difference> {
    let amounts = |kind: MoneyKind| {
        rows.iter()
            .filter(move |row| row.kind == kind)
            .map(|row| (row.number, minor(row.amount_minor.as_minor())))
    };
    let charges = amounts(MoneyKind::Charged).count() as u64;
    let charged: i64 = amounts(MoneyKind::Charged).map(|(_, amount)| amount).sum();
    // What a bank did not take came back to us, under the number of its refund.
    let given_back = amounts(MoneyKind::Refunded)
        .chain(amounts(MoneyKind::RefundReturned).map(|(number, amount)| (number, -amount)));
    let refunded: i64 = given_back.clone().map(|(_, amount)| amount).sum();
    let charged_says = says.filter(|says| says.was_charged);
    let mut compared = vec![
        (
            "charges".to_owned(),
            i64::from(charged_says.is_some()),
            minor(charges),
        ),
        (
            "charged".to_owned(),
            charged_says.map_or(0, |says| says.total_minor),
            charged,
        ),
        (
            KEPT_AND_REFUNDED.to_owned(),
            charged,
            says.map_or(0, |says| says.kept_minor) + refunded,
        ),
    ];
    if let Some(says) = says {
        let owed = says.owed_minor;
        compared.push(("owed".to_owned(), owed, says.asked_back_minor.min(owed)));
    }
    let mut refunds: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
    for (number, amount) in says.iter().flat_map(|says| &says.refunded) {
        refunds.entry(*number).or_default().0 = *amount;
    }
    for (number, amount) in given_back {
        refunds.entry(number).or_default().1 += amount;
    }
    let refunds = refunds.into_iter();
    compared.extend(refunds.map(|(number, (says, is))| (format!("refund {number}"), says, is)));

    let rule = Rule::MoneyIsKeptOrRefunded;
    let differing = compared
        .into_iter()
        .filter(|(_, expected, found)| expected != found);
    let mut differences: Vec<Difference> = differing
        .map(|(what, expected, found)| {
            Difference::of_numbers(rule, ("money", &what, order_id.as_str()), expected, found)
        })
        .collect();
    if let Some(says) = says
        && let Some(row) = rows.iter().find(|row| row.currency != says.currency)
    {
        let at = ("money", "currency", order_id.as_str());
        differences.push(Difference::of_words(
            rule,
            at,
            says.currency.as_str(),
            row.currency.as_str(),
        ));
    }
    differences
}
