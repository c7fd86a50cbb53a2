//! Hazards of counted stock that only an interleaving or a fault can show.

use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::dish::Recipe;
use domain::ledger::{Ingredient, MovementKind, Place};
use domain::market::{SimulatedMarket, purchase_id};
use domain::supply::SupplyStatus;
use domain::{DishId, OrderId, Status};
use serde_json::json;
use simulation::world::BEGIN_MS;
use simulation::{Ask, FaultPlan, InvocationFault, Mishap, Setup, World};
use states::chance::Chance;
use states::execution::LambdaReply;

fn lettuce() -> Ingredient {
    Ingredient::parse("lechuga").unwrap()
}

/// Books lettuce in kitchen and warehouse, and puts a dish of so much of it on the menu.
fn salad(world: &mut World, kitchen: u32, warehouse: u32, units: u32) -> DishId {
    for (place, quantity) in [(Place::Kitchen, kitchen), (Place::Warehouse, warehouse)] {
        world.stock(place, &[(lettuce(), quantity)], "seed").unwrap();
    }
    world.put_on_menu(1, Recipe::from([(lettuce(), units)])).unwrap()
}

fn market(seed: u64, scarcity_percent: u8) -> SimulatedMarket {
    let seed = seed.to_string();
    SimulatedMarket {
        seed,
        scarcity_percent,
    }
}

/// on_hand and held.
fn balance(world: &World, place: Place) -> (u32, u32) {
    let balance = world.balance(place, &lettuce());
    (balance.on_hand, balance.held)
}

fn befalls(world: &mut World, machine: &str, state: &str, mishap: Mishap, times: u32) {
    world.weather(|plan| {
        plan.invocations.push(InvocationFault {
            machine: machine.to_owned(),
            state: state.to_owned(),
            after: 0,
            times,
            mishap,
        });
    });
}

/// How much was moved in this way at a place.
fn moved(world: &World, place: Place, kind: MovementKind) -> u32 {
    let tables = world.tables().lock().unwrap();
    let postings = tables.ledgers.get(&place).map(|book| book.postings.iter());
    let movements = postings
        .into_iter()
        .flatten()
        .flat_map(|posting| &posting.movements);
    movements
        .filter(|movement| movement.kind == kind)
        .map(|movement| movement.quantity)
        .sum()
}

/// Two guests order the same dish at once; the warehouse has enough for one and the market is empty. One of them gets
/// all of it: neither takes what came for the other, and they do not end with half a salad each.
#[test]
fn replies_belong_to_their_order() {
    for seed in 0..60 {
        let mut chance = Chance::new(seed);
        let plan = FaultPlan {
            latency_ms_max: 1 + chance.up_to(60),
            ..FaultPlan::calm()
        };
        let mut world = world(Setup {
            market: market(seed, 100),
            rounds_max: 3,
            ..Setup::with(seed, plan)
        });
        let dish = salad(&mut world, 0, 5, 5);
        let mut orders = Vec::new();
        for number in 1..=2 {
            let buyer = World::buyer(number);
            orders.push(order_of(&buyer, KEY));
            let place = Ask::place_dishes(&[(dish.clone(), 1)], Some("tok_visa"), Some(KEY));
            world.ask_at(BEGIN_MS + chance.up_to(200), &buyer, place);
        }
        held(world.run_for_s(60));
        held(world.come_to_rest(REST_S));
        let mut ends: Vec<(Option<Status>, SupplyStatus)> = Vec::new();
        for order_id in &orders {
            let supplies = world.supplies_of(order_id);
            assert_eq!(supplies.len(), 1, "seed {seed}\n{}", world.trace());
            assert_eq!(supplies[0].order_id, *order_id);
            ends.push((status_of(&world, order_id), supplies[0].status));
        }
        ends.sort_by_key(|(status, _)| *status != Some(Status::Completed));
        let one_each = [
            (Some(Status::Completed), SupplyStatus::Given),
            (Some(Status::Unavailable), SupplyStatus::Unavailable),
        ];
        assert_eq!(ends, one_each, "seed {seed}\n{}", world.trace());
        assert_eq!(moved(&world, Place::Kitchen, MovementKind::Served), 5);
    }
}

