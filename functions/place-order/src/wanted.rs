//! What a buyer may ask for: lines of one kind, checked field by field.

use contract::input::FieldErrors;
use domain::ids::{NotAnId, fingerprint};
use domain::order::{Kind, LINES_MAX};
use domain::ports::{HoldRequest, WantedDish, WantedProduct, WantedTicket};
use domain::{CardToken, DeviceId, DishId, OrderId, ProductId, Refusal, TicketId, UserId, dish, product};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// An order that is wanted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewOrder {
    /// What, 1 to 10 lines of one kind: all tickets, all products, or all dishes.
    #[schema(min_items = 1, max_items = 10)]
    pub lines: Vec<NewLine>,
    /// Pay with this card, at once or as soon as everything is held.
    pub payment: Option<NewPayment>,
    /// Your own device that products are for: what is delivered is added to what there is at it.
    pub device_id: Option<String>,
}

/// A ticket (`ticketId`, `version`), a product (`productId`, `quantity`, `version`) or a dish (`dishId`, `quantity`) that is
/// wanted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewLine {
    /// Which ticket.
    pub ticket_id: Option<String>,
    /// The version of the ticket or product that the buyer saw; the order is refused (409) if title or price moved since.
    #[schema(minimum = 1)]
    pub version: Option<u32>,
    /// Which product. Lines of the same product are one line for their sum.
    pub product_id: Option<String>,
    /// Which dish.
    pub dish_id: Option<String>,
    /// How many: of a product 1 to 1,000, all lines of it together; of a dish 1 to 20. 1 when absent.
    #[schema(minimum = 1, maximum = 1000)]
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
    /// Each product once, for the sum of its lines.
    pub(crate) products: Vec<WantedProduct>,
    /// The first line of each product, in the order of `products`.
    product_lines: Vec<usize>,
    pub(crate) card: Option<CardToken>,
    /// The device that products are for; whose it is has yet to be looked up.
    pub(crate) device_id: Option<DeviceId>,
}

impl NewLine {
    /// The fields that name a thing, with their kind. A line has exactly one of them.
    fn things(&self) -> [(Kind, &'static str, Option<&str>); 3] {
        [
            (Kind::Ticket, "ticketId", self.ticket_id.as_deref()),
            (Kind::Product, "productId", self.product_id.as_deref()),
            (Kind::Dish, "dishId", self.dish_id.as_deref()),
        ]
    }
}

/// The kind of the first line that says one; tickets when none does.
fn kind_of(lines: &[NewLine]) -> Kind {
    let named = lines.iter().flat_map(NewLine::things);
    named
        .into_iter()
        .find_map(|(kind, _, id)| id.map(|_| kind))
        .unwrap_or(Kind::Ticket)
}

impl Wanted {
    /// Checks what was sent, naming every field that is wrong.
    pub(crate) fn check(new: &NewOrder) -> Result<Self, Refusal> {
        let mut errors = FieldErrors::default();
        if new.lines.is_empty() || new.lines.len() > LINES_MAX {
            errors.add("lines", format!("must have 1 to {LINES_MAX} lines"));
        }
        let mut wanted = Self {
            kind: kind_of(&new.lines),
            tickets: Vec::new(),
            dishes: Vec::new(),
            products: Vec::new(),
            product_lines: Vec::new(),
            card: None,
            device_id: None,
        };
        let mut seen = BTreeSet::new();
        for (index, line) in new.lines.iter().enumerate().take(LINES_MAX) {
            let Some(id) = wanted.only_id(&mut errors, index, line) else {
                continue;
            };
            match wanted.kind {
                Kind::Ticket => wanted.ticket(&mut errors, &mut seen, index, id, line),
                Kind::Product => wanted.product(&mut errors, index, id, line),
                Kind::Dish => wanted.dish(&mut errors, index, id, line),
            }
        }
        if let Some(payment) = &new.payment {
            match CardToken::parse(&payment.token) {
                Ok(card) => wanted.card = Some(card),
                Err(error) => errors.add("payment.token", error.to_string()),
            }
        }
        if let Some(device_id) = &new.device_id {
            wanted.device(&mut errors, device_id);
        }
        errors.check()?;
        Ok(wanted)
    }

