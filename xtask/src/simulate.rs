//! Drives a running shop over HTTP as its users would, and checks afterwards that every promise was kept.
//!
//! Everything here is a user: it signs up, sells, buys, pays badly, leaves. It knows the HTTP API and nothing behind it; so
//! what it finds out counts for any deployment. `cargo xtask simulate` is the way in for people, [`run`] for tests.

pub mod audit;
pub mod board;
pub mod buyer;
pub mod checks;
pub mod client;
mod day;
pub mod devices;
mod on_sale;
pub mod options;
pub mod orders;
pub mod people;
pub mod plan;
mod progress;
pub mod report;
pub mod things;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::failure::{Failure, Result};
use crate::steps::Steps;
use audit::{Counter, Operator};
use board::Board;
use client::{Client, IN_FLIGHT_MAX, Weather};
use devices::Devices;
use options::{Day, OnSale, Options, Scene};
use orders::{Shared, World};
use people::People;
use plan::Kind;
use progress::Progress;
use report::Report;
use things::{Things, Whose};

/// How often to look, at the end, for what devices have ordered by themselves.
const DEVICES_LOOK: Duration = Duration::from_secs(1);

/// A shop, and what may be done there.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Where it answers.
    pub url: String,
    /// Who may see its own count; without one it is not asked.
    pub operator: Option<Operator>,
    /// Whose things are ordered.
    pub whose: Whose,
    /// Whether what it runs on is left in peace.
    pub weather: Weather,
}

/// Lives through a day, or through the opening of a sale, and checks it.
///
/// # Errors
/// The shop could not even be set up: nobody can sign up, or nothing can be put on sale. What goes wrong later is in the
/// report.
pub async fn run(options: &Options, shop: &Shop, steps: Steps) -> Result<Report> {
    let board = Arc::new(Board::default());
    let in_flight = match &options.scene {
        Scene::Day(_) => IN_FLIGHT_MAX,
        Scene::OnSale(sale) => usize::try_from(sale.buyers)
            .unwrap_or(IN_FLIGHT_MAX)
            .max(IN_FLIGHT_MAX),
    };
    let client = Client::new(&shop.url, &name_of_run(), in_flight, Arc::clone(&board))
        .in_weather(shop.weather.clone());
    let client = match &options.scene {
        Scene::Day(_) => client,
        Scene::OnSale(_) => client.in_line(),
    };
    let progress = Progress::start(steps, Arc::clone(&board));
    let counter = Counter::open(&client, shop.operator.as_ref()).await?;
    let stage = Stage {
        client,
        board,
        progress,
        counter,
    };
    match &options.scene {
        Scene::Day(day) => stage.day(options, day, &shop.whose).await,
        Scene::OnSale(sale) => stage.on_sale(options, *sale).await,
    }
}

/// What every scene has.
struct Stage {
    client: Client,
    board: Arc<Board>,
    progress: Progress,
    counter: Counter,
}

impl Stage {
    async fn people(&self, count: usize) -> Result<People> {
        People::sign_up(&self.client, count, |ready| {
            self.progress
                .tell(format!("signing up: {ready} of {count} people"), None);
        })
        .await
    }

    async fn day(self, options: &Options, day: &Day, whose: &Whose) -> Result<Report> {
        let people = self.people(day::people_for(day)).await?;
        self.progress.tell("reading menu and catalogue", None);
        let wants_devices = day.mix.has(Kind::Devices);
        let wants_products = wants_devices || day.mix.has(Kind::Products);
        let things = Things::find(&self.client, &people, whose, wants_products).await?;
        let mut day = day.clone();
        let mut left_out = Vec::new();
        if day.mix.has(Kind::Dishes) && !things.has_dishes() {
            left_out.push((Kind::Dishes, "there are none to order"));
        }
        let mut devices = None;
        if wants_devices {
            // Addresses of devices are unique in a shop, so they do not come from the seed.
            let mut rng = fastrand::Rng::new();
            devices = Devices::register(&self.client, &people, &things, &mut rng).await?;
            if devices.is_none() {
                left_out.push((Kind::Devices, "this shop has none (404)"));
            }
        }
        for (kind, why) in &left_out {
            eprintln!("  {} are left out of the mix: {why}.", kind.name());
            day.mix = day.mix.without(*kind).ok_or_else(|| {
                Failure::new(format!(
                    "--mix: nothing is left to order: {} are left out, because {why}.",
                    kind.name()
                ))
            })?;
        }
        let (close, closing) = watch::channel(false);
        let world = Arc::new(World {
            client: self.client.clone(),
            people,
            things,
            devices,
            closing,
        });
        self.progress
            .tell(format!("{} orders", day.pace.orders()), Some(day.pace.lasts));
        let settling = self.settling(&close, options.settle_max);
        self.client.begins();
        tokio::join!(
            day::run(&world, &day, options.seed, &close, options.settle_max),
            settling
        );
        let unknown = self.devices_settle(&world, options.settle_max).await;
        Ok(self.check(&world, unknown, None, Vec::new()).await)
    }

