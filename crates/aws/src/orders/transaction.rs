//! A decision as one DynamoDB transaction, and what its cancellation means.
//!
//! The items stand in the order in which a false condition counts: the order first, then each stock change (for one
//! that moves ingredients, head and posting of the kitchen's ledger), then the shards of products, the rows of the ledger of
//! money, what arrives at devices (which has no condition of its own), and the holder.
//! Beside each item stands what it is about, because the reasons of a cancellation come back by position alone.

use super::OrderTables;
use crate::cancellation::{first_false, is_contention};
use crate::devices::arrival_update;
use crate::inventory;
use crate::items::{Item, LISTED, LISTED_YES, from_item, n, order_item, s, to_attribute};
use crate::ledgers::{contradiction, head_put, posting_put};
use crate::money;
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure as OnFailure,
    TransactWriteItem, Update,
};
use domain::inventory::ShardChange;
use domain::ledger::{LedgerChange, Place};
use domain::order::Arrival;
use domain::ports::CommitError;
use domain::stock::{HolderChange, StockChange, StockRefusal};
use domain::ticket::TicketHold;
use domain::{Decision, Fault, TicketId};
use std::collections::HashMap;

/// The condition that the order is still the one that was read.
pub(super) struct AsRead {
    pub(super) expression: &'static str,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Item>,
}

impl AsRead {
    /// The condition of this decision.
    pub(super) fn condition(decision: &Decision) -> Self {
        match decision.before {
            None => Self {
                expression: "attribute_not_exists(order_id)",
                names: None,
                values: None,
            },
            Some((version, status)) => Self {
                expression: "#version = :version AND #status = :status",
                names: Some(names(&["version", "status"])),
                values: Some(values([
                    (":version", n(version)),
                    (":status", s(status.as_str())),
                ])),
            },
        }
    }
}

/// What one item of the transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Order,
    /// The ticket of the stock change with this index.
    Ticket(usize),
    /// The head of the kitchen's ledger.
    Head,
    /// The posting beside it.
    Posting,
    /// The head of a product's shard.
    Shard,
    /// The movement beside it.
    ShardMovement,
    /// A row of the ledger of money.
    Money,
    /// What arrives at a device.
    Arrival,
    Holder,
}

/// What the movements of a decision make of counted stock.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Of the kitchen's ledger; `None` when nothing is moved there.
    pub(super) kitchen: Option<LedgerChange>,
    /// Of the shards of products, each at most once.
    pub(super) shards: Vec<ShardChange>,
}

/// The whole decision.
pub(super) fn items(
    tables: &OrderTables,
    decision: &Decision,
    moved: &Moved,
    write: &WriteId,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let mut items = vec![(Part::Order, order_put(tables, decision, write)?)];
    for (index, change) in decision.stock.iter().enumerate() {
        let (ticket_id, change) = match change {
            StockChange::HoldTicket {
                ticket_id,
                seen_version,
                hold,
            } => (ticket_id, hold_ticket(*seen_version, hold)?),
            StockChange::ReleaseTicket { ticket_id, hold } => (ticket_id, release_ticket(hold)),
            StockChange::ReturnTicket { ticket_id, hold } => (ticket_id, return_ticket(hold)),
            StockChange::PostTicket { ticket_id, hold } => (ticket_id, post_ticket(hold)),
            StockChange::MoveIngredients { .. } => {
                if let Some(change) = &moved.kitchen {
                    items.push((Part::Head, head_put(&tables.ledgers, change)?));
                    items.push((Part::Posting, posting_put(&tables.ledgers, change)?));
                }
                continue;
            }
            StockChange::MoveProduct { .. } => continue,
        };
        items.push((Part::Ticket(index), ticket_update(tables, ticket_id, change)?));
    }
    for change in &moved.shards {
        let head = inventory::head_put(&tables.inventory, change, write)?;
        items.push((Part::Shard, head));
        if let Some(movement) = &change.movement {
            let row = inventory::movement_put(&tables.inventory, movement)?;
            items.push((Part::ShardMovement, row));
        }
    }
    for row in &decision.money {
        items.push((Part::Money, money::row_put(&tables.money, row)?));
    }
    for arrival in summed(&decision.arrivals) {
        let (owner_id, at) = (&decision.after.user_id, decision.after.updated_at);
        let update = arrival_update(&tables.device_stock, &arrival, owner_id, at)?;
        items.push((Part::Arrival, update));
    }
    if let Some(update) = holder_update(tables, decision)? {
        items.push((Part::Holder, update));
    }
    Ok(items)
}

