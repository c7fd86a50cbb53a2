//! Dish orders on the seed's stock: exactly what is there is held, exactly the rest is asked for.

use super::*;
use crate::ids::{DishId, OrderId, UserId};
use crate::ledger::{Balance, LedgerChange, Place};
use crate::market::YIELD_MAX;
use crate::money::{Currency, PriceMinor};
use crate::order::{Interruption, Line, Thing};
use crate::supply::{Supply, SupplyDecision, SupplyStatus};
use proptest::prelude::*;

fn at(second: u32) -> Timestamp {
    Timestamp::from_ms(i64::from(second) * 1000)
}

fn ingredient(name: &str) -> Ingredient {
    Ingredient::parse(name).unwrap()
}

fn stocked(place: Place, stock: &[(&str, u32)]) -> Ledger {
    let set = stock
        .iter()
        .map(|(name, quantity)| Wanted::new(&ingredient(name), MovementKind::Set, *quantity));
    Ledger::empty(place)
        .post(set, "seed", at(0))
        .unwrap()
        .unwrap()
        .after
}

fn caesar() -> Recipe {
    Recipe::from([(ingredient("lechuga"), 5), (ingredient("pollo"), 2)])
}

fn order(byte: u8) -> NewOrder {
    NewOrder {
        order_id: OrderId::from_random([byte; 16]),
        user_id: UserId::from_random([7; 16]),
        lines: vec![Line {
            thing: Thing::Dish {
                dish_id: DishId::derived_from_key("ensalada_cesar"),
            },
            title: "Ensalada César".to_owned(),
            quantity: 1,
            price_minor: PriceMinor::new(950).unwrap(),
        }],
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: 900,
        device_id: None,
        request_fingerprint: "f".to_owned(),
        run: crate::HoldRun::of_execution("run"),
    }
}

/// Carries the stock changes of a decision out.
fn moved(ledger: &Ledger, stock: &[StockChange]) -> Ledger {
    stock.iter().fold(ledger.clone(), |ledger, change| match change {
        StockChange::MoveIngredients { moves, cause, .. } => {
            let change: Option<LedgerChange> = ledger.post(moves.clone(), cause, at(0)).unwrap();
            change.map_or(ledger, |change| change.after)
        }
        other => panic!("{other:?}"),
    })
}

fn change(ruling: Result<Ruling, Fault>) -> Decision {
    match ruling.unwrap() {
        Ruling::Change(decision) => *decision,
        Ruling::AlreadyDone => panic!("nothing to write"),
    }
}

#[test]
fn the_first_caesar_asks_for_exactly_one_lettuce_and_holds_it_for_itself() {
    let kitchen = stocked(Place::Kitchen, &[("lechuga", 4), ("pollo", 2)]);
    let placed = Order::place_dishes(order(1), &caesar(), &kitchen, at(0)).unwrap();
    assert_eq!(placed.after.status, Status::Gathering);
    let missing: Vec<Missing> = placed.after.missing().collect();
    assert_eq!(
        missing,
        [Missing {
            ingredient: ingredient("lechuga"),
            quantity: 1
        }]
    );
    let kitchen = moved(&kitchen, &placed.stock);

    let received = change(placed.after.receive(&ingredient("lechuga"), 1, at(5)));
    assert_eq!(received.after.status, Status::Held);
    assert_eq!(
        received.after.hold.expires_at,
        at(905),
        "the time to pay begins when everything is there"
    );
    let kitchen = moved(&kitchen, &received.stock);
    assert_eq!(
        kitchen.balance(&ingredient("lechuga")),
        Balance { on_hand: 5, held: 5 }
    );
    assert_eq!(
        received.after.receive(&ingredient("lechuga"), 1, at(6)),
        Ok(Ruling::AlreadyDone)
    );

    let paying = change(
        received
            .after
            .begin_payment(CardToken::parse("tok_visa").unwrap(), at(7)),
    )
    .after;
    let paid = change(paying.record_outcome(1, &crate::ChargeOutcome::Succeeded, 0, at(8))).after;
    let served = change(paid.complete(at(9)));
    let kitchen = moved(&kitchen, &served.stock);
    assert_eq!(kitchen.balance(&ingredient("lechuga")), Balance::default());
    assert_eq!(kitchen.balance(&ingredient("pollo")), Balance::default());
}

