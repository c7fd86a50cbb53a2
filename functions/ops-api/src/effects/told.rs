//! From what is stored to what was done, in the order of time, and which of it was undone by what. Pure.

use super::{EffectBody, EffectKind};
use domain::inventory::ShardMovement;
use domain::ledger::{MovementKind, Place, Posting};
use domain::money_ledger::{MoneyKind, MoneyMovement};
use domain::order::{Kind, Line, Order, Thing};
use domain::supply::{Supply, SupplyStatus};
use domain::{Status, Timestamp};

/// Everything that is stored of one order.
pub(super) struct Written {
    pub(super) order: Order,
    pub(super) money: Vec<MoneyMovement>,
    pub(super) supplies: Vec<Supply>,
    /// Of kitchen and warehouse, those that this order or its supply requests caused.
    pub(super) postings: Vec<Posting>,
    /// Of products, those that this order caused.
    pub(super) movements: Vec<ShardMovement>,
}

/// What an effect opens or closes, by which the two find each other.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pair {
    Nothing,
    /// A claim at a place, on something.
    Opens(String),
    /// The same claim, given back.
    Undoes(String),
}

struct Row {
    at: Timestamp,
    body: EffectBody,
    pair: Pair,
}

/// The effects, oldest first.
pub(super) fn told(written: &Written) -> Vec<EffectBody> {
    let mut rows = of_order(&written.order);
    rows.extend(written.supplies.iter().flat_map(of_supply));
    rows.extend(written.postings.iter().flat_map(of_posting));
    rows.extend(
        written
            .movements
            .iter()
            .map(|movement| of_movement(movement, &written.order)),
    );
    rows.extend(of_money(written));
    // Stable: what one step wrote stays in its order.
    rows.sort_by_key(|row| row.at);
    for undoing in 0..rows.len() {
        let Pair::Undoes(claim) = rows[undoing].pair.clone() else {
            continue;
        };
        for row in &mut rows[..undoing] {
            if row.pair == Pair::Opens(claim.clone()) && row.body.undone_by.is_none() {
                row.body.undone_by = Some(undoing);
            }
        }
    }
    rows.into_iter().map(|row| row.body).collect()
}

fn row(at: Timestamp, kind: EffectKind, state: Option<&'static str>, what: String, pair: Pair) -> Row {
    Row {
        at,
        pair,
        body: EffectBody {
            state,
            kind,
            what,
            amount: None,
            at: at.to_rfc3339(),
            undone_by: None,
            link: None,
        },
    }
}

/// What the order's own row says: tickets held, and each thing that happened.
fn of_order(order: &Order) -> Vec<Row> {
    let link = Some(format!("/orders/{}", order.order_id));
    let mut rows = Vec::new();
    for line in &order.lines {
        if let Thing::Ticket { ticket_id, .. } = &line.thing {
            let what = format!("The ticket {} is held for this order.", line.title);
            let mut held = row(
                order.created_at,
                EffectKind::Hold,
                Some("LockTicket"),
                what,
                Pair::Opens("tickets".to_owned()),
            );
            held.body.link = Some(format!("/tickets/{ticket_id}"));
            rows.push(held);
        }
    }
    for (place, event) in order.events.iter().enumerate() {
        // Later events keep the status, and are of somebody else.
        let is_change = place == 0 || order.events[place - 1].status != event.status;
        let state = match event.status {
            _ if !is_change => None,
            _ if place == 0 => Some(by_kind(
                order,
                "LockTicket",
                "ReserveIngredients",
                "ReserveProducts",
            )),
            Status::Expired => Some("ExpireOrder"),
            Status::Completed => Some(by_kind(order, "CompleteOrder", "ServeDish", "CompleteOrder")),
            Status::Stuck => Some("MarkOrderStuck"),
            Status::Shipped => Some("ShipProducts"),
            Status::PaymentFailed | Status::Unavailable => Some(by_kind(
                order,
                "UnlockTicket",
                "ReleaseIngredients",
                "ReleaseProducts",
            )),
            Status::Refunded => Some("RefundPayment"),
            Status::Paid => Some("ChargePayment"),
            _ => None,
        };
        // These give the tickets back in the same write.
        let frees = matches!(
            event.status,
            Status::Expired | Status::Cancelled | Status::PaymentFailed | Status::Unavailable
        );
        let pair = if frees {
            Pair::Undoes("tickets".to_owned())
        } else {
            Pair::Nothing
        };
        let mut happened = row(event.at, EffectKind::Order, state, event.what.clone(), pair);
        happened.body.link = link.clone();
        rows.push(happened);
    }
    rows
}

