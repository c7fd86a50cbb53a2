//! What a ledger's table holds, and the two writes by which anything in it changes.
//!
//! The hash key is `place`, the range key `seq`. The head has the seq 0, which no movement has; a posting has the
//! number of its last movement, so "everything after n" is one query, without the head. Head and posting always stand
//! in one transaction, under the condition that the head still has the number from which the change was computed: that
//! alone keeps balances and movements equal, gives no number twice and leaves none out.

use crate::faults::fault;
use crate::items::{Item, from_item, s, to_item, unsigned};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::Fault;
use domain::ledger::{Balance, Ingredient, Ledger, LedgerChange, Place};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The range key of the head.
const HEAD_SEQ: u64 = 0;

/// The head as stored. Its range key is not the number of its last movement, which therefore has a name of its own.
#[derive(Serialize, Deserialize)]
struct HeadRow {
    place: Place,
    seq: u64,
    last_seq: u64,
    balances: BTreeMap<Ingredient, Balance>,
}

/// The primary key of the row with this hash key and number.
pub(super) fn key(place: &str, seq: u64) -> Item {
    Item::from([("place".to_owned(), s(place)), ("seq".to_owned(), unsigned(seq))])
}

/// The primary key of the row that says that stock was booked under this cause.
///
/// No place is named so, hence it is in no ledger, and no reader of a ledger meets it.
pub(super) fn cause_key(place: Place, cause: &str) -> Item {
    key(&format!("{place}#stocked#{cause}"), HEAD_SEQ)
}

/// The ledger as last written; an empty one before the first movement.
pub(crate) async fn read_head(client: &Client, table: &str, place: Place) -> Result<Ledger, Fault> {
    let answer = client
        .get_item()
        .table_name(table)
        .set_key(Some(key(place.as_str(), HEAD_SEQ)))
        .consistent_read(true)
        .send()
        .await
        .map_err(|error| fault("GetItem ledger", &error))?;
    match answer.item {
        Some(item) => ledger(item),
        None => Ok(Ledger::empty(place)),
    }
}

fn ledger(item: Item) -> Result<Ledger, Fault> {
    let row: HeadRow = from_item("head of a ledger", item)?;
    Ok(Ledger {
        place: row.place,
        seq: row.last_seq,
        balances: row.balances,
    })
}

fn head_item(ledger: &Ledger) -> Result<Item, Fault> {
    let row = HeadRow {
        place: ledger.place,
        seq: HEAD_SEQ,
        last_seq: ledger.seq,
        balances: ledger.balances.clone(),
    };
    to_item("head of a ledger", &row)
}

/// The head under the condition that it still has the number that the change was computed from.
pub(crate) fn head_put(table: &str, change: &LedgerChange) -> Result<TransactWriteItem, Fault> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(head_item(&change.after)?));
    let put = match change.before {
        0 => put.condition_expression("attribute_not_exists(last_seq)"),
        before => put
            .condition_expression("last_seq = :before")
            .expression_attribute_values(":before", unsigned(before)),
    };
    built(put.build().ok())
}

/// The posting, which is never written again.
pub(crate) fn posting_put(table: &str, change: &LedgerChange) -> Result<TransactWriteItem, Fault> {
    let item = to_item("posting", &change.posting)?;
    new_row(table, item)
}

/// A row that must not exist yet.
pub(super) fn new_row(table: &str, item: Item) -> Result<TransactWriteItem, Fault> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(place)");
    built(put.build().ok())
}

fn built(put: Option<Put>) -> Result<TransactWriteItem, Fault> {
    let put = put.ok_or_else(|| Fault::Defect("the write of a ledger could not be built".to_owned()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// A posting whose number was taken while the head had not moved: head and postings contradict each other.
pub(crate) fn contradiction(place: Place) -> Fault {
    Fault::Defect(format!("the {place}'s ledger has postings beyond its head"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::items::tests::NOW;
    use domain::ledger::{MovementKind, Posting, Wanted};

    pub(crate) fn ingredient(name: &str) -> Ingredient {
        Ingredient::parse(name).unwrap()
    }

    /// A ledger with so much of two ingredients.
    pub(crate) fn stocked(place: Place, quantity: u32) -> LedgerChange {
        let set = |name| Wanted::new(&ingredient(name), MovementKind::Set, quantity);
        Ledger::empty(place)
            .post([set("lechuga"), set("pollo")], "seed", NOW)
            .unwrap()
            .unwrap()
    }

    #[test]
    fn the_first_posting_needs_a_ledger_without_a_head_and_the_next_the_number_that_was_read() {
        let first = stocked(Place::Kitchen, 5);
        let item = head_put("ledgers", &first).unwrap();
        let head = item.put().unwrap();
        assert_eq!(head.table_name(), "ledgers");
        assert_eq!(
            head.condition_expression(),
            Some("attribute_not_exists(last_seq)")
        );
        assert_eq!(head.expression_attribute_values(), None);
        let held = [Wanted::new(&ingredient("pollo"), MovementKind::Held, 2)];
        let next = first.after.post(held, "ord", NOW).unwrap().unwrap();
        let item = head_put("ledgers", &next).unwrap();
        let head = item.put().unwrap();
        assert_eq!(head.condition_expression(), Some("last_seq = :before"));
        assert_eq!(
            head.expression_attribute_values().unwrap()[":before"],
            unsigned(2)
        );
        assert_eq!(head.item()["last_seq"], unsigned(3));
    }

    #[test]
    fn a_ledger_comes_back_as_it_was_and_its_head_is_in_no_query_for_postings() {
        let change = stocked(Place::Warehouse, 7);
        let item = head_item(&change.after).unwrap();
        assert_eq!(
            (&item["place"], &item["seq"]),
            (&s("warehouse"), &unsigned(HEAD_SEQ))
        );
        assert_eq!(ledger(item), Ok(change.after));
    }

    #[test]
    fn a_posting_comes_back_as_it_was_under_the_number_of_its_last_movement() {
        let change = stocked(Place::Kitchen, 7);
        let item = posting_put("ledgers", &change).unwrap();
        let put = item.put().unwrap();
        assert_eq!(put.condition_expression(), Some("attribute_not_exists(place)"));
        let item = put.item().clone();
        assert_eq!((&item["place"], &item["seq"]), (&s("kitchen"), &unsigned(2)));
        assert_eq!(from_item::<Posting>("posting", item), Ok(change.posting));
    }

    #[test]
    fn a_cause_is_kept_apart_from_every_ledger() {
        let key = cause_key(Place::Kitchen, "seed");
        assert_eq!(key["place"], s("kitchen#stocked#seed"));
        assert_eq!(Place::parse("kitchen#stocked#seed"), None);
    }
}
