//! MAC addresses: how a device calls itself.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The address of one network card: six bytes, e.g. `02:1a:ff:00:5b:9c`. Never one that names a group or nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress(String);

/// A text that is no address of a single device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMacAddress {
    /// It is not written like one.
    #[error("must be six bytes in hexadecimal: 02:1a:ff:00:5b:9c, 02-1A-FF-00-5B-9C or 021aff005b9c")]
    Malformed,
    /// It is all zeros.
    #[error("must not be all zeros: no device has that address")]
    Zero,
    /// Its lowest bit says that it names a group; broadcast is one of them.
    #[error("must be the address of one device, not a multicast or broadcast address")]
    Group,
}

impl MacAddress {
    /// Reads an address with colons, with dashes, or plain, in any case.
    ///
    /// # Errors
    /// [`NotAMacAddress`] for anything else, and for what names no single device.
    pub fn parse(text: &str) -> Result<Self, NotAMacAddress> {
        let separator = match text.len() {
            12 => None,
            17 => text.chars().nth(2).filter(|letter| matches!(letter, ':' | '-')),
            _ => return Err(NotAMacAddress::Malformed),
        };
        let pairs: Vec<&str> = match separator {
            Some(separator) => text.split(separator).collect(),
            // Taken apart by bytes: any letter beyond ASCII is refused below.
            None if text.is_ascii() && text.len() == 12 => {
                (0..6).filter_map(|nth| text.get(2 * nth..2 * nth + 2)).collect()
            }
            None => return Err(NotAMacAddress::Malformed),
        };
        let mut bytes = [0_u8; 6];
        if pairs.len() != bytes.len() {
            return Err(NotAMacAddress::Malformed);
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            // `from_str_radix` would take a sign.
            let is_pair = pair.len() == 2 && pair.bytes().all(|letter| letter.is_ascii_hexdigit());
            *byte = u8::from_str_radix(pair, 16)
                .ok()
                .filter(|_| is_pair)
                .ok_or(NotAMacAddress::Malformed)?;
        }
        if bytes == [0; 6] {
            return Err(NotAMacAddress::Zero);
        }
        if bytes[0] & 1 == 1 {
            return Err(NotAMacAddress::Group);
        }
        let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(pairs.join(":")))
    }

    /// The address in lower case with colons.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<MacAddress> for String {
    fn from(address: MacAddress) -> Self {
        address.0
    }
}

impl TryFrom<String> for MacAddress {
    type Error = NotAMacAddress;
    fn try_from(text: String) -> Result<Self, NotAMacAddress> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_address_has_one_form_however_it_is_written() {
        for text in ["02:1A:ff:00:5B:9c", "02-1a-FF-00-5b-9C", "021aFF005b9c"] {
            assert_eq!(MacAddress::parse(text).unwrap().as_str(), "02:1a:ff:00:5b:9c");
        }
    }

    #[test]
    fn what_names_a_group_or_nobody_is_refused() {
        assert_eq!(MacAddress::parse("00:00:00:00:00:00"), Err(NotAMacAddress::Zero));
        for group in ["ff:ff:ff:ff:ff:ff", "01-00-5e-00-00-fb", "333300000001"] {
            assert_eq!(MacAddress::parse(group), Err(NotAMacAddress::Group));
        }
    }

    #[test]
    fn what_is_not_written_like_one_is_refused() {
        for text in [
            "",
            "02:1a:ff:00:5b",
            "02:1a:ff:00:5b:9c:11",
            "02:1a:ff:00:5b:9g",
            "02:1a-ff:00-5b:9c",
            "02.1a.ff.00.5b.9c",
            "+2:1a:ff:00:5b:9c",
            " 02:1a:ff:00:5b:9c",
            "021a:ff005b9c",
            "éééééé",
            "02:1a:ff:00:5béé",
        ] {
            assert_eq!(MacAddress::parse(text), Err(NotAMacAddress::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_reads_the_same_again(text in ".{0,20}") {
            if let Ok(address) = MacAddress::parse(&text) {
                prop_assert_eq!(MacAddress::parse(address.as_str()), Ok(address));
            }
        }

        #[test]
        fn every_address_of_one_device_is_read(bytes: [u8; 6]) {
            let text: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            let names_one = bytes[0] & 1 == 0 && bytes != [0; 6];
            prop_assert_eq!(MacAddress::parse(&text).is_ok(), names_one);
        }
    }
}
