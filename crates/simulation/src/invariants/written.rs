//! What was written since the last look.

use crate::memory::Tables;
use crate::provider::Ledger;
use domain::ledger::Place;
use domain::{DeviceId, OrderId, ProductId, SupplyId, TicketId, UserId};
use std::collections::BTreeSet;

/// Keys of rows that were written or taken away, in our tables and in the provider's books.
#[derive(Debug)]
pub(super) struct Written {
    pub orders: BTreeSet<OrderId>,
    pub tickets: BTreeSet<TicketId>,
    pub holders: BTreeSet<UserId>,
    /// Orders of which the ledger of money says something new.
    pub money: BTreeSet<OrderId>,
    pub ledgers: BTreeSet<Place>,
    pub supplies: BTreeSet<SupplyId>,
    pub shelves: BTreeSet<(ProductId, u8)>,
    pub device_stock: BTreeSet<(DeviceId, ProductId)>,
    pub intents: BTreeSet<String>,
    pub refunds: BTreeSet<usize>,
}

impl Written {
    /// What was written since the last call.
    pub fn take(tables: &mut Tables, ledger: &mut Ledger) -> Self {
        let money = tables.money.take_written();
        Self {
            orders: tables.orders.take_written(),
            tickets: tables.tickets.take_written(),
            holders: tables.holders.take_written(),
            money: money.into_iter().map(|(order_id, _)| order_id).collect(),
            ledgers: tables.ledgers.take_written(),
            supplies: tables.supplies.take_written(),
            shelves: tables.shelves.take_written(),
            device_stock: tables.device_stock.take_written(),
            intents: ledger.intents.take_written(),
            refunds: ledger.refunds.take_written(),
        }
    }

    /// Everything that is there, as if all of it had just been written.
    pub fn everything(tables: &Tables, ledger: &Ledger) -> Self {
        Self {
            orders: tables.orders.keys().cloned().collect(),
            tickets: tables.tickets.keys().cloned().collect(),
            holders: tables.holders.keys().cloned().collect(),
            money: tables
                .money
                .keys()
                .map(|(order_id, _)| order_id.clone())
                .collect(),
            ledgers: tables.ledgers.keys().copied().collect(),
            supplies: tables.supplies.keys().cloned().collect(),
            shelves: tables.shelves.keys().cloned().collect(),
            device_stock: tables.device_stock.keys().cloned().collect(),
            intents: ledger.intents.keys().cloned().collect(),
            refunds: ledger.refunds.keys().copied().collect(),
        }
    }

    /// How many rows these are.
    pub fn len(&self) -> usize {
        let Self {
            orders,
            tickets,
            holders,
            money,
            ledgers,
            supplies,
            shelves,
            device_stock,
            intents,
            refunds,
        } = self;
        let ours = orders.len() + tickets.len() + holders.len() + money.len() + ledgers.len();
        ours + supplies.len() + shelves.len() + device_stock.len() + intents.len() + refunds.len()
    }
}
