//! Idempotency keys of requests, in DynamoDB.
//!
//! A key is claimed by one conditional update, so that of two equal requests at the same moment exactly one goes on.
//! How long a row counts is said by its own times, never by whether DynamoDB has cleaned it up yet.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{Item, from_attribute, n, s, to_attribute};
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use domain::ports::{Answer, RequestState, Requests, SavedAnswer};
use domain::{Fault, Timestamp};

/// A claim that is older was left behind: whoever had it is gone.
const CLAIM_LIVES_MS: i64 = 60_000;
/// Answers are kept for so long, as Stripe does it.
const KEPT_S: i64 = 24 * 3_600;

const IN_FLIGHT: &str = "in_flight";
const ANSWERED: &str = "answered";

/// [`Requests`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoRequests {
    client: Client,
    table: String,
}

impl DynamoRequests {
    /// Requests in the table of this name, by `key`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

// A user id has no `#`, so no user can reach into the keys of another.
fn key_of(user: &str, key: &str) -> String {
    format!("{user}#{key}")
}

fn ends_s(now: Timestamp) -> i64 {
    now.as_ms().div_euclid(1000) + KEPT_S
}

impl Requests for DynamoRequests {
    fn claim<'a>(
        &'a self,
        user: &'a str,
        key: &'a str,
        fingerprint: &'a str,
        now: Timestamp,
    ) -> Answer<'a, RequestState> {
        Box::pin(async move {
            let write = WriteId::draw()?;
            let sent = self
                .client
                .update_item()
                .table_name(&self.table)
                .key("key", s(key_of(user, key)))
                .update_expression(
                    "SET #state = :in_flight, fingerprint = :fingerprint, claimed_at = :now, #ttl = :ttl, \
                     #write = :write REMOVE answer",
                )
                .condition_expression(
                    "attribute_not_exists(#state) OR #ttl <= :now_s OR (#state = :in_flight AND claimed_at <= :stale)",
                )
                .expression_attribute_names("#state", "state")
                .expression_attribute_names("#ttl", "ttl_s")
                .expression_attribute_names("#write", write_id::ATTRIBUTE)
                .expression_attribute_values(":in_flight", s(IN_FLIGHT))
                .expression_attribute_values(":fingerprint", s(fingerprint))
                .expression_attribute_values(":now", n(now.as_ms()))
                .expression_attribute_values(":now_s", n(now.as_ms().div_euclid(1000)))
                .expression_attribute_values(":ttl", n(ends_s(now)))
                .expression_attribute_values(":stale", n(now.as_ms().saturating_sub(CLAIM_LIVES_MS)))
                .expression_attribute_values(":write", write.attribute())
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else {
                return Ok(RequestState::Fresh);
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    known(failed.item(), fingerprint, &write)
                }
                _ => Err(fault("UpdateItem request", &error)),
            }
        })
    }

    /// The first answer stays: whoever took over a claim must not change what was said before.
    fn answer<'a>(
        &'a self,
        user: &'a str,
        key: &'a str,
        answer: &'a SavedAnswer,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let sent = self
                .client
                .update_item()
                .table_name(&self.table)
                .key("key", s(key_of(user, key)))
                .update_expression("SET #state = :answered, answer = :answer, #ttl = :ttl")
                .condition_expression("#state = :in_flight")
                .expression_attribute_names("#state", "state")
                .expression_attribute_names("#ttl", "ttl_s")
                .expression_attribute_values(":answered", s(ANSWERED))
                .expression_attribute_values(":in_flight", s(IN_FLIGHT))
                .expression_attribute_values(":answer", to_attribute("answer", answer)?)
                .expression_attribute_values(":ttl", n(ends_s(now)))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(fault("UpdateItem request", &error)),
            }
        })
    }

    fn give_up<'a>(&'a self, user: &'a str, key: &'a str) -> Answer<'a, (), Fault> {
        Box::pin(async move {
            let sent = self
                .client
                .delete_item()
                .table_name(&self.table)
                .key("key", s(key_of(user, key)))
                // An answer is never given up.
                .condition_expression("#state = :in_flight")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":in_flight", s(IN_FLIGHT))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(fault("DeleteItem request", &error)),
            }
        })
    }
}

/// What a row says to a request that could not claim it.
fn known(item: Option<&Item>, fingerprint: &str, write: &WriteId) -> Result<RequestState, Fault> {
    let text = |name: &str| item?.get(name)?.as_s().ok();
    if write.wrote(item) {
        return Ok(RequestState::Fresh);
    }
    match text("state").map(String::as_str) {
        Some(IN_FLIGHT | ANSWERED) if text("fingerprint").is_none_or(|kept| kept != fingerprint) => {
            Ok(RequestState::Mismatch)
        }
        Some(IN_FLIGHT) => Ok(RequestState::InFlight),
        Some(ANSWERED) => match item.and_then(|item| item.get("answer")) {
            Some(answer) => from_attribute("answer", answer.clone()).map(RequestState::Answered),
            None => Err(Fault::Defect("an answered request has no answer".to_owned())),
        },
        // The row went away between the condition and its answer.
        None => Ok(RequestState::InFlight),
        Some(_) => Err(Fault::Defect("a request is in a state unknown here".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(state: &str, answer: Option<&SavedAnswer>) -> Item {
        let mut row = Item::from([
            ("state".to_owned(), s(state)),
            ("fingerprint".to_owned(), s("same")),
        ]);
        if let Some(answer) = answer {
            row.insert("answer".to_owned(), to_attribute("answer", answer).unwrap());
        }
        row
    }

    #[test]
    fn a_row_says_what_is_known() {
        let write = WriteId::draw().unwrap();
        let answer = SavedAnswer {
            status: 201,
            content_type: "application/json".to_owned(),
            location: None,
            body: "{}".to_owned(),
        };
        let ask = |item: &Item, fingerprint| known(Some(item), fingerprint, &write);
        let (in_flight, answered) = (row(IN_FLIGHT, None), row(ANSWERED, Some(&answer)));
        assert_eq!(ask(&in_flight, "same"), Ok(RequestState::InFlight));
        assert_eq!(ask(&in_flight, "other"), Ok(RequestState::Mismatch));
        assert_eq!(ask(&answered, "same"), Ok(RequestState::Answered(answer)));
        assert_eq!(ask(&answered, "other"), Ok(RequestState::Mismatch));
        assert!(matches!(ask(&row(ANSWERED, None), "same"), Err(Fault::Defect(_))));
        assert!(matches!(ask(&row("odd", None), "same"), Err(Fault::Defect(_))));
        let mut own = in_flight;
        own.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
        assert_eq!(ask(&own, "same"), Ok(RequestState::Fresh));
    }
}
