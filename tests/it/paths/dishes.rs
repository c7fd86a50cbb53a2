//! Every way of an order of dishes: with everything there, from the warehouse, from the market, and given up.
//!
//! The stock and the Caesar salad are those of the seed: one salad lacks one lettuce, which the warehouse has; two lack
//! six lettuces, of which the warehouse has two, and two chickens.

use super::{Path, Scene, befalls, nothing};
use crate::simulated::held;
use domain::dish::Recipe;
use domain::ledger::{Ingredient, Place};
use domain::{DishId, Status};
use simulation::{Ask, Mishap, PortFault, Verdict, World};

/// Rounds at the market. One yields 10 at most.
pub const ROUNDS_MAX: u32 = 4;
/// What is in kitchen and warehouse before anybody comes.
const STOCK: [(&str, u32, u32); 3] = [("lechuga", 4, 2), ("pollo", 2, 4), ("trufa", 0, 3)];

/// What is on the menu.
#[derive(Clone, Copy)]
enum On {
    /// A salad for which everything is there.
    SideSalad,
    /// The seed's salad.
    Caesar,
    /// More truffles than the market can ever yield.
    Truffles,
}

fn ingredient(name: &str) -> Ingredient {
    Ingredient::parse(name).unwrap()
}

/// Opens the kitchen and returns the id of a dish.
fn on_the_menu(world: &mut World, dish: On) -> DishId {
    let stock = |of: fn(&(&str, u32, u32)) -> u32| STOCK.map(|row| (ingredient(row.0), of(&row)));
    world.stock(Place::Kitchen, &stock(|row| row.1), "seed").unwrap();
    world
        .stock(Place::Warehouse, &stock(|row| row.2), "seed")
        .unwrap();
    let recipe: &[(&str, u32)] = match dish {
        On::SideSalad => &[("lechuga", 2), ("pollo", 1)],
        On::Caesar => &[("lechuga", 5), ("pollo", 2)],
        On::Truffles => &[("pollo", 1), ("trufa", 10 * ROUNDS_MAX + 4)],
    };
    let recipe: Recipe = recipe
        .iter()
        .map(|(name, units)| (ingredient(name), *units))
        .collect();
    world.put_on_menu(dish as u8, recipe).unwrap()
}

fn order(world: &mut World, scene: &Scene, dish: On, quantity: u32, card: Option<&str>) {
    let dish_id = on_the_menu(world, dish);
    let ask = Ask::place_dishes(&[(dish_id, quantity)], card, Some("checkout"));
    held(world.ask(&scene.buyer, ask));
}

/// A call of a port in a function goes wrong `times` times.
fn strikes(world: &mut World, function: &str, call: &str, verdict: Verdict, times: u32) {
    world.weather(|plan| {
        plan.ports.push(PortFault {
            function: Some(function.to_owned()),
            call: call.to_owned(),
            after: 0,
            times,
            verdict,
        });
    });
}

/// The warehouse is busy for half a minute or so.
fn the_warehouse_is_slow(world: &mut World) {
    strikes(world, "give-ingredient", "Supplies.get", Verdict::Throttled, 6);
}

