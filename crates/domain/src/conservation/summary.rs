//! What a run has found, summed up: one comparison per rule, place and item.

use super::check::Run;
use super::money::KEPT_AND_REFUNDED;
use super::orders::of_ticket;
use super::supplies::supply_of;
use super::{Check, Difference, Rule, at_no_order};
use crate::ids::OrderId;
use crate::ledger::Place;
use crate::money_ledger::MoneyKind;

impl Run<'_> {
    /// Adds what differs within single rows and ledgers, and compares what is summed up.
    pub(super) fn summary(&mut self, differences: &mut Vec<Difference>) -> Vec<Check> {
        let mut checks = Vec::new();
        for counted in [&self.kitchen, &self.warehouse] {
            let place = counted.head.place.as_str();
            let (own, wrong) = counted.books.against(counted.head.seq, &counted.balances());
            checks.extend(own);
            differences.extend(wrong);
            for cause in counted.books.causes() {
                let is_known = match counted.head.place {
                    Place::Kitchen => OrderId::parse(cause).is_ok(),
                    Place::Warehouse => supply_of(cause).is_some(),
                };
                if !is_known {
                    differences.extend(at_no_order(place, cause, &counted.books.of_cause(cause), false));
                }
            }
            for (item, held) in counted.books.held() {
                let too_much: i64 = differences
                    .iter()
                    .filter(|d| d.rule == Rule::HoldsAreAlive && d.place == place && d.item == *item)
                    .filter_map(|d| d.difference)
                    .sum();
                checks.push(Check::new(
                    Rule::HoldsAreAlive,
                    place,
                    item,
                    held - too_much,
                    held,
                ));
            }
            let rows = counted.books.rows();
            self.looked_at.movements += rows;
            checks.push(counted_check(Rule::MovementsFollow, place, rows, differences));
            let causes = counted.books.causes().count();
            checks.push(counted_check(
                Rule::EndsAreClaimed,
                place,
                causes as u64,
                differences,
            ));
        }
        let (own, wrong) = self.shelves.against();
        checks.extend(own);
        differences.extend(wrong);
        let (shards, movements) = self.shelves.sizes();
        self.looked_at.shards = shards;
        self.looked_at.movements += movements;
        for rule in [
            Rule::MovementsFollow,
            Rule::ShiftsArrive,
            Rule::HoldsAreAlive,
            Rule::EndsAreClaimed,
        ] {
            checks.push(counted_check(rule, "inventory", movements, differences));
        }
        checks.push(self.money_check(differences));
        let of_tickets = self.tickets.iter().filter_map(|(id, says)| of_ticket(id, says));
        differences.extend(of_tickets);
        let tickets = self.tickets.len() as u64;
        let live = self.orders.values().filter(|says| says.is_live()).count();
        checks.push(counted_check(
            Rule::TicketsHaveTheirOrder,
            "tickets",
            tickets,
            differences,
        ));
        checks.push(counted_check(
            Rule::HoldersAreLive,
            "holders",
            live as u64,
            differences,
        ));
        checks
    }

    /// What was charged for all orders, and what they keep and gave back.
    fn money_check(&self, differences: &[Difference]) -> Check {
        let rule = Rule::MoneyIsKeptOrRefunded;
        let charges = self.money.values().flatten();
        let charged: i64 = charges
            .filter(|row| row.kind == MoneyKind::Charged)
            .filter_map(|row| i64::try_from(row.amount_minor.as_minor()).ok())
            .sum();
        let wrong: i64 = differences
            .iter()
            .filter(|difference| difference.rule == rule && difference.item == KEPT_AND_REFUNDED)
            .filter_map(|difference| difference.difference)
            .sum();
        Check::new(rule, "money", "", charged, charged + wrong)
    }
}

/// So many were looked at, and so many of them are right.
fn counted_check(rule: Rule, place: &str, looked_at: u64, differences: &[Difference]) -> Check {
    let wrong = differences
        .iter()
        .filter(|difference| difference.rule == rule && difference.place == place)
        .count();
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let expected = number(looked_at);
    Check::new(rule, place, "", expected, expected - number(wrong as u64))
}
