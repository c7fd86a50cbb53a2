//! People who should not: every route of the description, asked by somebody who may not have what it is for.
//!
//! The routes are read from docs/openapi.json, so a new one is covered without anybody writing a test; and what a test must
//! know of a route that nobody told it fails it. Beside these stand the tests of one thing each: hazards/people.rs (sessions,
//! sign-ins, fields that are not one's own), hazards/holds.rs (the cap on holds), door.rs (passes), links.rs, live/ (what open
//! pages are told), operators.rs, simulated/strangers.rs.

mod routes;

use crate::engine::{Answer, Person, Shop, fresh};
use crate::operators::{appoint, operator};
use contract::{Limits, SessionSecret, Signed};
use domain::user::Role;
use domain::{Timestamp, UserId};
use routes::{Route, routes};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A well-formed id of nothing for every parameter, so that what is refused is refused for who asks.
fn nothing(name: &str) -> String {
    let prefix = match name {
        "order_id" => "ord",
        "ticket_id" => "tkt",
        "product_id" => "prd",
        "device_id" => "dev",
        "link_id" => return "11111111".to_owned(),
        other => panic!("what is a {other} in a path that needs a session? Say it here."),
    };
    format!("{prefix}_00000000000000000000000000")
}

async fn ask(person: &Person, route: &Route, path: &str, body: Option<String>) -> Answer {
    // Any body: who asks is looked at before what they say.
    let body = body.or_else(|| route.has_body.then(|| "{}".to_owned()));
    person.send(route.method.clone(), path, &[], body).await
}

/// Everything that differs from a good session in one way.
async fn bad_sessions(shop: &Shop) -> Vec<(&'static str, String)> {
    let person = shop.person("lost").await;
    let token = person.token.clone().expect("they are signed in");
    person.post("/api/users/signout", &json!({})).await.expect(200);
    let other = shop.person("held").await.token.expect("they are signed in");
    let secret = shop.aws.setting("users-api", "SESSION_SECRET").await;
    let ours = SessionSecret::new(&secret).expect("it is long enough");
    let foreign = SessionSecret::new(&"x".repeat(64)).expect("it is long enough");
    let session = |role, expires_at| Signed {
        user_id: UserId::parse(&person.id).expect("an id"),
        email: person.email.clone(),
        role,
        session_id: fresh(),
        expires_at: Timestamp::from_ms(expires_at),
    };
    let (past, future) = (1_000, 4_000_000_000_000);
    let (head, signature) = other.rsplit_once('.').expect("a signature");
    let sign = |signed: Signed, key: &SessionSecret| signed.sign(key).expect("it signs");
    let forged = sign(session(Role::Operator, future), &foreign);
    let (forged_head, _) = forged.rsplit_once('.').expect("a signature");
    vec![
        ("a session that was signed out", token),
        (
            "one whose time is over",
            sign(session(Role::Operator, past), &ours),
        ),
        ("one that somebody else signed", forged.clone()),
        (
            "another's signature under it",
            format!("{forged_head}.{signature}"),
        ),
        ("one with its signature cut off", head.to_owned()),
        ("one with an empty signature", format!("{head}.")),
        ("one of another version", other.replacen("v1.", "v2.", 1)),
        ("none", String::new()),
    ]
}

/// What anybody may ask for. A route that is not here and has no session in its description is a mistake of one of the two.
const FOR_ANYBODY: [&str; 21] = [
    "GET /api/categories",
    "GET /api/dishes",
    "GET /api/dishes/today",
    "GET /api/health",
    "GET /api/market/{ingredient}",
    "POST /api/payments/webhook",
    "GET /api/products",
    "GET /api/products/{product_id}",
    "GET /api/products/{product_id}/inventory",
    "GET /api/shop",
    "GET /api/stock/{place}",
    "GET /api/stock/{place}/movements",
    "GET /api/tickets",
    "GET /api/tickets/{ticket_id}",
    "GET /api/users/currentuser",
    "POST /api/users/signin",
    "POST /api/users/signout",
    "POST /api/users/signup",
    "GET /door/{code}",
    "GET /l/{link_id}",
    "GET /l/{link_id}/qr",
];

#[test]
fn nothing_is_open_to_everybody_by_mistake() {
    let open: Vec<String> = routes()
        .into_iter()
        .filter(|route| !route.needs_a_session)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(open, FOR_ANYBODY);
}

