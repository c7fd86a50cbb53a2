//! Each check must hold of a right run, and fail of the one lie it is there for.

use super::*;
use crate::simulate::board::Line;
use crate::simulate::plan::Habit;

/// A ticket that was paid for and is its buyer's.
fn sold(order_id: &str, ticket: &str) -> Ended {
    let line = Line {
        thing: ticket.to_owned(),
        quantity: 1,
        price_minor: 500,
    };
    Ended {
        placed: Placed {
            order_id: order_id.to_owned(),
            person: 0,
            kind: Kind::Tickets,
            habit: Habit::Pays,
            status: "completed".to_owned(),
            lines: vec![line],
            total_minor: 500,
            told_placed: true,
            gave_good_card: true,
            told_paid: true,
            told_cancelled: false,
            asked_back: false,
            by_device: false,
            device_id: String::new(),
        },
        status: Some("completed".to_owned()),
        total_minor: 500,
        payments: vec![money(500)],
        refunds: Vec::new(),
    }
}

fn money(amount_minor: u64) -> Money {
    Money {
        status: "succeeded".to_owned(),
        amount_minor,
    }
}

/// An order that nobody paid.
fn unpaid(status: &str) -> Ended {
    let mut order = sold("ord_left", "tkt_left");
    order.placed.gave_good_card = false;
    order.placed.told_paid = false;
    order.placed.told_cancelled = status == "cancelled";
    order.payments.clear();
    order.status = Some(status.to_owned());
    order
}

/// Two of a product of five were bought by `status`.
fn product(status: &str, on_hand: u64, held: u64) -> Evidence {
    let mut order = sold("ord_lamp", "prd_lamp");
    order.placed.kind = Kind::Products;
    order.placed.lines.iter_mut().for_each(|line| line.quantity = 2);
    order.status = Some(status.to_owned());
    let mut evidence = right(vec![order]);
    evidence.products.push(Count {
        of: "prd_lamp".to_owned(),
        first: 5,
        found: Some(on_hand),
        held,
    });
    evidence
}

fn right(orders: Vec<Ended>) -> Evidence {
    Evidence {
        orders,
        unknown_orders: Vec::new(),
        products: Vec::new(),
        devices: Vec::new(),
        conservation: Conservation::Asked {
            before: Vec::new(),
            after: Vec::new(),
            orders: 1,
        },
        wrongs: Vec::new(),
        requests: 1,
    }
}

/// The complaints of all checks.
fn complaints(evidence: &Evidence) -> Vec<String> {
    all(evidence).into_iter().flat_map(|check| check.wrong).collect()
}

#[track_caller]
fn only_complaint(evidence: &Evidence, about: &str) {
    let complaints = complaints(evidence);
    assert!(
        matches!(complaints.as_slice(), [one] if one.contains(about)),
        "{complaints:?}"
    );
}

fn changed(change: impl FnOnce(&mut Ended)) -> Evidence {
    let mut order = sold("ord_1", "tkt_1");
    change(&mut order);
    right(vec![order])
}

#[test]
fn of_a_right_run_nothing_is_said() {
    let orders = ["expired", "cancelled", "payment_failed"].map(unpaid);
    let mut all: Vec<Ended> = orders.into();
    all.push(sold("ord_1", "tkt_1"));
    all.push(sold("ord_2", "tkt_2"));
    assert_eq!(complaints(&right(all)), [""; 0]);
    assert_eq!(complaints(&product("completed", 3, 0)), [""; 0]);
}

#[test]
fn a_ticket_sold_twice_is_found() {
    only_complaint(
        &right(vec![sold("ord_1", "tkt_1"), sold("ord_2", "tkt_1")]),
        "tkt_1 was sold to ord_1 and to ord_2",
    );
}

#[test]
fn an_order_that_is_gone_is_found() {
    only_complaint(&changed(|order| order.status = None), "does not know it");
}

#[test]
fn an_order_that_does_not_end_is_found() {
    only_complaint(
        &changed(|order| order.status = Some("paid".to_owned())),
        "still paid",
    );
    only_complaint(
        &changed(|order| order.status = Some("stuck".to_owned())),
        "still stuck",
    );
}

#[test]
fn an_order_that_nobody_asked_for_is_found() {
    let mut evidence = right(vec![sold("ord_1", "tkt_1")]);
    evidence.unknown_orders.push("ord_9".to_owned());
    only_complaint(&evidence, "ord_9");
}

#[test]
fn a_hold_may_be_undone_only_before_its_buyer_was_told_of_it() {
    let told = unpaid("unavailable");
    only_complaint(&right(vec![told.clone()]), "only what has to be gathered");
    let mut unheard = told;
    unheard.placed.told_placed = false;
    assert!(ends_fit(&right(vec![unheard])).holds());
}

