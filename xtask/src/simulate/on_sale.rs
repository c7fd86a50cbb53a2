//! The moment a sale opens: many buyers, one thing, one instant.
//!
//! A password hash takes a processor a while, so a crowd of accounts would take minutes to sign up. Up to five hundred
//! buyers therefore share fifty accounts, each with sessions for several of them; beyond that there is one account for
//! ten. That is fair, because nothing that decides the race looks at the account: the ticket, or the shards of the
//! product, are one item each in one conditional write, and every request has an idempotency key of its own. Two rules
//! do look at it, and both are kept out of the race. A buyer may have ten live holds: so no account sends more than ten
//! requests. And the winner's account is told of its own order (200) when it asks for the same ticket again: these are
//! no winners, and it is checked that each names the winner's order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::board::{Line, Placed};
use super::client::{Answer, Call, Client};
use super::options::OnSale;
use super::orders::{GOOD_CARD, Shared};
use super::people::People;
use super::plan::{Habit, Kind};
use super::things::{OwnProduct, Wish, list_ticket, own_product};
use super::{buyer, checks::Check};
use crate::failure::{Failure, Result};

const ACCOUNTS_MAX: usize = 50;
/// As many live holds as one account may have.
const REQUESTS_EACH_MAX: usize = 10;
/// Buyers who ask again at the same time, after the rush.
const AGAIN_AT_ONCE: usize = 6;
/// The most shards that a product may have.
const SHARDS_MAX: u32 = 16;
const PRICE_MINOR: u64 = 4_500;

/// How many accounts such a crowd needs.
#[must_use]
pub fn people_for(sale: OnSale) -> usize {
    let buyers = usize::try_from(sale.buyers).unwrap_or(usize::MAX);
    buyers.div_ceil(REQUESTS_EACH_MAX).max(buyers.min(ACCOUNTS_MAX))
}

/// How the rush went.
#[derive(Clone, Debug, Default)]
pub struct Rush {
    /// Orders that were placed, each by its id.
    pub winners: BTreeSet<String>,
    /// Answers with 201: more than winners if one order was told to two.
    pub told_to_have_won: usize,
    /// Buyers who were told of an order that their own account has already.
    pub own_again: Vec<String>,
    /// Losers by what they were told.
    pub losers: BTreeMap<String, usize>,
    /// Buyers whose first request was not answered, or with 5xx. They asked again, under the same key.
    pub failed: usize,
    /// Those of them who never learned how it ended.
    pub in_the_dark: usize,
    /// From the first request to the last answer.
    pub took: Duration,
}

/// What is on sale.
#[derive(Debug)]
pub struct Prize {
    /// What buyers want, in turn: the product, or each of the tickets.
    wishes: Vec<Wish>,
    /// How many can win.
    stock: u64,
    /// The product, if it is one: how many are gone is counted at the end. A ticket is there once or not.
    pub product: Option<OwnProduct>,
}

/// Puts the thing, or the tickets, on sale.
///
/// # Errors
/// The shop does not let its seller.
pub async fn prize(client: &Client, people: &People, sale: OnSale) -> Result<Prize> {
    let seller = people
        .at(0)
        .ok_or_else(|| Failure::new("There is nobody to sell anything."))?;
    if sale.of == Kind::Tickets {
        let mut wishes = Vec::new();
        for number in 1..=sale.stock {
            let name = format!("{number}-of-{}", sale.stock);
            let ticket = list_ticket(client, seller, &name, PRICE_MINOR).await?;
            wishes.push(Wish::of_ticket(&ticket));
        }
        return Ok(Prize {
            wishes,
            stock: sale.stock.into(),
            product: None,
        });
    }
    let title = format!("Rush of {}", client.run());
    // As somebody would who expects a rush.
    let shards = u8::try_from(sale.stock.clamp(1, SHARDS_MAX)).unwrap_or(1);
    let product = own_product(client, seller, &title, PRICE_MINOR, sale.stock, shards, "").await?;
    Ok(Prize {
        wishes: vec![Wish::of_product(&product.thing, 1)],
        stock: product.stock,
        product: Some(product),
    })
}

