//! What an order says of itself, held against everything that is found under its name.

use super::money::{MoneySays, of_money};
use super::{Difference, Rule, Tally};
use crate::ids::{HoldId, OrderId, ProductId, TicketId, UserId};
use crate::ledger::Place;
use crate::money_ledger::MoneyMovement;
use crate::order::{Order, Status, Thing};
use crate::ticket::{Ticket, TicketState};
use std::collections::{BTreeMap, BTreeSet};

/// What a dish order says of one ingredient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NeedSays {
    /// What it holds, or held when it ended.
    pub held: u32,
    /// Whether what was asked of the warehouse has come.
    pub has_arrived: bool,
}

/// What an order says, without its history: small enough to remember all of them for one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSays {
    /// Which.
    pub order_id: OrderId,
    /// Whose.
    pub user_id: UserId,
    /// Where it stands.
    pub status: Status,
    /// Counts every change.
    pub version: u32,
    /// Whether its claims became sales, whatever happened later.
    pub has_completed: bool,
    /// Whether what it took of products is sold: sooner than it completes, because it has to travel.
    pub has_sold_products: bool,
    /// Its claim.
    pub hold: (HoldId, u32),
    /// The tickets it is made of, without those that went back on sale: they may be anybody's by now.
    pub tickets: BTreeSet<TicketId>,
    /// What it takes of products, by shard (see [`shelf`]).
    pub takes: BTreeMap<String, u32>,
    /// The products that it is made of.
    pub products: BTreeSet<ProductId>,
    /// What it says of its money.
    pub money: MoneySays,
    /// What it needs, by ingredient.
    pub needs: BTreeMap<String, NeedSays>,
}

impl From<&Order> for OrderSays {
    fn from(order: &Order) -> Self {
        Self {
            order_id: order.order_id.clone(),
            user_id: order.user_id.clone(),
            status: order.status,
            version: order.version,
            has_completed: order.has_completed(),
            has_sold_products: order.has_sold_products(),
            hold: (order.hold.hold_id.clone(), order.hold.version),
            tickets: tickets(order),
            takes: order
                .takes()
                .fold(BTreeMap::new(), |mut takes, (product_id, take)| {
                    *takes.entry(shelf(product_id, take.shard)).or_default() += take.quantity;
                    takes
                }),
            products: order.takes().map(|(product_id, _)| product_id.clone()).collect(),
            money: order.into(),
            needs: order
                .needs
                .iter()
                .map(|(ingredient, need)| {
                    let says = NeedSays {
                        held: need.held,
                        has_arrived: need.arrived,
                    };
                    (ingredient.to_string(), says)
                })
                .collect(),
        }
    }
}

/// The name of a shard in a report.
#[must_use]
pub fn shelf(product_id: &ProductId, shard: u8) -> String {
    format!("{product_id}/{shard}")
}

fn tickets(order: &Order) -> BTreeSet<TicketId> {
    let given_back: BTreeSet<u32> = order
        .refunds
        .iter()
        .filter(|refund| refund.tickets_returned)
        .flat_map(|refund| &refund.lines)
        .map(|refunded| refunded.line)
        .collect();
    let lines = (0_u32..).zip(&order.lines);
    let kept = lines.filter(|(number, _)| !given_back.contains(number));
    kept.filter_map(|(_, line)| match &line.thing {
        Thing::Ticket { ticket_id, .. } => Some(ticket_id.clone()),
        Thing::Dish { .. } | Thing::Product { .. } => None,
    })
    .collect()
}

impl OrderSays {
    /// Whether it still claims what it holds.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !self.status.is_end() && !self.has_sold_products
    }
}

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketSays {
    /// Where it stands.
    pub state: TicketState,
    /// The claim on it: the order, the hold, and its version.
    pub hold: Option<(OrderId, HoldId, u32)>,
}

impl From<&Ticket> for TicketSays {
    fn from(ticket: &Ticket) -> Self {
        Self {
            state: ticket.state,
            hold: ticket
                .hold
                .as_ref()
                .map(|hold| (hold.order_id.clone(), hold.hold_id.clone(), hold.hold_version)),
        }
    }
}

impl TicketSays {
    fn in_words(&self) -> String {
        let state = match self.state {
            TicketState::Available => "available",
            TicketState::Held => "held",
            TicketState::Sold => "sold",
        };
        match &self.hold {
            Some((order_id, _, version)) => format!("{state}, hold {version} of {order_id}"),
            None => state.to_owned(),
        }
    }

    fn names(&self, order_id: &OrderId) -> bool {
        self.hold.as_ref().is_some_and(|(named, _, _)| named == order_id)
    }
}

/// Everything that is found under an order's name, as of one version of the order.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The tickets that it is made of, and those that name it. One that is not there is left out.
    pub tickets: BTreeMap<TicketId, TicketSays>,
    /// What was moved for it in the kitchen, by ingredient.
    pub kitchen: BTreeMap<String, Tally>,
    /// What left the warehouse for it, by ingredient.
    pub given: BTreeMap<String, u32>,
    /// The buyers whose set of live holds names it.
    pub listed_by: BTreeSet<UserId>,
    /// What was moved for it in each shard.
    pub shelves: BTreeMap<String, Tally>,
    /// Its rows in the ledger of money.
    pub money: Vec<MoneyMovement>,
}

/// A ticket by itself: a free one is claimed by nobody, any other by somebody.
#[must_use]
pub fn of_ticket(ticket_id: &TicketId, ticket: &TicketSays) -> Option<Difference> {
    let expected = match (ticket.state, &ticket.hold) {
        (TicketState::Available, Some(_)) => "no hold",
        (TicketState::Held | TicketState::Sold, None) => "a hold",
        _ => return None,
    };
    let at = ("tickets", ticket_id.as_str(), "");
    Some(Difference::of_words(
        Rule::TicketsHaveTheirOrder,
        at,
        expected,
        ticket.in_words(),
    ))
}

