//! Orders in DynamoDB, and the one transaction that changes order, stock and holder together.

mod moves;
mod shelves;
mod transaction;

use crate::connections::Connections;
use crate::due::Due;
use crate::faults::fault;
use crate::inventory::read_heads;
use crate::items::{UNFINISHED, from_item, order_item, s};
use crate::ledgers::{self, read_head};
use crate::listing::List;
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use domain::ledger::Place;
use domain::ports::{Answer, CommitError, Orders};
use domain::stock::HolderChange;
use domain::{Decision, Fault, Order, OrderId, Page, PageRequest, Status, Timestamp, UserId};
use moves::Moves;
use shelves::ShelfMoves;
use transaction::{AsRead, Moved, Part};

/// The tables that one order touches.
#[derive(Clone, Debug)]
pub struct OrderTables {
    /// Orders by `order_id`, with the indexes `by_user` and `unfinished`.
    pub orders: String,
    /// Tickets by `ticket_id`.
    pub tickets: String,
    /// Each buyer's set of live orders by `user_id`.
    pub holders: String,
    /// Ledgers by `place` and `seq`, for orders of dishes.
    pub ledgers: String,
    /// Shards of products by `shelf` and `seq`, for orders of products.
    pub inventory: String,
    /// The ledger of money by `order_id` and `entry`.
    pub money: String,
    /// What there is at devices, by `device_id` and `product_id`, for orders that are for a device.
    pub device_stock: String,
}

/// [`Orders`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoOrders {
    client: Client,
    tables: OrderTables,
}

impl DynamoOrders {
    /// Orders in these tables.
    #[must_use]
    pub fn new(connections: &Connections, tables: OrderTables) -> Self {
        Self {
            client: connections.dynamodb(),
            tables,
        }
    }

    async fn write(&self, decision: &Decision) -> Result<(), CommitError> {
        let is_order_alone =
            decision.stock.is_empty() && decision.money.is_empty() && decision.arrivals.is_empty();
        if is_order_alone && decision.holder == HolderChange::Unchanged {
            return self.put(decision).await;
        }
        let kitchen = Moves::of(decision).map_err(CommitError::Fault)?;
        let shelves = ShelfMoves::of(decision).map_err(CommitError::Fault)?;
        if kitchen.is_none() && shelves.is_empty() {
            return self.transact(decision, &Moved::default()).await;
        }
        self.transact_with(decision, kitchen.as_ref(), &shelves).await
    }