/// The ingredient is there before the order waits for it: the order's first wait broke off after its message had been
/// sent, and what it had asked for came before it began to wait again. The second wait ends at once.
#[test]
fn reply_before_wait() {
    for seed in 0..40 {
        let mut world = world(Setup {
            // Only what is tested may help.
            reconcile_every_s: None,
            ..Setup::calm(seed)
        });
        let breaks_off = 1 + u32::try_from(seed % 4).unwrap();
        befalls(
            &mut world,
            "order",
            "AwaitIngredient",
            Mishap::FailsAfter,
            breaks_off,
        );
        let dish = salad(&mut world, 4, 2, 5);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        let place = Ask::place_dishes(&[(dish, 1)], Some("tok_visa"), Some(KEY));
        held(world.ask(&buyer, place));
        held(world.run_for_s(120));
        let status = status_of(&world, &order_id);
        assert_eq!(status, Some(Status::Completed), "seed {seed}\n{}", world.trace());
        held(world.come_to_rest(REST_S));
        assert_eq!(balance(&world, Place::Kitchen), (0, 0));
    }
}

/// The market has nothing: the request ends after its rounds, the order ends as unavailable, what it held is free, and
/// what was bought stays in the warehouse, free for the next.
#[test]
fn market_never_satisfies() {
    for (scarcity, rounds_max) in [(100, 1), (100, 40), (0, 6)] {
        let market = market(1, scarcity);
        let mut world = world(Setup {
            market: market.clone(),
            rounds_max,
            ..Setup::calm(1)
        });
        // More than the rounds can yield.
        let dish = salad(&mut world, 4, 2, 100);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        let place = Ask::place_dishes(&[(dish, 1)], Some("tok_visa"), Some(KEY));
        assert_eq!(held(world.ask(&buyer, place)).status, 201);
        held(world.come_to_rest(REST_S));
        assert_eq!(status_of(&world, &order_id), Some(Status::Unavailable));
        let [supply] = &world.supplies_of(&order_id)[..] else {
            panic!("one request:\n{}", world.trace());
        };
        assert_eq!(supply.purchases.len() as u32, rounds_max);
        assert_eq!(world.counts().calls["Market.buy"], u64::from(rounds_max));
        let bought: u32 = (1..=rounds_max)
            .map(|round| market.yield_of(&lettuce(), &purchase_id(&supply.supply_id, round)))
            .sum();
        assert_eq!(bought > 0, scarcity < 100);
        assert_eq!(balance(&world, Place::Kitchen), (4, 0));
        assert_eq!(balance(&world, Place::Warehouse), (2 + bought, 0));
        assert_eq!(world.ledger().lock().unwrap().taken(), 0);
    }
}

/// The same message to the warehouse again and again, and every step of the request twice: each round is bought once,
/// and the kitchen gets what was wanted, once.
#[test]
fn redelivered_request_buys_once() {
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        let market = market(seed, 30);
        let mut world = world(Setup {
            market: market.clone(),
            ..Setup::with(
                seed,
                FaultPlan {
                    latency_ms_max: chance.up_to(40),
                    ..FaultPlan::calm()
                },
            )
        });
        let twice = [Mishap::Twice, Mishap::TwiceAtOnce][chance.up_to(1) as usize];
        for state in ["GiveIngredient", "BuyFromMarket", "SendIngredient"] {
            befalls(&mut world, "supply-ingredient", state, twice, 99);
        }
        let dish = salad(&mut world, 0, 3, 5);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        let place = Ask::place_dishes(&[(dish, 3)], None, Some(KEY));
        world.ask_at(BEGIN_MS, &buyer, place);
        while !world
            .asked()
            .contains_key(&("order".to_owned(), "AwaitIngredient".to_owned()))
        {
            assert!(held(world.step(u64::MAX)));
        }
        let message = world.asked()[&("order".to_owned(), "AwaitIngredient".to_owned())].clone();
        for _ in 0..5 {
            let at_ms = world.now_ms() + chance.up_to(300);
            world.deliver_at(at_ms, "warehouse", &message.payload.to_string());
        }
        held(world.run_for_s(60));
        assert_eq!(
            status_of(&world, &order_id),
            Some(Status::Held),
            "seed {seed}\n{}",
            world.trace()
        );
        let [supply] = &world.supplies_of(&order_id)[..] else {
            panic!("seed {seed}: one request\n{}", world.trace());
        };
        for (purchase, round) in supply.purchases.iter().zip(1..) {
            let yielded = market.yield_of(&lettuce(), &purchase_id(&supply.supply_id, round));
            assert_eq!(
                (purchase.round, purchase.quantity),
                (round, yielded),
                "seed {seed}"
            );
        }
        let bought: u32 = supply.purchases.iter().map(|purchase| purchase.quantity).sum();
        assert_eq!(moved(&world, Place::Warehouse, MovementKind::Bought), bought);
        assert_eq!(moved(&world, Place::Warehouse, MovementKind::Given), 15);
        assert_eq!(moved(&world, Place::Kitchen, MovementKind::Received), 15);
        assert_eq!(balance(&world, Place::Kitchen), (15, 15));
        assert_eq!(balance(&world, Place::Warehouse), (3 + bought - 15, 0));
        held(world.come_to_rest(REST_S));
    }
}

