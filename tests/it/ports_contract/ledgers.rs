//! Ledgers: every change is a movement with a number of its own, and the balance is the sum of them.
//!
//! Also what the other checks ask of a ledger: fresh ingredients, so that their balances are this check's alone.

use super::{NOW, Ports, all_at_once};
use domain::ledger::{Balance, Ingredient, Ledger, MovementKind, Place, Posting};
use std::collections::BTreeMap;

const PLACES: [Place; 2] = [Place::Kitchen, Place::Warehouse];

impl Ports<'_> {
    /// An ingredient that nobody has heard of.
    pub(super) fn ingredient(&self) -> Ingredient {
        Ingredient::parse(&self.word("i")).unwrap()
    }

    /// A fresh ingredient, of which there is so much.
    pub(super) async fn stocked(&self, place: Place, quantity: u32) -> Ingredient {
        let ingredient = self.ingredient();
        let stock = [(ingredient.clone(), quantity)];
        let cause = self.word("cause");
        let booked = self.ledgers.stock_up(place, &stock, &cause, NOW);
        assert_eq!(booked.await, Ok(()));
        ingredient
    }

    pub(super) async fn head(&self, place: Place) -> Ledger {
        self.ledgers.head(place).await.unwrap()
    }

    /// How much is on hand and how much of it is held.
    pub(super) async fn balance(&self, place: Place, ingredient: &Ingredient) -> (u32, u32) {
        let Balance { on_hand, held } = self.head(place).await.balance(ingredient);
        (on_hand, held)
    }

    /// The last posting of a ledger, as its cause and what was moved.
    pub(super) async fn last_posting(&self, place: Place) -> (String, Vec<(Ingredient, MovementKind, u32)>) {
        let seq = self.head(place).await.seq;
        let mut postings = self.ledgers.postings_after(place, seq - 1, 10).await.unwrap();
        assert_eq!(postings.len(), 1, "one posting ends with the last number");
        let posting = postings.remove(0);
        assert_eq!((posting.place, posting.seq), (place, seq));
        let moves = posting.movements.into_iter();
        let moves = moves.map(|moved| (moved.ingredient, moved.kind, moved.quantity));
        (posting.cause, moves.collect())
    }
}

pub async fn stock_is_booked_once_under_its_cause(ports: &Ports<'_>) {
    let (one, other, nothing) = (ports.ingredient(), ports.ingredient(), ports.ingredient());
    let stock = [(one.clone(), 4), (nothing.clone(), 0), (other.clone(), 2)];
    let cause = ports.word("cause");
    for place in PLACES {
        let before = ports.head(place).await.seq;
        // Again is later, and changes nothing, also when it is not the same stock.
        for (stock, now) in [(&stock[..], NOW), (&stock[..], NOW.plus_s(5)), (&stock[..1], NOW)] {
            assert_eq!(ports.ledgers.stock_up(place, stock, &cause, now).await, Ok(()));
        }
        let head = ports.head(place).await;
        assert_eq!((head.place, head.seq), (place, before + 2));
        assert_eq!(ports.balance(place, &one).await, (4, 0));
        assert_eq!(ports.balance(place, &other).await, (2, 0));
        assert!(!head.balances.contains_key(&nothing));
        let moves = vec![
            (one.clone(), MovementKind::Set, 4),
            (other.clone(), MovementKind::Set, 2),
        ];
        assert_eq!(ports.last_posting(place).await, (cause.clone(), moves));
    }
    // Stock of nothing is no posting.
    let before = ports.head(Place::Kitchen).await;
    let cause = ports.word("cause");
    let booked = ports.ledgers.stock_up(Place::Kitchen, &stock[1..2], &cause, NOW);
    assert_eq!(booked.await, Ok(()));
    assert_eq!(ports.head(Place::Kitchen).await, before);
}

pub async fn stock_booked_at_one_moment_is_all_booked(ports: &Ports<'_>) {
    let stock = [(ports.ingredient(), 3)];
    let (same, mut causes) = (ports.word("cause"), vec![]);
    for _ in 0..4 {
        causes.push(same.clone());
        causes.push(ports.word("cause"));
    }
    let booking = causes
        .iter()
        .map(|cause| ports.ledgers.stock_up(Place::Warehouse, &stock, cause, NOW));
    for booked in all_at_once(booking).await {
        assert_eq!(booked, Ok(()));
    }
    // Four causes of their own, and one that was asked for four times.
    assert_eq!(ports.balance(Place::Warehouse, &stock[0].0).await, (15, 0));
}

pub async fn movements_have_no_gaps_and_add_up(ports: &Ports<'_>) {
    for place in PLACES {
        let head = ports.head(place).await;
        for limit in [3, 100] {
            let postings = read_to_the_end(ports, place, limit).await;
            let mut sums: BTreeMap<Ingredient, (i64, i64)> = BTreeMap::new();
            let mut seq = 0;
            for movement in postings.iter().flat_map(|posting| &posting.movements) {
                seq += 1;
                assert_eq!(movement.seq, seq, "a number is missing or given twice");
                assert!(movement.quantity > 0);
                let (on_hand, held) = effect(movement.kind);
                let sum = sums.entry(movement.ingredient.clone()).or_default();
                sum.0 += on_hand * i64::from(movement.quantity);
                sum.1 += held * i64::from(movement.quantity);
                let Balance { on_hand, held } = movement.balance;
                assert_eq!((i64::from(on_hand), i64::from(held)), *sum);
                assert!(held <= on_hand, "more is held than there is");
            }
            assert_eq!(seq, head.seq);
            let balances = head.balances.iter().map(|(ingredient, balance)| {
                let Balance { on_hand, held } = *balance;
                (ingredient.clone(), (i64::from(on_hand), i64::from(held)))
            });
            assert_eq!(balances.collect::<BTreeMap<_, _>>(), sums);
        }
        let beyond = ports.ledgers.postings_after(place, head.seq, 5).await;
        assert_eq!(beyond, Ok(Vec::new()));
        let beyond = ports.ledgers.postings_after(place, u64::MAX, 5).await;
        assert_eq!(beyond, Ok(Vec::new()));
    }
}

/// What one of it does to what is on hand and to what is held.
pub(super) fn effect(kind: MovementKind) -> (i64, i64) {
    match kind {
        MovementKind::Set
        | MovementKind::Bought
        | MovementKind::Received
        | MovementKind::Returned
        | MovementKind::MovedIn => (1, 0),
        MovementKind::Removed | MovementKind::MovedOut => (-1, 0),
        MovementKind::Held => (0, 1),
        MovementKind::Released => (0, -1),
        MovementKind::Given | MovementKind::Served | MovementKind::Sold => (-1, -1),
    }
}

async fn read_to_the_end(ports: &Ports<'_>, place: Place, limit: u16) -> Vec<Posting> {
    let mut postings: Vec<Posting> = Vec::new();
    loop {
        let after = postings.last().map_or(0, |posting| posting.seq);
        let more = ports.ledgers.postings_after(place, after, limit).await.unwrap();
        assert!(more.len() <= usize::from(limit), "more than asked for");
        if more.is_empty() {
            return postings;
        }
        for posting in &more {
            let last = posting.movements.last().map(|movement| movement.seq);
            assert_eq!((posting.place, last), (place, Some(posting.seq)));
        }
        postings.extend(more);
    }
}
