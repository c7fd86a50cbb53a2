//! The domain's ports in memory, with the conditions that the real database writes under.
//!
//! [`Tables`] is what is stored: plain and synchronous, each method one conditional write or one read. The port
//! types only put a [`Wire`] in front, so that a call takes time and may fail. What the conditions are is said by
//! the ports in the domain; one contract suite holds these and the ones on DynamoDB to it.

mod devices;
mod imports;
mod kitchen;
mod links;
mod live;
mod money;
mod orders;
mod people;
mod products;
mod requests;
mod rows;
mod table;
mod tickets;

pub use devices::{DeviceNews, MemoryDevices, MemoryPaymentMethods};
pub use imports::{MemoryCategories, MemorySource};
pub use kitchen::{Book, KitchenNews, MemoryDishes, MemoryLedgers, MemoryMarket, MemorySupplies};
pub use links::MemoryLinks;
pub use live::{MemoryLiveConnections, Watching};
pub use money::MemoryMoney;
pub use orders::{MemoryOrders, OrderChange};
pub use people::{MemoryAccounts, MemorySessions};
pub use products::{MemoryProducts, Shelf};
pub use requests::{MemoryDocuments, MemoryRequests};
pub use rows::MemoryRows;
pub use table::Table;
pub use tickets::MemoryTickets;

use crate::wire::{Wire, lock};
use domain::conservation::Report;
use domain::dish::Dish;
use domain::ledger::Place;
use domain::link::Link;
use domain::live::ConnectionId;
use domain::ports::{Clock, Document, Entropy, PaymentMethod};
use domain::product::{Category, Product};
use domain::supply::Supply;
use domain::user::Account;
use domain::{
    CategoryId, Cursor, Device, DeviceId, DeviceStock, DishId, Fault, MoneyMovement, Order, OrderId, Page,
    PageRequest, ProductId, Refusal, SupplyId, Ticket, TicketId, Timestamp, UserId,
};
use requests::Row;
use states::chance::Chance;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Everything that is stored.
#[derive(Debug, Default)]
pub struct Tables {
    /// Orders.
    pub orders: Table<OrderId, Order>,
    /// Tickets.
    pub tickets: Table<TicketId, Ticket>,
    /// The menu.
    pub dishes: BTreeMap<DishId, Dish>,
    /// The ledgers; one that was never written is not there.
    pub ledgers: Table<Place, Book>,
    /// Supply requests.
    pub supplies: Table<SupplyId, Supply>,
    /// Products.
    pub products: BTreeMap<ProductId, Product>,
    /// Their categories.
    pub categories: BTreeMap<CategoryId, Category>,
    /// Their shards.
    pub shelves: Table<(ProductId, u8), Shelf>,
    /// The ledger of money, by order and entry.
    pub money: Table<(OrderId, String), MoneyMovement>,
    /// Devices.
    pub devices: BTreeMap<DeviceId, Device>,
    /// What there is at them.
    pub device_stock: Table<(DeviceId, ProductId), DeviceStock>,
    /// What devices pay with.
    pub payment_methods: BTreeMap<UserId, PaymentMethod>,
    /// What devices said and what was delivered to them, oldest first.
    pub device_news: Vec<DeviceNews>,
    /// The connections of open pages.
    pub connections: BTreeMap<ConnectionId, Watching>,
    /// Each buyer's live orders.
    pub holders: Table<UserId, BTreeSet<OrderId>>,
    /// What was committed since somebody last took it away, oldest first.
    pub changes: Vec<OrderChange>,
    /// What was posted and supplied since somebody last took it away, oldest first.
    pub news: Vec<KitchenNews>,
    /// What may be done once and was done.
    done_once: BTreeSet<String>,
    accounts: BTreeMap<String, Account>,
    sign_ins: BTreeMap<(String, i64), u32>,
    ended_sessions: BTreeSet<String>,
    requests: BTreeMap<(String, String), Row>,
    documents: BTreeMap<String, Document>,
    links: BTreeMap<String, Link>,
    report: Option<Report>,
}

/// Tables that several ports share.
pub type SharedTables = Arc<Mutex<Tables>>;

/// The clock of whoever asks: the true time, and how far that machine's clock is off.
#[derive(Clone, Debug)]
pub struct SimulatedClock(pub Wire);

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Chance from a seed.
#[derive(Debug)]
pub struct SimulatedEntropy(Mutex<Chance>);

impl SimulatedEntropy {
    /// Always the same sequence for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Chance::new(seed ^ 0x0065_6e74_726f_7079)))
    }
}

impl Entropy for SimulatedEntropy {
    fn bytes16(&self) -> Result<[u8; 16], Fault> {
        let mut chance = lock(&self.0);
        let (high, low) = (chance.next_u64(), chance.next_u64());
        Ok(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
    }
}

/// Cuts a page out of rows that stand newest first; `key` is what a row is ordered by.
fn page_of<T>(
    mut rows: Vec<T>,
    request: &PageRequest,
    key: impl Fn(&T) -> (Timestamp, String),
    is_id: impl Fn(&str) -> bool,
) -> Result<Page<T>, Fault> {
    rows.sort_by_key(|row| std::cmp::Reverse(key(row)));
    if let Some(cursor) = &request.cursor {
        let after = read_cursor(cursor, is_id)?;
        rows.retain(|row| key(row) < after);
    }
    let limit = usize::from(request.limit.clamp(1, PageRequest::LIMIT_MAX));
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| {
        let (at, id) = key(row);
        Cursor(format!("{}:{id}", at.as_ms()))
    });
    Ok(Page { rows, next })
}

fn read_cursor(cursor: &Cursor, is_id: impl Fn(&str) -> bool) -> Result<(Timestamp, String), Refusal> {
    cursor
        .0
        .split_once(':')
        .filter(|(_, id)| is_id(id))
        .and_then(|(at, id)| Some((Timestamp::from_ms(at.parse().ok()?), id.to_owned())))
        .ok_or_else(|| {
            Refusal::invalid(
                "cursor",
                "This is not a cursor of this list; start again without one.",
            )
        })
}