/// Lets everybody ask at once.
pub async fn rush(world: &Shared, sale: OnSale, prize: &Prize) -> Rush {
    let buyers = usize::try_from(sale.buyers).unwrap_or(usize::MAX);
    let gate = Arc::new(Barrier::new(buyers));
    let mut asking = JoinSet::new();
    for number in 0..buyers {
        let person = world.people.at(number % world.people.count()).cloned();
        let wish = prize.wishes.get(number % prize.wishes.len().max(1)).cloned();
        let (Some(person), Some(wish)) = (person, wish) else {
            continue;
        };
        let call = Call::post("place an order", "/api/orders", json!({ "lines": wish.body }))
            .by(&person.token)
            .once(format!("{}-rush-{number}", world.client.run()));
        let (world, gate) = (Arc::clone(world), Arc::clone(&gate));
        asking.spawn(async move {
            gate.wait().await;
            let begun = Instant::now();
            let answer = world.client.ask(&call).await;
            (
                Asker {
                    person: person.index,
                    call,
                    lines: wish.lines,
                },
                begun,
                answer,
                Instant::now(),
            )
        });
    }
    let mut rush = Rush::default();
    let (mut first, mut last) = (None::<Instant>, None::<Instant>);
    let mut again = Vec::new();
    while let Some(ended) = asking.join_next().await {
        let Ok((asker, begun, answer, answered)) = ended else {
            rush.in_the_dark += 1;
            continue;
        };
        first = Some(first.map_or(begun, |first| first.min(begun)));
        last = Some(last.map_or(answered, |last| last.max(answered)));
        match answer {
            Ok(answer) if answer.status < 500 => rush.hear(world, sale, &asker, &answer),
            _ => again.push(asker),
        }
    }
    rush.failed = again.len();
    // The rush is over: a few at a time.
    let mut asking = JoinSet::new();
    loop {
        while asking.len() < AGAIN_AT_ONCE {
            let Some(asker) = again.pop() else { break };
            let client = world.client.clone();
            asking.spawn(async move {
                let answer = client.insist(&asker.call).await;
                (asker, answer)
            });
        }
        match asking.join_next().await {
            Some(Ok((asker, Ok(answer)))) => rush.hear(world, sale, &asker, &answer),
            Some(_) => rush.in_the_dark += 1,
            None => break,
        }
    }
    rush.took = first
        .zip(last)
        .map(|(first, last)| last - first)
        .unwrap_or_default();
    rush
}

/// Who asked for what.
struct Asker {
    person: usize,
    call: Call,
    lines: Vec<Line>,
}

impl Rush {
    fn hear(&mut self, world: &Shared, sale: OnSale, asker: &Asker, answer: &Answer) {
        let board = world.board();
        match (answer.status, answer.code()) {
            (201, _) => {
                let order_id = answer.text("/id").to_owned();
                board.begins(sale.of);
                board.placed(Placed {
                    order_id: order_id.clone(),
                    person: asker.person,
                    kind: sale.of,
                    habit: Habit::Pays,
                    status: answer.text("/status").to_owned(),
                    lines: asker.lines.clone(),
                    total_minor: answer.body["totalMinor"].as_u64().unwrap_or_default(),
                    told_placed: true,
                    gave_good_card: false,
                    told_paid: false,
                    told_cancelled: false,
                    asked_back: false,
                    by_device: false,
                    device_id: String::new(),
                });
                self.told_to_have_won += 1;
                self.winners.insert(order_id);
            }
            (200, _) => self.own_again.push(answer.text("/id").to_owned()),
            (500.., _) => self.in_the_dark += 1,
            (_, code) => {
                let fits = matches!(
                    (sale.of, code),
                    (Kind::Tickets, "TicketAlreadyHeld" | "TicketHeldByYou") | (Kind::Products, "OutOfStock")
                );
                if !fits {
                    let what = format!("a loser was told what cannot be: {}", answer.in_words());
                    board.wrong(what, &answer.request_id);
                }
                board.refused(code);
                *self.losers.entry(code.to_owned()).or_default() += 1;
            }
        }
    }
}

/// Every winner pays, and waits for what was bought.
pub async fn winners_pay(world: &Shared, rush: &Rush, settle_max: Duration) {
    let mut paying = JoinSet::new();
    for order_id in rush.winners.clone() {
        let world = Arc::clone(world);
        paying.spawn(async move {
            let person = world
                .board()
                .known()
                .orders
                .get(&order_id)
                .map(|order| order.person);
            let Some(person) = person.and_then(|person| world.people.at(person)).cloned() else {
                return;
            };
            world
                .pay(&person, &order_id, GOOD_CARD, &format!("pay-{order_id}"), true)
                .await;
            buyer::follow(&world, &person, &order_id).await;
        });
    }
    let everybody = async { while paying.join_next().await.is_some() {} };
    tokio::time::timeout(settle_max, everybody).await.ok();
    paying.shutdown().await;
}

/// Whether exactly as many won as there were things.
#[must_use]
pub fn check(sale: OnSale, rush: &Rush, prize: &Prize, unknown_orders: usize) -> Check {
    let buyers = u64::from(sale.buyers);
    let due = usize::try_from(prize.stock.min(buyers)).unwrap_or(usize::MAX);
    let won = rush.winners.len();
    let mut wrong = Vec::new();
    if won != due {
        let mut sentence = format!("{won} won, of whom there should be {due}");
        if won < due && rush.in_the_dark > 0 {
            sentence = format!(
                "{sentence}; {} buyers never learned how it ended, and {unknown_orders} orders are there that nobody was told of",
                rush.in_the_dark
            );
        }
        wrong.push(sentence);
    }
    if rush.told_to_have_won != won {
        wrong.push(format!(
            "{} buyers were told to have won, with {won} orders between them",
            rush.told_to_have_won
        ));
    }
    for order_id in rush
        .own_again
        .iter()
        .filter(|order_id| !rush.winners.contains(*order_id))
    {
        wrong.push(format!(
            "a buyer was told to have {order_id} already, which nobody won"
        ));
    }
    Check {
        sentence: "As many buyers won as there were things, and everybody else was refused politely",
        looked_at: format!("{buyers} buyers, {} to be had", prize.stock),
        wrong,
        not_made: None,
    }
}
