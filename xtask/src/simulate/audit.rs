//! Finds out, when a run is over, what became of everything: asks the shop, as its buyers and its operator.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::board::{Line, Placed};
use super::checks::{Conservation, Count, Ended, Evidence, Money};
use super::client::{Call, Client};
use super::devices::Devices;
use super::orders::Shared;
use super::people::Person;
use super::plan::{Habit, Kind};
use crate::failure::Result;

/// Orders that are asked for at the same time.
const AT_ONCE: usize = 12;
/// Differences beyond those that the shop lists, which are counted one by one.
const DIFFERENCES_MAX: u64 = 10_000;
/// Pages of somebody's orders.
const PAGES_MAX: usize = 200;
/// How often the shop's count is asked for again while something moves under it.
const COUNTS_MAX: usize = 5;

/// Who may see the shop's own count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// The way to the shop's own count, and what it said before the run.
#[derive(Clone, Debug)]
pub enum Counter {
    /// There is none, and why.
    None(String),
    /// An operator's session, and what did not add up before.
    By {
        /// The session.
        token: String,
        /// What did not add up before the run.
        before: Vec<String>,
    },
}

impl Counter {
    /// Signs the operator in, and counts for the first time.
    ///
    /// # Errors
    /// The shop does not answer.
    pub async fn open(client: &Client, operator: Option<&Operator>) -> Result<Self> {
        let Some(operator) = operator else {
            return Ok(Self::None(
                "nobody said who is an operator of this shop".to_owned(),
            ));
        };
        let credentials = json!({ "email": operator.email, "password": operator.password });
        let call = Call::post("sign in", "/api/users/signin", credentials);
        let token = match client.insist(&call).await {
            Ok(answer) if answer.status == 200 => answer.text("/token").to_owned(),
            Ok(answer) => {
                return Ok(Self::None(format!(
                    "{} cannot sign in: {}",
                    operator.email,
                    answer.in_words()
                )));
            }
            Err(lost) => {
                return Ok(Self::None(format!(
                    "{} cannot sign in: {}",
                    operator.email, lost.why
                )));
            }
        };
        Ok(match count(client, &token).await {
            Ok((before, _)) => Self::By { token, before },
            Err(why) => Self::None(why),
        })
    }

    /// Counts again.
    pub async fn close(&self, client: &Client) -> Conservation {
        match self {
            Self::None(why) => Conservation::NotAsked(why.clone()),
            Self::By { token, before } => match count(client, token).await {
                Ok((after, orders)) => Conservation::Asked {
                    before: before.clone(),
                    after,
                    orders,
                },
                Err(why) => Conservation::NotAsked(why),
            },
        }
    }
}

/// What does not add up, in words, and how many orders were counted.
async fn count(client: &Client, token: &str) -> std::result::Result<(Vec<String>, usize), String> {
    let call = Call::get("count everything", "/api/ops/conservation?fresh=true").by(token);
    let mut answer = client.insist(&call).await.map_err(|lost| lost.why)?;
    for _ in 1..COUNTS_MAX {
        // What moves while it is counted is looked at again; what is still is a difference or none.
        if answer.body["unsettled"].as_u64().unwrap_or_default() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        answer = client.insist(&call).await.map_err(|lost| lost.why)?;
    }
    if answer.status != 200 {
        return Err(format!("the shop does not count: {}", answer.in_words()));
    }
    let rows = answer.body["differences"].as_array().cloned().unwrap_or_default();
    let mut differences: Vec<String> = rows.iter().map(difference).collect();
    if answer.body["isGreen"] != true && differences.is_empty() {
        differences.push("it is not green, and does not say why".to_owned());
    }
    // A long list is cut off; a difference beyond it is one more all the same.
    let left_out = answer.body["differencesLeftOut"]
        .as_u64()
        .unwrap_or_default()
        .min(DIFFERENCES_MAX);
    differences.extend((1..=left_out).map(|number| format!("and difference {number} beyond those listed")));
    let orders = answer.body["lookedAt"]["orders"].as_u64().unwrap_or_default();
    Ok((differences, usize::try_from(orders).unwrap_or(usize::MAX)))
}

fn difference(row: &Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    format!(
        "{} {} {} {}: expected {}, found {}",
        text("name"),
        text("place"),
        text("item"),
        text("cause"),
        text("expected"),
        text("found")
    )
}

/// Orders that nobody of the run placed: those that devices placed are taken in, those that were undone before anybody
/// was told of them are passed over, and the others are named.
pub async fn meet_unknown_orders(world: &Shared) -> Vec<String> {
    let mut unknown = Vec::new();
    let known: BTreeSet<String> = world.board().known().orders.keys().cloned().collect();
    for person in world.people.all() {
        for order in orders_of(world, person).await {
            let id = order["id"].as_str().unwrap_or_default();
            if known.contains(id) {
                continue;
            }
            let device_id = order["deviceId"].as_str().unwrap_or_default();
            if world
                .devices
                .as_ref()
                .is_some_and(|devices| devices.has(device_id))
            {
                world.board().placed(of_device(person, &order, device_id));
            } else if order["status"].as_str() != Some("unavailable") {
                // A hold whose answer was lost is undone, and its buyer's next try may be told of another's hold by then.
                unknown.push(id.to_owned());
            }
        }
    }
    unknown
}

