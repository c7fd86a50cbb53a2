//! Which test card does what.
//!
//! Stripe's names are those of <https://docs.stripe.com/testing>: a token `tok_X` and a payment method
//! `pm_card_X` for the same card. This simulator's own are those for what Stripe cannot be made to do on demand, all in
//! small letters and listed at the end of [`CARDS`]; and `insufficient_funds`, short for Stripe's long name.

/// A card's refusal. Codes: <https://docs.stripe.com/error-codes> and <https://docs.stripe.com/declines/codes>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decline {
    /// Stripe's error code, e.g. `card_declined`.
    pub code: &'static str,
    /// The bank's reason; Stripe gives none with codes of its own such as `expired_card`.
    pub decline_code: Option<&'static str>,
    /// The sentence for the buyer. Lost, stolen and fraudulent cards get the general one, as Stripe advises.
    pub message: &'static str,
    /// Which field of the card was wrong, where Stripe names one.
    pub param: Option<&'static str>,
    /// What the network advises, as Stripe passes it on.
    pub advice_code: Option<&'static str>,
}

impl Decline {
    /// What tells it from every other: the bank's reason, or Stripe's code where the bank gives none.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.decline_code.unwrap_or(self.code)
    }
}

/// What confirming with a card does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It is charged. With odds switched on, chance decides instead.
    Succeed,
    /// It is declined.
    Decline(&'static Decline),
    /// Nothing is charged, and no answer comes.
    TimeoutBefore,
    /// It is charged, and no answer comes.
    TimeoutAfter,
    /// 503 at once; nothing is charged.
    Unavailable,
    /// Nothing is charged; 500, which the idempotency key keeps.
    ErrorBefore,
    /// It is charged; 500, which the idempotency key keeps.
    ErrorAfter,
    /// It is declined for want of money, `declines` times on one intent, and then charged.
    SucceedAfter {
        /// How often it is declined first.
        declines: usize,
    },
}

/// What refunding a charge of the card does. Whatever is lost or fails with an error, is so with the first request for
/// a refund of an intent; the next one finds a provider that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundBehaviour {
    /// It succeeds at once. With odds switched on, the answer may be lost.
    Succeed,
    /// It is pending, and succeeds some seconds later.
    PendThenSucceed,
    /// It succeeds, and some seconds later it turns out that the bank did not take it.
    SucceedThenFail,
    /// It is made and has failed at once.
    Fail,
    /// Nothing is refunded, and no answer comes.
    TimeoutBefore,
    /// It is refunded, and no answer comes.
    TimeoutAfter,
    /// Nothing is refunded; 500, which the idempotency key keeps.
    ErrorBefore,
    /// It is refunded; 500, which the idempotency key keeps.
    ErrorAfter,
    /// 503 at once and every time; nothing is refunded.
    Unavailable,
}

/// A test card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its name after `tok_` or `pm_card_`.
    pub name: &'static str,
    /// `visa`, `mastercard` ...
    pub brand: &'static str,
    /// `credit`, `debit` or `prepaid`.
    pub funding: &'static str,
    /// The last four digits of its number.
    pub last4: &'static str,
    /// What confirming with it does.
    pub behaviour: Behaviour,
    /// What refunding it does.
    pub refund: RefundBehaviour,
}

impl Card {
    /// Whether odds decide about its charges and refunds: only those of cards that promise nothing special.
    #[must_use]
    pub fn is_left_to_chance(&self) -> bool {
        self.behaviour == Behaviour::Succeed && self.refund == RefundBehaviour::Succeed
    }
}

const DECLINED: &str = "Your card was declined.";

const fn declined(decline_code: &'static str, message: &'static str, advice: &'static str) -> Decline {
    Decline {
        code: "card_declined",
        decline_code: Some(decline_code),
        message,
        param: None,
        advice_code: Some(advice),
    }
}

const fn failed(code: &'static str, message: &'static str, param: Option<&'static str>) -> Decline {
    Decline {
        code,
        decline_code: None,
        message,
        param,
        advice_code: None,
    }
}

/// Declined without a reason.
pub const GENERIC: Decline = declined("generic_decline", DECLINED, "try_again_later");
/// Declined for want of money; also what the odds decline with.
pub const INSUFFICIENT_FUNDS: Decline = declined(
    "insufficient_funds",
    "Your card has insufficient funds.",
    "try_again_later",
);
const LOST: Decline = declined("lost_card", DECLINED, "do_not_try_again");
const STOLEN: Decline = declined("stolen_card", DECLINED, "do_not_try_again");
const FRAUDULENT: Decline = declined("fraudulent", DECLINED, "do_not_try_again");
const TOO_OFTEN: Decline = declined(
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "try_again_later",
);
const EXPIRED: Decline = failed("expired_card", "Your card has expired.", Some("exp_month"));
const WRONG_CVC: Decline = failed(
    "incorrect_cvc",
    "Your card's security code is incorrect.",
    Some("cvc"),
);
const PROCESSING: Decline = failed(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    None,
);
const ISSUER_AWAY: Decline = declined("issuer_not_available", DECLINED, "try_again_later");
/// What a card gets that was declined too often on one intent.
/// Source: `card_decline_rate_limit_exceeded` in <https://docs.stripe.com/error-codes>.
pub const DECLINED_TOO_OFTEN: Decline = failed(
    "card_decline_rate_limit_exceeded",
    "This card has been declined too many times. You can try to charge this card again after 24 hours.",
    None,
);

const fn good(name: &'static str, brand: &'static str, funding: &'static str, last4: &'static str) -> Card {
    Card {
        name,
        brand,
        funding,
        last4,
        behaviour: Behaviour::Succeed,
        refund: RefundBehaviour::Succeed,
    }
}

