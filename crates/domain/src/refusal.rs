//! The closed list of refusals: every way in which a rule says no.
//!
//! A refusal promises that the call had no effect. Its variant's name is its Step Functions error name and
//! the `code` of its problem document; docs/errors.md lists them. Adding one does not compile until
//! [`Refusal::status`] and [`Refusal::advice`] have decided what it means.

mod telling;

use crate::ids::{DeviceId, OrderId, ProductId, TicketId};
use crate::link::LinkId;
use crate::money::PriceMinor;
use crate::order::Status;
use serde::{Deserialize, Serialize};

/// One field of the input that cannot be accepted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Where, as a path into the body or the name of a parameter, e.g. `lines[0].ticketId`.
    pub field: String,
    /// Why, as a sentence for a person.
    pub message: String,
}

impl FieldError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// Why a rule said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
pub enum Refusal {
    /// The input is malformed or out of bounds.
    #[error("The request has {} invalid field(s).", errors.len())]
    InvalidInput {
        /// Each field that was refused.
        errors: Vec<FieldError>,
    },
    /// The body is larger than this API reads.
    #[error("The request body is larger than {limit_bytes} bytes.")]
    BodyTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The body is not JSON.
    #[error("The request body must be JSON, sent as application/json.")]
    NotJson,
    /// This path does not do that.
    #[error("This address does not answer to that method.")]
    MethodNotAllowed,
    /// The message is not signed by the payment provider, or too old.
    #[error("This message is not the payment provider's: {why}.")]
    BadSignature {
        /// What is wrong with the signature, as the second half of a sentence.
        why: String,
    },
    /// Nobody is signed in, or the session has ended.
    #[error("This needs a signed-in user.")]
    NotSignedIn,
    /// E-mail address and password do not belong together.
    #[error("The e-mail address or the password is wrong.")]
    BadCredentials,
    /// Too many attempts in a short time.
    #[error("Too many attempts; wait {retry_after_s} seconds.")]
    TooManyAttempts {
        /// After how many seconds another attempt is read.
        retry_after_s: u32,
    },
    /// The thing belongs to somebody else.
    #[error("Only the owner may change this.")]
    NotYours,
    /// The asker does not look after the shop.
    #[error("This is for operators of the shop.")]
    NotAnOperator,
    /// It does not exist, or the reader may not see it.
    #[error("There is no such {what}.")]
    NotFound {
        /// What was looked for, e.g. `order`.
        what: String,
        /// The field that named it, when it came in a body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
    },
    /// The short link was taken down by whoever made it, or by an operator.
    #[error("Short link {link_id} was taken down.")]
    LinkTakenDown {
        /// The link.
        link_id: LinkId,
    },
    /// Somebody signed up with this address before.
    #[error("This e-mail address already has an account.")]
    EmailTaken,
    /// The idempotency key was used before with another request.
    #[error("This Idempotency-Key was used before with a different request.")]
    KeyReused,
    /// The same request is being worked on right now.
    #[error("A request with this Idempotency-Key is still being worked on.")]
    RequestInFlight,
    /// Another order holds the ticket.
    #[error("Ticket {ticket_id} is locked by another order.")]
    TicketAlreadyHeld {
        /// The ticket.
        ticket_id: TicketId,
    },
    /// An order of the same buyer holds the ticket.
    #[error("Ticket {ticket_id} is already locked by your order {order_id}.")]
    TicketHeldByYou {
        /// The ticket.
        ticket_id: TicketId,
        /// The buyer's order that holds it.
        order_id: OrderId,
    },
    /// The ticket was sold.
    #[error("Ticket {ticket_id} is sold.")]
    TicketSold {
        /// The ticket.
        ticket_id: TicketId,
    },
    /// Title or price moved since the version that was seen.
    #[error("Ticket {ticket_id} changed: version {seen} was seen, it is {present} now.")]
    TicketChanged {
        /// The ticket.
        ticket_id: TicketId,
        /// The version in the request.
        seen: u32,
        /// The present version.
        present: u32,
    },
    /// The ticket has been held before, so that orders refer to it.
    #[error("Ticket {ticket_id} has been ordered before and cannot be deleted.")]
    TicketWasHeld {
        /// The ticket.
        ticket_id: TicketId,
    },
    /// The code at the door is not one that this shop has issued.
    #[error("This code is not a pass of this shop.")]
    PassNotGenuine,
    /// The order that the pass is for is not completed.
    #[error("Ticket {ticket_id} is not issued: its order is not completed.")]
    TicketNotIssued {
        /// The ticket.
        ticket_id: TicketId,
    },
    /// The ticket was given back, or is on its way back; the pass is worth nothing any more.
    #[error("Ticket {ticket_id} was given back by its buyer; this pass is worth nothing.")]
    TicketGivenBack {
        /// The ticket.
        ticket_id: TicketId,
    },
    /// Somebody was let in with this pass before.
    #[error("Ticket {ticket_id} was let in before, at {admitted_at}.")]
    TicketAlreadyAdmitted {
        /// The ticket.
        ticket_id: TicketId,
        /// When, RFC 3339.
        admitted_at: String,
    },
    /// There is less of the product than is wanted. Exact: it was so at one moment while the request was worked on.
    #[error("Of product {product_id} {available} can be had, not {wanted}.")]
    OutOfStock {
        /// The product.
        product_id: ProductId,
        /// How many were wanted.
        wanted: u32,
        /// How many could be had at that moment.
        available: u32,
    },
    /// The product's inventory was never set.
    #[error("Product {product_id} is unavailable: it has no inventory.")]
    ProductUnavailable {
        /// The product.
        product_id: ProductId,
    },
    /// The inventory is set once; then it is adjusted.
    #[error("The inventory of product {product_id} is set already.")]
    InventoryAlreadySet {
        /// The product.
        product_id: ProductId,
    },
    /// There is no inventory that could be changed.
    #[error("The inventory of product {product_id} is not set yet.")]
    InventoryNotSet {
        /// The product.
        product_id: ProductId,
    },
    /// More is to be taken out than is free. Exact, as [`Refusal::OutOfStock`] is.
    #[error("Of product {product_id} {available} are free, so that {wanted} cannot be taken out.")]
    NotEnoughAvailable {
        /// The product.
        product_id: ProductId,
        /// How many were to be taken out.
        wanted: u32,
        /// How many were neither held nor sold at that moment.
        available: u32,
    },
    /// The product was changed since the version that was seen.
    #[error("Product {product_id} changed: version {seen} was seen, it is {present} now.")]
    ProductChanged {
        /// The product.
        product_id: ProductId,
        /// The version in the request.
        seen: u32,
        /// The present version.
        present: u32,
    },
    /// It costs more than whoever ordered it unseen allows.
    #[error(
        "Product {product_id} costs {} minor units, and may cost {} at most.",
        price_minor.as_minor(),
        max_price_minor.as_minor()
    )]
    PriceAboveLimit {
        /// The product.
        product_id: ProductId,
        /// What one costs.
        price_minor: PriceMinor,
        /// What one may cost.
        max_price_minor: PriceMinor,
    },
    /// Another device has this address.
    #[error("A device with the address {mac_address} is registered already.")]
    MacAddressTaken {
        /// The address, lower case with colons.
        mac_address: String,
    },
    /// What the device watches was changed since the version that was seen.
    #[error("Device {device_id} changed: version {seen} was seen, it is {present} now.")]
    DeviceChanged {
        /// The device.
        device_id: DeviceId,
        /// The version in the request.
        seen: u32,
        /// The present version.
        present: u32,
    },
    /// The user has as many devices as one user may have.
    #[error("You already have {devices_max} devices, which is as many as one user may have.")]
    TooManyDevices {
        /// The cap.
        devices_max: u32,
    },
    /// The device does not watch this product.
    #[error("The device does not watch product {product_id}.")]
    ProductNotWatched {
        /// The product.
        product_id: ProductId,
    },
    /// Devices of this user cannot order, because nothing says what to charge.
    #[error("No payment method is stored, so devices order nothing by themselves.")]
    NoPaymentMethod,
    /// The buyer has as many live holds as one buyer may have.
    #[error("You already have {holds_max} unpaid orders, which is as many as one buyer may have.")]
    TooManyHolds {
        /// The cap.
        holds_max: u32,
    },
    /// The order was created before by the same request.
    #[error("Order {order_id} exists already.")]
    OrderAlreadyExists {
        /// The order.
        order_id: OrderId,
    },
    /// The hold's time is over.
    #[error("The time to pay for order {order_id} is over.")]
    HoldExpired {
        /// The order.
        order_id: OrderId,
    },
    /// The hold's time is not over yet.
    #[error("The hold of order {order_id} lives for another {remaining_s} seconds.")]
    HoldStillAlive {
        /// The order.
        order_id: OrderId,
        /// Whole seconds left, rounded up.
        remaining_s: u32,
    },
    /// What was bought is still being packed, or on its way.
    #[error("What was ordered in {order_id} is under way for another {remaining_s} seconds.")]
    DeliveryNotDue {
        /// The order.
        order_id: OrderId,
        /// Whole seconds left, rounded up.
        remaining_s: u32,
    },
    /// What the order needs has not all come yet.
    #[error("Order {order_id} is still being put together.")]
    OrderStillGathering {
        /// The order.
        order_id: OrderId,
    },
    /// A payment for the order is under way.
    #[error("Order {order_id} is being paid.")]
    OrderBeingPaid {
        /// The order.
        order_id: OrderId,
    },
    /// The order is paid.
    #[error("Order {order_id} is paid.")]
    OrderAlreadyPaid {
        /// The order.
        order_id: OrderId,
    },
    /// The order is not paid.
    #[error("Order {order_id} is not paid.")]
    OrderNotPaid {
        /// The order.
        order_id: OrderId,
    },
    /// The order has ended.
    #[error("Order {order_id} has ended: {status}.")]
    OrderEnded {
        /// The order.
        order_id: OrderId,
        /// How it ended.
        status: Status,
    },
    /// The order could not be carried on for the moment.
    #[error("Order {order_id} could not be carried on; it is being looked into.")]
    OrderIsStuck {
        /// The order.
        order_id: OrderId,
    },
    /// The provider declined this attempt; the hold lives on.
    #[error("The card was declined for order {order_id}: {message}")]
    PaymentDeclined {
        /// The order, which is still held.
        order_id: OrderId,
        /// The provider's decline code.
        decline_code: String,
        /// The provider's sentence.
        message: String,
        /// Whether another try makes sense.
        retryable: bool,
        /// For how long another card may be tried, whole seconds, at least 1.
        await_payment_s: u32,
    },
    /// The provider declined this attempt, and the same card is tried again by itself.
    #[error("The card was declined for order {order_id} ({decline_code}); it is tried again at {retry_at}.")]
    PaymentWillBeRetried {
        /// The order, which is still held.
        order_id: OrderId,
        /// The provider's decline code.
        decline_code: String,
        /// When, RFC 3339 with milliseconds.
        retry_at: String,
    },
    /// Nothing of this order can be given back.
    #[error("Order {order_id} cannot be refunded: {why}.")]
    NotRefundable {
        /// The order.
        order_id: OrderId,
        /// Why, as the second half of a sentence.
        why: String,
    },
    /// The provider will not give this money back by itself.
    #[error("Refund {number} of order {order_id} failed at the provider: {provider_code}.")]
    RefundFailed {
        /// The order.
        order_id: OrderId,
        /// Which of its refunds.
        number: u32,
        /// The provider's reason.
        provider_code: String,
    },
    /// Every allowed round at the market was bought and it is still not enough.
    #[error("After {rounds_max} purchases there is still not enough {ingredient}.")]
    MarketExhausted {
        /// Of what.
        ingredient: String,
        /// How many rounds are allowed.
        rounds_max: u32,
    },
    /// The source of an import is busy or away for the moment.
    #[error("The source is busy ({why}); it is asked again at {retry_at}.")]
    SourceBusy {
        /// What it said, as part of a sentence.
        why: String,
        /// How often in a row it was busy so far.
        tries: u32,
        /// When it is asked again, RFC 3339 with milliseconds.
        retry_at: String,
    },
    /// The source of an import was busy or away as often as it is asked.
    #[error("The source was busy {tries} times in a row; the last time: {why}.")]
    SourceDown {
        /// How often in a row.
        tries: u32,
        /// What it said last, as part of a sentence.
        why: String,
    },
    /// The source of an import answered with what cannot be imported.
    #[error("This cannot be imported: {why}.")]
    SourceUnusable {
        /// Why, as the second half of a sentence.
        why: String,
    },
    /// The last allowed attempt failed.
    #[error("All {attempts_max} payment attempts of order {order_id} failed.")]
    PaymentAttemptsExhausted {
        /// The order.
        order_id: OrderId,
        /// How many there were.
        attempts_max: u32,
    },
}

