//! Rough weather in the kitchen: any menu, any stock, any luck at the market, several guests at once.

use super::rough::{CARDS, seeds};
use super::{REST_S, held, order_of, world};
use domain::dish::Recipe;
use domain::ledger::{Ingredient, MovementKind, Place};
use domain::market::SimulatedMarket;
use domain::{DishId, Status};
use simulation::world::BEGIN_MS;
use simulation::{Ask, FaultPlan, Setup, World};
use states::chance::Chance;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What may be in a dish.
const PANTRY: [&str; 6] = [
    "lechuga",
    "pollo",
    "carne_molida",
    "pasta",
    "queso",
    "pan_canilla",
];

fn pick<'a, T>(from: &'a [T], chance: &mut Chance) -> &'a T {
    &from[chance.up_to(from.len() as u64 - 1) as usize]
}

fn upto(limit: u64, chance: &mut Chance) -> u32 {
    u32::try_from(chance.up_to(limit)).unwrap()
}

/// A world with a random menu, a random stock and a random market.
fn kitchen(seed: u64, chance: &mut Chance) -> (World, Vec<DishId>) {
    let mut world = world(Setup {
        hold_ttl_s: 120,
        market: SimulatedMarket {
            seed: seed.to_string(),
            scarcity_percent: u8::try_from(chance.up_to(9) * 10).unwrap(),
        },
        rounds_max: 1 + upto(7, chance),
        ..Setup::with(seed, FaultPlan::rough(6 + upto(14, chance)))
    });
    let pantry = PANTRY.map(|name| Ingredient::parse(name).unwrap());
    for (place, at_most) in [(Place::Kitchen, 12), (Place::Warehouse, 10)] {
        let stock: Vec<_> = pantry
            .iter()
            .map(|ingredient| (ingredient.clone(), upto(at_most, chance)))
            .collect();
        world.stock(place, &stock, "seed").unwrap();
    }
    let mut menu = Vec::new();
    for number in 0..=upto(3, chance) {
        let recipe: Recipe = (0..=chance.up_to(2))
            .map(|_| (pick(&pantry, chance).clone(), 1 + upto(5, chance)))
            .collect();
        menu.push(world.put_on_menu(u8::try_from(number).unwrap(), recipe).unwrap());
    }
    (world, menu)
}

/// What one guest does: order once or twice, pay along with it or later or not at all, perhaps cancel.
fn let_a_guest_in(world: &mut World, number: u8, menu: &[DishId], rush_ms: u64, chance: &mut Chance) {
    let guest = World::buyer(number);
    for round in 0..=chance.up_to(1) {
        let key = format!("course-{round}");
        let order_id = order_of(&guest, &key);
        let begins_ms = BEGIN_MS + round * 200_000 + chance.up_to(rush_ms);
        let lines: Vec<_> = (0..=chance.up_to(1))
            .map(|_| (pick(menu, chance).clone(), 1 + upto(2, chance)))
            .collect();
        let card = (chance.up_to(1) == 0).then(|| *pick(&CARDS, chance));
        for repeat in 0..=chance.up_to(1) {
            let ask = Ask::place_dishes(&lines, card, Some(&key));
            world.ask_at(begins_ms + repeat * chance.up_to(70_000), &guest, ask);
        }
        for _ in 0..chance.up_to(3) {
            let card: &&str = pick(&CARDS, chance);
            let pay = Ask::pay(&order_id, card);
            world.ask_at(begins_ms + chance.up_to(150_000), &guest, pay);
        }
        if chance.up_to(4) == 0 {
            world.ask_at(begins_ms + chance.up_to(60_000), &guest, Ask::cancel(&order_id));
        }
    }
}

/// From the first guest to the rest.
fn feast(seed: u64) -> World {
    let mut chance = Chance::new(seed ^ 0x0066_6561_7374);
    let (mut world, menu) = kitchen(seed, &mut chance);
    // One after the other, or all of them within the time that two calls take.
    let rush_ms = *pick(&[25, 400, 20_000], &mut chance);
    for guest in 1..=2 + u8::try_from(chance.up_to(3)).unwrap() {
        let_a_guest_in(&mut world, guest, &menu, rush_ms, &mut chance);
    }
    for _ in 0..chance.up_to(2) {
        world.abort_one_at(BEGIN_MS + chance.up_to(300_000));
    }
    for machine in ["order", "supply-ingredient"] {
        if chance.up_to(3) == 0 {
            world.abort_one_of_at(BEGIN_MS + chance.up_to(30_000), machine);
        }
    }
    for queue in ["warehouse", "kitchen"] {
        world.deliver_at(BEGIN_MS + chance.up_to(100_000), queue, "not json");
    }
    held(world.run_for_s(900));
    held(world.come_to_rest(REST_S));
    world
}

/// Moved in both places together, by kind and ingredient.
fn moved(world: &World, kind: MovementKind) -> BTreeMap<Ingredient, u64> {
    let tables = world.tables().lock().unwrap();
    let mut sums = BTreeMap::new();
    for posting in tables.ledgers.values().flat_map(|book| &book.postings) {
        for movement in posting.movements.iter().filter(|movement| movement.kind == kind) {
            *sums.entry(movement.ingredient.clone()).or_default() += u64::from(movement.quantity);
        }
    }
    sums
}

