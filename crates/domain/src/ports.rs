//! What steps need from the world, as traits. `crates/aws` answers them with AWS, `crates/simulation` in memory.
//!
//! Answers are boxed futures: the SDK's code is then compiled once, in the crate that implements the port, and
//! not again in every function.

mod catalogue;
mod commit;
mod conservation;
mod devices;
mod documents;
mod kitchen;
mod links;
mod live;
mod money;
mod store;
mod world;

pub use catalogue::{Categories, ProductError, Products, Wish, decide_and_change};
pub use commit::{CommitError, decide_and_commit};
pub use conservation::{AllRows, Holder, Reports};
pub use devices::{DeviceError, Devices, PaymentMethod, PaymentMethods};
pub use documents::{Document, Documents, PutError};
pub use kitchen::{Dishes, Ledgers, Market, Supplies, SupplyError, decide_and_supply};
pub use links::{Links, PutLink, shorten};
pub use live::{LiveConnections, LivePages, Posted, Watched};
pub use money::Money;
pub use store::{Accounts, Orders, RequestState, Requests, SavedAnswer, Sessions, Tickets};
pub use world::{
    Clock, Entropy, Execution, HoldAnswer, HoldRequest, HoldStep, PaymentProvider, ProviderEvents, WakeUp,
    WantedDish, WantedProduct, WantedTicket, Workflows,
};

use crate::fault::Fault;
use std::future::Future;
use std::pin::Pin;

/// What a port gives back: a boxed future of the answer or a [`Fault`].
pub type Answer<'a, T, E = Fault> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;
