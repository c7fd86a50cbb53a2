//! Paying: what the buyer asks for, what wakes the execution that waits for it, and what the provider says.

use super::{Order, RECONCILE_GRACE_S, Ruling, STANDSTILL_S, Status, Waiter};
use crate::fault::Fault;
use crate::ids::{IntentId, TaskToken};
use crate::payment::{
    ATTEMPTS_MAX, AttemptStatus, CardToken, ChargeOutcome, NO_ANSWER, PaymentAttempt, back_off_ms,
};
use crate::refusal::Refusal;
use crate::stock::HolderChange;
use crate::timestamp::Timestamp;

/// By how much the clocks of two functions may differ, seconds: a retry may begin so much early.
const CLOCKS_DIFFER_S: u32 = 1;

impl Order {
    /// The buyer pays: from now on the hold cannot expire. Exactly one of this and [`Order::expire`] wins.
    ///
    /// While a declined card waits for its next try, another card is as welcome, and takes its place.
    ///
    /// # Errors
    /// Refuses unless the order is held, its time is not over and an attempt is left.
    pub fn begin_payment(&self, card: CardToken, now: Timestamp) -> Result<Ruling, Fault> {
        self.must_await_payment(now)?;
        self.begin_attempt(card, now)
    }

    /// The card that was declined is tried again, if its time has come and nobody was faster; after the deadline it is not.
    ///
    /// # Errors
    /// [`Refusal::PaymentWillBeRetried`] while it is too early; what [`Order::begin_payment`] refuses.
    pub fn begin_retry(&self, now: Timestamp) -> Result<Ruling, Fault> {
        let (Status::Held, Some(retry_at), Some(latest)) = (self.status, self.retry_at, self.attempts.last())
        else {
            return Ok(Ruling::AlreadyDone);
        };
        if now.plus_s(CLOCKS_DIFFER_S) < retry_at {
            return Err(self.will_be_retried(retry_at).into());
        }
        if now >= self.hold.expires_at {
            // Nothing is tried again after the deadline, and whoever enters the order must not be sent here for it.
            let mut after = self.clone();
            after.retry_at = None;
            after.due_at = Some(now.plus_s(RECONCILE_GRACE_S));
            return Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged));
        }
        let card = latest.card.clone();
        self.must_await_payment(now)?;
        self.begin_attempt(card, now)
    }

    fn begin_attempt(&self, card: CardToken, now: Timestamp) -> Result<Ruling, Fault> {
        let mut after = self.clone();
        let number = self.attempts.len() + 1;
        after.attempts.push(PaymentAttempt {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            card,
            status: AttemptStatus::Requested,
            code: None,
            retryable: false,
            charge: None,
            requested_at: now,
            settled_at: None,
        });
        after.retry_at = None;
        after.due_at = Some(now.plus_s(STANDSTILL_S));
        self.transition(
            after,
            Status::Paying,
            now,
            format!("Payment attempt {number} of {ATTEMPTS_MAX} was asked for."),
        )
    }

    /// What the workflow is told while the next try of a declined card is to come.
    #[must_use]
    pub fn will_be_retried(&self, retry_at: Timestamp) -> Refusal {
        let latest = self.attempts.last();
        Refusal::PaymentWillBeRetried {
            order_id: self.order_id.clone(),
            decline_code: latest
                .and_then(|attempt| attempt.code.clone())
                .unwrap_or_else(|| "card_declined".to_owned()),
            retry_at: retry_at.to_rfc3339(),
        }
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

    /// What an inquiry about the order's intent says of its latest attempt.
    ///
    /// The provider keeps only the last decline of an intent. If that is one we know from an earlier attempt, or if
    /// there is none, the latest attempt never arrived: it is declined as [`NO_ANSWER`], by the provider's own word, and
    /// may be tried again under a key of its own.
    #[must_use]
    pub fn outcome_of_latest(&self, found: ChargeOutcome) -> ChargeOutcome {
        let is_of_earlier = match &found {
            ChargeOutcome::NotAttempted => true,
            ChargeOutcome::Declined { charge, .. } => {
                let earlier = self.attempts.iter().rev().skip(1);
                charge.is_some() && earlier.into_iter().any(|attempt| attempt.charge == *charge)
            }
            ChargeOutcome::Succeeded | ChargeOutcome::Processing => false,
        };
        if !is_of_earlier {
            return found;
        }
        ChargeOutcome::Declined {
            code: NO_ANSWER.to_owned(),
            message: "The payment did not reach the bank.".to_owned(),
            retryable: true,
            charge: None,
        }
    }

    /// Records what the provider says of attempt `number`: charged, declined, or not known yet. `luck` is any random
    /// number; the pause before another try of the same card is drawn from it.
    ///
    /// What comes late changes nothing: a decline of an earlier attempt says nothing of the latest, and "not known"
    /// is no news once it is known. That money was taken always counts, whatever it was taken for.
    ///
    /// # Errors
    /// [`Fault::Defect`] when there is no attempt, when the provider never heard of it, or when the order has ended
    /// without money (see [`Order::hold_again`] and [`Order::owe_refund`]).
    pub fn record_outcome(
        &self,
        number: u32,
        outcome: &ChargeOutcome,
        luck: u64,
        now: Timestamp,
    ) -> Result<Ruling, Fault> {
        match outcome {
            ChargeOutcome::Succeeded => return self.record_success(now),
            ChargeOutcome::NotAttempted => {
                return Err(Fault::Defect(
                    "asked to record an attempt that was never made".to_owned(),
                ));
            }
            ChargeOutcome::Declined { .. } | ChargeOutcome::Processing => {}
        }
        let Some(latest) = self.attempts.last() else {
            return Err(Fault::Defect(
                "an outcome arrived for an order without an attempt".to_owned(),
            ));
        };
        if latest.number != number || !matches!(self.status, Status::Paying | Status::Stuck) {
            return Ok(Ruling::AlreadyDone);
        }
        match outcome {
            ChargeOutcome::Declined {
                code,
                retryable,
                charge,
                ..
            } if latest.status != AttemptStatus::Declined || self.status == Status::Stuck => {
                let attempt = PaymentAttempt {
                    status: AttemptStatus::Declined,
                    code: Some(code.clone()),
                    retryable: *retryable,
                    charge: charge.clone(),
                    settled_at: Some(now),
                    ..latest.clone()
                };
                self.record_decline(attempt, luck, now)
            }
            ChargeOutcome::Processing if latest.status == AttemptStatus::Requested => {
                let mut after = self.clone();
                if let Some(slot) = after.attempts.last_mut() {
                    slot.status = AttemptStatus::Unknown;
                }
                after.due_at = Some(now.plus_s(STANDSTILL_S));
                after.note(
                    now,
                    format!("Payment attempt {number}: the provider has not said yet how it ended."),
                );
                Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged))
            }
            _ => Ok(Ruling::AlreadyDone),
        }
    }

    fn record_success(&self, now: Timestamp) -> Result<Ruling, Fault> {
        if self.was_charged() && self.status != Status::Stuck {
            return Ok(Ruling::AlreadyDone);
        }
        if self.ended_unpaid() {
            return Err(Fault::Defect(format!(
                "money for {} came late: it is {} and holds nothing",
                self.order_id, self.status
            )));
        }
        let mut after = self.clone();
        after.mark_charged(now);
        after.retry_at = None;
        after.due_at = Some(self.still_due(now));
        let number = after.attempts.last().map_or(1, |attempt| attempt.number);
        let ruling = self.transition(
            after,
            Status::Paid,
            now,
            format!("Payment attempt {number} succeeded."),
        )?;
        let Ruling::Change(mut decision) = ruling else {
            return Ok(Ruling::AlreadyDone);
        };
        if !self.was_charged() {
            decision.money = vec![self.charge_movement(now)];
        }
        Ok(Ruling::Change(decision))
    }

    /// When to look after an order that goes on: as was said a moment ago, if it was. Another moment would move its entry in an
    /// index, and that is paid for.
    fn still_due(&self, now: Timestamp) -> Timestamp {
        let fresh = now.plus_s(STANDSTILL_S);
        let soon = now.plus_s(STANDSTILL_S / 2);
        self.due_at
            .filter(|said| (soon..=fresh).contains(said))
            .unwrap_or(fresh)
    }

    /// The hold lives on while another try is left; after the last one everything is released.
    fn record_decline(&self, attempt: PaymentAttempt, luck: u64, now: Timestamp) -> Result<Ruling, Fault> {
        let (number, code) = (attempt.number, attempt.code.clone().unwrap_or_default());
        let is_last = self.attempts.len() >= ATTEMPTS_MAX;
        let retry_at = now.plus_ms(back_off_ms(number, luck));
        let is_retried = attempt.retryable && !is_last && retry_at < self.hold.expires_at;
        let mut after = self.clone();
        if let Some(slot) = after.attempts.last_mut() {
            *slot = attempt;
        }
        let mut what = match code.as_str() {
            NO_ANSWER => format!("Payment attempt {number} did not reach the bank."),
            code => format!("Payment attempt {number} was declined: {code}."),
        };
        if is_retried {
            after.retry_at = Some(retry_at);
            what.push_str(" It is tried again by itself in a moment; another card is welcome meanwhile.");
        }
        let status = if is_last { Status::Paying } else { Status::Held };
        after.due_at = Some(match status {
            // The execution waits for the next try; if it died, the reconciler looks after that.
            Status::Held if is_retried => retry_at.plus_s(STANDSTILL_S),
            Status::Held => self.hold.expires_at.max(now).plus_s(RECONCILE_GRACE_S),
            _ => now.plus_s(STANDSTILL_S),
        });
        if status == self.status {
            after.note(now, what);
            return Ok(self.write(after, now, Vec::new(), HolderChange::Unchanged));
        }
        self.transition(after, status, now, what)
    }

    /// Whether the provider once kept silent about an attempt, so that money may still come.
    #[must_use]
    pub fn was_ever_unanswered(&self) -> bool {
        self.attempts
            .iter()
            .any(|attempt| attempt.code.as_deref() == Some(NO_ANSWER))
    }

    /// Whether the latest attempt to charge stands like this.
    #[must_use]
    pub fn latest_attempt_is(&self, status: AttemptStatus) -> bool {
        self.attempts
            .last()
            .is_some_and(|attempt| attempt.status == status)
    }
}
