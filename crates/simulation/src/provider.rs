//! The payment provider in memory: Stripe's rules for one intent per order, without the HTTP.
//!
//! An intent succeeds once. A request under a key that was answered before gets the same answer and does nothing;
//! under the same key with other parameters it is refused. The tokens mean what they mean at the provider simulator.

use crate::faults::Verdict;
use crate::wire::{Access, Passage, Wire, lock};
use domain::ids::fingerprint;
use domain::ports::{Answer, PaymentProvider};
use domain::{CardToken, ChargeOutcome, Fault, IdempotencyKey, IntentId, Order, OrderId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Stripe forgets a key after a day.
const KEPT_S: u32 = 24 * 3_600;

/// One payment intent.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The order it was created for.
    pub order_id: OrderId,
    /// What is to be charged.
    pub amount_minor: u64,
    /// How often money was taken; the provider's own rules keep it at one.
    pub charges: u32,
    /// Confirmations that reached the bank.
    pub attempts: u32,
    last_decline: Option<(&'static str, bool)>,
}

/// What a key was used for, and what was answered.
#[derive(Clone, Debug)]
struct Used {
    parameters: String,
    at: Timestamp,
    answer: Said,
}

#[derive(Clone, Debug)]
enum Said {
    Created(IntentId),
    Charged(ChargeOutcome),
}

/// What a confirmation comes to, and whether its answer gets back.
struct Confirmed {
    outcome: ChargeOutcome,
    is_answered: bool,
}

/// Everything the provider remembers.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Intents by id.
    pub intents: BTreeMap<String, Intent>,
    keys: BTreeMap<String, Used>,
}

impl Ledger {
    /// Money taken for an order, and how many times.
    #[must_use]
    pub fn taken_for(&self, order_id: &OrderId) -> (u64, u32) {
        self.intents
            .values()
            .filter(|intent| intent.order_id == *order_id)
            .fold((0, 0), |(sum, times), intent| {
                (
                    sum + intent.amount_minor * u64::from(intent.charges),
                    times + intent.charges,
                )
            })
    }

    /// All money taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.intents
            .values()
            .map(|intent| intent.amount_minor * u64::from(intent.charges))
            .sum()
    }

    /// Forgets every key, as happens within a day.
    pub fn forget_keys(&mut self) {
        self.keys.clear();
    }

    fn said_before(&self, key: &str, parameters: &str, now: Timestamp) -> Result<Option<Said>, Fault> {
        match self.keys.get(key).filter(|used| now < used.at.plus_s(KEPT_S)) {
            None => Ok(None),
            Some(used) if used.parameters == parameters => Ok(Some(used.answer.clone())),
            Some(_) => Err(Fault::Defect(
                "simulated: this key was used with other parameters".to_owned(),
            )),
        }
    }

    fn keep(&mut self, key: &str, parameters: &str, now: Timestamp, answer: Said) {
        let used = Used {
            parameters: parameters.to_owned(),
            at: now,
            answer,
        };
        self.keys.insert(key.to_owned(), used);
    }

    fn create(&mut self, order: &Order, key: &str, now: Timestamp) -> Result<IntentId, Fault> {
        let parameters = format!("create {} {}", order.order_id, order.total_minor.as_minor());
        if let Some(Said::Created(intent)) = self.said_before(key, &parameters, now)? {
            return Ok(intent);
        }
        let number = self.intents.len().to_string();
        let digest = fingerprint(&["intent", key, &number]);
        let id = format!("pi_3{}", digest.get(..24).unwrap_or(&digest));
        self.intents.insert(
            id.clone(),
            Intent {
                order_id: order.order_id.clone(),
                amount_minor: order.total_minor.as_minor(),
                charges: 0,
                attempts: 0,
                last_decline: None,
            },
        );
        let id = IntentId::parse(&id).map_err(|error| Fault::Defect(error.to_string()))?;
        self.keep(key, &parameters, now, Said::Created(id.clone()));
        Ok(id)
    }

    fn inquire(&self, id: &IntentId) -> Result<ChargeOutcome, Fault> {
        let intent = self
            .intents
            .get(id.as_str())
            .ok_or_else(|| Fault::Defect("simulated: no such intent".to_owned()))?;
        Ok(match (intent.charges, intent.last_decline) {
            (0, None) => ChargeOutcome::NotAttempted,
            (0, Some((code, retryable))) => declined(code, retryable),
            _ => ChargeOutcome::Succeeded,
        })
    }

    fn confirm(&mut self, id: &IntentId, card: &str, key: &str, now: Timestamp) -> Result<Confirmed, Fault> {
        let parameters = format!("confirm {} {card}", id.as_str());
        let answered = |outcome| Confirmed {
            outcome,
            is_answered: true,
        };
        if let Some(Said::Charged(outcome)) = self.said_before(key, &parameters, now)? {
            return Ok(answered(outcome));
        }
        // "It has succeeded already": the client of the real provider then asks where it stands.
        if self.inquire(id)? == ChargeOutcome::Succeeded {
            return Ok(answered(ChargeOutcome::Succeeded));
        }
        let intent = self
            .intents
            .get_mut(id.as_str())
            .ok_or_else(|| Fault::Defect("simulated: no such intent".to_owned()))?;
        let name = card
            .strip_prefix("tok_")
            .or_else(|| card.strip_prefix("pm_card_"))
            .unwrap_or(card);
        let is_answered = match name {
            "timeout_before" => {
                return Err(Fault::Unknown("simulated: the provider is silent".to_owned()));
            }
            "unavailable" => return Err(Fault::Unknown("simulated: the provider answered 503".to_owned())),
            "timeout_after" => false,
            _ => true,
        };
        intent.attempts += 1;
        let outcome = match decline_of(name) {
            Some((code, retryable)) => {
                intent.last_decline = Some((code, retryable));
                declined(code, retryable)
            }
            None => {
                intent.charges += 1;
                ChargeOutcome::Succeeded
            }
        };
        self.keep(key, &parameters, now, Said::Charged(outcome.clone()));
        Ok(Confirmed { outcome, is_answered })
    }
}