    fn device(&mut self, errors: &mut FieldErrors, device_id: &str) {
        if self.kind != Kind::Product {
            errors.add("deviceId", "only products are delivered to a device");
        }
        match DeviceId::parse(&device_id.to_lowercase()) {
            Ok(device_id) => self.device_id = Some(device_id),
            Err(error) => errors.add("deviceId", error.to_string()),
        }
    }

    /// The id of the line's one thing, which must be of the order's kind.
    fn only_id<'a>(&self, errors: &mut FieldErrors, index: usize, line: &'a NewLine) -> Option<&'a str> {
        let mut own = None;
        for (kind, field, id) in line.things() {
            match id {
                Some(_) if kind != self.kind => errors.add(
                    format!("lines[{index}].{field}"),
                    "a line is for one thing, and all lines are of one kind",
                ),
                None if kind == self.kind => errors.add(
                    format!("lines[{index}].{field}"),
                    "is required: all lines are of one kind",
                ),
                Some(id) => own = Some(id),
                None => {}
            }
        }
        own
    }

    fn ticket(
        &mut self,
        errors: &mut FieldErrors,
        seen: &mut BTreeSet<TicketId>,
        index: usize,
        id: &str,
        line: &NewLine,
    ) {
        match TicketId::parse(&id.to_lowercase()) {
            Ok(ticket_id) if seen.insert(ticket_id.clone()) => self.tickets.push(WantedTicket {
                ticket_id,
                version: line.version,
            }),
            Ok(_) => errors.add(
                format!("lines[{index}].ticketId"),
                "is in the order twice; a ticket is one of a kind",
            ),
            Err(error) => not_an_id(errors, index, "ticketId", &error),
        }
        if line.version == Some(0) {
            errors.add(format!("lines[{index}].version"), "must be at least 1");
        }
        if line.quantity.is_some() {
            errors.add(
                format!("lines[{index}].quantity"),
                "a ticket is one of a kind and has no quantity",
            );
        }
    }

    fn product(&mut self, errors: &mut FieldErrors, index: usize, id: &str, line: &NewLine) {
        let version = line.version;
        if version == Some(0) {
            errors.add(format!("lines[{index}].version"), "must be at least 1");
        }
        let quantity = line.quantity.unwrap_or(1);
        let product_id = match ProductId::parse(&id.to_lowercase()) {
            Ok(product_id) => product_id,
            Err(error) => return not_an_id(errors, index, "productId", &error),
        };
        let before = self.products.iter().position(|w| w.product_id == product_id);
        let sum = before
            .and_then(|before| self.products.get(before))
            .map_or(0, |wanted| wanted.quantity)
            .saturating_add(quantity);
        if quantity == 0 || sum > product::ORDERED_MAX {
            let most = product::ORDERED_MAX;
            errors.add(
                format!("lines[{index}].quantity"),
                format!("must be 1 to {most}, all lines of a product together"),
            );
        }
        match before.and_then(|before| self.products.get_mut(before)) {
            Some(wanted) => {
                wanted.quantity = sum;
                if version.is_some() && wanted.version.is_some() && wanted.version != version {
                    errors.add(
                        format!("lines[{index}].version"),
                        "differs from that of another line of the same product",
                    );
                }
                wanted.version = wanted.version.or(version);
            }
            None => {
                self.products.push(WantedProduct {
                    product_id,
                    quantity,
                    version,
                    max_price_minor: None,
                });
                self.product_lines.push(index);
            }
        }
    }

    fn dish(&mut self, errors: &mut FieldErrors, index: usize, id: &str, line: &NewLine) {
        no_version(errors, index, line);
        let quantity = line.quantity.unwrap_or(1);
        if !(1..=dish::QUANTITY_MAX).contains(&quantity) {
            errors.add(
                format!("lines[{index}].quantity"),
                format!("must be 1 to {}", dish::QUANTITY_MAX),
            );
        }
        match DishId::parse(&id.to_lowercase()) {
            Ok(dish_id) => self.dishes.push(WantedDish { dish_id, quantity }),
            Err(error) => not_an_id(errors, index, "dishId", &error),
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
        let products = self.products.iter().map(|w| {
            format!(
                "{}x{}@{}",
                w.product_id,
                w.quantity,
                w.version.unwrap_or_default()
            )
        });
        let device = self.device_id.iter().map(|device_id| format!("for {device_id}"));
        let names: Vec<String> = tickets.chain(dishes).chain(products).chain(device).collect();
        HoldRequest {
            order_id,
            user_id,
            kind: self.kind,
            tickets: self.tickets.clone(),
            dishes: self.dishes.clone(),
            products: self.products.clone(),
            device_id: self.device_id.clone(),
            request_fingerprint: fingerprint(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        }
    }

    /// A refusal of the step that holds, in the buyer's words: the step counts products, the buyer counts lines.
    pub(crate) fn in_lines(&self, refusal: Refusal) -> Refusal {
        let Refusal::NotFound {
            what,
            field: Some(field),
        } = refusal
        else {
            return refusal;
        };
        let line = self
            .product_lines
            .iter()
            .enumerate()
            .find(|(nth, _)| field == format!("lines[{nth}].productId"))
            .map(|(_, line)| format!("lines[{line}].productId"));
        Refusal::NotFound {
            what,
            field: Some(line.unwrap_or(field)),
        }
    }

    /// Whether it is for exactly these tickets.
    pub(crate) fn is_for<'a>(&self, tickets: impl Iterator<Item = &'a TicketId>) -> bool {
        let wanted: BTreeSet<&TicketId> = self.tickets.iter().map(|wanted| &wanted.ticket_id).collect();
        tickets.collect::<BTreeSet<_>>() == wanted
    }
}

