//! Supply requests change with the warehouse they take from, or not at all.

use super::{NOW, Ports, all_at_once};
use domain::OrderId;
use domain::ledger::{Ingredient, MovementKind, Place};
use domain::ports::{SupplyError, decide_and_supply};
use domain::supply::{Supply, SupplyDecision, SupplyStatus};
use domain::{Fault, Refusal};

impl Ports<'_> {
    /// Asks for so much for a fresh order.
    async fn opened(&self, ingredient: &Ingredient, wanted: u32) -> Supply {
        let opening = self.opening(ingredient, wanted);
        assert_eq!(self.supply(&opening).await, Ok(()));
        opening.after
    }

    fn opening(&self, ingredient: &Ingredient, wanted: u32) -> SupplyDecision {
        Supply::open(&OrderId::from_random(self.bytes16()), ingredient, wanted, NOW)
    }

    /// Commits a decision to the warehouse as it stands.
    async fn supply(&self, decision: &SupplyDecision) -> Result<(), SupplyError> {
        let warehouse = self.head(Place::Warehouse).await;
        self.supplies.commit(decision, &warehouse, NOW).await
    }

    /// The decision to take what there is.
    async fn taking(&self, supply: &Supply) -> SupplyDecision {
        let warehouse = self.head(Place::Warehouse).await;
        supply
            .take_what_there_is(warehouse.balance(&supply.ingredient), NOW)
            .expect("there is something to take")
    }

    async fn read_supply(&self, supply: &Supply) -> Supply {
        self.supplies
            .get(&supply.supply_id)
            .await
            .unwrap()
            .expect("the request is there")
    }

    async fn in_warehouse(&self, ingredient: &Ingredient) -> (u32, u32) {
        self.balance(Place::Warehouse, ingredient).await
    }
}

pub async fn a_request_takes_buys_and_gives(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Warehouse, 2).await;
    let opening = ports.opening(&lettuce, 4);
    let before = ports.head(Place::Warehouse).await;
    assert_eq!(ports.supplies.get(&opening.after.supply_id).await, Ok(None));
    assert_eq!(ports.supply(&opening).await, Ok(()));
    assert_eq!(ports.read_supply(&opening.after).await, opening.after);
    assert_eq!(ports.supply(&opening).await, Err(SupplyError::Moved));
    assert_eq!(ports.head(Place::Warehouse).await, before, "asking moves nothing");
    let taking = ports.taking(&opening.after).await;
    assert_eq!(ports.supply(&taking).await, Ok(()));
    assert_eq!(ports.in_warehouse(&lettuce).await, (2, 2));
    // An empty market is a round, and no movement.
    let nothing = taking.after.book_purchase(1, 0, NOW).unwrap();
    let before = ports.head(Place::Warehouse).await;
    assert_eq!(ports.supply(&nothing).await, Ok(()));
    assert_eq!(ports.head(Place::Warehouse).await, before);
    assert_eq!(ports.read_supply(&opening.after).await, nothing.after);
    let buying = nothing.after.book_purchase(2, 7, NOW).unwrap();
    assert_eq!(ports.supply(&buying).await, Ok(()));
    assert_eq!(ports.in_warehouse(&lettuce).await, (5, 0));
    let stands = ports.read_supply(&opening.after).await;
    assert_eq!(stands, buying.after);
    assert_eq!(stands.status, SupplyStatus::Given);
    let moves = vec![
        (lettuce.clone(), MovementKind::Bought, 7),
        (lettuce.clone(), MovementKind::Held, 2),
        (lettuce.clone(), MovementKind::Given, 4),
    ];
    assert_eq!(
        ports.last_posting(Place::Warehouse).await,
        (buying.cause.clone(), moves)
    );
    // The same purchase again is not booked again.
    assert_eq!(ports.supply(&buying).await, Err(SupplyError::Moved));
    assert_eq!(ports.in_warehouse(&lettuce).await, (5, 0));
}

pub async fn of_two_decisions_about_one_request_one_is_late(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Warehouse, 1).await;
    let supply = ports.opened(&lettuce, 9).await;
    let bought = supply.book_purchase(1, 3, NOW).unwrap();
    let empty = supply.book_purchase(1, 0, NOW).unwrap();
    assert_eq!(ports.supply(&bought).await, Ok(()));
    for late in [&bought, &empty] {
        assert_eq!(ports.supply(late).await, Err(SupplyError::Moved));
    }
    assert_eq!(ports.in_warehouse(&lettuce).await, (4, 3));
    assert_eq!(ports.read_supply(&supply).await, bought.after);
}

