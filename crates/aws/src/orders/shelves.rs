//! What an order moves of products, computed from the heads of their shards.

use crate::inventory::ShardKey;
use domain::inventory::{Shard, ShardChange};
use domain::ledger::MovementKind;
use domain::ports::CommitError;
use domain::stock::StockChange;
use domain::{Decision, Fault, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The movements of one decision, by shard: whoever writes the same shards writes them in the same order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ShelfMoves<'a>(BTreeMap<ShardKey, ShelfMove<'a>>);

#[derive(Debug, PartialEq, Eq)]
struct ShelfMove<'a> {
    kind: MovementKind,
    quantity: u32,
    cause: &'a str,
    /// The head that the decision was made from, when it depends on it.
    seen: Option<&'a Shard>,
}

impl<'a> ShelfMoves<'a> {
    /// The movements of this decision; none for an order of other things.
    ///
    /// # Errors
    /// [`Fault::Defect`] for more than one change to a shard: a transaction writes no item twice.
    pub(super) fn of(decision: &'a Decision) -> Result<Self, Fault> {
        let mut moves = BTreeMap::new();
        for change in &decision.stock {
            let StockChange::MoveProduct {
                product_id,
                shard,
                kind,
                quantity,
                cause,
                seen,
            } = change
            else {
                continue;
            };
            let wanted = ShelfMove {
                kind: *kind,
                quantity: *quantity,
                cause,
                seen: seen.as_deref(),
            };
            if moves.insert((product_id.clone(), *shard), wanted).is_some() {
                return Err(Fault::Defect(format!(
                    "{} moves shard {shard} of {product_id} twice in one decision",
                    decision.after.order_id
                )));
            }
        }
        Ok(Self(moves))
    }

    /// Whether nothing is moved.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the decision depends on what was read, so that only whoever made it can make it anew.
    pub(super) fn depend_on_heads(&self) -> bool {
        self.0.values().any(|wanted| wanted.seen.is_some())
    }

    /// The shards whose heads have to be read.
    pub(super) fn unread(&self) -> BTreeSet<ShardKey> {
        let unread = self.0.iter().filter(|(_, wanted)| wanted.seen.is_none());
        unread.map(|(key, _)| key.clone()).collect()
    }

    /// What they make of the shards; `heads` are those of [`ShelfMoves::unread`].
    ///
    /// # Errors
    /// [`Fault::Defect`] for what cannot be: a hold is decided from the head that it names, and a claim that ends is
    /// there.
    pub(super) fn post(
        &self,
        heads: &BTreeMap<ShardKey, Shard>,
        at: Timestamp,
    ) -> Result<Vec<ShardChange>, CommitError> {
        let changes = self.0.iter().map(|(key, wanted)| {
            let head = wanted.seen.or_else(|| heads.get(key)).ok_or_else(|| {
                let (product_id, shard) = key;
                CommitError::Fault(Fault::Defect(format!("{product_id} has no shard {shard}")))
            })?;
            head.post(wanted.kind, wanted.quantity, wanted.cause, at)
                .map_err(|not_there| CommitError::Fault(Fault::Defect(not_there.to_string())))
        });
        changes.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::{NOW, placing};
    use domain::ProductId;

    fn head(number: u8, on_hand: u32) -> Shard {
        let empty = Shard::empty(&ProductId::from_random([7; 16]), number, 1);
        empty.post(MovementKind::Set, on_hand, "seed", NOW).unwrap().after
    }

    fn moving(kind: MovementKind, quantity: u32, shards: &[u8], seen: bool) -> Decision {
        let mut decision = placing(0);
        decision.stock = shards
            .iter()
            .map(|number| StockChange::MoveProduct {
                product_id: ProductId::from_random([7; 16]),
                shard: *number,
                kind,
                quantity,
                cause: "ord".to_owned(),
                seen: seen.then(|| Box::new(head(*number, 5))),
            })
            .collect();
        decision
    }

    #[test]
    fn an_order_of_tickets_moves_no_shard_and_none_moves_one_twice() {
        assert!(ShelfMoves::of(&placing(2)).unwrap().is_empty());
        let twice = moving(MovementKind::Held, 1, &[3, 3], true);
        assert!(matches!(ShelfMoves::of(&twice), Err(Fault::Defect(_))));
    }

    #[test]
    fn a_hold_reads_no_head_and_stands_in_the_order_of_shards() {
        let decision = moving(MovementKind::Held, 2, &[9, 0, 4], true);
        let moves = ShelfMoves::of(&decision).unwrap();
        assert!(moves.depend_on_heads() && moves.unread().is_empty());
        let changes = moves.post(&BTreeMap::new(), NOW).unwrap();
        let numbers: Vec<u8> = changes.iter().map(|change| change.after.number).collect();
        assert_eq!(numbers, [0, 4, 9]);
        assert!(changes.iter().all(|change| change.after.balance.held == 2));
    }

    #[test]
    fn a_release_is_computed_from_the_heads_that_are_read() {
        let decision = moving(MovementKind::Released, 2, &[1], false);
        let moves = ShelfMoves::of(&decision).unwrap();
        assert!(!moves.depend_on_heads());
        assert_eq!(moves.unread().len(), 1);
        let held = head(1, 5).post(MovementKind::Held, 2, "ord", NOW).unwrap().after;
        let key = (held.product_id.clone(), 1);
        let changes = moves.post(&BTreeMap::from([(key.clone(), held)]), NOW).unwrap();
        assert_eq!(changes[0].after.balance.held, 0);
        for heads in [BTreeMap::new(), BTreeMap::from([(key, head(1, 5))])] {
            assert!(matches!(
                moves.post(&heads, NOW),
                Err(CommitError::Fault(Fault::Defect(_)))
            ));
        }
    }
}
