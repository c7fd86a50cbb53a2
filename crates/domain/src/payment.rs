//! Paying: card tokens, attempts and what the provider says of them.

use crate::ids::{IntentId, OrderId};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// At most so many attempts to charge one order (product.md, "Payment").
pub const ATTEMPTS_MAX: usize = 5;

/// The code of an attempt that never reached the provider, by the provider's own word.
pub const NO_ANSWER: &str = "no_answer";

/// How long to wait before attempt `number` + 1, milliseconds: random(1..2) x 1000 x 2^(`number` - 1) (product.md,
/// "Payment"). `luck` is any random number.
#[must_use]
pub fn back_off_ms(number: u32, luck: u64) -> u32 {
    let random_ms = 1000 + u32::try_from(luck % 1001).unwrap_or_default();
    random_ms.saturating_mul(1 << number.saturating_sub(1).min(10))
}

/// What stands for a card at the provider, e.g. `tok_visa` or `pm_1Nx...`. Never a card number, never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardToken(String);

/// A text that cannot be a card token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a card token: expected tok_ or pm_ and then letters, digits or _, at most 255 characters")]
pub struct NotACardToken;

impl CardToken {
    /// Reads `tok_...` or `pm_...`.
    ///
    /// # Errors
    /// [`NotACardToken`] for anything else; a card number in particular is never accepted.
    pub fn parse(text: &str) -> Result<Self, NotACardToken> {
        let body = text
            .strip_prefix("tok_")
            .or_else(|| text.strip_prefix("pm_"))
            .ok_or(NotACardToken)?;
        let well_formed = !body.is_empty()
            && text.len() <= 255
            && body
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACardToken)
        }
    }

    /// Stands where no card of ours was charged: somebody has confirmed the intent from outside.
    #[must_use]
    pub fn not_ours() -> Self {
        Self("tok_not_ours".to_owned())
    }

    /// Enough of it for its owner to recognise it: what it begins with and its last four characters, e.g. `tok_...visa`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (kind, body) = self.0.split_once('_').unwrap_or((&self.0, ""));
        let last: String = body
            .chars()
            .skip(body.chars().count().saturating_sub(4))
            .collect();
        format!("{kind}_...{last}")
    }

    /// The token, for the provider only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken(..)")
    }
}

impl From<CardToken> for String {
    fn from(token: CardToken) -> Self {
        token.0
    }
}

impl TryFrom<String> for CardToken {
    type Error = NotACardToken;
    fn try_from(text: String) -> Result<Self, NotACardToken> {
        Self::parse(&text)
    }
}

/// Where one attempt to charge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptStatus {
    /// Asked for by the buyer; the provider has not answered yet.
    Requested,
    /// The provider may or may not have charged; an inquiry will tell.
    Unknown,
    /// Charged.
    Succeeded,
    /// Refused by the card's bank or the provider; nothing was charged.
    Declined,
}

/// One attempt to charge an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentAttempt {
    /// 1 for the first attempt of the order, at most [`ATTEMPTS_MAX`].
    pub number: u32,
    /// The card to charge.
    pub card: CardToken,
    /// Where it stands.
    pub status: AttemptStatus,
    /// The provider's decline code, e.g. `insufficient_funds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether the same card is worth another try after a decline.
    #[serde(default)]
    pub retryable: bool,
    /// The provider's id of a try that was declined: tells the decline of this attempt from that of another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<String>,
    /// When the buyer asked.
    pub requested_at: Timestamp,
    /// When the provider's answer was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}

/// What the provider says of an intent after a confirmation or an inquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The money was taken.
    Succeeded,
    /// The charge was refused; no money was taken.
    Declined {
        /// The provider's code, e.g. `insufficient_funds`, `stolen_card`.
        code: String,
        /// The provider's sentence for the buyer.
        message: String,
        /// Whether trying the same card again by itself can cure it; `false` for a hard decline.
        retryable: bool,
        /// The provider's id of the try that was declined, e.g. `ch_3...`: tells two declines of one intent apart.
        charge: Option<String>,
    },
    /// An inquiry found that this intent has not been confirmed yet.
    NotAttempted,
    /// The provider is still working on it; ask again later.
    Processing,
}

/// What an inquiry finds out about an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Where the money is.
    pub outcome: ChargeOutcome,
    /// The order that the intent was made for, by its metadata; `None` when it is none of ours.
    pub order_id: Option<OrderId>,
    /// What it charges, minor units.
    pub amount_minor: u64,
}

/// What a webhook of the provider is about. Nothing of it is believed but that it is worth asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The provider's id of the event: the same each time it is sent.
    pub id: String,
    /// Whether it is about money that we charge or give back.
    pub is_of_interest: bool,
    /// The payment intent it is about.
    pub intent_id: Option<IntentId>,
    /// The order it was made for, by its metadata; `None` when it is none of ours.
    pub order_id: Option<OrderId>,
    /// Which refund of that order it is about, if it is about one.
    pub refund_number: Option<u32>,
}

/// What is asked of the provider to give money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The order that the money was for.
    pub order_id: OrderId,
    /// 1 for the order's first refund. Kept at the provider beside the refund, so that it can be found again.
    pub number: u32,
    /// The intent that took the money.
    pub intent: IntentId,
    /// How much to give back, minor units, at least 1.
    pub amount_minor: u64,
}

/// What the provider says of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money is on its way back.
    Succeeded {
        /// The provider's id, e.g. `re_3...`.
        provider_id: String,
    },
    /// Accepted; the bank has not said yet. Ask again.
    Pending {
        /// The provider's id.
        provider_id: String,
    },
    /// The bank does not take it back. A person has to find another way.
    Failed {
        /// The provider's reason.
        code: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_card_number_is_no_token_and_a_token_never_shows_itself() {
        for text in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "card_4242",
            "tok_",
            "tok_4242 4242",
        ] {
            assert_eq!(CardToken::parse(text), Err(NotACardToken), "{text}");
        }
        let token = CardToken::parse("tok_visa").unwrap();
        assert_eq!(format!("{token:?}"), "CardToken(..)");
        assert_eq!(token.masked(), "tok_...visa");
    }

    proptest! {
        #[test]
        fn the_waits_double_and_never_leave_their_bounds(luck: u64) {
            for (number, shortest_ms) in [(1, 1000), (2, 2000), (3, 4000), (4, 8000)] {
                let wait_ms = back_off_ms(number, luck);
                prop_assert!((shortest_ms..=2 * shortest_ms).contains(&wait_ms));
            }
        }
    }
}