    /// Tells, once no more orders are begun, that those under way are waited for.
    async fn settling(&self, close: &watch::Sender<bool>, settle_max: Duration) {
        let mut closing = close.subscribe();
        closing.wait_for(|is_closing| *is_closing).await.ok();
        self.progress
            .tell("no more orders; waiting for those under way", Some(settle_max));
    }

    /// What devices have ordered is met here for the first time, and waited for.
    async fn devices_settle(&self, world: &Shared, settle_max: Duration) -> Vec<String> {
        self.progress
            .tell("looking for orders that nobody was told of", Some(settle_max));
        let deadline = tokio::time::Instant::now() + settle_max;
        loop {
            let unknown = audit::meet_unknown_orders(world).await;
            let (by_devices, promised) = {
                let known = self.board.known();
                let open = known
                    .orders
                    .values()
                    .filter(|order| order.by_device && !orders::is_end(&order.status));
                let open: Vec<_> = open.map(|order| (order.person, order.order_id.clone())).collect();
                let promised = known
                    .promised
                    .iter()
                    .filter(|order_id| !known.orders.contains_key(*order_id));
                (open, promised.cloned().collect::<Vec<_>>())
            };
            if by_devices.is_empty() && promised.is_empty() {
                return unknown;
            }
            let following = async {
                for (person, order_id) in by_devices {
                    if let Some(person) = world.people.at(person) {
                        buyer::follow(world, person, &order_id).await;
                    }
                }
                tokio::time::sleep(DEVICES_LOOK).await;
            };
            if tokio::time::timeout_at(deadline, following).await.is_err() {
                for order_id in promised {
                    let what = format!("a device was said to place {order_id}, and it is not there");
                    self.board.wrong(what, "");
                }
                return unknown;
            }
        }
    }

    async fn on_sale(self, options: &Options, sale: OnSale) -> Result<Report> {
        let people = self.people(on_sale::people_for(sale)).await?;
        let prize = on_sale::prize(&self.client, &people, sale).await?;
        let (close, closing) = watch::channel(false);
        let world = Arc::new(World {
            client: self.client.clone(),
            people,
            things: Things::only(prize.product.iter().cloned().collect()),
            devices: None,
            closing,
        });
        self.progress
            .tell(format!("{} buyers ask at once", sale.buyers), None);
        let rush = on_sale::rush(&world, sale, &prize).await;
        close.send_replace(true);
        self.progress.tell("the winners pay", Some(options.settle_max));
        on_sale::winners_pay(&world, &rush, options.settle_max).await;
        let unknown = audit::meet_unknown_orders(&world).await;
        let check = on_sale::check(sale, &rush, &prize, unknown.len());
        Ok(self.check(&world, unknown, Some(&rush), vec![check]).await)
    }

    async fn check(
        self,
        world: &Shared,
        unknown: Vec<String>,
        rush: Option<&on_sale::Rush>,
        mut checks: Vec<checks::Check>,
    ) -> Report {
        let took = self.board.age();
        let evidence = audit::evidence(world, &self.counter, unknown, |asked, all| {
            self.progress
                .tell(format!("checking: {asked} of {all} orders"), None);
        })
        .await;
        checks.extend(checks::all(&evidence));
        let known = self.board.known();
        report::report(&known, took, rush, checks, evidence.orders)
    }
}

/// A name that no other run has: it begins every e-mail address, idempotency key and request id.
fn name_of_run() -> String {
    let now_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!("sim-{now_ms:x}-{:x}", std::process::id())
}
