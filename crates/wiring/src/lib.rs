//! Which port is answered by what: AWS behind every one of them, names from the environment that template.yaml sets.
//!
//! A function's `main.rs` asks for the ports it needs and for nothing else; a name that only other functions need is
//! never read.

use aws::{
    AccountTables, Connections, DynamoAccounts, DynamoDishes, DynamoDocuments, DynamoLedgers, DynamoOrders,
    DynamoProducts, DynamoRequests, DynamoSessions, DynamoSupplies, DynamoTickets, Machines, OrderTables,
    ProductTables, StepFunctionsWorkflows, SupplyTables, SystemClock, SystemEntropy,
};
use contract::Gate;
use domain::market::SimulatedMarket;
use domain::ports::{
    Accounts, Clock, Dishes, Documents, Entropy, Ledgers, Market, Orders, Products, Sessions, Supplies,
    Tickets, Workflows,
};
use shell::{SettingError, Settings};
use std::sync::Arc;

pub use aws::SqsOutbox;

/// The world of one function: its connections and where its names come from.
#[derive(Clone)]
pub struct World {
    connections: Connections,
    settings: Settings,
}

impl World {
    /// Reads the SDK's configuration. Nothing is connected before it is used.
    pub async fn connect() -> Self {
        Self {
            connections: aws::connect().await,
            settings: Settings,
        }
    }

    /// The function's other settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The system's clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
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
        };
        Ok(Arc::new(DynamoOrders::new(&self.connections, tables)))
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

    /// What the provider simulator remembers.
    ///
    /// # Errors
    /// A missing name.
    pub fn simulated_payments(&self) -> Result<Arc<dyn Documents>, SettingError> {
        let table = self.settings.text("TABLE_SIMULATED_PAYMENTS")?;
        Ok(Arc::new(DynamoDocuments::new(&self.connections, table)))
    }

    /// The queue of what the provider simulator tells.
    ///
    /// # Errors
    /// A missing name.
    pub fn provider_events(&self) -> Result<SqsOutbox, SettingError> {
        let queue_url = self.settings.text("PROVIDER_EVENTS_QUEUE_URL")?;
        Ok(SqsOutbox::new(&self.connections, queue_url))
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

    /// The simulated market. A real supplier's API takes its place by another adapter, here.
    ///
    /// # Errors
    /// A missing or malformed setting.
    pub fn market(&self) -> Result<Arc<dyn Market>, SettingError> {
        Ok(Arc::new(SimulatedMarket {
            seed: self.settings.text("MARKET_SEED")?,
            scarcity_percent: self
                .settings
                .value("MARKET_SCARCITY_PERCENT", "a whole number from 0 to 100")?,
        }))
    }

    /// The state machines.
    ///
    /// # Errors
    /// A missing name.
    pub fn workflows(&self) -> Result<Arc<dyn Workflows>, SettingError> {
        let machines = Machines {
            hold_order: self.settings.text("HOLD_ORDER_MACHINE_ARN")?,
            order: self.settings.text("ORDER_MACHINE_ARN")?,
            supply_ingredient: self.settings.text("SUPPLY_INGREDIENT_MACHINE_ARN")?,
        };
        Ok(Arc::new(StepFunctionsWorkflows::new(
            &self.connections,
            machines,
            self.clock(),
        )))
    }

    /// Who asks, and whether it was asked before.
    ///
    /// # Errors
    /// A missing name or secret.
    pub fn gate(&self) -> Result<Gate, SettingError> {
        let sessions: Arc<dyn Sessions> = Arc::new(DynamoSessions::new(
            &self.connections,
            self.settings.text("TABLE_SESSIONS")?,
        ));
        let requests = DynamoRequests::new(&self.connections, self.settings.text("TABLE_REQUESTS")?);
        Ok(Gate {
            sessions,
            requests: Arc::new(requests),
            clock: self.clock(),
            secret: self.settings.session_secret()?,
        })
    }
}
