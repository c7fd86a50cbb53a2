//! Money in integer minor units (cents). There is no floating point anywhere near it.

use serde::{Deserialize, Serialize};

/// The dearest single thing, and the dearest order: Stripe's limit of eight digits.
/// Source: <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>.
pub const PRICE_MAX_MINOR: u64 = 99_999_999;

/// The cheapest single thing: the provider charges no less.
/// Source: <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>.
pub const PRICE_MIN_MINOR: u64 = 50;

/// An amount in minor units, 0 to [`PRICE_MAX_MINOR`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct PriceMinor(u64);

/// An amount beyond [`PRICE_MAX_MINOR`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is more than {PRICE_MAX_MINOR} minor units")]
pub struct TooMuch(pub u64);

impl PriceMinor {
    /// An amount of so many minor units.
    ///
    /// # Errors
    /// [`TooMuch`] beyond [`PRICE_MAX_MINOR`].
    pub const fn new(minor: u64) -> Result<Self, TooMuch> {
        if minor > PRICE_MAX_MINOR {
            Err(TooMuch(minor))
        } else {
            Ok(Self(minor))
        }
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn as_minor(self) -> u64 {
        self.0
    }

    /// The sum of all lines, each price times its quantity.
    ///
    /// # Errors
    /// [`TooMuch`] when the sum is beyond [`PRICE_MAX_MINOR`].
    pub fn sum(lines: impl IntoIterator<Item = (Self, u32)>) -> Result<Self, TooMuch> {
        let mut total = 0_u64;
        for (price, quantity) in lines {
            total = total.saturating_add(price.0.saturating_mul(u64::from(quantity)));
        }
        Self::new(total)
    }
}

impl From<PriceMinor> for u64 {
    fn from(price: PriceMinor) -> Self {
        price.0
    }
}

impl TryFrom<u64> for PriceMinor {
    type Error = TooMuch;
    fn try_from(minor: u64) -> Result<Self, TooMuch> {
        Self::new(minor)
    }
}

/// An ISO 4217 currency code in lower case, as Stripe writes it, e.g. `usd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

/// A text that is not three lower-case letters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a currency code of three lower-case letters")]
pub struct NotACurrency(pub String);

impl Currency {
    /// Reads three lower-case letters.
    ///
    /// # Errors
    /// [`NotACurrency`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotACurrency> {
        if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACurrency(text.to_owned()))
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Currency {
    /// How many digits its minor unit has. Source: <https://docs.stripe.com/currencies#zero-decimal>.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        match self.0.as_str() {
            "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "ugx" | "vnd"
            | "vuv" | "xaf" | "xof" | "xpf" => 0,
            "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
            _ => 2,
        }
    }

    /// An amount as people write it, e.g. `19.99 USD`.
    #[must_use]
    pub fn format(&self, amount: PriceMinor) -> String {
        let code = self.0.to_uppercase();
        match self.decimals() {
            0 => format!("{} {code}", amount.0),
            digits => {
                let unit = 10_u64.pow(digits);
                let width = usize::try_from(digits).unwrap_or(2);
                format!("{}.{:0width$} {code}", amount.0 / unit, amount.0 % unit)
            }
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;
    fn try_from(text: String) -> Result<Self, NotACurrency> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_total_is_the_exact_sum_or_refused(lines in prop::collection::vec((0..=PRICE_MAX_MINOR, 1..1000_u32), 0..20)) {
            let exact: u128 = lines.iter().map(|(price, quantity)| u128::from(*price) * u128::from(*quantity)).sum();
            let sum = PriceMinor::sum(lines.iter().map(|(price, quantity)| (PriceMinor(*price), *quantity)));
            match sum {
                Ok(total) => prop_assert_eq!(u128::from(total.as_minor()), exact),
                Err(_) => prop_assert!(exact > u128::from(PRICE_MAX_MINOR)),
            }
        }
    }

    #[test]
    fn an_amount_is_written_with_the_digits_of_its_currency() {
        let written = |code: &str, minor| {
            Currency::parse(code)
                .unwrap()
                .format(PriceMinor::new(minor).unwrap())
        };
        assert_eq!(written("usd", 1999), "19.99 USD");
        assert_eq!(written("usd", 5), "0.05 USD");
        assert_eq!(written("jpy", 1999), "1999 JPY");
        assert_eq!(written("kwd", 1999), "1.999 KWD");
    }

    #[test]
    fn nineteen_ninety_nine_is_1999() {
        let price = PriceMinor::new(1999).unwrap();
        assert_eq!(PriceMinor::sum([(price, 3)]).map(PriceMinor::as_minor), Ok(5997));
        assert!(PriceMinor::new(PRICE_MAX_MINOR + 1).is_err());
    }
}
