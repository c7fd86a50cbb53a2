//! A market day: tickets and hot products, buyers with several cards who cancel and want their money back, a provider that
//! can do everything, its webhooks in any order, and rough weather on top. Everything by chance, from a seed.
//!
//! A failure prints its seed and the whole story; `HOLDFAST_SEED=<seed> cargo test market_day` tells it again.

use super::rough::seeds;
use super::{REST_S, held, order_of, world};
use domain::{ProductId, RefundReason, TicketId};
use simulation::provider::{Odds, Silence};
use simulation::world::BEGIN_MS;
use simulation::{Ask, FaultPlan, Setup, Webhooks, World};
use states::chance::Chance;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Cards as buyers have them. What the provider makes of the plain ones is drawn.
const CARDS: [&str; 9] = [
    "tok_visa",
    "tok_visa",
    "tok_visa",
    "tok_mastercard",
    "tok_insufficient_funds",
    "tok_chargeDeclined",
    "tok_chargeDeclinedStolenCard",
    "tok_timeout_after",
    "tok_pendingRefund",
];

/// What there is to buy.
struct Stall {
    tickets: Vec<TicketId>,
    products: Vec<ProductId>,
}

fn pick<'a, T>(from: &'a [T], chance: &mut Chance) -> &'a T {
    &from[chance.up_to(from.len() as u64 - 1) as usize]
}

fn want(stall: &Stall, card: Option<&str>, key: &str, chance: &mut Chance) -> Ask {
    if chance.up_to(1) == 0 {
        let mut tickets = vec![pick(&stall.tickets, chance).clone()];
        if chance.up_to(2) == 0 {
            tickets.push(pick(&stall.tickets, chance).clone());
            tickets.dedup();
        }
        return Ask::place(&tickets, card, Some(key));
    }
    let quantity = |chance: &mut Chance| 1 + u32::try_from(chance.up_to(4)).unwrap();
    let mut products = vec![(pick(&stall.products, chance).clone(), quantity(chance))];
    if chance.up_to(2) == 0 {
        products.push((pick(&stall.products, chance).clone(), quantity(chance)));
    }
    Ask::place_products(&products, card, Some(key))
}

/// What one buyer does, drawn beforehand: order, pay once or more, perhaps cancel, perhaps ask for the money back.
fn let_somebody_shop(world: &mut World, number: u8, stall: &Stall, chance: &mut Chance) {
    let buyer = World::buyer(number);
    for round in 0..2 {
        let key = format!("round-{round}");
        let order_id = order_of(&buyer, &key);
        let begins_ms = BEGIN_MS + round * 200_000 + chance.up_to(60_000);
        let card = (chance.up_to(1) == 0).then(|| *pick(&CARDS, chance));
        let ask = want(stall, card, &key, chance);
        for repeat in 0..=chance.up_to(1) {
            world.ask_at(begins_ms + repeat * chance.up_to(70_000), &buyer, ask.clone());
        }
        for _ in 0..chance.up_to(4) {
            let card = *pick(&CARDS, chance);
            let pay = Ask::pay(&order_id, card);
            world.ask_at(begins_ms + chance.up_to(150_000), &buyer, pay);
        }
        if chance.up_to(2) == 0 {
            let cancel = Ask::cancel(&order_id);
            world.ask_at(begins_ms + chance.up_to(200_000), &buyer, cancel);
        }
        for again in 0..chance.up_to(2) {
            // Everything, or some of the first line; the same request twice at times.
            let lines: &[(u32, u32)] = if chance.up_to(1) == 0 { &[] } else { &[(0, 1)] };
            let name = format!("money-back-{}", again * chance.up_to(1));
            let refund = Ask::refund(&order_id, lines, Some(&name));
            let at_ms = begins_ms + 20_000 + chance.up_to(600_000);
            world.ask_at(at_ms, &buyer, refund.clone());
            if chance.up_to(2) == 0 {
                world.ask_at(at_ms + chance.up_to(200), &buyer, refund);
            }
        }
    }
}

