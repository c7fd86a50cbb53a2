//! What the provider does with one confirmation or one refund: written down, drawn from odds, or as the card says.
//!
//! Each is an effect and the way in which it is told. Between the two lies everything that can go wrong with money: an
//! effect without an answer, an answer without an effect, and an effect that comes long after the caller has given up.

use states::chance::Chance;

/// What a confirmation does at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing at all.
    Nothing,
    /// The money is taken.
    Charge,
    /// Declined; the same card may be tried again.
    SoftDecline,
    /// Declined for good.
    HardDecline,
}

/// What the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// What came of it.
    Truth,
    /// Nothing: the caller gives up in the end.
    Silence,
    /// 503 at once. The key keeps nothing.
    Unavailable,
    /// 500 at once, which the key keeps and repeats for a day.
    Error,
    /// "Still being worked on", until the effect is there.
    Processing,
}

/// What the provider does with one confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Charging {
    /// The effect.
    pub effect: Effect,
    /// What the caller is told.
    pub told: Told,
    /// How long after the call the effect is there, milliseconds; 0 at once. Whoever is told the truth is told at once.
    pub after_ms: u64,
}

impl Charging {
    /// It is done, and told.
    #[must_use]
    pub const fn plain(effect: Effect) -> Self {
        Self {
            effect,
            told: Told::Truth,
            after_ms: 0,
        }
    }

    /// Nothing is done, and so it is told.
    #[must_use]
    pub const fn nothing(told: Told) -> Self {
        Self {
            effect: Effect::Nothing,
            told,
            after_ms: 0,
        }
    }

    /// It is done after so long, and nobody is told.
    #[must_use]
    pub const fn unheard(effect: Effect, after_ms: u64) -> Self {
        Self {
            effect,
            told: Told::Silence,
            after_ms,
        }
    }

    /// Every way in which a confirmation can go, each with its name: what the systematic tests walk through.
    #[must_use]
    pub const fn all() -> [(&'static str, Self); 14] {
        use Effect::{Charge, HardDecline, Nothing, SoftDecline};
        [
            ("charged", Self::plain(Charge)),
            ("declined softly", Self::plain(SoftDecline)),
            ("declined hard", Self::plain(HardDecline)),
            ("unavailable", Self::nothing(Told::Unavailable)),
            ("silent before the effect", Self::unheard(Nothing, 0)),
            ("charged in silence", Self::unheard(Charge, 0)),
            ("declined softly in silence", Self::unheard(SoftDecline, 0)),
            ("declined hard in silence", Self::unheard(HardDecline, 0)),
            // After the next attempt; after the order has ended.
            ("charged 40 s later", Self::unheard(Charge, 40_000)),
            ("charged 400 s later", Self::unheard(Charge, 400_000)),
            ("declined 40 s later", Self::unheard(SoftDecline, 40_000)),
            ("an error that is kept", Self::nothing(Told::Error)),
            (
                "charged, and an error that is kept",
                Self {
                    effect: Charge,
                    told: Told::Error,
                    after_ms: 0,
                },
            ),
            (
                "processing, then charged",
                Self {
                    effect: Charge,
                    told: Told::Processing,
                    after_ms: 45_000,
                },
            ),
        ]
    }
}

/// What the provider does with one refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refunding {
    /// Given back at once.
    Succeed,
    /// Accepted, and given back after so many milliseconds.
    Pend(u64),
    /// Accepted, and not taken by the bank after so many milliseconds.
    PendThenFail(u64),
    /// Given back, and returned by the bank after so many milliseconds. Only a webhook tells.
    Returned(u64),
    /// The bank does not take it.
    Fail,
    /// Nothing is done, and no answer comes.
    SilentBefore,
    /// Given back, and no answer comes.
    SilentAfter,
    /// 503 at once; nothing is done.
    Unavailable,
    /// Nothing is done; 500, which the key keeps.
    Error,
}

impl Refunding {
    /// Every way in which a refund can go, each with its name.
    #[must_use]
    pub const fn all() -> [(&'static str, Self); 8] {
        [
            ("given back", Self::Succeed),
            ("pending, then given back", Self::Pend(90_000)),
            ("pending, then failed", Self::PendThenFail(90_000)),
            ("failed", Self::Fail),
            ("silent before the effect", Self::SilentBefore),
            ("given back in silence", Self::SilentAfter),
            ("unavailable", Self::Unavailable),
            ("an error that is kept", Self::Error),
        ]
    }
}

/// How often a plain card meets something else than what it promises, per mille.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Odds {
    /// Of confirmations.
    pub charges: u64,
    /// Of refunds.
    pub refunds: u64,
}

