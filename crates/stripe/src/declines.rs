//! Which declines are final for a card.
//!
//! Source: the "next steps" of Stripe's list, <https://docs.stripe.com/declines/codes>, and its advice codes,
//! <https://docs.stripe.com/declines/card#retrying-issuer-declines>.

/// Declines after which the same card cannot succeed: the buyer needs another card, corrected data, or a talk
/// with the bank that no waiting replaces.
const HARD: &[&str] = &[
    "authentication_not_handled",
    "authentication_required",
    "card_not_supported",
    "currency_not_supported",
    "do_not_try_again",
    "expired_card",
    "fraudulent",
    "incorrect_address",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_pin",
    "incorrect_zip",
    "invalid_account",
    "invalid_amount",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "invalid_pin",
    "lost_card",
    "merchant_blacklist",
    "new_account_information_available",
    "no_action_taken",
    "not_permitted",
    "offline_pin_required",
    "online_or_offline_pin_required",
    "pickup_card",
    "pin_try_exceeded",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "service_not_allowed",
    "stolen_card",
    "stop_payment_order",
    "testmode_decline",
    "transaction_not_allowed",
];

/// Whether a decline is final for this card.
///
/// `code` is Stripe's decline code, or its error code where it gives none (`expired_card` comes without). A code
/// that the list does not know counts as worth another try: attempts are bounded anyway, and a buyer turned away
/// for a code that Stripe added last week would be the worse mistake. `advice_code` is the network's word on it.
#[must_use]
pub fn is_hard_decline(code: &str, advice_code: Option<&str>) -> bool {
    matches!(advice_code, Some("do_not_try_again" | "confirm_card_data")) || HARD.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stolen_card_is_final_and_an_empty_one_is_not() {
        assert!(is_hard_decline("stolen_card", None));
        assert!(is_hard_decline("expired_card", None));
        assert!(!is_hard_decline("insufficient_funds", None));
        assert!(!is_hard_decline("processing_error", None));
        assert!(!is_hard_decline("a_code_of_next_year", None));
    }

    #[test]
    fn the_networks_advice_outweighs_a_soft_code() {
        assert!(is_hard_decline("generic_decline", Some("do_not_try_again")));
        assert!(!is_hard_decline("generic_decline", Some("try_again_later")));
    }

    #[test]
    fn the_list_is_sorted_and_names_nothing_twice() {
        assert!(HARD.is_sorted_by(|a, b| a < b));
    }
}