pub async fn of_two_requests_at_one_head_one_is_late(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Warehouse, 5).await;
    let (one, other) = (ports.opened(&lettuce, 4).await, ports.opened(&lettuce, 4).await);
    let warehouse = ports.head(Place::Warehouse).await;
    let (first, second) = (ports.taking(&one).await, ports.taking(&other).await);
    assert_eq!(ports.supplies.commit(&first, &warehouse, NOW).await, Ok(()));
    let late = ports.supplies.commit(&second, &warehouse, NOW).await;
    assert_eq!(late, Err(SupplyError::Moved));
    assert_eq!(ports.read_supply(&other).await, other);
    assert_eq!(ports.in_warehouse(&lettuce).await, (1, 0));
    // Decided again it takes what is left.
    let again = ports.taking(&other).await;
    assert_eq!(ports.supply(&again).await, Ok(()));
    assert_eq!(ports.in_warehouse(&lettuce).await, (1, 1));
}

pub async fn a_request_that_moved_comes_before_its_claim(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Warehouse, 2).await;
    let supply = ports.opened(&lettuce, 4).await;
    let taking = ports.taking(&supply).await;
    assert_eq!(ports.supply(&taking).await, Ok(()));
    let giving_up = taking.after.give_up(NOW).unwrap();
    assert_eq!(ports.supply(&giving_up).await, Ok(()));
    // There is no claim left to be given back, because the request has moved.
    assert_eq!(ports.supply(&giving_up).await, Err(SupplyError::Moved));
    assert_eq!(ports.in_warehouse(&lettuce).await, (2, 0));
    // A claim that never was is another matter.
    let supply = ports.opened(&lettuce, 4).await;
    let mut wrong = supply.clone();
    wrong.held = 3;
    let wrong = wrong.give_up(NOW).unwrap();
    assert!(matches!(
        ports.supply(&wrong).await,
        Err(SupplyError::Fault(Fault::Defect(_)))
    ));
    assert_eq!(ports.read_supply(&supply).await, supply);
}

pub async fn giving_up_frees_what_was_claimed_and_keeps_what_was_bought(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Warehouse, 1).await;
    let supply = ports.opened(&lettuce, 9).await;
    let bought = supply.book_purchase(1, 3, NOW).unwrap();
    assert_eq!(ports.supply(&bought).await, Ok(()));
    let giving_up = bought.after.give_up(NOW).unwrap();
    assert_eq!(ports.supply(&giving_up).await, Ok(()));
    assert_eq!(ports.in_warehouse(&lettuce).await, (4, 0));
    assert_eq!(ports.read_supply(&supply).await.status, SupplyStatus::Unavailable);
}

pub async fn many_requests_share_what_there_is_and_no_more(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Warehouse, 20).await;
    let mut opened = Vec::new();
    for _ in 0..12 {
        opened.push(ports.opened(&lettuce, 3).await);
    }
    let take = |supply: &Supply, warehouse: &domain::ledger::Ledger| {
        supply.take_what_there_is(warehouse.balance(&supply.ingredient), NOW)
    };
    // Each is worked on twice at the same moment, as a message that was delivered twice.
    let working = opened
        .iter()
        .chain(&opened)
        .map(|supply| decide_and_supply(ports.supplies, ports.ledgers, &supply.supply_id, NOW, &take));
    for answer in all_at_once(working).await {
        assert!(answer.is_ok(), "{answer:?}");
    }
    let mut held = Vec::new();
    for supply in &opened {
        held.push(ports.read_supply(supply).await.held);
    }
    held.sort_unstable();
    assert_eq!(held, [0, 0, 0, 0, 0, 2, 3, 3, 3, 3, 3, 3]);
    // What was complete is given: only the two that are not enough are still there, claimed.
    assert_eq!(ports.in_warehouse(&lettuce).await, (2, 2));
    let nobody = ports.opening(&lettuce, 1).after.supply_id;
    let unknown = decide_and_supply(ports.supplies, ports.ledgers, &nobody, NOW, &take).await;
    assert_eq!(unknown, Err(Fault::Refused(Refusal::not_found("supply request"))));
}
