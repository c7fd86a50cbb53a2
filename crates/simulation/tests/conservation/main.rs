//! Conservation over random histories: whatever legal things happen, it is green, even while they happen; and of
//! whatever is changed behind the ports' back it names exactly that.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod damage;
mod history;

use damage::Damage;
use domain::conservation::{Difference, Report, Rule, Sources, check};
use domain::inventory::ShardMovement;
use domain::ledger::{Ledger, MovementKind, Place, Posting};
use domain::ports::{AllRows, Answer, Holder, Ledgers};
use domain::product::Product;
use domain::supply::{Supply, SupplyStatus};
use domain::{Cursor, Fault, MoneyKind, MoneyMovement, Order, Page, Status, Ticket, Timestamp, UserId};
use history::{History, at_once};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a run finds now; nothing is waited for, because nothing in memory takes time.
fn report(history: &History) -> Report {
    at_once(check(&history.sources(), 60)).expect("everything can be read")
}

/// Lets something happen with every call.
struct Busy {
    history: Arc<History>,
    left: Mutex<Vec<(u8, u8)>>,
}

impl Busy {
    fn goes_on(&self) {
        let step = self.left.lock().unwrap().pop();
        if let Some(step) = step {
            self.history.step(step);
        }
    }
}

macro_rules! goes_on {
    ($($name:ident: $row:ty),*) => {
        $(fn $name(&self, after: Option<Cursor>) -> Answer<'_, Page<$row>> {
            self.goes_on();
            self.history.rows.$name(after)
        })*
    };
}

impl AllRows for Busy {
    goes_on!(orders: Order, tickets: Ticket, supplies: Supply, holders: Holder, products: Product);

    fn holder<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, Holder> {
        self.goes_on();
        self.history.rows.holder(user_id)
    }
}

impl Ledgers for Busy {
    fn head(&self, place: Place) -> Answer<'_, Ledger> {
        self.goes_on();
        self.history.ledgers.head(place)
    }

    fn postings_after(&self, place: Place, after: u64, limit: u16) -> Answer<'_, Vec<Posting>> {
        self.goes_on();
        self.history.ledgers.postings_after(place, after, limit)
    }

    fn stock_up<'a>(
        &'a self,
        place: Place,
        stock: &'a [(domain::ledger::Ingredient, u32)],
        cause: &'a str,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        self.history.ledgers.stock_up(place, stock, cause, now)
    }
}

fn steps(most: usize) -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0..history::KINDS, any::<u8>()), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_is_green(steps in steps(120)) {
        let history = History::of(&steps);
        let report = report(&history);
        prop_assert!(report.is_green, "{:#?}", report.differences);
        prop_assert_eq!(report.unsettled, 0);
        prop_assert!(report.checks.iter().all(domain::conservation::Check::is_green));
    }

    #[test]
    fn it_is_green_while_things_happen(before in steps(80), meanwhile in steps(60)) {
        let history = Arc::new(History::of(&before));
        let busy = Arc::new(Busy { history: Arc::clone(&history), left: Mutex::new(meanwhile) });
        let sources = Sources { rows: busy.clone(), ledgers: busy, ..history.sources() };
        let found = at_once(check(&sources, 60)).expect("everything can be read");
        prop_assert!(found.differences.is_empty(), "{:#?}", found.differences);
        prop_assert!(found.is_green);
        // And afterwards, when all is quiet.
        prop_assert!(report(&history).is_green);
    }

    #[test]
    fn every_single_damage_is_found_and_named(steps in steps(120), kind in 0..Damage::KINDS, luck: u8) {
        let history = History::of(&steps);
        let Some(damage) = Damage::do_to(&history, kind, luck) else { return Ok(()) };
        let report = report(&history);
        prop_assert!(!report.is_green, "{damage:?} was not found");
        prop_assert!(!report.differences.is_empty());
        for difference in &report.differences {
            prop_assert!(damage.explains(difference), "{damage:?} does not explain {difference:#?}");
        }
        for wanted in damage.named() {
            prop_assert!(
                report.differences.iter().any(wanted),
                "{damage:?} is not named by {:#?}", report.differences
            );
        }
    }
}

