//! A shop of the benches' own: people who buy, and enough to buy.

use serde_json::{Value, json};

use crate::api::{Answer, Person, fresh_key};
use crate::failure::Result;
use crate::stack::Addresses;

/// A card that works.
const CARD: &str = "tok_visa";
/// More than any bench orders.
const PLENTY: u32 = 100_000;
/// The most shards that a product may have.
pub(super) const SHARDS_MAX: u8 = 16;

/// What can be ordered, in one line.
#[derive(Clone, Debug)]
pub(super) struct Line(Value);

/// A shop with a seller and a menu.
pub(super) struct Shop {
    front: String,
    seller: Person,
    /// A dish that the kitchen has everything for.
    pub(super) dish: Line,
}

impl Shop {
    /// Signs a seller up and stocks the kitchen.
    pub(super) fn open(addresses: &Addresses) -> Result<Self> {
        let stock = json!({
            "cause": "bench", "kitchen": { "pasta": PLENTY, "queso": PLENTY, "jamon": PLENTY }, "warehouse": {},
            "dishes": [{
                "key": "bench_dish", "name": "Pasta al horno", "recipe": { "pasta": 3, "queso": 2, "jamon": 1 },
                "price_minor": 900,
            }],
        });
        let stocked = Person::at(&addresses.engine).invoke("holdfast-stock-kitchen", &stock)?;
        Ok(Self {
            front: addresses.front.clone(),
            seller: signed_up(&addresses.front)?,
            dish: Line(json!({ "dishId": stocked.body["dish_ids"][0], "quantity": 1 })),
        })
    }

    /// A new buyer.
    pub(super) fn buyer(&self) -> Result<Buyer> {
        Ok(Buyer(signed_up(&self.front)?))
    }

    /// So many new tickets.
    pub(super) fn tickets(&self, count: usize) -> Result<Vec<Line>> {
        (0..count)
            .map(|number| {
                let body = json!({ "title": format!("Seat {number}"), "priceMinor": 4_500 });
                let ticket = self
                    .seller
                    .post("/api/tickets", &body)?
                    .expect(201, "list a ticket")?;
                Ok(Line(
                    json!({ "ticketId": ticket.text("/id"), "version": ticket.body["version"] }),
                ))
            })
            .collect()
    }

    /// A product of which there is enough, in so many shards.
    pub(super) fn product(&self, shards: u8) -> Result<Line> {
        let body = json!({ "title": "Tea", "priceMinor": 700 });
        let product = self
            .seller
            .post("/api/products", &body)?
            .expect(201, "make a product")?;
        let id = product.text("/id");
        let inventory = json!({ "quantity": PLENTY, "shards": shards });
        self.seller
            .put_once(&format!("/api/products/{id}/inventory"), &fresh_key(), &inventory)?
            .expect(200, "set the inventory")?;
        Ok(Line(json!({ "productId": id, "quantity": 1 })))
    }
}

fn signed_up(front: &str) -> Result<Person> {
    let somebody = Person::at(&front.replace("//localhost", "//127.0.0.1"));
    let credentials =
        json!({ "email": format!("{}@bench.example", fresh_key()), "password": "long enough to be one" });
    let session = somebody
        .post("/api/users/signup", &credentials)?
        .expect(201, "sign up")?;
    Ok(somebody.with_session_of(&session))
}

/// Somebody who buys.
pub(super) struct Buyer(Person);

impl Buyer {
    /// Orders, and pays at once; the answer comes when the order has come out.
    pub(super) fn buys(&self, line: &Line) -> Result<Answer> {
        let body = json!({ "lines": [line.0], "payment": { "token": CARD } });
        self.0.post("/api/orders?wait=20", &body)
    }
}
