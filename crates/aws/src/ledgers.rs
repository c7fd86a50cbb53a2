//! Ledgers in DynamoDB: reading them, and booking what is there at the start. What orders and supply requests move is
//! written by [`crate::orders`] and [`crate::supplies`], in their own transactions.

mod rows;

#[cfg(test)]
pub(crate) use rows::tests as samples;
pub(crate) use rows::{contradiction, head_put, posting_put, read_head};

use crate::cancellation::{first_false, is_contention};
use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{from_item, s, unsigned};
use crate::write_id::WriteId;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use domain::ledger::{Ingredient, Ledger, LedgerChange, MovementKind, Place, Posting, Wanted};
use domain::ports::{Answer, Ledgers};
use domain::{Fault, PageRequest, Timestamp};

/// Reads of the head per call before the caller is told that it kept moving.
pub(crate) const TRIES_MAX: u32 = 30;

/// [`Ledgers`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoLedgers {
    client: Client,
    table: String,
}

/// What one item of a stock-up is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The row that says that this cause was booked.
    Cause,
    Head,
    Posting,
}

/// What came of one try to book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Try {
    /// It is booked, by this try or before.
    Booked,
    /// The head is not the one that was read.
    Moved,
}

impl DynamoLedgers {
    /// Ledgers in the table of this name, by `place` and `seq`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }

    async fn was_booked(&self, place: Place, cause: &str) -> Result<bool, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(rows::cause_key(place, cause)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("GetItem cause", &error))?;
        Ok(answer.item.is_some())
    }

    /// Cause, head and posting, all or nothing. The write id is only the token by which DynamoDB knows a repetition;
    /// what tells our own success from a lost race is the row of the cause.
    async fn book(&self, change: &LedgerChange) -> Result<Try, Fault> {
        let write = WriteId::draw()?;
        let (parts, items): (Vec<Part>, Vec<_>) = booking(&self.table, change)?.into_iter().unzip();
        let sent = self
            .client
            .transact_write_items()
            .client_request_token(write.as_str())
            .set_transact_items(Some(items))
            .send()
            .await;
        let Err(error) = sent else {
            return Ok(Try::Booked);
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                verdict(change.after.place, &parts, cancelled.cancellation_reasons())
            }
            _ => Err(fault("TransactWriteItems ledger", &error)),
        }
    }
}

fn booking(table: &str, change: &LedgerChange) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let mut cause = rows::cause_key(change.after.place, &change.posting.cause);
    cause.insert("booked_seq".to_owned(), unsigned(change.posting.seq));
    Ok(vec![
        (Part::Cause, rows::new_row(table, cause)?),
        (Part::Head, head_put(table, change)?),
        (Part::Posting, posting_put(table, change)?),
    ])
}

fn verdict(place: Place, parts: &[Part], reasons: &[CancellationReason]) -> Result<Try, Fault> {
    match first_false(parts, reasons).map(|failed| failed.part) {
        Some(Part::Cause) => Ok(Try::Booked),
        Some(Part::Head) => Ok(Try::Moved),
        Some(Part::Posting) => Err(contradiction(place)),
        None => is_contention("TransactWriteItems ledger", reasons).map(|()| Try::Moved),
    }
}

impl Ledgers for DynamoLedgers {
    fn head(&self, place: Place) -> Answer<'_, Ledger> {
        Box::pin(read_head(&self.client, &self.table, place))
    }

    fn postings_after(&self, place: Place, after: u64, limit: u16) -> Answer<'_, Vec<Posting>> {
        Box::pin(async move {
            let limit = limit.clamp(1, PageRequest::LIMIT_MAX);
            let mut postings = Vec::new();
            let mut start = None;
            // An answer is also cut short at 1 MB; each one has at least one row.
            for _ in 0..limit {
                let left = usize::from(limit).saturating_sub(postings.len());
                let answer = self
                    .client
                    .query()
                    .table_name(&self.table)
                    .key_condition_expression("#place = :place AND #seq > :after")
                    .expression_attribute_names("#place", "place")
                    .expression_attribute_names("#seq", "seq")
                    .expression_attribute_values(":place", s(place.as_str()))
                    .expression_attribute_values(":after", unsigned(after))
                    .limit(i32::try_from(left).unwrap_or(i32::MAX))
                    .set_exclusive_start_key(start)
                    // Whoever has seen number n must never be given n + 2 before n + 1.
                    .consistent_read(true)
                    .send()
                    .await
                    .map_err(|error| fault("Query postings", &error))?;
                for item in answer.items.unwrap_or_default() {
                    postings.push(from_item("posting", item)?);
                }
                start = answer.last_evaluated_key.filter(|key| !key.is_empty());
                if start.is_none() || postings.len() >= usize::from(limit) {
                    break;
                }
            }
            Ok(postings)
        })
    }

    fn stock_up<'a>(
        &'a self,
        place: Place,
        stock: &'a [(Ingredient, u32)],
        cause: &'a str,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let wanted = |(ingredient, quantity): &(Ingredient, u32)| {
                Wanted::new(ingredient, MovementKind::Set, *quantity)
            };
            for _ in 0..TRIES_MAX {
                // First, because what was booked once may not fit a second time.
                if self.was_booked(place, cause).await? {
                    return Ok(());
                }
                let ledger = read_head(&self.client, &self.table, place).await?;
                let change = ledger
                    .post(stock.iter().map(wanted), cause, now)
                    .map_err(|impossible| Fault::Defect(impossible.to_string()))?;
                let Some(change) = change else { return Ok(()) };
                match self.book(&change).await? {
                    Try::Booked => return Ok(()),
                    Try::Moved => {}
                }
            }
            Err(Fault::Transient(format!("the {place}'s ledger kept moving")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancellation::tests::{CONFLICT, FAILED, OK, reason};
    use samples::stocked;

    #[test]
    fn stock_is_booked_with_its_cause_its_head_and_its_posting() {
        let items = booking("ledgers", &stocked(Place::Kitchen, 5)).unwrap();
        let parts: Vec<Part> = items.iter().map(|(part, _)| *part).collect();
        assert_eq!(parts, [Part::Cause, Part::Head, Part::Posting]);
        let cause = items[0].1.put().unwrap();
        assert_eq!(cause.item()["place"], s("kitchen#stocked#seed"));
        assert_eq!(cause.item()["booked_seq"], unsigned(2));
        assert_eq!(cause.condition_expression(), Some("attribute_not_exists(place)"));
    }

    #[test]
    fn a_cause_that_is_there_means_done_and_a_head_that_moved_means_again() {
        let parts = [Part::Cause, Part::Head, Part::Posting];
        let verdict_on = |codes: [&str; 3]| verdict(Place::Kitchen, &parts, &codes.map(reason));
        assert_eq!(verdict_on([FAILED, FAILED, FAILED]), Ok(Try::Booked));
        assert_eq!(verdict_on([OK, FAILED, FAILED]), Ok(Try::Moved));
        assert_eq!(verdict_on([OK, CONFLICT, OK]), Ok(Try::Moved));
        assert!(matches!(verdict_on([OK, OK, FAILED]), Err(Fault::Defect(_))));
        assert!(matches!(
            verdict_on([OK, OK, "ValidationError"]),
            Err(Fault::Defect(_))
        ));
    }
}
