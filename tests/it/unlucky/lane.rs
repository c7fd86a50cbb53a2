//! One buyer, who makes up and changes their mind about one order after the other.

use super::shelf::{Shelf, Wanted};
use crate::engine::{Answer, Person};
use serde_json::{Value, json};
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest wait for one order's end: five attempts with their silences and pauses, on a loaded machine.
const END_MAX: Duration = Duration::from_secs(300);
/// Requests for one order until it is held: each is refused only because a rival, or the stock, was faster.
const TRIES_MAX: usize = 20;
/// Tries of one request that the shop answers with being busy: each is safe to repeat, under the key of the first.
const BUSY_MAX: usize = 10;
/// Before a busy shop is asked again.
const BUSY_PAUSE: Duration = Duration::from_secs(1);
/// What an order ends in.
const ENDS: [&str; 6] = [
    "completed",
    "cancelled",
    "payment_failed",
    "refunded",
    "expired",
    "unavailable",
];

/// An order that was accepted.
#[derive(Clone, Debug)]
pub struct Placed {
    pub buyer: Person,
    pub order_id: String,
    pub wanted: Wanted,
}

/// What all lanes note together.
#[derive(Default)]
pub struct Log {
    next: AtomicUsize,
    lost_races: AtomicUsize,
    sold_out: AtomicUsize,
    silent_cancels: AtomicUsize,
    busy: AtomicUsize,
    keys: AtomicUsize,
    placed: Mutex<Vec<Placed>>,
    unexpected: Mutex<Vec<String>>,
}

impl Log {
    /// The number of the next order, until there are enough.
    pub fn next_number(&self, orders: usize) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < orders).then_some(number)
    }

    pub fn placed(&self) -> Vec<Placed> {
        self.placed.lock().expect("no lane panicked with it").clone()
    }

    /// Answers of 500 and above that nothing explains.
    pub fn unexpected(&self) -> Vec<String> {
        self.unexpected.lock().expect("no lane panicked with it").clone()
    }

    pub fn summary(&self) -> impl Display {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        format!(
            "{} races lost, {} times sold out, {} times a cancel met a silent provider, {} times the shop was busy",
            count(&self.lost_races),
            count(&self.sold_out),
            count(&self.silent_cancels),
            count(&self.busy)
        )
    }

    /// An idempotency key of one request and its repetitions.
    fn new_key(&self) -> String {
        format!("unlucky-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    fn note(&self, counter: &AtomicUsize) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn place(&self, placed: Placed) {
        self.placed.lock().expect("no lane panicked with it").push(placed);
    }
}

/// What a buyer does with an order, besides paying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mind {
    Pays,
    GivesTheCardAlong,
    CancelsAtOnce,
    CancelsWhilePaying,
    IsDeclinedAndPays,
    IsDeclinedAndLeaves,
    GivesAnotherCard,
    WantsMoneyBack,
    WantsMoneyBackTwice,
}

impl Mind {
    const fn of(number: usize) -> Self {
        match number % 20 {
            0 => Self::CancelsAtOnce,
            1 | 2 => Self::CancelsWhilePaying,
            3 | 4 => Self::GivesAnotherCard,
            5 => Self::IsDeclinedAndPays,
            6 => Self::IsDeclinedAndLeaves,
            7..=9 => Self::WantsMoneyBack,
            10 => Self::WantsMoneyBackTwice,
            11 | 12 => Self::GivesTheCardAlong,
            _ => Self::Pays,
        }
    }
}

/// One buyer with one order after the other, and somebody who is after the same tickets.
pub struct Lane {
    pub buyer: Person,
    pub rival: Person,
    pub shelf: Arc<Shelf>,
    pub log: Arc<Log>,
}

