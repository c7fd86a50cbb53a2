//! Everybody's orders: told to operators who watch, and to nobody else.

use super::asked::{connects, says};
use super::scene::{Gateway, Scene, now, secret, user};
use super::told::ordered;
use crate::engine::{LivePage, Person, Shop};
use crate::operators::{appoint, operator};
use axum::http::{HeaderMap, StatusCode, header};
use contract::Signed;
use domain::ports::{Accounts, Sessions};
use domain::user::{Email, Role};
use serde_json::Value;

const WATCH: &str = r#"{"action":"watch","topics":["orders"]}"#;
const WATCH_ALL: &str = r#"{"action":"watch","topics":["orders","stock"]}"#;

/// The headers of a session that was signed for this role.
fn session_of(email: &str, role: Role) -> HeaderMap {
    let session = Signed {
        user_id: user(1),
        email: email.to_owned(),
        role,
        session_id: "s1".to_owned(),
        expires_at: now().plus_s(600),
    };
    let token = session.sign(&secret()).unwrap();
    HeaderMap::from_iter([(header::COOKIE, format!("session={token}").parse().unwrap())])
}

/// Protection: a session that says operator is not enough, nor is an account whose session was signed before it was one.
#[tokio::test]
async fn only_who_is_an_operator_by_session_and_account_watches_everybodys_orders() {
    let scene = Scene::new();
    let ops = scene.operator(1).await;
    let gone = scene.operator(2).await;
    scene.accounts.appoint(&gone, Role::Buyer).await.unwrap();
    let (gateway, api) = scene.api(Gateway::default());
    for (name, headers, may) in [
        ("guest", HeaderMap::new(), false),
        ("buyer", session_of("buyer@example.com", Role::Buyer), false),
        ("signed-in-before", session_of(ops.as_str(), Role::Buyer), false),
        ("dismissed", session_of(gone.as_str(), Role::Operator), false),
        (
            "nobody's",
            session_of("nobody@example.com", Role::Operator),
            false,
        ),
        ("operator", session_of(ops.as_str(), Role::Operator), true),
    ] {
        assert_eq!(connects(&api, name, headers).await, StatusCode::OK);
        says(&api, name, WATCH_ALL).await;
        let answers = gateway.frames(name).concat();
        let kinds: Vec<&str> = answers.iter().map(|answer| answer.kind.as_str()).collect();
        assert_eq!(kinds, [if may { "watching" } else { "refused" }], "{name}");
        if !may {
            let detail = answers[0].body["detail"].as_str().unwrap();
            assert!(detail.starts_with("Only operators may watch"), "{detail}");
        }
    }
    // All of it or nothing: whoever was refused watches no stock either.
    let (gateway, _) = scene
        .push(Gateway::default(), vec![ordered(&user(9), 2, now())])
        .await;
    let told: Vec<String> = gateway.taken.lock().unwrap().keys().cloned().collect();
    assert_eq!(told, ["operator"]);
}

/// Protection: the role is asked with each wish to watch and before each push, so a connection that stays open keeps neither a
/// role nor a session that was ended.
#[tokio::test]
async fn who_is_dismissed_or_signed_out_is_told_of_nobodys_orders_from_then_on() {
    let scene = Scene::new();
    scene.opened_by_operator("stays", 1).await;
    scene.opened_by_operator("dismissed", 2).await;
    scene.opened_by_operator("signed-out", 3).await;
    let push = |version| scene.push(Gateway::default(), vec![ordered(&user(9), version, now())]);
    let (gateway, _) = push(2).await;
    for page in ["stays", "dismissed", "signed-out"] {
        assert_eq!(gateway.told(page), [("order-moved".to_owned(), 2)]);
    }

    let email = Email::parse("ops-2@example.com").unwrap();
    scene.accounts.appoint(&email, Role::Buyer).await.unwrap();
    let session = "session of signed-out";
    scene.sessions.end(session, now().plus_s(60)).await.unwrap();
    let (gateway, outcome) = push(3).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(gateway.told("stays"), [("order-moved".to_owned(), 3)]);
    let (answers, api) = scene.api(Gateway::default());
    for page in ["dismissed", "signed-out"] {
        assert_eq!(gateway.told(page), []);
        says(&api, page, WATCH).await;
        assert_eq!(answers.told(page), [("refused".to_owned(), 0)]);
    }
}