impl Refusal {
    /// The name of [`Refusal::PriceAboveLimit`].
    pub(crate) const PRICE_ABOVE_LIMIT: &str = "PriceAboveLimit";

    /// The name of the variant: the error name in workflows, the `code` in problem documents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::InvalidInput { .. } => "InvalidInput",
            Self::BodyTooLarge { .. } => "BodyTooLarge",
            Self::NotJson => "NotJson",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::BadSignature { .. } => "BadSignature",
            Self::NotSignedIn => "NotSignedIn",
            Self::BadCredentials => "BadCredentials",
            Self::TooManyAttempts { .. } => "TooManyAttempts",
            Self::NotYours => "NotYours",
            Self::NotAnOperator => "NotAnOperator",
            Self::NotFound { .. } => "NotFound",
            Self::LinkTakenDown { .. } => "LinkTakenDown",
            Self::EmailTaken => "EmailTaken",
            Self::KeyReused => "KeyReused",
            Self::RequestInFlight => "RequestInFlight",
            Self::TicketAlreadyHeld { .. } => "TicketAlreadyHeld",
            Self::TicketHeldByYou { .. } => "TicketHeldByYou",
            Self::TicketSold { .. } => "TicketSold",
            Self::TicketChanged { .. } => "TicketChanged",
            Self::TicketWasHeld { .. } => "TicketWasHeld",
            Self::PassNotGenuine => "PassNotGenuine",
            Self::TicketNotIssued { .. } => "TicketNotIssued",
            Self::TicketGivenBack { .. } => "TicketGivenBack",
            Self::TicketAlreadyAdmitted { .. } => "TicketAlreadyAdmitted",
            Self::OutOfStock { .. } => "OutOfStock",
            Self::ProductUnavailable { .. } => "ProductUnavailable",
            Self::InventoryAlreadySet { .. } => "InventoryAlreadySet",
            Self::InventoryNotSet { .. } => "InventoryNotSet",
            Self::NotEnoughAvailable { .. } => "NotEnoughAvailable",
            Self::ProductChanged { .. } => "ProductChanged",
            Self::PriceAboveLimit { .. } => Self::PRICE_ABOVE_LIMIT,
            Self::MacAddressTaken { .. } => "MacAddressTaken",
            Self::DeviceChanged { .. } => "DeviceChanged",
            Self::TooManyDevices { .. } => "TooManyDevices",
            Self::ProductNotWatched { .. } => "ProductNotWatched",
            Self::NoPaymentMethod => "NoPaymentMethod",
            Self::TooManyHolds { .. } => "TooManyHolds",
            Self::OrderAlreadyExists { .. } => "OrderAlreadyExists",
            Self::HoldExpired { .. } => "HoldExpired",
            Self::HoldStillAlive { .. } => "HoldStillAlive",
            Self::DeliveryNotDue { .. } => "DeliveryNotDue",
            Self::OrderStillGathering { .. } => "OrderStillGathering",
            Self::OrderBeingPaid { .. } => "OrderBeingPaid",
            Self::OrderAlreadyPaid { .. } => "OrderAlreadyPaid",
            Self::OrderNotPaid { .. } => "OrderNotPaid",
            Self::OrderEnded { .. } => "OrderEnded",
            Self::OrderIsStuck { .. } => "OrderIsStuck",
            Self::PaymentDeclined { .. } => "PaymentDeclined",
            Self::PaymentWillBeRetried { .. } => "PaymentWillBeRetried",
            Self::NotRefundable { .. } => "NotRefundable",
            Self::RefundFailed { .. } => "RefundFailed",
            Self::MarketExhausted { .. } => "MarketExhausted",
            Self::SourceBusy { .. } => "SourceBusy",
            Self::SourceDown { .. } => "SourceDown",
            Self::SourceUnusable { .. } => "SourceUnusable",
            Self::PaymentAttemptsExhausted { .. } => "PaymentAttemptsExhausted",
        }
    }

    /// One invalid field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidInput {
            errors: vec![FieldError::new(field, message)],
        }
    }

    /// A thing that is not there.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound {
            what: what.into(),
            field: None,
        }
    }
}
