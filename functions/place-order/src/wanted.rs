//! What a buyer may ask for: lines of one kind, checked field by field.

use contract::input::FieldErrors;
use domain::dish::QUANTITY_MAX;
use domain::ids::fingerprint;
use domain::order::{Kind, LINES_MAX};
use domain::ports::{HoldRequest, WantedDish, WantedTicket};
use domain::{CardToken, DishId, OrderId, Refusal, TicketId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// An order that is wanted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewOrder {
    /// What, 1 to 10 lines of one kind: all tickets, or all dishes.
    #[schema(min_items = 1, max_items = 10)]
    pub lines: Vec<NewLine>,
    /// Pay with this card, at once or as soon as everything is held.
    pub payment: Option<NewPayment>,
}

/// A ticket (`ticketId`, `version`) or a dish (`dishId`, `quantity`) that is wanted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewLine {
    /// Which ticket.
    pub ticket_id: Option<String>,
    /// The version of the ticket that the buyer saw; the order is refused (409) if title or price moved since.
    #[schema(minimum = 1)]
    pub version: Option<u32>,
    /// Which dish.
    pub dish_id: Option<String>,
    /// How many of the dish, 1 to 20; 1 when absent.
    #[schema(minimum = 1, maximum = 20)]
    pub quantity: Option<u32>,
}

/// A card to charge.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// The provider's token for the card, e.g. `tok_visa`. Never a card number.
    pub token: String,
}

/// What was asked for, checked.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    pub(crate) tickets: Vec<WantedTicket>,
    pub(crate) dishes: Vec<WantedDish>,
    pub(crate) card: Option<CardToken>,
}

impl Wanted {
    /// Checks what was sent, naming every field that is wrong.
    pub(crate) fn check(new: &NewOrder) -> Result<Self, Refusal> {
        let mut errors = FieldErrors::default();
        if new.lines.is_empty() || new.lines.len() > LINES_MAX {
            errors.add("lines", format!("must have 1 to {LINES_MAX} lines"));
        }
        let kind = if new.lines.iter().any(|line| line.dish_id.is_some()) {
            Kind::Dish
        } else {
            Kind::Ticket
        };
        let mut wanted = Self {
            kind,
            tickets: Vec::new(),
            dishes: Vec::new(),
            card: None,
        };
        let mut seen = BTreeSet::new();
        for (index, line) in new.lines.iter().enumerate().take(LINES_MAX) {
            match (kind, line) {
                (
                    Kind::Ticket,
                    NewLine {
                        ticket_id: Some(id),
                        quantity: None,
                        ..
                    },
                ) => {
                    wanted.ticket(&mut errors, &mut seen, index, id, line.version);
                }
                (
                    Kind::Dish,
                    NewLine {
                        dish_id: Some(id),
                        ticket_id: None,
                        version: None,
                        quantity,
                    },
                ) => {
                    wanted.dish(&mut errors, index, id, quantity.unwrap_or(1));
                }
                (Kind::Ticket, NewLine { ticket_id: None, .. }) => {
                    errors.add(format!("lines[{index}].ticketId"), "is required");
                }
                (Kind::Ticket, _) => {
                    errors.add(
                        format!("lines[{index}].quantity"),
                        "a ticket is one of a kind and has no quantity",
                    );
                }
                (Kind::Dish, NewLine { dish_id: None, .. }) => {
                    errors.add(
                        format!("lines[{index}].dishId"),
                        "is required: all lines are of one kind",
                    );
                }
                (
                    Kind::Dish,
                    NewLine {
                        ticket_id: Some(_), ..
                    },
                ) => {
                    errors.add(
                        format!("lines[{index}].ticketId"),
                        "a line is a ticket or a dish, not both",
                    );
                }
                (Kind::Dish, _) => errors.add(format!("lines[{index}].version"), "a dish has no version"),
            }
        }
        if let Some(payment) = &new.payment {
            match CardToken::parse(&payment.token) {
                Ok(card) => wanted.card = Some(card),
                Err(error) => errors.add("payment.token", error.to_string()),
            }
        }
        errors.check()?;
        Ok(wanted)
    }

    fn ticket(
        &mut self,
        errors: &mut FieldErrors,
        seen: &mut BTreeSet<TicketId>,
        index: usize,
        id: &str,
        version: Option<u32>,
    ) {
        match TicketId::parse(&id.to_lowercase()) {
            Ok(ticket_id) if seen.insert(ticket_id.clone()) => {
                self.tickets.push(WantedTicket { ticket_id, version });
            }
            Ok(_) => errors.add(
                format!("lines[{index}].ticketId"),
                "is in the order twice; a ticket is one of a kind",
            ),
            Err(error) => errors.add(format!("lines[{index}].ticketId"), error.to_string()),
        }
        if version == Some(0) {
            errors.add(format!("lines[{index}].version"), "must be at least 1");
        }
    }

    fn dish(&mut self, errors: &mut FieldErrors, index: usize, id: &str, quantity: u32) {
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            errors.add(
                format!("lines[{index}].quantity"),
                format!("must be 1 to {QUANTITY_MAX}"),
            );
        }
        match DishId::parse(&id.to_lowercase()) {
            Ok(dish_id) => self.dishes.push(WantedDish { dish_id, quantity }),
            Err(error) => errors.add(format!("lines[{index}].dishId"), error.to_string()),
        }
    }

    /// The request to hold all of it. What is asked for is its fingerprint; the card is not part of it.
    pub(crate) fn hold_request(&self, order_id: OrderId, user_id: UserId) -> HoldRequest {
        let tickets = self
            .tickets
            .iter()
            .map(|w| format!("{}@{}", w.ticket_id, w.version.unwrap_or_default()));
        let dishes = self
            .dishes
            .iter()
            .map(|w| format!("{}x{}", w.dish_id, w.quantity));
        let names: Vec<String> = tickets.chain(dishes).collect();
        HoldRequest {
            order_id,
            user_id,
            kind: self.kind,
            tickets: self.tickets.clone(),
            dishes: self.dishes.clone(),
            request_fingerprint: fingerprint(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        }
    }

    /// Whether it is for exactly these tickets.
    pub(crate) fn is_for<'a>(&self, tickets: impl Iterator<Item = &'a TicketId>) -> bool {
        let wanted: BTreeSet<&TicketId> = self.tickets.iter().map(|wanted| &wanted.ticket_id).collect();
        tickets.collect::<BTreeSet<_>>() == wanted
    }
}
