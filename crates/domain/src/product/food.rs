//! What an import knows of a product that one sells: what it is, where that was read, and who is to be credited.

use crate::ids::CategoryId;
use crate::money::PriceMinor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The lowest price that is derived from a barcode, minor units.
const PRICE_MIN: u64 = 99;
/// Prices are so far apart, so that each of them ends in 9.
const PRICE_STEP: u64 = 10;
/// How many prices there are: the highest is 999.
const PRICES: u64 = 91;

/// Food as its source describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Food {
    /// Its barcode, 8 to 14 digits: the source's key, and what the product's id is derived from.
    pub code: String,
    /// Its name at the source. The product's title is the same until its owner gives it another.
    pub name: String,
    /// How much is in it, as contributors wrote it, e.g. `350 g`. Not a number, not a stock.
    pub quantity_text: String,
    /// Its brands, comma-separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brands: Option<String>,
    /// Its picture, over HTTPS.
    pub image_url: String,
    /// How far it is processed, 1 to 4.
    pub nova_group: u8,
    /// The points of its Nutri-Score, -15 to 40; fewer are better.
    pub nutriscore_score: i8,
    /// The letter of its Nutri-Score.
    pub nutriscore_grade: Grade,
    /// Its categories at the source. The product's own are the same until its owner chooses others.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<CategoryId>,
    /// Where all this was read.
    pub source: FoodSource,
}

/// The letter of a Nutri-Score, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Best.
    A,
    /// Good.
    B,
    /// Middling.
    C,
    /// Poor.
    D,
    /// Worst.
    E,
}

impl Grade {
    /// The letter, as serde writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
            Self::D => "d",
            Self::E => "e",
        }
    }
}

/// Where food was read, and how that is to be credited wherever it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoodSource {
    /// <https://world.openfoodfacts.org>.
    OpenFoodFacts,
}

impl FoodSource {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenFoodFacts => "Open Food Facts",
        }
    }

    /// The licence of its data.
    #[must_use]
    pub const fn licence(self) -> &'static str {
        match self {
            Self::OpenFoodFacts => "Open Database Licence 1.0",
        }
    }

    /// Where it describes this food: the link that the credit leads to.
    #[must_use]
    pub fn url_of(self, code: &str) -> String {
        match self {
            Self::OpenFoodFacts => format!("https://world.openfoodfacts.org/product/{code}"),
        }
    }
}

/// The price of food that has none: from 99 to 999 minor units, always the same for the same barcode.
///
/// Open Food Facts knows no prices. This one is made up, so that a shop has something to sell at once; whoever sells in
/// earnest sets their own, which no import touches again.
#[must_use]
pub fn made_up_price(code: &str) -> PriceMinor {
    // Each digit moves the sum on by another amount, so that neighbours on a shelf differ.
    let sum = code.bytes().fold(7_u64, |sum, digit| {
        sum.wrapping_mul(31).wrapping_add(u64::from(digit))
    });
    PriceMinor::new(PRICE_MIN + PRICE_STEP * (sum % PRICES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_made_up_price_is_between_99_and_999_ends_in_9_and_never_changes(code in "[0-9]{8,14}") {
            let price = made_up_price(&code).as_minor();
            prop_assert!((99..=999).contains(&price), "{price}");
            prop_assert_eq!(price % 10, 9);
            prop_assert_eq!(price, made_up_price(&code).as_minor());
        }
    }

    #[test]
    fn the_made_up_price_of_a_barcode_is_the_same_in_every_version_of_this_code() {
        assert_eq!(made_up_price("3017624010701").as_minor(), 839);
        assert_ne!(made_up_price("3017624010702"), made_up_price("3017624010701"));
    }

    #[test]
    fn the_letter_is_what_serde_writes() {
        for grade in [Grade::A, Grade::B, Grade::C, Grade::D, Grade::E] {
            assert_eq!(serde_json::to_value(grade).unwrap(), grade.as_str());
        }
    }
}
