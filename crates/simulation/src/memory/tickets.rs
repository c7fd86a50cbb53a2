//! Tickets in memory: listing, reading and editing. Holding and selling is in [`super::orders`].

use super::{SharedTables, Tables, page_of};
use crate::wire::{Access, Wire, lock};
use domain::ports::{Answer, Tickets};
use domain::ticket::{TicketEdit, why_not_changed};
use domain::{Fault, Page, PageRequest, Refusal, Ticket, TicketId, TicketState, UserId};

impl Tables {
    fn create_ticket(&mut self, ticket: &Ticket) -> Result<(), Fault> {
        match self.tickets.get(&ticket.ticket_id) {
            None => {
                self.tickets.insert(ticket.ticket_id.clone(), ticket.clone());
                Ok(())
            }
            Some(present) if present.is_same_listing(ticket) => Ok(()),
            // The id is made of an Idempotency-Key, whose record is gone after a day.
            Some(_) => Err(Refusal::KeyReused.into()),
        }
    }

    fn edit_ticket(&mut self, edit: &TicketEdit) -> Result<Ticket, Fault> {
        let ticket = self
            .tickets
            .get_mut(&edit.ticket_id)
            .ok_or_else(|| Refusal::not_found("ticket"))?;
        let may = ticket.owner_id == edit.user_id
            && ticket.state == TicketState::Available
            && ticket.version == edit.seen_version;
        if !may {
            return Err(why_not_changed(ticket, &edit.user_id, Some(edit.seen_version)).into());
        }
        ticket.title.clone_from(&edit.title);
        ticket.price_minor = edit.price_minor;
        ticket.version += 1;
        Ok(ticket.clone())
    }

    fn delete_ticket(&mut self, ticket_id: &TicketId, user_id: &UserId) -> Result<(), Fault> {
        let ticket = self
            .tickets
            .get(ticket_id)
            .ok_or_else(|| Refusal::not_found("ticket"))?;
        let may =
            ticket.owner_id == *user_id && ticket.state == TicketState::Available && ticket.holds_ever == 0;
        if !may {
            return Err(why_not_changed(ticket, user_id, None).into());
        }
        self.tickets.remove(ticket_id);
        Ok(())
    }
}

/// [`Tickets`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryTickets {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryTickets {
    /// Tickets in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }

    async fn list(
        &self,
        page: &PageRequest,
        is_wanted: impl Fn(&Ticket) -> bool,
    ) -> Result<Page<Ticket>, Fault> {
        let passage = self.wire.there("Tickets.list", Access::Read).await;
        passage.admit()?;
        let rows = lock(&self.tables)
            .tickets
            .values()
            .filter(|ticket| is_wanted(ticket))
            .cloned()
            .collect();
        passage.back().await?;
        page_of(
            rows,
            page,
            |ticket| (ticket.created_at, ticket.ticket_id.to_string()),
            |text| TicketId::parse(text).is_ok(),
        )
    }
}

impl Tickets for MemoryTickets {
    fn create<'a>(&'a self, ticket: &'a Ticket) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Tickets.create", Access::Write).await;
            passage.admit()?;
            let created = lock(&self.tables).create_ticket(ticket);
            passage.back().await?;
            created
        })
    }

    fn get<'a>(&'a self, ticket_id: &'a TicketId) -> Answer<'a, Option<Ticket>> {
        Box::pin(async move {
            let passage = self.wire.there("Tickets.get", Access::Read).await;
            passage.admit()?;
            let ticket = lock(&self.tables).tickets.get(ticket_id).cloned();
            passage.back().await?;
            Ok(ticket)
        })
    }

    fn list_available<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Ticket>> {
        Box::pin(self.list(page, |ticket| ticket.state == TicketState::Available))
    }

    fn list_of<'a>(&'a self, owner_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Ticket>> {
        Box::pin(self.list(page, move |ticket| ticket.owner_id == *owner_id))
    }

    fn edit<'a>(&'a self, edit: &'a TicketEdit) -> Answer<'a, Ticket> {
        Box::pin(async move {
            let passage = self.wire.there("Tickets.edit", Access::Write).await;
            passage.admit()?;
            let edited = lock(&self.tables).edit_ticket(edit);
            passage.back().await?;
            edited
        })
    }

    fn delete<'a>(&'a self, ticket_id: &'a TicketId, user_id: &'a UserId) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Tickets.delete", Access::Write).await;
            passage.admit()?;
            let deleted = lock(&self.tables).delete_ticket(ticket_id, user_id);
            passage.back().await?;
            deleted
        })
    }
}
