//! `cargo xtask simulate`, with the running stack and with shops that lie.
//!
//! What the simulation says is worth something only if it says so when a promise is broken: each lie of a shop in memory
//! must be found, and the same shop without a lie must not be accused.

mod fake;

use crate::engine::{Shop, fresh, turn};
use crate::operators::appoint;
use fake::Lie;
use serde_json::json;
use std::ffi::OsString;
use std::sync::Arc;
use xtask::simulate::audit::Operator;
use xtask::simulate::client::Weather;
use xtask::simulate::options::Options;
use xtask::simulate::report::Report;
use xtask::simulate::things::Whose;
use xtask::simulate::{self, Shop as Simulated};
use xtask::steps::Steps;

const DAY: &str = "--rate 100/s --for 1s --seed 11 --mix tickets=1,products=2 --settle 5s --leavers 20%";

async fn run(line: &str, shop: &Simulated) -> Report {
    let options = Options::parse(line.split_whitespace().map(OsString::from), || 1).unwrap();
    simulate::run(&options, shop, Steps::Silent).await.unwrap()
}

/// A shop that lies, and an operator of it.
async fn liar(lie: Lie) -> Simulated {
    Simulated {
        url: fake::open(lie).await,
        operator: Some(Operator {
            email: "ops@example.com".to_owned(),
            password: "holdfast-ops".to_owned(),
        }),
        whose: Whose::Own { dishes: Vec::new() },
        weather: Weather::Calm,
    }
}

/// Where the report complains, and that it says so to whoever reads it.
fn complaints(report: &Report) -> Vec<String> {
    let complaints: Vec<String> = report
        .checks
        .iter()
        .flat_map(|check| check.wrong.clone())
        .collect();
    assert_eq!(report.is_right(), complaints.is_empty());
    assert_eq!(
        report.text.contains("wrong."),
        !report.is_right(),
        "{}",
        report.text
    );
    complaints
}

async fn finds(lie: Lie, line: &str, sentence: &str) {
    let report = run(line, &liar(lie).await).await;
    let complaints = complaints(&report);
    assert!(
        complaints.iter().any(|complaint| complaint.contains(sentence)),
        "{lie:?} was not found: {complaints:#?}\n{}",
        report.text
    );
}

#[tokio::test]
async fn a_shop_that_keeps_its_promises_is_not_accused() {
    let report = run(DAY, &liar(Lie::None).await).await;
    assert_eq!(complaints(&report), [""; 0], "{}", report.text);
    let refused = ["TicketAlreadyHeld", "OutOfStock"];
    // Otherwise nobody was in anybody's way, and the lies below could hide.
    assert!(
        refused.iter().all(|code| report.text.contains(code)),
        "{}",
        report.text
    );
}

#[tokio::test]
async fn what_a_shop_sells_twice_is_found() {
    finds(Lie::SellsATicketTwice, DAY, " was sold to ").await;
    finds(Lie::SellsMoreThanThereIs, DAY, "were sold").await;
}

#[tokio::test]
async fn a_shop_that_breaks_or_loses_orders_is_found() {
    finds(Lie::Breaks, DAY, "500 Defect").await;
    finds(Lie::LosesOrders, DAY, "does not know it").await;
}

#[tokio::test]
async fn a_defect_is_found_in_rough_weather_as_well() {
    let shop = Simulated {
        weather: Weather::Rough(Arc::default()),
        ..liar(Lie::Breaks).await
    };
    let complaints = complaints(&run(DAY, &shop).await);
    assert!(
        complaints
            .iter()
            .any(|complaint| complaint.contains("500 Defect")),
        "{complaints:#?}"
    );
}

#[tokio::test]
async fn money_taken_twice_or_wrongly_is_found() {
    finds(Lie::ChargesTwice, DAY, "was charged 2 times").await;
    finds(Lie::ChargesTooMuch, DAY, "1 charges of").await;
    finds(Lie::ForgetsPayments, DAY, "was told that it is paid").await;
}

