//! What the table of the inventory holds, and the writes by which anything in it changes.
//!
//! The hash key is `shelf`, the range key `seq`. The head of a shard has the seq 0, which no movement has; a movement
//! has its own number, so "everything after n" is one query, without the head. Head and movement always stand in one
//! transaction, under the condition that the head still has the number and the terms from which the change was
//! computed: that alone keeps balances and movements equal, gives no number twice, and makes a hold one at the price
//! that was read. A change of terms alone leaves the balance to whoever moves it at the same time.

use crate::items::{Item, from_item, n, s, to_item, unsigned};
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::types::{
    Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use domain::inventory::{Shard, ShardChange, ShardMovement};
use domain::ledger::Balance;
use domain::{Fault, ProductId};
use serde::{Deserialize, Serialize};

/// The range key of the head.
const HEAD_SEQ: u64 = 0;

/// The head as stored. Its range key is not the number of its last movement, which therefore has a name of its own.
#[derive(Serialize, Deserialize)]
struct HeadRow {
    shelf: String,
    seq: u64,
    product_id: ProductId,
    number: u8,
    last_seq: u64,
    on_hand: u32,
    held: u32,
    terms: u32,
}

/// The hash key of one shard.
pub(super) fn shelf(product_id: &ProductId, number: u8) -> String {
    format!("{product_id}#{number}")
}

/// The primary key of the head of one shard.
pub(super) fn head_key(product_id: &ProductId, number: u8) -> Item {
    key(&shelf(product_id, number))
}

/// The primary key of the row that says that something was done under this name.
///
/// No product's id begins so, hence it is in no shard, and no reader of a shard meets it.
pub(super) fn once_key(once: &str) -> Item {
    key(&format!("once#{once}"))
}

fn key(shelf: &str) -> Item {
    Item::from([
        ("shelf".to_owned(), s(shelf)),
        ("seq".to_owned(), unsigned(HEAD_SEQ)),
    ])
}

/// A head as stored.
pub(super) fn shard(item: Item) -> Result<Shard, Fault> {
    let row: HeadRow = from_item("head of a shard", item)?;
    Ok(Shard {
        product_id: row.product_id,
        number: row.number,
        seq: row.last_seq,
        balance: Balance {
            on_hand: row.on_hand,
            held: row.held,
        },
        terms: row.terms,
    })
}

fn head_item(shard: &Shard) -> Result<Item, Fault> {
    let row = HeadRow {
        shelf: shelf(&shard.product_id, shard.number),
        seq: HEAD_SEQ,
        product_id: shard.product_id.clone(),
        number: shard.number,
        last_seq: shard.seq,
        on_hand: shard.balance.on_hand,
        held: shard.balance.held,
        terms: shard.terms,
    };
    to_item("head of a shard", &row)
}

/// The head under the condition that it still has the number and the terms that the change was computed from.
pub(crate) fn head_put(
    table: &str,
    change: &ShardChange,
    write: &WriteId,
) -> Result<TransactWriteItem, Fault> {
    let put = named(head_item(&change.after)?, table, write)
        .condition_expression("last_seq = :seq AND terms = :terms")
        .expression_attribute_values(":seq", unsigned(change.before.seq))
        .expression_attribute_values(":terms", n(change.before.terms));
    built(put.build().ok())
}

/// The head of a shard that must not exist yet.
pub(crate) fn new_head_put(
    table: &str,
    change: &ShardChange,
    write: &WriteId,
) -> Result<TransactWriteItem, Fault> {
    let put = named(head_item(&change.after)?, table, write).condition_expression(IS_NEW);
    built(put.build().ok())
}

/// New terms on a head that still has those that were read, whatever has moved since.
pub(crate) fn terms_update(
    table: &str,
    change: &ShardChange,
    write: &WriteId,
) -> Result<TransactWriteItem, Fault> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(head_key(&change.before.product_id, change.before.number)))
        .update_expression("SET terms = :new, #write = :write")
        .condition_expression("terms = :terms")
        .expression_attribute_names("#write", write_id::ATTRIBUTE)
        .expression_attribute_values(":new", n(change.after.terms))
        .expression_attribute_values(":write", write.attribute())
        .expression_attribute_values(":terms", n(change.before.terms))
        .return_values_on_condition_check_failure(OnFailure::AllOld)
        .build()
        .map_err(|_| unbuilt())?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The movement, which is never written again.
