//! Append-only ledgers: every change of counted stock is a movement, and the balance is the sum of them.
//!
//! A ledger (the kitchen, the warehouse) has one sequence of movements and one head, which holds its balances and the
//! last number of the sequence. Movements that belong together (all ingredients of one dish order) are one
//! [`Posting`]: written in one transaction with the head, under the condition that the head still has the number that
//! was read. So nothing but a posting can change a balance, no number is given twice and none is left out.

use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Items in one ledger. A head of 500 balances is about 20 KB, far below DynamoDB's 400 KB.
pub const ITEMS_MAX: usize = 500;
/// The largest quantity of one movement, and the largest balance.
pub const QUANTITY_MAX: u32 = 1_000_000;

/// A place that keeps a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Where dishes are made; what an order holds, it holds here.
    Kitchen,
    /// Where what is short is asked for, and where what was bought is booked.
    Warehouse,
}

impl Place {
    /// The name in paths, in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kitchen => "kitchen",
            Self::Warehouse => "warehouse",
        }
    }

    /// Reads a place.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Kitchen, Self::Warehouse]
            .into_iter()
            .find(|place| place.as_str() == text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of thing is counted, e.g. `lechuga`: 1 to 64 lower-case letters, digits, `_` or `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ingredient(String);

/// A text that names no ingredient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an ingredient is 1 to 64 lower-case letters, digits, _ or -")]
pub struct NotAnIngredient;

impl Ingredient {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NotAnIngredient`].
    pub fn parse(text: &str) -> Result<Self, NotAnIngredient> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnIngredient)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Ingredient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Ingredient> for String {
    fn from(ingredient: Ingredient) -> Self {
        ingredient.0
    }
}

impl TryFrom<String> for Ingredient {
    type Error = NotAnIngredient;
    fn try_from(text: String) -> Result<Self, NotAnIngredient> {
        Self::parse(&text)
    }
}

/// How much of something there is at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What is physically there.
    pub on_hand: u32,
    /// How much of it is claimed by orders.
    pub held: u32,
}

impl Balance {
    /// What can still be claimed or given: `on_hand - held`.
    #[must_use]
    pub const fn available(self) -> u32 {
        self.on_hand.saturating_sub(self.held)
    }
}

/// What a movement does to a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Stock that was there at the start: on_hand +.
    Set,
    /// Bought at the market: on_hand +.
    Bought,
    /// Came from the warehouse: on_hand +.
    Received,
    /// A claim that was given to the kitchen (the hold is posted): on_hand - and held -.
    Given,
    /// Claimed by an order or a supply request: held +.
    Held,
    /// A claim given back: held -.
    Released,
    /// A claim that became a dish (the hold is posted): on_hand - and held -.
    Served,
    /// A claim that became a sale (the hold is posted): on_hand - and held -.
    Sold,
    /// Taken out by hand (counted again, broken, lost): on_hand -.
    Removed,
    /// Sold, refunded before it left, and back on the shelf: on_hand +.
    Returned,
    /// Came from another shard of the same product: on_hand +.
    MovedIn,
    /// Went to another shard of the same product: on_hand -.
    MovedOut,
}

impl MovementKind {
    /// The name in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Bought => "bought",
            Self::Received => "received",
            Self::Given => "given",
            Self::Held => "held",
            Self::Released => "released",
            Self::Served => "served",
            Self::Sold => "sold",
            Self::Removed => "removed",
            Self::Returned => "returned",
            Self::MovedIn => "moved_in",
            Self::MovedOut => "moved_out",
        }
    }
}

/// One immutable row of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Its number: 1 for the first of its ledger, then without gaps.
    pub seq: u64,
    /// What was moved.
    pub ingredient: Ingredient,
    /// How.
    pub kind: MovementKind,
    /// How much, at least 1.
    pub quantity: u32,
    /// The balance after it.
    pub balance: Balance,
}

/// Movements that happened together: one transaction, one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The ledger.
    pub place: Place,
    /// The number of its last movement.
    pub seq: u64,
    /// The order, supply request or purchase that caused it.
    pub cause: String,
    /// When.
    pub at: Timestamp,
    /// The movements, in the order of their numbers.
    pub movements: Vec<Movement>,
}