impl Lane {
    /// One order from the first click to its end.
    pub async fn order(&self, number: usize) {
        let mind = Mind::of(number);
        let (order_id, wanted) = self.place(number, mind).await;
        match mind {
            Mind::GivesTheCardAlong => {}
            Mind::CancelsAtOnce => {
                self.cancel(&order_id).await;
            }
            Mind::CancelsWhilePaying => {
                self.pay(&order_id, "tok_visa").await;
                for _ in 0..3 {
                    self.cancel(&order_id).await;
                }
            }
            Mind::IsDeclinedAndPays | Mind::IsDeclinedAndLeaves => {
                self.pay(&order_id, "tok_chargeDeclinedStolenCard").await;
                self.follow(&order_id, |order| order["status"] == "held").await;
                if mind == Mind::IsDeclinedAndLeaves {
                    self.cancel(&order_id).await;
                } else {
                    self.pay(&order_id, "tok_visa").await;
                }
            }
            Mind::GivesAnotherCard => {
                self.pay(&order_id, "tok_visa").await;
                self.follow(&order_id, |order| order["nextAttemptAt"].is_string())
                    .await;
                self.pay(&order_id, "tok_mastercard").await;
            }
            Mind::Pays | Mind::WantsMoneyBack | Mind::WantsMoneyBackTwice => {
                self.pay(&order_id, "tok_visa").await;
            }
        }
        let mut ended = self.follow(&order_id, |_| false).await;
        if ended["status"] == "completed" {
            match mind {
                Mind::WantsMoneyBack => self.refund(&order_id, &wanted, 1).await,
                Mind::WantsMoneyBackTwice => self.refund(&order_id, &wanted, 2).await,
                _ => {}
            }
            ended = self.follow(&order_id, |_| false).await;
        }
        if ended["status"] != "completed" {
            self.shelf.takes_back(&wanted);
        }
    }

    /// Holds something; one time in four a rival wants the same ticket at the same moment.
    async fn place(&self, number: usize, mind: Mind) -> (String, Wanted) {
        let mut wanted = self.shelf.choose(number);
        for turn in 0..TRIES_MAX {
            let mut body = self.shelf.order_for(&wanted);
            if mind == Mind::GivesTheCardAlong {
                body["payment"] = json!({ "token": "tok_visa" });
            }
            let is_raced = turn == 0 && number.is_multiple_of(4) && matches!(wanted, Wanted::Ticket { .. });
            let (answer, ()) = tokio::join!(self.post("/api/orders", &body), async {
                if is_raced {
                    self.race(&wanted).await;
                }
            });
            match (answer.status, answer.code()) {
                (201, _) => {
                    let order_id = answer.str("/id").to_owned();
                    self.log.place(Placed {
                        buyer: self.buyer.clone(),
                        order_id: order_id.clone(),
                        wanted: wanted.clone(),
                    });
                    // A dish may have to wait for what it is made of.
                    self.follow(&order_id, |order| order["status"] != "gathering")
                        .await;
                    return (order_id, wanted);
                }
                (409, "TicketAlreadyHeld") => self.log.note(&self.log.lost_races),
                (409, "OutOfStock") => {
                    self.log.note(&self.log.sold_out);
                    wanted = Wanted::Products([0, 1]);
                }
                _ => panic!("{}", answer.text),
            }
        }
        panic!("{TRIES_MAX} times somebody else was faster");
    }

    /// The rival, who gives up whatever they get.
    async fn race(&self, wanted: &Wanted) {
        let key = self.log.new_key();
        let body = self.shelf.order_for(wanted);
        let answer = self
            .patiently(|| self.rival.post_once("/api/orders", &key, &body))
            .await;
        if answer.status != 201 {
            answer.refused(409, "TicketAlreadyHeld");
            self.log.note(&self.log.lost_races);
            return;
        }
        let order_id = answer.str("/id").to_owned();
        self.log.place(Placed {
            buyer: self.rival.clone(),
            order_id: order_id.clone(),
            wanted: wanted.clone(),
        });
        let path = format!("/api/orders/{order_id}");
        self.patiently(|| self.rival.delete(&path)).await.expect(204);
    }

    /// Gives a card; an order that takes none any more, or not now, says so.
    async fn pay(&self, order_id: &str, card: &str) {
        let path = format!("/api/orders/{order_id}/payments");
        let answer = self.post(&path, &json!({ "token": card })).await;
        let is_in_order = match answer.status {
            201 => true,
            409 => ["OrderBeingPaid", "OrderAlreadyPaid", "OrderEnded"].contains(&answer.code()),
            // Noted already.
            status => status >= 500,
        };
        assert!(is_in_order, "{}", answer.text);
    }

