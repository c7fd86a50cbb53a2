//! The ledger of money in DynamoDB: rows by order, written with the order and never again.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{Item, from_item, s, to_item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::{Answer, Money};
use domain::{Cursor, Fault, MoneyMovement, OrderId, Page, PageRequest, Refusal};

/// [`Money`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoMoney {
    client: Client,
    table: String,
}

impl DynamoMoney {
    /// The ledger in the table of this name, by `order_id` and `entry`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

/// The write of a new row. Its condition: it is not there.
pub(crate) fn row_put(table: &str, row: &MoneyMovement) -> Result<TransactWriteItem, Fault> {
    let mut item = to_item("row of the ledger of money", row)?;
    item.insert("entry".to_owned(), s(row.entry()));
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(order_id)")
        .build()
        .map_err(|_| Fault::Defect("a row of the ledger of money could not be built".to_owned()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn rows(items: Option<Vec<Item>>) -> Result<Vec<MoneyMovement>, Fault> {
    let items = items.unwrap_or_default().into_iter();
    items
        .map(|item| from_item("row of the ledger of money", item))
        .collect()
}

/// Where a page ended: the keys of its last row.
fn to_cursor(key: &Item) -> Option<Cursor> {
    let text = |name: &str| key.get(name)?.as_s().ok();
    let both = format!("{} {}", text("order_id")?, text("entry")?);
    Some(Cursor(URL_SAFE_NO_PAD.encode(both)))
}

fn from_cursor(cursor: &Cursor) -> Result<Item, Refusal> {
    let decoded = URL_SAFE_NO_PAD.decode(&cursor.0).ok();
    decoded
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|both| {
            let (order_id, entry) = both.split_once(' ')?;
            let order_id = OrderId::parse(order_id).ok()?;
            Some(Item::from([
                ("order_id".to_owned(), s(order_id.as_str())),
                ("entry".to_owned(), s(entry)),
            ]))
        })
        .ok_or_else(|| {
            Refusal::invalid(
                "cursor",
                "This is not a cursor of this list; start again without one.",
            )
        })
}

impl Money for DynamoMoney {
    fn of_order<'a>(&'a self, order_id: &'a OrderId) -> Answer<'a, Vec<MoneyMovement>> {
        Box::pin(async move {
            // One charge and at most REFUNDS_MAX refunds: one page. `charged` comes before `refunded` by the alphabet;
            // of refunds, 10 would come before 2.
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("order_id = :order")
                .expression_attribute_values(":order", s(order_id.as_str()))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("Query money", &error))?;
            let mut rows = rows(answer.items)?;
            rows.sort_by_key(|row| (row.kind.as_str(), row.number));
            Ok(rows)
        })
    }

    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<MoneyMovement>> {
        Box::pin(async move {
            let after = page.cursor.as_ref().map(from_cursor).transpose()?;
            let answer = self
                .client
                .scan()
                .table_name(&self.table)
                .limit(i32::from(page.limit.clamp(1, PageRequest::LIMIT_MAX)))
                .set_exclusive_start_key(after)
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("Scan money", &error))?;
            Ok(Page {
                rows: rows(answer.items)?,
                next: answer.last_evaluated_key.as_ref().and_then(to_cursor),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, MoneyKind, PriceMinor, Timestamp};

    #[test]
    fn a_row_comes_back_as_it_was_and_a_page_goes_on_after_it() {
        let row = MoneyMovement {
            order_id: OrderId::from_random([3; 16]),
            kind: MoneyKind::Refunded,
            number: 2,
            amount_minor: PriceMinor::new(1999).unwrap(),
            currency: Currency::parse("usd").unwrap(),
            provider_id: "re_1".to_owned(),
            at: Timestamp::from_ms(5),
        };
        let put = row_put("money", &row).unwrap().put.unwrap();
        assert_eq!(put.item["entry"], s("refunded-2"));
        assert_eq!(
            put.condition_expression.as_deref(),
            Some("attribute_not_exists(order_id)")
        );
        assert_eq!(rows(Some(vec![put.item.clone()])), Ok(vec![row]));
        let key = from_cursor(&to_cursor(&put.item).unwrap()).unwrap();
        assert_eq!(
            (&key["order_id"], &key["entry"]),
            (&put.item["order_id"], &put.item["entry"])
        );
        assert!(from_cursor(&Cursor("nonsense".to_owned())).is_err());
    }
}
