//! What a buyer can do to an order, and what the shop may say to it. Whatever it may not say is noted as wrong.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;

use super::board::{Board, Line, Placed};
use super::client::{Answer, Call, Client};
use super::devices::Devices;
use super::people::{People, Person};
use super::plan::{Habit, Kind};
use super::things::{Things, Wish};

/// A card that is charged.
pub const GOOD_CARD: &str = "tok_visa";
/// A card that is charged, whose bank's answer is lost.
pub const LOST_ANSWER_CARD: &str = "tok_timeout_after";
/// How long a page waits for a payment to come out before it looks by itself.
const WAIT_S: u32 = 10;

/// Ways in which the shop may refuse an order: somebody was faster, or has as many as one may have.
const ORDER_REFUSALS: [&str; 8] = [
    "TicketAlreadyHeld",
    "TicketHeldByYou",
    "TicketSold",
    "TicketChanged",
    "OutOfStock",
    "ProductUnavailable",
    "ProductChanged",
    "TooManyHolds",
];
/// Ways in which it may refuse a payment or a cancellation: the order is not where its buyer believes it to be.
const PAYMENT_REFUSALS: [&str; 7] = [
    "OrderBeingPaid",
    "OrderAlreadyPaid",
    "OrderEnded",
    "HoldExpired",
    "OrderStillGathering",
    "OrderIsStuck",
    "PaymentAttemptsExhausted",
];

/// Whether nothing more happens to an order by itself.
#[must_use]
pub fn is_end(status: &str) -> bool {
    matches!(
        status,
        "completed" | "expired" | "cancelled" | "payment_failed" | "refunded" | "unavailable"
    )
}

/// Everything that buyers share.
#[derive(Debug)]
pub struct World {
    /// The way to the shop.
    pub client: Client,
    /// Who buys.
    pub people: People,
    /// What can be bought.
    pub things: Things,
    /// Devices of some of them; none where the shop has no devices.
    pub devices: Option<Devices>,
    /// Turns true when no more orders are begun.
    pub closing: watch::Receiver<bool>,
}

/// An order somebody wants to place.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Who.
    pub person: &'a Person,
    /// By what this order is told from others of the run.
    pub name: &'a str,
    /// What it is for.
    pub kind: Kind,
    /// What sort of buyer.
    pub habit: Habit,
    /// What exactly.
    pub wish: &'a Wish,
    /// Pay along with this card; empty: do not.
    pub card: &'a str,
    /// For this device; empty: for none.
    pub device_id: &'a str,
}

/// What came of an attempt to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// Charged.
    Charged,
    /// Under way.
    UnderWay,
    /// The card was declined.
    Declined,
    /// The order is not to be paid, or not now.
    Refused,
    /// Nobody knows.
    Unknown,
}

impl World {
    /// What is known so far.
    #[must_use]
    pub fn board(&self) -> &Board {
        self.client.board()
    }

    /// Places an order, once or, with `times` 2, by two requests at the same moment under one key. Its id when it was
    /// placed.
    pub async fn place(&self, wanted: &Wanted<'_>, times: usize) -> Option<String> {
        let mut body = json!({ "lines": wanted.wish.body });
        let mut path = "/api/orders".to_owned();
        if !wanted.card.is_empty() {
            body["payment"] = json!({ "token": wanted.card });
            path = format!("{path}?wait={WAIT_S}");
        }
        if !wanted.device_id.is_empty() {
            body["deviceId"] = json!(wanted.device_id);
        }
        let call = Call::post("place an order", path, body)
            .by(&wanted.person.token)
            .once(format!("{}-{}", self.client.run(), wanted.name));
        if times == 1 {
            return self.placed(wanted, &self.client.insist(&call).await.ok()?);
        }
        let (one, other) = tokio::join!(self.client.insist(&call), self.client.insist(&call));
        let [one, other] =
            [one, other].map(|answer| answer.ok().and_then(|answer| self.placed(wanted, &answer)));
        if let (Some(one), Some(other)) = (&one, &other)
            && one != other
        {
            self.board().wrong(
                format!("one request, sent twice under one key, made two orders: {one} and {other}"),
                "",
            );
        }
        one.or(other)
    }

