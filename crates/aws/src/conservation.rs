//! Every row of every table, and the last report of conservation, in DynamoDB.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{Item, from_item, n, s, to_item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::conservation::Report;
use domain::ports::{AllRows, Answer, Holder, Reports};
use domain::product::Product;
use domain::supply::Supply;
use domain::{Cursor, Fault, Order, OrderId, Page, Ticket, UserId};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Rows on a page. It is also cut short at 1 MB.
const ROWS_PER_PAGE: i32 = 1_000;
/// The key of the latest report.
const LATEST: &str = "conservation";

/// The tables that are read row by row.
#[derive(Clone, Debug)]
pub struct RowTables {
    /// Orders by `order_id`.
    pub orders: String,
    /// Tickets by `ticket_id`.
    pub tickets: String,
    /// Supply requests by `supply_id`.
    pub supplies: String,
    /// Each buyer's set of live orders by `user_id`.
    pub holders: String,
    /// Products by `product_id`.
    pub products: String,
}

/// [`AllRows`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoRows {
    client: Client,
    tables: RowTables,
}

impl DynamoRows {
    /// The rows of these tables.
    #[must_use]
    pub fn new(connections: &Connections, tables: RowTables) -> Self {
        Self {
            client: connections.dynamodb(),
            tables,
        }
    }

    /// One page of a table whose primary key is the attribute `key` alone; the cursor is the last key read.
    async fn scan(
        &self,
        table: &str,
        key: &'static str,
        after: Option<Cursor>,
    ) -> Result<(Vec<Item>, Option<Cursor>), Fault> {
        let start = after.map(|Cursor(last)| Item::from([(key.to_owned(), s(last))]));
        let answer = self
            .client
            .scan()
            .table_name(table)
            .limit(ROWS_PER_PAGE)
            // What was written before the page was read is on it.
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| fault(&format!("Scan by {key}"), &error))?;
        let next = answer
            .last_evaluated_key
            .filter(|position| !position.is_empty())
            .map(|position| match position.get(key) {
                Some(AttributeValue::S(last)) => Ok(Cursor(last.clone())),
                _ => Err(Fault::Defect(format!("a scan went on without a {key}"))),
            })
            .transpose()?;
        Ok((answer.items.unwrap_or_default(), next))
    }

    async fn rows<T: DeserializeOwned>(
        &self,
        (what, table, key): (&str, &str, &'static str),
        after: Option<Cursor>,
    ) -> Result<Page<T>, Fault> {
        let (items, next) = self.scan(table, key, after).await?;
        let rows = items.into_iter().map(|item| from_item(what, item));
        Ok(Page {
            rows: rows.collect::<Result<_, _>>()?,
            next,
        })
    }
}

/// A buyer's row. The set is not there when it is empty: DynamoDB keeps no empty sets.
fn holder(item: &Item) -> Result<Holder, Fault> {
    let unreadable = || Fault::Defect("a stored holder cannot be read".to_owned());
    let user_id = match item.get("user_id") {
        Some(AttributeValue::S(text)) => UserId::parse(text).map_err(|_| unreadable())?,
        _ => return Err(unreadable()),
    };
    let live_orders = match item.get("live_orders") {
        None => BTreeSet::new(),
        Some(AttributeValue::Ss(ids)) => ids
            .iter()
            .map(|id| OrderId::parse(id).map_err(|_| unreadable()))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(unreadable()),
    };
    Ok(Holder { user_id, live_orders })
}

impl AllRows for DynamoRows {
    fn orders(&self, after: Option<Cursor>) -> Answer<'_, Page<Order>> {
        Box::pin(self.rows(("order", &self.tables.orders, "order_id"), after))
    }

    fn tickets(&self, after: Option<Cursor>) -> Answer<'_, Page<Ticket>> {
        Box::pin(self.rows(("ticket", &self.tables.tickets, "ticket_id"), after))
    }

    fn supplies(&self, after: Option<Cursor>) -> Answer<'_, Page<Supply>> {
        Box::pin(self.rows(("supply", &self.tables.supplies, "supply_id"), after))
    }

    fn holders(&self, after: Option<Cursor>) -> Answer<'_, Page<Holder>> {
        Box::pin(async move {
            let (items, next) = self.scan(&self.tables.holders, "user_id", after).await?;
            let rows = items.iter().map(holder).collect::<Result<_, _>>()?;
            Ok(Page { rows, next })
        })
    }

    fn products(&self, after: Option<Cursor>) -> Answer<'_, Page<Product>> {
        Box::pin(self.rows(("product", &self.tables.products, "product_id"), after))
    }

    fn holder<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, Holder> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.tables.holders)
                .key("user_id", s(user_id.as_str()))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem holder", &error))?;
            match answer.item {
                Some(item) => holder(&item),
                None => Ok(Holder {
                    user_id: user_id.clone(),
                    live_orders: BTreeSet::new(),
                }),
            }
        })
    }
}

/// [`Reports`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoReports {
    client: Client,
    table: String,
}

impl DynamoReports {
    /// Reports in the table of this name, by `key`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

impl Reports for DynamoReports {
    fn keep<'a>(&'a self, report: &'a Report) -> Answer<'a, ()> {
        Box::pin(async move {
            let sent = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(to_item("report", report)?))
                .item("key", s(LATEST))
                // Of two runs at once the one that began later knows more.
                .condition_expression("attribute_not_exists(#at) OR #at <= :at")
                .expression_attribute_names("#at", "at")
                .expression_attribute_values(":at", n(report.at.as_ms()))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(fault("PutItem report", &error)),
            }
        })
    }

    fn latest(&self) -> Answer<'_, Option<Report>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .key("key", s(LATEST))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem report", &error))?;
            answer.item.map(|item| from_item("report", item)).transpose()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::NOW;
    use domain::conservation::{Check, Difference, LookedAt, Rule};

    #[test]
    fn a_report_comes_back_as_it_was() {
        let check = |found| Check::new(Rule::OnHandIsSum, "kitchen", "pollo", 5, found);
        let difference = Difference {
            rule: Rule::OnHandIsSum,
            place: "kitchen".to_owned(),
            item: String::new(),
            cause: "ord".to_owned(),
            expected: "5".to_owned(),
            found: "3".to_owned(),
            difference: Some(-2),
        };
        let looked_at = LookedAt::default();
        let checks = vec![check(3), check(5)];
        let report = Report::of((NOW, 12), looked_at, checks, vec![difference], 1);
        let item = to_item("report", &report).unwrap();
        assert_eq!(item["at"], n(NOW.as_ms()));
        assert_eq!(from_item::<Report>("report", item), Ok(report));
    }

    #[test]
    fn a_buyer_without_live_orders_has_no_set() {
        let user_id = UserId::from_random([1; 16]);
        let order_id = OrderId::from_random([2; 16]);
        let mut item = Item::from([("user_id".to_owned(), s(user_id.as_str()))]);
        assert_eq!(
            holder(&item).map(|holder| holder.live_orders),
            Ok(BTreeSet::new())
        );
        let set = AttributeValue::Ss(vec![order_id.to_string()]);
        item.insert("live_orders".to_owned(), set);
        let holder = holder(&item).unwrap();
        assert_eq!(
            (holder.user_id, holder.live_orders),
            (user_id, BTreeSet::from([order_id]))
        );
    }
}
