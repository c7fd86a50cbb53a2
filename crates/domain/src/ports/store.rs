//! Ports to what is remembered.

use super::{Answer, CommitError};
use crate::fault::Fault;
use crate::ids::{OrderId, TicketId, UserId};
use crate::order::{Decision, Order};
use crate::page::{Page, PageRequest};
use crate::ticket::{Ticket, TicketEdit};
use crate::timestamp::Timestamp;
use crate::user::{Account, Email, Role};
use serde::{Deserialize, Serialize};

/// Orders, and the only way to change one.
pub trait Orders: Send + Sync {
    /// The order as last written. Never a stale copy.
    fn get<'a>(&'a self, order_id: &'a OrderId) -> Answer<'a, Option<Order>>;

    /// Writes order, stock and holder in one transaction, or nothing.
    fn commit<'a>(&'a self, decision: &'a Decision) -> Answer<'a, (), CommitError>;

    /// A buyer's orders, newest first. May lag a little behind.
    fn list_of<'a>(&'a self, user_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Order>>;

    /// At most `limit` ids of unfinished orders in one shard whose `due_at` has come.
    fn list_due(&self, shard: u8, now: Timestamp, limit: u16) -> Answer<'_, Vec<OrderId>>;
}

/// Tickets: listing, reading and editing. Holding and selling go through [`Orders::commit`].
pub trait Tickets: Send + Sync {
    /// Writes a fresh ticket. "Already there, the same" is success, whenever it was listed; what is there stays as it is. Another
    /// one under its id is refused as [`KeyReused`](crate::Refusal::KeyReused).
    fn create<'a>(&'a self, ticket: &'a Ticket) -> Answer<'a, ()>;

    /// The ticket as last written.
    fn get<'a>(&'a self, ticket_id: &'a TicketId) -> Answer<'a, Option<Ticket>>;

    /// Available tickets, newest first. May lag a little behind.
    fn list_available<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Ticket>>;

    /// A user's own tickets, whatever their state, newest first.
    fn list_of<'a>(&'a self, owner_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Ticket>>;

    /// Changes title and price under the condition that the asker owns it, it is available and the version is
    /// the one seen; the refusal says which was not so. Returns the ticket afterwards.
    fn edit<'a>(&'a self, edit: &'a TicketEdit) -> Answer<'a, Ticket>;

    /// Removes a ticket that the asker owns and that was never held.
    fn delete<'a>(&'a self, ticket_id: &'a TicketId, user_id: &'a UserId) -> Answer<'a, ()>;
}

/// Accounts.
pub trait Accounts: Send + Sync {
    /// Writes a fresh account; refuses with `EmailTaken` when the address has one.
    fn create<'a>(&'a self, account: &'a Account) -> Answer<'a, ()>;

    /// The account of an address.
    fn find<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Account>>;

    /// What an address may do at this moment; `None` when it has no account. Never a stale copy.
    fn role_of<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Role>>;

    /// Gives an account this role, whatever it had; refuses with `NotFound` when the address has no account.
    fn appoint<'a>(&'a self, email: &'a Email, role: Role) -> Answer<'a, ()>;

    /// Counts one sign-in attempt for the address, before it is looked at; refuses with `TooManyAttempts`
    /// when the window is full.
    fn count_sign_in<'a>(&'a self, email: &'a Email, now: Timestamp) -> Answer<'a, ()>;
}

/// Sessions that were ended before their time.
pub trait Sessions: Send + Sync {
    /// Ends a session for good. `expires_at`: when the token would have ended by itself.
    fn end<'a>(&'a self, session_id: &'a str, expires_at: Timestamp) -> Answer<'a, ()>;

    /// Whether the session was ended.
    fn was_ended<'a>(&'a self, session_id: &'a str) -> Answer<'a, bool>;
}

/// An answer that was given before, to be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The `content-type` header.
    pub content_type: String,
    /// The `location` header of an answer that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The body.
    pub body: String,
}

/// What is known of a request's idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Never seen, or given up half-way: go on.
    Fresh,
    /// Being worked on right now.
    InFlight,
    /// Answered before, the same request.
    Answered(SavedAnswer),
    /// Used before for another request.
    Mismatch,
}

/// Requests that carry an idempotency key, kept for 24 hours.
pub trait Requests: Send + Sync {
    /// Claims the key for a request with this fingerprint, or says what is known of it.
    ///
    /// A claim that was neither answered nor given up is free again after a minute: whoever had it is gone.
    fn claim<'a>(
        &'a self,
        user: &'a str,
        key: &'a str,
        fingerprint: &'a str,
        now: Timestamp,
    ) -> Answer<'a, RequestState>;

    /// Remembers the answer.
    fn answer<'a>(
        &'a self,
        user: &'a str,
        key: &'a str,
        answer: &'a SavedAnswer,
        now: Timestamp,
    ) -> Answer<'a, ()>;

    /// Gives the key back, because the request failed without a final answer.
    fn give_up<'a>(&'a self, user: &'a str, key: &'a str) -> Answer<'a, (), Fault>;
}
