//! Messages in our queues that were damaged: each by itself is worked off or parked, and nobody's dinner is the worse for it.

use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::dish::Recipe;
use domain::ledger::{Ingredient, Place};
use domain::{OrderId, Status};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use simulation::functions::Functions;
use simulation::world::BEGIN_MS;
use simulation::{Ask, Setup, World};
use states::chance::Chance;
use std::collections::BTreeMap;

const QUEUES: [&str; 3] = ["payment-requests", "warehouse", "kitchen"];

/// A dish that the kitchen is short of, ordered and paid for.
fn dinner() -> (World, OrderId) {
    let mut world = world(Setup::calm(1));
    let lettuce = Ingredient::parse("lechuga").unwrap();
    for place in [Place::Kitchen, Place::Warehouse] {
        world.stock(place, &[(lettuce.clone(), 2)], "seed").unwrap();
    }
    let dish = world.put_on_menu(1, Recipe::from([(lettuce, 5)])).unwrap();
    let buyer = World::buyer(1);
    let place = Ask::place_dishes(&[(dish, 1)], Some("tok_visa"), Some(KEY));
    world.ask_at(BEGIN_MS, &buyer, place);
    (world, order_of(&buyer, KEY))
}

/// What each queue carries for that dinner.
fn carried() -> BTreeMap<&'static str, Value> {
    let (mut world, order_id) = dinner();
    held(world.come_to_rest(REST_S));
    assert_eq!(status_of(&world, &order_id), Some(Status::Completed));
    let of = |queue| {
        let asked = world
            .asked()
            .values()
            .find(|asked| Some(asked.function.as_str()) == Functions::consumer_of(queue));
        (queue, asked.unwrap().payload.clone())
    };
    QUEUES.into_iter().map(of).collect()
}

/// Protection: a message says what to look at, and what is done is decided by what is stored.
#[test]
fn a_damaged_message_is_worked_off_or_parked_and_the_others_go_on() {
    let carried = carried();
    let mut runner = TestRunner::deterministic();
    let (mut worked_off, mut parked) = (0, 0);
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        let (mut world, order_id) = dinner();
        for (queue, real) in &carried {
            let damaged = prop_oneof![
                damaged::json(real.clone()).prop_map(|value| value.to_string()),
                damaged::text([real.to_string()]),
            ];
            for _ in 0..5 {
                let body = damaged.new_tree(&mut runner).unwrap().current();
                world.deliver_at(BEGIN_MS + chance.up_to(60_000), queue, &body);
            }
        }
        held(world.come_to_rest(REST_S));
        let status = status_of(&world, &order_id);
        assert_eq!(status, Some(Status::Completed), "seed {seed}\n{}", world.trace());
        let dead = world.queue().dead_letters.len() as u64;
        assert!(world.queue().dead_letters.iter().all(|letter| letter.is_foreign));
        parked += dead;
        worked_off += world.queue().sent() - dead;
    }
    assert!(
        parked > 100 && worked_off > 100,
        "{parked} parked, {worked_off} worked off"
    );
}