/// Protection: one order is told under two kinds, so that an operator's page does not take somebody's order for its own.
#[tokio::test]
async fn an_operators_own_order_is_told_as_theirs_and_as_somebodys() {
    let scene = Scene::new();
    scene.opened_by_operator("ops", 1).await;
    scene.opened("buyer", Some(user(2))).await;
    let changes = vec![ordered(&user(1), 2, now()), ordered(&user(2), 5, now())];
    let (gateway, _) = scene.push(Gateway::default(), changes).await;
    let told = |kind: &str, seq| (kind.to_owned(), seq);
    let mut of_ops = gateway.told("ops");
    of_ops.sort();
    assert_eq!(
        of_ops,
        [told("order", 2), told("order-moved", 2), told("order-moved", 5)]
    );
    assert_eq!(gateway.told("buyer"), [told("order", 5)]);
    let said = serde_json::to_string(&gateway.frames("ops")).unwrap();
    assert!(!said.contains("usr_") && !said.contains("tok_secret"), "{said}");
}

/// The answer to the wish to watch everybody's orders.
async fn asks(page: &mut LivePage) -> Value {
    page.says(WATCH).await;
    let is_answer = |told: &Value| told["kind"] == "refused" || told["kind"] == "watching";
    page.hears_until(is_answer).await.pop().unwrap_or_default()
}

/// Protection: the function behind `watch` asks who is an operator, as every route of operators does.
#[tokio::test]
async fn everybodys_orders_are_told_to_operators_and_to_nobody_else() {
    let shop = Shop::patient();
    let (seller, buyer, ops): (Person, Person, Person) = (
        shop.person("seller").await,
        shop.person("buyer").await,
        operator(&shop).await,
    );
    for stranger in [&shop.stranger(), &buyer] {
        let mut page = stranger.opens_a_page(&shop).await;
        let answer = asks(&mut page).await;
        assert_eq!(answer["kind"], "refused", "{answer}");
        page.closes().await;
    }

    let mut page = ops.opens_a_page(&shop).await;
    page.watches(&["orders"]).await;
    let ticket = seller.sells(2_000).await;
    let order_id = buyer.holds(&ticket).await;
    buyer.pays(&order_id, "tok_visa").await.expect(201);
    let order = buyer.sees(&order_id, "completed").await;
    let is_its = |told: &Value| told["body"]["orderId"] == order_id.as_str();
    let heard = page
        .hears_until(|told| is_its(told) && told["body"]["status"] == "completed")
        .await;
    let its: Vec<&Value> = heard.iter().filter(|told| is_its(told)).collect();
    let versions: Vec<u64> = its.iter().filter_map(|told| told["seq"].as_u64()).collect();
    let last = order.body["version"].as_u64().expect("an order has a version");
    assert_eq!(versions, (1..=last).collect::<Vec<_>>(), "each once and in order");
    for told in its {
        assert_eq!(told["kind"], "order-moved");
        assert!(
            told["body"].as_object().is_some_and(|body| body.len() == 2),
            "{told}"
        );
    }

    appoint(&shop, &ops.email, "buyer")
        .await
        .expect("they are dismissed");
    // The page still watches, and its row says so. What it hears next is its own order, which comes after and by the same stream.
    let mut of_buyer = buyer.opens_a_page(&shop).await;
    let untold = buyer.holds(&seller.sells(2_000).await).await;
    of_buyer
        .hears_of("order", |told| told["body"]["orderId"] == untold.as_str())
        .await;
    let own = ops.holds(&seller.sells(2_000).await).await;
    let heard = page
        .hears_until(|told| told["kind"] == "order" && told["body"]["orderId"] == own.as_str())
        .await;
    let of_untold = |told: &&Value| told["body"]["orderId"] == untold.as_str();
    assert_eq!(heard.iter().find(of_untold), None);
    let refused = asks(&mut page).await;
    assert_eq!(refused["kind"], "refused", "{refused}");
}
