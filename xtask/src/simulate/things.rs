//! What can be ordered: tickets that the run lists as it goes, the dishes of the menu, the products of the catalogue, and
//! two products of its own, of which it therefore knows exactly how many were sold.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use serde_json::{Value, json};

use super::board::Line;
use super::client::{Answer, Call, Client};
use super::people::{People, Person};
use crate::failure::{Failure, Result};

/// Pages of menu and catalogue that are read, 100 rows each.
const PAGES_MAX: usize = 5;
/// Tickets that somebody else may want as well.
const RECENT_MAX: usize = 12;
/// Of this one there is enough for everybody.
const PLENTY: u32 = 500_000;
/// Of this one there is not, so that buyers meet the end of it.
const SCARCE: u32 = 25;
/// Catalogues with fewer products that can be had are too few for a mix.
const FEW: usize = 3;

/// A thing at its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Its id.
    pub id: String,
    /// Price of one, minor units.
    pub price_minor: u64,
    /// The version seen; 0 of what has none.
    pub version: u64,
}

impl Thing {
    fn of(row: &Value) -> Self {
        Self {
            id: row["id"].as_str().unwrap_or_default().to_owned(),
            price_minor: row["priceMinor"].as_u64().unwrap_or_default(),
            version: row["version"].as_u64().unwrap_or_default(),
        }
    }
}

/// A product that only this run sells.
#[derive(Clone, Debug)]
pub struct OwnProduct {
    /// The product.
    pub thing: Thing,
    /// How many there were.
    pub stock: u64,
}

/// What somebody wants: the body of the order, and its lines as they must come back.
#[derive(Clone, Debug)]
pub struct Wish {
    /// `lines` of `POST /api/orders`.
    pub body: Value,
    /// The same, with prices.
    pub lines: Vec<Line>,
}

impl Wish {
    /// So many of one product.
    #[must_use]
    pub fn of_product(product: &Thing, quantity: u64) -> Self {
        let line = json!({ "productId": product.id, "quantity": quantity });
        wish(vec![(line, product, quantity)])
    }

    /// One ticket, at the version seen.
    #[must_use]
    pub fn of_ticket(ticket: &Thing) -> Self {
        wish(vec![(ticket_line(ticket), ticket, 1)])
    }
}

/// Whose things are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Whatever the shop has.
    Anybodys,
    /// What the run has put on sale, and these dishes: a dish cannot be made without somebody's ingredients.
    Own {
        /// Ids of dishes.
        dishes: Vec<String>,
    },
}

/// Everything that can be ordered.
#[derive(Debug)]
pub struct Things {
    dishes: Vec<Thing>,
    others: Vec<Thing>,
    own: Vec<OwnProduct>,
    seller: usize,
    recent: Mutex<VecDeque<Thing>>,
}

impl Things {
    /// Reads menu and catalogue, and makes the products of the run's own.
    ///
    /// # Errors
    /// The shop does not tell, or does not let its seller sell.
    pub async fn find(client: &Client, people: &People, whose: &Whose, products: bool) -> Result<Self> {
        let mut dishes = everything(client, "/api/dishes", "dishes").await?;
        let mut others = Vec::new();
        match whose {
            Whose::Own { dishes: own } => {
                dishes.retain(|dish| own.contains(&dish["id"].as_str().unwrap_or_default().to_owned()))
            }
            Whose::Anybodys if products => {
                others = everything(client, "/api/products", "products").await?;
                others.retain(|product| product["available"].as_u64() > Some(0));
            }
            Whose::Anybodys => {}
        }
        let seller = people
            .at(0)
            .ok_or_else(|| Failure::new("There is nobody to sell anything."))?;
        let mut own = Vec::new();
        if products {
            let category = json!({ "name": "Simulation" });
            let category = make(
                client,
                Call::post("make products", "/api/categories", category),
                seller,
            )
            .await?;
            let mut wanted = vec![("Lamp", 2_490, PLENTY, 4), ("Last lamps", 990, SCARCE, 1)];
            if others.len() < FEW {
                wanted.extend([("Kettle", 3_950, PLENTY, 2), ("Candle", 350, PLENTY, 4)]);
            }
            for (title, price_minor, stock, shards) in wanted {
                let title = format!("{title} of {}", client.run());
                own.push(
                    own_product(
                        client,
                        seller,
                        &title,
                        price_minor,
                        stock,
                        shards,
                        category.text("/id"),
                    )
                    .await?,
                );
            }
        }
        Ok(Self {
            dishes: dishes.iter().map(Thing::of).collect(),
            others: others.iter().map(Thing::of).collect(),
            own,
            seller: seller.index,
            recent: Mutex::default(),
        })
    }