/// The state that does the same for each kind of things.
fn by_kind(order: &Order, ticket: &'static str, dish: &'static str, product: &'static str) -> &'static str {
    match order.kind() {
        Kind::Ticket => ticket,
        Kind::Dish => dish,
        Kind::Product => product,
    }
}

/// What was asked of the warehouse.
fn of_supply(supply: &Supply) -> Vec<Row> {
    let claim = format!("supply {}", supply.ingredient);
    let what = format!(
        "The warehouse was asked for {} of {}.",
        supply.wanted, supply.ingredient
    );
    let mut rows = vec![row(
        supply.created_at,
        EffectKind::Supply,
        Some("AwaitIngredient"),
        what,
        Pair::Opens(claim.clone()),
    )];
    let bought: u32 = supply.purchases.iter().map(|purchase| purchase.quantity).sum();
    let rounds = supply.purchases.len();
    match supply.status {
        SupplyStatus::Open => {}
        SupplyStatus::Given => {
            let what = format!(
                "The warehouse gave {} of {}, {bought} of it bought in {rounds} round(s).",
                supply.wanted, supply.ingredient
            );
            rows.push(row(
                supply.updated_at,
                EffectKind::Supply,
                None,
                what,
                Pair::Nothing,
            ));
        }
        SupplyStatus::Unavailable => {
            let what = format!(
                "The warehouse gave up on {} of {} after {rounds} round(s); what was bought stays there.",
                supply.wanted, supply.ingredient
            );
            let state = Some("ReleaseSupply");
            rows.push(row(
                supply.updated_at,
                EffectKind::Supply,
                state,
                what,
                Pair::Undoes(claim),
            ));
        }
    }
    rows
}

fn of_posting(posting: &Posting) -> Vec<Row> {
    let has = |kind| posting.movements.iter().any(|movement| movement.kind == kind);
    let (has_come, is_purchase) = (has(MovementKind::Received), has(MovementKind::Bought));
    posting
        .movements
        .iter()
        .map(|movement| {
            let state = match (posting.place, movement.kind) {
                (Place::Kitchen, MovementKind::Received) => Some("AwaitIngredient"),
                (Place::Kitchen, MovementKind::Held) if has_come => Some("AwaitIngredient"),
                (Place::Kitchen, MovementKind::Held) => Some("ReserveIngredients"),
                (Place::Kitchen, MovementKind::Served) => Some("ServeDish"),
                (Place::Kitchen, MovementKind::Released) => Some("ReleaseIngredients"),
                (Place::Warehouse, _) if is_purchase => Some("BuyFromMarket"),
                (Place::Warehouse, MovementKind::Held | MovementKind::Given) => Some("GiveIngredient"),
                (Place::Warehouse, MovementKind::Released) => Some("ReleaseSupply"),
                _ => None,
            };
            let thing = movement.ingredient.as_str();
            let place = posting.place.as_str();
            let mut row = moved(posting.at, state, movement.kind, movement.quantity, thing, place);
            row.body.link = Some(format!("/reports/{place}"));
            row
        })
        .collect()
}

fn of_movement(movement: &ShardMovement, order: &Order) -> Row {
    let state = match movement.kind {
        MovementKind::Held => Some("ReserveProducts"),
        MovementKind::Released => Some("ReleaseProducts"),
        MovementKind::Sold => Some("AskSupplier"),
        MovementKind::Returned => Some("RefundPayment"),
        _ => None,
    };
    let place = format!("shard {}", movement.shard);
    let is_it = |line: &&Line| matches!(&line.thing, Thing::Product { product_id, .. } if *product_id == movement.product_id);
    let thing = order
        .lines
        .iter()
        .find(is_it)
        .map_or_else(|| movement.product_id.to_string(), |line| line.title.clone());
    let mut row = moved(
        movement.at,
        state,
        movement.kind,
        movement.quantity,
        &thing,
        &place,
    );
    row.body.link = Some(format!("/products/{}", movement.product_id));
    row
}

fn moved(
    at: Timestamp,
    state: Option<&'static str>,
    kind: MovementKind,
    quantity: u32,
    thing: &str,
    place: &str,
) -> Row {
    let claim = |what: &str| format!("{what} {place} {thing}");
    let (effect, words, pair) = match kind {
        MovementKind::Held => (EffectKind::Hold, "held", Pair::Opens(claim("held"))),
        MovementKind::Released => (EffectKind::Movement, "released", Pair::Undoes(claim("held"))),
        MovementKind::Sold => (EffectKind::Movement, "sold", Pair::Opens(claim("sold"))),
        MovementKind::Returned => (EffectKind::Movement, "returned", Pair::Undoes(claim("sold"))),
        other => (EffectKind::Movement, other.as_str(), Pair::Nothing),
    };
    let what = format!("{quantity} of {thing}: {words} ({place}).");
    let mut row = row(at, effect, state, what, pair);
    row.body.amount = Some(quantity.into());
    row
}

/// The charge and the refunds. The charge is undone by the refund with which all of it is back.
fn of_money(written: &Written) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut back = 0_i128;
    let charged: i128 = written
        .money
        .iter()
        .filter(|money| money.kind == MoneyKind::Charged)
        .map(|money| i128::from(u64::from(money.amount_minor)))
        .sum();
    let mut movements: Vec<&MoneyMovement> = written.money.iter().collect();
    movements.sort_by_key(|money| money.at);
    // A bank may return a refund, and another one follows: the one that counts is the last with which all is back.
    let mut whole = None;
    for (place, money) in movements.iter().enumerate() {
        let amount = i128::from(u64::from(money.amount_minor));
        match money.kind {
            MoneyKind::Charged => {}
            MoneyKind::Refunded => back += amount,
            MoneyKind::RefundReturned => back -= amount,
        }
        if back >= charged && charged > 0 {
            whole = whole.or(Some(place));
        } else {
            whole = None;
        }
    }
    for (place, money) in movements.iter().enumerate() {
        let refund = format!("refund {}", money.number);
        let (kind, state, words, pair) = match money.kind {
            MoneyKind::Charged => (
                EffectKind::Charge,
                "ChargePayment",
                "The card was charged.",
                Pair::Opens("charge".to_owned()),
            ),
            MoneyKind::Refunded if whole == Some(place) => (
                EffectKind::Refund,
                "RefundPayment",
                "Money was given back.",
                Pair::Undoes("charge".to_owned()),
            ),
            MoneyKind::Refunded => (
                EffectKind::Refund,
                "RefundPayment",
                "Money was given back.",
                Pair::Opens(refund),
            ),
            MoneyKind::RefundReturned => (
                EffectKind::Refund,
                "RefundPayment",
                "The buyer's bank returned a refund.",
                Pair::Undoes(refund),
            ),
        };
        let amount = u64::from(money.amount_minor);
        let mut row = row(money.at, kind, Some(state), words.to_owned(), pair);
        row.body.amount = Some(amount);
        row.body.link = Some(format!("/orders/{}", money.order_id));
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests;
