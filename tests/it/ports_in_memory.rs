//! The in-memory ports keep the contract that the ones on DynamoDB keep.

use crate::ports_contract::{Ports, hold_for};
use simulation::memory::{
    MemoryAccounts, MemoryDishes, MemoryDocuments, MemoryLedgers, MemoryOrders, MemoryRequests,
    MemorySessions, MemorySupplies, MemoryTickets, SharedTables,
};
use simulation::wire::Wire;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[test]
fn the_ports_in_memory_keep_the_contract() {
    let tables = SharedTables::default();
    let wire = Wire::default();
    let ports = Ports {
        orders: &MemoryOrders::new(tables.clone(), wire.clone()),
        tickets: &MemoryTickets::new(tables.clone(), wire.clone()),
        accounts: &MemoryAccounts::new(tables.clone(), wire.clone()),
        sessions: &MemorySessions::new(tables.clone(), wire.clone()),
        requests: &MemoryRequests::new(tables.clone(), wire.clone()),
        documents: &MemoryDocuments::new(tables.clone(), wire.clone()),
        dishes: &MemoryDishes::new(tables.clone(), wire.clone()),
        ledgers: &MemoryLedgers::new(tables.clone(), wire.clone()),
        supplies: &MemorySupplies::new(tables, wire),
        seed: 7,
    };
    // Nothing is waited for: without traffic on the wire every call is answered at once.
    let holding = pin!(hold_for(&ports));
    assert_eq!(
        holding.poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(())
    );
}
