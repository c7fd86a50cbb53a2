//! A name for one conditional write, kept in the item it wrote.
//!
//! When the answer to a write is lost, the SDK sends it again, and the condition is then false because of the write
//! itself. The name tells that case from a lost race: a caller never learns that it was refused by its own success.
//! It is drawn for each call, never derived: a second decision about the same version is another write.

use crate::items::Item;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Fault;
use domain::ports::Entropy;

/// The attribute that holds it.
pub(crate) const ATTRIBUTE: &str = "write_id";

/// The name of one write: 32 hexadecimal digits, which also fits a `ClientRequestToken` (36 characters).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WriteId(String);

impl WriteId {
    /// A fresh one.
    pub(crate) fn draw() -> Result<Self, Fault> {
        let bytes = crate::SystemEntropy.bytes16()?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// It as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// It as an attribute.
    pub(crate) fn attribute(&self) -> AttributeValue {
        AttributeValue::S(self.0.clone())
    }

    /// Whether the item was last written by this very write.
    pub(crate) fn wrote(&self, item: Option<&Item>) -> bool {
        item.and_then(|item| item.get(ATTRIBUTE))
            .and_then(|value| value.as_s().ok())
            .is_some_and(|text| *text == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_recognises_only_itself() {
        let (one, other) = (WriteId::draw().unwrap(), WriteId::draw().unwrap());
        let item = Item::from([(ATTRIBUTE.to_owned(), one.attribute())]);
        assert!(one.wrote(Some(&item)));
        assert!(!other.wrote(Some(&item)));
        assert!(!one.wrote(None));
        assert!(one.as_str().len() <= 36);
    }
}
