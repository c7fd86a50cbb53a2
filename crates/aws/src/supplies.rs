//! Supply requests in DynamoDB, and the one transaction that changes request and warehouse together.

use crate::cancellation::{first_false, is_contention};
use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{Item, from_item, n, s, to_item};
use crate::ledgers::{contradiction, head_put, posting_put};
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
};
use domain::ledger::{Ledger, LedgerChange, Place};
use domain::ports::{Answer, Supplies, SupplyError};
use domain::supply::{Supply, SupplyDecision};
use domain::{Fault, SupplyId, Timestamp};
use std::collections::HashMap;

/// The tables that one supply request touches.
#[derive(Clone, Debug)]
pub struct SupplyTables {
    /// Supply requests by `supply_id`.
    pub supplies: String,
    /// Ledgers by `place` and `seq`.
    pub ledgers: String,
}

/// [`Supplies`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoSupplies {
    client: Client,
    tables: SupplyTables,
}

/// What one item of the transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Request,
    Head,
    Posting,
}

/// The condition that the request is still the one that was read.
struct AsRead {
    expression: &'static str,
    names: Option<HashMap<String, String>>,
    values: Option<Item>,
}

impl AsRead {
    fn condition(decision: &SupplyDecision) -> Self {
        match decision.before {
            None => Self {
                expression: "attribute_not_exists(supply_id)",
                names: None,
                values: None,
            },
            Some(version) => Self {
                expression: "#version = :version",
                names: Some(HashMap::from([("#version".to_owned(), "version".to_owned())])),
                values: Some(Item::from([(":version".to_owned(), n(version))])),
            },
        }
    }
}

impl DynamoSupplies {
    /// Supply requests in these tables.
    #[must_use]
    pub fn new(connections: &Connections, tables: SupplyTables) -> Self {
        Self {
            client: connections.dynamodb(),
            tables,
        }
    }

    /// A decision that moves nothing: a plain conditional write costs half of a transaction.
    async fn put(&self, decision: &SupplyDecision) -> Result<(), SupplyError> {
        let write = WriteId::draw().map_err(SupplyError::Fault)?;
        let condition = AsRead::condition(decision);
        let sent = self
            .client
            .put_item()
            .table_name(&self.tables.supplies)
            .set_item(Some(
                request_item(&decision.after, &write).map_err(SupplyError::Fault)?,
            ))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) if write.wrote(failed.item()) => {
                Ok(())
            }
            // In a conflict a transaction has the request in hand: it will have moved.
            Some(
                PutItemError::ConditionalCheckFailedException(_)
                | PutItemError::TransactionConflictException(_),
            ) => Err(SupplyError::Moved),
            _ => Err(SupplyError::Fault(fault("PutItem supply", &error))),
        }
    }

    /// Request, head and posting, all or nothing. The write id is the `ClientRequestToken`, for the reasons that
    /// orders have.
    async fn transact(&self, decision: &SupplyDecision, change: &LedgerChange) -> Result<(), SupplyError> {
        let write = WriteId::draw().map_err(SupplyError::Fault)?;
        let items = items(&self.tables, decision, change, &write).map_err(SupplyError::Fault)?;
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
            _ => Err(SupplyError::Fault(fault("TransactWriteItems supply", &error))),
        }
    }

    /// Movements that the warehouse does not allow: either the request was read before it moved and the warehouse
    /// after, which is a lost race, or the two contradict each other, which must not be mistaken for one.
    async fn moved_or(&self, decision: &SupplyDecision, fault: Fault) -> SupplyError {
        match self.get(&decision.after.supply_id).await {
            Ok(present) if present.as_ref().map(|supply| supply.version) != decision.before => {
                SupplyError::Moved
            }
            Ok(_) => SupplyError::Fault(fault),
            Err(unread) => SupplyError::Fault(unread),
        }
    }
}

fn request_item(supply: &Supply, write: &WriteId) -> Result<Item, Fault> {
    let mut item = to_item("supply", supply)?;
    item.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
    Ok(item)
}

fn items(
    tables: &SupplyTables,
    decision: &SupplyDecision,
    change: &LedgerChange,
    write: &WriteId,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let condition = AsRead::condition(decision);
    let request = Put::builder()
        .table_name(&tables.supplies)
        .set_item(Some(request_item(&decision.after, write)?))
        .condition_expression(condition.expression)
        .set_expression_attribute_names(condition.names)
        .set_expression_attribute_values(condition.values)
        .return_values_on_condition_check_failure(OnFailure::AllOld)
        .build()
        .map_err(|_| Fault::Defect("the write of a supply request could not be built".to_owned()))?;
    Ok(vec![
        (Part::Request, TransactWriteItem::builder().put(request).build()),
        (Part::Head, head_put(&tables.ledgers, change)?),
        (Part::Posting, posting_put(&tables.ledgers, change)?),
    ])
}

