//! Puts the data of `localstack/seed.json` into a stack: people, tickets and products through the HTTP API, stock, menu
//! and the operator's role through the functions that are there for it. What is there stays as it is.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::import::user_id_of;
use xtask::api::Person;
use xtask::failure::{Result, While};
use xtask::project::Project;
use xtask::stack::Addresses;
use xtask::steps::Step;

/// The seed, as it stands in the repository.
pub fn read(project: &Project) -> Result<Value> {
    let path = project.path("localstack/seed.json");
    let text = fs::read_to_string(&path).while_doing(format!("read {}", path.display()))?;
    serde_json::from_str(&text).while_doing(format!("read {}", path.display()))
}

/// Stocks the kitchen, signs demo user and operator up (or in) and lists the tickets and products that are not listed yet.
/// Returns the operator's id.
pub fn run(project: &Project, addresses: &Addresses, step: &mut Step) -> Result<String> {
    let seed = read(project)?;

    let engine = Person::at(&addresses.engine);
    engine.invoke("holdfast-stock-kitchen", &seed["stock"])?;
    let (user, operator) = (&seed["user"], &seed["operator"]);
    let (demo, _) = signed_in(addresses, user)?;
    let (_, operator_id) = signed_in(addresses, operator)?;
    let appointed = json!({ "email": operator["email"], "role": "operator" });
    engine.invoke("holdfast-appoint-operator", &appointed)?;

    let listed = demo
        .get("/api/tickets?mine=true&limit=100")?
        .expect(200, "reading the demo user's tickets")?;
    let titles: Vec<&str> = items(&listed.body)
        .iter()
        .filter_map(|ticket| ticket["title"].as_str())
        .collect();
    let mut added = 0;
    for ticket in items(&seed["tickets"]) {
        if ticket["title"]
            .as_str()
            .is_some_and(|title| !titles.contains(&title))
        {
            demo.post("/api/tickets", ticket)?
                .expect(201, "listing a ticket")?;
            added += 1;
        }
    }
    let products = list_products(&demo, &seed)?;
    step.tell(format!(
        "{added} tickets added, {products} products there; sign in as {} with {}, as operator {} with {}",
        user["email"], user["password"], operator["email"], operator["password"]
    ));
    Ok(operator_id)
}

/// Makes categories and products with their inventory; how many products there are. Each request has the same key every
/// time, so that a product is made once, however often and whenever the stack is seeded.
fn list_products(seller: &Person, seed: &Value) -> Result<usize> {
    let mut ids = BTreeMap::new();
    for name in items(&seed["categories"]) {
        let answer = seller.post("/api/categories", &json!({ "name": name }))?;
        if ![200, 201].contains(&answer.status) {
            answer.clone().expect(201, "naming a category")?;
        }
        ids.insert(name.as_str().unwrap_or_default(), answer.text("/id").to_owned());
    }
    let products = items(&seed["products"]);
    for product in products {
        let key = product["key"].as_str().unwrap_or_default();
        let body = json!({
            "title": product["title"], "description": product["description"], "priceMinor": product["priceMinor"],
        });
        let made = seller.post_once("/api/products", &format!("seed-product-{key}"), &body)?;
        // Seeded before, with another text: it stays as it is.
        if made.status == 422 {
            continue;
        }
        let made = made.expect(201, &format!("making the product {key}"))?;
        let path = format!("/api/products/{}", made.text("/id"));
        let categories: Vec<&String> = items(&product["categories"])
            .iter()
            .filter_map(|name| ids.get(name.as_str()?))
            .collect();
        // Seeded long ago: perhaps it was put elsewhere since.
        if items(&made.body["categories"]).is_empty() {
            let wanted = json!({ "categoryIds": categories });
            let name = format!("seed-categories-{key}");
            seller
                .put_once(&format!("{path}/categories"), &name, &wanted)?
                .expect(200, &format!("putting {key} into its categories"))?;
        }
        seller
            .put_once(
                &format!("{path}/inventory"),
                &format!("seed-inventory-{key}"),
                &product["inventory"],
            )?
            .expect(200, &format!("setting the inventory of {key}"))?;
    }
    Ok(products.len())
}

/// Signs somebody up, or in if they are there since an earlier `up`; with their id.
fn signed_in(addresses: &Addresses, credentials: &Value) -> Result<(Person, String)> {
    let somebody = Person::at(&addresses.front);
    let signed_up = somebody.post("/api/users/signup", credentials)?;
    let session = match signed_up.status {
        201 => signed_up,
        _ => somebody
            .post("/api/users/signin", credentials)?
            .expect(200, &format!("signing {} in", credentials["email"]))?,
    };
    let user_id = user_id_of(&session.body)?;
    Ok((somebody.with_session_of(&session), user_id))
}

/// The items of a page, whatever the page calls them.
pub fn items(page: &Value) -> &[Value] {
    let list = match page {
        Value::Array(list) => Some(list),
        Value::Object(fields) => fields.values().find_map(Value::as_array),
        _ => None,
    };
    list.map(Vec::as_slice).unwrap_or_default()
}
