//! The client of the payment provider: the domain's `PaymentProvider` port, spoken as Stripe's PaymentIntents
//! over HTTP to a base URL. The simulator of this system and api.stripe.com are the same to it.
//!
//! One intent per order. Creating it takes no money; confirming it does, and Stripe lets one intent succeed once
//! (<https://docs.stripe.com/payments/paymentintents/lifecycle>), so no repeat can charge twice.
//!
//! A refund carries its order and its number, so that it can be found again when the provider has long forgotten the
//! key it was asked under.
//!
//! The other direction is here too: [`webhook`] (whether a message is the provider's) and [`read_event`] (what it is
//! about); and [`Endpoint`], through which the simulator's webhooks are sent.
//!
//! Nothing here repeats a request by itself: what may be repeated, and after which inquiry, is the workflow's
//! decision. Nothing here logs; keys and card tokens appear in no error text.

mod answers;
mod connection;
mod declines;
mod endpoint;
mod events;
mod provider;
mod refunds;
pub mod webhook;

pub use declines::is_soft_decline;
pub use endpoint::Endpoint;
pub use events::{Event, NotAnEvent, RefundNews, StripeEvents, read_event};
pub use provider::StripeProvider;
pub use webhook::{BadSignature, WebhookSecret};