#[test]
fn what_is_held_of_a_dish_holds_for_the_ledger_that_was_read() {
    let kitchen = stocked(Place::Kitchen, &[("lechuga", 4), ("pollo", 2)]);
    let placed = Order::place_dishes(order(1), &caesar(), &kitchen, at(0)).unwrap();
    match placed.stock.as_slice() {
        [StockChange::MoveIngredients { seen_seq, .. }] => assert_eq!(*seen_seq, Some(kitchen.seq)),
        other => panic!("{other:?}"),
    }
    assert_eq!(placed.holder, HolderChange::Add { holds_max: HOLDS_MAX });
}

#[test]
fn a_card_given_along_is_charged_as_soon_as_everything_is_held() {
    let kitchen = stocked(Place::Kitchen, &[("lechuga", 4), ("pollo", 2)]);
    let placed = Order::place_dishes(order(1), &caesar(), &kitchen, at(0))
        .unwrap()
        .after;
    let card = CardToken::parse("tok_visa").unwrap();
    assert_eq!(
        placed.begin_payment(card.clone(), at(1)).unwrap_err().name(),
        "OrderStillGathering"
    );
    let waiting = change(placed.pay_when_held(card, at(1))).after;
    let received = change(waiting.receive(&ingredient("lechuga"), 1, at(5))).after;
    assert_eq!((received.status, received.attempts.len()), (Status::Paying, 1));
}

#[test]
fn what_comes_for_an_order_that_has_ended_is_free_stock() {
    let kitchen = stocked(Place::Kitchen, &[("lechuga", 4), ("pollo", 2)]);
    let placed = Order::place_dishes(order(1), &caesar(), &kitchen, at(0)).unwrap();
    let kitchen = moved(&kitchen, &placed.stock);
    let ended = change(placed.after.void(Interruption::Unavailable, at(1)));
    let kitchen = moved(&kitchen, &ended.stock);
    let received = change(ended.after.receive(&ingredient("lechuga"), 1, at(2)));
    assert_eq!(received.after.status, Status::Unavailable);
    let kitchen = moved(&kitchen, &received.stock);
    assert_eq!(
        kitchen.balance(&ingredient("lechuga")),
        Balance { on_hand: 5, held: 0 }
    );
    assert_eq!(
        kitchen.balance(&ingredient("pollo")),
        Balance { on_hand: 2, held: 0 }
    );
}

/// Carries a supply decision out on the warehouse.
fn booked(warehouse: &Ledger, decision: &SupplyDecision) -> Ledger {
    let change = warehouse
        .post(decision.moves.clone(), &decision.cause, at(0))
        .unwrap();
    change.map_or_else(|| warehouse.clone(), |change| change.after)
}

proptest! {
    #[test]
    fn a_supply_request_buys_until_it_has_enough_or_gives_everything_up(
        there_is in 0..10_u32,
        wanted in 1..40_u32,
        yields in prop::collection::vec(0..=YIELD_MAX, 1..30)
    ) {
        let lettuce = ingredient("lechuga");
        let mut warehouse = stocked(Place::Warehouse, &[("lechuga", there_is), ("pollo", 1)]);
        let mut supply = Supply::open(&OrderId::from_random([1; 16]), &lettuce, wanted, at(0)).after;
        if let Some(decision) = supply.take_what_there_is(warehouse.balance(&lettuce), at(0)) {
            warehouse = booked(&warehouse, &decision);
            supply = decision.after;
        }
        let mut bought = 0;
        for (index, quantity) in yields.iter().enumerate() {
            let round = index as u32 + 1;
            if let Some(decision) = supply.book_purchase(round, *quantity, at(0)) {
                warehouse = booked(&warehouse, &decision);
                supply = decision.after;
                bought += quantity;
            }
            prop_assert_eq!(supply.book_purchase(round, *quantity, at(0)), None, "a round is booked once");
        }
        if let Some(decision) = supply.give_up(at(0)) {
            warehouse = booked(&warehouse, &decision);
            supply = decision.after;
        }
        let given = if supply.status == SupplyStatus::Given { wanted } else { 0 };
        prop_assert_eq!(supply.status == SupplyStatus::Given, there_is + bought >= wanted);
        prop_assert_eq!(warehouse.balance(&lettuce), Balance { on_hand: there_is + bought - given, held: 0 });
    }
}
