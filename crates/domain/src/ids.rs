//! Identifiers as types of their own, so that an order can never be passed where a ticket is meant.
//!
//! An id is a short prefix, `_`, and 26 characters of lower-case Crockford base 32 (128 bits). Lower case
//! because API paths are matched without regard to case. Where a retry must arrive at the same id, the id is
//! derived from what asked for it by a named function, never drawn again.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 128 bits as 26 characters of lower-case Crockford base 32.
#[must_use]
pub fn base32(bytes: [u8; 16]) -> String {
    let mut rest = u128::from_be_bytes(bytes);
    let mut characters = [b'0'; 26];
    for slot in characters.iter_mut().rev() {
        *slot = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    characters.iter().map(|byte| char::from(*byte)).collect()
}

/// Reads what [`base32`] wrote; `None` for any other text.
#[must_use]
pub fn read_base32(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 {
        return None;
    }
    let bits = text.bytes().try_fold(0_u128, |bits, letter| {
        let digit = ALPHABET.iter().position(|known| *known == letter)?;
        // 26 digits have two bits more than there is room for.
        (bits >> 123 == 0).then_some(bits << 5 | digit as u128)
    });
    bits.map(u128::to_be_bytes)
}

/// The first 128 bits of a SHA-256 over the parts, each ended by a zero byte so that parts cannot run together.
fn digest16(parts: &[&str]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    first
}

/// The first 128 bits of a SHA-256 of the parts as lower-case hex: the fingerprint that tells two request bodies apart.
#[must_use]
pub fn fingerprint(parts: &[&str]) -> String {
    digest16(parts).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text that is not an id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct NotAnId {
    /// What was given, cut to 64 characters.
    pub text: String,
    /// What was expected, in words.
    pub expected: &'static str,
}

macro_rules! id {
    ($name:ident, $prefix:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A fresh id from 128 random bits (see [`crate::ports::Entropy`]).
            #[must_use]
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(format!(concat!($prefix, "_{}"), base32(bytes)))
            }

            /// Reads an id.
            ///
            /// # Errors
            /// [`NotAnId`] when prefix, length or alphabet differ.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                let body = text.strip_prefix(concat!($prefix, "_"));
                match body {
                    Some(body) if body.len() == 26 && body.bytes().all(|b| ALPHABET.contains(&b)) => {
                        Ok(Self(text.to_owned()))
                    }
                    _ => Err(NotAnId {
                        text: text.chars().take(64).collect(),
                        expected: concat!("an id of the form ", $prefix, "_ and 26 letters or digits"),
                    }),
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::parse(&text)
            }
        }
    };
}

id!(UserId, "usr", "A signed-up user.");
id!(TicketId, "tkt", "A ticket: one of a kind.");
id!(
    OrderId,
    "ord",
    "An order; also the name of its execution, so that a second start is harmless."
);
id!(DishId, "dsh", "A dish: a recipe over counted ingredients.");
id!(
    SupplyId,
    "sup",
    "What one order asks the warehouse for: one ingredient."
);
id!(ProductId, "prd", "A product: counted stock.");
id!(
    CategoryId,
    "cat",
    "A category of products, derived from its name: one name, one category."
);
id!(DeviceId, "dev", "A device that watches products.");
id!(HoldId, "hld", "An expiring claim of one order.");
id!(
    HoldRun,
    "run",
    "A run of `hold-order`: one request may have several, of which each answers by itself."
);

impl OrderId {
    /// The order that a user's request with this idempotency key creates: the same key, the same order.
    #[must_use]
    pub fn derived_from_request(user: &UserId, key: &IdempotencyKey) -> Self {
        Self::from_random(digest16(&["order", user.as_str(), key.as_str()]))
    }

    /// The order that a device places by itself, its `number`th of this product: whoever places it, however often,
    /// arrives at the same.
    #[must_use]
    pub fn of_reorder(device: &DeviceId, product: &ProductId, number: u32) -> Self {
        let number = number.to_string();
        Self::from_random(digest16(&["reorder", device.as_str(), product.as_str(), &number]))
    }
}

impl HoldRun {
    /// The run that an execution of `hold-order` is, whatever the length of its ARN: it is kept in every order.
    #[must_use]
    pub fn of_execution(arn: &str) -> Self {
        Self::from_random(digest16(&["hold-order", arn]))
    }
}

impl DeviceId {
    /// The device that a user's request with this idempotency key registers: the same key, the same device.
    #[must_use]
    pub fn derived_from_request(user: &UserId, key: &IdempotencyKey) -> Self {
        Self::from_random(digest16(&["device", user.as_str(), key.as_str()]))
    }
}

