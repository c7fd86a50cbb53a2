//! What an order moves in the kitchen, computed from the kitchen's head.

use domain::ledger::{Ledger, LedgerChange, Wanted};
use domain::ports::CommitError;
use domain::stock::StockChange;
use domain::{Decision, Fault, Timestamp};

/// The movements of one decision.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moves<'a> {
    wanted: &'a [Wanted],
    cause: &'a str,
    /// The number that the head must have, when the decision depends on what was read.
    pub(super) seen_seq: Option<u64>,
}

impl<'a> Moves<'a> {
    /// The movements of this decision; `None` for an order of other things.
    ///
    /// # Errors
    /// [`Fault::Defect`] for more than one change to the ledger: a transaction writes no item twice.
    pub(super) fn of(decision: &'a Decision) -> Result<Option<Self>, Fault> {
        let mut changes = decision.stock.iter().filter_map(|change| match change {
            StockChange::MoveIngredients {
                moves,
                cause,
                seen_seq,
            } => Some(Self {
                wanted: moves,
                cause,
                seen_seq: *seen_seq,
            }),
            StockChange::HoldTicket { .. }
            | StockChange::ReleaseTicket { .. }
            | StockChange::ReturnTicket { .. }
            | StockChange::PostTicket { .. }
            | StockChange::MoveProduct { .. } => None,
        });
        match (changes.next(), changes.next()) {
            (moves, None) => Ok(moves),
            (_, Some(_)) => Err(Fault::Defect(format!(
                "{} moves ingredients twice in one decision",
                decision.after.order_id
            ))),
        }
    }

    /// What they make of the kitchen; `None` when all of them are of nothing.
    ///
    /// # Errors
    /// [`CommitError::LedgerMoved`] when the decision depends on another head than this one. A claim that is not there
    /// although the decision depends on no head is a [`Fault::Defect`].
    pub(super) fn post(&self, kitchen: &Ledger, at: Timestamp) -> Result<Option<LedgerChange>, CommitError> {
        if self.seen_seq.is_some_and(|seen| seen != kitchen.seq) {
            return Err(CommitError::LedgerMoved);
        }
        kitchen
            .post(self.wanted.iter().cloned(), self.cause, at)
            .map_err(|impossible| match self.seen_seq {
                Some(_) => CommitError::LedgerMoved,
                None => CommitError::Fault(Fault::Defect(impossible.to_string())),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::{NOW, placing};
    use crate::ledgers::samples::{ingredient, stocked};
    use domain::ledger::{MovementKind, Place};

    fn moving(kind: MovementKind, quantity: u32, seen_seq: Option<u64>) -> Decision {
        let mut decision = placing(0);
        decision.stock = vec![StockChange::MoveIngredients {
            moves: vec![Wanted::new(&ingredient("pollo"), kind, quantity)],
            cause: "ord".to_owned(),
            seen_seq,
        }];
        decision
    }

    #[test]
    fn an_order_of_tickets_moves_no_ingredients_and_none_moves_them_twice() {
        assert_eq!(Moves::of(&placing(2)), Ok(None));
        let mut twice = moving(MovementKind::Held, 1, None);
        twice.stock.extend(twice.stock.clone());
        assert!(matches!(Moves::of(&twice), Err(Fault::Defect(_))));
    }

    #[test]
    fn a_decision_holds_for_the_head_that_it_was_made_from() {
        let kitchen = stocked(Place::Kitchen, 5).after;
        let post = |kind, quantity, seen_seq| {
            let decision = moving(kind, quantity, seen_seq);
            Moves::of(&decision).unwrap().unwrap().post(&kitchen, NOW)
        };
        let held = post(MovementKind::Held, 5, Some(2)).unwrap().unwrap();
        assert_eq!((held.before, held.after.seq), (2, 3));
        assert_eq!(
            post(MovementKind::Held, 5, Some(1)),
            Err(CommitError::LedgerMoved)
        );
        assert_eq!(
            post(MovementKind::Held, 6, Some(2)),
            Err(CommitError::LedgerMoved)
        );
        assert_eq!(post(MovementKind::Held, 0, None), Ok(None));
        assert!(matches!(
            post(MovementKind::Released, 1, None),
            Err(CommitError::Fault(Fault::Defect(text))) if text.contains("pollo")
        ));
    }
}