/// Every path of a dish.
pub const PATHS: &[Path] = &[
    Path {
        name: "dish_nothing_short",
        faults: nothing,
        walk: |world, scene| order(world, scene, On::SideSalad, 1, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "dish_one_thing_short",
        faults: nothing,
        walk: |world, scene| {
            order(world, scene, On::Caesar, 1, None);
            held(world.run_for_s(100));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "dish_short_and_bought",
        faults: the_warehouse_is_slow,
        // The card is given along, and charged when everything is there.
        walk: |world, scene| order(world, scene, On::Caesar, 2, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "dish_that_the_market_never_yields",
        faults: nothing,
        walk: |world, scene| order(world, scene, On::Truffles, 1, Some("tok_visa")),
        ends: Status::Unavailable,
    },
    Path {
        name: "dish_cancelled_while_gathering",
        faults: the_warehouse_is_slow,
        walk: |world, scene| {
            order(world, scene, On::Caesar, 2, None);
            held(world.run_for_s(1));
            scene.cancel(world);
        },
        ends: Status::Cancelled,
    },
    Path {
        name: "dish_cancelled_before_the_warehouse_hears",
        faults: |world| strikes(world, "supply-ingredient", "Orders.commit", Verdict::DieBefore, 1),
        walk: |world, scene| {
            order(world, scene, On::Caesar, 1, None);
            held(world.run_for_s(10));
            scene.cancel(world);
        },
        ends: Status::Cancelled,
    },
    Path {
        name: "dish_never_paid",
        faults: nothing,
        walk: |world, scene| order(world, scene, On::Caesar, 1, None),
        ends: Status::Expired,
    },
    Path {
        name: "dish_five_declines",
        faults: nothing,
        walk: |world, scene| {
            order(world, scene, On::Caesar, 1, None);
            held(world.run_for_s(10));
            for _ in 0..5 {
                scene.pay(world, "tok_insufficient_funds");
            }
        },
        ends: Status::PaymentFailed,
    },
    Path {
        name: "dish_with_every_message_twice",
        faults: |world| {
            befalls(world, "order", "AwaitIngredient", Mishap::Twice, 9);
            befalls(world, "supply-ingredient", "SendIngredient", Mishap::Twice, 9);
        },
        walk: |world, scene| order(world, scene, On::Caesar, 2, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "dish_the_order_dies_while_gathering",
        faults: the_warehouse_is_slow,
        walk: |world, scene| {
            order(world, scene, On::Caesar, 1, Some("tok_visa"));
            world.abort_one_of_at(world.now_ms() + 1_000, "order");
        },
        ends: Status::Completed,
    },
    Path {
        name: "dish_the_order_and_the_request_die_while_gathering",
        faults: the_warehouse_is_slow,
        walk: |world, scene| {
            order(world, scene, On::Caesar, 1, Some("tok_visa"));
            world.abort_one_of_at(world.now_ms() + 1_000, "order");
            world.abort_one_of_at(world.now_ms() + 1_000, "supply-ingredient");
        },
        ends: Status::Completed,
    },
    Path {
        name: "dish_the_request_dies",
        faults: the_warehouse_is_slow,
        walk: |world, scene| {
            order(world, scene, On::Caesar, 1, Some("tok_visa"));
            world.abort_one_of_at(world.now_ms() + 1_000, "supply-ingredient");
        },
        ends: Status::Unavailable,
    },
    Path {
        // The kitchen hears late, and dies before it can tell the order; the order gives up in between.
        name: "dish_that_arrives_as_the_time_runs_out",
        faults: |world| {
            strikes(world, "give-ingredient", "Supplies.get", Verdict::Throttled, 8);
            strikes(
                world,
                "receive-ingredient",
                "Orders.commit",
                Verdict::DieBefore,
                3,
            );
            strikes(world, "receive-ingredient", "Orders.commit", Verdict::DieAfter, 1);
        },
        walk: |world, scene| order(world, scene, On::Caesar, 1, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "dish_that_arrives_as_the_time_runs_out_and_is_paid_later",
        faults: |world| {
            strikes(world, "give-ingredient", "Supplies.get", Verdict::Throttled, 8);
            strikes(
                world,
                "receive-ingredient",
                "Orders.commit",
                Verdict::DieBefore,
                3,
            );
            strikes(world, "receive-ingredient", "Orders.commit", Verdict::DieAfter, 1);
        },
        walk: |world, scene| {
            order(world, scene, On::Caesar, 1, None);
            held(world.run_for_s(1_000));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "dish_the_order_cannot_be_started",
        faults: |world| befalls(world, "hold-order", "StartOrder", Mishap::FailsBefore, 3),
        walk: |world, scene| order(world, scene, On::Caesar, 1, None),
        ends: Status::Unavailable,
    },
    Path {
        name: "dish_paid_and_served_after_a_long_outage",
        faults: |world| befalls(world, "order", "ServeDish", Mishap::FailsBefore, 30),
        walk: |world, scene| order(world, scene, On::SideSalad, 1, Some("tok_visa")),
        ends: Status::Completed,
    },
];

/// At the end nothing is claimed by anybody; what there is, is told.
pub fn what_became_of_the_stock(world: &World, scene: &Scene, path: &Path) -> String {
    let order = world.order(&scene.order_id).unwrap();
    let mut told = Vec::new();
    for (name, ..) in STOCK
        .iter()
        .filter(|row| order.needs.contains_key(&ingredient(row.0)))
    {
        let [kitchen, warehouse] = [Place::Kitchen, Place::Warehouse].map(|place| {
            let balance = world.balance(place, &ingredient(name));
            assert_eq!(balance.held, 0, "{}: {name}\n{}", path.name, world.trace());
            balance.on_hand
        });
        told.push(format!("{name} {kitchen} + {warehouse}"));
    }
    format!("left in kitchen + warehouse: {}", told.join(", "))
}