pub(crate) fn movement_put(table: &str, movement: &ShardMovement) -> Result<TransactWriteItem, Fault> {
    let mut item = to_item("movement", movement)?;
    let shelf = shelf(&movement.product_id, movement.shard);
    item.insert("shelf".to_owned(), s(shelf));
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(IS_NEW);
    built(put.build().ok())
}

/// The row that says that something was done under this name.
pub(crate) fn once_put(table: &str, once: &str, write: &WriteId) -> Result<TransactWriteItem, Fault> {
    let put = named(once_key(once), table, write).condition_expression(IS_NEW);
    built(put.build().ok())
}

/// The condition of a row that must not exist yet.
const IS_NEW: &str = "attribute_not_exists(shelf)";

/// A write that knows itself again when it is told that its own condition is false.
fn named(mut item: Item, table: &str, write: &WriteId) -> aws_sdk_dynamodb::types::builders::PutBuilder {
    item.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
    Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .return_values_on_condition_check_failure(OnFailure::AllOld)
}

fn built(put: Option<Put>) -> Result<TransactWriteItem, Fault> {
    let put = put.ok_or_else(unbuilt)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn unbuilt() -> Fault {
    Fault::Defect("the write of a shard could not be built".to_owned())
}

/// A movement whose number was taken while the head had not moved: head and movements contradict each other.
pub(crate) fn contradiction() -> Fault {
    Fault::Defect("a shard has movements beyond its head".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::NOW;
    use domain::ledger::MovementKind;

    fn stocked() -> ShardChange {
        let product_id = ProductId::from_random([7; 16]);
        Shard::empty(&product_id, 3, 2)
            .post(MovementKind::Set, 5, "cause", NOW)
            .unwrap()
    }

    #[test]
    fn a_head_comes_back_as_it_was_and_is_in_no_query_for_movements() {
        let after = stocked().after;
        let item = head_item(&after).unwrap();
        assert_eq!(item["shelf"], s(format!("{}#3", after.product_id)));
        assert_eq!(item["seq"], unsigned(HEAD_SEQ));
        assert_eq!(shard(item), Ok(after));
    }

    #[test]
    fn a_movement_comes_back_as_it_was_under_its_number() {
        let mut movement = stocked().movement.unwrap();
        movement.reason = Some("counted".to_owned());
        let item = movement_put("inventory", &movement).unwrap();
        let put = item.put().unwrap();
        assert_eq!(put.condition_expression(), Some(IS_NEW));
        assert_eq!(put.item()["seq"], unsigned(1));
        assert_eq!(
            from_item::<ShardMovement>("movement", put.item().clone()),
            Ok(movement)
        );
    }

    #[test]
    fn a_movement_needs_the_number_and_the_terms_that_were_read() {
        let write = WriteId::draw().unwrap();
        let held = stocked().after.post(MovementKind::Held, 1, "ord", NOW).unwrap();
        let item = head_put("inventory", &held, &write).unwrap();
        let put = item.put().unwrap();
        let values = put.expression_attribute_values().unwrap();
        assert_eq!((&values[":seq"], &values[":terms"]), (&unsigned(1), &n(2)));
        assert_eq!(
            put.condition_expression(),
            Some("last_seq = :seq AND terms = :terms")
        );
        assert_eq!(put.item()["last_seq"], unsigned(2));
        assert!(write.wrote(Some(put.item())));
    }

    #[test]
    fn new_terms_leave_the_balance_alone() {
        let write = WriteId::draw().unwrap();
        let item = terms_update("inventory", &stocked().after.under(3), &write).unwrap();
        let update = item.update().unwrap();
        assert_eq!(update.update_expression(), "SET terms = :new, #write = :write");
        assert_eq!(update.condition_expression(), Some("terms = :terms"));
    }

    #[test]
    fn what_is_done_once_is_kept_apart_from_every_shard() {
        let key = once_key("set");
        assert_eq!(key["shelf"], s("once#set"));
        let item = once_put("inventory", "set", &WriteId::draw().unwrap()).unwrap();
        let put = item.put().unwrap();
        assert_eq!(put.condition_expression(), Some("attribute_not_exists(shelf)"));
        assert!(ProductId::parse("once").is_err());
    }
}