impl TicketId {
    /// The ticket that a user's request with this idempotency key lists: the same key, the same ticket.
    #[must_use]
    pub fn derived_from_request(user: &UserId, key: &IdempotencyKey) -> Self {
        Self::from_random(digest16(&["ticket", user.as_str(), key.as_str()]))
    }
}

impl ProductId {
    /// The product that a user's request with this idempotency key creates: the same key, the same product.
    #[must_use]
    pub fn derived_from_request(user: &UserId, key: &IdempotencyKey) -> Self {
        Self::from_random(digest16(&["product", user.as_str(), key.as_str()]))
    }

    /// The product that is sold under this barcode: importing twice finds the same.
    #[must_use]
    pub fn derived_from_barcode(code: &str) -> Self {
        Self::from_random(digest16(&["product", "barcode", code]))
    }
}

impl CategoryId {
    /// The category of this folded name (see [`crate::product::fold`]).
    #[must_use]
    pub fn of_name(folded: &str) -> Self {
        Self::from_random(digest16(&["category", folded]))
    }
}

impl HoldId {
    /// The hold of an order. One order has one hold; a renewed one has the next version.
    #[must_use]
    pub fn of_order(order: &OrderId) -> Self {
        Self::from_random(digest16(&["hold", order.as_str()]))
    }
}

impl DishId {
    /// The dish of the seed that is known by this key: seeding twice finds the same dish.
    #[must_use]
    pub fn derived_from_key(key: &str) -> Self {
        Self::from_random(digest16(&["dish", key]))
    }
}

impl SupplyId {
    /// What an order asks for of one ingredient: a repeated message asks for nothing new.
    #[must_use]
    pub fn of_order(order: &OrderId, ingredient: &str) -> Self {
        Self::from_random(digest16(&["supply", order.as_str(), ingredient]))
    }
}

macro_rules! opaque {
    ($name:ident, $max:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepts 1 to the allowed number of visible ASCII characters.
            ///
            /// # Errors
            /// [`NotAnId`] for anything else.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                if (1..=$max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Ok(Self(text.to_owned()));
                }
                Err(NotAnId {
                    text: text.chars().take(64).collect(),
                    expected: concat!("1 to ", $max, " visible ASCII characters"),
                })
            }

            /// The value as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::parse(&text)
            }
        }
    };
}

opaque!(
    IdempotencyKey,
    255,
    "What the client calls its request, so that repeating it changes nothing."
);
opaque!(
    IntentId,
    255,
    "The provider's name for the one payment intent of an order."
);
opaque!(
    TaskToken,
    2048,
    "What wakes the waiting execution. A secret: whoever has it can answer for the buyer."
);

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({:?})", self.0)
    }
}

impl fmt::Debug for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IntentId({:?})", self.0)
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_another_kind_is_refused() {
        let order = OrderId::from_random([255; 16]);
        assert_eq!(order.as_str().len(), 30);
        assert_eq!(OrderId::parse(order.as_str()), Ok(order.clone()));
        assert!(TicketId::parse(order.as_str()).is_err());
        assert!(OrderId::parse("ord_../../etc/passwd").is_err());
        assert!(OrderId::parse(&order.as_str().to_uppercase()).is_err());
    }

    #[test]
    fn base_32_is_read_back_in_one_spelling_only() {
        for bytes in [[0; 16], [255; 16], *b"sixteen letters."] {
            let text = base32(bytes);
            assert_eq!(read_base32(&text), Some(bytes));
            assert_eq!(read_base32(&text[1..]), None);
            // The first digit has room for three bits: with more of them it would be another spelling of the same.
            assert_eq!(read_base32(&format!("z{}", &text[1..])), None);
        }
        assert_eq!(read_base32(&"u".repeat(26)), None, "no letter of the alphabet");
    }

    #[test]
    fn the_same_request_derives_the_same_order_and_another_does_not() {
        let (ana, bob) = (UserId::from_random([1; 16]), UserId::from_random([2; 16]));
        let key = IdempotencyKey::parse("checkout-1").unwrap();
        let derived = OrderId::derived_from_request(&ana, &key);
        assert_eq!(derived, OrderId::derived_from_request(&ana, &key));
        assert_ne!(derived, OrderId::derived_from_request(&bob, &key));
        assert_ne!(HoldId::of_order(&derived).as_str()[4..], derived.as_str()[4..]);
        let (device, product) = (DeviceId::from_random([3; 16]), ProductId::from_random([4; 16]));
        let reorder = |number| OrderId::of_reorder(&device, &product, number);
        assert_eq!(reorder(1), reorder(1));
        assert_ne!(reorder(1), reorder(2));
    }

    #[test]
    fn a_task_token_never_shows_itself_in_a_log() {
        assert_eq!(
            format!("{:?}", TaskToken::parse("secret").unwrap()),
            "TaskToken(..)"
        );
    }
}
