//! `RefundPayment`: gives the money of one refund back. Undoes `ChargePayment`.
//!
//! The provider is asked first whether it has the refund already, by order and number and not by a key it may have
//! forgotten; only then the refund is made. An answer that was lost is `PaymentOutcomeUnknown` and is asked after. No
//! undo: money that was given back has to be paid again.

use domain::ports::{Clock, Orders, PaymentProvider, decide_and_commit};
use domain::{Fault, IdempotencyKey, OrderId, Refund, RefundRequest, RefundStatus, Refusal};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct RefundPayment {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Who gives the money back.
    pub provider: Arc<dyn PaymentProvider>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The step's input.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The order.
    pub order_id: OrderId,
    /// Which of its refunds.
    pub number: u32,
}

/// The step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The order.
    pub order_id: OrderId,
    /// Which of its refunds.
    pub number: u32,
    /// Where the refund stands now.
    pub status: RefundStatus,
}

impl RefundPayment {
    /// Gives the money back, or finds that it was given back before. That a bank takes days to confirm it is no reason to
    /// wait here: the provider tells, or is asked by the reconciler.
    ///
    /// # Errors
    /// [`Refusal::RefundFailed`] when the provider will not, [`Fault::Unknown`] when its answer was lost.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let Input { order_id, number } = input;
        let order = self
            .orders
            .get(&order_id)
            .await?
            .ok_or_else(|| Refusal::not_found("order"))?;
        let refund = order
            .refund(number)
            .ok_or_else(|| Fault::Defect(format!("{order_id} has no refund {number}")))?;
        if !refund.is_open() {
            return answer(order_id, refund);
        }
        let intent = order
            .intent_id
            .clone()
            .ok_or_else(|| Fault::Defect(format!("{order_id} has nothing to refund: it has no intent")))?;
        let request = RefundRequest {
            order_id: order_id.clone(),
            number,
            intent,
            amount_minor: refund.amount_minor.as_minor(),
        };
        let outcome = match self.provider.find_refund(&request).await? {
            Some(found) => found,
            None => self.provider.refund(&request, &key(&order_id, refund)?).await?,
        };
        let order = decide_and_commit(&*self.orders, &order_id, &|order| {
            order.record_refund(number, &outcome, self.clock.now())
        })
        .await?;
        let refund = order
            .refund(number)
            .ok_or_else(|| Fault::Defect(format!("{order_id} has lost its refund {number}")))?;
        answer(order_id, refund)
    }
}

fn answer(order_id: OrderId, refund: &Refund) -> Result<Output, Fault> {
    if refund.status == RefundStatus::Failed {
        return Err(Refusal::RefundFailed {
            order_id,
            number: refund.number,
            provider_code: refund.code.clone().unwrap_or_else(|| "unknown".to_owned()),
        }
        .into());
    }
    Ok(Output {
        order_id,
        number: refund.number,
        status: refund.status,
    })
}

/// The provider's idempotency key. A fresh execution, minutes later and after an inquiry that found nothing, asks under a
/// key of its own: the provider may have kept an error under the old one and would repeat it for a day.
fn key(order_id: &OrderId, refund: &Refund) -> Result<IdempotencyKey, Fault> {
    IdempotencyKey::parse(&refund.execution_name(order_id)).map_err(|error| Fault::Defect(error.to_string()))
}
