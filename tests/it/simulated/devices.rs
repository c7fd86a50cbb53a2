//! Devices that order by themselves, while functions die, answers are lost and stock runs out.
//!
//! The invariants are checked after every step: what there is at a device is what it said last and what was delivered
//! since, each completed order is added exactly once, and of one device's orders of one product at most one lives.

use super::rough::{CARDS, seeds};
use super::{KEY, REST_S, held, world};
use domain::{DeviceId, OrderId, ProductId, Status};
use simulation::world::BEGIN_MS;
use simulation::{Ask, FaultPlan, PortFault, Setup, Verdict, World};
use states::chance::Chance;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// Less than this is too little.
const THRESHOLD: u32 = 5;
/// So many are ordered at a time.
const ORDERED: u32 = 10;

/// A home with one device and a good card, and a shop that has enough.
fn home(setup: Setup) -> (World, DeviceId, ProductId) {
    let mut world = world(setup);
    let product = world.stock_product(1, 100, 2).unwrap();
    let owner = World::buyer(1);
    let watches = [(product.clone(), THRESHOLD, ORDERED)];
    let device = world.register_device(1, &owner, &watches).unwrap();
    assert_eq!(held(world.ask(&owner, Ask::store_card("tok_visa"))).status, 200);
    (world, device, product)
}

/// Says how much is left, and says it again while there is no answer, as a device does.
fn say(world: &mut World, device: &DeviceId, product: &ProductId, quantity: u32) {
    for _ in 0..3 {
        let reading = Ask::reading(device, product, quantity, Some(KEY));
        if held(world.ask(&World::buyer(1), reading)).status < 500 {
            return;
        }
        // A claim on the request's key is given up for lost after a minute; by then the delivery may have come.
        held(world.run_for_s(61));
    }
}

/// One evening: the device says that two are left. A function may die around its first or second call of this kind.
fn evening(death: Option<(&str, &str, u32, Verdict)>) -> World {
    let (mut world, device, product) = home(Setup::calm(1));
    if let Some((function, call, after, verdict)) = death {
        world.weather(|plan| {
            plan.ports.push(PortFault {
                function: Some(function.to_owned()),
                call: call.to_owned(),
                after,
                times: 1,
                verdict,
            });
        });
    }
    say(&mut world, &device, &product, 2);
    held(world.run_for_s(1_800));
    held(world.come_to_rest(REST_S));
    let row = world.device_stock(&device, &product).unwrap();
    let orders = world.tables().lock().unwrap().orders.len();
    assert_eq!(
        (row.quantity, row.reorders, orders),
        (2 + u64::from(ORDERED), 1, 1),
        "{death:?}: {row:?}\n{}",
        world.trace()
    );
    assert_eq!((row.failures, row.due_at), (0, None), "{row:?}");
    let order = world.order(&OrderId::of_reorder(&device, &product, 1)).unwrap();
    assert_eq!(
        (order.status, &order.device_id),
        (Status::Completed, &Some(device))
    );
    world
}

/// A reading and the order that it leads to are one: any function may die just before or just after anything that it
/// writes, and in the end exactly one order was placed, paid and delivered, and added once.
#[test]
fn a_reading_and_its_order_are_one() {
    const READS: [&str; 3] = [".get", ".list_due", ".stock"];
    let quiet = evening(None);
    let writers: BTreeSet<(String, &str)> = quiet
        .counts()
        .by_function
        .into_keys()
        .filter(|(_, call)| !READS.iter().any(|read| call.ends_with(read)))
        .collect();
    for writer in [
        ("devices-api", "Devices.restock"),
        ("devices-api", "Workflows.hold_order"),
        ("devices-api", "Orders.commit"),
        ("devices-api", "Workflows.wake"),
        ("reorder-products", "Devices.restock"),
    ] {
        assert!(writers.contains(&(writer.0.to_owned(), writer.1)), "{writers:?}");
    }
    let mut died = BTreeSet::new();
    for (function, call) in writers {
        for after in 0..2 {
            for verdict in [Verdict::DieBefore, Verdict::DieAfter] {
                let world = evening(Some((&function, call, after, verdict)));
                if world.trace().to_string().contains(&format!("{verdict:?}")) {
                    died.insert(function.clone());
                }
            }
        }
    }
    assert!(
        died.contains("devices-api") && died.contains("reorder-products"),
        "{died:?}"
    );
}

/// A device that says at twenty places at once that too little is left orders once.
#[test]
fn readings_at_one_moment_place_one_order() {
    for seed in 0..20 {
        let mut setup = Setup::calm(seed);
        setup.plan.latency_ms_max = 40;
        let (mut world, device, product) = home(setup);
        let asked: Vec<_> = (0..20_u32)
            .map(|number| {
                let reading = Ask::reading(&device, &product, number % THRESHOLD, None);
                world.ask_at(BEGIN_MS + 1_000, &World::buyer(1), reading)
            })
            .collect();
        held(world.run_for_s(30));
        let order_id = OrderId::of_reorder(&device, &product, 1).to_string();
        for id in asked {
            let reply = world.reply(id).unwrap();
            let named = reply.body["reorder"]["orderId"].as_str();
            // Whoever is late may be told of the delivery already.
            let is_right = named == Some(&order_id)
                || named.is_none() && world.tables().lock().unwrap().orders.len() == 1;
            assert!(reply.status == 200 && is_right, "{reply:?}");
        }
        held(world.come_to_rest(REST_S));
        assert_eq!(world.tables().lock().unwrap().orders.len(), 1);
    }
}

