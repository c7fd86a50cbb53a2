//! Rough weather: everything at once, by chance, from a seed.
//!
//! A failure prints its seed and the whole story; `HOLDFAST_SEED=<seed> cargo test kill_anywhere` tells it again.

use super::{REST_S, held, order_of, world};
use domain::TicketId;
use simulation::world::{BEGIN_MS, RequestId};
use simulation::{Ask, FaultPlan, Setup, World};
use states::chance::Chance;

/// Cards as buyers have them: most are good.
pub(super) const CARDS: [&str; 10] = [
    "tok_visa",
    "tok_visa",
    "tok_visa",
    "tok_mastercard",
    "tok_chargeDeclined",
    "tok_insufficient_funds",
    "tok_chargeDeclinedStolenCard",
    "tok_timeout_after",
    "tok_timeout_before",
    "tok_unavailable",
];

/// What one buyer does in rough weather, drawn beforehand: order, pay once or more, perhaps cancel.
fn let_somebody_shop(
    world: &mut World,
    number: u8,
    tickets: &[TicketId],
    chance: &mut Chance,
) -> Vec<RequestId> {
    let buyer = World::buyer(number);
    let mut asked = Vec::new();
    let pick = |chance: &mut Chance| tickets[chance.up_to(tickets.len() as u64 - 1) as usize].clone();
    for round in 0..2 {
        let key = format!("round-{round}");
        let order_id = order_of(&buyer, &key);
        let begins_ms = BEGIN_MS + round * 150_000 + chance.up_to(60_000);
        let mut wanted = vec![pick(chance)];
        if chance.up_to(2) == 0 {
            wanted.push(pick(chance));
            wanted.dedup();
        }
        let pays_at_once = (chance.up_to(3) == 0).then(|| CARDS[chance.up_to(9) as usize]);
        // A browser that hears nothing sends the same request again.
        for repeat in 0..=chance.up_to(2) {
            let ask = Ask::place(&wanted, pays_at_once, Some(&key));
            asked.push(world.ask_at(begins_ms + repeat * chance.up_to(70_000), &buyer, ask));
        }
        for _ in 0..chance.up_to(6) {
            let at_ms = begins_ms + chance.up_to(200_000);
            asked.push(world.ask_at(
                at_ms,
                &buyer,
                Ask::pay(&order_id, CARDS[chance.up_to(9) as usize]),
            ));
        }
        if chance.up_to(3) == 0 {
            asked.push(world.ask_at(begins_ms + chance.up_to(130_000), &buyer, Ask::cancel(&order_id)));
        }
    }
    asked
}

/// Any function killed at any point, any message twice, late or out of order, any execution stopped whole: the
/// invariants hold at every step and every order ends.
#[test]
fn kill_anywhere() {
    let seeds: Vec<u64> = seeds(300);
    // Two at a time: each world is its own, so how many there are changes nothing in any of them.
    std::thread::scope(|scope| {
        for half in seeds.chunks(seeds.len().div_ceil(2)) {
            scope.spawn(move || half.iter().for_each(|seed| live_through(*seed)));
        }
    });
}

fn live_through(seed: u64) {
    let world = rough_world(seed);
    let dead = world.queue().dead_letters.len();
    assert_eq!(
        dead,
        1,
        "seed {seed}: the poison message and no other is parked\n{}",
        world.trace()
    );
}

/// Which seeds to run: `HOLDFAST_SEED=<seed>` runs that one alone, `HOLDFAST_SEEDS=<count>` so many.
pub(super) fn seeds(count: u64) -> Vec<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    match number("HOLDFAST_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("HOLDFAST_SEEDS").unwrap_or(count)).collect(),
    }
}

/// A world in rough weather, from its seed to its rest.
fn rough_world(seed: u64) -> World {
    let mut chance = Chance::new(seed);
    let mut world = world(Setup {
        hold_ttl_s: 120,
        ..Setup::with(seed, FaultPlan::rough(12 + chance.up_to(12) as u32))
    });
    let tickets: Vec<_> = (1..=3).map(|number| world.list_ticket(number)).collect();
    for buyer in 1..=4 {
        let_somebody_shop(&mut world, buyer, &tickets, &mut chance);
    }
    for _ in 0..chance.up_to(3) {
        world.abort_one_at(BEGIN_MS + chance.up_to(400_000));
    }
    world.deliver_at(BEGIN_MS + chance.up_to(100_000), "payment-requests", "not json");
    held(world.run_for_s(600));
    held(world.come_to_rest(REST_S));
    world
}

/// The same seed tells the same story, to the last line.
#[test]
fn the_same_seed_replays_bit_for_bit() {
    for seed in [3, 5] {
        assert_eq!(
            rough_world(seed).trace().to_string(),
            rough_world(seed).trace().to_string()
        );
    }
}
