//! The client of the payment provider: the domain's `PaymentProvider` port, spoken as Stripe's PaymentIntents
//! over HTTP to a base URL. The simulator of this system and api.stripe.com are the same to it.
//!
//! One intent per order. Creating it takes no money; confirming it does, and Stripe lets one intent succeed once
//! (<https://docs.stripe.com/payments/paymentintents/lifecycle>), so no repeat can charge twice.
//!
//! Nothing here repeats a request by itself: what may be repeated, and after which inquiry, is the workflow's
//! decision. Nothing here logs; keys and card tokens appear in no error text.

mod answers;
mod declines;
mod provider;

pub use declines::is_hard_decline;
pub use provider::StripeProvider;
