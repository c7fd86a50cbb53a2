//! The truth about money: the provider is asked, and what it says is acted on.
//!
//! Asked before anything is released, when a webhook says that something happened, and by the reconciler. A webhook is
//! only a reason to ask: what it carries is never believed, so it may come twice, late, or out of order.

use crate::fault::Fault;
use crate::ids::{IntentId, OrderId, ProductId};
use crate::inventory::{DoubleCollect, Shard, TOUCHED_MAX, Take, allocate, luck_of, read_whole};
use crate::ledger::MovementKind;
use crate::order::{Line, Order, Ruling, Thing};
use crate::payment::{ChargeOutcome, RefundRequest};
use crate::ports::{Clock, CommitError, Orders, PaymentProvider, Products, Workflows, decide_and_commit};
use crate::refund::Refund;
use crate::refusal::Refusal;
use crate::stock::StockChange;
use std::collections::HashMap;
use std::sync::Arc;

/// Reads and decisions before holding again is given up and the money is owed.
const TRIES_MAX: u32 = 10;

/// Asks the provider whether an order that is about to be released has been charged after all; if so, makes it paid, so
/// that the release is refused.
///
/// # Errors
/// [`Fault::Unknown`] while the provider does not say: nothing may be released then.
pub async fn ask_before_release(
    orders: &dyn Orders,
    provider: &dyn PaymentProvider,
    clock: &dyn Clock,
    order_id: &OrderId,
) -> Result<(), Fault> {
    let Some(order) = orders.get(order_id).await? else {
        return Ok(());
    };
    let Some(intent) = order.intent_id.as_ref().filter(|_| !order.status.is_end()) else {
        return Ok(());
    };
    match provider.inquire(intent).await?.outcome {
        ChargeOutcome::Succeeded => {
            let success = |order: &Order| {
                let now = clock.now();
                // Ended by somebody else since it was read: then it was asked after there.
                if order.status.is_end() {
                    return Ok(Ruling::AlreadyDone);
                }
                order.record_outcome(0, &ChargeOutcome::Succeeded, 0, now)
            };
            decide_and_commit(orders, order_id, &success).await.map(drop)
        }
        ChargeOutcome::Processing => Err(Fault::Unknown(
            "the provider is still working on the payment".to_owned(),
        )),
        ChargeOutcome::Declined { .. } | ChargeOutcome::NotAttempted => Ok(()),
    }
}

/// What is needed to find out about an order's money and to act on it.
#[derive(Clone)]
pub struct Truth {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Products, for what is to be held again.
    pub products: Arc<dyn Products>,
    /// Who has the money.
    pub provider: Arc<dyn PaymentProvider>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The money is there, and the order has it by now, or owes it.
    Charged,
    /// No money was taken.
    NotCharged,
    /// The provider has not decided yet.
    Undecided,
}

impl Truth {
    /// Asks after the order's money. What was charged makes the order paid; what was charged for an order that has
    /// ended holds it again or is given back.
    ///
    /// `intent` is the one that a webhook named, for an order that has not kept its own yet.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the intent belongs to another order; [`Fault::Unknown`] without an answer;
    /// [`Fault::Defect`] when it is not for what this one costs; what the ports report.
    pub async fn find(&self, order: &Order, intent: &IntentId) -> Result<Found, Fault> {
        if order.intent_id.as_ref().is_some_and(|kept| kept != intent) {
            return Err(Refusal::not_found("payment").into());
        }
        let inquiry = self.provider.inquire(intent).await?;
        if inquiry.order_id.as_ref() != Some(&order.order_id) {
            return Err(Refusal::not_found("payment").into());
        }
        // Somebody with the provider's key could have made one for less in the name of this order.
        if inquiry.amount_minor != order.total_minor.as_minor() {
            return Err(Fault::Defect(format!(
                "{intent:?} is not over what {} costs",
                order.order_id
            )));
        }
        match inquiry.outcome {
            ChargeOutcome::Succeeded => {}
            ChargeOutcome::Processing => return Ok(Found::Undecided),
            ChargeOutcome::Declined { .. } | ChargeOutcome::NotAttempted => return Ok(Found::NotCharged),
        }
        if order.intent_id.is_none() {
            let keep = |order: &Order| order.keep_intent(intent.clone(), self.clock.now());
            decide_and_commit(&*self.orders, &order.order_id, &keep).await?;
        }
        self.take_in(&order.order_id).await?;
        Ok(Found::Charged)
    }

    /// Asks after refund `number` of an order, or after every open one, and writes down what the provider says. One that it
    /// does not know is left to the machine that makes it. One that failed is handed to the machine too, which fails with an
    /// alarm: a person has to find another way.
    ///
    /// # Errors
    /// [`Fault::Unknown`] without an answer; what the ports report.
    pub async fn find_refunds(&self, order_id: &OrderId, number: Option<u32>) -> Result<(), Fault> {
        let Some(order) = self.orders.get(order_id).await? else {
            return Ok(());
        };
        let Some(intent) = &order.intent_id else {
            return Ok(());
        };
        let is_meant = |refund: &&Refund| number.map_or(refund.is_open(), |number| refund.number == number);
        for refund in order.refunds.iter().filter(is_meant) {
            let request = RefundRequest {
                order_id: order_id.clone(),
                number: refund.number,
                intent: intent.clone(),
                amount_minor: refund.amount_minor.as_minor(),
            };
            let Some(outcome) = self.provider.find_refund(&request).await? else {
                continue;
            };
            let heard = decide_and_commit(&*self.orders, order_id, &|order| {
                order.hear_of_refund(refund.number, &outcome, self.clock.now())
            })
            .await?;
            if let Some(failed) = heard.refund(refund.number).filter(|refund| refund.has_failed()) {
                self.workflows.start_refund(&heard, failed).await?;
            }
        }
        Ok(())
    }

