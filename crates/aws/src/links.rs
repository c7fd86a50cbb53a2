//! Short links in DynamoDB.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{from_item, s, to_attribute, to_item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure};
use domain::Timestamp;
use domain::link::{Link, LinkId};
use domain::ports::{Answer, Links, PutLink};

/// [`Links`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoLinks {
    client: Client,
    table: String,
}

impl DynamoLinks {
    /// Short links in the table of this name, by `link_id`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

impl Links for DynamoLinks {
    fn put<'a>(&'a self, link: &'a Link) -> Answer<'a, PutLink> {
        Box::pin(async move {
            let sent = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(to_item("link", link)?))
                .condition_expression("attribute_not_exists(link_id)")
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else {
                return Ok(PutLink::Fresh);
            };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let there: Link = from_item("link", failed.item().cloned().unwrap_or_default())?;
                    // The same in everything: this very write, which the SDK repeated after a lost answer.
                    if there == *link {
                        Ok(PutLink::Fresh)
                    } else {
                        Ok(PutLink::Taken(there))
                    }
                }
                _ => Err(fault("PutItem link", &error)),
            }
        })
    }

    fn get<'a>(&'a self, link_id: &'a LinkId) -> Answer<'a, Option<Link>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .key("link_id", s(link_id.as_str()))
                // Whoever has just made it follows it at once.
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem link", &error))?;
            answer.item.map(|item| from_item("link", item)).transpose()
        })
    }

    fn take_down<'a>(&'a self, link_id: &'a LinkId, at: Timestamp) -> Answer<'a, Option<Link>> {
        Box::pin(async move {
            let sent = self
                .client
                .update_item()
                .table_name(&self.table)
                .key("link_id", s(link_id.as_str()))
                // Without the condition an update would make a row for an id that nobody has.
                .condition_expression("attribute_exists(link_id)")
                .update_expression("SET taken_down_at = if_not_exists(taken_down_at, :at)")
                .expression_attribute_values(":at", to_attribute("moment", &at)?)
                .return_values(ReturnValue::AllNew)
                .send()
                .await;
            match sent {
                Ok(answer) => from_item("link", answer.attributes.unwrap_or_default()).map(Some),
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                    _ => Err(fault("UpdateItem link", &error)),
                },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::NOW;
    use domain::UserId;

    #[test]
    fn a_link_comes_back_as_it_was_and_is_found_by_its_id() {
        let target = "http://google.com";
        let mut link = Link {
            link_id: LinkId::of_target(target, 0),
            target: target.to_owned(),
            owner_id: UserId::from_random([1; 16]),
            created_at: NOW,
            taken_down_at: None,
        };
        let item = to_item("link", &link).unwrap();
        assert_eq!(item["link_id"], s("Fy9z6aGA"));
        assert!(
            !item.contains_key("taken_down_at"),
            "the update would find it there"
        );
        assert_eq!(from_item::<Link>("link", item), Ok(link.clone()));
        link.taken_down_at = Some(NOW);
        let item = to_item("link", &link).unwrap();
        assert_eq!(
            item["taken_down_at"], item["created_at"],
            "as the update writes it"
        );
        assert_eq!(from_item::<Link>("link", item), Ok(link));
    }
}
