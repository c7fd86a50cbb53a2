//! Small documents in DynamoDB that change only under the revision that was read.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{Item, n, s, unsigned};
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use domain::ports::{Answer, Document, Documents, PutError};
use domain::{Fault, Timestamp};

/// [`Documents`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDocuments {
    client: Client,
    table: String,
}

impl DynamoDocuments {
    /// Documents in the table of this name, by `key`, with `ttl_s` as the attribute after which rows may go.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

fn read(item: &Item) -> Option<Document> {
    Some(Document {
        revision: item.get("revision")?.as_n().ok()?.parse().ok()?,
        text: item.get("text")?.as_s().ok()?.clone(),
    })
}

impl Documents for DynamoDocuments {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Document>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .key("key", s(key))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem document", &error))?;
            let Some(item) = answer.item else { return Ok(None) };
            match read(&item) {
                Some(document) => Ok(Some(document)),
                None => Err(Fault::Defect("a stored document cannot be read".to_owned())),
            }
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        expected_revision: Option<u64>,
        text: &'a str,
        expires_at: Option<Timestamp>,
    ) -> Answer<'a, u64, PutError> {
        Box::pin(async move {
            let write = WriteId::draw()?;
            let revision = expected_revision.unwrap_or_default().saturating_add(1);
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .item("key", s(key))
                .item("revision", unsigned(revision))
                .item("text", s(text))
                .item(write_id::ATTRIBUTE, write.attribute())
                .return_values_on_condition_check_failure(OnFailure::AllOld);
            let put = match expires_at {
                // Rounded up: never forgotten before its time.
                Some(moment) => put.item("ttl_s", n(moment.as_ms().div_euclid(1000) + 1)),
                None => put,
            };
            let put = match expected_revision {
                Some(expected) => put
                    .condition_expression("revision = :expected")
                    .expression_attribute_values(":expected", unsigned(expected)),
                None => put.condition_expression("attribute_not_exists(revision)"),
            };
            let Err(error) = put.send().await else {
                return Ok(revision);
            };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) if write.wrote(failed.item()) => {
                    Ok(revision)
                }
                Some(PutItemError::ConditionalCheckFailedException(_)) => Err(PutError::Conflict),
                _ => Err(fault("PutItem document", &error).into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_with_its_revision_or_not_at_all() {
        let item = Item::from([
            ("revision".to_owned(), unsigned(u64::MAX)),
            ("text".to_owned(), s("{}")),
        ]);
        let document = Document {
            revision: u64::MAX,
            text: "{}".to_owned(),
        };
        assert_eq!(read(&item), Some(document));
        assert_eq!(read(&Item::from([("text".to_owned(), s("{}"))])), None);
    }
}
