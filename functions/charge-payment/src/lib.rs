//! `ChargePayment`: takes the money. The pivot: before it everything can be undone, after it nothing is refused.
//!
//! One payment intent per order, kept before it is confirmed, so that the truth can always be asked for and the
//! provider itself lets it succeed only once. Any call but the very first inquires before it confirms. An answer
//! that was lost is `PaymentOutcomeUnknown`, never a failure: it is asked after, under no other key, until the provider
//! says what became of it. A soft decline is tried again after a pause that the workflow waits. Undone by
//! `RefundPayment`.

use domain::checkout::decline_of;
use domain::payment::AttemptStatus;
use domain::ports::{Clock, Entropy, Orders, PaymentProvider, decide_and_commit};
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
    /// Draws the pauses between attempts.
    pub entropy: Arc<dyn Entropy>,
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
    /// Charges the latest attempt, begins the next one if its time has come, or reports what became of it before.
    ///
    /// # Errors
    /// [`Refusal::PaymentWillBeRetried`] while the same card is to be tried again, [`Refusal::PaymentDeclined`] while
    /// only another card helps, [`Refusal::PaymentAttemptsExhausted`] after the last attempt, [`Fault::Unknown`] when the
    /// provider's answer was lost, [`Refusal::OrderEnded`] and [`Refusal::OrderNotPaid`] when there is nothing to
    /// charge.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let order = self.begin_retry(&input.order_id).await?;
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
        let order = self.record(&order.order_id, attempt.number, &outcome).await?;
        if outcome == ChargeOutcome::Processing {
            return Err(Fault::Unknown(
                "the provider has not said yet how it ended".to_owned(),
            ));
        }
        self.answer(&order)
    }

    /// Begins the next attempt of a declined card if it is due. Whatever else became of the order meanwhile (another
    /// card, a cancel, its deadline) comes first.
    async fn begin_retry(&self, order_id: &OrderId) -> Result<Order, Fault> {
        decide_and_commit(&*self.orders, order_id, &|order| {
            order.begin_retry(self.clock.now())
        })
        .await
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
        let now = self.clock.now();
        match (order.status, order.retry_at) {
            (Status::Paid | Status::Shipped | Status::Completed, _) => Ok(Output {
                order_id: order.order_id.clone(),
                status: order.status,
            }),
            // The buyer has asked for another attempt meanwhile: come back and charge that.
            (Status::Paying, _) if !order.latest_attempt_is(AttemptStatus::Declined) => Err(
                Fault::Transient("another attempt was asked for meanwhile".to_owned()),
            ),
            (Status::Held, Some(retry_at)) if now < order.hold.expires_at => {
                Err(order.will_be_retried(retry_at).into())
            }
            _ => Err(decline_of(order, now)
                .unwrap_or_else(|| Refusal::OrderNotPaid {
                    order_id: order.order_id.clone(),
                })
                .into()),
        }
    }

    /// Asks the provider: an inquiry first unless the intent is made just now, then the confirmation.
    ///
    /// An attempt of a stuck order is only asked after. What made it stuck (a request that the provider refuses, say) would
    /// do so again, and its hold would never end; so what was certainly not charged counts as not having arrived.
    async fn ask(&self, order: &Order, attempt: &PaymentAttempt) -> Result<ChargeOutcome, Fault> {
        let is_stuck = order.status == Status::Stuck;
        let intent = match &order.intent_id {
            // Nothing is confirmed before its intent is kept.
            None if is_stuck => return Ok(order.outcome_of_latest(ChargeOutcome::NotAttempted)),
            Some(intent) => {
                let found = self.provider.inquire(intent).await?.outcome;
                match (found, attempt.status) {
                    (settled @ (ChargeOutcome::Succeeded | ChargeOutcome::Processing), _) => {
                        return Ok(settled);
                    }
                    // Perhaps it was sent, and this function died before it could write down what came of it. The key
                    // tells: if it was made, the provider repeats its answer; if not, it is made now.
                    (_, AttemptStatus::Requested) if !is_stuck => intent.clone(),
                    // Its answer was lost, or it was declined and the order got stuck: it is not sent again, whatever
                    // the key. The provider's word settles it.
                    (found, _) => return Ok(order.outcome_of_latest(found)),
                }
            }
            None => self.create_intent(order, attempt).await?,
        };
        let confirmed = self
            .provider
            .confirm(
                &intent,
                &attempt.card,
                &key(&order.order_id, &attempt.number.to_string())?,
            )
            .await?;
        Ok(match confirmed {
            // Confirmed, and yet it says that it was not: nobody can have charged it, so ask again.
            ChargeOutcome::NotAttempted => ChargeOutcome::Processing,
            settled => settled,
        })
    }

    /// Makes the intent and keeps it. Only the run that has kept it may confirm without an inquiry: while this one waited for the
    /// provider, another may have made and confirmed the same intent, or the order may have been cancelled.
    async fn create_intent(&self, order: &Order, attempt: &PaymentAttempt) -> Result<IntentId, Fault> {
        let intent = match self
            .provider
            .create_intent(order, &key(&order.order_id, "intent")?)
            .await
        {
            // Creating takes no money: an unknown outcome is simply tried again.
            Err(Fault::Unknown(why)) => return Err(Fault::Transient(why)),
            other => other?,
        };
        decide_and_commit(&*self.orders, &order.order_id, &|order| {
            let is_as_read = order.status == Status::Paying && order.attempts.last() == Some(attempt);
            if order.intent_id.is_some() || !is_as_read {
                return Err(Fault::Transient(
                    "somebody else has looked after this order meanwhile".to_owned(),
                ));
            }
            order.keep_intent(intent.clone(), self.clock.now())
        })
        .await?;
        Ok(intent)
    }

    async fn record(&self, order_id: &OrderId, number: u32, outcome: &ChargeOutcome) -> Result<Order, Fault> {
        let luck = self.entropy.luck()?;
        decide_and_commit(&*self.orders, order_id, &|order| {
            order.record_outcome(number, outcome, luck, self.clock.now())
        })
        .await
    }
}

/// The provider's idempotency key: the same for every repeat of the same attempt.
fn key(order_id: &OrderId, what: &str) -> Result<IdempotencyKey, Fault> {
    IdempotencyKey::parse(&format!("{order_id}-{what}")).map_err(|error| Fault::Defect(error.to_string()))
}