const fn bad(name: &'static str, last4: &'static str, decline: &'static Decline) -> Card {
    Card {
        name,
        brand: "visa",
        funding: "credit",
        last4,
        behaviour: Behaviour::Decline(decline),
        refund: RefundBehaviour::Succeed,
    }
}

const fn odd(name: &'static str, last4: &'static str, behaviour: Behaviour) -> Card {
    Card {
        name,
        brand: "visa",
        funding: "credit",
        last4,
        behaviour,
        refund: RefundBehaviour::Succeed,
    }
}

const fn refunded(name: &'static str, last4: &'static str, refund: RefundBehaviour) -> Card {
    Card {
        name,
        brand: "visa",
        funding: "credit",
        last4,
        behaviour: Behaviour::Succeed,
        refund,
    }
}

/// Every card there is.
pub const CARDS: &[Card] = &[
    good("visa", "visa", "credit", "4242"),
    good("visa_debit", "visa", "debit", "5556"),
    good("mastercard", "mastercard", "credit", "4444"),
    good("mastercard_debit", "mastercard", "debit", "8210"),
    good("mastercard_prepaid", "mastercard", "prepaid", "5100"),
    good("amex", "amex", "credit", "8431"),
    good("discover", "discover", "credit", "1117"),
    good("diners", "diners", "credit", "0004"),
    good("jcb", "jcb", "credit", "0505"),
    good("unionpay", "unionpay", "credit", "0005"),
    bad("chargeDeclined", "0002", &GENERIC),
    bad("chargeDeclinedInsufficientFunds", "9995", &INSUFFICIENT_FUNDS),
    bad("chargeDeclinedLostCard", "9987", &LOST),
    bad("chargeDeclinedStolenCard", "9979", &STOLEN),
    bad("chargeDeclinedFraudulent", "0019", &FRAUDULENT),
    bad("chargeDeclinedVelocityLimitExceeded", "6975", &TOO_OFTEN),
    bad("chargeDeclinedExpiredCard", "0069", &EXPIRED),
    bad("chargeDeclinedIncorrectCvc", "0127", &WRONG_CVC),
    bad("chargeDeclinedProcessingError", "0119", &PROCESSING),
    // Source of these two: <https://docs.stripe.com/testing#refunds>.
    refunded("pendingRefund", "7726", RefundBehaviour::PendThenSucceed),
    refunded("refundFail", "5126", RefundBehaviour::SucceedThenFail),
    // From here on, this simulator's own.
    bad("insufficient_funds", "9995", &INSUFFICIENT_FUNDS),
    bad("issuer_not_available", "1004", &ISSUER_AWAY),
    odd("succeeds_second", "1012", Behaviour::SucceedAfter { declines: 1 }),
    odd("succeeds_third", "1013", Behaviour::SucceedAfter { declines: 2 }),
    odd("succeeds_fifth", "1015", Behaviour::SucceedAfter { declines: 4 }),
    odd("timeout_before", "1001", Behaviour::TimeoutBefore),
    odd("timeout_after", "1002", Behaviour::TimeoutAfter),
    odd("unavailable", "1003", Behaviour::Unavailable),
    odd("error_before", "1005", Behaviour::ErrorBefore),
    odd("error_after", "1006", Behaviour::ErrorAfter),
    refunded("refund_fails", "1020", RefundBehaviour::Fail),
    refunded("refund_timeout_before", "1021", RefundBehaviour::TimeoutBefore),
    refunded("refund_timeout_after", "1022", RefundBehaviour::TimeoutAfter),
    refunded("refund_unavailable", "1023", RefundBehaviour::Unavailable),
    refunded("refund_error_before", "1025", RefundBehaviour::ErrorBefore),
    refunded("refund_error_after", "1026", RefundBehaviour::ErrorAfter),
];

/// The card of a name without its prefix. Stripe writes some declines with their brand
/// (`tok_visa_chargeDeclined`), formerly without: both are the same card.
fn find(name: &str) -> Option<&'static Card> {
    named(name).or_else(|| {
        let unbranded = name.strip_prefix("visa_")?;
        named(unbranded).filter(|card| matches!(card.behaviour, Behaviour::Decline(_)))
    })
}

/// The decline of a [`Decline::key`].
#[must_use]
pub fn decline_of(key: &str) -> Option<&'static Decline> {
    CARDS.iter().find_map(|card| match card.behaviour {
        Behaviour::Decline(decline) if decline.key() == key => Some(decline),
        _ => None,
    })
}

/// The card of a name in [`CARDS`].
#[must_use]
pub fn named(name: &str) -> Option<&'static Card> {
    CARDS.iter().find(|card| card.name == name)
}

/// The card that a token (`tok_...`) stands for.
#[must_use]
pub fn of_token(token: &str) -> Option<&'static Card> {
    find(token.strip_prefix("tok_")?)
}

/// The card of one of Stripe's ready-made payment methods (`pm_card_...`).
#[must_use]
pub fn of_payment_method(id: &str) -> Option<&'static Card> {
    find(id.strip_prefix("pm_card_")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_a_payment_method_of_one_name_are_one_card() {
        for card in CARDS {
            assert_eq!(of_token(&format!("tok_{}", card.name)), Some(card));
            assert_eq!(of_payment_method(&format!("pm_card_{}", card.name)), Some(card));
        }
    }

    #[test]
    fn a_declined_card_may_carry_its_brand_and_an_unknown_one_is_no_card() {
        assert_eq!(
            of_token("tok_visa_chargeDeclinedStolenCard").map(|card| card.last4),
            Some("9979")
        );
        assert_eq!(of_token("tok_visa_visa"), None);
        assert_eq!(of_token("tok_1NxUnknown"), None);
        assert_eq!(of_token("pm_card_visa"), None);
    }
}