/// The bank's code, and whether another try makes sense; `None` for a card that is charged.
fn decline_of(name: &str) -> Option<(&'static str, bool)> {
    let name = name.strip_prefix("visa_").unwrap_or(name);
    Some(match name {
        "chargeDeclined" => ("generic_decline", true),
        "insufficient_funds" | "chargeDeclinedInsufficientFunds" => ("insufficient_funds", true),
        "chargeDeclinedLostCard" => ("lost_card", false),
        "chargeDeclinedStolenCard" => ("stolen_card", false),
        "chargeDeclinedFraudulent" => ("fraudulent", false),
        "chargeDeclinedVelocityLimitExceeded" => ("card_velocity_exceeded", true),
        "chargeDeclinedExpiredCard" => ("expired_card", false),
        "chargeDeclinedIncorrectCvc" => ("incorrect_cvc", false),
        "chargeDeclinedProcessingError" => ("processing_error", true),
        _ => return None,
    })
}

fn declined(code: &str, retryable: bool) -> ChargeOutcome {
    ChargeOutcome::Declined {
        code: code.to_owned(),
        message: "Your card was declined.".to_owned(),
        retryable,
    }
}

/// [`PaymentProvider`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryProvider {
    ledger: Arc<Mutex<Ledger>>,
    wire: Wire,
}

impl MemoryProvider {
    /// The provider with this ledger, reached over this wire.
    #[must_use]
    pub fn new(ledger: Arc<Mutex<Ledger>>, wire: Wire) -> Self {
        Self { ledger, wire }
    }
}

/// A call turned away did nothing; a lost answer leaves the outcome unknown, whatever was done.
async fn back<T>(passage: Passage<'_>, answer: Result<T, Fault>) -> Result<T, Fault> {
    match (passage.back().await, answer) {
        (Ok(()), answer) => answer,
        (Err(_), _) => Err(Fault::Unknown(
            "simulated: the provider's answer was lost".to_owned(),
        )),
    }
}

impl PaymentProvider for MemoryProvider {
    fn create_intent<'a>(&'a self, order: &'a Order, key: &'a IdempotencyKey) -> Answer<'a, IntentId> {
        Box::pin(async move {
            let passage = self.wire.there("Provider.create_intent", Access::Write).await;
            passage.admit()?;
            let created = lock(&self.ledger).create(order, key.as_str(), self.wire.now());
            back(passage, created).await
        })
    }

    fn confirm<'a>(
        &'a self,
        intent: &'a IntentId,
        card: &'a CardToken,
        key: &'a IdempotencyKey,
    ) -> Answer<'a, ChargeOutcome> {
        Box::pin(async move {
            let passage = self.wire.there("Provider.confirm", Access::Write).await;
            passage.admit()?;
            if passage.verdict() == Verdict::Conflict {
                return Err(Fault::Unknown("simulated: the key is in use".to_owned()));
            }
            let confirmed = lock(&self.ledger).confirm(intent, card.reveal(), key.as_str(), self.wire.now());
            let outcome = match confirmed {
                Ok(confirmed) if confirmed.is_answered => Ok(confirmed.outcome),
                Ok(_) => Err(Fault::Unknown(
                    "simulated: charged, and no answer came".to_owned(),
                )),
                Err(fault) => Err(fault),
            };
            back(passage, outcome).await
        })
    }

    fn inquire<'a>(&'a self, intent: &'a IntentId) -> Answer<'a, ChargeOutcome> {
        Box::pin(async move {
            let passage = self.wire.there("Provider.inquire", Access::Read).await;
            passage.admit()?;
            let found = lock(&self.ledger).inquire(intent);
            back(passage, found).await
        })
    }
}
