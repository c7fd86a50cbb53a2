//! Refunds in the provider's books.

use super::books::{Answered, Ledger};
use super::conduct::{Refunding, refunding_of};
use super::keys::Said;
use domain::{OrderId, RefundOutcome, RefundRequest};

/// A refund, as the provider has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedRefund {
    /// The provider's id, `re_...`.
    pub id: String,
    /// The order, by its metadata.
    pub order_id: OrderId,
    /// Which refund of the order, by its metadata.
    pub number: u32,
    /// The intent whose money it is.
    pub intent: String,
    /// How much goes back, minor units.
    pub amount_minor: u64,
    /// Where it stands.
    pub outcome: RefundOutcome,
    /// Whether it ever stood as succeeded: a bank may return later what had been on its way.
    pub ever_succeeded: bool,
}

impl BookedRefund {
    /// Whether its money is back, or may still be.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !matches!(self.outcome, RefundOutcome::Failed { .. })
    }
}

/// How far a refund got.
const fn reach(outcome: &RefundOutcome) -> u8 {
    match outcome {
        RefundOutcome::Failed { .. } => 0,
        RefundOutcome::Pending { .. } => 1,
        RefundOutcome::Succeeded { .. } => 2,
    }
}

impl Ledger {
    /// Money given back for an order.
    #[must_use]
    pub fn given_back_for(&self, order_id: &OrderId) -> u64 {
        self.refunds
            .values()
            .filter(|refund| refund.order_id == *order_id)
            .filter(|refund| matches!(refund.outcome, RefundOutcome::Succeeded { .. }))
            .map(|refund| refund.amount_minor)
            .sum()
    }

    /// Money of an order that was given back, also what came back to us since.
    #[must_use]
    pub fn ever_given_back_for(&self, order_id: &OrderId) -> u64 {
        let refunds = self.refunds.values();
        refunds
            .filter(|refund| refund.order_id == *order_id && refund.ever_succeeded)
            .map(|refund| refund.amount_minor)
            .sum()
    }

    /// Money of an order that is back, or may still be on its way back.
    #[must_use]
    pub fn claimed_back_for(&self, order_id: &OrderId) -> u64 {
        let refunds = self.refunds.values();
        refunds
            .filter(|refund| refund.order_id == *order_id && refund.counts())
            .map(|refund| refund.amount_minor)
            .sum()
    }

    /// The refund of this order and number. Of several, the one that got furthest, as the client of the real provider
    /// reads its list.
    pub(super) fn find(&self, wanted: &RefundRequest) -> Option<RefundOutcome> {
        self.refunds
            .values()
            .filter(|refund| refund.order_id == wanted.order_id && refund.number == wanted.number)
            .map(|refund| &refund.outcome)
            .max_by_key(|outcome| reach(outcome))
            .cloned()
    }

    pub(super) fn refund(
        &mut self,
        wanted: &RefundRequest,
        key: &str,
        now_ms: u64,
    ) -> Answered<RefundOutcome> {
        let parameters = format!("refund {} {}", wanted.intent.as_str(), wanted.amount_minor);
        let before = self
            .keys
            .said_before(key, &parameters, now_ms, |said| match said {
                Said::Refunded(outcome) => Some(outcome.clone()),
                _ => None,
            });
        if let Some(before) = before {
            return before;
        }
        let Some(intent) = self.intents.get_mut(&wanted.intent.as_str().to_owned()) else {
            return Answered::defect("no such intent");
        };
        let taken = intent.amount_minor * u64::from(intent.charges);
        let (card, is_first) = (intent.card.clone(), intent.refund_requests == 0);
        intent.refund_requests += 1;
        let left = taken.saturating_sub(self.claimed_back_for(&wanted.order_id));
        if wanted.amount_minor > left {
            // The client of the real provider then looks whether it was this very refund.
            return self.find(wanted).map_or_else(
                || Answered::defect("more is to go back than is left of the charge"),
                Answered::With,
            );
        }
        let conduct = match (self.refund_script.pop_front(), refunding_of(&card)) {
            (Some(written), _) => written,
            // What is lost is lost once.
            (None, Some(promised)) if is_first || !is_silent(promised) => promised,
            (None, _) => {
                let drawn = self.odds.refunding(&mut self.chance);
                drawn.unwrap_or(Refunding::Succeed)
            }
        };
        self.make(wanted, key, &parameters, conduct, now_ms)
    }

    fn make(
        &mut self,
        wanted: &RefundRequest,
        key: &str,
        parameters: &str,
        conduct: Refunding,
        now_ms: u64,
    ) -> Answered<RefundOutcome> {
        let number = self.refunds.len() + 1;
        let id = format!("re_3{number}");
        let succeeded = || RefundOutcome::Succeeded {
            provider_id: id.clone(),
        };
        let pending = || RefundOutcome::Pending {
            provider_id: id.clone(),
        };
        let failed = || RefundOutcome::Failed {
            code: "lost_or_stolen_card".to_owned(),
        };
        let outcome = match conduct {
            Refunding::SilentBefore => return Answered::Silence,
            Refunding::Unavailable => return Answered::error("the provider answered 503"),
            Refunding::Error => {
                self.keys.keep(key, parameters, now_ms, Said::Error);
                return Answered::error("the provider answered 500");
            }
            Refunding::Succeed | Refunding::SilentAfter => succeeded(),
            Refunding::Fail => failed(),
            Refunding::Pend(after_ms) => {
                self.refund_becomes(now_ms + after_ms, id.clone(), succeeded());
                pending()
            }
            Refunding::Returned(after_ms) => {
                self.refund_becomes(now_ms + after_ms, id.clone(), failed());
                succeeded()
            }
            Refunding::PendThenFail(after_ms) => {
                self.refund_becomes(now_ms + after_ms, id.clone(), failed());
                pending()
            }
        };
        let booked = BookedRefund {
            id: id.clone(),
            order_id: wanted.order_id.clone(),
            number: wanted.number,
            intent: wanted.intent.as_str().to_owned(),
            amount_minor: wanted.amount_minor,
            ever_succeeded: matches!(outcome, RefundOutcome::Succeeded { .. }),
            outcome: outcome.clone(),
        };
        self.refunds.insert(number, booked);
        self.tell(
            "refund.created",
            wanted.intent.as_str(),
            &wanted.order_id,
            Some(wanted.number),
        );
        self.keys
            .keep(key, parameters, now_ms, Said::Refunded(outcome.clone()));
        match conduct {
            Refunding::SilentAfter => Answered::Silence,
            _ => Answered::With(outcome),
        }
    }

    pub(super) fn settle_refund(&mut self, id: &str, outcome: RefundOutcome) {
        let mut refunds = self.refunds.iter();
        let number = refunds
            .find(|(_, refund)| refund.id == id)
            .map(|(number, _)| *number);
        let Some(refund) = number.and_then(|number| self.refunds.get_mut(&number)) else {
            return;
        };
        refund.ever_succeeded |= matches!(outcome, RefundOutcome::Succeeded { .. });
        refund.outcome = outcome;
        let (intent, order_id, number) = (refund.intent.clone(), refund.order_id.clone(), refund.number);
        self.tell("refund.updated", &intent, &order_id, Some(number));
    }
}

const fn is_silent(conduct: Refunding) -> bool {
    matches!(conduct, Refunding::SilentBefore | Refunding::SilentAfter)
}