/// What arrives, each product of each device once: a transaction writes no item twice.
fn summed(arrivals: &[Arrival]) -> Vec<Arrival> {
    let mut sums: Vec<Arrival> = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let same = sums
            .iter_mut()
            .find(|sum| (&sum.device_id, &sum.product_id) == (&arrival.device_id, &arrival.product_id));
        match same {
            Some(sum) => sum.quantity = sum.quantity.saturating_add(arrival.quantity),
            None => sums.push(arrival.clone()),
        }
    }
    sums
}

fn order_put(tables: &OrderTables, decision: &Decision, write: &WriteId) -> Result<TransactWriteItem, Fault> {
    let mut item = order_item(&decision.after)?;
    item.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
    let condition = AsRead::condition(decision);
    let put = Put::builder()
        .table_name(&tables.orders)
        .set_item(Some(item))
        .condition_expression(condition.expression)
        .set_expression_attribute_names(condition.names)
        .set_expression_attribute_values(condition.values)
        .return_values_on_condition_check_failure(OnFailure::AllOld)
        .build()
        .map_err(|_| unbuilt("order"))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn ticket_update(
    tables: &OrderTables,
    ticket_id: &TicketId,
    change: Change,
) -> Result<TransactWriteItem, Fault> {
    let Change {
        update,
        condition,
        names,
        values,
    } = change;
    let update = Update::builder()
        .table_name(&tables.tickets)
        .key("ticket_id", s(ticket_id.as_str()))
        .update_expression(update)
        .condition_expression(condition)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values(Some(values))
        .return_values_on_condition_check_failure(OnFailure::AllOld)
        .build()
        .map_err(|_| unbuilt("ticket"))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// What happens to one ticket.
struct Change {
    update: &'static str,
    condition: &'static str,
    names: HashMap<String, String>,
    values: Item,
}

fn hold_ticket(seen_version: u32, hold: &TicketHold) -> Result<Change, Fault> {
    Ok(Change {
        update: "SET #state = :held, #hold = :hold, holds_ever = holds_ever + :one REMOVE #listed",
        condition: "#state = :available AND #version = :seen",
        names: names(&["state", "hold", "version", LISTED]),
        values: values([
            (":available", s("available")),
            (":held", s("held")),
            (":hold", to_attribute("hold", hold)?),
            (":one", n(1)),
            (":seen", n(seen_version)),
        ]),
    })
}

fn release_ticket(hold: &TicketHold) -> Change {
    let mut values = held_by(hold);
    values.insert(":available".to_owned(), s("available"));
    values.insert(":yes".to_owned(), s(LISTED_YES));
    Change {
        update: "SET #state = :available, #listed = :yes REMOVE #hold",
        condition: HELD_BY,
        names: names(&["state", "hold", "hold_id", "hold_version", LISTED]),
        values,
    }
}

fn post_ticket(hold: &TicketHold) -> Change {
    let mut values = held_by(hold);
    values.insert(":sold".to_owned(), s("sold"));
    Change {
        update: "SET #state = :sold",
        condition: HELD_BY,
        names: names(&["state", "hold", "hold_id", "hold_version"]),
        values,
    }
}

/// A sold ticket back on sale.
fn return_ticket(hold: &TicketHold) -> Change {
    let mut values = claimed_by(hold);
    values.insert(":sold".to_owned(), s("sold"));
    values.insert(":available".to_owned(), s("available"));
    values.insert(":yes".to_owned(), s(LISTED_YES));
    Change {
        update: "SET #state = :available, #listed = :yes REMOVE #hold",
        condition: SOLD_BY,
        names: names(&["state", "hold", "hold_id", "hold_version", LISTED]),
        values,
    }
}

/// The ticket is held, and by exactly this version of this hold.
const HELD_BY: &str = "#state = :held AND #hold.#hold_id = :hold_id AND #hold.#hold_version = :hold_version";
/// The ticket is sold, and by exactly this version of this hold.
const SOLD_BY: &str = "#state = :sold AND #hold.#hold_id = :hold_id AND #hold.#hold_version = :hold_version";

fn held_by(hold: &TicketHold) -> Item {
    let mut values = claimed_by(hold);
    values.insert(":held".to_owned(), s("held"));
    values
}

fn claimed_by(hold: &TicketHold) -> Item {
    values([
        (":hold_id", s(hold.hold_id.as_str())),
        (":hold_version", n(hold.hold_version)),
    ])
}

fn holder_update(tables: &OrderTables, decision: &Decision) -> Result<Option<TransactWriteItem>, Fault> {
    let order_id = decision.after.order_id.as_str();
    let of_buyer = Update::builder()
        .table_name(&tables.holders)
        .key("user_id", s(decision.after.user_id.as_str()))
        .expression_attribute_values(":this", AttributeValue::Ss(vec![order_id.to_owned()]));
    let update = match decision.holder {
        HolderChange::Unchanged => return Ok(None),
        HolderChange::Add { holds_max } => of_buyer
            .update_expression("ADD live_orders :this")
            .condition_expression(
                "attribute_not_exists(live_orders) OR size(live_orders) < :max OR contains(live_orders, :order)",
            )
            .expression_attribute_values(":max", n(holds_max))
            .expression_attribute_values(":order", s(order_id)),
        HolderChange::Remove => of_buyer.update_expression("DELETE live_orders :this"),
    };
    let update = update.build().map_err(|_| unbuilt("holder"))?;
    Ok(Some(TransactWriteItem::builder().update(update).build()))
}

/// What a cancelled transaction tells the caller.
///
/// Several conditions can be false at once; the order's own comes first, because whoever reads it again may find that
/// the rest no longer matters.
///
/// # Errors
/// Always, unless it was this very write that made the condition false.
pub(super) fn verdict(
    parts: &[Part],
    write: &WriteId,
    reasons: &[CancellationReason],
) -> Result<(), CommitError> {
    let Some(failed) = first_false(parts, reasons) else {
        is_contention("TransactWriteItems order", reasons).map_err(CommitError::Fault)?;
        return Err(CommitError::Contended);
    };
    match failed.part {
        Part::Order if write.wrote(failed.present) => Ok(()),
        Part::Order => Err(CommitError::OrderMoved),
        Part::Ticket(index) => Err(stock_refusal(index, failed.present)),
        Part::Head | Part::Shard => Err(CommitError::LedgerMoved),
        Part::Posting => Err(CommitError::Fault(contradiction(Place::Kitchen))),
        Part::ShardMovement => Err(CommitError::Fault(inventory::contradiction())),
        // The order is as it was read, and what is to be written about its money once was written before.
        Part::Money => Err(CommitError::Fault(Fault::Defect(
            "the ledger of money has a row that its order knows nothing of".to_owned(),
        ))),
        Part::Arrival => Err(CommitError::Fault(Fault::Defect(
            "a delivery was refused, which has no condition".to_owned(),
        ))),
        Part::Holder => Err(CommitError::TooManyHolds),
    }
}

fn stock_refusal(index: usize, present: Option<&Item>) -> CommitError {
    let present = match present.filter(|item| !item.is_empty()) {
        Some(item) => match from_item("ticket", item.clone()) {
            Ok(ticket) => Some(ticket),
            Err(fault) => return CommitError::Fault(fault),
        },
        None => None,
    };
    CommitError::Stock(Box::new(StockRefusal { index, present }))
}

fn names(attributes: &[&str]) -> HashMap<String, String> {
    attributes
        .iter()
        .map(|name| (format!("#{name}"), (*name).to_owned()))
        .collect()
}

fn values<const N: usize>(pairs: [(&str, AttributeValue); N]) -> Item {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn unbuilt(what: &str) -> Fault {
    Fault::Defect(format!(
        "TransactWriteItems order: the write of the {what} could not be built"
    ))
}

#[cfg(test)]
mod tests;
