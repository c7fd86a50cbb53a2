//! A day in the shop: buyers come at their time, whether or not the shop has answered those before them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::buyer;
use super::options::Day;
use super::orders::Shared;
use super::people::{HOLDS_EACH, People};
use super::plan::{Arrival, Arrivals, Kind};

/// Buyers who are busy with holding or paying at the same time. Who comes when so many are busy waits, a little.
const BUSY_MAX: usize = 96;
/// A buyer who could not begin within this is skipped: behind a shop that is too slow, arrivals must not pile up.
const LATE_MAX: Duration = Duration::from_secs(3);
/// From here on a beginning counts as late.
const LATE_FROM: Duration = Duration::from_millis(250);
const PEOPLE_MIN: usize = 8;
/// A password hash is work for the shop: more than these take longer to sign up than most days last.
const PEOPLE_MAX: usize = 100;

/// How many people a day needs: enough for the orders that are under way at the same time, and for those that nobody pays.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a small number, and no more than an estimate"
)]
pub fn people_for(day: &Day) -> usize {
    let all = day.pace.orders() as f64;
    // Whoever stays away keeps a hold for as long as the shop lets them, which may be longer than the day.
    let left_alone = all.min(day.pace.per_second * 900.0) * f64::from(day.habits.leavers) / 200.0;
    // Of those with a bad card some are tried for half a minute and more.
    let under_way = day.pace.per_second * (10.0 + f64::from(day.habits.declines) / 100.0 * 40.0);
    let wanted = ((left_alone + under_way) * 2.0 / HOLDS_EACH as f64).ceil() as usize;
    wanted.clamp(PEOPLE_MIN, PEOPLE_MAX)
}

/// Begins every order at its time, then waits for those under way. Orders that have not ended after `settle_max` are left.
pub async fn run(world: &Shared, day: &Day, seed: u64, close: &watch::Sender<bool>, settle_max: Duration) {
    let mut stories = JoinSet::new();
    let busy = Arc::new(Semaphore::new(BUSY_MAX));
    let begun = Instant::now();
    let arrivals = Arrivals::new(seed, day.pace, day.mix.clone(), day.habits);
    for arrival in arrivals {
        let due = begun + arrival.at;
        tokio::time::sleep_until(due).await;
        if world.client.is_enough() {
            break;
        }
        // Whoever is done makes room in memory.
        while stories.try_join_next().is_some() {}
        let deadline = due + LATE_MAX;
        let turn = tokio::time::timeout_at(deadline, Arc::clone(&busy).acquire_owned()).await;
        let late = due.elapsed();
        let mut known = world.board().known();
        let Ok(Ok(turn)) = turn else {
            known.slips.skipped += 1;
            continue;
        };
        if late > LATE_FROM {
            known.slips.late += 1;
            known.slips.latest = known.slips.latest.max(late);
        }
        drop(known);
        let Some((person, room)) = world.people.somebody_free(arrival.luck, among(world, &arrival)) else {
            world.board().known().slips.nobody_free += 1;
            continue;
        };
        stories.spawn(buyer::comes(Arc::clone(world), arrival, person, room, turn));
    }
    close.send_replace(true);
    let everybody = async { while stories.join_next().await.is_some() {} };
    // What is left is found by the checks.
    tokio::time::timeout(settle_max, everybody).await.ok();
    stories.shutdown().await;
}

/// How many of the people, counted from the first, may be this buyer.
fn among(world: &Shared, arrival: &Arrival) -> usize {
    match (arrival.kind, &world.devices) {
        (Kind::Devices, Some(devices)) => devices.count(),
        _ => People::count(&world.people),
    }
}
