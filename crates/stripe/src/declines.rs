//! After which declines the same card is worth trying again by itself.
//!
//! Sources: the "next steps" of Stripe's list, <https://docs.stripe.com/declines/codes>, and its advice codes,
//! <https://docs.stripe.com/declines/card#retrying-issuer-declines>.

/// Declines that time cures without anybody doing anything. Of all but one Stripe's list says that the payment should
/// be attempted again; `insufficient_funds` is what an account says until its owner is paid, and the one decline that
/// this product promises to try again (its advice code is `try_again_later`).
const SOFT: &[&str] = &[
    "approve_with_id",
    "insufficient_funds",
    "issuer_not_available",
    "processing_error",
    "reenter_transaction",
    "try_again_later",
];

/// Whether an automatic retry with the same card can cure a decline.
///
/// `code` is Stripe's decline code, or its error code where it gives none (`processing_error` comes without).
/// `advice_code` is the network's word on it, and outweighs the code.
///
/// Everything else is for a person to decide: `generic_decline` and `do_not_honor` give no reason, so nothing says
/// that the next try will end otherwise, and networks punish who tries for ever. A code that the list does not know
/// counts as one of these.
#[must_use]
pub fn is_soft_decline(code: &str, advice_code: Option<&str>) -> bool {
    !matches!(advice_code, Some("do_not_try_again" | "confirm_card_data")) && SOFT.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_cures_is_soft() {
        for code in SOFT {
            assert!(is_soft_decline(code, None), "{code}");
            assert!(is_soft_decline(code, Some("try_again_later")), "{code}");
        }
    }

    #[test]
    fn what_a_person_must_decide_is_not_whatever_the_network_hopes() {
        for code in [
            "a_code_of_next_year",
            "authentication_required",
            "call_issuer",
            "card_velocity_exceeded",
            "do_not_honor",
            "expired_card",
            "fraudulent",
            "generic_decline",
            "incorrect_cvc",
            "lost_card",
            "stolen_card",
        ] {
            assert!(!is_soft_decline(code, None), "{code}");
            assert!(!is_soft_decline(code, Some("try_again_later")), "{code}");
        }
    }

    #[test]
    fn the_networks_advice_outweighs_a_soft_code() {
        assert!(!is_soft_decline("insufficient_funds", Some("do_not_try_again")));
        assert!(!is_soft_decline("processing_error", Some("confirm_card_data")));
    }

    #[test]
    fn the_list_is_sorted_and_names_nothing_twice() {
        assert!(SOFT.is_sorted_by(|a, b| a < b));
    }
}
