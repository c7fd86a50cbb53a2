//! Values of the domain as items of a table, and back.
//!
//! An item is the value as serde writes it, plus the attributes by which an index finds it. Those are present only
//! while the row belongs in that index, so that the index stays as small as what it is asked for.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Fault, Order, Ticket, TicketState};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// An item of a table, or the key of one.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Hash key of the index `unfinished`: the order's shard while something may have to be done about it.
pub(crate) const UNFINISHED: &str = "unfinished";
/// Hash key of the index `available`.
pub(crate) const LISTED: &str = "listed";
/// The only value of [`LISTED`].
pub(crate) const LISTED_YES: &str = "yes";

/// A text attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn n(number: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// A number attribute for what counts without a sign and beyond an `i64`.
pub(crate) fn unsigned(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An order as stored: with `unfinished` exactly when it has a `due_at`.
pub(crate) fn order_item(order: &Order) -> Result<Item, Fault> {
    let mut item = to_item("order", order)?;
    if order.due_at.is_some() {
        item.insert(UNFINISHED.to_owned(), n(order.unfinished_shard()));
    }
    Ok(item)
}

/// A ticket as stored: with `listed` exactly while it is available.
pub(crate) fn ticket_item(ticket: &Ticket) -> Result<Item, Fault> {
    let mut item = to_item("ticket", ticket)?;
    if ticket.state == TicketState::Available {
        item.insert(LISTED.to_owned(), s(LISTED_YES));
    }
    Ok(item)
}

/// Any value as an item.
pub(crate) fn to_item(what: &str, value: &impl Serialize) -> Result<Item, Fault> {
    // The cause is left out of the text: it may quote what was to be stored.
    serde_dynamo::to_item(value)
        .map_err(|_| Fault::Defect(format!("this {what} cannot be written as an item")))
}

/// Any value as an attribute.
pub(crate) fn to_attribute(what: &str, value: &impl Serialize) -> Result<AttributeValue, Fault> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|_| Fault::Defect(format!("this {what} cannot be written as an attribute")))
}

/// Reads an item; attributes that the value does not have are passed over.
///
/// # Errors
/// [`Fault::Defect`] that names the item by its id, never by its contents.
pub(crate) fn from_item<T: DeserializeOwned>(what: &str, item: Item) -> Result<T, Fault> {
    let id = item
        .get(&format!("{what}_id"))
        .and_then(|value| value.as_s().ok())
        .cloned()
        .unwrap_or_default();
    serde_dynamo::from_item(item).map_err(|_| Fault::Defect(format!("the stored {what} {id} cannot be read")))
}