    async fn cancel(&self, order_id: &str) {
        let path = format!("/api/orders/{order_id}");
        let answer = self.buyer.delete(&path).await;
        // While the provider keeps silent nothing may be released, and nobody knows better.
        if (answer.status, answer.code()) == (503, "PaymentOutcomeUnknown") {
            self.log.note(&self.log.silent_cancels);
            return;
        }
        let answer = self.noted(answer);
        let is_in_order = match answer.status {
            204 => true,
            409 => ["OrderBeingPaid", "OrderAlreadyPaid", "OrderEnded"].contains(&answer.code()),
            status => status >= 500,
        };
        assert!(is_in_order, "{}", answer.text);
    }

    /// Asks for money back, so many times at once: for one piece of a product, for all of a ticket. Nobody takes back
    /// a dish.
    async fn refund(&self, order_id: &str, wanted: &Wanted, times: usize) {
        let path = format!("/api/orders/{order_id}/refund");
        let what = match wanted {
            Wanted::Products(_) if times == 1 => json!({ "lines": [{ "line": 0, "quantity": 1 }] }),
            _ => json!({}),
        };
        let (one, other) = tokio::join!(self.post(&path, &what), async {
            match times {
                1 => None,
                _ => Some(self.post(&path, &what).await),
            }
        });
        let answers: Vec<Answer> = [Some(one), other].into_iter().flatten().collect();
        let accepted = answers.iter().filter(|answer| answer.status == 201).count();
        let expected = usize::from(!matches!(wanted, Wanted::Salads(_)));
        assert_eq!(accepted, expected, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert!(
                ["NotRefundable", "OrderEnded"].contains(&answer.code()) || answer.status >= 500,
                "{}",
                answer.text
            );
        }
        let deadline = Instant::now() + END_MAX;
        loop {
            let mut order = self.get(&format!("/api/orders/{order_id}/payments")).await;
            let refunds = order.body["refunds"].take();
            let is_open = |refund: &Value| {
                ["requested", "pending"].contains(&refund["status"].as_str().unwrap_or_default())
            };
            if !refunds.as_array().into_iter().flatten().any(is_open) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{order_id} was not refunded: {refunds}"
            );
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// The order once it has ended, or is as wanted.
    async fn follow(&self, order_id: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + END_MAX;
        let mut wait = 0;
        loop {
            let order = self.get(&format!("/api/orders/{order_id}?wait={wait}")).await;
            let status = order.body["status"].as_str().unwrap_or_default();
            if ENDS.contains(&status) || is_wanted(&order.body) {
                return order.body;
            }
            assert!(
                Instant::now() < deadline,
                "{order_id} came to no end in {} s: {}",
                END_MAX.as_secs(),
                order.text
            );
            // Long enough not to ask all the time, short enough to see a pause.
            wait = 2;
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.patiently(|| self.buyer.get(path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let key = self.log.new_key();
        self.patiently(|| self.buyer.post_once(path, &key, body)).await
    }

    /// Repeats a request while the shop says that it is busy, as that answer says one may.
    async fn patiently<F: Future<Output = Answer>>(&self, ask: impl Fn() -> F) -> Answer {
        for _ in 1..BUSY_MAX {
            let answer = ask().await;
            // Of a try whose answer was lost, the next one may find the claim.
            if !["Transient", "RequestInFlight"].contains(&answer.code()) {
                return self.noted(answer);
            }
            self.log.note(&self.log.busy);
            tokio::time::sleep(BUSY_PAUSE).await;
        }
        self.noted(ask().await)
    }

    /// Notes what should not have come.
    fn noted(&self, answer: Answer) -> Answer {
        if answer.status >= 500 {
            let said = format!("{}: {} {}", answer.asked, answer.status, answer.text);
            self.log
                .unexpected
                .lock()
                .expect("no lane panicked with it")
                .push(said);
        }
        answer
    }
}