/// The head of a ledger: its balances and the number of its last movement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Whose.
    pub place: Place,
    /// The number of the last movement; 0 before the first.
    pub seq: u64,
    /// What there is.
    pub balances: BTreeMap<Ingredient, Balance>,
}

/// A movement that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of what.
    pub ingredient: Ingredient,
    /// How.
    pub kind: MovementKind,
    /// How much. Nothing is moved for 0.
    pub quantity: u32,
}

impl Wanted {
    /// A movement of so much.
    #[must_use]
    pub fn new(ingredient: &Ingredient, kind: MovementKind, quantity: u32) -> Self {
        Self {
            ingredient: ingredient.clone(),
            kind,
            quantity,
        }
    }
}

/// A movement that cannot be: there is not enough, or more than can be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{quantity} of {ingredient} cannot be {kind:?} in the {place}: {balance:?}")]
pub struct Impossible {
    /// Where.
    pub place: Place,
    /// What.
    pub ingredient: Ingredient,
    /// How.
    pub kind: MovementKind,
    /// How much was wanted.
    pub quantity: u32,
    /// What there is.
    pub balance: Balance,
}

/// A posting that is to be written together with its head, under the condition that the head still has the number
/// `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerChange {
    /// The number that the head must still have.
    pub before: u64,
    /// The head afterwards.
    pub after: Ledger,
    /// The new rows.
    pub posting: Posting,
}

impl Ledger {
    /// A ledger without movements.
    #[must_use]
    pub const fn empty(place: Place) -> Self {
        Self {
            place,
            seq: 0,
            balances: BTreeMap::new(),
        }
    }

    /// How much there is of something; nothing of what was never moved.
    #[must_use]
    pub fn balance(&self, ingredient: &Ingredient) -> Balance {
        self.balances.get(ingredient).copied().unwrap_or_default()
    }

    /// Moves everything that is wanted, or nothing. `None` when nothing is wanted.
    ///
    /// # Errors
    /// [`Impossible`] for the first movement that would make a balance negative or uncountable.
    pub fn post(
        &self,
        wanted: impl IntoIterator<Item = Wanted>,
        cause: &str,
        at: Timestamp,
    ) -> Result<Option<LedgerChange>, Impossible> {
        let mut after = self.clone();
        let mut movements = Vec::new();
        for Wanted {
            ingredient,
            kind,
            quantity,
        } in wanted
        {
            if quantity == 0 {
                continue;
            }
            let present = after.balance(&ingredient);
            let is_known = after.balances.contains_key(&ingredient);
            let moved =
                moved(present, kind, quantity).filter(|_| is_known || after.balances.len() < ITEMS_MAX);
            let balance = moved.ok_or_else(|| Impossible {
                place: self.place,
                ingredient: ingredient.clone(),
                kind,
                quantity,
                balance: present,
            })?;
            after.seq += 1;
            after.balances.insert(ingredient.clone(), balance);
            movements.push(Movement {
                seq: after.seq,
                ingredient,
                kind,
                quantity,
                balance,
            });
        }
        if movements.is_empty() {
            return Ok(None);
        }
        let posting = Posting {
            place: self.place,
            seq: after.seq,
            cause: cause.to_owned(),
            at,
            movements,
        };
        Ok(Some(LedgerChange {
            before: self.seq,
            after,
            posting,
        }))
    }
}

/// The balance after a movement; `None` when it would fall below zero, break its own claims or grow too large.
pub(crate) fn moved(balance: Balance, kind: MovementKind, quantity: u32) -> Option<Balance> {
    let Balance { on_hand, held } = balance;
    let (on_hand, held) = match kind {
        MovementKind::Set
        | MovementKind::Bought
        | MovementKind::Received
        | MovementKind::Returned
        | MovementKind::MovedIn => (
            on_hand.checked_add(quantity).filter(|sum| *sum <= QUANTITY_MAX)?,
            held,
        ),
        MovementKind::Held => (on_hand, held.checked_add(quantity)?),
        MovementKind::Released => (on_hand, held.checked_sub(quantity)?),
        MovementKind::Removed | MovementKind::MovedOut => (on_hand.checked_sub(quantity)?, held),
        MovementKind::Given | MovementKind::Served | MovementKind::Sold => {
            (on_hand.checked_sub(quantity)?, held.checked_sub(quantity)?)
        }
    };
    (held <= on_hand).then_some(Balance { on_hand, held })
}

#[cfg(test)]
mod tests;
