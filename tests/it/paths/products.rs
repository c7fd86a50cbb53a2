//! Every way of an order of products: in one shard or in several, refused, given up, and given back.

use super::{Path, Scene, befalls, nothing};
use crate::simulated::held;
use domain::{ProductId, Status};
use simulation::{Ask, Mishap, PortFault, Verdict, World};

/// How many there are, in two shards of five.
const STOCK: u32 = 10;

fn product(world: &mut World) -> ProductId {
    world.stock_product(1, STOCK, 2).unwrap()
}

fn order(world: &mut World, scene: &Scene, quantity: u32, card: Option<&str>) {
    let product = product(world);
    let ask = Ask::place_products(&[(product, quantity)], card, Some("checkout"));
    held(world.ask(&scene.buyer, ask));
}

/// Every path of a product.
pub const PATHS: &[Path] = &[
    Path {
        name: "product_paid_at_once",
        faults: nothing,
        walk: |world, scene| order(world, scene, 3, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "product_from_both_shards",
        faults: nothing,
        walk: |world, scene| {
            order(world, scene, 8, None);
            held(world.run_for_s(100));
            scene.pay(world, "tok_visa");
        },
        ends: Status::Completed,
    },
    Path {
        name: "product_never_paid",
        faults: nothing,
        walk: |world, scene| order(world, scene, 8, None),
        ends: Status::Expired,
    },
    Path {
        name: "product_cancelled",
        faults: nothing,
        walk: |world, scene| {
            order(world, scene, 2, None);
            held(world.run_for_s(100));
            scene.cancel(world);
        },
        ends: Status::Cancelled,
    },
    Path {
        name: "product_out_of_stock_for_the_next_buyer",
        faults: nothing,
        walk: |world, scene| {
            order(world, scene, 8, Some("tok_visa"));
            let product = ProductId::from_random([1; 16]);
            held(world.ask(&scene.rival, Ask::place_products(&[(product, 3)], None, None)));
        },
        ends: Status::Completed,
    },
    Path {
        name: "product_five_declines",
        faults: nothing,
        walk: |world, scene| order(world, scene, 8, Some("tok_insufficient_funds")),
        ends: Status::PaymentFailed,
    },
    Path {
        name: "product_the_order_cannot_be_started",
        faults: |world| befalls(world, "hold-order", "StartOrder", Mishap::FailsBefore, 3),
        walk: |world, scene| order(world, scene, 2, None),
        ends: Status::Unavailable,
    },
    Path {
        name: "product_whose_delivery_dies",
        faults: nothing,
        walk: |world, scene| {
            order(world, scene, 3, Some("tok_visa"));
            for seconds in [20, 60] {
                world.abort_one_of_at(world.now_ms() + seconds * 1_000, "deliver-product");
            }
        },
        ends: Status::Completed,
    },
    Path {
        name: "product_given_back_in_part",
        faults: nothing,
        walk: |world, scene| {
            order(world, scene, 3, Some("tok_visa"));
            // Four minutes and four, at the longest.
            held(world.run_for_s(500));
            let refund = Ask::refund(&scene.order_id, &[(0, 2)], Some("two-of-them"));
            held(world.ask(&scene.buyer, refund));
        },
        ends: Status::Completed,
    },
];

fn order_beside_an_import(world: &mut World, scene: &Scene) {
    world.start_import(&World::buyer(9)).unwrap();
    order(world, scene, 3, Some("tok_visa"));
}

/// Paths of what is imported: an order of something else stands beside it, undisturbed.
pub const IMPORTS: &[Path] = &[
    Path {
        name: "imported_beside_an_order",
        faults: nothing,
        walk: order_beside_an_import,
        ends: Status::Completed,
    },
    Path {
        name: "imported_after_the_source_was_busy",
        faults: |world| {
            world.weather(|plan| {
                plan.ports.push(PortFault {
                    function: Some("import-page".to_owned()),
                    call: "ProductSource.page".to_owned(),
                    after: 1,
                    times: 2,
                    verdict: Verdict::Throttled,
                });
            });
        },
        walk: order_beside_an_import,
        ends: Status::Completed,
    },
    Path {
        name: "imported_from_a_source_that_is_down",
        faults: |world| {
            world.weather(|plan| {
                plan.ports.push(PortFault {
                    function: Some("import-page".to_owned()),
                    call: "ProductSource.page".to_owned(),
                    after: 1,
                    times: 99,
                    verdict: Verdict::Throttled,
                });
            });
        },
        walk: order_beside_an_import,
        ends: Status::Completed,
    },
];

/// At the end nothing is held by anybody; what there is, is told.
pub fn what_became_of_the_stock(world: &World, path: &Path) -> String {
    let balance = world.stock_of(&ProductId::from_random([1; 16]));
    assert_eq!(balance.held, 0, "{}\n{}", path.name, world.trace());
    format!("{} of {STOCK} left", balance.on_hand)
}
