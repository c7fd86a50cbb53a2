//! Imports when something goes wrong: each product is made once, with its stock, whatever is repeated or lost.

use crate::simulated::rough::seeds;
use crate::simulated::{REST_S, held, world};
use domain::ProductId;
use simulation::{FaultPlan, InvocationFault, Mishap, Setup, World};

/// The products of the simulated source that are kept.
const KEPT: [&str; 2] = ["10000001", "10000003"];

fn imported(plan: FaultPlan, seed: u64) -> World {
    let mut world = world(Setup::with(seed, plan));
    world.start_import(&World::buyer(9)).unwrap();
    held(world.run_for_s(3_600));
    held(world.come_to_rest(REST_S));
    world
}

/// What is there of the source afterwards: versions, and what is on hand.
fn there(world: &World) -> Vec<(u32, u32)> {
    let ids = KEPT.map(ProductId::derived_from_barcode);
    let tables = world.tables().lock().unwrap();
    assert!(
        tables.products.keys().all(|id| ids.contains(id)),
        "what is kept, and nothing else"
    );
    let products = ids.iter().filter_map(|id| tables.products.get(id));
    let found: Vec<(ProductId, u32)> = products
        .map(|product| (product.product_id.clone(), product.version))
        .collect();
    drop(tables);
    found
        .iter()
        .map(|(id, version)| (*version, world.stock_of(id).on_hand))
        .collect()
}

#[test]
fn whatever_happens_to_one_call_each_product_is_made_once() {
    for mishap in Mishap::ALL {
        for after in 0..2 {
            let mut plan = FaultPlan::calm();
            plan.invocations.push(InvocationFault {
                machine: "import-products".to_owned(),
                state: "ImportPage".to_owned(),
                after,
                times: 1,
                mishap,
            });
            let world = imported(plan, 1);
            assert_eq!(there(&world), [(1, 10), (1, 10)], "{mishap:?}\n{}", world.trace());
        }
    }
}

/// The function dies and is throttled at any of its calls of the database: what is there is whole, each product with its
/// stock, and nothing is there twice.
#[test]
fn in_bad_weather_nothing_is_left_half_written() {
    let seeds = seeds(60);
    let mut finished = 0;
    for &seed in &seeds {
        let world = imported(FaultPlan::rough(16), seed);
        let there = there(&world);
        assert!(
            there.iter().all(|product| *product == (1, 10)),
            "seed {seed}: {there:?}\n{}",
            world.trace()
        );
        finished += usize::from(there.len() == KEPT.len());
    }
    // Some are given up half-way, which is no harm; most come through.
    assert!(2 * finished > seeds.len(), "{finished} of {}", seeds.len());
}
