//! The payment provider simulator: Stripe's PaymentIntents over HTTP, so that no account is needed.
//!
//! It stands outside the system it serves, as Stripe does: it has its own state, its own idea of idempotency, and
//! it may charge and then lose the answer. Which card does what is in [`cards`]; chance, where it is switched on,
//! in [`Odds`]. What it answers is held to Stripe's published examples by `tests/`.
//!
//! What differs from Stripe, on purpose:
//!
//! - Cards of its own (see [`cards`]), and odds; a lost answer is a 504 after a wait, and is not kept under the
//!   idempotency key, while what was done behind it is.
//! - A 500 is kept under its idempotency key, as Stripe keeps that of a request that had begun to execute; every other
//!   5xx (503 of `tok_unavailable` and when the simulator's own storage fails, 504) counts as a gateway's, which never
//!   reaches the key.
//! - A token can be used again, as Stripe's own test tokens can: nothing here is `token_already_used`.
//! - One account: every `sk_test_` key sees the same intents. A key's holder that has died gives the idempotency key
//!   free after a minute.
//! - Cards only, charged at once: no 3-D Secure (`requires_action`), no `processing`, no manual capture, no
//!   customers, no updates, no lists but that of one charge's refunds. Parameters of these are refused as unknown.
//! - A payment method made by a confirmation cannot be used again; `pm_card_...` and `tok_...` can.
//! - An intent takes 50 declines, a charge 50 refunds; a refund that is not settled at once is after five seconds.
//! - Events are made for what moves money or ends an intent (see [`OutgoingEvent`]), and cannot be looked up.
//! - Errors have no `request_log_url`; nothing is ever rate-limited (429 is `lock_timeout` only).
//!
//! Rooms: [`router`] (paths and the door), [`form`] (bodies), [`requests`] (validation), [`idempotency`],
//! [`execution`] and [`refunds`] (what a request does), [`intents`] (what is remembered), [`shapes`] (how it is shown),
//! [`events`] (what is told unasked) and [`errors`].

pub mod cards;
mod currencies;
mod errors;
mod events;
mod execution;
mod form;
mod idempotency;
mod intents;
mod memory;
mod odds;
mod refunds;
mod requests;
mod router;
mod shapes;

pub use events::{Outbox, OutgoingEvent};
pub use memory::InMemoryDocuments;
pub use odds::{Odds, OutOfRange};
pub use router::router;

use domain::Fault;
use domain::ports::{Clock, Documents, Entropy};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Lets time pass before a lost answer is given up.
///
/// This wait belongs to the *simulated provider*: it is the silence that its clients must cope with. No step of
/// Holdfast ever waits in code.
pub trait Pause: Send + Sync {
    /// Resolves after so many milliseconds, or at once in a test.
    fn pause(&self, ms: u32) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The banks behind the cards.
pub trait Banks: Send + Sync {
    /// Whether they decline every card now, whatever it does otherwise.
    ///
    /// # Errors
    /// A fault when that cannot be known: then nobody is charged.
    fn decline_all(&self) -> Result<bool, Fault>;
}

/// How the simulator behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What chance and ids are derived from: the same seed and the same requests, the same answers.
    pub seed: String,
    /// `Some`: cards that would succeed are left to chance. `None`: every card does what its name says.
    pub odds: Option<Odds>,
    /// How long a lost answer keeps its client waiting, milliseconds.
    pub timeout_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: "holdfast".to_owned(),
            odds: None,
            timeout_ms: 5_000,
        }
    }
}

/// The simulated provider: its settings, its memory, and its ways to clock, chance and silence.
#[derive(Clone)]
pub struct Simulator {
    /// Where intents and idempotency keys are kept.
    pub documents: Arc<dyn Documents>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where ids of requests without an idempotency key come from.
    pub entropy: Arc<dyn Entropy>,
    /// How a lost answer waits.
    pub pause: Arc<dyn Pause>,
    /// Where events go; `None`: nobody is told anything.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// Who may decline every card; `None`: every card does what its name says, or chance.
    pub banks: Option<Arc<dyn Banks>>,
    /// How it behaves.
    pub settings: Settings,
}
