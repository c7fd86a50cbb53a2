//! Long lists, newest first, a page at a time.
//!
//! Every listing index has `created_at` as its range key, so one query serves them all. The narrow ones project keys
//! only: a row changes often while it is listed once in a while, and each change of a projected attribute is a second
//! write.

use crate::cursor::Position;
use crate::faults::fault;
use crate::items::{Item, n, s};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::ports::Answer;
use domain::{Fault, Page, PageRequest};
use std::collections::HashMap;
use std::time::Duration;

/// How often keys that DynamoDB left over are asked for again.
const ROUNDS_MAX: u32 = 5;
/// The first pause between two rounds; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// An index over `created_at`, and the one list of it that is read.
pub(crate) struct List<'a> {
    pub(crate) client: &'a Client,
    pub(crate) table: &'a str,
    pub(crate) index: &'static str,
    /// Name and value of the hash key.
    pub(crate) of: (&'static str, &'a str),
    /// Name of the table's primary key.
    pub(crate) id: &'static str,
    /// Whether a text from outside can be such a primary key.
    pub(crate) is_id: fn(&str) -> bool,
}

impl List<'_> {
    /// One page of what the index projects.
    pub(crate) fn page<'a>(&'a self, request: &'a PageRequest) -> Answer<'a, Page<Item>> {
        Box::pin(async move {
            let limit = request.limit.clamp(1, PageRequest::LIMIT_MAX);
            let after = match &request.cursor {
                Some(cursor) => Some(self.key_of(&Position::from_cursor(cursor, self.is_id)?)),
                None => None,
            };
            let answer = self
                .client
                .query()
                .table_name(self.table)
                .index_name(self.index)
                .key_condition_expression("#of = :of")
                .expression_attribute_names("#of", self.of.0)
                .expression_attribute_values(":of", s(self.of.1))
                .scan_index_forward(false)
                // One more than asked for tells whether there is a next page.
                .limit(i32::from(limit) + 1)
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(|error| fault(&format!("Query {}", self.index), &error))?;
            let mut rows = answer.items.unwrap_or_default();
            let cut_short = answer.last_evaluated_key.is_some_and(|key| !key.is_empty());
            // A page is also cut short at 1 MB.
            let more = rows.len() > usize::from(limit) || cut_short;
            rows.truncate(usize::from(limit));
            let next = match rows.last() {
                Some(last) if more => Some(self.position_of(last)?.to_cursor()?),
                _ => None,
            };
            Ok(Page { rows, next })
        })
    }

    /// One page of whole items, for an index that projects keys only. Rows deleted since are left out.
    pub(crate) fn page_of_whole<'a>(&'a self, request: &'a PageRequest) -> Answer<'a, Page<Item>> {
        Box::pin(async move {
            let page = self.page(request).await?;
            let ids = page
                .rows
                .iter()
                .map(|row| self.position_of(row).map(|position| position.id))
                .collect::<Result<Vec<_>, _>>()?;
            let mut found = fetch(self.client, self.table, self.id, &ids).await?;
            let rows = ids.iter().filter_map(|id| found.remove(id)).collect();
            Ok(Page {
                rows,
                next: page.next,
            })
        })
    }

    fn key_of(&self, position: &Position) -> Item {
        Item::from([
            (self.of.0.to_owned(), s(self.of.1)),
            ("created_at".to_owned(), n(position.at)),
            (self.id.to_owned(), s(&position.id)),
        ])
    }

    fn position_of(&self, row: &Item) -> Result<Position, Fault> {
        let id = row.get(self.id).and_then(|value| value.as_s().ok());
        let at = row
            .get("created_at")
            .and_then(|value| value.as_n().ok())
            .and_then(|digits| digits.parse().ok());
        match (id, at) {
            (Some(id), Some(at)) => Ok(Position { at, id: id.clone() }),
            _ => Err(Fault::Defect(format!(
                "a row of the index {} lacks its keys",
                self.index
            ))),
        }
    }
}

/// The items whose primary key, the attribute `key`, has these values, at most 100; those that are there, by that value.
pub(crate) async fn fetch(
    client: &Client,
    table: &str,
    key: &str,
    ids: &[String],
) -> Result<HashMap<String, Item>, Fault> {
    let mut found = HashMap::new();
    let mut wanted: Vec<Item> = ids
        .iter()
        .map(|id| Item::from([(key.to_owned(), s(id))]))
        .collect();
    let mut pause = FIRST_PAUSE;
    for _ in 0..ROUNDS_MAX {
        if wanted.is_empty() {
            return Ok(found);
        }
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(wanted))
            .build()
            .map_err(|_| Fault::Defect("a batch of keys could not be built".to_owned()))?;
        let answer = client
            .batch_get_item()
            .request_items(table, keys)
            .send()
            .await
            .map_err(|error| fault("BatchGetItem", &error))?;
        for item in answer
            .responses
            .into_iter()
            .flatten()
            .flat_map(|(_, items)| items)
        {
            if let Some(AttributeValue::S(id)) = item.get(key) {
                found.insert(id.clone(), item);
            }
        }
        wanted = answer
            .unprocessed_keys
            .into_iter()
            .flatten()
            .flat_map(|(_, left)| left.keys)
            .collect();
        if !wanted.is_empty() {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
    if wanted.is_empty() {
        return Ok(found);
    }
    Err(Fault::Transient(
        "BatchGetItem: keys were left over again and again".to_owned(),
    ))
}
