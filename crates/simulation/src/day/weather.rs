//! What goes wrong on a day: how often, for how long, and what is aimed at whom.

use super::{Day, pick, up_to};
use crate::faults::{FaultPlan, Rates, Webhooks};
use crate::invariants::Violation;
use crate::provider::{Odds, Silence};
use crate::wire::lock;
use crate::world::{BEGIN_MS, Setup, World};
use domain::market::SimulatedMarket;
use states::chance::Chance;

/// Each of these gets one message that nobody can read.
pub(super) const POISONED_QUEUES: [&str; 3] = ["payment-requests", "warehouse", "kitchen"];

/// The longest time for which everything stands still, milliseconds.
const STALL_MS_MAX: u64 = 240_000;
/// How far a clock may jump, milliseconds.
const JUMP_MS_MAX: u64 = 180_000;

/// How a world is made in which this day is lived.
pub(super) fn setup(day: Day, chance: &mut Chance) -> Setup {
    // From a drizzle to a gale.
    let force = 1 + chance.up_to(7);
    let webhooks = [
        Webhooks::default(),
        Webhooks::PLAIN,
        Webhooks {
            lost: 300,
            doubled: 300,
            late: 500,
            late_ms_max: 900_000,
            ..Webhooks::PLAIN
        },
    ];
    let has_jumps = chance.up_to(1) == 1;
    let plan = FaultPlan {
        rates: Rates {
            death: 2 * force,
            trouble: 4 * force,
            slow: force,
            mishap: 8 * force,
            doubled: 20 * force,
            late: 20 * force,
        },
        budget: day.orders * 4,
        latency_ms_max: 1 + chance.up_to(40),
        skew_ms_max: 40,
        jumps: if has_jumps { 5 * force } else { 0 },
        jump_ms_max: if has_jumps { JUMP_MS_MAX } else { 0 },
        webhooks: pick(&webhooks, chance).copied().unwrap_or(Webhooks::PLAIN),
        ..FaultPlan::calm()
    };
    Setup {
        // Longer than clocks are ever off, or an end long before the deadline would look like one that a clock excuses.
        hold_ttl_s: if has_jumps { 600 } else { 120 } + up_to(180, chance),
        market: SimulatedMarket {
            seed: day.seed.to_string(),
            scarcity_percent: u8::try_from(chance.up_to(9) * 10).unwrap_or_default(),
        },
        rounds_max: 1 + up_to(7, chance),
        ..Setup::with(day.seed, plan)
    }
}

/// What cannot be planned beforehand.
pub(super) struct Storm {
    /// When the provider forgets every key, milliseconds since 1970.
    forgets_at_ms: Option<u64>,
}

/// Draws what happens when: what dies whole, what is forged, how long the provider is silent, when the clock jumps.
pub(super) fn gather(world: &mut World, orders: u32, span_ms: u64, chance: &mut Chance) -> Storm {
    let sometime = |chance: &mut Chance| BEGIN_MS + chance.up_to(span_ms + 300_000);
    {
        let mut ledger = lock(world.ledger());
        ledger.odds = Odds {
            charges: 50 + chance.up_to(8) * 50,
            refunds: chance.up_to(8) * 100,
        };
        for _ in 0..chance.up_to(2) {
            let from_ms = sometime(chance);
            let length_ms = pick(&[20_000, 200_000, 3_000_000], chance);
            let to_ms = from_ms + chance.up_to(length_ms.copied().unwrap_or_default());
            ledger.silences.push(Silence { from_ms, to_ms });
        }
    }
    for _ in 0..=chance.up_to(u64::from(orders / 10)) {
        world.abort_one_at(sometime(chance));
    }
    let machines = [
        "order",
        "supply-ingredient",
        "deliver-product",
        "refund-order",
        "import-products",
    ];
    for machine in machines {
        for _ in 0..=chance.up_to(2) {
            world.abort_one_of_at(sometime(chance), machine);
        }
    }
    for _ in 0..=chance.up_to(u64::from(orders / 20)) {
        world.forge_at(sometime(chance));
    }
    for _ in 0..chance.up_to(3) {
        world.stall_at(sometime(chance), chance.up_to(STALL_MS_MAX));
    }
    for queue in POISONED_QUEUES {
        world.deliver_at(sometime(chance), queue, "not json");
    }
    Storm {
        forgets_at_ms: (chance.up_to(2) == 0).then(|| sometime(chance)),
    }
}

impl Storm {
    /// Lets time pass until this moment.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub(super) fn blow(&self, world: &mut World, until_ms: u64) -> Result<(), Box<Violation>> {
        if let Some(at_ms) = self.forgets_at_ms {
            world.run_until(at_ms.min(until_ms))?;
            lock(world.ledger()).forget_keys();
        }
        world.run_until(until_ms)
    }
}
