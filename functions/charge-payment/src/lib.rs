//! `ChargePayment`: takes the money. The pivot: before it everything can be undone, after it nothing is refused.
//!
//! One payment intent per order, kept before it is confirmed, so that the truth can always be asked for and the
//! provider itself lets it succeed only once. Any call but the very first inquires before it confirms. An answer
//! that was lost is `PaymentOutcomeUnknown`, never a failure. Undone by `RefundPayment`.

use domain::checkout::decline_of;
use domain::payment::AttemptStatus;
use domain::ports::{Clock, Orders, PaymentProvider, decide_and_commit};
use domain::{
    ChargeOutcome, Fault, IdempotencyKey, IntentId, Order, OrderId, PaymentAttempt, Refusal, Status,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ChargePayment {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Who takes the money.
    pub provider: Arc<dyn PaymentProvider>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The step's input.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The order.
    pub order_id: OrderId,
}

/// The step's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The order, now paid.
    pub order_id: OrderId,
    /// Where it stands now.
    pub status: Status,
}

impl ChargePayment {
    /// Charges the latest attempt, or reports what became of it before.
    ///
    /// # Errors
    /// [`Refusal::PaymentDeclined`] while another card may be tried, [`Refusal::PaymentAttemptsExhausted`] after
    /// the last one, [`Fault::Unknown`] when the provider's answer was lost, [`Refusal::OrderEnded`] and
    /// [`Refusal::OrderNotPaid`] when there is nothing to charge.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let order = self
            .orders
            .get(&input.order_id)
            .await?
            .ok_or_else(|| Refusal::not_found("order"))?;
        if let Some(repeated) = self.settled_before(&order) {
            return repeated;
        }
        let attempt = order
            .attempts
            .last()
            .cloned()
            .ok_or_else(|| Fault::Defect("an order is being paid without an attempt".to_owned()))?;
        let outcome = match self.ask(&order, &attempt).await {
            // Write down that it is not known, so that whoever looks at the order sees it; then let the workflow
            // come back and ask.
            Err(Fault::Unknown(why)) => {
                self.record(&order.order_id, attempt.number, &ChargeOutcome::Processing)
                    .await?;
                return Err(Fault::Unknown(why));
            }
            other => other?,
        };
        if matches!(outcome, ChargeOutcome::Processing | ChargeOutcome::NotAttempted) {
            self.record(&order.order_id, attempt.number, &ChargeOutcome::Processing)
                .await?;
            return Err(Fault::Unknown(
                "the provider has not said yet how it ended".to_owned(),
            ));
        }
        let order = self.record(&order.order_id, attempt.number, &outcome).await?;
        self.answer(&order)
    }

    /// "Done already" for every status but paying.
    fn settled_before(&self, order: &Order) -> Option<Result<Output, Fault>> {
        let order_id = order.order_id.clone();
        match order.status {
            Status::Paying if order.latest_attempt_is(AttemptStatus::Declined) => Some(self.answer(order)),
            Status::Paying | Status::Stuck => None,
            Status::Held | Status::Paid | Status::Shipped | Status::Completed => Some(self.answer(order)),
            Status::Gathering => Some(Err(Refusal::OrderNotPaid { order_id }.into())),
            Status::Expired
            | Status::Cancelled
            | Status::PaymentFailed
            | Status::Refunded
            | Status::Unavailable => Some(Err(Refusal::OrderEnded {
                order_id,
                status: order.status,
            }
            .into())),
        }
    }

    fn answer(&self, order: &Order) -> Result<Output, Fault> {
        match order.status {
            Status::Paid | Status::Shipped | Status::Completed => Ok(Output {
                order_id: order.order_id.clone(),
                status: order.status,
            }),
            // The buyer has asked for another attempt meanwhile: come back and charge that.
            Status::Paying if !order.latest_attempt_is(AttemptStatus::Declined) => Err(Fault::Transient(
                "another attempt was asked for meanwhile".to_owned(),
            )),
            _ => Err(decline_of(order, self.clock.now())
                .unwrap_or_else(|| Refusal::OrderNotPaid {
                    order_id: order.order_id.clone(),
                })
                .into()),
        }
    }

    /// Asks the provider: an inquiry first unless the intent was made just now, then the confirmation.
    async fn ask(&self, order: &Order, attempt: &PaymentAttempt) -> Result<ChargeOutcome, Fault> {
        let intent = match &order.intent_id {
            Some(intent) => {
                match self.provider.inquire(intent).await? {
                    settled @ (ChargeOutcome::Succeeded | ChargeOutcome::Processing) => return Ok(settled),
                    // A decline seen here may be of an earlier attempt. The key of this attempt tells: if it was
                    // made, the provider repeats its answer; if not, it is made now.
                    ChargeOutcome::Declined { .. } | ChargeOutcome::NotAttempted => intent.clone(),
                }
            }
            None => self.create_intent(order).await?,
        };
        self.provider
            .confirm(
                &intent,
                &attempt.card,
                &key(&order.order_id, &attempt.number.to_string())?,
            )
            .await
    }

    async fn create_intent(&self, order: &Order) -> Result<IntentId, Fault> {
        let intent = match self
            .provider
            .create_intent(order, &key(&order.order_id, "intent")?)
            .await
        {
            // Creating takes no money: an unknown outcome is simply tried again.
            Err(Fault::Unknown(why)) => return Err(Fault::Transient(why)),
            other => other?,
        };
        let kept = decide_and_commit(&*self.orders, &order.order_id, &|order| {
            order.keep_intent(intent.clone(), self.clock.now())
        })
        .await?;
        kept.intent_id
            .ok_or_else(|| Fault::Defect("the intent was kept and is not there".to_owned()))
    }

    async fn record(&self, order_id: &OrderId, number: u32, outcome: &ChargeOutcome) -> Result<Order, Fault> {
        decide_and_commit(&*self.orders, order_id, &|order| {
            order.record_outcome(number, outcome, self.clock.now())
        })
        .await
    }
}

/// The provider's idempotency key: the same for every repeat of the same attempt.
fn key(order_id: &OrderId, what: &str) -> Result<IdempotencyKey, Fault> {
    IdempotencyKey::parse(&format!("{order_id}-{what}")).map_err(|error| Fault::Defect(error.to_string()))
}