#[test]
fn an_end_that_does_not_fit_is_found() {
    for (why, change) in [
        (
            "told that it is cancelled",
            (|order| {
                order.placed.told_paid = false;
                order.placed.told_cancelled = true;
            }) as fn(&mut Ended),
        ),
        ("no card was given", |order| {
            order.placed.told_paid = false;
            order.placed.gave_good_card = false;
        }),
        ("told that it is paid", |order| {
            order.status = Some("expired".to_owned());
            order.refunds.push(money(500));
        }),
        ("nobody asked for the money back", |order| {
            order.status = Some("refunded".to_owned());
            order.refunds.push(money(500));
        }),
    ] {
        only_complaint(&changed(change), why);
    }
    let mut cancelled = unpaid("cancelled");
    cancelled.placed.told_cancelled = false;
    only_complaint(&right(vec![cancelled]), "nobody was told");
    only_complaint(&right(vec![unpaid("unavailable")]), "has to be gathered");
}

#[test]
fn money_that_does_not_add_up_is_found() {
    only_complaint(
        &changed(|order| order.payments.push(money(500))),
        "charged 2 times",
    );
    only_complaint(&changed(|order| order.payments.clear()), "0 charges");
    only_complaint(&changed(|order| order.total_minor = 400), "1 charges of 500");
    only_complaint(
        &changed(|order| order.refunds.push(money(100))),
        "100 of it went back",
    );
    let mut kept = unpaid("expired");
    kept.payments.push(money(500));
    only_complaint(&right(vec![kept.clone()]), "500 was charged, and 0 went back");
    kept.refunds.push(money(500));
    assert_eq!(complaints(&right(vec![kept])), [""; 0]);
}

#[test]
fn money_that_was_asked_back_must_be_back() {
    let back = |amount_minor| {
        changed(|order| {
            order.placed.asked_back = true;
            order.status = Some("refunded".to_owned());
            order.refunds.push(money(amount_minor));
        })
    };
    assert_eq!(complaints(&back(500)), [""; 0]);
    only_complaint(&back(400), "400 went back");
}

#[test]
fn a_product_of_which_too_many_or_too_few_are_gone_is_found() {
    only_complaint(&product("completed", 4, 0), "there are 4, but 2 were sold");
    only_complaint(&product("completed", 1, 0), "there are 1, but 2 were sold");
    only_complaint(&product("completed", 3, 2), "2 are held");
    let mut unreadable = product("completed", 3, 0);
    unreadable
        .products
        .iter_mut()
        .for_each(|product| product.found = None);
    only_complaint(&unreadable, "cannot be read");
    // Money that went back brings no lamp back.
    let mut refunded = product("refunded", 3, 0);
    refunded.orders.iter_mut().for_each(|order| {
        order.placed.asked_back = true;
        order.refunds.push(money(500));
    });
    assert_eq!(complaints(&refunded), [""; 0]);
}

#[test]
fn a_device_that_was_filled_twice_is_found() {
    let with = |found| {
        let mut evidence = product("completed", 3, 0);
        evidence
            .orders
            .iter_mut()
            .for_each(|order| "dev_1".clone_into(&mut order.placed.device_id));
        evidence.devices.push(Count {
            of: "dev_1".to_owned(),
            first: 0,
            found,
            held: 0,
        });
        evidence
    };
    assert_eq!(complaints(&with(Some(2))), [""; 0]);
    only_complaint(&with(Some(4)), "2 were delivered, Some(4)");
    only_complaint(&with(None), "2 were delivered, None");
}

#[test]
fn a_red_count_is_found_unless_it_was_red_before() {
    let with = |before: &[&str], after: &[&str]| {
        let mut evidence = right(vec![sold("ord_1", "tkt_1")]);
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        evidence.conservation = Conservation::Asked {
            before: words(before),
            after: words(after),
            orders: 1,
        };
        evidence
    };
    only_complaint(&with(&[], &["held_is_sum kitchen"]), "held_is_sum");
    only_complaint(&with(&["old"], &["old", "new"]), "new");
    assert_eq!(complaints(&with(&["old"], &["old"])), [""; 0]);
}

#[test]
fn a_count_that_could_not_be_made_is_told_and_not_taken_for_green() {
    let mut evidence = right(vec![sold("ord_1", "tkt_1")]);
    evidence.conservation = Conservation::NotAsked("nobody is an operator".to_owned());
    let checks = all(&evidence);
    let not_made: Vec<_> = checks
        .iter()
        .filter_map(|check| check.not_made.as_deref())
        .collect();
    assert_eq!(not_made, ["nobody is an operator"]);
}
