//! Paying: what the buyer asks for, what wakes the execution that waits for it, and what the provider says.

use super::{Order, OrderEvent, RECONCILE_GRACE_S, Ruling, STANDSTILL_S, Status, Waiter};
use crate::fault::Fault;
use crate::ids::{IntentId, TaskToken};
use crate::payment::{ATTEMPTS_MAX, AttemptStatus, CardToken, ChargeOutcome, PaymentAttempt};
use crate::refusal::Refusal;
use crate::stock::HolderChange;
use crate::timestamp::Timestamp;

impl Order {
    /// The buyer pays: from now on the hold cannot expire. Exactly one of this and [`Order::expire`] wins.
    ///
    /// # Errors
    /// Refuses unless the order is held, its time is not over and an attempt is left.
    pub fn begin_payment(&self, card: CardToken, now: Timestamp) -> Result<Ruling, Fault> {
        self.must_await_payment(now)?;
        let mut after = self.clone();
        let number = self.attempts.len() + 1;
        after.attempts.push(PaymentAttempt {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            card,
            status: AttemptStatus::Requested,
            code: None,
            retryable: false,
            requested_at: now,
            settled_at: None,
        });
        after.due_at = Some(now.plus_s(STANDSTILL_S));
        self.transition(
            after,
            Status::Paying,
            now,
            format!("Payment attempt {number} was asked for."),
        )
    }

    fn must_await_payment(&self, now: Timestamp) -> Result<(), Refusal> {
        let order_id = self.order_id.clone();
        match self.status {
            Status::Held if now >= self.hold.expires_at => Err(Refusal::HoldExpired { order_id }),
            Status::Held if self.attempts.len() >= ATTEMPTS_MAX => Err(Refusal::PaymentAttemptsExhausted {
                order_id,
                attempts_max: ATTEMPTS_MAX as u32,
            }),
            Status::Held => Ok(()),
            Status::Gathering => Err(Refusal::OrderStillGathering { order_id }),
            Status::Paying => Err(Refusal::OrderBeingPaid { order_id }),
            Status::Paid | Status::Shipped | Status::Completed => Err(Refusal::OrderAlreadyPaid { order_id }),
            Status::Stuck => Err(Refusal::OrderIsStuck { order_id }),
            Status::Expired
            | Status::Cancelled
            | Status::PaymentFailed
            | Status::Refunded
            | Status::Unavailable => Err(Refusal::OrderEnded {
                order_id,
                status: self.status,
            }),
        }
    }

    /// Remembers what wakes the execution that waits for payment. Whatever the status: the caller looks at
    /// it afterwards, and answers at once when there is nothing left to wait for.
    ///
    /// A token whose wait began before that of the token kept is a message delivered late, and is ignored.
    #[must_use]
    pub fn keep_task_token(&self, token: TaskToken, awaited_since: Timestamp, now: Timestamp) -> Ruling {
        let is_late = self
            .waiter
            .as_ref()
            .is_some_and(|kept| kept.is_newer_than(awaited_since) || kept.token == token);
        if is_late {
            return Ruling::AlreadyDone;
        }
        let mut after = self.clone();
        after.waiter = Some(Waiter {
            token,
            since: awaited_since,
        });
        self.write(after, now, Vec::new(), HolderChange::Unchanged)
    }

    /// Remembers the provider's payment intent, before anything is charged with it.
    ///
    /// # Errors
    /// [`Fault::Defect`] when the order has another intent: it must never have two.
    pub fn keep_intent(&self, intent_id: IntentId, now: Timestamp) -> Result<Ruling, Fault> {
        match &self.intent_id {
            Some(kept) if *kept == intent_id => Ok(Ruling::AlreadyDone),
            Some(kept) => Err(Fault::Defect(format!(
                "order has intent {kept:?} and was given {intent_id:?}"
            ))),
            None => {
                let mut after = self.clone();
                after.intent_id = Some(intent_id);
                Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged))
            }
        }
    }

    /// Records what the provider says of attempt `number`: charged, declined, or not known yet.
    ///
    /// What comes late changes nothing: a decline of an earlier attempt says nothing of the latest, and "not known"
    /// is no news once it is known. That money was taken always counts.
    ///
    /// # Errors
    /// [`Fault::Defect`] when there is no attempt, or when the provider never heard of it.
    pub fn record_outcome(
        &self,
        number: u32,
        outcome: &ChargeOutcome,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        let Some(latest) = self.attempts.last() else {
            return Err(Fault::Defect(
                "an outcome arrived for an order without an attempt".to_owned(),
            ));
        };
        if latest.number != number && *outcome != ChargeOutcome::Succeeded {
            return Ok(Ruling::AlreadyDone);
        }
        let mut attempt = latest.clone();
        attempt.settled_at = Some(now);
        let (status, what) = match outcome {
            ChargeOutcome::Succeeded
                if latest.status == AttemptStatus::Succeeded && self.status != Status::Stuck =>
            {
                return Ok(Ruling::AlreadyDone);
            }
            ChargeOutcome::Succeeded => {
                attempt.status = AttemptStatus::Succeeded;
                (Status::Paid, format!("Payment attempt {number} succeeded."))
            }
            ChargeOutcome::Declined { .. }
                if latest.status == AttemptStatus::Declined && self.status != Status::Stuck =>
            {
                return Ok(Ruling::AlreadyDone);
            }
            ChargeOutcome::Declined { code, retryable, .. } => {
                attempt.status = AttemptStatus::Declined;
                attempt.code = Some(code.clone());
                attempt.retryable = *retryable;
                // The hold lives on while another card may be tried; after the last attempt it is released.
                let status = if self.attempts.len() < ATTEMPTS_MAX {
                    Status::Held
                } else {
                    Status::Paying
                };
                (status, format!("Payment attempt {number} was declined: {code}."))
            }
            ChargeOutcome::Processing if latest.status != AttemptStatus::Requested => {
                return Ok(Ruling::AlreadyDone);
            }
            ChargeOutcome::Processing => {
                attempt.status = AttemptStatus::Unknown;
                attempt.settled_at = None;
                (
                    Status::Paying,
                    format!("Payment attempt {number}: the provider has not said yet how it ended."),
                )
            }
            ChargeOutcome::NotAttempted => {
                return Err(Fault::Defect(
                    "asked to record an attempt that was never made".to_owned(),
                ));
            }
        };
        let mut after = self.clone();
        if let Some(slot) = after.attempts.last_mut() {
            *slot = attempt;
        }
        after.due_at = Some(match status {
            Status::Held => self.hold.expires_at.max(now).plus_s(RECONCILE_GRACE_S),
            _ => now.plus_s(STANDSTILL_S),
        });
        if status == self.status {
            after.events.push(OrderEvent {
                at: now,
                status,
                what,
            });
            return Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged));
        }
        self.transition(after, status, now, what)
    }

    /// Whether the latest attempt to charge stands like this.
    #[must_use]
    pub fn latest_attempt_is(&self, status: AttemptStatus) -> bool {
        self.attempts
            .last()
            .is_some_and(|attempt| attempt.status == status)
    }
}