    /// Makes an order that was charged a paid one, or gives the money back.
    async fn take_in(&self, order_id: &OrderId) -> Result<(), Fault> {
        let success = |order: &Order| {
            if order.ended_unpaid() {
                return Ok(Ruling::AlreadyDone);
            }
            order.record_outcome(0, &ChargeOutcome::Succeeded, 0, self.clock.now())
        };
        let order = decide_and_commit(&*self.orders, order_id, &success).await?;
        if !order.ended_unpaid() {
            // Written is written: whoever waits is told, or finds it when its timer fires.
            crate::checkout::wake(&*self.workflows, &order).await.ok();
            return Ok(());
        }
        if let Some(order) = self.hold_again(order).await? {
            return self.workflows.start_order(&order).await;
        }
        let owe = |order: &Order| order.owe_refund(self.clock.now());
        let order = decide_and_commit(&*self.orders, order_id, &owe).await?;
        match order.open_refund() {
            Some(refund) => self.workflows.start_refund(&order, refund).await,
            None => Ok(()),
        }
    }

    /// Holds everything again; `None` when something is gone, or when nobody wants it any more.
    async fn hold_again(&self, mut order: Order) -> Result<Option<Order>, Fault> {
        let mut short = HashMap::new();
        for attempt in 0..TRIES_MAX {
            if !order.may_be_held_again() {
                return Ok(None);
            }
            let (lines, products) = match self.take_again(&order, attempt, &mut short).await? {
                Again::Taken(lines, products) => (lines, products),
                Again::Gone => return Ok(None),
                Again::Unsure => continue,
            };
            let Ruling::Change(decision) = order.hold_again(lines, products, self.clock.now())? else {
                return Ok(Some(order));
            };
            match self.orders.commit(&decision).await {
                Ok(()) => return Ok(Some(decision.after)),
                Err(CommitError::Stock(_) | CommitError::TooManyHolds) => return Ok(None),
                Err(CommitError::Fault(fault)) => return Err(fault),
                Err(CommitError::OrderMoved | CommitError::Contended | CommitError::LedgerMoved) => {}
            }
            let Some(present) = self.orders.get(&order.order_id).await? else {
                return Ok(None);
            };
            order = present;
        }
        Err(Fault::Transient(format!(
            "what {} is to hold again kept moving",
            order.order_id
        )))
    }

    /// The lines with what is to be taken now.
    async fn take_again(
        &self,
        order: &Order,
        attempt: u32,
        short: &mut HashMap<ProductId, DoubleCollect>,
    ) -> Result<Again, Fault> {
        let mut lines = order.lines.clone();
        let mut stock = Vec::new();
        for line in &mut lines {
            let (price_minor, quantity) = (line.price_minor, line.quantity);
            let Thing::Product { product_id, takes } = &mut line.thing else {
                continue;
            };
            let Some(stocked) = read_whole(&*self.products, product_id).await? else {
                return Ok(Again::Gone);
            };
            // Paid was the price of then; at another one it is not what was bought.
            if !stocked.product.is_listed() || stocked.product.price_minor != price_minor {
                return Ok(Again::Gone);
            }
            let luck = luck_of(&order.order_id, attempt);
            let Some(taken) = allocate(&stocked.shards, quantity, luck) else {
                let is_certain = short.entry(product_id.clone()).or_default().confirms(&stocked);
                return Ok(if is_certain { Again::Gone } else { Again::Unsure });
            };
            for take in &taken {
                let seen = stocked.shards.iter().find(|shard| shard.number == take.shard);
                stock.push(move_product(product_id, *take, order, seen.cloned()));
            }
            *takes = taken;
        }
        // More than one transaction can write. That there is still so much of it, so scattered, is no reason to make the
        // buyer wait for it: the money goes back.
        if stock.len() > TOUCHED_MAX {
            return Ok(Again::Gone);
        }
        Ok(Again::Taken(lines, stock))
    }
}

/// What there is for an order that is to be held again.
enum Again {
    /// Everything: its lines, and the changes that take it.
    Taken(Vec<Line>, Vec<StockChange>),
    /// Something is gone, short, or sold at another price.
    Gone,
    /// Something seems short; a second reading will tell.
    Unsure,
}

fn move_product(product_id: &ProductId, take: Take, order: &Order, seen: Option<Shard>) -> StockChange {
    StockChange::MoveProduct {
        product_id: product_id.clone(),
        shard: take.shard,
        kind: MovementKind::Held,
        quantity: take.quantity,
        cause: order.order_id.to_string(),
        seen: seen.map(Box::new),
    }
}
