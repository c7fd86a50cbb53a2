//! Which amounts may be charged.
//!
//! Source: <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>. Stripe applies the minimum of
//! the currency that the account is paid out in; the simulator has one account per currency, so to speak.

use crate::errors::ApiError;

/// At most eight digits.
const AMOUNT_MAX: u64 = 99_999_999;

/// Stripe's minimum per currency, minor units.
const MINIMUMS: &[(&str, u64)] = &[
    ("aed", 200),
    ("aud", 50),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("usd", 50),
];

/// Currencies without minor units. Source: <https://docs.stripe.com/currencies#zero-decimal>.
const WITHOUT_MINOR_UNITS: &[&str] = &["jpy"];

/// Reads a currency: one that Stripe supports, in lower case afterwards.
pub(crate) fn read_currency(text: &str) -> Result<String, ApiError> {
    let code = text.to_ascii_lowercase();
    if MINIMUMS.iter().any(|(known, _)| *known == code) {
        return Ok(code);
    }
    let known: Vec<_> = MINIMUMS.iter().map(|(code, _)| *code).collect();
    Err(ApiError::invalid(format!(
        "Invalid currency: {code}. Stripe currently supports these currencies: {}",
        known.join(", ")
    ))
    .param("currency"))
}

/// Reads a whole number of minor units, 1 or more.
pub(crate) fn read_positive(param: &'static str, text: &str) -> Result<u64, ApiError> {
    let invalid = |message: String| {
        ApiError::invalid(message)
            .code("parameter_invalid_integer")
            .param(param)
    };
    match text.parse::<i128>() {
        Err(_) => Err(invalid(format!("Invalid integer: {text}"))),
        Ok(number) if number < 1 => Err(invalid(
            "This value must be greater than or equal to 1.".to_owned(),
        )),
        Ok(number) => Ok(u64::try_from(number).unwrap_or(u64::MAX)),
    }
}

/// Checks that an amount may be charged in this currency.
pub(crate) fn check_chargeable(amount: u64, currency: &str) -> Result<(), ApiError> {
    let minimum = MINIMUMS
        .iter()
        .find(|(code, _)| *code == currency)
        .map_or(1, |(_, minimum)| *minimum);
    if amount < minimum {
        return Err(
            ApiError::invalid(format!("Amount must be at least {}", describe(minimum, currency)))
                .code("amount_too_small")
                .param("amount"),
        );
    }
    if amount > AMOUNT_MAX {
        return Err(ApiError::invalid(format!(
            "Amount must be no more than {}",
            describe(AMOUNT_MAX, currency)
        ))
        .code("amount_too_large")
        .param("amount"));
    }
    Ok(())
}

/// An amount in words, e.g. `0.50 usd`.
pub(crate) fn describe(amount: u64, currency: &str) -> String {
    if WITHOUT_MINOR_UNITS.contains(&currency) {
        format!("{amount} {currency}")
    } else {
        format!("{}.{:02} {currency}", amount / 100, amount % 100)
    }
}