fn not_an_id(errors: &mut FieldErrors, index: usize, field: &str, error: &NotAnId) {
    errors.add(format!("lines[{index}].{field}"), error.to_string());
}

fn no_version(errors: &mut FieldErrors, index: usize, line: &NewLine) {
    if line.version.is_some() {
        errors.add(
            format!("lines[{index}].version"),
            "a dish is not ordered at a version",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JAM: &str = "prd_00000000000000000000000001";
    const TEA: &str = "prd_00000000000000000000000002";
    const SEAT: &str = "tkt_00000000000000000000000001";

    fn line(product_id: &str, quantity: Option<u32>) -> NewLine {
        NewLine {
            ticket_id: None,
            version: None,
            product_id: Some(product_id.to_owned()),
            dish_id: None,
            quantity,
        }
    }

    fn order(lines: Vec<NewLine>) -> NewOrder {
        NewOrder {
            lines,
            payment: None,
            device_id: None,
        }
    }

    fn fields(lines: Vec<NewLine>) -> Vec<String> {
        match Wanted::check(&order(lines)) {
            Err(Refusal::InvalidInput { errors }) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lines_of_the_same_product_are_asked_for_as_their_sum() {
        let lines = vec![line(JAM, Some(2)), line(TEA, None), line(JAM, Some(3))];
        let wanted = Wanted::check(&order(lines)).unwrap();
        let asked: Vec<(&str, u32)> = wanted
            .products
            .iter()
            .map(|wanted| (wanted.product_id.as_str(), wanted.quantity))
            .collect();
        assert_eq!((wanted.kind, asked), (Kind::Product, vec![(JAM, 5), (TEA, 1)]));
    }

    #[test]
    fn a_sum_beyond_the_bound_is_refused_where_it_goes_over() {
        let most = product::ORDERED_MAX;
        assert_eq!(fields(vec![line(JAM, Some(0))]), ["lines[0].quantity"]);
        assert_eq!(fields(vec![line(JAM, Some(most + 1))]), ["lines[0].quantity"]);
        let both = vec![line(JAM, Some(most)), line(JAM, Some(u32::MAX))];
        assert_eq!(fields(both), ["lines[1].quantity"]);
    }

    #[test]
    fn lines_of_two_kinds_are_refused() {
        let seat = NewLine {
            ticket_id: Some(SEAT.to_owned()),
            product_id: None,
            ..line(JAM, None)
        };
        let both = NewLine {
            ticket_id: Some(SEAT.to_owned()),
            ..line(JAM, None)
        };
        assert_eq!(
            fields(vec![line(JAM, None), seat]),
            ["lines[1].ticketId", "lines[1].productId"]
        );
        assert_eq!(fields(vec![both]), ["lines[0].productId"]);
        let versioned = |version: u32| NewLine {
            version: Some(version),
            ..line(JAM, None)
        };
        assert_eq!(fields(vec![versioned(0)]), ["lines[0].version"]);
        assert_eq!(fields(vec![versioned(1), versioned(2)]), ["lines[1].version"]);
        let seen = Wanted::check(&order(vec![line(JAM, None), versioned(3)])).unwrap();
        assert_eq!(seen.products.first().and_then(|wanted| wanted.version), Some(3));
    }

    #[test]
    fn a_product_that_does_not_exist_is_named_by_the_buyers_line() {
        let lines = vec![line(JAM, None), line(JAM, None), line(TEA, None)];
        let wanted = Wanted::check(&order(lines)).unwrap();
        let not_found = |field: &str| Refusal::NotFound {
            what: "product".to_owned(),
            field: Some(field.to_owned()),
        };
        assert_eq!(
            wanted.in_lines(not_found("lines[1].productId")),
            not_found("lines[2].productId")
        );
    }

    #[test]
    fn only_products_are_for_a_device_and_the_device_is_part_of_the_request() {
        const HOME: &str = "dev_00000000000000000000000001";
        let for_device = |line: NewLine, device_id: &str| NewOrder {
            lines: vec![line],
            payment: None,
            device_id: Some(device_id.to_owned()),
        };
        let seat = NewLine {
            ticket_id: Some(SEAT.to_owned()),
            product_id: None,
            ..line(JAM, None)
        };
        for wrong in [for_device(seat, HOME), for_device(line(JAM, None), "dev_1")] {
            match Wanted::check(&wrong) {
                Err(Refusal::InvalidInput { errors }) => assert_eq!(errors[0].field, "deviceId"),
                other => panic!("{other:?}"),
            }
        }
        let request = |new: &NewOrder| {
            let wanted = Wanted::check(new).unwrap();
            wanted.hold_request(OrderId::from_random([1; 16]), UserId::from_random([2; 16]))
        };
        let home = request(&for_device(line(JAM, None), HOME));
        assert_eq!(home.device_id.unwrap().as_str(), HOME);
        let nowhere = request(&order(vec![line(JAM, None)]));
        assert_ne!(home.request_fingerprint, nowhere.request_fingerprint);
    }

    #[test]
    fn an_order_has_so_many_lines_and_no_more() {
        assert_eq!(fields(vec![line(JAM, None); LINES_MAX + 1]), ["lines"]);
        assert_eq!(fields(Vec::new()), ["lines"]);
        assert!(Wanted::check(&order(vec![line(JAM, None); LINES_MAX])).is_ok());
    }

    #[test]
    fn what_nobody_asks_for_is_refused_by_name() {
        for (json, field) in [
            (r#"{"lines":[],"userId":"me"}"#, "userId"),
            (r#"{"lines":[{"priceMinor":1}]}"#, "lines[0].priceMinor"),
        ] {
            match contract::input::parse_json::<NewOrder>(json.as_bytes()) {
                Err(Refusal::InvalidInput { errors }) => assert_eq!(errors[0].field, field),
                other => panic!("{other:?}"),
            }
        }
    }
}