/// The latest that an effect comes after its call was given up, milliseconds. The system asks for the last time fifteen
/// minutes after the end of an order; what comes later than that, only a webhook tells.
pub const LATE_MS_MAX: u64 = 600_000;

impl Odds {
    pub(super) fn charging(self, chance: &mut Chance) -> Option<Charging> {
        if self.charges == 0 || chance.up_to(999) >= self.charges {
            return None;
        }
        let effect = [
            Effect::Charge,
            Effect::Charge,
            Effect::SoftDecline,
            Effect::HardDecline,
        ];
        let effect = pick(&effect, chance).unwrap_or(Effect::Charge);
        let later_ms = match chance.up_to(3) {
            0 => chance.up_to(20_000),
            1 => chance.up_to(120_000),
            _ => 100_000 + chance.up_to(LATE_MS_MAX - 100_000),
        };
        Some(match chance.up_to(9) {
            0..=2 => Charging::plain(pick(
                &[Effect::SoftDecline, Effect::HardDecline, Effect::HardDecline],
                chance,
            )?),
            3 => Charging::nothing(Told::Unavailable),
            4 => Charging::nothing(Told::Silence),
            5 => Charging::unheard(effect, 0),
            6..=8 => Charging::unheard(effect, later_ms),
            _ if chance.up_to(1) == 0 => Charging {
                effect: pick(&[Effect::Nothing, effect], chance)?,
                told: Told::Error,
                after_ms: 0,
            },
            _ => Charging {
                effect,
                told: Told::Processing,
                after_ms: later_ms,
            },
        })
    }

    pub(super) fn refunding(self, chance: &mut Chance) -> Option<Refunding> {
        if self.refunds == 0 || chance.up_to(999) >= self.refunds {
            return None;
        }
        let later_ms = chance.up_to(LATE_MS_MAX);
        pick(
            &[
                Refunding::Pend(later_ms),
                Refunding::PendThenFail(later_ms),
                Refunding::Fail,
                Refunding::SilentBefore,
                Refunding::SilentAfter,
                Refunding::SilentAfter,
                Refunding::Unavailable,
                Refunding::Error,
            ],
            chance,
        )
    }
}

fn pick<T: Copy>(from: &[T], chance: &mut Chance) -> Option<T> {
    let last = u64::try_from(from.len()).ok()?.checked_sub(1)?;
    from.get(usize::try_from(chance.up_to(last)).ok()?).copied()
}

/// What a card promises for its confirmations.
pub(super) fn charging_of(card: &str) -> Option<(Charging, Option<&'static str>)> {
    let name = name_of(card);
    let odd = |charging| Some((charging, None));
    match name {
        "timeout_before" => odd(Charging::nothing(Told::Silence)),
        "timeout_after" => odd(Charging::unheard(Effect::Charge, 0)),
        "unavailable" => odd(Charging::nothing(Told::Unavailable)),
        "error_before" => odd(Charging::nothing(Told::Error)),
        _ => decline_of(name).map(|(code, retryable)| {
            let effect = if retryable {
                Effect::SoftDecline
            } else {
                Effect::HardDecline
            };
            (Charging::plain(effect), Some(code))
        }),
    }
}

/// What a card promises for its refunds.
pub(super) fn refunding_of(card: &str) -> Option<Refunding> {
    Some(match name_of(card) {
        "pendingRefund" => Refunding::Pend(5_000),
        "refund_fails" => Refunding::Fail,
        "refundFail" => Refunding::Returned(5_000),
        "refund_timeout_before" => Refunding::SilentBefore,
        "refund_timeout_after" => Refunding::SilentAfter,
        _ => return None,
    })
}

fn name_of(card: &str) -> &str {
    let name = card
        .strip_prefix("tok_")
        .or_else(|| card.strip_prefix("pm_card_"));
    name.unwrap_or(card)
}

/// The bank's code, and whether another try by itself makes sense; `None` for a card that is charged.
fn decline_of(name: &str) -> Option<(&'static str, bool)> {
    let name = name.strip_prefix("visa_").unwrap_or(name);
    Some(match name {
        "chargeDeclined" => ("generic_decline", false),
        "insufficient_funds" | "chargeDeclinedInsufficientFunds" => ("insufficient_funds", true),
        "issuer_not_available" => ("issuer_not_available", true),
        "chargeDeclinedProcessingError" => ("processing_error", true),
        "chargeDeclinedLostCard" => ("lost_card", false),
        "chargeDeclinedStolenCard" => ("stolen_card", false),
        "chargeDeclinedFraudulent" => ("fraudulent", false),
        "chargeDeclinedVelocityLimitExceeded" => ("card_velocity_exceeded", false),
        "chargeDeclinedExpiredCard" => ("expired_card", false),
        "chargeDeclinedIncorrectCvc" => ("incorrect_cvc", false),
        _ => return None,
    })
}