/// A day, from its seed to its rest.
fn market_day(seed: u64) -> World {
    let mut chance = Chance::new(seed ^ 0x6d61_726b_6574);
    let faults = u32::try_from(chance.up_to(14)).unwrap();
    let mut plan = FaultPlan::rough(faults);
    plan.webhooks = *pick(
        &[
            Webhooks::default(),
            Webhooks::PLAIN,
            Webhooks {
                lost: 300,
                doubled: 300,
                late: 500,
                late_ms_max: 900_000,
                ..Webhooks::PLAIN
            },
        ],
        &mut chance,
    );
    let mut world = world(Setup {
        hold_ttl_s: 120,
        ..Setup::with(seed, plan)
    });
    {
        let mut ledger = world.ledger().lock().unwrap();
        ledger.odds = Odds {
            charges: 100 + chance.up_to(8) * 100,
            refunds: chance.up_to(8) * 100,
        };
        for _ in 0..chance.up_to(2) {
            let from_ms = BEGIN_MS + chance.up_to(400_000);
            let length_ms = pick(&[20_000, 200_000, 3_000_000], &mut chance);
            ledger.silences.push(Silence {
                from_ms,
                to_ms: from_ms + chance.up_to(*length_ms),
            });
        }
    }
    let mut stall = Stall {
        tickets: (1..=2).map(|number| world.list_ticket(number)).collect(),
        products: Vec::new(),
    };
    for number in 1..=2 {
        let shards = 1 + u8::try_from(chance.up_to(3)).unwrap();
        let quantity = 2 + u32::try_from(chance.up_to(14)).unwrap();
        let product = world.stock_product(number, quantity, shards).unwrap();
        stall.products.push(product);
    }
    for buyer in 1..=4 {
        let_somebody_shop(&mut world, buyer, &stall, &mut chance);
    }
    for machine in ["order", "deliver-product", "refund-order"] {
        for _ in 0..chance.up_to(1) {
            world.abort_one_of_at(BEGIN_MS + chance.up_to(500_000), machine);
        }
    }
    if chance.up_to(3) == 0 {
        held(world.run_for_s(chance.up_to(400)));
        world.ledger().lock().unwrap().forget_keys();
    }
    held(world.run_until(BEGIN_MS + 1_500_000));
    held(world.come_to_rest(REST_S));
    world
}

/// Whatever the provider, the weather and the buyers do: money is charged once, kept for what is kept, and given back
/// otherwise; no ticket is sold twice, no product more often than there is of it; and everything ends.
#[test]
fn market_days() {
    let seeds = seeds(240);
    let ends: Mutex<BTreeMap<String, u32>> = Mutex::default();
    let count = &|what: &str, times: usize| {
        *ends.lock().unwrap().entry(what.to_owned()).or_default() += u32::try_from(times).unwrap();
    };
    // Two at a time: each world is its own, so how many there are changes nothing in any of them.
    std::thread::scope(|scope| {
        for half in seeds.chunks(seeds.len().div_ceil(2)) {
            scope.spawn(move || {
                for seed in half {
                    let world = market_day(*seed);
                    let tables = world.tables().lock().unwrap();
                    for order in tables.orders.values() {
                        count(order.status.as_str(), 1);
                        count("held again", usize::from(order.hold.version > 1));
                        let late = |reason| reason == RefundReason::ArrivedTooLate;
                        let refunds = order.refunds.iter();
                        count(
                            "late refunds",
                            refunds.filter(|refund| late(refund.reason)).count(),
                        );
                        count("refunds", order.refunds.len());
                        count(
                            "in several shards",
                            usize::from(order.takes().count() > order.lines.len()),
                        );
                        count("unanswered", usize::from(order.was_ever_unanswered()));
                    }
                }
            });
        }
    });
    // It was not a calm day: everything that can become of money has become of some.
    let ends = ends.into_inner().unwrap();
    if seeds.len() >= 200 {
        for (what, at_least) in [
            ("completed", 200),
            ("refunded", 50),
            ("expired", 50),
            ("cancelled", 50),
            ("payment_failed", 10),
            ("held again", 5),
            ("late refunds", 3),
            ("in several shards", 20),
            ("unanswered", 100),
        ] {
            assert!(
                ends.get(what).is_some_and(|times| *times >= at_least),
                "{what}: {ends:?}"
            );
        }
    }
}

/// The same seed tells the same story, to the last line.
#[test]
fn the_same_market_day_replays_bit_for_bit() {
    for seed in [1, 6] {
        assert_eq!(
            market_day(seed).trace().to_string(),
            market_day(seed).trace().to_string()
        );
    }
}