/// What differs between an order and what is found under its name. `says` is `None` when there is no such order.
#[must_use]
pub fn of_order(order_id: &OrderId, says: Option<&OrderSays>, found: &Found) -> Vec<Difference> {
    let mut differences = of_tickets(order_id, says, found);
    differences.extend(kitchen(order_id, says, found));
    differences.extend(holders(order_id, says, found));
    differences.extend(inventory(order_id, says, found));
    differences.extend(of_money(order_id, says.map(|says| &says.money), &found.money));
    differences
}

fn of_tickets(order_id: &OrderId, says: Option<&OrderSays>, found: &Found) -> Vec<Difference> {
    let nothing = BTreeSet::new();
    let own = says.map_or(&nothing, |says| &says.tickets);
    let claimed = says.and_then(|says| match () {
        () if says.is_live() => Some((says, TicketState::Held)),
        () if says.has_completed => Some((says, TicketState::Sold)),
        () => None,
    });
    let mut differences = Vec::new();
    let named = found
        .tickets
        .iter()
        .filter(|(_, ticket)| ticket.names(order_id))
        .map(|(ticket_id, _)| ticket_id);
    for ticket_id in own.iter().chain(named).collect::<BTreeSet<_>>() {
        let ticket = found.tickets.get(ticket_id);
        let expected = claimed
            .filter(|_| own.contains(ticket_id))
            .map(|(says, state)| TicketSays {
                state,
                hold: Some((order_id.clone(), says.hold.0.clone(), says.hold.1)),
            });
        let is_right = match &expected {
            Some(expected) => ticket == Some(expected),
            None => !ticket.is_some_and(|ticket| ticket.names(order_id)),
        };
        if !is_right {
            differences.push(Difference::of_words(
                Rule::TicketsHaveTheirOrder,
                ("tickets", ticket_id.as_str(), order_id.as_str()),
                expected.map_or_else(
                    || format!("no hold of an order that is {}", standing(says)),
                    |expected| expected.in_words(),
                ),
                ticket.map_or("not there".to_owned(), TicketSays::in_words),
            ));
        }
    }
    differences
}

fn standing(says: Option<&OrderSays>) -> String {
    says.map_or("not there".to_owned(), |says| says.status.to_string())
}

fn kitchen(order_id: &OrderId, says: Option<&OrderSays>, found: &Found) -> Vec<Difference> {
    let nothing = BTreeMap::new();
    let needs = says.map_or(&nothing, |says| &says.needs);
    let mut differences = Vec::new();
    for item in needs.keys().chain(found.kitchen.keys()).collect::<BTreeSet<_>>() {
        let need = needs.get(item).copied().unwrap_or_default();
        let moved = found.kitchen.get(item).copied().unwrap_or_default();
        let claims = i64::from(need.held);
        let (is_live, has_completed) =
            says.map_or((false, false), |says| (says.is_live(), says.has_completed));
        let given = found.given.get(item).copied().unwrap_or_default();
        for (rule, expected, counted) in [
            (Rule::HoldsAreAlive, if is_live { claims } else { 0 }, moved.held),
            (
                Rule::EndsAreClaimed,
                if has_completed { claims } else { 0 },
                moved.left,
            ),
            // What has not arrived yet may be on its way.
            (
                Rule::EndsAreClaimed,
                if need.has_arrived { i64::from(given) } else { 0 },
                moved.came,
            ),
        ] {
            if expected != counted {
                let at = (Place::Kitchen.as_str(), item.as_str(), order_id.as_str());
                differences.push(Difference::of_numbers(rule, at, expected, counted));
            }
        }
    }
    differences
}

fn inventory(order_id: &OrderId, says: Option<&OrderSays>, found: &Found) -> Vec<Difference> {
    let nothing = BTreeMap::new();
    let takes = says.map_or(&nothing, |says| &says.takes);
    let (is_live, is_sold) = says.map_or((false, false), |says| (says.is_live(), says.has_sold_products));
    let mut differences = Vec::new();
    for item in takes.keys().chain(found.shelves.keys()).collect::<BTreeSet<_>>() {
        let taken = i64::from(takes.get(item).copied().unwrap_or_default());
        let moved = found.shelves.get(item).copied().unwrap_or_default();
        for (rule, expected, counted) in [
            (Rule::HoldsAreAlive, if is_live { taken } else { 0 }, moved.held),
            (Rule::EndsAreClaimed, if is_sold { taken } else { 0 }, moved.left),
        ] {
            if expected != counted {
                let at = ("inventory", item.as_str(), order_id.as_str());
                differences.push(Difference::of_numbers(rule, at, expected, counted));
            }
        }
    }
    differences
}

fn holders(order_id: &OrderId, says: Option<&OrderSays>, found: &Found) -> Vec<Difference> {
    let live_of = says.filter(|says| says.is_live()).map(|says| &says.user_id);
    let users = found.listed_by.iter().chain(live_of).collect::<BTreeSet<_>>();
    users
        .into_iter()
        .filter(|user_id| (live_of == Some(*user_id)) != found.listed_by.contains(*user_id))
        .map(|user_id| {
            let (expected, is) = match live_of == Some(user_id) {
                true => ("live order listed".to_owned(), "not listed"),
                false => (format!("not listed: it is {}", standing(says)), "listed"),
            };
            let at = ("holders", user_id.as_str(), order_id.as_str());
            Difference::of_words(Rule::HoldersAreLive, at, expected, is)
        })
        .collect()
}
