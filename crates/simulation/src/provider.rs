//! The payment provider in memory: Stripe's rules for one intent per order, without the HTTP.
//!
//! - [`books`]: what it remembers, and its rules; [`refunds`]: money that goes back; `keys`: what it says again.
//! - [`conduct`]: everything that can become of a charge or a refund, written down, drawn, or promised by the card.
//! - [`record`]: every call and what its caller heard; [`news`]: what the provider says by itself.

pub mod books;
pub mod conduct;
mod keys;
pub mod news;
pub mod record;
pub mod refunds;

pub use books::{Ledger, Silence};
pub use conduct::{Charging, Effect, Odds, Refunding, Told};
pub use news::MemoryEvents;

use crate::faults::Verdict;
use crate::wire::{Access, Passage, Wire, lock};
use books::Answered;
use domain::ports::{Answer, PaymentProvider};
use domain::{
    CardToken, ChargeOutcome, Fault, IdempotencyKey, Inquiry, IntentId, Order, RefundOutcome, RefundRequest,
};
use record::{Asked, Heard};
use std::sync::{Arc, Mutex};

/// How long a caller waits for an answer before it gives up, milliseconds: `PaymentTimeoutS` in the template.
const PATIENCE_MS: u64 = 8_000;

/// How long the answer to a slow call is on its way back, milliseconds.
const SLOW_BACK_MS: u64 = 1_500;

/// [`PaymentProvider`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryProvider {
    ledger: Arc<Mutex<Ledger>>,
    wire: Wire,
}

/// A call whose caller still listens. Whoever stops listening, because it has died or its time is over, has heard
/// nothing.
struct Listening<'a> {
    ledger: &'a Mutex<Ledger>,
    number: usize,
}

impl Listening<'_> {
    fn hears(&self, heard: Heard, made: Option<&str>) {
        lock(self.ledger).record.heard(self.number, heard, made);
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.hears(Heard::Nothing, None);
    }
}

impl MemoryProvider {
    /// The provider with this ledger, reached over this wire.
    #[must_use]
    pub fn new(ledger: Arc<Mutex<Ledger>>, wire: Wire) -> Self {
        Self { ledger, wire }
    }

    /// Goes there, lets the provider work, and comes back: with its answer, or without.
    async fn call<T: Send>(
        &self,
        name: &'static str,
        access: Access,
        (intent, asked): (&str, Asked),
        work: impl FnOnce(&mut Ledger, u64) -> Answered<T> + Send,
        hearing: impl Fn(&T) -> (Heard, Option<String>) + Send,
    ) -> Result<T, Fault> {
        let now_ms = self.wire.true_now_ms();
        let number = lock(&self.ledger)
            .record
            .sent(now_ms, self.wire.caller(), intent, asked);
        let listening = Listening {
            ledger: &self.ledger,
            number,
        };
        let passage = self.wire.there(name, access).await;
        if let Err(turned_away) = passage.admit() {
            listening.hears(Heard::TurnedAway, None);
            return Err(turned_away);
        }
        if passage.verdict() == Verdict::Conflict {
            return Err(Fault::Unknown("simulated: the key is in use".to_owned()));
        }
        let answered = {
            let mut ledger = lock(&self.ledger);
            let now_ms = self.wire.true_now_ms();
            ledger.advance(now_ms);
            work(&mut ledger, now_ms)
        };
        let answer = match answered {
            Answered::With(answer) => Ok(answer),
            Answered::Fault(fault) => Err(fault),
            Answered::Silence => {
                self.wire.pause(PATIENCE_MS).await;
                Err(Fault::Unknown("simulated: the provider is silent".to_owned()))
            }
        };
        if passage.verdict() == Verdict::Slow {
            // The effect is there, and the answer dawdles: a webhook may well be faster.
            self.wire.pause(SLOW_BACK_MS).await;
        }
        let answer = back(passage, answer).await?;
        let (heard, made) = hearing(&answer);
        listening.hears(heard, made.as_deref());
        Ok(answer)
    }
}

/// A lost answer leaves the outcome unknown, whatever was done.
async fn back<T>(passage: Passage<'_>, answer: Result<T, Fault>) -> Result<T, Fault> {
    match (passage.back().await, answer) {
        (Ok(()), answer) => answer,
        (Err(_), _) => Err(Fault::Unknown(
            "simulated: the provider's answer was lost".to_owned(),
        )),
    }
}

const fn heard_of(outcome: &ChargeOutcome) -> Heard {
    match outcome {
        ChargeOutcome::Succeeded => Heard::Charged,
        ChargeOutcome::Processing => Heard::Undecided,
        ChargeOutcome::Declined { .. } | ChargeOutcome::NotAttempted => Heard::NotCharged,
    }
}

impl PaymentProvider for MemoryProvider {
    fn create_intent<'a>(&'a self, order: &'a Order, key: &'a IdempotencyKey) -> Answer<'a, IntentId> {
        Box::pin(self.call(
            "Provider.create_intent",
            Access::Write,
            ("", Asked::Create),
            move |ledger, now_ms| ledger.create(order, key.as_str(), now_ms),
            |made: &IntentId| (Heard::Other, Some(made.as_str().to_owned())),
        ))
    }

    fn confirm<'a>(
        &'a self,
        intent: &'a IntentId,
        card: &'a CardToken,
        key: &'a IdempotencyKey,
    ) -> Answer<'a, ChargeOutcome> {
        let asked = Asked::Confirm {
            key: key.as_str().to_owned(),
        };
        Box::pin(self.call(
            "Provider.confirm",
            Access::Write,
            (intent.as_str(), asked),
            move |ledger, now_ms| ledger.confirm(intent.as_str(), card.reveal(), key.as_str(), now_ms),
            |outcome| (heard_of(outcome), None),
        ))
    }

    fn inquire<'a>(&'a self, intent: &'a IntentId) -> Answer<'a, Inquiry> {
        let look = move |ledger: &mut Ledger, now_ms| {
            if ledger.is_silent(now_ms) {
                return Answered::Silence;
            }
            match (
                ledger.outcome(intent.as_str()),
                ledger.intents.get(intent.as_str()),
            ) {
                (Some(outcome), Some(found)) => Answered::With(Inquiry {
                    outcome,
                    order_id: Some(found.order_id.clone()),
                    amount_minor: found.amount_minor,
                }),
                _ => Answered::defect("no such intent"),
            }
        };
        Box::pin(self.call(
            "Provider.inquire",
            Access::Read,
            (intent.as_str(), Asked::Inquire),
            look,
            |inquiry| (heard_of(&inquiry.outcome), None),
        ))
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
        key: &'a IdempotencyKey,
    ) -> Answer<'a, RefundOutcome> {
        let asked = Asked::Refund {
            key: key.as_str().to_owned(),
        };
        Box::pin(self.call(
            "Provider.refund",
            Access::Write,
            (request.intent.as_str(), asked),
            move |ledger, now_ms| ledger.refund(request, key.as_str(), now_ms),
            |_| (Heard::Other, None),
        ))
    }

    fn find_refund<'a>(&'a self, request: &'a RefundRequest) -> Answer<'a, Option<RefundOutcome>> {
        let look = move |ledger: &mut Ledger, now_ms| {
            if ledger.is_silent(now_ms) {
                return Answered::Silence;
            }
            Answered::With(ledger.find(request))
        };
        Box::pin(self.call(
            "Provider.find_refund",
            Access::Read,
            (request.intent.as_str(), Asked::FindRefund),
            look,
            |_| (Heard::Other, None),
        ))
    }
}
