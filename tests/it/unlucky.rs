//! Five hundred orders at a provider with bad luck: one attempt to charge in five is declined, one in five times out,
//! half of these after the money was taken; answers to refunds are lost as well, and messages come twice. Buyers race,
//! change their minds and their cards, and want their money back. In the end everything adds up.

mod audit;
mod lane;
mod shelf;

use crate::engine::{Shop, at_once, start, turn};
use crate::operators::operator;
use audit::Audit;
use lane::{Lane, Log};
use shelf::Shelf;
use std::sync::Arc;
use std::time::Instant;
use xtask::test_stacks::Kind;

/// Orders that buyers see through to an end; those of rivals who lose heart come on top.
const ORDERS: usize = 500;
/// Buyers at once, each with one order after the other.
const LANES: usize = 16;

/// Every hazard of money at once. Protection: all of them together. No order is left unfinished or stuck, no request is
/// answered by an unexpected 5xx, everything scarce is sold at most once, and the provider's books, the ledger of money
/// and the orders' own records are of one mind about every order.
#[tokio::test]
async fn five_hundred_orders_with_bad_luck_add_up() {
    let _turn = turn().await;
    let stack = start(Kind::Unlucky, |_| {});
    let shop = Shop::at(stack.addresses());
    let shelf = Arc::new(Shelf::stocked(&shop).await);
    let log = Arc::new(Log::default());
    let (buyers, rivals) = (shop.crowd("buyer", LANES).await, shop.crowd("rival", LANES).await);
    let began = Instant::now();
    at_once(buyers.into_iter().zip(rivals).map(|(buyer, rival)| {
        let lane = Lane {
            buyer,
            rival,
            shelf: shelf.clone(),
            log: log.clone(),
        };
        async move {
            while let Some(number) = lane.log.next_number(ORDERS) {
                lane.order(number).await;
            }
        }
    }))
    .await;
    let took = began.elapsed();

    let audit = Audit::of(&shop, log.placed()).await;
    println!("{}; {}; {} s", audit.summary(), log.summary(), took.as_secs());
    assert_eq!(log.unexpected(), Vec::<String>::new());
    audit.every_order_has_ended();
    audit.money_adds_up(&shop).await;
    shelf.adds_up(&shop, &audit).await;
    // And as whoever runs the shop sees it, counted by code that shares nothing with this test.
    let report = operator(&shop)
        .await
        .get("/api/ops/conservation?fresh=true")
        .await;
    let report = report.expect(200);
    assert_eq!(report.body["isGreen"], true, "{}", report.text);
    assert_eq!(report.body["unsettled"], 0, "{}", report.text);
    assert_eq!(report.body["lookedAt"]["orders"], audit.orders.len());
}
