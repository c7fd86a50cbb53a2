//! Decide, commit under the condition that nothing moved, and decide again if it did.

use super::Orders;
use crate::fault::Fault;
use crate::ids::OrderId;
use crate::order::{Order, Ruling};
use crate::refusal::Refusal;
use crate::stock::StockRefusal;

/// Reads and decisions per call before the step gives up and lets the workflow retry.
const TRIES_MAX: u32 = 12;

/// Why a decision was not committed. In every case nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// The order is not the one that was read (or exists already, when it must not). Read again and decide again.
    OrderMoved,
    /// Another transaction touched the same items at the same moment. Try again.
    Contended,
    /// The kitchen's ledger is not the one that was read, or does not have what is to be moved. Read it again.
    LedgerMoved,
    /// A thing was not as the change requires.
    Stock(Box<StockRefusal>),
    /// The buyer has as many live holds as allowed.
    TooManyHolds,
    /// The database was away or refused for reasons of its own.
    Fault(Fault),
}

/// Reads the order, asks `decide` for a ruling and commits it; on a race, again from the read, at most
/// [`TRIES_MAX`] times. Returns the order as it stands afterwards.
///
/// # Errors
/// What `decide` refuses; [`Refusal::NotFound`] without an order; [`Fault::Transient`] when the race goes on;
/// [`Fault::Defect`] when a claim that the order believes it has is not there.
pub async fn decide_and_commit(
    orders: &dyn Orders,
    order_id: &OrderId,
    decide: &(dyn Fn(&Order) -> Result<Ruling, Fault> + Send + Sync),
) -> Result<Order, Fault> {
    for _ in 0..TRIES_MAX {
        let Some(order) = orders.get(order_id).await? else {
            return Err(Refusal::not_found("order").into());
        };
        let decision = match decide(&order)? {
            Ruling::AlreadyDone => return Ok(order),
            Ruling::Change(decision) => decision,
        };
        match orders.commit(&decision).await {
            Ok(()) => return Ok(decision.after),
            Err(CommitError::OrderMoved | CommitError::Contended) => {}
            Err(CommitError::Stock(refusal)) => {
                // The order and its claims change together; if they differ, something else wrote one of them.
                return Err(Fault::Defect(format!(
                    "a claim of {order_id} is not there: {refusal:?}"
                )));
            }
            Err(CommitError::LedgerMoved) => {
                return Err(Fault::Defect(format!(
                    "what {order_id} holds is not in the ledger"
                )));
            }
            Err(CommitError::TooManyHolds) => {
                return Err(Fault::Defect(format!(
                    "{order_id} asked for another hold after it was placed"
                )));
            }
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Transient(format!(
        "{order_id} kept moving while it was being changed"
    )))
}