#[test]
fn money_that_a_bank_returned_and_nobody_gave_back_since_is_red() {
    let mut owing = 0;
    let mut seed = 7_u32;
    let mut draw = |most: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from((seed >> 16) % most).unwrap()
    };
    for _ in 0..300 {
        let steps: Vec<(u8, u8)> = (0..120)
            .map(|_| (draw(u32::from(history::KINDS)), draw(256)))
            .collect();
        let history = History::of(&steps);
        let Some((order_id, owed_minor)) = history.bank_returns_everything() else {
            continue;
        };
        owing += 1;
        let report = report(&history);
        let names_it = |difference: &Difference| {
            difference.rule == Rule::MoneyIsKeptOrRefunded && difference.cause == order_id.as_str()
        };
        let named: Vec<&Difference> = report
            .differences
            .iter()
            .filter(|difference| names_it(difference))
            .collect();
        assert!(!report.is_green && named.len() == 1, "{:#?}", report.differences);
        assert_eq!(named[0].difference, Some(-owed_minor), "{named:#?}");
    }
    assert!(owing >= 5, "only {owing} histories had money to return");
}

#[test]
fn what_cannot_be_read_in_time_is_no_report() {
    let history = History::of(&[(0, 1), (1, 1)]);
    let late = at_once(check(&history.sources(), 0));
    assert!(matches!(late, Err(Fault::Transient(_))), "{late:?}");
}

/// The properties above say little if most histories have nothing to damage, or nothing ever completes.
#[test]
fn histories_reach_what_can_be_damaged() {
    let mut done = [0_u32; Damage::KINDS as usize];
    let mut reached: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..400_u32 {
        let mut state = seed.wrapping_mul(2_654_435_761).max(1);
        let mut draw = |below: u32| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            u8::try_from(state % below).unwrap_or_default()
        };
        let steps: Vec<(u8, u8)> = (0..160)
            .map(|_| (draw(u32::from(history::KINDS)), draw(256)))
            .collect();
        let history = History::of(&steps);
        {
            let tables = history.tables.lock().unwrap();
            let mut count = |what, count| *reached.entry(what).or_default() += count;
            for order in tables.orders.values() {
                let kind = match order.status {
                    Status::Completed if !order.needs.is_empty() => "dishes served",
                    Status::Completed if order.takes().next().is_some() => "products sold",
                    Status::Completed => "tickets sold",
                    Status::Refunded => "refunded",
                    _ => "other",
                };
                count(kind, 1);
                count("held again", usize::from(order.hold.version > 1));
                count("refunds", order.refunds.len());
            }
            let returned = |row: &&MoneyMovement| row.kind == MoneyKind::RefundReturned;
            count(
                "returned by the bank",
                tables.money.values().filter(returned).count(),
            );
            let gave_up = |supply: &&Supply| supply.status == SupplyStatus::Unavailable;
            count("gave up", tables.supplies.values().filter(gave_up).count());
            let moves = tables.shelves.values().flat_map(|shelf| &shelf.movements);
            let levelled = |movement: &&ShardMovement| movement.kind == MovementKind::MovedIn;
            count("levelled", moves.filter(levelled).count());
        }
        let kind = u8::try_from(seed % u32::from(Damage::KINDS)).unwrap();
        done[usize::from(kind)] += u32::from(Damage::do_to(&history, kind, draw(256)).is_some());
    }
    // Twenty histories of each kind.
    assert!(done.iter().all(|count| *count >= 10), "{done:?}");
    for what in [
        "dishes served",
        "products sold",
        "tickets sold",
        "refunded",
        "held again",
        "refunds",
        "returned by the bank",
        "gave up",
        "levelled",
    ] {
        let count = reached.get(what).copied().unwrap_or_default();
        assert!(count >= 10, "{what}: {reached:?}");
    }
}