#[tokio::test]
async fn an_order_that_is_not_what_was_asked_for_is_found() {
    finds(Lie::KeepsTheCancelled, DAY, "told that it is cancelled").await;
    finds(Lie::ForgetsKeys, DAY, "made two orders").await;
    finds(Lie::GivesMore, DAY, "was given").await;
}

#[tokio::test]
async fn a_red_count_is_found() {
    finds(Lie::CountsRed, DAY, "held_is_sum kitchen").await;
}

#[tokio::test]
async fn a_rush_with_too_many_winners_is_found() {
    let ticket = "--on-sale 30 --seed 1 --settle 5s";
    let lamps = "--on-sale 30 --of product --stock 4 --seed 1 --settle 5s";
    for line in [ticket, lamps] {
        let report = run(line, &liar(Lie::None).await).await;
        assert_eq!(complaints(&report), [""; 0], "{}", report.text);
    }
    finds(
        Lie::SellsATicketTwice,
        ticket,
        "30 won, of whom there should be 1",
    )
    .await;
    finds(
        Lie::SellsMoreThanThereIs,
        lamps,
        "30 won, of whom there should be 4",
    )
    .await;
    finds(Lie::LosesOrders, lamps, "does not know it").await;
}

#[tokio::test]
async fn without_an_operator_the_count_is_said_not_to_be_checked() {
    let shop = Simulated {
        operator: None,
        ..liar(Lie::None).await
    };
    let report = run("--rate 10/s --for 1s --seed 1 --mix tickets=1 --settle 5s", &shop).await;
    assert!(report.is_right(), "{}", report.text);
    assert!(
        report
            .text
            .contains("not checked: nobody said who is an operator"),
        "{}",
        report.text
    );
}

#[tokio::test]
async fn nothing_to_order_is_an_error_that_names_the_mix() {
    let options = Options::parse(["--mix", "devices=1"].map(OsString::from), || 1).unwrap();
    let failure = simulate::run(&options, &liar(Lie::None).await, Steps::Silent).await;
    assert!(failure.unwrap_err().to_string().starts_with("--mix: "));
}

/// A running shop with an operator, and a dish of nobody else's.
pub async fn furnished(shop: &Shop) -> Simulated {
    let operator = shop.person("operator").await;
    appoint(shop, &operator.email, "operator")
        .await
        .expect("they are appointed");
    let oats = format!("avena-{}", fresh());
    let stock = json!({ "cause": fresh(), "kitchen": { &oats: 3 }, "warehouse": { &oats: 500 } });
    shop.aws
        .invoke("stock-kitchen", &stock)
        .await
        .expect("the kitchen is stocked");
    let porridge = json!({ "name": "Porridge", "priceMinor": 320, "recipe": { &oats: 2 } });
    let porridge = operator.post("/api/dishes", &porridge).await.expect(201);
    Simulated {
        url: shop.front.clone(),
        operator: Some(Operator {
            email: operator.email.clone(),
            password: "correct horse battery".to_owned(),
        }),
        whose: Whose::Own {
            dishes: vec![porridge.str("/id").to_owned()],
        },
        weather: Weather::Calm,
    }
}

/// The shop where holds outlive every test.
async fn running() -> Simulated {
    furnished(&Shop::patient()).await
}

#[tokio::test]
async fn the_running_shop_keeps_every_promise_of_a_busy_moment() {
    let _turn = turn().await;
    let shop = running().await;
    let line = "--rate 3/s --for 10s --seed 5 --mix tickets=2,dishes=1,products=2 --settle 4m";
    let report = run(line, &shop).await;
    assert_eq!(complaints(&report), [""; 0], "{}", report.text);
    for kind in ["tickets", "dishes", "products"] {
        assert!(
            report.text.contains(&format!("\n{kind}")),
            "no {kind}: {}",
            report.text
        );
    }
}

#[tokio::test]
async fn of_a_crowd_at_one_ticket_one_wins() {
    let _turn = turn().await;
    let report = run("--on-sale 50 --seed 5 --settle 4m", &running().await).await;
    assert_eq!(complaints(&report), [""; 0], "{}", report.text);
    assert!(report.text.contains("\n1 won;"), "{}", report.text);
}
