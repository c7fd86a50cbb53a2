//! The inventory of products in DynamoDB: reading shards and their movements. What orders move is written by
//! [`crate::orders`], what owners change by [`crate::products`], each in a transaction of its own.
//!
//! Each shard has a partition key of its own on purpose: DynamoDB writes about a thousand units a second under one key,
//! so that a product that sells faster sells from several.

mod rows;

pub(crate) use rows::{contradiction, head_put, movement_put, new_head_put, once_put, terms_update};

use crate::faults::fault;
use crate::items::{Item, from_item, s, unsigned};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::inventory::{Shard, ShardMovement};
use domain::{Fault, PageRequest, ProductId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// Keys in one batch, by DynamoDB's own limit.
const BATCH_MAX: usize = 100;
/// Times that keys which a batch left out are asked for again.
const TRIES_MAX: u32 = 5;
/// The pause after the first batch that left keys out; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Names one shard: the product, and its number.
pub(crate) type ShardKey = (ProductId, u8);

/// The heads of these shards, each as last written; one that was never opened is not among them.
pub(crate) async fn read_heads(
    client: &Client,
    table: &str,
    wanted: &BTreeSet<ShardKey>,
) -> Result<BTreeMap<ShardKey, Shard>, Fault> {
    let mut heads = BTreeMap::new();
    let wanted: Vec<&ShardKey> = wanted.iter().collect();
    for batch in wanted.chunks(BATCH_MAX) {
        let items = match batch {
            [(product_id, number)] => {
                let key = rows::head_key(product_id, *number);
                read_one(client, table, key).await?.into_iter().collect()
            }
            _ => {
                let keys = batch
                    .iter()
                    .map(|(product_id, number)| rows::head_key(product_id, *number));
                read_batch(client, table, keys.collect()).await?
            }
        };
        for item in items {
            let shard = rows::shard(item)?;
            heads.insert((shard.product_id.clone(), shard.number), shard);
        }
    }
    Ok(heads)
}

async fn read_one(client: &Client, table: &str, key: Item) -> Result<Option<Item>, Fault> {
    let answer = client
        .get_item()
        .table_name(table)
        .set_key(Some(key))
        .consistent_read(true)
        .send()
        .await
        .map_err(|error| fault("GetItem shard", &error))?;
    Ok(answer.item)
}

async fn read_batch(client: &Client, table: &str, keys: Vec<Item>) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::with_capacity(keys.len());
    let mut left = keys;
    let mut pause = FIRST_PAUSE;
    for _ in 0..TRIES_MAX {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(left))
            .consistent_read(true)
            .build()
            .map_err(|_| Fault::Defect("BatchGetItem shards: the request could not be built".to_owned()))?;
        let answer = client
            .batch_get_item()
            .request_items(table, request)
            .send()
            .await
            .map_err(|error| fault("BatchGetItem shards", &error))?;
        items.extend(of_table(answer.responses, table).unwrap_or_default());
        left = of_table(answer.unprocessed_keys, table).map_or_else(Vec::new, |keys| keys.keys);
        if left.is_empty() {
            return Ok(items);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(Fault::Transient(
        "BatchGetItem shards: the service kept leaving keys out".to_owned(),
    ))
}

/// What an answer says of the one table that was asked.
fn of_table<T>(answer: Option<HashMap<String, T>>, table: &str) -> Option<T> {
    answer.and_then(|mut tables| tables.remove(table))
}

/// Movements of one shard with a number above `after`, in the order of numbers, at most `limit`.
pub(crate) async fn movements_after(
    client: &Client,
    table: &str,
    product_id: &ProductId,
    shard: u8,
    after: u64,
    limit: u16,
) -> Result<Vec<ShardMovement>, Fault> {
    let limit = limit.clamp(1, PageRequest::LIMIT_MAX);
    let mut movements = Vec::new();
    let mut start = None;
    // An answer is also cut short at 1 MB; each one has at least one row.
    for _ in 0..limit {
        let left = usize::from(limit).saturating_sub(movements.len());
        let answer = client
            .query()
            .table_name(table)
            .key_condition_expression("#shelf = :shelf AND #seq > :after")
            .expression_attribute_names("#shelf", "shelf")
            .expression_attribute_names("#seq", "seq")
            .expression_attribute_values(":shelf", s(rows::shelf(product_id, shard)))
            .expression_attribute_values(":after", unsigned(after))
            .limit(i32::try_from(left).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            // Whoever has seen number n must never be given n + 2 before n + 1.
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("Query movements", &error))?;
        for item in answer.items.unwrap_or_default() {
            movements.push(from_item("movement", item)?);
        }
        start = answer.last_evaluated_key.filter(|key| !key.is_empty());
        if start.is_none() || movements.len() >= usize::from(limit) {
            break;
        }
    }
    Ok(movements)
}

/// Whether the row that says that something was done under this name is there.
pub(crate) async fn was_done(client: &Client, table: &str, once: &str) -> Result<bool, Fault> {
    Ok(read_one(client, table, rows::once_key(once)).await?.is_some())
}
