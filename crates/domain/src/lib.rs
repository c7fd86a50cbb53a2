//! What Holdfast knows about selling scarce things, and nothing about where it runs.
//!
//! Orders, holds, tickets, payments and users; the closed list of [`Refusal`]s; the table of status
//! transitions; and the [`ports`] through which steps reach clock, chance, database, provider and workflow.
//! No I/O, no clock, no randomness, no AWS: what comes in is a value, what goes out is a [`Ruling`].

pub mod checkout;
pub mod conservation;
pub mod device;
pub mod dish;
pub mod fault;
pub mod ids;
pub mod inventory;
pub mod ledger;
pub mod link;
pub mod live;
pub mod market;
pub mod money;
pub mod money_ledger;
pub mod order;
#[cfg(test)]
mod outside;
pub mod page;
pub mod payment;
pub mod ports;
pub mod product;
pub mod refund;
pub mod refusal;
pub mod stock;
pub mod supply;
pub mod ticket;
pub mod timestamp;
pub mod truth;
pub mod user;

pub use device::{Device, DeviceStock, MacAddress};
pub use fault::Fault;
pub use ids::{
    CategoryId, DeviceId, DishId, HoldId, HoldRun, IdempotencyKey, IntentId, OrderId, ProductId, SupplyId,
    TaskToken, TicketId, UserId,
};
pub use money::{Currency, PriceMinor};
pub use money_ledger::{MoneyKind, MoneyMovement};
pub use order::{Decision, Order, Ruling, Status};
pub use page::{Cursor, Page, PageRequest};
pub use payment::{
    CardToken, ChargeOutcome, Inquiry, PaymentAttempt, ProviderEvent, RefundOutcome, RefundRequest,
};
pub use refund::{Refund, RefundLine, RefundReason, RefundStatus};
pub use refusal::{FieldError, Refusal};
pub use stock::{HolderChange, StockChange, StockRefusal};
pub use ticket::{Ticket, TicketState};
pub use timestamp::Timestamp;
