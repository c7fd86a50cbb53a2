//! What the provider remembers, and its own rules: an intent succeeds at most once, a key that was answered before gets
//! the same answer, and no more goes back than was taken.

use super::conduct::{Charging, Effect, Odds, Refunding, Told, charging_of};
use super::keys::{Keys, Said};
use super::news::News;
use super::record::Record;
use super::refunds::BookedRefund;
use crate::memory::Table;
use domain::ids::fingerprint;
use domain::{ChargeOutcome, Fault, IntentId, Order, OrderId, RefundOutcome};
use states::chance::Chance;
use std::collections::{BTreeMap, VecDeque};

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
    /// When money was taken, milliseconds since 1970.
    pub charged_at_ms: Option<u64>,
    /// The card that was charged.
    pub(super) card: String,
    /// Requests to give money back so far.
    pub(super) refund_requests: u32,
    last_decline: Option<ChargeOutcome>,
    is_processing: bool,
}

/// What becomes of a call at the provider, before its answer sets out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answered<T> {
    /// This answer.
    With(T),
    /// None: the caller has to give up.
    Silence,
    /// An error of the provider's own.
    Fault(Fault),
}

impl<T> Answered<T> {
    pub(super) fn error(what: &str) -> Self {
        Self::Fault(Fault::Unknown(format!("simulated: {what}")))
    }

    pub(super) fn defect(what: &str) -> Self {
        Self::Fault(Fault::Defect(format!("simulated: {what}")))
    }
}

/// An effect that is on its way.
#[derive(Clone, Debug)]
enum Coming {
    Charge {
        intent: String,
        effect: Effect,
        code: &'static str,
        card: String,
        key: String,
    },
    Refund {
        id: String,
        outcome: RefundOutcome,
    },
}

/// A time in which the provider answers nothing about what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// From this moment, milliseconds since 1970.
    pub from_ms: u64,
    /// Until this moment.
    pub to_ms: u64,
}

/// Everything the provider remembers.
#[derive(Debug)]
pub struct Ledger {
    /// Intents by id.
    pub intents: Table<String, Intent>,
    /// Refunds by number, from 1.
    pub refunds: Table<usize, BookedRefund>,
    /// What the next confirmations come to, whatever the card.
    pub script: VecDeque<Charging>,
    /// What the next refunds come to, whatever the card.
    pub refund_script: VecDeque<Refunding>,
    /// How often a plain card meets something else.
    pub odds: Odds,
    /// When inquiries are not answered.
    pub silences: Vec<Silence>,
    /// Every call, and what its caller heard.
    pub record: Record,
    /// What happened since somebody last took it away.
    pub(crate) news: Vec<News>,
    pub(super) keys: Keys,
    coming: BTreeMap<(u64, u64), Coming>,
    coming_last: u64,
    news_last: u64,
    pub(super) chance: Chance,
}

