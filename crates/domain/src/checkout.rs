//! Paying, as a buyer's request does it: one conditional write, then a wake-up for whoever waits.

use crate::fault::Fault;
use crate::ids::OrderId;
use crate::order::{Order, Status};
use crate::payment::{AttemptStatus, CardToken};
use crate::ports::{Clock, Orders, Workflows, decide_and_commit};
use crate::refusal::Refusal;

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
    match (&order.task_token, order.wake_up()) {
        (Some(token), Some(why)) => workflows.wake(token, &why).await,
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
            message: format!("the bank says {decline_code}."),
            decline_code,
            retryable: attempt.retryable,
            // A timer needs at least one second; the deadline itself is checked again by every write.
            await_payment_s: now.seconds_until(order.hold.expires_at).max(1),
        },
        _ => Refusal::PaymentAttemptsExhausted {
            order_id,
            attempts_max: crate::payment::ATTEMPTS_MAX as u32,
        },
    })
}