/// What cannot be had is asked for ever more seldom, and no order is left behind by it; once it can be had it comes.
#[test]
fn what_is_out_of_stock_is_not_asked_for_without_end() {
    let mut world = world(Setup::calm(3));
    let product = world.stock_product(1, 6, 1).unwrap();
    let owner = World::buyer(1);
    let watches = [(product.clone(), THRESHOLD, ORDERED)];
    let device = world.register_device(1, &owner, &watches).unwrap();
    held(world.ask(&owner, Ask::store_card("tok_visa")));
    let told = held(world.ask(&owner, Ask::reading(&device, &product, 0, None)));
    assert_eq!(told.body["why"]["code"], "OutOfStock", "{told:?}");
    assert_eq!(told.body["reorder"], serde_json::Value::Null);
    held(world.run_for_s(24 * 3_600));
    let asked = world.counts().calls["Workflows.hold_order"];
    // 60 s, twice as long each time, six hours at most: ten within the first eleven hours, then one each six.
    assert!((8..=14).contains(&asked), "{asked} times in a day");
    assert!(world.tables().lock().unwrap().orders.is_empty());
    // Six can be had, so the owner lets it ask for six; it does when the pause is over.
    let watches = [(product.clone(), THRESHOLD, 6)];
    assert_eq!(
        held(world.ask(&owner, Ask::watch(&device, 1, &watches))).status,
        200
    );
    held(world.run_for_s(7 * 3_600));
    let row = world.device_stock(&device, &product).unwrap();
    assert_eq!((row.quantity, row.reorders, row.failures), (6, 1, 0), "{row:?}");
}

/// Devices of several owners, several cards, stock that runs out, owners who cancel, and everything that can go wrong.
fn month(seed: u64) -> World {
    let mut chance = Chance::new(seed ^ 0x0064_6576_6963_6573);
    let faults = u32::try_from(chance.up_to(16)).unwrap();
    let mut world = world(Setup {
        hold_ttl_s: 120,
        ..Setup::with(seed, FaultPlan::rough(faults))
    });
    let products: Vec<ProductId> = (1..=2)
        .map(|number| {
            let quantity = 10 + u32::try_from(chance.up_to(60)).unwrap();
            world.stock_product(number, quantity, 2).unwrap()
        })
        .collect();
    for number in 1..=3 {
        let owner = World::buyer(1 + number % 2);
        let watches: Vec<_> = products
            .iter()
            .map(|product| {
                (
                    product.clone(),
                    THRESHOLD,
                    1 + u32::try_from(chance.up_to(9)).unwrap(),
                )
            })
            .collect();
        let device = world.register_device(number, &owner, &watches).unwrap();
        let card = CARDS[chance.up_to(9) as usize];
        world.ask_at(BEGIN_MS + chance.up_to(60_000), &owner, Ask::store_card(card));
        for product in &products {
            for _ in 0..2 + chance.up_to(6) {
                let at_ms = BEGIN_MS + chance.up_to(900_000);
                let quantity = u32::try_from(chance.up_to(8)).unwrap();
                let reading = Ask::reading(&device, product, quantity, None);
                world.ask_at(at_ms, &owner, reading.clone());
                if chance.up_to(1) == 0 {
                    world.ask_at(at_ms + chance.up_to(300), &owner, reading);
                }
            }
            if chance.up_to(3) == 0 {
                let first = OrderId::of_reorder(&device, product, 1);
                let at_ms = BEGIN_MS + chance.up_to(600_000);
                world.ask_at(at_ms, &owner, Ask::cancel(&first));
            }
        }
        if chance.up_to(1) == 0 {
            // A better card, later: what is held and unpaid is paid with it.
            let at_ms = BEGIN_MS + chance.up_to(900_000);
            world.ask_at(at_ms, &owner, Ask::store_card("tok_visa"));
        }
    }
    for _ in 0..chance.up_to(2) {
        world.abort_one_at(BEGIN_MS + chance.up_to(900_000));
    }
    held(world.run_until(BEGIN_MS + 1_500_000));
    held(world.come_to_rest(REST_S));
    world
}

/// Whatever the weather: never two open orders for one device and product, everything delivered is added once, and every
/// reorder ends.
#[test]
fn devices_in_rough_weather() {
    let seeds = seeds(80);
    let ends: Mutex<BTreeMap<String, u32>> = Mutex::default();
    let count = &|what: &str, times: u32| {
        *ends.lock().unwrap().entry(what.to_owned()).or_default() += times;
    };
    std::thread::scope(|scope| {
        for half in seeds.chunks(seeds.len().div_ceil(2)) {
            scope.spawn(move || {
                for seed in half {
                    let world = month(*seed);
                    let tables = world.tables().lock().unwrap();
                    for row in tables.device_stock.values() {
                        count("reorders", row.reorders);
                        if let Some(trouble) = &row.trouble {
                            count(&trouble.code, 1);
                        }
                    }
                    for order in tables.orders.values() {
                        count(order.status.as_str(), 1);
                    }
                }
            });
        }
    });
    // It was not a calm month: everything that can become of a reorder has become of some.
    let ends = ends.into_inner().unwrap();
    if seeds.len() >= 80 {
        for (what, at_least) in [
            ("completed", 120),
            ("expired", 12),
            ("payment_failed", 3),
            ("OutOfStock", 6),
            ("OrderEnded", 6),
        ] {
            assert!(
                ends.get(what).is_some_and(|times| *times >= at_least),
                "{what}: {ends:?}"
            );
        }
    }
}