impl Ledger {
    /// Empty books; what is drawn is drawn from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            intents: Table::default(),
            refunds: Table::default(),
            script: VecDeque::new(),
            refund_script: VecDeque::new(),
            odds: Odds::default(),
            silences: Vec::new(),
            record: Record::default(),
            news: Vec::new(),
            keys: Keys::default(),
            coming: BTreeMap::new(),
            coming_last: 0,
            news_last: 0,
            chance: Chance::new(seed ^ 0x0070_726f_7669_6465),
        }
    }

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
        self.keys.forget();
    }

    /// Somebody confirms an intent from outside, with a card that is none of ours.
    pub fn charge_from_outside(&mut self, intent: &str, now_ms: u64) {
        self.happen(intent, Effect::Charge, "", "tok_visa", now_ms);
    }

    /// From now on the provider keeps what its cards promise, and answers.
    pub(crate) fn calm_down(&mut self) {
        self.script.clear();
        self.refund_script.clear();
        self.odds = Odds::default();
        self.silences.clear();
    }

    /// When the next effect comes that is on its way; `None` when there is none.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        self.coming.keys().next().map(|(at_ms, _)| *at_ms)
    }

    /// Lets every effect happen that is due until now.
    pub(crate) fn advance(&mut self, now_ms: u64) {
        while let Some(next) = self.coming.first_entry().filter(|next| next.key().0 <= now_ms) {
            match next.remove() {
                Coming::Charge {
                    intent,
                    effect,
                    code,
                    card,
                    key,
                } => {
                    let outcome = self.happen(&intent, effect, code, &card, now_ms);
                    self.keys.settle(&key, Said::Charged(outcome));
                }
                Coming::Refund { id, outcome } => self.settle_refund(&id, outcome),
            }
        }
    }

    /// Whether inquiries are not answered now.
    pub(super) fn is_silent(&self, now_ms: u64) -> bool {
        let mut silences = self.silences.iter();
        silences.any(|silence| (silence.from_ms..silence.to_ms).contains(&now_ms))
    }

    /// A refund that is pending becomes this, at that moment.
    pub(super) fn refund_becomes(&mut self, at_ms: u64, id: String, outcome: RefundOutcome) {
        self.comes(at_ms, Coming::Refund { id, outcome });
    }

    fn comes(&mut self, at_ms: u64, what: Coming) {
        self.coming_last += 1;
        self.coming.insert((at_ms, self.coming_last), what);
    }

    pub(super) fn tell(&mut self, kind: &'static str, intent: &str, order_id: &OrderId, refund: Option<u32>) {
        self.news_last += 1;
        self.news.push(News {
            id: format!("evt_{}", self.news_last),
            kind,
            intent: intent.to_owned(),
            order_id: order_id.clone(),
            refund,
        });
    }

    pub(super) fn create(&mut self, order: &Order, key: &str, now_ms: u64) -> Answered<IntentId> {
        let parameters = format!("create {} {}", order.order_id, order.total_minor.as_minor());
        let before = self
            .keys
            .said_before(key, &parameters, now_ms, |said| match said {
                Said::Created(intent) => Some(intent.clone()),
                _ => None,
            });
        if let Some(before) = before {
            return before;
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
                charged_at_ms: None,
                card: String::new(),
                refund_requests: 0,
                last_decline: None,
                is_processing: false,
            },
        );
        match IntentId::parse(&id) {
            Ok(id) => {
                self.keys
                    .keep(key, &parameters, now_ms, Said::Created(id.clone()));
                Answered::With(id)
            }
            Err(error) => Answered::defect(&error.to_string()),
        }
    }

    /// Where an intent stands; `None` when there is none.
    pub(super) fn outcome(&self, intent: &str) -> Option<ChargeOutcome> {
        let intent = self.intents.get(intent)?;
        Some(match (intent.charges, &intent.last_decline) {
            (1.., _) => ChargeOutcome::Succeeded,
            (0, _) if intent.is_processing => ChargeOutcome::Processing,
            (0, None) => ChargeOutcome::NotAttempted,
            (0, Some(declined)) => declined.clone(),
        })
    }

    pub(super) fn confirm(
        &mut self,
        intent: &str,
        card: &str,
        key: &str,
        now_ms: u64,
    ) -> Answered<ChargeOutcome> {
        let parameters = format!("confirm {intent} {card}");
        let before = self
            .keys
            .said_before(key, &parameters, now_ms, |said| match said {
                Said::Charged(outcome) => Some(outcome.clone()),
                _ => None,
            });
        if let Some(before) = before {
            return before;
        }
        let (charging, code) = match self.outcome(intent) {
            None => return Answered::defect("no such intent"),
            // "It has succeeded already": the client of the real provider then asks where it stands.
            Some(settled @ (ChargeOutcome::Succeeded | ChargeOutcome::Processing)) => {
                return Answered::With(settled);
            }
            Some(_) => self.conduct_of(card),
        };
        let code = code.unwrap_or(match charging.effect {
            Effect::HardDecline => "stolen_card",
            _ => "insufficient_funds",
        });
        match (charging.told, charging.effect) {
            (Told::Unavailable, _) => return Answered::error("the provider answered 503"),
            // It never arrived.
            (Told::Silence, Effect::Nothing) => return Answered::Silence,
            _ => {}
        }
        if charging.after_ms > 0 && charging.effect != Effect::Nothing {
            let is_processing = charging.told == Told::Processing;
            if let Some(intent) = self.intents.get_mut(&intent.to_owned()) {
                intent.is_processing |= is_processing;
            }
            let said = match charging.told {
                Told::Processing => Said::Charged(ChargeOutcome::Processing),
                _ => Said::UnderWay,
            };
            self.keys.keep(key, &parameters, now_ms, said);
            self.comes(
                now_ms + charging.after_ms,
                Coming::Charge {
                    intent: intent.to_owned(),
                    effect: charging.effect,
                    code,
                    card: card.to_owned(),
                    key: key.to_owned(),
                },
            );
            return match charging.told {
                Told::Processing => Answered::With(ChargeOutcome::Processing),
                _ => Answered::Silence,
            };
        }
        let outcome = self.happen(intent, charging.effect, code, card, now_ms);
        if charging.told == Told::Error {
            self.keys.keep(key, &parameters, now_ms, Said::Error);
            return Answered::error("the provider answered 500");
        }
        self.keys
            .keep(key, &parameters, now_ms, Said::Charged(outcome.clone()));
        match charging.told {
            Told::Silence => Answered::Silence,
            _ => Answered::With(outcome),
        }
    }

    /// What a confirmation comes to, and the bank's code where the card names one.
    fn conduct_of(&mut self, card: &str) -> (Charging, Option<&'static str>) {
        if let Some(charging) = self.script.pop_front() {
            return (charging, None);
        }
        if let Some(promised) = charging_of(card) {
            return promised;
        }
        let drawn = self.odds.charging(&mut self.chance);
        (drawn.unwrap_or(Charging::plain(Effect::Charge)), None)
    }

    /// The effect of a confirmation. An intent that has succeeded is not touched again.
    fn happen(
        &mut self,
        id: &str,
        effect: Effect,
        code: &'static str,
        card: &str,
        now_ms: u64,
    ) -> ChargeOutcome {
        let Some(intent) = self.intents.get_mut(&id.to_owned()) else {
            return ChargeOutcome::NotAttempted;
        };
        intent.is_processing = false;
        if intent.charges > 0 {
            return ChargeOutcome::Succeeded;
        }
        let (kind, outcome) = match effect {
            Effect::Nothing => return ChargeOutcome::NotAttempted,
            Effect::Charge => {
                intent.charges += 1;
                intent.charged_at_ms = Some(now_ms);
                intent.card = card.to_owned();
                ("payment_intent.succeeded", ChargeOutcome::Succeeded)
            }
            Effect::SoftDecline | Effect::HardDecline => {
                let number = intent.attempts + 1;
                let tail = id.get(id.len().saturating_sub(8)..).unwrap_or(id);
                let declined = ChargeOutcome::Declined {
                    code: code.to_owned(),
                    message: "Your card was declined.".to_owned(),
                    retryable: effect == Effect::SoftDecline,
                    charge: Some(format!("ch_3{tail}{number}")),
                };
                intent.last_decline = Some(declined.clone());
                ("payment_intent.payment_failed", declined)
            }
        };
        intent.attempts += 1;
        let order_id = intent.order_id.clone();
        self.tell(kind, id, &order_id, None);
        outcome
    }
}