    /// Nothing but what the first of the people sells.
    #[must_use]
    pub fn only(own: Vec<OwnProduct>) -> Self {
        Self {
            dishes: Vec::new(),
            others: Vec::new(),
            own,
            seller: 0,
            recent: Mutex::default(),
        }
    }

    /// Whether there is anything to eat.
    #[must_use]
    pub fn has_dishes(&self) -> bool {
        !self.dishes.is_empty()
    }

    /// What the run has made, and who sells it.
    #[must_use]
    pub fn own(&self) -> (usize, &[OwnProduct]) {
        (self.seller, &self.own)
    }

    /// How many there are to choose from: dishes, products of others, own products.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.dishes.len(), self.others.len(), self.own.len())
    }

    /// One to three dishes, or one dish twice.
    pub fn some_dishes(&self, rng: &mut Rng) -> Option<Wish> {
        let mut lines = Vec::new();
        for _ in 0..rng.usize(1..=2) {
            let dish = rng.choice(&self.dishes)?;
            lines.push((json!({ "dishId": dish.id, "quantity": 1 }), dish, 1));
        }
        Some(wish(lines))
    }

    /// One or two products, one to four of each.
    pub fn some_products(&self, rng: &mut Rng) -> Option<Wish> {
        let mut lines: Vec<(Value, &Thing, u64)> = Vec::new();
        for _ in 0..rng.usize(1..=2) {
            let product = self.some_product(rng)?;
            // Lines of one product are summed by the shop; here each is named once.
            if lines.iter().any(|(_, named, _)| named.id == product.id) {
                continue;
            }
            let quantity = rng.u64(1..=4);
            lines.push((
                json!({ "productId": product.id, "quantity": quantity }),
                product,
                quantity,
            ));
        }
        Some(wish(lines))
    }

    /// A product, as often of others as of the run's own.
    pub fn some_product(&self, rng: &mut Rng) -> Option<&Thing> {
        if !self.others.is_empty() && rng.bool() {
            return rng.choice(&self.others);
        }
        rng.choice(&self.own).map(|own| &own.thing)
    }

    /// A product that there is enough of.
    pub fn plenty(&self) -> Option<&Thing> {
        let mut own = self.own.iter();
        own.find(|product| product.stock > u64::from(SCARCE))
            .map(|product| &product.thing)
    }

    /// Tickets: one or two that are listed for this order, or one that somebody may have taken already.
    pub async fn some_tickets(
        &self,
        client: &Client,
        seller: &Person,
        rng: &mut Rng,
        name: &str,
    ) -> Option<Wish> {
        if rng.u8(0..4) == 0 {
            let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(ticket) = rng.choice(&recent) {
                return Some(wish(vec![(ticket_line(ticket), ticket, 1)]));
            }
        }
        let mut tickets = Vec::new();
        for number in 0..rng.usize(1..=2) {
            let price_minor = rng.u64(10..200) * 50;
            match list_ticket(client, seller, &format!("{name}-{number}"), price_minor).await {
                Ok(ticket) => tickets.push(ticket),
                Err(failure) => {
                    client.board().wrong(failure.to_string(), "");
                    return None;
                }
            }
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.extend(tickets.iter().cloned());
        while recent.len() > RECENT_MAX {
            recent.pop_front();
        }
        drop(recent);
        Some(wish(
            tickets
                .iter()
                .map(|ticket| (ticket_line(ticket), ticket, 1))
                .collect(),
        ))
    }
}

