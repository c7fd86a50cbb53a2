//! The contract of the simulated provider: Stripe's documented rules and Stripe's published examples.

#![expect(
    clippy::expect_used,
    reason = "a test stops at what must not be, in its set-up too"
)]

mod fixtures;
mod idempotency;
mod input;
mod like_stripe;
mod money;
mod outcomes;
mod refunds;
mod webhooks;
mod world;
