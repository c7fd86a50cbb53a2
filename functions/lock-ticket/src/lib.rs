//! `LockTicket`: holds every ticket of an order, or none. Undone by `UnlockTicket`.
//!
//! The decision is the transaction: each ticket must be available at the version whose price the buyer saw.
//! The read before it is only for titles and prices; where it already shows a ticket held it spares the write.

use domain::order::{HOLDS_MAX, Line, NewOrder, StartInput, Thing};
use domain::ports::{Clock, CommitError, HoldRequest, HoldStep, Orders, Tickets, WantedTicket};
use domain::stock::{StockRefusal, why_not_held};
use domain::{Currency, Fault, HoldRun, Order, OrderId, Refusal, Ticket, TicketState};
use std::sync::Arc;

/// Races lost to another transaction before the workflow retries.
const TRIES_MAX: u32 = 6;

/// What the step needs.
#[derive(Clone)]
pub struct LockTicket {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Tickets.
    pub tickets: Arc<dyn Tickets>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long a hold lives, seconds.
    pub hold_ttl_s: u32,
    /// The currency of every price.
    pub currency: Currency,
}

impl LockTicket {
    /// Holds every ticket or none.
    ///
    /// # Errors
    /// The refusals of [`why_not_held`], [`Refusal::TooManyHolds`], [`Refusal::OrderAlreadyExists`] when the id
    /// belongs to another request; [`Fault::Transient`] when others kept touching the same tickets.
    pub async fn handle(&self, step: HoldStep) -> Result<StartInput, Fault> {
        let (input, run) = (step.request, HoldRun::of_execution(&step.run));
        for _ in 0..TRIES_MAX {
            let mut lines = Vec::with_capacity(input.tickets.len());
            for (index, wanted) in input.tickets.iter().enumerate() {
                let present = self.tickets.get(&wanted.ticket_id).await?;
                if present
                    .as_ref()
                    .is_some_and(|ticket| is_of(ticket, &input.order_id))
                {
                    return self.held_before(&input, &run).await;
                }
                lines.push(line(&input, index, wanted, present.as_ref())?);
            }
            let decision = Order::place(
                NewOrder {
                    order_id: input.order_id.clone(),
                    user_id: input.user_id.clone(),
                    lines,
                    currency: self.currency.clone(),
                    hold_ttl_s: self.hold_ttl_s,
                    device_id: None,
                    request_fingerprint: input.request_fingerprint.clone(),
                    run: run.clone(),
                },
                self.clock.now(),
            )?;
            match self.orders.commit(&decision).await {
                Ok(()) => return Ok(decision.after.start_input(self.clock.now())),
                Err(CommitError::OrderMoved) => return self.held_before(&input, &run).await,
                Err(CommitError::Stock(refusal)) => {
                    if let Some(refusal) = self.why(&input, &refusal, &decision.after) {
                        return Err(refusal.into());
                    }
                }
                Err(CommitError::TooManyHolds) => {
                    return Err(Refusal::TooManyHolds { holds_max: HOLDS_MAX }.into());
                }
                Err(CommitError::Contended | CommitError::LedgerMoved) => {}
                Err(CommitError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::Transient(
            "others kept touching the same tickets".to_owned(),
        ))
    }

    /// Names the refusal, unless the buyer did not say which version was seen and the ticket merely moved on:
    /// then it is read again at its present price.
    fn why(&self, input: &HoldRequest, refusal: &StockRefusal, order: &Order) -> Option<Refusal> {
        let wanted = input.tickets.get(refusal.index)?;
        let (_, seen) = order.tickets().nth(refusal.index)?;
        let why = why_not_held(
            &wanted.ticket_id,
            seen,
            &input.user_id,
            refusal.index,
            refusal.present.as_ref(),
        );
        (wanted.version.is_some() || !matches!(why, Refusal::TicketChanged { .. })).then_some(why)
    }

    /// The same request was carried out before: the same answer. Another request with this id is refused.
    async fn held_before(&self, input: &HoldRequest, run: &HoldRun) -> Result<StartInput, Fault> {
        domain::checkout::held_before(&*self.orders, &*self.clock, input, run).await
    }
}

/// Whether this order holds the ticket, or has bought it: then the request was carried out before.
fn is_of(ticket: &Ticket, order_id: &OrderId) -> bool {
    ticket.state != TicketState::Available
        && ticket
            .hold
            .as_ref()
            .is_some_and(|hold| hold.order_id == *order_id)
}

/// The line for a wanted ticket, or why it cannot be.
fn line(
    input: &HoldRequest,
    index: usize,
    wanted: &WantedTicket,
    present: Option<&Ticket>,
) -> Result<Line, Refusal> {
    let seen = wanted
        .version
        .or(present.map(|ticket| ticket.version))
        .unwrap_or(1);
    match present {
        Some(ticket) if ticket.state == TicketState::Available && ticket.version == seen => Ok(Line {
            thing: Thing::Ticket {
                ticket_id: ticket.ticket_id.clone(),
                version: seen,
            },
            title: ticket.title.clone(),
            quantity: 1,
            price_minor: ticket.price_minor,
        }),
        present => Err(why_not_held(
            &wanted.ticket_id,
            seen,
            &input.user_id,
            index,
            present,
        )),
    }
}
