//! The in-memory ports keep the contract that the ones on DynamoDB keep.

use crate::ports_contract::{Ports, Still, hold_for};
use domain::Currency;
use reserve_products::ReserveProducts;
use simulation::memory::{
    MemoryAccounts, MemoryDevices, MemoryDishes, MemoryDocuments, MemoryLedgers, MemoryLinks,
    MemoryLiveConnections, MemoryOrders, MemoryPaymentMethods, MemoryProducts, MemoryRequests, MemoryRows,
    MemorySessions, MemorySupplies, MemoryTickets, SharedTables,
};
use simulation::wire::Wire;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

#[test]
fn the_ports_in_memory_keep_the_contract() {
    let tables = SharedTables::default();
    let wire = Wire::default();
    let products = MemoryProducts::new(tables.clone(), wire.clone());
    let reserve_products = ReserveProducts {
        orders: Arc::new(MemoryOrders::new(tables.clone(), wire.clone())),
        products: Arc::new(products.clone()),
        clock: Arc::new(Still),
        hold_ttl_s: 900,
        currency: Currency::parse("usd").unwrap(),
    };
    let rows = MemoryRows::new(tables.clone(), wire.clone());
    let ports = Ports {
        orders: &MemoryOrders::new(tables.clone(), wire.clone()),
        tickets: &MemoryTickets::new(tables.clone(), wire.clone()),
        accounts: &MemoryAccounts::new(tables.clone(), wire.clone()),
        sessions: &MemorySessions::new(tables.clone(), wire.clone()),
        requests: &MemoryRequests::new(tables.clone(), wire.clone()),
        documents: &MemoryDocuments::new(tables.clone(), wire.clone()),
        links: &MemoryLinks::new(tables.clone(), wire.clone()),
        connections: &MemoryLiveConnections::new(tables.clone(), wire.clone()),
        dishes: &MemoryDishes::new(tables.clone(), wire.clone()),
        ledgers: &MemoryLedgers::new(tables.clone(), wire.clone()),
        supplies: &MemorySupplies::new(tables.clone(), wire.clone()),
        products: &products,
        devices: &MemoryDevices::new(tables.clone(), wire.clone()),
        payment_methods: &MemoryPaymentMethods::new(tables, wire),
        rows: &rows,
        reports: &rows,
        reserve_products: &reserve_products,
        seed: 7,
    };
    // Nothing is waited for: without traffic on the wire every call is answered at once.
    let holding = pin!(hold_for(&ports));
    assert_eq!(
        holding.poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(())
    );
}