/// Protection: `SignedIn` and `OperatorOnly` are arguments of the handlers, and the layer of idempotency keys asks as they do.
#[tokio::test]
async fn every_route_that_needs_a_session_refuses_whoever_has_no_good_one() {
    let shop = Shop::patient();
    let routes: Vec<Route> = routes()
        .into_iter()
        .filter(|route| route.needs_a_session)
        .collect();
    assert!(routes.len() > 50, "{} routes need a session", routes.len());
    let mut wrong = Vec::new();
    for (what, token) in bad_sessions(&shop).await {
        let person = match what {
            "none" => shop.stranger(),
            _ => shop.stranger().with_token(&token),
        };
        for route in &routes {
            let answer = ask(&person, route, &route.filled(nothing), None).await;
            if (answer.status, answer.code()) != (401, "NotSignedIn") {
                wrong.push(format!(
                    "{what}: {} -> {} {}",
                    answer.asked,
                    answer.status,
                    answer.code()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Protection: what is under `/api/ops` is behind `OperatorOnly`, in whatever spelling it is asked for.
#[tokio::test]
async fn every_operators_route_refuses_buyers_and_who_was_dismissed() {
    let shop = Shop::patient();
    let routes: Vec<Route> = routes()
        .into_iter()
        .filter(|route| route.path.starts_with("/api/ops/"))
        .collect();
    assert!(routes.len() > 20, "{} routes are for operators", routes.len());
    let dismissed = operator(&shop).await;
    appoint(&shop, &dismissed.email, "buyer")
        .await
        .expect("they are dismissed");
    let appointed_since = shop.person("appointed").await;
    appoint(&shop, &appointed_since.email, "operator")
        .await
        .expect("they are appointed");
    let mut wrong = Vec::new();
    for (what, person) in [
        ("a buyer", shop.person("buyer").await),
        ("an operator who was dismissed", dismissed),
        ("a session from before the appointment", appointed_since),
    ] {
        for route in &routes {
            for path in [
                route.filled(nothing),
                route.filled(nothing).replace("/api/ops/", "/API/Ops/"),
            ] {
                let answer = ask(&person, route, &path, None).await;
                if (answer.status, answer.code()) != (403, "NotAnOperator") {
                    wrong.push(format!(
                        "{what}: {} -> {} {}",
                        answer.asked,
                        answer.status,
                        answer.code()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Somebody's things, by the name of the parameter that asks for them, and what tells whether they were touched.
async fn things(owner: &Person) -> (BTreeMap<&'static str, String>, Vec<String>) {
    let ticket = owner.sells(5_000).await;
    let bought = owner.sells(5_000).await;
    let order_id = owner.holds(&bought).await;
    let product = json!({ "title": format!("Tea {}", fresh()), "priceMinor": 500 });
    let product = owner.post("/api/products", &product).await.expect(201);
    let stocked = format!("/api/products/{}/inventory", product.str("/id"));
    owner.put(&stocked, &json!({ "quantity": 5 })).await.expect(200);
    let digits: String = fresh()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .rev()
        .take(10)
        .collect();
    let device = json!({ "macAddress": format!("02{digits:0>10}"), "watches": [] });
    let device = owner.post("/api/devices", &device).await.expect(201);
    let link = json!({ "target": format!("https://shop.example/{}", fresh()) });
    let link = owner.post("/api/links", &link).await.expect(201);
    let ids = BTreeMap::from([
        ("ticket_id", ticket.id.clone()),
        ("order_id", order_id.clone()),
        ("product_id", product.str("/id").to_owned()),
        ("device_id", device.str("/id").to_owned()),
        ("link_id", link.str("/id").to_owned()),
    ]);
    let seen = vec![
        format!("/api/tickets/{}", ticket.id),
        format!("/api/orders/{order_id}"),
        format!("/api/orders/{order_id}/payments"),
        format!("/api/products/{}", product.str("/id")),
        stocked,
        format!("/api/devices/{}", device.str("/id")),
        format!("/api/devices/{}/stock", device.str("/id")),
        format!("/l/{}", link.str("/id")),
    ];
    (ids, seen)
}

/// A body that would do if the thing were one's own.
fn good_body(route: &Route, ids: &BTreeMap<&str, String>) -> Value {
    match route.operation.as_str() {
        "edit_ticket" | "edit_product" => json!({ "title": "Mine", "priceMinor": 100, "version": 1 }),
        "categorise_product" => json!({ "categoryIds": [] }),
        "set_inventory" => json!({ "quantity": 1 }),
        "adjust_inventory" => json!({ "delta": -1, "reason": "taken" }),
        "open_shards" => json!({ "shards": 2 }),
        "take_reading" => json!({ "productId": ids["product_id"], "quantity": 0 }),
        "replace_watches" => json!({ "version": 1, "watches": [] }),
        "take_payment" => json!({ "token": "tok_visa" }),
        "request_refund" => json!({}),
        other => panic!("what would be a good body of {other}? Say it here."),
    }
}

/// Protection: whose a thing is is asked before anything is decided about it, and is a condition of every write. What is not
/// one's own is not there; what everybody may see is not one's own to change.
#[tokio::test]
async fn every_route_to_somebody_elses_things_refuses_and_changes_nothing() {
    let shop = Shop::patient();
    let (owner, eve) = (shop.person("owner").await, shop.person("eve").await);
    let (ids, seen) = things(&owner).await;
    let before = shown(&owner, &seen).await;
    let mut asked = 0;
    let mut wrong = Vec::new();
    for route in routes()
        .iter()
        .filter(|route| route.needs_a_session && route.path.contains('{'))
    {
        let body = route.has_body.then(|| good_body(route, &ids).to_string());
        let path = route.filled(|name| {
            ids.get(name)
                .cloned()
                .unwrap_or_else(|| panic!("a {name} of somebody's"))
        });
        let answer = ask(&eve, route, &path, body).await;
        if !matches!(
            (answer.status, answer.code()),
            (403, "NotYours") | (404, "NotFound")
        ) {
            wrong.push(format!("{} -> {} {}", answer.asked, answer.status, answer.text));
        }
        asked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked >= 20, "{asked} routes lead to things of somebody");
    assert_eq!(shown(&owner, &seen).await, before);
}

/// What the owner sees of everything, but for the time of day; and for the number of the order's changes, of which its own
/// execution makes one when it begins to wait.
async fn shown(owner: &Person, paths: &[String]) -> Vec<(u16, Value)> {
    let mut all = Vec::new();
    for path in paths {
        let mut answer = owner.get(path).await;
        if let Some(body) = answer.body.as_object_mut()
            && path.starts_with("/api/orders/")
        {
            body.retain(|name, _| !["serverTime", "version", "updatedAt"].contains(&name.as_str()));
        }
        all.push((answer.status, answer.body));
    }
    all
}

/// Protection: every body is read up to one limit, and into a closed shape; by whoever may send it.
#[tokio::test]
async fn every_route_with_a_body_refuses_what_is_too_large_too_deep_or_no_json() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let large = format!(r#"{{"title":"{}"}}"#, "x".repeat(Limits::BODY_BYTES));
    let deep = format!(r#"{{"title":{}"#, "[".repeat(50_000));
    let mut wrong = Vec::new();
    let with_bodies: Vec<Route> = routes().into_iter().filter(|route| route.has_body).collect();
    assert!(with_bodies.len() > 20, "{} routes have a body", with_bodies.len());
    for route in &with_bodies {
        let path = route.filled(nothing);
        let is_signed = route.operation == "receive_webhook";
        for (what, body, kind, expected) in [
            ("too large", &large, "application/json", (413, "BodyTooLarge")),
            ("too deep", &deep, "application/json", (400, "InvalidInput")),
            ("no JSON", &deep, "text/plain", (415, "NotJson")),
        ] {
            // A message is the provider's or is not read, whatever it looks like.
            let expected = if is_signed && expected.0 != 413 {
                (400, "BadSignature")
            } else {
                expected
            };
            let headers = [("content-type", kind)];
            let answer = operator
                .send(route.method.clone(), &path, &headers, Some(body.clone()))
                .await;
            if (answer.status, answer.code()) != expected {
                wrong.push(format!(
                    "{what}: {} -> {} {}",
                    answer.asked,
                    answer.status,
                    answer.code()
                ));
            }
            if answer.header("content-type") != "application/problem+json" {
                wrong.push(format!(
                    "{what}: {} is told as {}",
                    answer.asked,
                    answer.header("content-type")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
