//! Damage to ledgers, shards and the ledger of money.

use super::{Damage, Says, of_order, one, says};
use domain::conservation::Rule;
use domain::ledger::{Ingredient, MovementKind};
use domain::{MoneyKind, MoneyMovement, OrderId, PriceMinor};
use simulation::memory::{Book, Tables};

pub(super) fn balance(book: &mut Book, is_on_hand: bool, luck: u8) -> Option<Damage> {
    let place = book.head.place.as_str();
    let (item, balance) = one(&mut book.head.balances, luck)?;
    let rule = if is_on_hand {
        balance.on_hand += 2;
        Rule::OnHandIsSum
    } else {
        balance.held += 2;
        Rule::HeldIsSum
    };
    Some(Damage {
        what: format!("{} of {item} in the {place}", rule.as_str()),
        explains: says(rule, place, item.as_str(), "", Some(2)),
        named: vec![says(rule, place, item.as_str(), "", Some(2))],
    })
}

/// Everything about one item of a place, and about the orders and requests that moved it.
fn about(place: &'static str, item: Ingredient) -> Says {
    Box::new(move |d| d.place == place && d.item == item.as_str())
}

pub(super) fn quantity(book: &mut Book, luck: u8) -> Option<Damage> {
    let place = book.head.place.as_str();
    let posting = one(&mut book.postings, luck)?;
    let movement = posting.movements.first_mut()?;
    movement.quantity += 1;
    let number = movement.seq.to_string();
    let item = movement.ingredient.clone();
    Some(Damage {
        what: format!("the quantity of movement {number} in the {place}"),
        named: vec![says(Rule::MovementsFollow, place, item.as_str(), &number, None)],
        explains: about(place, item),
    })
}

pub(super) fn row_balance(book: &mut Book, luck: u8) -> Option<Damage> {
    let place = book.head.place.as_str();
    let posting = one(&mut book.postings, luck)?;
    let movement = posting.movements.last_mut()?;
    movement.balance.on_hand += 1;
    let number = movement.seq.to_string();
    let item = movement.ingredient.clone();
    let rule = Rule::MovementsFollow;
    let same_item = item.clone();
    Some(Damage {
        what: format!("the balance of movement {number} in the {place}"),
        named: vec![says(rule, place, item.as_str(), &number, None)],
        // The movement after it does not follow either.
        explains: Box::new(move |d| d.rule == rule && d.place == place && d.item == same_item.as_str()),
    })
}

pub(super) fn lost_posting(book: &mut Book, luck: u8) -> Option<Damage> {
    let place = book.head.place.as_str();
    let index = usize::from(luck) % book.postings.len().max(1);
    if index >= book.postings.len() {
        return None;
    }
    let lost = book.postings.remove(index);
    let items: Vec<String> = lost.movements.iter().map(|m| m.ingredient.to_string()).collect();
    Some(Damage {
        what: format!("posting {} of the {place} is lost", lost.seq),
        named: vec![says(Rule::NumbersHaveNoGaps, place, "", "", None)],
        explains: Box::new(move |d| {
            d.place == place && (d.rule == Rule::NumbersHaveNoGaps || items.contains(&d.item))
        }),
    })
}

pub(super) fn shelf_balance(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let ((product_id, number), shelf) = one(tables.shelves.iter_mut(), luck)?;
    shelf.head.balance.on_hand += 4;
    let item = format!("{product_id}/{number}");
    let says = || says(Rule::OnHandIsSum, "inventory", &item, "", Some(4));
    Some(Damage {
        what: format!("on_hand of {item}"),
        explains: says(),
        named: vec![says()],
    })
}

pub(super) fn shelf_movement(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let shelves = tables
        .shelves
        .iter_mut()
        .filter(|(_, shelf)| !shelf.movements.is_empty());
    let ((product_id, number), shelf) = one(shelves, luck)?;
    let movement = one(&mut shelf.movements, luck)?;
    movement.quantity += 1;
    let seq = movement.seq.to_string();
    let (product, item) = (product_id.to_string(), format!("{product_id}/{number}"));
    Some(Damage {
        what: format!("the quantity of movement {seq} of {item}"),
        named: vec![says(Rule::MovementsFollow, "inventory", &item, &seq, None)],
        explains: Box::new(move |d| {
            d.place == "inventory" && (d.item == item || d.rule == Rule::ShiftsArrive && d.item == product)
        }),
    })
}