/// What a cancelled transaction tells the caller: the request's own condition comes first, because that is where a
/// write finds itself.
fn verdict(parts: &[Part], write: &WriteId, reasons: &[CancellationReason]) -> Result<(), SupplyError> {
    let Some(failed) = first_false(parts, reasons) else {
        is_contention("TransactWriteItems supply", reasons).map_err(SupplyError::Fault)?;
        return Err(SupplyError::Moved);
    };
    match failed.part {
        Part::Request if write.wrote(failed.present) => Ok(()),
        Part::Request | Part::Head => Err(SupplyError::Moved),
        Part::Posting => Err(SupplyError::Fault(contradiction(Place::Warehouse))),
    }
}

impl Supplies for DynamoSupplies {
    fn get<'a>(&'a self, supply_id: &'a SupplyId) -> Answer<'a, Option<Supply>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.tables.supplies)
                .key("supply_id", s(supply_id.as_str()))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem supply", &error))?;
            answer.item.map(|item| from_item("supply", item)).transpose()
        })
    }

    fn commit<'a>(
        &'a self,
        decision: &'a SupplyDecision,
        warehouse: &'a Ledger,
        now: Timestamp,
    ) -> Answer<'a, (), SupplyError> {
        Box::pin(async move {
            match warehouse.post(decision.moves.iter().cloned(), &decision.cause, now) {
                Ok(Some(change)) => self.transact(decision, &change).await?,
                Ok(None) => self.put(decision).await?,
                Err(impossible) => {
                    let fault = Fault::Defect(impossible.to_string());
                    return Err(self.moved_or(decision, fault).await);
                }
            }
            // What works on a supply request is told its id alone; this line has the order's too.
            let Supply {
                order_id, supply_id, ..
            } = &decision.after;
            tracing::info!(
                order_id = order_id.as_str(),
                supply_id = supply_id.as_str(),
                "supply"
            );
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancellation::tests::{CONFLICT, FAILED, OK, failed_on, reason};
    use crate::items::tests::NOW;
    use crate::items::unsigned;
    use crate::ledgers::samples::{ingredient, stocked};
    use domain::OrderId;

    const PARTS: [Part; 3] = [Part::Request, Part::Head, Part::Posting];

    fn tables() -> SupplyTables {
        SupplyTables {
            supplies: "supplies".to_owned(),
            ledgers: "ledgers".to_owned(),
        }
    }

    fn opening() -> SupplyDecision {
        Supply::open(&OrderId::from_random([9; 16]), &ingredient("lechuga"), 3, NOW)
    }

    #[test]
    fn a_request_is_written_with_the_warehouse_it_takes_from() {
        let warehouse = stocked(Place::Warehouse, 5).after;
        let balance = warehouse.balance(&ingredient("lechuga"));
        let giving = opening().after.take_what_there_is(balance, NOW).unwrap();
        let change = warehouse
            .post(giving.moves.iter().cloned(), &giving.cause, NOW)
            .unwrap()
            .unwrap();
        let write = WriteId::draw().unwrap();
        let items = items(&tables(), &giving, &change, &write).unwrap();
        assert_eq!(items.iter().map(|(part, _)| *part).collect::<Vec<_>>(), PARTS);
        let request = items[0].1.put().unwrap();
        assert_eq!(request.table_name(), "supplies");
        assert_eq!(request.condition_expression(), Some("#version = :version"));
        assert_eq!(request.expression_attribute_values().unwrap()[":version"], n(1));
        assert_eq!(
            from_item::<Supply>("supply", request.item().clone()),
            Ok(giving.after)
        );
        let head = items[1].1.put().unwrap();
        assert_eq!(head.table_name(), "ledgers");
        assert_eq!(
            head.expression_attribute_values().unwrap()[":before"],
            unsigned(2)
        );
        // Held and given are two movements of one posting.
        assert_eq!(items[2].1.put().unwrap().item()["seq"], unsigned(4));
    }

    #[test]
    fn a_fresh_request_must_not_exist_yet() {
        let condition = AsRead::condition(&opening());
        assert_eq!(condition.expression, "attribute_not_exists(supply_id)");
        assert!(condition.names.is_none() && condition.values.is_none());
    }

    #[test]
    fn whatever_was_in_the_way_has_moved_and_a_broken_ledger_has_not() {
        let verdict_on = |codes: [&str; 3]| verdict(&PARTS, &WriteId::draw().unwrap(), &codes.map(reason));
        for codes in [
            [FAILED, FAILED, FAILED],
            [OK, FAILED, FAILED],
            [OK, CONFLICT, OK],
            [CONFLICT, FAILED, OK],
        ] {
            assert_eq!(verdict_on(codes), Err(SupplyError::Moved));
        }
        for codes in [[OK, OK, FAILED], [OK, "ValidationError", OK]] {
            assert!(matches!(
                verdict_on(codes),
                Err(SupplyError::Fault(Fault::Defect(_)))
            ));
        }
    }

    #[test]
    fn a_write_that_finds_itself_has_succeeded() {
        let own = WriteId::draw().unwrap();
        let stored = request_item(&opening().after, &own).unwrap();
        let reasons = [failed_on(stored), reason(FAILED), reason(FAILED)];
        assert_eq!(verdict(&PARTS, &own, &reasons), Ok(()));
        assert_eq!(
            verdict(&PARTS, &WriteId::draw().unwrap(), &reasons),
            Err(SupplyError::Moved)
        );
    }
}
