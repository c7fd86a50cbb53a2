//! The barcode of a product: its key at Open Food Facts, and what an import derives its product's id from.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Digits of the shortest and of the longest barcode as written.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=14;

/// A barcode, 8, 13 or 14 digits.
///
/// A Global Trade Item Number has 8, 12, 13 or 14 digits (GS1 General Specifications,
/// <https://www.gs1.org/standards/barcodes-epcrfid-id-keys/gs1-general-specifications>). Shorter codes are a shop's own
/// and mean another thing in the next shop; longer ones are no GTIN. Zeros in front mean nothing to a scanner and get
/// lost in spreadsheets, so Open Food Facts writes a code of up to 8 digits with 8 and one of up to 13 with 13
/// (<https://openfoodfacts.github.io/openfoodfacts-server/api/ref-barcode-normalization/>). The same is done here,
/// so that one product has one key whichever dump it comes from.
///
/// The check digit is not asked for: Open Food Facts lists products whose code was mistyped or made up, under that code,
/// and one of the 127 that the sample keeps is such a one (`00012444`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Barcode(String);

/// A text that is no barcode: not 8 to 14 digits, or nothing but zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a barcode has 8 to 14 digits, not all of them zero")]
pub struct NotABarcode;

impl Barcode {
    /// Reads 8 to 14 digits and brings their leading zeros into Open Food Facts' form. Blanks around them are ignored.
    ///
    /// # Errors
    /// [`NotABarcode`].
    pub fn parse(text: &str) -> Result<Self, NotABarcode> {
        let digits = text.trim();
        if !DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotABarcode);
        }
        let significant = digits.trim_start_matches('0');
        match significant.len() {
            0 => Err(NotABarcode),
            1..=8 => Ok(Self(format!("{significant:0>8}"))),
            9..=13 => Ok(Self(format!("{significant:0>13}"))),
            _ => Ok(Self(significant.to_owned())),
        }
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Barcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Barcode {
    type Error = NotABarcode;

    fn try_from(text: String) -> Result<Self, NotABarcode> {
        Self::parse(&text)
    }
}

impl From<Barcode> for String {
    fn from(code: Barcode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        Barcode::parse(text).ok().map(String::from)
    }

    #[test]
    fn a_code_of_3_digits_and_one_of_30_are_refused() {
        assert_eq!(parsed("123"), None);
        assert_eq!(parsed("1234567"), None);
        assert_eq!(parsed("123456789012345"), None);
        assert_eq!(parsed(&"9".repeat(30)), None);
    }

    #[test]
    fn what_is_not_digits_is_refused() {
        for text in [
            "",
            "        ",
            "00000000",
            "12345-678",
            "+12345678",
            "１２３４５６７８",
            "1e10000000",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn one_product_has_one_key_however_many_zeros_are_in_front() {
        assert_eq!(parsed("034000470693").as_deref(), Some("0034000470693"));
        assert_eq!(parsed("34000470693").as_deref(), Some("0034000470693"));
        assert_eq!(parsed("00034000470693").as_deref(), Some("0034000470693"));
        assert_eq!(parsed("00000080050100").as_deref(), Some("80050100"));
        assert_eq!(parsed("00012444").as_deref(), Some("00012444"));
        assert_eq!(parsed("13017624010708").as_deref(), Some("13017624010708"));
        assert_eq!(parsed(" 3017624010701 ").as_deref(), Some("3017624010701"));
    }
}