    /// A decision about nothing but the order: a plain conditional write costs half of a transaction.
    async fn put(&self, decision: &Decision) -> Result<(), CommitError> {
        let write = WriteId::draw().map_err(CommitError::Fault)?;
        let mut item = order_item(&decision.after).map_err(CommitError::Fault)?;
        item.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
        let condition = AsRead::condition(decision);
        let sent = self
            .client
            .put_item()
            .table_name(&self.tables.orders)
            .set_item(Some(item))
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
            Some(PutItemError::ConditionalCheckFailedException(_)) => Err(CommitError::OrderMoved),
            // A transaction had the order in hand at that moment.
            Some(PutItemError::TransactionConflictException(_)) => Err(CommitError::Contended),
            _ => Err(CommitError::Fault(fault("PutItem order", &error))),
        }
    }

    /// Order, stock and holder, all or nothing; `moved` is what happens to counted stock.
    ///
    /// The `ClientRequestToken` is the write id: when the SDK repeats the call after a lost answer, DynamoDB knows it
    /// and answers with success. It is not derived from order and version, because two decisions about the same
    /// version (a retry after contention at a later moment; pay against expire) would then share it for ten minutes
    /// and the second could never be written.
    async fn transact(&self, decision: &Decision, moved: &Moved) -> Result<(), CommitError> {
        let write = WriteId::draw().map_err(CommitError::Fault)?;
        let items = transaction::items(&self.tables, decision, moved, &write).map_err(CommitError::Fault)?;
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
                transaction::verdict(&parts, &write, cancelled.cancellation_reasons())
            }
            _ => Err(CommitError::Fault(fault("TransactWriteItems order", &error))),
        }
    }

    /// The same with movements of counted stock, which are computed from the heads of the kitchen and the shards.
    ///
    /// Movements that are right whatever else was moved are computed anew when a head moved in between, or when
    /// another transaction had it in hand; each try is a write of its own, since the one before it certainly wrote
    /// nothing. There is no pause: of those who meet one gets through, so each of up to [`ledgers::TRIES_MAX`] will.
    async fn transact_with(
        &self,
        decision: &Decision,
        kitchen: Option<&Moves<'_>>,
        shelves: &ShelfMoves<'_>,
    ) -> Result<(), CommitError> {
        let is_final = shelves.depend_on_heads() || kitchen.is_some_and(|moves| moves.seen_seq.is_some());
        for _ in 0..ledgers::TRIES_MAX {
            let moved = match self.moved(decision, kitchen, shelves).await {
                Ok(moved) => moved,
                Err(CommitError::Fault(Fault::Transient(away))) => {
                    return Err(CommitError::Fault(Fault::Transient(away)));
                }
                Err(error) => return Err(self.order_moved_or(decision, error).await),
            };
            match self.transact(decision, &moved).await {
                Err(CommitError::LedgerMoved | CommitError::Contended) if !is_final => {}
                answer => return answer,
            }
        }
        Err(CommitError::Contended)
    }

    /// What the movements make of what is read now.
    async fn moved(
        &self,
        decision: &Decision,
        kitchen: Option<&Moves<'_>>,
        shelves: &ShelfMoves<'_>,
    ) -> Result<Moved, CommitError> {
        let at = decision.after.updated_at;
        let kitchen = match kitchen {
            Some(moves) => {
                let head = read_head(&self.client, &self.tables.ledgers, Place::Kitchen);
                moves.post(&head.await.map_err(CommitError::Fault)?, at)?
            }
            None => None,
        };
        let heads = read_heads(&self.client, &self.tables.inventory, &shelves.unread())
            .await
            .map_err(CommitError::Fault)?;
        let shards = shelves.post(&heads, at)?;
        Ok(Moved { kitchen, shards })
    }

    /// Why movements were impossible: an order that moved comes first here too, because what it moved before is the
    /// usual reason that nothing is left to be moved.
    async fn order_moved_or(&self, decision: &Decision, otherwise: CommitError) -> CommitError {
        match self.get(&decision.after.order_id).await {
            Ok(present) if present.as_ref().map(|order| (order.version, order.status)) != decision.before => {
                CommitError::OrderMoved
            }
            Ok(_) => otherwise,
            Err(unread) => CommitError::Fault(unread),
        }
    }
}

/// A line for each status that an order comes to, in the log of whatever function brought it there. So every function that has to
/// do with an order is found by its id, and orders are counted by how they ended.
fn tell(decision: &Decision) {
    let Order { order_id, status, .. } = &decision.after;
    let was = decision.before.map(|(_, status)| status);
    if was != Some(*status) {
        let was = was.map_or("-", Status::as_str);
        tracing::info!(
            order_id = order_id.as_str(),
            was,
            status = status.as_str(),
            "order"
        );
    }
}

impl Orders for DynamoOrders {
    fn get<'a>(&'a self, order_id: &'a OrderId) -> Answer<'a, Option<Order>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.tables.orders)
                .key("order_id", s(order_id.as_str()))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem order", &error))?;
            answer.item.map(|item| from_item("order", item)).transpose()
        })
    }

    fn commit<'a>(&'a self, decision: &'a Decision) -> Answer<'a, (), CommitError> {
        Box::pin(async move {
            self.write(decision).await?;
            tell(decision);
            Ok(())
        })
    }

    fn list_of<'a>(&'a self, user_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Order>> {
        Box::pin(async move {
            let list = List {
                client: &self.client,
                table: &self.tables.orders,
                index: "by_user",
                of: ("user_id", user_id.as_str()),
                id: "order_id",
                is_id: |text| OrderId::parse(text).is_ok(),
            };
            let page = list.page_of_whole(page).await?;
            let rows = page.rows.into_iter().map(|item| from_item("order", item));
            Ok(Page {
                rows: rows.collect::<Result<_, _>>()?,
                next: page.next,
            })
        })
    }

    fn list_due(&self, shard: u8, now: Timestamp, limit: u16) -> Answer<'_, Vec<OrderId>> {
        Box::pin(async move {
            let due = Due {
                client: &self.client,
                table: &self.tables.orders,
                index: "unfinished",
                shard_name: UNFINISHED,
            };
            let rows = due.rows(shard, now, limit).await?;
            let ids = rows.iter().map(|row| {
                row.get("order_id")
                    .and_then(|value| value.as_s().ok())
                    .and_then(|text| OrderId::parse(text).ok())
                    .ok_or_else(|| Fault::Defect("a row of the index unfinished lacks its order".to_owned()))
            });
            ids.collect()
        })
    }
}
