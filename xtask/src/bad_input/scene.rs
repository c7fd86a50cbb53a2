//! Who sends, and what there is to ask about: each person has bought and sold before, and knows somebody else's things too.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{Answer, Person, fresh_key};
use crate::failure::{Failure, Result, While};
use crate::project::Project;
use crate::stack::Addresses;

const PASSWORD: &str = "correct horse battery";

/// As whom requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody who is not signed in.
    Stranger,
    /// Somebody who buys and sells.
    Buyer,
    /// Somebody who looks after the shop.
    Operator,
}

impl Who {
    /// Everybody, in the order in which they send.
    pub const ALL: [Self; 3] = [Self::Stranger, Self::Buyer, Self::Operator];

    /// In one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Buyer => "buyer",
            Self::Operator => "operator",
        }
    }
}

/// What one person sends with.
#[derive(Debug)]
pub(super) struct Scene {
    /// The session; none for a stranger.
    pub token: Option<String>,
    /// Ids and other values that mean something in this shop, by what they are.
    pub known: BTreeMap<&'static str, Vec<String>>,
    /// Bodies that will do, by the operation's id in the description.
    pub bodies: BTreeMap<&'static str, Value>,
}

impl Scene {
    /// Signs people up and lets them buy and sell.
    pub fn set(project: &Project, at: &Addresses, who: Who) -> Result<Self> {
        let path = project.path("localstack/seed.json");
        let doing = format!("read {}", path.display());
        let seed: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).while_doing(&doing)?).while_doing(&doing)?;
        let engine = Person::at(&at.engine);
        // A stranger's things are somebody's all the same.
        let (one, mut token, email) = signed_up(at)?;
        let (other, _, _) = signed_up(at)?;
        let mut person = one;
        if who == Who::Operator {
            engine.invoke(
                "holdfast-appoint-operator",
                &json!({ "email": email, "role": "operator" }),
            )?;
            let credentials = json!({ "email": email, "password": PASSWORD });
            let session = person
                .post("/api/users/signin", &credentials)?
                .expect(200, "signing in as an operator")?;
            session.text("/token").clone_into(&mut token);
            person = Person::at(&at.front).with_session_of(&session);
        }
        engine.invoke("holdfast-stock-kitchen", &seed["stock"])?;
        let mut scene = Self {
            token: (who != Who::Stranger).then_some(token),
            known: BTreeMap::from([
                ("place", vec!["kitchen".to_owned(), "warehouse".to_owned()]),
                ("ingredient", vec!["pollo".to_owned()]),
                (
                    "card",
                    vec!["tok_visa".to_owned(), "tok_chargeDeclined".to_owned()],
                ),
            ]),
            bodies: BTreeMap::new(),
        };
        scene.sells(&person, 4)?;
        scene.sells(&other, 2)?;
        scene.buys(&person)?;
        scene.owns(&person, at)?;
        if who == Who::Operator {
            scene.looks_after(&person)?;
        }
        Ok(scene)
    }

    fn knows(&mut self, what: &'static str, value: &str) {
        self.known.entry(what).or_default().push(value.to_owned());
    }

    fn ticket(&mut self, seller: &Person) -> Result<String> {
        let body = json!({ "title": format!("Seat {}", fresh_key()), "priceMinor": 1_999 });
        let listed = seller
            .post("/api/tickets", &body)?
            .expect(201, "listing a ticket")?;
        Ok(listed.text("/id").to_owned())
    }

    fn sells(&mut self, seller: &Person, tickets: usize) -> Result<()> {
        for _ in 0..tickets {
            let ticket = self.ticket(seller)?;
            self.knows("ticket", &ticket);
        }
        for stock in [Some(500), Some(3), None] {
            let body = json!({ "title": format!("Tea {}", fresh_key()), "priceMinor": 499 });
            let made = seller
                .post("/api/products", &body)?
                .expect(201, "making a product")?;
            let path = format!("/api/products/{}/inventory", made.text("/id"));
            if let Some(quantity) = stock {
                seller
                    .put_once(&path, &fresh_key(), &json!({ "quantity": quantity }))?
                    .expect(200, "stocking it")?;
            }
            self.knows("product", made.text("/id"));
        }
        let category = seller.post(
            "/api/categories",
            &json!({ "name": format!("Tea {}", fresh_key()) }),
        )?;
        self.knows("category", category.expect(201, "naming a category")?.text("/id"));
        Ok(())
    }

    /// One order that waits to be paid, one that was paid and whose ticket has a pass.
    fn buys(&mut self, buyer: &Person) -> Result<()> {
        let ticket = self.ticket(buyer)?;
        let wanted = json!({ "lines": [{ "ticketId": ticket }] });
        let held = buyer
            .post("/api/orders", &wanted)?
            .expect(201, "ordering a ticket")?;
        self.knows("order", held.text("/id"));
        let ticket = self.ticket(buyer)?;
        let wanted = json!({ "lines": [{ "ticketId": ticket }], "payment": { "token": "tok_visa" } });
        let paid = buyer
            .post("/api/orders?wait=25", &wanted)?
            .expect(201, "paying for a ticket")?;
        let path = format!("/api/orders/{}?wait=25", paid.text("/id"));
        // `paid` is left for `completed` by itself.
        buyer.get(&path)?.expect(200, "reading an order")?;
        self.knows("order", paid.text("/id"));
        let pass = buyer
            .get(&format!("/api/tickets/{ticket}/pass"))?
            .expect(200, "reading a pass")?;
        self.knows("ticket", &ticket);
        self.knows("code", pass.text("/code"));
        self.bodies
            .insert("verify_pass", json!({ "code": pass.text("/code") }));
        let wanted = self.ticket(buyer)?;
        self.bodies
            .insert("place_order", json!({ "lines": [{ "ticketId": wanted }] }));
        Ok(())
    }

    fn owns(&mut self, owner: &Person, at: &Addresses) -> Result<()> {
        let product = self.known["product"][0].clone();
        let watch = json!({ "productId": product, "threshold": 2, "orderQuantity": 3 });
        let device = json!({ "macAddress": mac(0), "watches": [watch] });
        let device = owner
            .post("/api/devices", &device)?
            .expect(201, "registering a device")?;
        self.knows("device", device.text("/id"));
        self.bodies
            .insert("register_device", json!({ "macAddress": mac(1), "watches": [] }));
        let link = owner.post(
            "/api/links",
            &json!({ "target": format!("{}/#{}", at.front, fresh_key()) }),
        )?;
        self.knows("link", link.expect(201, "making a short link")?.text("/id"));
        let dishes = owner.get("/api/dishes")?.expect(200, "reading the menu")?;
        for dish in list(&dishes, "/dishes")?.iter().take(3) {
            self.knows("dish", dish["id"].as_str().unwrap_or_default());
        }
        let dish =
            json!({ "name": format!("Soup {}", fresh_key()), "priceMinor": 900, "recipe": { "pollo": 1 } });
        self.bodies.insert("create_dish", dish);
        let stocked = owner.post(
            "/api/products",
            &json!({ "title": "Tea without stock", "priceMinor": 499 }),
        )?;
        self.knows("product", stocked.expect(201, "making a product")?.text("/id"));
        self.bodies.insert("set_inventory", json!({ "quantity": 10 }));
        let edited = json!({ "title": "Another name", "priceMinor": 500, "version": 1 });
        self.bodies.insert("edit_product", edited.clone());
        self.bodies.insert("edit_ticket", edited);
        Ok(())
    }

    fn looks_after(&mut self, operator: &Person) -> Result<()> {
        let executions = operator
            .get("/api/ops/executions?limit=5")?
            .expect(200, "reading executions")?;
        for execution in list(&executions, "/executions")? {
            self.knows(
                "execution",
                execution["executionArn"].as_str().unwrap_or_default(),
            );
        }
        let machines = operator
            .get("/api/ops/machines")?
            .expect(200, "reading machines")?;
        for machine in list(&machines, "/machines")? {
            let arn = machine["stateMachineArn"].as_str().unwrap_or_default();
            self.knows("machine", arn);
            // Of no order: it fails in its first state, and changes nothing.
            if arn.ends_with("-deliver-product") {
                let start = json!({ "stateMachineArn": arn, "input": "{}" });
                self.bodies.insert("start_execution", start);
            }
        }
        let queues = operator.get("/api/ops/queues")?.expect(200, "reading queues")?;
        for queue in list(&queues, "/queues")?.iter().take(4) {
            self.knows("queue", queue["name"].as_str().unwrap_or_default());
        }
        let queue = self.known["queue"][0].clone();
        self.bodies.insert(
            "redrive_letters",
            json!({ "queue": queue, "dryRun": true, "all": true }),
        );
        Ok(())
    }
}

fn signed_up(at: &Addresses) -> Result<(Person, String, String)> {
    let somebody = Person::at(&at.front);
    let email = format!("anybody-{}@example.com", fresh_key());
    let credentials = json!({ "email": email, "password": PASSWORD });
    let session = somebody
        .post("/api/users/signup", &credentials)?
        .expect(201, "signing up")?;
    let token = session.text("/token").to_owned();
    Ok((somebody.with_session_of(&session), token, email))
}

/// An address that no device has yet.
fn mac(offset: u8) -> String {
    let digits: String = fresh_key()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .rev()
        .take(9)
        .collect();
    format!("02{offset}{digits:0>9}")
}

fn list<'a>(answer: &'a Answer, pointer: &str) -> Result<&'a [Value]> {
    match answer.body.pointer(pointer).and_then(Value::as_array) {
        Some(rows) if !rows.is_empty() => Ok(rows),
        _ => Err(Failure::new(format!(
            "There is nothing at {pointer} in {}.",
            answer.body
        ))),
    }
}
