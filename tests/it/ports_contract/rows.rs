//! Every row there is, and the latest report of conservation.

use super::{NOW, Ports};
use domain::conservation::{LookedAt, Report};
use domain::ledger::Ingredient;
use domain::ports::Answer;
use domain::supply::Supply;
use domain::{Cursor, OrderId, Page};

/// Reads a list to its end.
async fn all<'a, T>(read: impl Fn(Option<Cursor>) -> Answer<'a, Page<T>>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut cursor = None;
    for _ in 0..10_000 {
        let page = read(cursor).await.unwrap();
        rows.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            return rows;
        }
    }
    panic!("the list does not end");
}

pub async fn every_row_is_read_once(ports: &Ports<'_>) {
    let (order, free) = (ports.placed(2).await, ports.listed(1).await);
    let lettuce = Ingredient::parse("lechuga").unwrap();
    let opening = Supply::open(&order.order_id, &lettuce, 3, NOW);
    let warehouse = domain::ledger::Ledger::empty(domain::ledger::Place::Warehouse);
    assert_eq!(ports.supplies.commit(&opening, &warehouse, NOW).await, Ok(()));

    let orders = all(|after| ports.rows.orders(after)).await;
    let same = orders.iter().filter(|row| row.order_id == order.order_id);
    assert_eq!(same.collect::<Vec<_>>(), [&order]);
    let supplies = all(|after| ports.rows.supplies(after)).await;
    let same = supplies
        .iter()
        .filter(|row| row.supply_id == opening.after.supply_id);
    assert_eq!(same.collect::<Vec<_>>(), [&opening.after]);
    let tickets = all(|after| ports.rows.tickets(after)).await;
    for ticket in ports.tickets_of(&order).await.iter().chain(&free) {
        let same = tickets.iter().filter(|row| row.ticket_id == ticket.ticket_id);
        assert_eq!(same.collect::<Vec<_>>(), [ticket]);
    }
    let holders = all(|after| ports.rows.holders(after)).await;
    let same = holders.iter().filter(|row| row.user_id == order.user_id);
    let holder = ports.rows.holder(&order.user_id).await.unwrap();
    assert_eq!(same.collect::<Vec<_>>(), [&holder]);
    assert_eq!(holder.live_orders.iter().collect::<Vec<_>>(), [&order.order_id]);
    let stranger = ports.rows.holder(&ports.user()).await.unwrap();
    assert!(stranger.live_orders.is_empty());
    // Products are read like everything else; the contract of products has made some.
    let products = all(|after| ports.rows.products(after)).await;
    for product in &products {
        assert_eq!(
            ports.products.get(&product.product_id).await,
            Ok(Some(product.clone()))
        );
    }
}

pub async fn rows_of_one_page_are_not_on_the_next(ports: &Ports<'_>) {
    let orders = all(|after| ports.rows.orders(after)).await;
    let mut ids: Vec<&OrderId> = orders.iter().map(|order| &order.order_id).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

pub async fn an_older_report_never_replaces_a_later_one(ports: &Ports<'_>) {
    let report = |at_s, took_ms| {
        let looked_at = LookedAt::default();
        Report::of((NOW.plus_s(at_s), took_ms), looked_at, Vec::new(), Vec::new(), 0)
    };
    for (kept, latest) in [
        (report(10, 1), report(10, 1)),
        (report(5, 2), report(10, 1)),
        // Again is success, and of two of one moment the last one stays.
        (report(10, 3), report(10, 3)),
        (report(20, 4), report(20, 4)),
    ] {
        assert_eq!(ports.reports.keep(&kept).await, Ok(()));
        assert_eq!(ports.reports.latest().await, Ok(Some(latest)));
    }
}
