//! Tickets in DynamoDB: listing, reading and editing. Holding and selling is in [`crate::orders`].

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{Item, LISTED, LISTED_YES, from_item, n, s, ticket_item};
use crate::listing::List;
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure};
use domain::ports::{Answer, Tickets};
use domain::ticket::{TicketEdit, why_not_changed};
use domain::{Fault, Page, PageRequest, Refusal, Ticket, TicketId, UserId};
use std::time::Duration;

/// Tries of a plain write that meets a transaction on the same ticket. One such transaction takes milliseconds.
const TRIES_MAX: u32 = 4;
/// The pause after the first such meeting; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// [`Tickets`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoTickets {
    client: Client,
    table: String,
}

/// What came of one try of a conditional write.
enum Try<T> {
    Done(T),
    /// A transaction had the ticket in hand.
    Contended(Fault),
}

impl DynamoTickets {
    /// Tickets in the table of this name: by `ticket_id`, with the indexes `available` and `by_owner`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }

    fn by_owner<'a>(&'a self, owner_id: &'a UserId) -> List<'a> {
        self.list("by_owner", ("owner_id", owner_id.as_str()))
    }

    fn list<'a>(&'a self, index: &'static str, of: (&'static str, &'a str)) -> List<'a> {
        List {
            client: &self.client,
            table: &self.table,
            index,
            of,
            id: "ticket_id",
            is_id: |text| TicketId::parse(text).is_ok(),
        }
    }

    async fn try_edit(&self, edit: &TicketEdit, write: &WriteId) -> Result<Try<Ticket>, Fault> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("ticket_id", s(edit.ticket_id.as_str()))
            .update_expression(
                "SET title = :title, price_minor = :price, #version = #version + :one, #write = :write",
            )
            .condition_expression("owner_id = :owner AND #state = :available AND #version = :seen")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#write", write_id::ATTRIBUTE)
            .expression_attribute_values(":title", s(&edit.title))
            // At most eight digits, so it always fits.
            .expression_attribute_values(
                ":price",
                n(i64::try_from(edit.price_minor.as_minor()).unwrap_or(i64::MAX)),
            )
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":write", write.attribute())
            .expression_attribute_values(":owner", s(edit.user_id.as_str()))
            .expression_attribute_values(":available", s("available"))
            .expression_attribute_values(":seen", n(edit.seen_version))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await;
        let error = match sent {
            Ok(answer) => return from_item("ticket", answer.attributes.unwrap_or_default()).map(Try::Done),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let ticket = present(failed.item())?;
                if write.wrote(failed.item()) {
                    return Ok(Try::Done(ticket));
                }
                Err(why_not_changed(&ticket, &edit.user_id, Some(edit.seen_version)).into())
            }
            Some(UpdateItemError::TransactionConflictException(_)) => {
                Ok(Try::Contended(fault("UpdateItem ticket", &error)))
            }
            _ => Err(fault("UpdateItem ticket", &error)),
        }
    }

    async fn try_delete(&self, ticket_id: &TicketId, user_id: &UserId) -> Result<Try<()>, Fault> {
        let sent = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("ticket_id", s(ticket_id.as_str()))
            .condition_expression("owner_id = :owner AND #state = :available AND holds_ever = :never")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", s(user_id.as_str()))
            .expression_attribute_values(":available", s("available"))
            .expression_attribute_values(":never", n(0))
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else {
            return Ok(Try::Done(()));
        };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                let ticket = present(failed.item())?;
                Err(why_not_changed(&ticket, user_id, None).into())
            }
            Some(DeleteItemError::TransactionConflictException(_)) => {
                Ok(Try::Contended(fault("DeleteItem ticket", &error)))
            }
            _ => Err(fault("DeleteItem ticket", &error)),
        }
    }
}

/// The ticket that a failed condition shows.
fn present(item: Option<&Item>) -> Result<Ticket, Fault> {
    match item.filter(|item| !item.is_empty()) {
        Some(item) => from_item("ticket", item.clone()),
        None => Err(Refusal::not_found("ticket").into()),
    }
}

impl Tickets for DynamoTickets {
    fn create<'a>(&'a self, ticket: &'a Ticket) -> Answer<'a, ()> {
        Box::pin(async move {
            let sent = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(ticket_item(ticket)?))
                .condition_expression("attribute_not_exists(ticket_id)")
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed))
                    if present(failed.item())?.is_same_listing(ticket) =>
                {
                    Ok(())
                }
                // The id is made of an Idempotency-Key, whose record is gone after a day.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Err(Refusal::KeyReused.into()),
                _ => Err(fault("PutItem ticket", &error)),
            }
        })
    }

    fn get<'a>(&'a self, ticket_id: &'a TicketId) -> Answer<'a, Option<Ticket>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .key("ticket_id", s(ticket_id.as_str()))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem ticket", &error))?;
            answer.item.map(|item| from_item("ticket", item)).transpose()
        })
    }

    fn list_available<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Ticket>> {
        Box::pin(async move {
            let list = self.list("available", (LISTED, LISTED_YES));
            read(list.page(page).await?)
        })
    }

    fn list_of<'a>(&'a self, owner_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Ticket>> {
        Box::pin(async move { read(self.by_owner(owner_id).page_of_whole(page).await?) })
    }

    fn edit<'a>(&'a self, edit: &'a TicketEdit) -> Answer<'a, Ticket> {
        Box::pin(async move {
            let write = WriteId::draw()?;
            let mut pause = FIRST_PAUSE;
            let mut tries = 1;
            loop {
                match self.try_edit(edit, &write).await? {
                    Try::Done(ticket) => return Ok(ticket),
                    Try::Contended(fault) if tries == TRIES_MAX => return Err(fault),
                    Try::Contended(_) => tokio::time::sleep(pause).await,
                }
                tries += 1;
                pause *= 2;
            }
        })
    }

    /// A removal that the SDK repeated after a lost answer finds nothing and says `NotFound`: an item that is gone
    /// cannot tell by whom.
    fn delete<'a>(&'a self, ticket_id: &'a TicketId, user_id: &'a UserId) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut pause = FIRST_PAUSE;
            let mut tries = 1;
            loop {
                match self.try_delete(ticket_id, user_id).await? {
                    Try::Done(()) => return Ok(()),
                    Try::Contended(fault) if tries == TRIES_MAX => return Err(fault),
                    Try::Contended(_) => tokio::time::sleep(pause).await,
                }
                tries += 1;
                pause *= 2;
            }
        })
    }
}

fn read(page: Page<Item>) -> Result<Page<Ticket>, Fault> {
    let rows = page.rows.into_iter().map(|item| from_item("ticket", item));
    Ok(Page {
        rows: rows.collect::<Result<_, _>>()?,
        next: page.next,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::ticket;

    #[test]
    fn a_condition_that_failed_on_nothing_means_not_found() {
        let not_found = Err(Fault::Refused(Refusal::not_found("ticket")));
        assert_eq!(present(None), not_found);
        assert_eq!(present(Some(&Item::new())), not_found);
        assert_eq!(present(Some(&ticket_item(&ticket(1)).unwrap())), Ok(ticket(1)));
    }
}
