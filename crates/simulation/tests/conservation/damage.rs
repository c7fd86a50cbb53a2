//! One thing changed behind the ports' back, and what a report must say of it.

mod rows;

use crate::history::History;
use domain::conservation::{Difference, Rule};
use domain::ledger::Place;
use domain::supply::SupplyStatus;
use domain::{OrderId, Status, TicketState};
use simulation::memory::Tables;
use std::collections::BTreeSet;
use std::fmt;

type Says = Box<dyn Fn(&Difference) -> bool>;

/// What was damaged.
pub struct Damage {
    what: String,
    /// Whether a difference can come of this damage.
    explains: Says,
    /// What must be among the differences.
    named: Vec<Says>,
}

impl fmt::Debug for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// A difference by this rule with these names, and of this size if it has one.
fn says(rule: Rule, place: &str, item: &str, cause: &str, difference: Option<i64>) -> Says {
    let (place, item, cause) = (place.to_owned(), item.to_owned(), cause.to_owned());
    Box::new(move |d| {
        d.rule == rule
            && d.place == place
            && d.item == item
            && d.cause == cause
            && (difference.is_none() || d.difference == difference)
    })
}

impl Damage {
    /// How many kinds there are.
    pub const KINDS: u8 = 20;

    pub fn explains(&self, difference: &Difference) -> bool {
        (self.explains)(difference)
    }

    pub fn named(&self) -> &[Says] {
        &self.named
    }

    /// Damages one thing of this kind; `None` when there is nothing to damage.
    pub fn do_to(history: &History, kind: u8, luck: u8) -> Option<Self> {
        let tables = &mut *history.tables.lock().unwrap();
        let place = [Place::Kitchen, Place::Warehouse][usize::from(luck % 2)];
        match kind {
            0 | 1 => rows::balance(tables.ledgers.get_mut(&place)?, kind == 0, luck),
            2 => rows::quantity(tables.ledgers.get_mut(&place)?, luck),
            3 => rows::row_balance(tables.ledgers.get_mut(&place)?, luck),
            4 => rows::lost_posting(tables.ledgers.get_mut(&place)?, luck),
            5 => status(tables, luck),
            6 => need(tables, luck),
            7 => lost_order(tables, luck),
            8 => free_ticket(tables, luck),
            9 => older_hold(tables, luck),
            10 => forgotten_hold(tables, luck),
            11 => stale_hold(tables, luck),
            12 => claim(tables, luck),
            13 => rows::shelf_balance(tables, luck),
            14 => rows::shelf_movement(tables, luck),
            15 => rows::lost_movement(tables, luck),
            16 => rows::shifted(tables, luck),
            17 => rows::money_amount(tables, luck),
            18 => rows::lost_money(tables, luck),
            _ => rows::invented_money(tables, luck),
        }
    }
}

/// One of them, if there is any.
fn one<T>(all: impl IntoIterator<Item = T>, luck: u8) -> Option<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    if all.is_empty() {
        return None;
    }
    let chosen = usize::from(luck) % all.len();
    Some(all.swap_remove(chosen))
}

/// Every difference is about this order.
fn of_order(order_id: &OrderId) -> Says {
    let order_id = order_id.to_string();
    Box::new(move |d| d.cause == order_id)
}

fn status(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let live = tables.orders.values_mut().filter(|order| order.has_live_hold());
    let order = one(live, luck)?;
    order.status = Status::Expired;
    let (order_id, user_id) = (order.order_id.clone(), order.user_id.clone());
    let rule = Rule::HoldersAreLive;
    Some(Damage {
        what: format!("{order_id} has ended without giving anything back"),
        named: vec![says(rule, "holders", user_id.as_str(), order_id.as_str(), None)],
        explains: of_order(&order_id),
    })
}