/// Reads an attribute.
pub(crate) fn from_attribute<T: DeserializeOwned>(what: &str, value: AttributeValue) -> Result<T, Fault> {
    serde_dynamo::from_attribute_value(value)
        .map_err(|_| Fault::Defect(format!("the stored {what} cannot be read")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use domain::order::{Line, NewOrder, Thing};
    use domain::user::{Account, Email, Role};
    use domain::{
        CardToken, Currency, Decision, OrderId, PriceMinor, Ruling, TaskToken, TicketId, Timestamp, UserId,
    };

    pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

    pub(crate) fn ticket(number: u8) -> Ticket {
        Ticket {
            ticket_id: TicketId::from_random([number; 16]),
            owner_id: UserId::from_random([100; 16]),
            title: "Row 1, seat 2".to_owned(),
            price_minor: PriceMinor::new(4_500).unwrap(),
            event: Some("Brass Night".to_owned()),
            venue: None,
            starts_at: Some(NOW.plus_s(86_400)),
            version: 1,
            state: TicketState::Available,
            hold: None,
            holds_ever: 0,
            created_at: NOW,
        }
    }

    /// The decision to place an order of so many tickets.
    pub(crate) fn placing(tickets: u8) -> Decision {
        let lines = (0..tickets)
            .map(|number| Line {
                thing: Thing::Ticket {
                    ticket_id: ticket(number).ticket_id,
                    version: 1,
                },
                title: "Row 1, seat 2".to_owned(),
                quantity: 1,
                price_minor: PriceMinor::new(4_500).unwrap(),
            })
            .collect();
        let new = NewOrder {
            order_id: OrderId::from_random([9; 16]),
            user_id: UserId::from_random([1; 16]),
            lines,
            currency: Currency::parse("usd").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "f".to_owned(),
            run: domain::HoldRun::of_execution("run"),
        };
        Order::place(new, NOW).unwrap()
    }

    pub(crate) fn change(ruling: Ruling) -> Decision {
        match ruling {
            Ruling::Change(decision) => *decision,
            Ruling::AlreadyDone => panic!("there is nothing to write"),
        }
    }

    #[test]
    fn an_order_comes_back_as_it_was_and_stands_in_the_index_while_unfinished() {
        let placed = placing(2).after;
        let token = TaskToken::parse("token").unwrap();
        let waiting = change(placed.keep_task_token(token, NOW, NOW)).after;
        let card = CardToken::parse("tok_visa").unwrap();
        let paying = change(waiting.begin_payment(card, NOW).unwrap()).after;
        for order in [&placed, &waiting, &paying] {
            let item = order_item(order).unwrap();
            assert_eq!(item[UNFINISHED], n(order.unfinished_shard()));
            assert_eq!(item["due_at"], n(order.due_at.unwrap().as_ms()));
            assert_eq!(item["created_at"], n(order.created_at.as_ms()));
            assert_eq!(from_item::<Order>("order", item).unwrap(), *order);
        }
        let ended = change(waiting.cancel(NOW).unwrap()).after;
        let item = order_item(&ended).unwrap();
        assert!(!item.contains_key(UNFINISHED) && !item.contains_key("due_at"));
        assert_eq!(from_item::<Order>("order", item).unwrap(), ended);
    }

    #[test]
    fn a_ticket_comes_back_as_it_was_and_is_listed_only_while_available() {
        let mut ticket = ticket(1);
        let item = ticket_item(&ticket).unwrap();
        assert_eq!(item[LISTED], s(LISTED_YES));
        assert!(!item.contains_key("hold") && !item.contains_key("venue"));
        assert_eq!(from_item::<Ticket>("ticket", item).unwrap(), ticket);
        ticket.hold = Some(placing(1).after.ticket_hold());
        ticket.holds_ever = 1;
        for state in [TicketState::Held, TicketState::Sold] {
            ticket.state = state;
            let item = ticket_item(&ticket).unwrap();
            assert!(!item.contains_key(LISTED));
            assert_eq!(from_item::<Ticket>("ticket", item).unwrap(), ticket);
        }
    }

    #[test]
    fn an_account_comes_back_as_it_was() {
        let account = Account {
            email: Email::parse("ada@example.org").unwrap(),
            user_id: UserId::from_random([1; 16]),
            password_hash: "$argon2id$...".to_owned(),
            role: Role::Operator,
            created_at: NOW,
        };
        let item = to_item("account", &account).unwrap();
        assert_eq!(item["email"], s("ada@example.org"));
        assert_eq!(item["role"], s(Role::Operator.as_str()));
        let mut older = item.clone();
        older.remove("role");
        assert_eq!(from_item::<Account>("account", older).unwrap().role, Role::Buyer);
        assert_eq!(from_item::<Account>("account", item).unwrap(), account);
    }

    #[test]
    fn an_unreadable_item_is_named_and_not_shown() {
        let mut item = order_item(&placing(1).after).unwrap();
        item.insert("status".to_owned(), s("a secret"));
        let Err(Fault::Defect(text)) = from_item::<Order>("order", item) else {
            panic!("it was read");
        };
        assert!(text.contains("ord_") && !text.contains("secret"));
    }
}
