//! What several functions do alike with an order: pay it, wake whoever waits for it, give everything back, recognise a
//! request that was carried out before.

use crate::fault::Fault;
use crate::ids::{HoldRun, OrderId};
use crate::ledger::Ingredient;
use crate::order::{Interruption, Order, StartInput, Status};
use crate::payment::{AttemptStatus, CardToken, NO_ANSWER};
use crate::ports::{Clock, HoldRequest, Orders, PaymentProvider, Workflows, decide_and_commit};
use crate::refusal::Refusal;
use crate::truth::ask_before_release;
use serde::{Deserialize, Serialize};

/// Moves the order from held to paying and wakes its execution. Returns the order as written.
///
/// The write is the truth; the wake-up only saves time. If it is lost, the execution finds the payment when its
/// token is stored (`request-payment`), when its timer fires (`expire-order`), or the reconciler finds it.
///
/// # Errors
/// What [`Order::begin_payment`] refuses, and what the ports report before anything was written.
pub async fn begin_payment(
    orders: &dyn Orders,
    workflows: &dyn Workflows,
    clock: &dyn Clock,
    order_id: &OrderId,
    card: &CardToken,
) -> Result<Order, Fault> {
    let begun = decide_and_commit(orders, order_id, &|order| {
        order.begin_payment(card.clone(), clock.now())
    })
    .await;
    if let Err(Fault::Refused(Refusal::OrderBeingPaid { .. })) = &begun
        && let Some(order) = orders.get(order_id).await?
    {
        // Whoever repeats the request may be doing so because the first wake-up was lost.
        wake(workflows, &order).await.ok();
    }
    let order = begun?;
    // Written is written: a busy workflow service must not turn an accepted payment into an error.
    wake(workflows, &order).await.ok();
    Ok(order)
}

/// Wakes the execution that waits for this order, if the order has left what it waits for. Repeating is harmless.
///
/// # Errors
/// What the workflow port reports.
pub async fn wake(workflows: &dyn Workflows, order: &Order) -> Result<bool, Fault> {
    let mut woken = false;
    if let (Some(waiter), Some(why)) = (&order.waiter, order.wake_up()) {
        woken |= workflows.wake(&waiter.token, &why).await?;
    }
    for (ingredient, need) in &order.needs {
        // Once it goes on to the payment nobody waits for an ingredient any more; don't ask for each of them.
        let is_over = order.status.is_end() || order.status == Status::Gathering;
        if let (Some(waiter), Some(why), true) = (&need.waiter, order.wake_up_for(ingredient), is_over) {
            woken |= workflows.wake(&waiter.token, &why).await?;
        }
    }
    Ok(woken)
}

/// Wakes the execution that waits for this ingredient, if it waits for nothing any more. Repeating is harmless.
///
/// Whether the order is past gathering makes no difference: the wait may be a second one, begun after the ingredient
/// had come.
///
/// # Errors
/// What the workflow port reports.
pub async fn wake_for(
    workflows: &dyn Workflows,
    order: &Order,
    ingredient: &Ingredient,
) -> Result<bool, Fault> {
    let waiter = order.needs.get(ingredient).and_then(|need| need.waiter.as_ref());
    match (waiter, order.wake_up_for(ingredient)) {
        (Some(waiter), Some(why)) => workflows.wake(&waiter.token, &why).await,
        _ => Ok(false),
    }
}