/// Everything that frees ingredients, again and again and in any order: they are free once.
#[test]
fn release_twice_adds_once() {
    for (first, end) in [
        ("cancel", Status::Cancelled),
        ("release-ingredients", Status::Unavailable),
        ("expire-order", Status::Expired),
    ] {
        let mut world = world(Setup::calm(1));
        let dish = salad(&mut world, 9, 0, 5);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        // In the moment between hold and workflow, as after a start that failed.
        let hold = json!({
            "order_id": order_id, "user_id": buyer, "kind": "dish", "request_fingerprint": "f", "run": "run",
            "dishes": [{ "dish_id": dish, "quantity": 1 }],
        });
        step(&mut world, "reserve-ingredients", &hold);
        assert_eq!(balance(&world, Place::Kitchen), (9, 5));
        if first == "expire-order" {
            held(world.run_for_s(900));
        }
        release(&mut world, first, &order_id);
        assert_eq!(
            status_of(&world, &order_id),
            Some(end),
            "{first}\n{}",
            world.trace()
        );
        for again in [
            "release-ingredients",
            "expire-order",
            "cancel",
            "release-ingredients",
        ] {
            release(&mut world, again, &order_id);
            assert_eq!(balance(&world, Place::Kitchen), (9, 0), "{first}, then {again}");
        }
        assert_eq!(status_of(&world, &order_id), Some(end));
        assert_eq!(moved(&world, Place::Kitchen, MovementKind::Released), 5);
        held(world.come_to_rest(REST_S));
    }
}

/// A request that is given up twice, and one that was given: what was claimed is free once, what was given stays given.
#[test]
fn release_of_a_request_twice_adds_once() {
    let mut world = world(Setup {
        market: market(1, 100),
        ..Setup::calm(1)
    });
    befalls(
        &mut world,
        "supply-ingredient",
        "BuyFromMarket",
        Mishap::NeverBegun,
        1,
    );
    let dish = salad(&mut world, 0, 3, 5);
    let buyer = World::buyer(1);
    let place = Ask::place_dishes(&[(dish, 1)], None, Some(KEY));
    held(world.ask(&buyer, place));
    held(world.run_for_s(1));
    assert_eq!(balance(&world, Place::Warehouse), (3, 3));
    let supply_id = world.supplies_of(&order_of(&buyer, KEY))[0].supply_id.clone();
    for _ in 0..3 {
        step(&mut world, "release-supply", &json!({ "supply_id": supply_id }));
        assert_eq!(balance(&world, Place::Warehouse), (3, 0));
    }
    assert_eq!(moved(&world, Place::Warehouse, MovementKind::Released), 3);
    held(world.come_to_rest(REST_S));
    // What was given is not claimed any more, and stays given.
    let place = Ask::place_dishes(
        &[(world.put_on_menu(2, Recipe::from([(lettuce(), 2)])).unwrap(), 1)],
        None,
        Some("more"),
    );
    held(world.ask(&buyer, place));
    held(world.run_for_s(10));
    let given = world.supplies_of(&order_of(&buyer, "more")).remove(0);
    assert_eq!(given.status, SupplyStatus::Given);
    step(
        &mut world,
        "release-supply",
        &json!({ "supply_id": given.supply_id }),
    );
    assert_eq!(world.supplies_of(&order_of(&buyer, "more")), [given]);
    assert_eq!(balance(&world, Place::Warehouse), (1, 0));
    held(world.come_to_rest(REST_S));
}

fn release(world: &mut World, how: &str, order_id: &OrderId) {
    let input = json!({ "order_id": order_id, "reason": "not_started", "run": "run" });
    if how == "cancel" {
        held(world.ask(&World::buyer(1), Ask::cancel(order_id)));
    } else {
        step(world, how, &input);
    }
}

/// Calls a step, which must not fail.
fn step(world: &mut World, function: &str, input: &serde_json::Value) {
    let reply = held(world.invoke(function, input.clone()));
    assert!(matches!(reply, LambdaReply::Returned(_)), "{function}: {reply:?}");
}