fn of_device(person: &Person, order: &Value, device_id: &str) -> Placed {
    Placed {
        order_id: order["id"].as_str().unwrap_or_default().to_owned(),
        person: person.index,
        kind: Kind::Devices,
        habit: Habit::PaysAlong,
        status: order["status"].as_str().unwrap_or_default().to_owned(),
        lines: Line::all_of(order),
        total_minor: order["totalMinor"].as_u64().unwrap_or_default(),
        told_placed: false,
        gave_good_card: true,
        told_paid: false,
        told_cancelled: false,
        asked_back: false,
        by_device: true,
        device_id: device_id.to_owned(),
    }
}

async fn orders_of(world: &Shared, person: &Person) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    for _ in 0..PAGES_MAX {
        let call = Call::get("list own orders", format!("/api/orders?limit=100{cursor}")).by(&person.token);
        let Ok(page) = world.client.insist(&call).await else {
            break;
        };
        if page.status != 200 {
            let what = format!("somebody's orders cannot be listed: {}", page.in_words());
            world.board().wrong(what, &page.request_id);
            break;
        }
        rows.extend(page.body["orders"].as_array().cloned().unwrap_or_default());
        match page.text("/nextCursor") {
            "" => break,
            next => cursor = format!("&cursor={next}"),
        }
    }
    rows
}

/// Asks what became of everything. `tell` hears how many orders have been asked for, of how many.
pub async fn evidence(
    world: &Shared,
    counter: &Counter,
    unknown_orders: Vec<String>,
    mut tell: impl FnMut(usize, usize),
) -> Evidence {
    let placed: Vec<Placed> = world.board().known().orders.values().cloned().collect();
    let all = placed.len();
    let mut orders = Vec::with_capacity(all);
    let mut asking = JoinSet::new();
    let mut left = placed.into_iter();
    loop {
        while asking.len() < AT_ONCE {
            let Some(placed) = left.next() else { break };
            let world = world.clone();
            asking.spawn(async move { ended(&world, placed).await });
        }
        match asking.join_next().await {
            Some(Ok(order)) => orders.push(order),
            Some(Err(_)) => {}
            None => break,
        }
        tell(orders.len(), all);
    }
    let products = products(world).await;
    let devices = devices(world).await;
    let conservation = counter.close(&world.client).await;
    let known = world.board().known();
    let mut wrongs: Vec<String> = known
        .wrongs
        .iter()
        .map(|wrong| match wrong.request_id.as_str() {
            "" => wrong.what.clone(),
            request_id => format!("{} (request {request_id})", wrong.what),
        })
        .collect();
    if known.wrongs_left_out > 0 {
        wrongs.push(format!("and {} more", known.wrongs_left_out));
    }
    Evidence {
        orders,
        unknown_orders,
        products,
        devices,
        conservation,
        wrongs,
        requests: known.requests,
    }
}

async fn ended(world: &Shared, placed: Placed) -> Ended {
    let nothing = |placed| Ended {
        placed,
        status: None,
        total_minor: 0,
        payments: Vec::new(),
        refunds: Vec::new(),
    };
    let Some(person) = world.people.at(placed.person).cloned() else {
        return nothing(placed);
    };
    let Some(order) = world.read(&person, &placed.order_id).await else {
        return nothing(placed);
    };
    let path = format!("/api/orders/{}/payments", placed.order_id);
    let answer = world
        .client
        .insist(&Call::get("read payments", path).by(&person.token))
        .await;
    let money = answer.map(|answer| {
        if answer.status != 200 {
            let what = format!(
                "{}: its payments cannot be read: {}",
                placed.order_id,
                answer.in_words()
            );
            world.board().wrong(what, &answer.request_id);
        }
        answer.body
    });
    let money = money.unwrap_or_default();
    Ended {
        status: order["status"].as_str().map(str::to_owned),
        total_minor: order["totalMinor"].as_u64().unwrap_or_default(),
        payments: rows(&money["payments"]),
        refunds: rows(&money["refunds"]),
        placed,
    }
}

fn rows(list: &Value) -> Vec<Money> {
    let rows = list.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .map(|row| Money {
            status: row["status"].as_str().unwrap_or_default().to_owned(),
            amount_minor: row["amountMinor"].as_u64().unwrap_or_default(),
        })
        .collect()
}

async fn products(world: &Shared) -> Vec<Count> {
    let (seller, own) = world.things.own();
    let token = world
        .people
        .at(seller)
        .map(|seller| seller.token.clone())
        .unwrap_or_default();
    let mut counts = Vec::new();
    for product in own {
        let path = format!("/api/products/{}/inventory", product.thing.id);
        let answer = world
            .client
            .insist(&Call::get("read inventory", path).by(&token))
            .await
            .ok();
        let number = |name: &str| answer.as_ref().and_then(|answer| answer.body[name].as_u64());
        counts.push(Count {
            of: product.thing.id.clone(),
            first: product.stock,
            found: number("onHand"),
            held: number("held").unwrap_or_default(),
        });
    }
    counts
}

async fn devices(world: &Shared) -> Vec<Count> {
    let mut counts = Vec::new();
    let devices = world
        .devices
        .iter()
        .flat_map(Devices::all)
        .filter(|(_, device)| !device.watches);
    for (owner, device) in devices {
        let Some(owner) = world.people.at(owner) else {
            continue;
        };
        counts.push(Count {
            of: device.id.clone(),
            first: 0,
            found: Devices::stock(&world.client, owner, device).await,
            held: 0,
        });
    }
    counts
}