    /// The order that this answer says was placed.
    fn placed(&self, wanted: &Wanted<'_>, answer: &Answer) -> Option<String> {
        let board = self.board();
        let says_order = if answer.status < 400 { "/id" } else { "/orderId" };
        match (answer.status, answer.code()) {
            // Held, and perhaps paid; or held, and the card that came along was declined.
            (201, _) | (402, "PaymentDeclined" | "PaymentAttemptsExhausted")
                if !answer.text(says_order).is_empty() =>
            {
                self.keep(wanted, answer, answer.text(says_order));
                Some(answer.text(says_order).to_owned())
            }
            // The repeat of a request whose answer was lost: the order is there, and where it stands is told.
            (409, code) if PAYMENT_REFUSALS.contains(&code) && !answer.text(says_order).is_empty() => {
                board.refused(code);
                self.keep(wanted, answer, answer.text(says_order));
                Some(answer.text(says_order).to_owned())
            }
            // The buyer's own live order for the same tickets.
            (200, _) => {
                board.refused("(your own order, again)");
                None
            }
            (409, code) if ORDER_REFUSALS.contains(&code) => {
                board.refused(code);
                None
            }
            // Somebody has withdrawn a product since the catalogue was read.
            (404, code) if matches!(wanted.kind, Kind::Products | Kind::Devices) => {
                board.refused(code);
                None
            }
            _ => {
                let what = format!(
                    "an order was answered with what it cannot be: {}",
                    answer.in_words()
                );
                board.wrong(what, &answer.request_id);
                None
            }
        }
    }

    fn keep(&self, wanted: &Wanted<'_>, answer: &Answer, order_id: &str) {
        let charged = answer.text("/payment/status") == "succeeded";
        let status = answer.text("/status");
        let order = Placed {
            order_id: order_id.to_owned(),
            person: wanted.person.index,
            kind: wanted.kind,
            habit: wanted.habit,
            status: if answer.status < 400 { status } else { "held" }.to_owned(),
            lines: wanted.wish.lines.clone(),
            total_minor: answer.body["totalMinor"].as_u64().unwrap_or_default(),
            told_placed: answer.status != 409,
            gave_good_card: is_good(wanted.card),
            told_paid: charged,
            told_cancelled: false,
            asked_back: false,
            by_device: false,
            device_id: wanted.device_id.to_owned(),
        };
        let is_new = self.board().placed(order);
        if !is_new {
            self.board().note(order_id, |order| {
                order.told_paid |= charged;
                order.told_placed |= answer.status != 409;
            });
        }
        if answer.status == 201 {
            self.agrees(wanted, answer, order_id);
        }
    }

    /// An order must be for what was asked, and cost what it is the sum of.
    fn agrees(&self, wanted: &Wanted<'_>, answer: &Answer, order_id: &str) {
        let told = Line::all_of(&answer.body);
        let sum: u64 = told.iter().map(|line| line.quantity * line.price_minor).sum();
        if answer.body["totalMinor"].as_u64() != Some(sum) {
            let what = format!(
                "{order_id}: totalMinor is {}, its lines sum to {sum}",
                answer.body["totalMinor"]
            );
            self.board().wrong(what, &answer.request_id);
        }
        // A product's price may have moved since the catalogue was read; a ticket is ordered at the version seen.
        let has_price = wanted.kind == Kind::Tickets;
        if summed(&told, has_price) != summed(&wanted.wish.lines, has_price) {
            let what = format!(
                "{order_id}: asked for {:?}, was given {told:?}",
                wanted.wish.lines
            );
            self.board().wrong(what, &answer.request_id);
        }
    }

