//! What a refusal means to whoever is told of it: the HTTP status, and what to do next. Both are exhaustive, so that a new
//! refusal does not compile before somebody has decided.

use super::Refusal;

impl Refusal {
    /// The HTTP status that says it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidInput { .. } | Self::BadSignature { .. } | Self::PassNotGenuine => 400,
            Self::NotSignedIn | Self::BadCredentials => 401,
            Self::PaymentDeclined { .. }
            | Self::PaymentWillBeRetried { .. }
            | Self::PaymentAttemptsExhausted { .. } => 402,
            Self::NotYours | Self::NotAnOperator => 403,
            Self::NotFound { .. } => 404,
            Self::MethodNotAllowed => 405,
            Self::LinkTakenDown { .. } => 410,
            Self::BodyTooLarge { .. } => 413,
            Self::NotJson => 415,
            Self::KeyReused => 422,
            Self::TooManyAttempts { .. } => 429,
            Self::EmailTaken
            | Self::RequestInFlight
            | Self::TicketAlreadyHeld { .. }
            | Self::TicketHeldByYou { .. }
            | Self::TicketSold { .. }
            | Self::TicketChanged { .. }
            | Self::TicketWasHeld { .. }
            | Self::TicketNotIssued { .. }
            | Self::TicketGivenBack { .. }
            | Self::TicketAlreadyAdmitted { .. }
            | Self::OutOfStock { .. }
            | Self::ProductUnavailable { .. }
            | Self::InventoryAlreadySet { .. }
            | Self::InventoryNotSet { .. }
            | Self::NotEnoughAvailable { .. }
            | Self::ProductChanged { .. }
            | Self::PriceAboveLimit { .. }
            | Self::MacAddressTaken { .. }
            | Self::DeviceChanged { .. }
            | Self::TooManyDevices { .. }
            | Self::ProductNotWatched { .. }
            | Self::NoPaymentMethod
            | Self::TooManyHolds { .. }
            | Self::OrderAlreadyExists { .. }
            | Self::HoldExpired { .. }
            | Self::HoldStillAlive { .. }
            | Self::DeliveryNotDue { .. }
            | Self::OrderStillGathering { .. }
            | Self::OrderBeingPaid { .. }
            | Self::NotRefundable { .. }
            | Self::RefundFailed { .. }
            | Self::MarketExhausted { .. }
            | Self::SourceBusy { .. }
            | Self::SourceDown { .. }
            | Self::SourceUnusable { .. }
            | Self::OrderAlreadyPaid { .. }
            | Self::OrderNotPaid { .. }
            | Self::OrderEnded { .. }
            | Self::OrderIsStuck { .. } => 409,
        }
    }

    /// What the person can do next, as a sentence.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::InvalidInput { .. } => "Correct the fields named and send it again.",
            Self::BodyTooLarge { .. } => "Send less.",
            Self::NotJson => "Send a JSON body with the header content-type: application/json.",
            Self::MethodNotAllowed => "See /docs for what this address answers to.",
            Self::BadSignature { .. } => {
                "Compare the signing secret and the clock; docs/stripe.md says where they are set."
            }
            Self::NotSignedIn => "Sign in and repeat the request.",
            Self::BadCredentials => "Check both, or sign up.",
            Self::TooManyAttempts { .. } | Self::RequestInFlight => "Wait a little and repeat the request.",
            Self::NotYours => "Sign in as the owner.",
            Self::NotAnOperator => {
                "Sign in as an operator; docs/runbook.md, \"Operators\", says how one is appointed."
            }
            Self::NotFound { .. } => "Check the id.",
            Self::LinkTakenDown { .. } => "Ask whoever gave you the link for another address.",
            Self::EmailTaken => "Sign in instead.",
            Self::KeyReused => "Use a fresh Idempotency-Key for a different request.",
            Self::TicketAlreadyHeld { .. } => {
                "Choose another ticket, or try again when its lock has run out."
            }
            Self::TicketHeldByYou { .. } => "Pay or cancel that order.",
            Self::TicketSold { .. } => "Choose another ticket.",
            Self::TicketChanged { .. } => "Look at the ticket again and decide with its present price.",
            Self::TicketWasHeld { .. } => {
                "Leave it listed; only a ticket that was never ordered can be deleted."
            }
            Self::PassNotGenuine => "Scan the code of the pass itself; nobody is let in with this one.",
            Self::TicketNotIssued { .. } => "Let the buyer pay first.",
            Self::TicketGivenBack { .. } => {
                "Let nobody in with it; its buyer has the money back, or gets it."
            }
            Self::TicketAlreadyAdmitted { .. } => {
                "Let nobody else in with it, unless you know whom you let in before."
            }
            Self::OutOfStock { .. } => "Order as many as there are, or try again later.",
            Self::ProductUnavailable { .. } => "Choose another product.",
            Self::InventoryAlreadySet { .. } => "Adjust it instead.",
            Self::InventoryNotSet { .. } => "Set it first.",
            Self::NotEnoughAvailable { .. } => {
                "Take out as many as are free, or wait until holds have ended."
            }
            Self::ProductChanged { .. } => "Look at the product again and decide with its present state.",
            Self::PriceAboveLimit { .. } => {
                "Raise maxPriceMinor of the watch (PUT /api/devices/{id}/watches), or wait until it costs less."
            }
            Self::MacAddressTaken { .. } => "Check the address; each device has one of its own.",
            Self::DeviceChanged { .. } => "Look at the device again and decide with what it watches now.",
            Self::TooManyDevices { .. } => "Use one of those you have.",
            Self::ProductNotWatched { .. } => "Let the device watch it first: PUT /api/devices/{id}/watches.",
            Self::NoPaymentMethod => "Store one: PUT /api/payment-method.",
            Self::TooManyHolds { .. } => "Pay or cancel one of your orders first.",
            Self::OrderAlreadyExists { .. } => "Read that order.",
            Self::HoldExpired { .. } | Self::OrderEnded { .. } => "Order again if it is still to be had.",
            Self::HoldStillAlive { .. } | Self::DeliveryNotDue { .. } => "Wait until its time is over.",
            Self::OrderStillGathering { .. } => "Wait until it is held; read the order with ?wait=20.",
            Self::MarketExhausted { .. } => "Ask for less, or later.",
            Self::OrderBeingPaid { .. } => "Wait for the outcome; read the order with ?wait=20.",
            Self::OrderAlreadyPaid { .. } => "Nothing is left to pay.",
            Self::OrderNotPaid { .. } => "Pay it first.",
            Self::OrderIsStuck { .. } => "Nothing is lost; whoever runs this shop has been told.",
            Self::PaymentDeclined { .. } => "Try another card while the lock lives.",
            Self::PaymentWillBeRetried { .. } => "Wait for the next try, or give another card.",
            Self::NotRefundable { .. } => "Read the order; what was given back stands there.",
            Self::RefundFailed { .. } => "Whoever runs this shop has been told and finds another way.",
            Self::SourceBusy { .. } => "Wait; it is asked again by itself.",
            Self::SourceDown { .. } => "Start the import again later, from where it stopped.",
            Self::SourceUnusable { .. } => "Look at what the address answers, and give another one.",
            Self::PaymentAttemptsExhausted { .. } => "Order again with another card.",
        }
    }
}
