//! Keys that many orders write. No quota can be raised for them: they are spread, or they are the limit.

use super::counted::Path;
use domain::inventory::SHARDS_MAX;
use domain::order::UNFINISHED_SHARDS;

/// Write units a second under one partition key.
const UNITS_PER_S: f64 = 1_000.0;
/// A head and the row beside it, each one unit and in a transaction two.
const POSTING_UNITS: f64 = 4.0;
/// How long one order has such a head for itself, from the read before the transaction to its end: assumed.
const TURN_S: f64 = 0.01;

/// A key, or some among which orders are spread evenly.
pub struct Key {
    pub name: &'static str,
    /// Where it is, as docs/costs.md says it.
    pub place: &'static str,
    pub keys: f64,
    /// Whether orders write one and the same item there, and not only beside each other: of two transactions that meet at an
    /// item, one is cancelled and has to come again.
    pub in_turn: bool,
    /// Whether every order meets it. If not, only those do that are about the same thing.
    pub is_shared: bool,
}

impl Key {
    /// How many orders of this path it allows in a second; `None` when they do not write there.
    pub fn orders_per_s(&self, path: &Path) -> Option<f64> {
        let units = path.written_at(self.place)?;
        let by_units = self.keys * UNITS_PER_S / units;
        let by_turns = self.keys / (units / POSTING_UNITS * TURN_S);
        Some(match self.in_turn {
            true => by_turns.min(by_units),
            false => by_units,
        })
    }
}

/// Every key that more than one order can want.
pub fn keys() -> [Key; 7] {
    let one = Key {
        name: "",
        place: "",
        keys: 1.0,
        in_turn: false,
        is_shared: true,
    };
    [
        Key {
            name: "the list of tickets",
            place: "tickets/available",
            ..one
        },
        Key {
            name: "what the reconciler looks at",
            place: "orders/unfinished",
            keys: f64::from(UNFINISHED_SHARDS),
            ..one
        },
        Key {
            name: "the kitchen",
            place: "ledgers kitchen",
            in_turn: true,
            ..one
        },
        Key {
            name: "the warehouse",
            place: "ledgers warehouse",
            in_turn: true,
            ..one
        },
        Key {
            name: "one product in one shard",
            place: "inventory",
            in_turn: true,
            is_shared: false,
            ..one
        },
        Key {
            name: "one product in every shard there can be",
            place: "inventory",
            keys: f64::from(SHARDS_MAX),
            in_turn: true,
            is_shared: false,
        },
        Key {
            name: "one ticket that everybody wants",
            place: "tickets",
            is_shared: false,
            ..one
        },
    ]
}