/// Any number of orders of dishes at once, any function killed, any message twice, late or out of order, any execution
/// stopped whole: no balance is ever below zero, and at the end what was bought is what has come to kitchen and
/// warehouse and what was served. Every order ends, and nothing stays claimed or on its way.
#[test]
fn parallel_dishes_never_negative() {
    let seeds = seeds(240);
    let ends: Mutex<BTreeMap<String, u32>> = Mutex::default();
    let count = &|what: &str, times: u32| *ends.lock().unwrap().entry(what.to_owned()).or_default() += times;
    // Two at a time: each world is its own, so how many there are changes nothing in any of them.
    std::thread::scope(|scope| {
        for half in seeds.chunks(seeds.len().div_ceil(2)) {
            scope.spawn(move || {
                for seed in half {
                    let world = feast(*seed);
                    check_the_stock(&world, *seed);
                    let tables = world.tables().lock().unwrap();
                    for order in tables.orders.values() {
                        count(order.status.as_str(), 1);
                        count("short", u32::from(order.events[0].status == Status::Gathering));
                    }
                    let rounds = tables.supplies.values().map(|supply| supply.purchases.len());
                    count("rounds", u32::try_from(rounds.sum::<usize>()).unwrap());
                }
            });
        }
    });
    // It was not a calm evening: everything that can become of an order has become of some.
    let ends = ends.into_inner().unwrap();
    if seeds.len() >= 200 {
        for (what, at_least) in [
            ("completed", 150),
            ("unavailable", 150),
            ("expired", 30),
            ("cancelled", 30),
            ("short", 400),
            ("rounds", 800),
        ] {
            assert!(
                ends.get(what).is_some_and(|times| *times >= at_least),
                "{what}: {ends:?}"
            );
        }
    }
}

fn check_the_stock(world: &World, seed: u64) {
    for name in PANTRY {
        check_balance(world, seed, &Ingredient::parse(name).unwrap());
    }
    let dead = world
        .queue()
        .dead_letters
        .iter()
        .filter(|message| message.is_foreign)
        .count();
    assert_eq!(dead, 2, "seed {seed}: poison is parked\n{}", world.trace());
}

/// Set and bought is what there is in both places, and what was served; nothing is claimed in the warehouse.
fn check_balance(world: &World, seed: u64, ingredient: &Ingredient) {
    let [set, bought, served] = [MovementKind::Set, MovementKind::Bought, MovementKind::Served]
        .map(|kind| moved(world, kind).get(ingredient).copied().unwrap_or_default());
    let left = [Place::Kitchen, Place::Warehouse].map(|place| world.balance(place, ingredient));
    let there_is: u64 = left.iter().map(|balance| u64::from(balance.on_hand)).sum();
    let told = || format!("seed {seed}: {ingredient}\n{}", world.trace());
    assert_eq!(set + bought, there_is + served, "{}", told());
    assert_eq!(left[1].held, 0, "{}", told());
}

/// Twelve guests order within the time that a call takes, and nothing goes wrong: whoever decides from a ledger that has
/// moved decides again, so nobody is turned away, and everybody eats.
#[test]
fn a_crowd_at_once_is_served() {
    for seed in 0..12 {
        let mut chance = Chance::new(seed);
        let plan = FaultPlan {
            latency_ms_max: 20,
            ..FaultPlan::calm()
        };
        let mut world = world(Setup::with(seed, plan));
        let lettuce = Ingredient::parse(PANTRY[0]).unwrap();
        for place in [Place::Kitchen, Place::Warehouse] {
            world.stock(place, &[(lettuce.clone(), 22)], "seed").unwrap();
        }
        let salad = world
            .put_on_menu(1, Recipe::from([(lettuce.clone(), 5)]))
            .unwrap();
        let mut asked = Vec::new();
        for number in 1..=12 {
            let place = Ask::place_dishes(&[(salad.clone(), 1)], Some("tok_visa"), Some("salad"));
            asked.push(world.ask_at(BEGIN_MS + chance.up_to(20), &World::buyer(number), place));
        }
        held(world.run_for_s(120));
        held(world.come_to_rest(REST_S));
        for (request, number) in asked.into_iter().zip(1..) {
            let status = world.reply(request).unwrap().status;
            assert_eq!(status, 201, "seed {seed}\n{}", world.trace());
            let order_id = order_of(&World::buyer(number), "salad");
            let end = world.order(&order_id).unwrap().status;
            assert_eq!(end, Status::Completed, "seed {seed}\n{}", world.trace());
        }
        assert_eq!(moved(&world, MovementKind::Served)[&lettuce], 60);
        check_balance(&world, seed, &lettuce);
    }
}

/// The same seed tells the same story, to the last line.
#[test]
fn the_same_feast_replays_bit_for_bit() {
    for seed in [2, 7] {
        assert_eq!(feast(seed).trace().to_string(), feast(seed).trace().to_string());
    }
}