pub(super) fn lost_movement(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let shelves = tables
        .shelves
        .iter_mut()
        .filter(|(_, shelf)| !shelf.movements.is_empty());
    let ((product_id, number), shelf) = one(shelves, luck)?;
    let lost = shelf.movements.remove(usize::from(luck) % shelf.movements.len());
    let (product, item) = (product_id.to_string(), format!("{product_id}/{number}"));
    Some(Damage {
        what: format!("movement {} of {item} is lost", lost.seq),
        named: vec![says(Rule::NumbersHaveNoGaps, "inventory", &item, "", None)],
        explains: Box::new(move |d| {
            d.place == "inventory" && (d.item == item || d.rule == Rule::ShiftsArrive && d.item == product)
        }),
    })
}

/// Something came from a shard that never gave it away, and head and rows of the receiving shard agree about it.
pub(super) fn shifted(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let ((product_id, number), shelf) = one(tables.shelves.iter_mut(), luck)?;
    let at = domain::Timestamp::from_ms(-1);
    let change = shelf.head.post(MovementKind::MovedIn, 2, "levelled", at).ok()?;
    shelf.head = change.after;
    shelf.movements.extend(change.movement);
    let (product, moment) = (product_id.to_string(), at.to_rfc3339());
    let says = || says(Rule::ShiftsArrive, "inventory", &product, &moment, Some(2));
    Some(Damage {
        what: format!("2 came to {product}/{number} from nowhere"),
        explains: says(),
        named: vec![says()],
    })
}

/// A difference of money of this order.
fn money_of(order_id: &OrderId, item: &str, difference: Option<i64>) -> Says {
    let rule = Rule::MoneyIsKeptOrRefunded;
    says(rule, "money", item, order_id.as_str(), difference)
}

pub(super) fn money_amount(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let row = one(tables.money.values_mut(), luck)?;
    row.amount_minor = PriceMinor::new(row.amount_minor.as_minor() + 7).ok()?;
    let item = match row.kind {
        MoneyKind::Charged => "charged".to_owned(),
        MoneyKind::Refunded | MoneyKind::RefundReturned => format!("refund {}", row.number),
    };
    let difference = match row.kind {
        MoneyKind::Charged | MoneyKind::Refunded => 7,
        MoneyKind::RefundReturned => -7,
    };
    Some(Damage {
        what: format!("the amount of {item} of {}", row.order_id),
        named: vec![money_of(&row.order_id, &item, Some(difference))],
        explains: of_order(&row.order_id),
    })
}

pub(super) fn lost_money(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let key = one(tables.money.keys(), luck)?.clone();
    let row = tables.money.remove(&key)?;
    let amount = i64::try_from(row.amount_minor.as_minor()).ok()?;
    let refund = format!("refund {}", row.number);
    let named = match row.kind {
        MoneyKind::RefundReturned => vec![money_of(&row.order_id, &refund, Some(amount))],
        MoneyKind::Charged => vec![
            money_of(&row.order_id, "charges", Some(-1)),
            money_of(&row.order_id, "charged", Some(-amount)),
        ],
        MoneyKind::Refunded => vec![money_of(&row.order_id, &refund, Some(-amount))],
    };
    Some(Damage {
        what: format!("{} of {} is lost", row.entry(), row.order_id),
        named,
        explains: of_order(&row.order_id),
    })
}

pub(super) fn invented_money(tables: &mut Tables, luck: u8) -> Option<Damage> {
    let order = one(tables.orders.values(), luck)?;
    let row = MoneyMovement {
        order_id: order.order_id.clone(),
        kind: MoneyKind::Charged,
        number: 2,
        amount_minor: order.total_minor,
        currency: order.currency.clone(),
        provider_id: "pi_2".to_owned(),
        at: order.updated_at,
    };
    let order_id = order.order_id.clone();
    tables.money.insert((order_id.clone(), row.entry()), row);
    Some(Damage {
        what: format!("{order_id} was charged once more"),
        named: vec![
            money_of(&order_id, "charges", Some(1)),
            money_of(&order_id, "kept and refunded", None),
        ],
        explains: of_order(&order_id),
    })
}
