//! Which port is answered by what: AWS behind every one of them, names from the environment that template.yaml sets.
//!
//! A function's `main.rs` asks for the ports it needs and for nothing else; a name that only other functions need is
//! never read.

mod outside;

use aws::{
    AccountTables, Connections, DeviceTables, DynamoAccounts, DynamoCategories, DynamoDevices, DynamoDishes,
    DynamoDocuments, DynamoLedgers, DynamoLinks, DynamoLiveConnections, DynamoMoney, DynamoOrders,
    DynamoPaymentMethods, DynamoProducts, DynamoReports, DynamoRequests, DynamoRows, DynamoSessions,
    DynamoSupplies, DynamoTickets, OrderTables, ProductTables, RowTables, SupplyTables, SystemClock,
    SystemEntropy,
};
use contract::Gate;
use domain::conservation::Sources;
use domain::ports::{
    Accounts, Categories, Clock, Devices, Dishes, Documents, Entropy, Ledgers, Links, LiveConnections, Money,
    Orders, PaymentMethods, Products, Reports, Requests, Sessions, Supplies, Tickets,
};
use laptop::LaptopClock;
use shell::{SettingError, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use aws::SqsOutbox;
pub use laptop::ConditionsFile;

/// The world of one function: its connections and where its names come from.
#[derive(Clone)]
pub struct World {
    connections: Connections,
    settings: Settings,
    clock: Arc<dyn Clock>,
    /// The folder in which a local stack tells of its world; none on AWS.
    local_world: Option<PathBuf>,
}

impl World {
    /// Reads the SDK's configuration. Nothing is connected before it is used.
    ///
    /// # Errors
    /// On a local stack, when the time cannot be known.
    pub fn connect() -> Result<Self, SettingError> {
        let local_world = Settings.text(laptop::FOLDER).ok().map(PathBuf::from);
        Ok(Self {
            connections: aws::connect(),
            settings: Settings,
            clock: clock(local_world.as_deref())?,
            local_world,
        })
    }

    /// The function's other settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The system's clock; on a local stack ahead of it by as much time as was let pass.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The clock by which AWS, or the engine in its place, dates what it does: never put ahead. For moments out of streams and queues.
    #[must_use]
    pub fn engine_clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    /// The system's randomness.
    #[must_use]
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::new(SystemEntropy)
    }

    /// Orders, with the tickets, holders and counted stock they change.
    ///
    /// # Errors
    /// A missing name.
    pub fn orders(&self) -> Result<Arc<dyn Orders>, SettingError> {
        let tables = OrderTables {
            orders: self.settings.text("TABLE_ORDERS")?,
            tickets: self.settings.text("TABLE_TICKETS")?,
            holders: self.settings.text("TABLE_HOLDERS")?,
            ledgers: self.settings.text("TABLE_LEDGERS")?,
            inventory: self.settings.text("TABLE_INVENTORY")?,
            money: self.settings.text("TABLE_MONEY")?,
            device_stock: self.settings.text("TABLE_DEVICE_STOCK")?,
        };
        Ok(Arc::new(DynamoOrders::new(&self.connections, tables)))
    }

    /// Devices, and what there is at them.
    ///
    /// # Errors
    /// A missing name.
    pub fn devices(&self) -> Result<Arc<dyn Devices>, SettingError> {
        let tables = DeviceTables {
            devices: self.settings.text("TABLE_DEVICES")?,
            stock: self.settings.text("TABLE_DEVICE_STOCK")?,
        };
        Ok(Arc::new(DynamoDevices::new(&self.connections, tables)))
    }

    /// What devices pay with.
    ///
    /// # Errors
    /// A missing name.
    pub fn payment_methods(&self) -> Result<Arc<dyn PaymentMethods>, SettingError> {
        let table = self.settings.text("TABLE_PAYMENT_METHODS")?;
        Ok(Arc::new(DynamoPaymentMethods::new(&self.connections, table)))
    }

    /// Tickets.
    ///
    /// # Errors
    /// A missing name.
    pub fn tickets(&self) -> Result<Arc<dyn Tickets>, SettingError> {
        Ok(Arc::new(DynamoTickets::new(
            &self.connections,
            self.settings.text("TABLE_TICKETS")?,
        )))
    }

    /// Accounts.
    ///
    /// # Errors
    /// A missing name.
    pub fn accounts(&self) -> Result<Arc<dyn Accounts>, SettingError> {
        let tables = AccountTables {
            accounts: self.settings.text("TABLE_ACCOUNTS")?,
            sessions: self.settings.text("TABLE_SESSIONS")?,
        };
        Ok(Arc::new(DynamoAccounts::new(&self.connections, tables)))
    }

    /// Requests that were answered before.
    ///
    /// # Errors
    /// A missing name.
    pub fn requests(&self) -> Result<Arc<dyn Requests>, SettingError> {
        let table = self.settings.text("TABLE_REQUESTS")?;
        Ok(Arc::new(DynamoRequests::new(&self.connections, table)))
    }

    /// The ledger of money.
    ///
    /// # Errors
    /// A missing name.
    pub fn money(&self) -> Result<Arc<dyn Money>, SettingError> {
        let table = self.settings.text("TABLE_MONEY")?;
        Ok(Arc::new(DynamoMoney::new(&self.connections, table)))
    }

    /// What the provider simulator remembers.
    ///
    /// # Errors
    /// A missing name.
    pub fn simulated_payments(&self) -> Result<Arc<dyn Documents>, SettingError> {
        let table = self.settings.text("TABLE_SIMULATED_PAYMENTS")?;
        Ok(Arc::new(DynamoDocuments::new(&self.connections, table)))
    }

    /// The menu.
    ///
    /// # Errors
    /// A missing name.
    pub fn dishes(&self) -> Result<Arc<dyn Dishes>, SettingError> {
        Ok(Arc::new(DynamoDishes::new(
            &self.connections,
            self.settings.text("TABLE_DISHES")?,
        )))
    }

    /// The ledgers of kitchen and warehouse.
    ///
    /// # Errors
    /// A missing name.
    pub fn ledgers(&self) -> Result<Arc<dyn Ledgers>, SettingError> {
        Ok(Arc::new(DynamoLedgers::new(
            &self.connections,
            self.settings.text("TABLE_LEDGERS")?,
        )))
    }

    /// Products, with their inventory and what they are found by.
    ///
    /// # Errors
    /// A missing name.
    pub fn products(&self) -> Result<Arc<dyn Products>, SettingError> {
        let tables = ProductTables {
            products: self.settings.text("TABLE_PRODUCTS")?,
            inventory: self.settings.text("TABLE_INVENTORY")?,
            catalogue: self.settings.text("TABLE_CATALOGUE")?,
        };
        Ok(Arc::new(DynamoProducts::new(&self.connections, tables)))
    }

    /// What orders ask of the warehouse.
    ///
    /// # Errors
    /// A missing name.
    pub fn supplies(&self) -> Result<Arc<dyn Supplies>, SettingError> {
        let tables = SupplyTables {
            supplies: self.settings.text("TABLE_SUPPLIES")?,
            ledgers: self.settings.text("TABLE_LEDGERS")?,
        };
        Ok(Arc::new(DynamoSupplies::new(&self.connections, tables)))
    }

    /// Everything that a check of conservation reads.
    ///
    /// # Errors
    /// A missing name.
    pub fn conservation(&self) -> Result<Sources, SettingError> {
        let tables = RowTables {
            orders: self.settings.text("TABLE_ORDERS")?,
            tickets: self.settings.text("TABLE_TICKETS")?,
            supplies: self.settings.text("TABLE_SUPPLIES")?,
            holders: self.settings.text("TABLE_HOLDERS")?,
            products: self.settings.text("TABLE_PRODUCTS")?,
        };
        Ok(Sources {
            rows: Arc::new(DynamoRows::new(&self.connections, tables)),
            orders: self.orders()?,
            tickets: self.tickets()?,
            supplies: self.supplies()?,
            ledgers: self.ledgers()?,
            products: self.products()?,
            money: self.money()?,
            clock: self.clock(),
        })
    }

    /// The latest report of conservation.
    ///
    /// # Errors
    /// A missing name.
    pub fn reports(&self) -> Result<Arc<dyn Reports>, SettingError> {
        Ok(Arc::new(DynamoReports::new(
            &self.connections,
            self.settings.text("TABLE_REPORTS")?,
        )))
    }

    /// Categories of products.
    ///
    /// # Errors
    /// A missing name.
    pub fn categories(&self) -> Result<Arc<dyn Categories>, SettingError> {
        Ok(Arc::new(DynamoCategories::new(
            &self.connections,
            self.settings.text("TABLE_CATEGORIES")?,
        )))
    }

    /// Short links.
    ///
    /// # Errors
    /// A missing name.
    pub fn links(&self) -> Result<Arc<dyn Links>, SettingError> {
        Ok(Arc::new(DynamoLinks::new(
            &self.connections,
            self.settings.text("TABLE_LINKS")?,
        )))
    }

    /// The connections of open pages.
    ///
    /// # Errors
    /// A missing name.
    pub fn live_connections(&self) -> Result<Arc<dyn LiveConnections>, SettingError> {
        Ok(Arc::new(DynamoLiveConnections::new(
            &self.connections,
            self.settings.text("TABLE_CONNECTIONS")?,
        )))
    }

    /// Sessions that were ended.
    ///
    /// # Errors
    /// A missing name.
    pub fn sessions(&self) -> Result<Arc<dyn Sessions>, SettingError> {
        Ok(Arc::new(DynamoSessions::new(
            &self.connections,
            self.settings.text("TABLE_SESSIONS")?,
        )))
    }

    /// Who asks, and whether it was asked before.
    ///
    /// # Errors
    /// A missing name or secret.
    pub fn gate(&self) -> Result<Gate, SettingError> {
        let sessions = self.sessions()?;
        let requests = DynamoRequests::new(&self.connections, self.settings.text("TABLE_REQUESTS")?);
        Ok(Gate {
            sessions,
            requests: Arc::new(requests),
            clock: self.clock(),
            secret: self.settings.session_secret()?,
        })
    }
}

fn clock(local_world: Option<&Path>) -> Result<Arc<dyn Clock>, SettingError> {
    let Some(folder) = local_world else {
        return Ok(Arc::new(SystemClock));
    };
    let opened = LaptopClock::open(Arc::new(SystemClock), laptop::clock_file(folder));
    let clock = opened.map_err(|error| SettingError::Useless {
        name: laptop::FOLDER.to_owned(),
        why: error.to_string(),
    })?;
    Ok(Arc::new(clock))
}