/// What a buyer is told when the attempt that was just made was declined; `None` when it was not.
#[must_use]
pub fn decline_of(order: &Order, now: crate::Timestamp) -> Option<Refusal> {
    let attempt = order
        .attempts
        .last()
        .filter(|attempt| attempt.status == AttemptStatus::Declined)?;
    let order_id = order.order_id.clone();
    let decline_code = attempt.code.clone().unwrap_or_else(|| "card_declined".to_owned());
    Some(match order.status {
        // What became of the order after the decline is told by the order; the card was declined all the same.
        Status::Held | Status::Expired | Status::Cancelled => Refusal::PaymentDeclined {
            order_id,
            message: match decline_code.as_str() {
                NO_ANSWER => "the payment did not reach the bank.".to_owned(),
                code => format!("the answer was {code}."),
            },
            decline_code,
            retryable: attempt.retryable,
            // A timer needs at least one second; the deadline itself is checked again by every write.
            await_payment_s: now.seconds_until(order.hold.expires_at).max(1),
        },
        // It is asked after; nothing about the money is certain yet.
        Status::Stuck => Refusal::OrderIsStuck { order_id },
        _ => Refusal::PaymentAttemptsExhausted {
            order_id,
            attempts_max: crate::payment::ATTEMPTS_MAX as u32,
        },
    })
}

/// Why everything an order holds is given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// Every attempt to charge failed.
    PaymentFailed,
    /// What it lacks cannot be had.
    Unavailable,
    /// `hold-order` failed: nobody was told that anything is held, unless by another run.
    NotStarted {
        /// The ARN of the execution that failed.
        run: String,
    },
}

/// Input of the steps that give everything back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GiveBack {
    /// The order.
    pub order_id: OrderId,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
}

/// Output of the steps that give everything back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenBack {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands now; absent when there is no such order.
    pub status: Option<Status>,
    /// How long it may still be paid, whole seconds, at least 1: when it is held, because what it lacked has come after all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub await_payment_s: Option<u32>,
}

/// Gives everything back and ends the order. Safe to repeat, and safe on nothing: an order that was never written, or
/// has ended, has nothing to give back.
///
/// The provider is asked first: nothing is given back while it may have the money.
///
/// # Errors
/// [`Refusal::OrderBeingPaid`] and [`Refusal::OrderAlreadyPaid`] when money was or may have been taken,
/// [`Fault::Unknown`] while the provider does not say.
pub async fn give_back(
    orders: &dyn Orders,
    provider: &dyn PaymentProvider,
    clock: &dyn Clock,
    input: GiveBack,
) -> Result<GivenBack, Fault> {
    ask_before_release(orders, provider, clock, &input.order_id).await?;
    let why = match &input.reason {
        Reason::PaymentFailed => Interruption::PaymentFailed,
        Reason::Unavailable => Interruption::Unavailable,
        Reason::NotStarted { run } => Interruption::NotStarted(HoldRun::of_execution(run)),
    };
    let voided = decide_and_commit(orders, &input.order_id, &|order| {
        order.void(why.clone(), clock.now())
    })
    .await;
    let order = match voided {
        Ok(order) => Some(order),
        Err(Fault::Refused(Refusal::NotFound { .. })) => None,
        Err(fault) => return Err(fault),
    };
    let held = order.as_ref().filter(|order| order.status == Status::Held);
    Ok(GivenBack {
        status: order.as_ref().map(|order| order.status),
        await_payment_s: held.map(|order| order.start_input(clock.now()).await_payment_s),
        order_id: input.order_id,
    })
}

/// The answer to a request to hold that was carried out before: the same answer.
///
/// # Errors
/// [`Refusal::OrderAlreadyExists`] when the id belongs to another request.
pub async fn held_before(
    orders: &dyn Orders,
    clock: &dyn Clock,
    request: &HoldRequest,
    run: &HoldRun,
) -> Result<StartInput, Fault> {
    let held = decide_and_commit(orders, &request.order_id, &|order| {
        let is_the_same =
            order.user_id == request.user_id && order.request_fingerprint == request.request_fingerprint;
        if !is_the_same {
            let order_id = order.order_id.clone();
            return Err(Refusal::OrderAlreadyExists { order_id }.into());
        }
        Ok(order.answer_again(run, clock.now()))
    })
    .await;
    match held {
        Ok(order) => Ok(order.start_input(clock.now())),
        Err(Fault::Refused(Refusal::NotFound { .. })) => {
            Err(Fault::Transient("the order was there and is gone".to_owned()))
        }
        Err(fault) => Err(fault),
    }
}