/// Lists a ticket. `name` has no spaces: it is part of an idempotency key.
///
/// # Errors
/// The shop does not let its seller.
pub async fn list_ticket(client: &Client, seller: &Person, name: &str, price_minor: u64) -> Result<Thing> {
    let body = json!({ "title": format!("Seat {name} of {}", client.run()), "priceMinor": price_minor });
    let call =
        Call::post("list a ticket", "/api/tickets", body).once(format!("{}-list-{name}", client.run()));
    Ok(Thing::of(&make(client, call, seller).await?.body))
}

/// Makes a product with so many of it.
///
/// # Errors
/// The shop does not let its seller.
pub async fn own_product(
    client: &Client,
    seller: &Person,
    title: &str,
    price_minor: u64,
    stock: u32,
    shards: u8,
    category: &str,
) -> Result<OwnProduct> {
    let what = "make products";
    let body = json!({ "title": title, "priceMinor": price_minor });
    let made = make(
        client,
        Call::post(what, "/api/products", body).once(title.replace(' ', "-")),
        seller,
    )
    .await?;
    let path = format!("/api/products/{}", made.text("/id"));
    if !category.is_empty() {
        let categories = json!({ "categoryIds": [category] });
        make(
            client,
            Call::put(what, format!("{path}/categories"), categories),
            seller,
        )
        .await?;
    }
    let inventory = json!({ "quantity": stock, "shards": shards });
    make(
        client,
        Call::put(what, format!("{path}/inventory"), inventory),
        seller,
    )
    .await?;
    Ok(OwnProduct {
        thing: Thing::of(&made.body),
        stock: stock.into(),
    })
}

async fn make(client: &Client, call: Call, seller: &Person) -> Result<Answer> {
    let answer = client.insist(&call.by(&seller.token)).await;
    let answer = answer.map_err(|lost| Failure::new(format!("Nothing can be put on sale: {}.", lost.why)))?;
    match answer.status {
        200 | 201 => Ok(answer),
        _ => Err(Failure::new(format!(
            "Nothing can be put on sale: {}",
            answer.in_words()
        ))),
    }
}

/// The rows of a list, page by page.
async fn everything(client: &Client, path: &str, name: &str) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    for _ in 0..PAGES_MAX {
        let call = Call::get("read lists", format!("{path}?limit=100{cursor}"));
        let page = client.insist(&call).await;
        let page = page.map_err(|lost| Failure::new(format!("{path} cannot be read: {}.", lost.why)))?;
        if page.status != 200 {
            return Err(Failure::new(format!(
                "{path} cannot be read: {}",
                page.in_words()
            )));
        }
        rows.extend(page.body[name].as_array().cloned().unwrap_or_default());
        match page.text("/nextCursor") {
            "" => break,
            next => cursor = format!("&cursor={next}"),
        }
    }
    Ok(rows)
}

/// A line for a ticket, at the version seen.
fn ticket_line(ticket: &Thing) -> Value {
    json!({ "ticketId": ticket.id, "version": ticket.version })
}

fn wish(lines: Vec<(Value, &Thing, u64)>) -> Wish {
    let (body, lines) = lines
        .into_iter()
        .map(|(line, thing, quantity)| {
            let line_told = Line {
                thing: thing.id.clone(),
                quantity,
                price_minor: thing.price_minor,
            };
            (line, line_told)
        })
        .unzip::<_, _, Vec<_>, Vec<_>>();
    Wish {
        body: Value::Array(body),
        lines,
    }
}
