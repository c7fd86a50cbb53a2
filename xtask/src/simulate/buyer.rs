//! One buyer and one order, from the wish to the end: what each sort of buyer does.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::orders::{GOOD_CARD, LOST_ANSWER_CARD, Paid, Shared, Wanted, hold_left, is_end};
use super::people::{Person, Room};
use super::plan::{Arrival, Habit, Kind};
use super::things::Wish;

/// A page without a live connection looks again after this, then ever more seldom.
const LOOK_FIRST: Duration = Duration::from_millis(400);
const LOOK_MAX: Duration = Duration::from_secs(5);
/// Longer than this, nobody waits at the end of a run for a hold to run out: it is cancelled.
const EXPIRY_WAIT_MAX: Duration = Duration::from_secs(30);
/// How often a buyer tries a good card that was declined (the simulated bank may roll dice), or that came at the wrong moment.
const CARD_TRIES_MAX: u32 = 4;

/// Somebody at an order of theirs.
struct Buyer {
    world: Shared,
    person: Arc<Person>,
    arrival: Arrival,
}

/// Lives through one arrival. `busy` is let go as soon as the order does not need its buyer any more.
pub async fn comes(
    world: Shared,
    arrival: Arrival,
    person: Arc<Person>,
    room: Room,
    busy: OwnedSemaphorePermit,
) {
    let buyer = Buyer {
        world,
        person,
        arrival,
    };
    let Some((wish, device_id)) = buyer.wishes().await else {
        return;
    };
    if let Some(order_id) = buyer.orders(&wish, &device_id).await {
        buyer.acts(&order_id).await;
        drop(busy);
        follow(&buyer.world, &buyer.person, &order_id).await;
    }
    drop(room);
}

impl Buyer {
    fn name(&self, of: &str) -> String {
        format!("{}-{of}", self.arrival.number)
    }

    /// What this buyer wants, and for which device.
    async fn wishes(&self) -> Option<(Wish, String)> {
        let world = &*self.world;
        let mut rng = Rng::with_seed(self.arrival.luck);
        let wish = match self.arrival.kind {
            Kind::Tickets => {
                let seller = world.people.somebody(rng.u64(..))?;
                world
                    .things
                    .some_tickets(&world.client, seller, &mut rng, &self.name("seat"))
                    .await
            }
            Kind::Dishes => world.things.some_dishes(&mut rng),
            Kind::Products => world.things.some_products(&mut rng),
            Kind::Devices => {
                let devices = world.devices.as_ref()?;
                let device = devices.of(self.person.index)?;
                if device.watches {
                    world.board().begins(self.arrival.kind);
                    devices.reads(&world.client, &self.person, device, &mut rng).await;
                    return None;
                }
                return Some((devices.wish(&world.things, &mut rng)?, device.id.clone()));
            }
        };
        Some((wish?, String::new()))
    }

    /// Places the order, as often and as hastily as this buyer does.
    async fn orders(&self, wish: &Wish, device_id: &str) -> Option<String> {
        let world = &*self.world;
        world.board().begins(self.arrival.kind);
        let habit = self.arrival.habit;
        let name = self.name("order");
        let wanted = Wanted {
            person: &self.person,
            name: &name,
            kind: self.arrival.kind,
            habit,
            wish,
            card: if habit == Habit::PaysAlong { GOOD_CARD } else { "" },
            device_id,
        };
        let times = if habit == Habit::OrdersTwice { 2 } else { 1 };
        let order_id = world.place(&wanted, times).await?;
        if habit == Habit::OrdersAgain
            && let Some(again) = world.place(&wanted, 1).await
            && again != order_id
        {
            let what = format!("a request repeated under its key made two orders: {order_id} and {again}");
            world.board().wrong(what, "");
        }
        Some(order_id)
    }