    /// Pays with a card; `waits`: until it has come out, for a while.
    pub async fn pay(&self, person: &Person, order_id: &str, card: &str, name: &str, waits: bool) -> Paid {
        let wait = if waits { WAIT_S } else { 0 };
        if is_good(card) {
            self.board().note(order_id, |order| order.gave_good_card = true);
        }
        let path = format!("/api/orders/{order_id}/payments?wait={wait}");
        let call = Call::post("pay", path, json!({ "token": card }))
            .by(&person.token)
            .once(format!("{}-{name}", self.client.run()));
        let Ok(answer) = self.client.insist(&call).await else {
            return Paid::Unknown;
        };
        match (answer.status, answer.code()) {
            (201, _) => {
                let charged = answer.text("/payment/status") == "succeeded";
                let status = answer.text("/order/status").to_owned();
                self.board().note(order_id, |order| {
                    order.told_paid |= charged;
                    order.status = status;
                });
                if charged { Paid::Charged } else { Paid::UnderWay }
            }
            (402, _) => {
                self.board().refused(answer.code());
                Paid::Declined
            }
            (409, code) if PAYMENT_REFUSALS.contains(&code) => {
                self.board().refused(code);
                Paid::Refused
            }
            _ => {
                let what = format!(
                    "{order_id}: a payment was answered with what it cannot be: {}",
                    answer.in_words()
                );
                self.board().wrong(what, &answer.request_id);
                Paid::Unknown
            }
        }
    }

    /// Gives an order up; whether the shop agreed.
    pub async fn cancel(&self, person: &Person, order_id: &str) -> bool {
        let call = Call::delete("cancel", format!("/api/orders/{order_id}")).by(&person.token);
        let Ok(answer) = self.client.insist(&call).await else {
            return false;
        };
        match (answer.status, answer.code()) {
            (204, _) => {
                self.board().note(order_id, |order| {
                    order.told_cancelled = true;
                    "cancelled".clone_into(&mut order.status);
                });
                true
            }
            (409, code) if PAYMENT_REFUSALS.contains(&code) => {
                self.board().refused(code);
                false
            }
            _ => {
                let what = format!(
                    "{order_id}: a cancellation was answered with what it cannot be: {}",
                    answer.in_words()
                );
                self.board().wrong(what, &answer.request_id);
                false
            }
        }
    }

    /// Wants the money back; whether the shop agreed.
    pub async fn want_back(&self, person: &Person, order_id: &str) -> bool {
        self.board().note(order_id, |order| order.asked_back = true);
        let call = Call::post(
            "want money back",
            format!("/api/orders/{order_id}/refund?wait={WAIT_S}"),
            json!({}),
        )
        .by(&person.token)
        .once(format!("{}-back-{order_id}", self.client.run()));
        let Ok(answer) = self.client.insist(&call).await else {
            return false;
        };
        if answer.status != 201 {
            let what = format!("{order_id}: money was refused back: {}", answer.in_words());
            self.board().wrong(what, &answer.request_id);
        }
        answer.status == 201
    }

    /// Reads an order, and notes where it stands. None when it could not be read; that a placed order does not exist is
    /// noted as wrong.
    pub async fn read(&self, person: &Person, order_id: &str) -> Option<Value> {
        let call = Call::get("read an order", format!("/api/orders/{order_id}")).by(&person.token);
        let answer = self.client.insist(&call).await.ok()?;
        if answer.status != 200 {
            let what = format!("{order_id} was placed and cannot be read: {}", answer.in_words());
            self.board().wrong(what, &answer.request_id);
            return None;
        }
        let status = answer.text("/status").to_owned();
        self.board().note(order_id, |order| order.status = status);
        Some(answer.body)
    }
}

fn is_good(card: &str) -> bool {
    card == GOOD_CARD || card == LOST_ANSWER_CARD
}

/// How many of each thing, and at what price if that matters.
fn summed(lines: &[Line], has_price: bool) -> std::collections::BTreeMap<(&str, u64), u64> {
    let mut sums = std::collections::BTreeMap::new();
    for line in lines {
        let price_minor = if has_price { line.price_minor } else { 0 };
        *sums.entry((line.thing.as_str(), price_minor)).or_default() += line.quantity;
    }
    sums
}

/// How long the hold of this order still lives, by the shop's own clock; none when its times cannot be read.
#[must_use]
pub fn hold_left(order: &Value) -> Option<Duration> {
    let moment = |pointer: &str| {
        let text = order.pointer(pointer)?.as_str()?;
        OffsetDateTime::parse(text, &Rfc3339).ok()
    };
    let left = moment("/hold/expiresAt")? - moment("/serverTime")?;
    Some(Duration::try_from(left).unwrap_or_default())
}

/// A world for everybody.
pub type Shared = Arc<World>;
