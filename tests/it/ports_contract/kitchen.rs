//! Dish orders hold in the kitchen what there is, exactly, and their claims end once.

use super::{NOW, Ports, all_at_once, change, price};
use domain::dish::Recipe;
use domain::ledger::{Ingredient, Ledger, MovementKind, Place};
use domain::order::{Line, NewOrder, Thing};
use domain::ports::CommitError;
use domain::stock::StockChange;
use domain::{
    CardToken, ChargeOutcome, Currency, Decision, DishId, Fault, HolderChange, Order, OrderId, Status, UserId,
};

/// How many order at once.
const ASKERS: usize = 12;

impl Ports<'_> {
    /// The decision to place an order that needs all this, made from this head.
    pub(super) fn placing_dishes(&self, user_id: &UserId, needed: &Recipe, kitchen: &Ledger) -> Decision {
        let line = Line {
            thing: Thing::Dish {
                dish_id: DishId::from_random(self.bytes16()),
            },
            title: "Ensalada César".to_owned(),
            quantity: 1,
            price_minor: price(850),
        };
        let new = NewOrder {
            order_id: OrderId::from_random(self.bytes16()),
            user_id: user_id.clone(),
            lines: vec![line],
            currency: Currency::parse("usd").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "fingerprint".to_owned(),
            run: domain::HoldRun::of_execution("run"),
        };
        Order::place_dishes(new, needed, kitchen, NOW).unwrap()
    }

    /// Places an order of a fresh buyer that needs so much of each.
    pub(super) async fn placed_dish(&self, needed: &[(&Ingredient, u32)]) -> Order {
        let kitchen = self.head(Place::Kitchen).await;
        let decision = self.placing_dishes(&self.user(), &recipe(needed), &kitchen);
        assert_eq!(self.orders.commit(&decision).await, Ok(()));
        decision.after
    }

    async fn in_kitchen(&self, ingredient: &Ingredient) -> (u32, u32) {
        self.balance(Place::Kitchen, ingredient).await
    }
}

fn recipe(needed: &[(&Ingredient, u32)]) -> Recipe {
    let needed = needed.iter();
    needed
        .map(|(ingredient, units)| ((*ingredient).clone(), *units))
        .collect()
}

pub async fn a_dish_order_holds_exactly_what_there_is(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 4).await;
    let chicken = ports.stocked(Place::Kitchen, 3).await;
    let order = ports.placed_dish(&[(&lettuce, 5), (&chicken, 2)]).await;
    assert_eq!(ports.read_order(&order.order_id).await, order);
    assert_eq!(order.status, Status::Gathering);
    let missing: Vec<_> = order.missing().map(|m| (m.ingredient, m.quantity)).collect();
    assert_eq!(missing, [(lettuce.clone(), 1)]);
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 4));
    assert_eq!(ports.in_kitchen(&chicken).await, (3, 2));
    let (cause, mut moves) = ports.last_posting(Place::Kitchen).await;
    assert_eq!(cause, order.order_id.to_string());
    moves.sort_by_key(|(_, _, quantity)| *quantity);
    assert_eq!(
        moves,
        [(chicken, MovementKind::Held, 2), (lettuce, MovementKind::Held, 4)]
    );
}

pub async fn an_order_that_finds_nothing_moves_nothing(ports: &Ports<'_>) {
    let before = ports.head(Place::Kitchen).await;
    let unheard_of = ports.ingredient();
    let order = ports.placed_dish(&[(&unheard_of, 3)]).await;
    assert_eq!(ports.head(Place::Kitchen).await, before);
    let cancelling = change(order.cancel(NOW));
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    assert_eq!(ports.head(Place::Kitchen).await, before);
    assert_eq!(ports.read_order(&order.order_id).await, cancelling.after);
}

pub async fn of_two_decisions_from_one_head_one_is_late(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 4).await;
    let kitchen = ports.head(Place::Kitchen).await;
    let needed = recipe(&[(&lettuce, 1)]);
    let buyer = ports.user();
    let first = ports.placing_dishes(&ports.user(), &needed, &kitchen);
    let mut second = ports.placing_dishes(&buyer, &needed, &kitchen);
    second.holder = HolderChange::Add { holds_max: 1 };
    assert_eq!(ports.orders.commit(&first).await, Ok(()));
    // There would be enough for both; but what the second was decided from is no longer so.
    assert_eq!(ports.orders.commit(&second).await, Err(CommitError::LedgerMoved));
    assert_eq!(ports.orders.get(&second.after.order_id).await, Ok(None));
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 1));
    // Decided again it is right, and the buyer's hold was not counted before.
    let mut again = ports.placing_dishes(&buyer, &needed, &ports.head(Place::Kitchen).await);
    again.holder = HolderChange::Add { holds_max: 1 };
    assert_eq!(ports.orders.commit(&again).await, Ok(()));
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 2));
    let third = ports.placing_dishes(&buyer, &needed, &ports.head(Place::Kitchen).await);
    let capped = Decision {
        holder: HolderChange::Add { holds_max: 1 },
        ..third
    };
    assert_eq!(ports.orders.commit(&capped).await, Err(CommitError::TooManyHolds));
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 2));
}

