//! What there is to buy, and whether all of it is accounted for in the end.

use super::audit::Audit;
use crate::engine::{Person, Shop, at_once, fresh};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

/// Tickets: fewer than orders for them, so that those which come back are sold again.
const TICKETS: usize = 250;
/// Products, and how many there are of each: of the first, fewer than are wanted.
const PRODUCTS: [(u64, u32); 2] = [(650, 120), (1_250, 2_000)];
/// Heads of lettuce: half of them have to come from the warehouse, which has enough.
const KITCHEN: u32 = 60;
const WAREHOUSE: u32 = 400;
/// Lettuce in a salad.
const RECIPE: u32 = 2;

/// What one order is for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A ticket.
    Ticket { id: String, version: u64 },
    /// So many of each product.
    Products([u32; 2]),
    /// So many salads.
    Salads(u32),
}

/// Everything that is sold.
pub struct Shelf {
    seller: Person,
    tickets: Mutex<VecDeque<(String, u64)>>,
    products: Vec<String>,
    salad: String,
    ingredient: String,
}

impl Shelf {
    /// Lists and stocks everything.
    pub async fn stocked(shop: &Shop) -> Self {
        let seller = shop.person("seller").await;
        let mut tickets = VecDeque::new();
        while tickets.len() < TICKETS {
            let few = (0..10_u64).map(|number| {
                let seller = seller.clone();
                async move { seller.sells(1_000 + 37 * number).await }
            });
            tickets.extend(
                at_once(few)
                    .await
                    .into_iter()
                    .map(|ticket| (ticket.id, ticket.version)),
            );
        }
        let mut products = Vec::new();
        for (price_minor, quantity) in PRODUCTS {
            let new = json!({ "title": format!("Thing {}", fresh()), "priceMinor": price_minor });
            let product = seller.post("/api/products", &new).await.expect(201);
            let path = format!("/api/products/{}/inventory", product.str("/id"));
            let inventory = json!({ "quantity": quantity, "shards": 2 });
            seller.put(&path, &inventory).await.expect(200);
            products.push(product.str("/id").to_owned());
        }
        let ingredient = format!("lechuga-{}", fresh());
        let stock = json!({
            "cause": ingredient,
            "kitchen": { ingredient.clone(): KITCHEN },
            "warehouse": { ingredient.clone(): WAREHOUSE },
        });
        shop.aws
            .invoke("stock-kitchen", &stock)
            .await
            .expect("the kitchen is stocked");
        let dish = json!({ "name": "Salad", "priceMinor": 890, "recipe": { ingredient.clone(): RECIPE } });
        let dish = seller.post("/api/dishes", &dish).await.expect(201);
        Self {
            salad: dish.str("/id").to_owned(),
            seller,
            tickets: Mutex::new(tickets),
            products,
            ingredient,
        }
    }

    /// What order number so and so is for.
    pub fn choose(&self, number: usize) -> Wanted {
        match number % 7 {
            0..=3 => {
                let (id, version) = self
                    .tickets
                    .lock()
                    .expect("no lane panicked with it")
                    .pop_front()
                    .expect("there are more tickets than can be sold");
                Wanted::Ticket { id, version }
            }
            4 => Wanted::Products([2, 1]),
            5 => Wanted::Products([0, 3]),
            _ => Wanted::Salads(1),
        }
    }

    /// A ticket that is free again.
    pub fn takes_back(&self, wanted: &Wanted) {
        if let Wanted::Ticket { id, version } = wanted {
            let mut tickets = self.tickets.lock().expect("no lane panicked with it");
            tickets.push_back((id.clone(), *version));
        }
    }

    /// The body of an order for it.
    pub fn order_for(&self, wanted: &Wanted) -> Value {
        let lines = match wanted {
            Wanted::Ticket { id, version } => vec![json!({ "ticketId": id, "version": version })],
            Wanted::Salads(quantity) => vec![json!({ "dishId": self.salad, "quantity": quantity })],
            Wanted::Products(quantities) => self
                .products
                .iter()
                .zip(quantities)
                .filter(|(_, quantity)| **quantity > 0)
                .map(|(id, quantity)| json!({ "productId": id, "quantity": quantity }))
                .collect(),
        };
        json!({ "lines": lines })
    }

    /// Each ticket is sold to the one order that has completed with it, or free; of products and ingredients there is
    /// what there was, less what was sold; nothing is held any more.
    pub async fn adds_up(&self, shop: &Shop, audit: &Audit) {
        let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let (mut sold, mut salads) = ([0, 0], 0);
        for order in &audit.orders {
            // A product that was handed over does not come back by itself with its money.
            let was_handed_over = ["completed", "refunded"].contains(&order.status());
            match &order.wanted {
                Wanted::Ticket { id, .. } => {
                    let owners = owners.entry(id).or_default();
                    if order.status() == "completed" {
                        owners.push(&order.order_id);
                    }
                }
                Wanted::Products(quantities) if was_handed_over => {
                    for (sum, quantity) in sold.iter_mut().zip(quantities) {
                        *sum += quantity;
                    }
                }
                Wanted::Salads(quantity) if was_handed_over => salads += quantity,
                Wanted::Products(_) | Wanted::Salads(_) => {}
            }
        }
        let tickets = shop.aws.rows("tickets-api", "TABLE_TICKETS").await;
        assert!(tickets.len() >= TICKETS, "{} tickets", tickets.len());
        for ticket in tickets {
            let id = ticket["ticket_id"]["S"].as_str().unwrap_or_default();
            let of = owners.get(id).cloned().unwrap_or_default();
            let state = if of.is_empty() { "available" } else { "sold" };
            assert!(of.len() <= 1, "{id} was sold to {of:?}");
            assert_eq!(ticket["state"]["S"], state, "{id} of {of:?}: {ticket}");
        }
        for ((id, (_, given)), sold) in self.products.iter().zip(PRODUCTS).zip(sold) {
            let path = format!("/api/products/{id}/inventory");
            let inventory = self.seller.get(&path).await.expect(200);
            let (on_hand, held) = (&inventory.body["onHand"], &inventory.body["held"]);
            assert_eq!(
                (on_hand, held),
                (&json!(given - sold), &json!(0)),
                "{given} less {sold}"
            );
        }
        let (kitchen, warehouse) = (self.balance("kitchen").await, self.balance("warehouse").await);
        assert_eq!((kitchen.1, warehouse.1), (0, 0), "nothing is held any more");
        assert_eq!(
            kitchen.0 + warehouse.0 + u64::from(salads * RECIPE),
            u64::from(KITCHEN + WAREHOUSE),
            "kitchen {kitchen:?}, warehouse {warehouse:?}, {salads} salads"
        );
    }

    /// On hand and held of the ingredient.
    async fn balance(&self, place: &str) -> (u64, u64) {
        let path = format!("/api/stock/{place}?limit=100");
        let stock = self.seller.get(&path).await.expect(200);
        let item = stock.body["items"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|item| item["ingredient"] == self.ingredient)
            .unwrap_or_else(|| panic!("no {} in {}", self.ingredient, stock.text));
        let number = |name: &str| item[name].as_u64().expect("a number");
        (number("onHand"), number("held"))
    }
}
