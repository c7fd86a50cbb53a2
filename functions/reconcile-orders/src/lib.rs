//! `ReconcileOrders`: every minute, finds unfinished orders that stand still and sets them going again.
//!
//! The answer to everything that can be lost: a timer that never fired, a wake-up nobody sent, an execution that
//! died whole. It ends what is overdue, wakes the execution that waits, or starts the `order` machine again, and
//! the steps find in the database what is true. Of an order that has ended it settles what was asked of the warehouse
//! (nothing stays claimed there, and nothing stays on its way), starts refunds again that stand still, and asks once more
//! for money whose provider kept silent. No undo: doing any of it again is harmless.

use domain::checkout::wake;
use domain::ledger::Ledger;
use domain::order::UNFINISHED_SHARDS;
use domain::ports::{
    Clock, Execution, Ledgers, Orders, Supplies, Workflows, decide_and_commit, decide_and_supply,
};
use domain::supply::{Supply, SupplyStatus};
use domain::truth::{Found, Truth, ask_before_release};
use domain::{Fault, Order, OrderId, Refund, RefundStatus, Refusal, Status, SupplyId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Orders looked at per shard and run. What is left comes next minute.
const ORDERS_PER_SHARD_MAX: u16 = 100;
/// After so long a run begins nothing new, milliseconds: the function's own limit is 60 s, and one order whose provider keeps
/// silent may take a third of that. What is left comes next minute.
const RUN_LIMIT_MS: i64 = 35_000;
/// An order that has been due for so long should have been looked at before, milliseconds: a run comes every minute.
const LATE_AFTER_MS: i64 = 600_000;
/// Orders named in the error when some could not be helped.
const TROUBLES_NAMED: usize = 10;

/// What the step needs.
#[derive(Clone)]
pub struct ReconcileOrders {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Supply requests.
    pub supplies: Arc<dyn Supplies>,
    /// The ledgers.
    pub ledgers: Arc<dyn Ledgers>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// Asks the payment provider what is true.
    pub truth: Truth,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Tells whoever is on call what a run found, also one that fails.
    pub tell: Arc<dyn Fn(&Output) + Send + Sync>,
}

/// The schedule's event. Nothing in it matters.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Input {}

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Output {
    /// Orders that stood still.
    pub looked_at: u32,
    /// Orders whose timer never came, ended here.
    pub expired: u32,
    /// Executions that were waiting and were woken.
    pub woken: u32,
    /// Executions that were started anew.
    pub started: u32,
    /// Of the orders that were looked at, those that are stuck.
    pub stuck: u32,
    /// Of the orders that were looked at, those that have been due for more than ten minutes.
    pub late: u32,
}

/// What was done for one order.
enum Help {
    Nothing,
    Expired,
    Woken,
    Started,
}

impl ReconcileOrders {
    /// Looks at every shard once, beginning with another one every minute.
    ///
    /// # Errors
    /// [`Fault::Defect`] naming orders that could not be helped, after all others were: the function's errors are
    /// alarmed. They come again later, behind the others.
    pub async fn handle(&self, _: Input) -> Result<Output, Fault> {
        let mut output = Output::default();
        let mut troubles = Vec::new();
        let began_ms = self.clock.now().as_ms();
        let minute = began_ms / 60_000;
        for turn in 0..UNFINISHED_SHARDS {
            let shard =
                (u64::try_from(minute).unwrap_or_default() + u64::from(turn)) % u64::from(UNFINISHED_SHARDS);
            let shard = u8::try_from(shard).unwrap_or_default();
            let due = match self
                .orders
                .list_due(shard, self.clock.now(), ORDERS_PER_SHARD_MAX)
                .await
            {
                Ok(due) => due,
                Err(fault) => {
                    troubles.push(format!("shard {shard}: {fault}"));
                    continue;
                }
            };
            for order_id in due {
                if self.clock.now().as_ms() - began_ms > RUN_LIMIT_MS {
                    break;
                }
                output.looked_at += 1;
                match self.help(&order_id, &mut output).await {
                    Ok(Help::Nothing) => {}
                    Ok(Help::Expired) => output.expired += 1,
                    Ok(Help::Woken) => output.woken += 1,
                    Ok(Help::Started) => output.started += 1,
                    Err(fault) => {
                        troubles.push(format!("{order_id}: {fault}"));
                        self.put_off(&order_id).await.ok();
                    }
                }
            }
        }
        (self.tell)(&output);
        if troubles.is_empty() {
            return Ok(output);
        }
        let named = troubles
            .iter()
            .take(TROUBLES_NAMED)
            .cloned()
            .collect::<Vec<_>>()
            .join("; ");
        Err(Fault::Defect(format!(
            "{} of {} could not be helped: {named}",
            troubles.len(),
            output.looked_at
        )))
    }

    /// Puts an order behind the others, so that one that cannot be helped does not stand in their way.
    async fn put_off(&self, order_id: &OrderId) -> Result<(), Fault> {
        let later = |order: &Order| Ok(order.look_again(false, self.clock.now()));
        decide_and_commit(&*self.orders, order_id, &later).await.map(drop)
    }

    async fn help(&self, order_id: &OrderId, seen: &mut Output) -> Result<Help, Fault> {
        let order = self
            .orders
            .get(order_id)
            .await?
            .ok_or_else(|| Refusal::not_found("order"))?;
        // The index may lag behind the order.
        let is_due = order.due_at.is_some_and(|due_at| due_at <= self.clock.now());
        if !is_due {
            return Ok(Help::Nothing);
        }
        seen.stuck += u32::from(order.status == Status::Stuck);
        seen.late += u32::from(self.is_late(&order));
        if !order.refunds.is_empty() {
            return self.refunds(order_id).await;
        }
        if order.status.is_end() {
            if self.finds_late_money(&order).await? {
                return Ok(Help::Started);
            }
            return self.settle(&order).await.map(|()| Help::Nothing);
        }
        if order.status == Status::Held && self.clock.now() >= order.hold.expires_at {
            // Its timer is late or lost. The same question and the same write as `ExpireOrder`, so whoever comes second
            // changes nothing.
            ask_before_release(&*self.orders, &*self.truth.provider, &*self.clock, order_id).await?;
            let order =
                match decide_and_commit(&*self.orders, order_id, &|order| order.expire(self.clock.now()))
                    .await
                {
                    // The provider had the money: the order goes on from here.
                    Err(Fault::Refused(Refusal::OrderAlreadyPaid { .. })) => return Ok(Help::Nothing),
                    expired => expired?,
                };
            wake(&*self.workflows, &order).await?;
            return Ok(Help::Expired);
        }
        let execution = self.workflows.find_execution(&order).await?;
        // Written before anything is started: if this run dies in between, the next one starts the same name. Of two
        // runs at once only the first counts, so both start the same.
        let (is_over, seen) = (execution == Execution::Closed, order.reentries);
        let order = decide_and_commit(&*self.orders, order_id, &|order| {
            let again = is_over && order.reentries == seen;
            Ok(order.look_again(again, self.clock.now()))
        })
        .await?;
        if execution == Execution::Running {
            return Ok(if wake(&*self.workflows, &order).await? {
                Help::Woken
            } else {
                Help::Nothing
            });
        }
        self.workflows.start_order(&order).await?;
        Ok(Help::Started)
    }

    fn is_late(&self, order: &Order) -> bool {
        let now_ms = self.clock.now().as_ms();
        order
            .due_at
            .is_some_and(|due_at| now_ms - due_at.as_ms() > LATE_AFTER_MS)
    }

    /// Asks after the refunds of an order that stand still, and starts the machine again for those that the provider does not
    /// know; also for one that failed, if the alarm that its execution raises was lost.
    async fn refunds(&self, order_id: &OrderId) -> Result<Help, Fault> {
        self.truth.find_refunds(order_id, None).await?;
        let mut order = self
            .orders
            .get(order_id)
            .await?
            .ok_or_else(|| Refusal::not_found("order"))?;
        for Refund { number, .. } in order.refunds.clone() {
            order = self.refund(order, number).await?;
        }
        if order.open_refund().is_some() {
            return Ok(Help::Started);
        }
        self.settle(&order).await.map(|()| Help::Started)
    }

    async fn refund(&self, order: Order, number: u32) -> Result<Order, Fault> {
        let Some(refund) = order.refund(number) else {
            return Ok(order);
        };
        match refund.status {
            RefundStatus::Succeeded => Ok(order),
            RefundStatus::Failed => {
                // Under the name it has: an execution that has run already is not started a second time.
                self.workflows.start_refund(&order, refund).await?;
                Ok(order)
            }
            RefundStatus::Pending => {
                let later = |order: &Order| Ok(order.put_off_refund(number, false, self.clock.now()));
                decide_and_commit(&*self.orders, &order.order_id, &later).await
            }
            RefundStatus::Requested => {
                let execution = self.workflows.find_refund(&order, refund).await?;
                let (is_over, seen) = (execution == Execution::Closed, refund.reentries);
                // Of two runs at once only the first counts, so both start the same.
                let order = decide_and_commit(&*self.orders, &order.order_id, &|order| {
                    let is_as_seen = order
                        .refund(number)
                        .is_some_and(|refund| refund.reentries == seen);
                    Ok(order.put_off_refund(number, is_over && is_as_seen, self.clock.now()))
                })
                .await?;
                if let Some(refund) = order.refund(number).filter(|refund| refund.is_open())
                    && execution != Execution::Running
                {
                    self.workflows.start_refund(&order, refund).await?;
                }
                Ok(order)
            }
        }
    }

    /// The provider once kept silent about this order: asks for the last time whether it has been charged after all.
    async fn finds_late_money(&self, order: &Order) -> Result<bool, Fault> {
        let Some(intent) = order.intent_id.as_ref().filter(|_| order.ended_unpaid()) else {
            return Ok(false);
        };
        match self.truth.find(order, intent).await? {
            Found::Charged => Ok(true),
            Found::NotCharged => Ok(false),
            Found::Undecided => Err(Fault::Unknown(
                "the provider is still working on the payment".to_owned(),
            )),
        }
    }

    /// Gives up what nobody works on any more and books what has left the warehouse, until nothing is left of either.
    async fn settle(&self, order: &Order) -> Result<(), Fault> {
        let mut is_settled = true;
        for missing in order.missing() {
            let supply_id = SupplyId::of_order(&order.order_id, missing.ingredient.as_str());
            // Never asked for: a message that comes now finds an order that has ended.
            let Some(supply) = self.supplies.get(&supply_id).await? else {
                continue;
            };
            match supply.status {
                SupplyStatus::Unavailable => {}
                SupplyStatus::Given => {
                    let receive =
                        |order: &Order| order.receive(&supply.ingredient, supply.wanted, self.clock.now());
                    decide_and_commit(&*self.orders, &order.order_id, &receive).await?;
                }
                SupplyStatus::Open if self.workflows.find_supply(&supply).await? == Execution::Running => {
                    is_settled = false;
                }
                SupplyStatus::Open => {
                    let now = self.clock.now();
                    let give_up = |supply: &Supply, _: &Ledger| supply.give_up(now);
                    decide_and_supply(&*self.supplies, &*self.ledgers, &supply_id, now, &give_up).await?;
                }
            }
        }
        let decide = |order: &Order| {
            let now = self.clock.now();
            Ok(if is_settled {
                order.settle(now)
            } else {
                order.look_again(false, now)
            })
        };
        decide_and_commit(&*self.orders, &order.order_id, &decide)
            .await
            .map(drop)
    }
}