pub async fn an_order_that_moved_comes_before_its_ingredients(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 4).await;
    let kitchen = ports.head(Place::Kitchen).await;
    let placing = ports.placing_dishes(&ports.user(), &recipe(&[(&lettuce, 2)]), &kitchen);
    assert_eq!(ports.orders.commit(&placing).await, Ok(()));
    // Placed again: the ledger has moved as well, by the first.
    assert_eq!(ports.orders.commit(&placing).await, Err(CommitError::OrderMoved));
    let cancelling = change(placing.after.cancel(NOW));
    let expiring = change(placing.after.expire(placing.after.hold.expires_at));
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    // Released before: there is no claim left, because the order has moved.
    for late in [&cancelling, &expiring] {
        assert_eq!(ports.orders.commit(late).await, Err(CommitError::OrderMoved));
    }
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 0));
    assert_eq!(ports.read_order(&placing.after.order_id).await, cancelling.after);
}

pub async fn a_claim_that_is_not_there_is_a_defect(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 4).await;
    let order = ports.placed_dish(&[(&lettuce, 2)]).await;
    let mut wrong = change(order.cancel(NOW));
    for change in &mut wrong.stock {
        if let StockChange::MoveIngredients { moves, .. } = change {
            moves[0].quantity += 1;
        }
    }
    assert!(matches!(
        ports.orders.commit(&wrong).await,
        Err(CommitError::Fault(Fault::Defect(_)))
    ));
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 2));
    assert_eq!(ports.read_order(&order.order_id).await, order);
}

pub async fn ending_frees_what_was_held(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 4).await;
    let order = ports.placed_dish(&[(&lettuce, 5)]).await;
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 4));
    let cancelling = change(order.cancel(NOW));
    // What was decided before others moved something is right all the same.
    let other = ports.stocked(Place::Kitchen, 1).await;
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    assert_eq!(ports.in_kitchen(&lettuce).await, (4, 0));
    assert_eq!(ports.in_kitchen(&other).await, (1, 0));
    let moves = vec![(lettuce.clone(), MovementKind::Released, 4)];
    assert_eq!(
        ports.last_posting(Place::Kitchen).await,
        (order.order_id.to_string(), moves)
    );
    // And is there for the next.
    let next = ports.placed_dish(&[(&lettuce, 4)]).await;
    assert_eq!(next.status, Status::Held);
}

pub async fn completing_serves_what_was_held(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 5).await;
    let order = ports.placed_dish(&[(&lettuce, 3)]).await;
    let paying = change(order.begin_payment(CardToken::parse("tok_visa").unwrap(), NOW));
    assert_eq!(ports.orders.commit(&paying).await, Ok(()));
    let paid = change(paying.after.record_outcome(1, &ChargeOutcome::Succeeded, 0, NOW));
    assert_eq!(ports.orders.commit(&paid).await, Ok(()));
    let completed = change(paid.after.complete(NOW));
    assert_eq!(ports.orders.commit(&completed).await, Ok(()));
    assert_eq!(ports.read_order(&order.order_id).await.status, Status::Completed);
    assert_eq!(ports.in_kitchen(&lettuce).await, (2, 0));
    assert_eq!(
        ports.orders.commit(&completed).await,
        Err(CommitError::OrderMoved)
    );
    assert_eq!(ports.in_kitchen(&lettuce).await, (2, 0));
}

pub async fn many_orders_hold_what_there_is_and_no_more(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 20).await;
    let needed = recipe(&[(&lettuce, 3)]);
    let place = async || {
        let buyer = ports.user();
        for _ in 0..10 * ASKERS {
            let kitchen = ports.head(Place::Kitchen).await;
            let decision = ports.placing_dishes(&buyer, &needed, &kitchen);
            match ports.orders.commit(&decision).await {
                Ok(()) => return decision.after,
                Err(CommitError::LedgerMoved | CommitError::Contended) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        panic!("the kitchen kept moving");
    };
    let orders = all_at_once((0..ASKERS).map(|_| place())).await;
    assert_eq!(ports.in_kitchen(&lettuce).await, (20, 20));
    let held = |order: &Order| order.needs[&lettuce].held;
    let mut claims: Vec<u32> = orders.iter().map(held).collect();
    claims.sort_unstable();
    // Six times three and once what was left.
    assert_eq!(claims, [0, 0, 0, 0, 0, 2, 3, 3, 3, 3, 3, 3]);
    // All of them end at the same moment: every claim is given back once, whoever is first.
    let ends: Vec<Decision> = orders.iter().map(|order| change(order.cancel(NOW))).collect();
    for ended in all_at_once(ends.iter().map(|end| ports.orders.commit(end))).await {
        assert_eq!(ended, Ok(()));
    }
    assert_eq!(ports.in_kitchen(&lettuce).await, (20, 0));
}