fn need(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let orders = tables.orders.values_mut().filter(|order| !order.status.is_end());
    let order = one(orders.filter(|order| !order.needs.is_empty()), luck)?;
    let (item, need) = one(&mut order.needs, luck)?;
    need.held += 3;
    let named = says(
        Rule::HoldsAreAlive,
        "kitchen",
        item.as_str(),
        order.order_id.as_str(),
        Some(-3),
    );
    Some(Damage {
        what: format!("{} believes to hold 3 {item} more", order.order_id),
        named: vec![named],
        explains: of_order(&order.order_id),
    })
}

fn lost_order(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let live = tables.orders.values().filter(|order| order.has_live_hold());
    let order_id = one(live, luck)?.order_id.clone();
    let order = tables.orders.remove(&order_id)?;
    let named = says(
        Rule::HoldersAreLive,
        "holders",
        order.user_id.as_str(),
        order_id.as_str(),
        None,
    );
    Some(Damage {
        what: format!("{order_id} is lost"),
        named: vec![named],
        explains: of_order(&order_id),
    })
}

fn free_ticket(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let taken = tables
        .tickets
        .values_mut()
        .filter(|ticket| ticket.state != TicketState::Available);
    let ticket = one(taken, luck)?;
    ticket.state = TicketState::Available;
    let hold = ticket.hold.take()?;
    let says = |cause| {
        says(
            Rule::TicketsHaveTheirOrder,
            "tickets",
            ticket.ticket_id.as_str(),
            cause,
            None,
        )
    };
    Some(Damage {
        what: format!("{} is free although {} has it", ticket.ticket_id, hold.order_id),
        explains: says(hold.order_id.as_str()),
        named: vec![says(hold.order_id.as_str())],
    })
}

fn older_hold(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let held = tables.tickets.values_mut().filter(|ticket| ticket.hold.is_some());
    let ticket = one(held, luck)?;
    let hold = ticket.hold.as_mut()?;
    hold.hold_version += 1;
    let says = |cause| {
        says(
            Rule::TicketsHaveTheirOrder,
            "tickets",
            ticket.ticket_id.as_str(),
            cause,
            None,
        )
    };
    Some(Damage {
        what: format!("{} knows another hold than {}", ticket.ticket_id, hold.order_id),
        explains: says(hold.order_id.as_str()),
        named: vec![says(hold.order_id.as_str())],
    })
}

fn forgotten_hold(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let live = tables.holders.iter_mut().filter(|(_, orders)| !orders.is_empty());
    let (user_id, orders) = one(live, luck)?;
    let order_id = orders.pop_first()?;
    let says = || {
        says(
            Rule::HoldersAreLive,
            "holders",
            user_id.as_str(),
            order_id.as_str(),
            None,
        )
    };
    Some(Damage {
        what: format!("{user_id} is not known to hold {order_id}"),
        explains: says(),
        named: vec![says()],
    })
}

fn stale_hold(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let ended = tables.orders.values().filter(|order| order.status.is_end());
    let order = one(ended, luck)?;
    let (user_id, order_id) = (order.user_id.clone(), order.order_id.clone());
    let holds = tables.holders.row_or(user_id.clone(), BTreeSet::new);
    holds.insert(order_id.clone());
    let says = || {
        says(
            Rule::HoldersAreLive,
            "holders",
            user_id.as_str(),
            order_id.as_str(),
            None,
        )
    };
    Some(Damage {
        what: format!("{user_id} is said to hold {order_id}, which has ended"),
        explains: says(),
        named: vec![says()],
    })
}

fn claim(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let supplies = tables.supplies.values_mut();
    let supply = one(
        supplies.filter(|supply| supply.status == SupplyStatus::Open),
        luck,
    )?;
    supply.held += 1;
    let says = || {
        says(
            Rule::HoldsAreAlive,
            "warehouse",
            supply.ingredient.as_str(),
            supply.supply_id.as_str(),
            Some(-1),
        )
    };
    Some(Damage {
        what: format!("{} believes to have claimed 1 more", supply.supply_id),
        explains: says(),
        named: vec![says()],
    })
}
