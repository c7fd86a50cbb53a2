//! The ports of `domain`, answered by AWS: DynamoDB for what is remembered, Step Functions for what goes on, SQS for
//! what is told later, the system for time and chance.
//!
//! [`connect`] once per process, then one small value per port:
//!
//! ```no_run
//! # async fn wiring() {
//! let connections = aws::connect();
//! let orders = aws::DynamoOrders::new(
//!     &connections,
//!     aws::OrderTables {
//!         orders: "Orders".into(),
//!         tickets: "Tickets".into(),
//!         holders: "Holders".into(),
//!         ledgers: "Ledgers".into(),
//!         inventory: "Inventory".into(),
//!         money: "Money".into(),
//!         device_stock: "DeviceStock".into(),
//!     },
//! );
//! # let _ = orders;
//! # }
//! ```
//!
//! Nothing exported is generic over the SDK or an `async fn`: every answer is a boxed future, so that the SDK's code
//! is compiled here and not again in each function. No other crate names an SDK type. This one knows no workflow
//! step, no environment variable of ours (table names and ARNs are arguments) and no HTTP.
//!
//! Beside the ports stands [`Account`]: the AWS APIs of any account as they are, for whoever looks into it.
//!
//! The SDK repeats a call whose answer was lost. Every conditional write therefore either carries a
//! [write id](write_id) of its own, by which it recognises itself, or is harmless to repeat.

mod account;
mod accounts;
mod cancellation;
mod categories;
mod connections;
mod conservation;
mod cursor;
mod devices;
mod dishes;
mod documents;
mod due;
mod engine;
mod faults;
mod inventory;
mod items;
mod ledgers;
mod links;
mod listing;
mod live;
mod money;
mod orders;
mod outbox;
mod products;
mod requests;
mod sessions;
mod supplies;
mod system;
mod tickets;
mod workflows;
mod write_id;

pub use account::{Account, AccountError, Answering, Api};
pub use accounts::{AccountTables, DynamoAccounts};
pub use categories::DynamoCategories;
pub use connections::{Connections, Place, connect, connect_locally, connect_to};
pub use conservation::{DynamoReports, DynamoRows, RowTables};
pub use devices::{DeviceTables, DynamoDevices, DynamoPaymentMethods};
pub use dishes::DynamoDishes;
pub use documents::DynamoDocuments;
pub use engine::LocalEngine;
pub use ledgers::DynamoLedgers;
pub use links::DynamoLinks;
pub use live::{ApiGatewayPages, DynamoLiveConnections};
pub use money::DynamoMoney;
pub use orders::{DynamoOrders, OrderTables};
pub use outbox::SqsOutbox;
pub use products::{DynamoProducts, ProductTables};
pub use requests::DynamoRequests;
pub use sessions::DynamoSessions;
pub use supplies::{DynamoSupplies, SupplyTables};
pub use system::{SystemClock, SystemEntropy};
pub use tickets::DynamoTickets;
pub use workflows::{Machines, StepFunctionsWorkflows};
