//! Categories in DynamoDB. There are dozens, and the table has nothing else, so that the list of them is a scan.

use crate::connections::Connections;
use crate::cursor::Position;
use crate::faults::fault;
use crate::items::{Item, from_item, s, to_item};
use crate::listing::fetch;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use domain::ports::{Answer, Categories};
use domain::product::Category;
use domain::{CategoryId, Fault, Page, PageRequest};
use std::collections::{BTreeMap, BTreeSet};

/// Categories that one read of several asks for, by DynamoDB's own limit.
const BATCH_MAX: usize = 100;

/// [`Categories`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoCategories {
    client: Client,
    table: String,
}

impl DynamoCategories {
    /// Categories in the table of this name, by `category_id`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

fn key(category_id: &str) -> Item {
    Item::from([("category_id".to_owned(), s(category_id))])
}

fn position(category: &Category) -> Position {
    Position {
        at: category.created_at.as_ms(),
        id: category.category_id.to_string(),
    }
}

fn is_id(text: &str) -> bool {
    CategoryId::parse(text).is_ok()
}

impl Categories for DynamoCategories {
    fn create<'a>(&'a self, category: &'a Category) -> Answer<'a, Category> {
        Box::pin(async move {
            let sent = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(to_item("category", category)?))
                .condition_expression("attribute_not_exists(category_id)")
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else {
                return Ok(category.clone());
            };
            match error.as_service_error() {
                // The id is made of the name: whoever was first has named it.
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    from_item("category", failed.item().cloned().unwrap_or_default())
                }
                _ => Err(fault("PutItem category", &error)),
            }
        })
    }

    fn find<'a>(
        &'a self,
        category_ids: &'a BTreeSet<CategoryId>,
    ) -> Answer<'a, BTreeMap<CategoryId, Category>> {
        Box::pin(async move {
            let ids: Vec<String> = category_ids.iter().map(ToString::to_string).collect();
            let mut found = BTreeMap::new();
            for batch in ids.chunks(BATCH_MAX) {
                let items = fetch(&self.client, &self.table, "category_id", batch).await?;
                for item in items.into_values() {
                    let category: Category = from_item("category", item)?;
                    found.insert(category.category_id.clone(), category);
                }
            }
            Ok(found)
        })
    }

    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Category>> {
        Box::pin(async move {
            let limit = page.limit.clamp(1, PageRequest::LIMIT_MAX);
            let after = match &page.cursor {
                Some(cursor) => Some(key(&Position::from_cursor(cursor, is_id)?.id)),
                None => None,
            };
            let answer = self
                .client
                .scan()
                .table_name(&self.table)
                // One more than asked for tells whether there is a next page.
                .limit(i32::from(limit) + 1)
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(|error| fault("Scan categories", &error))?;
            let items = answer.items.unwrap_or_default();
            let cut_short = answer.last_evaluated_key.is_some_and(|key| !key.is_empty());
            let more = items.len() > usize::from(limit) || cut_short;
            let rows = items
                .into_iter()
                .take(usize::from(limit))
                .map(|item| from_item("category", item))
                .collect::<Result<Vec<Category>, Fault>>()?;
            let next = match rows.last() {
                Some(last) if more => Some(position(last).to_cursor()?),
                _ => None,
            };
            Ok(Page { rows, next })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::NOW;

    #[test]
    fn a_category_comes_back_as_it_was_and_is_found_by_its_id() {
        let category = Category {
            category_id: CategoryId::of_name("jams"),
            name: "Jams".to_owned(),
            created_at: NOW,
        };
        let item = to_item("category", &category).unwrap();
        for (name, value) in key(category.category_id.as_str()) {
            assert_eq!(item[&name], value);
        }
        assert_eq!(from_item::<Category>("category", item), Ok(category));
    }
}