    /// Does what this sort of buyer does, once the order is held.
    async fn acts(&self, order_id: &str) {
        let (world, person) = (&*self.world, &*self.person);
        match self.arrival.habit {
            Habit::PaysAlong => {
                let is_paid = world
                    .board()
                    .known()
                    .orders
                    .get(order_id)
                    .is_some_and(|order| order.told_paid || order.status != "held");
                if !is_paid {
                    self.pays(order_id).await;
                }
                return;
            }
            Habit::Cancels => {
                self.thinks().await;
                world.cancel(person, order_id).await;
                return;
            }
            Habit::NeverPays => return,
            _ => {}
        }
        if self.arrival.kind == Kind::Dishes && !gathered(&self.world, person, order_id).await {
            return;
        }
        self.thinks().await;
        match self.arrival.habit {
            Habit::WantsBack => self.pays_and_wants_back(order_id).await,
            Habit::DeclinedThenPays => {
                let declined = self.tries(order_id, "tok_chargeDeclined", true).await;
                if declined == Paid::Charged {
                    world
                        .board()
                        .wrong(format!("{order_id}: a card that is declined was charged"), "");
                }
                self.thinks().await;
                self.pays(order_id).await;
            }
            Habit::ShortThenPays => {
                self.tries(order_id, "tok_insufficient_funds", false).await;
                self.thinks().await;
                self.pays(order_id).await;
            }
            Habit::Short => {
                self.tries(order_id, "tok_insufficient_funds", false).await;
            }
            Habit::AnswerLost => {
                self.tries(order_id, LOST_ANSWER_CARD, false).await;
            }
            Habit::BankSilent => {
                self.tries(order_id, "tok_timeout_before", false).await;
            }
            Habit::PaysTwice => {
                let (one, other) = (self.name("click-1"), self.name("click-2"));
                tokio::join!(
                    world.pay(person, order_id, GOOD_CARD, &one, true),
                    world.pay(person, order_id, GOOD_CARD, &other, true),
                );
            }
            _ => self.pays(order_id).await,
        }
    }

    async fn thinks(&self) {
        tokio::time::sleep(self.arrival.thinks).await;
    }

    async fn tries(&self, order_id: &str, card: &str, waits: bool) -> Paid {
        self.world
            .pay(&self.person, order_id, card, &self.name("first-card"), waits)
            .await
    }

    /// Pays with a good card, patiently.
    async fn pays(&self, order_id: &str) {
        for number in 0..CARD_TRIES_MAX {
            let name = self.name(&format!("card-{number}"));
            match self
                .world
                .pay(&self.person, order_id, GOOD_CARD, &name, true)
                .await
            {
                Paid::Charged | Paid::UnderWay => return,
                Paid::Declined | Paid::Refused | Paid::Unknown => {}
            }
            // Another payment may be under way, or the order may have ended meanwhile.
            tokio::time::sleep(LOOK_FIRST * (number + 1)).await;
            let order = self.world.read(&self.person, order_id).await;
            if order.is_none_or(|order| !matches!(text(&order, "status"), "held" | "paying")) {
                return;
            }
        }
    }

    async fn pays_and_wants_back(&self, order_id: &str) {
        self.pays(order_id).await;
        // What was served is not given back.
        if self.arrival.kind == Kind::Dishes {
            return;
        }
        if until(&self.world, &self.person, order_id, |order| {
            is_end(text(order, "status"))
        })
        .await
        .as_deref()
            == Some("completed")
        {
            self.world.want_back(&self.person, order_id).await;
            until(&self.world, &self.person, order_id, |order| {
                text(order, "status") == "refunded"
            })
            .await;
        }
    }
}

/// Waits until a dish's ingredients are there; whether it can be paid now.
async fn gathered(world: &Shared, person: &Person, order_id: &str) -> bool {
    until(world, person, order_id, |order| {
        text(order, "status") != "gathering"
    })
    .await
    .as_deref()
        == Some("held")
}

/// Looks, ever more seldom, until an order is as wanted; its status then. The run's own end is the bound.
async fn until(
    world: &Shared,
    person: &Person,
    order_id: &str,
    is_wanted: impl Fn(&Value) -> bool,
) -> Option<String> {
    let mut pause = LOOK_FIRST;
    loop {
        let order = world.read(person, order_id).await?;
        if is_wanted(&order) {
            return Some(text(&order, "status").to_owned());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LOOK_MAX);
    }
}

/// Watches an order until nothing more happens to it. One that is held and that nobody pays runs out by itself, or is
/// cancelled when the run closes and that would take too long.
pub async fn follow(world: &Shared, person: &Person, order_id: &str) {
    let mut pause = LOOK_FIRST;
    let mut closing = world.closing.clone();
    loop {
        let Some(order) = world.read(person, order_id).await else {
            return;
        };
        let status = text(&order, "status");
        if is_end(status) {
            return;
        }
        let is_left_alone = status == "held" && order["nextAttemptAt"].is_null();
        let left = hold_left(&order).unwrap_or_default();
        if !is_left_alone || left.is_zero() {
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LOOK_MAX);
            continue;
        }
        pause = LOOK_FIRST;
        if !*closing.borrow() {
            // Until it runs out, or no more orders are begun.
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = closing.wait_for(|is_closing| *is_closing) => {}
            }
        } else if left <= EXPIRY_WAIT_MAX {
            tokio::time::sleep(left).await;
        } else if !world.cancel(person, order_id).await {
            tokio::time::sleep(LOOK_MAX).await;
        }
    }
}

fn text<'a>(order: &'a Value, name: &str) -> &'a str {
    order[name].as_str().unwrap_or_default()
}
