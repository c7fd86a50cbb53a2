//! Products in DynamoDB, and the one transaction that changes a product, its shards and what it is found by together.
//! Holding and selling is in [`crate::orders`].

mod search;

use crate::cancellation::{first_false, is_contention};
use crate::connections::Connections;
use crate::faults::fault;
use crate::inventory::{
    self, contradiction, head_put, movement_put, new_head_put, once_put, read_heads, terms_update,
};
use crate::items::{Item, from_item, n, s, to_item};
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
};
use domain::inventory::{Shard, ShardMovement, total};
use domain::ledger::Balance;
use domain::ports::{Answer, ProductError, Products, Wish};
use domain::product::{Product, ProductDecision, Stocked};
use domain::{Fault, Page, PageRequest, ProductId};
use std::collections::BTreeMap;

/// The tables that one product touches.
#[derive(Clone, Debug)]
pub struct ProductTables {
    /// Products by `product_id`.
    pub products: String,
    /// Heads and movements of their shards by `shelf` and `seq`.
    pub inventory: String,
    /// What products are found by, by `term` and `word_product`.
    pub catalogue: String,
}

/// [`Products`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoProducts {
    client: Client,
    tables: ProductTables,
}

/// What one item of the transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The row that says that this was done.
    Once,
    Product,
    Head,
    Movement,
    /// A row by which the product is found; it has no condition.
    Index,
}

impl DynamoProducts {
    /// Products in these tables.
    #[must_use]
    pub fn new(connections: &Connections, tables: ProductTables) -> Self {
        Self {
            client: connections.dynamodb(),
            tables,
        }
    }
}

/// The whole decision. What was done before comes first: whoever repeats it need not know what moved since.
fn items(
    tables: &ProductTables,
    decision: &ProductDecision,
    write: &WriteId,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let mut items = Vec::new();
    if let Some(once) = &decision.once {
        items.push((Part::Once, once_put(&tables.inventory, once, write)?));
    }
    if let Some(after) = &decision.after {
        let before = decision.before.as_ref();
        items.push((
            Part::Product,
            product_put(&tables.products, before, after, write)?,
        ));
    }
    for (change, is_new) in decision
        .changes
        .iter()
        .map(|change| (change, false))
        .chain(decision.opened.iter().map(|change| (change, true)))
    {
        let head = match (is_new, &change.movement) {
            (true, _) => new_head_put(&tables.inventory, change, write)?,
            (false, Some(_)) => head_put(&tables.inventory, change, write)?,
            (false, None) => terms_update(&tables.inventory, change, write)?,
        };
        items.push((Part::Head, head));
        if let Some(movement) = &change.movement {
            items.push((Part::Movement, movement_put(&tables.inventory, movement)?));
        }
    }
    if let Some(after) = &decision.after {
        let rows = search::index_changes(&tables.catalogue, decision.before.as_ref(), after)?;
        items.extend(rows.into_iter().map(|row| (Part::Index, row)));
    }
    Ok(items)
}

fn product_put(
    table: &str,
    before: Option<&Product>,
    after: &Product,
    write: &WriteId,
) -> Result<TransactWriteItem, Fault> {
    let mut item = product_item(after)?;
    item.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .return_values_on_condition_check_failure(OnFailure::AllOld);
    let put = match before {
        None => put.condition_expression("attribute_not_exists(product_id)"),
        Some(before) => put
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", n(before.version)),
    };
    let put = put
        .build()
        .map_err(|_| Fault::Defect("the write of a product could not be built".to_owned()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// A product as stored.
fn product_item(product: &Product) -> Result<Item, Fault> {
    to_item("product", product)
}

/// What a cancelled transaction tells the caller.
///
/// # Errors
/// Always, unless it was this very write that made the condition false.
fn verdict(parts: &[Part], write: &WriteId, reasons: &[CancellationReason]) -> Result<(), ProductError> {
    let Some(failed) = first_false(parts, reasons) else {
        is_contention("TransactWriteItems product", reasons).map_err(ProductError::Fault)?;
        // Another transaction has one of the items in hand: it will have moved.
        return Err(ProductError::Moved);
    };
    match failed.part {
        Part::Once | Part::Product | Part::Head if write.wrote(failed.present) => Ok(()),
        Part::Once => Err(ProductError::DoneBefore),
        Part::Product | Part::Head => Err(ProductError::Moved),
        Part::Movement => Err(ProductError::Fault(contradiction())),
        Part::Index => Err(ProductError::Fault(Fault::Defect(
            "a row by which a product is found has a condition".to_owned(),
        ))),
    }
}

impl Products for DynamoProducts {
    fn get<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Product>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.tables.products)
                .key("product_id", s(product_id.as_str()))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem product", &error))?;
            answer.item.map(|item| from_item("product", item)).transpose()
        })
    }

    fn stocked<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Stocked>> {
        Box::pin(async move {
            let Some(product) = self.get(product_id).await? else {
                return Ok(None);
            };
            let keys = (0..product.shards_ever).map(|number| (product_id.clone(), number));
            let heads = read_heads(&self.client, &self.tables.inventory, &keys.collect()).await?;
            Ok(Some(Stocked {
                product,
                shards: heads.into_values().collect(),
            }))
        })
    }

    fn list<'a>(&'a self, wish: &'a Wish, page: &'a PageRequest) -> Answer<'a, Page<Product>> {
        Box::pin(search::list(&self.client, &self.tables, wish, page))
    }

    fn balances<'a>(&'a self, products: &'a [Product]) -> Answer<'a, BTreeMap<ProductId, Balance>> {
        Box::pin(async move {
            let keys = products.iter().flat_map(|product| {
                (0..product.shards_ever).map(|number| (product.product_id.clone(), number))
            });
            let heads = read_heads(&self.client, &self.tables.inventory, &keys.collect()).await?;
            let mut shards: BTreeMap<ProductId, Vec<Shard>> = BTreeMap::new();
            for ((product_id, _), shard) in heads {
                shards.entry(product_id).or_default().push(shard);
            }
            let balances = shards
                .into_iter()
                .map(|(product_id, shards)| (product_id, total(&shards)));
            Ok(balances.collect())
        })
    }

    fn commit<'a>(&'a self, decision: &'a ProductDecision) -> Answer<'a, (), ProductError> {
        Box::pin(async move {
            // The `ClientRequestToken` is the write id, for the reasons that orders have.
            let write = WriteId::draw().map_err(ProductError::Fault)?;
            let items = items(&self.tables, decision, &write).map_err(ProductError::Fault)?;
            let (parts, items): (Vec<Part>, Vec<_>) = items.into_iter().unzip();
            let sent = self
                .client
                .transact_write_items()
                .client_request_token(write.as_str())
                .set_transact_items(Some(items))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    verdict(&parts, &write, cancelled.cancellation_reasons())
                }
                _ => Err(ProductError::Fault(fault("TransactWriteItems product", &error))),
            }
        })
    }

    fn was_done<'a>(&'a self, once: &'a str) -> Answer<'a, bool> {
        Box::pin(inventory::was_done(&self.client, &self.tables.inventory, once))
    }

    fn movements_after<'a>(
        &'a self,
        product_id: &'a ProductId,
        shard: u8,
        after: u64,
        limit: u16,
    ) -> Answer<'a, Vec<ShardMovement>> {
        let table = &self.tables.inventory;
        Box::pin(inventory::movements_after(
            &self.client,
            table,
            product_id,
            shard,
            after,
            limit,
        ))
    }
}

#[cfg(test)]
mod tests;
