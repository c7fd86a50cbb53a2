//! One contract for whoever is the payment provider: Stripe's documented rules, Stripe's published examples, and the
//! domain's port, asked over HTTP of whoever answers.
//!
//! Without further ado the simulator answers. With `HOLDFAST_STRIPE_TEST_KEY=sk_test_...` and the cargo feature `https`
//! Stripe's test mode does, and holds the simulator's contract to the original (docs/stripe.md says how). What nobody
//! can ask of Stripe on demand (lost answers, kept errors, refunds that fail at once) is in `tests/provider`, and in the
//! simulator's own tests.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at what must not be, in its set-up too"
)]

mod answerer;
mod intents;
mod key;
#[path = "../../../../functions/simulate-payments/tests/contract/like_stripe.rs"]
mod like_stripe;
mod port;
mod refunds;
mod shapes;
