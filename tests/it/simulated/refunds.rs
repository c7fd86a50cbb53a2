//! Money that goes back: everything that can become of a refund, with every trouble, and what a refund may not do.

use super::money::{Trouble, place_until_answered, troubles};
use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::{RefundStatus, Status, TicketState};
use serde_json::json;
use simulation::provider::Refunding;
use simulation::{Ask, FaultPlan, Setup, Webhooks, World};
use states::chance::Chance;
use std::collections::BTreeSet;

/// A ticket is bought, and given back an hour later.
fn evening(refunding: Refunding, trouble: Trouble) -> World {
    let mut world = world(Setup::calm(1));
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    let order_id = order_of(&buyer, KEY);
    held(world.ask(&buyer, Ask::place(&[ticket], Some("tok_visa"), Some(KEY))));
    held(world.run_for_s(3_600));
    world.ledger().lock().unwrap().refund_script.push_back(refunding);
    trouble.strike(&mut world);
    let refund = Ask::refund(&order_id, &[], Some("money-back"));
    place_until_answered(&mut world, &buyer, &refund);
    held(world.run_for_s(700));
    held(world.come_to_rest(REST_S));
    world
}

/// Each outcome of a refund with each trouble: the money is back once and the ticket free, or the bank does not take it,
/// the record says so and the ticket stays sold.
#[test]
fn every_outcome_of_a_refund_bears_every_trouble() {
    let mut ran = 0;
    let mut seen = BTreeSet::new();
    for (name, refunding) in Refunding::all() {
        let quiet = evening(refunding, Trouble::None);
        for trouble in std::iter::once(Trouble::None).chain(troubles(&quiet)) {
            let world = evening(refunding, trouble.clone());
            let told = || format!("{name}, {trouble:?}\n{}", world.trace());
            let order = world.order(&order_of(&World::buyer(1), KEY)).unwrap();
            let ticket = world
                .tables()
                .lock()
                .unwrap()
                .tickets
                .values()
                .next()
                .unwrap()
                .state;
            let back = world.ledger().lock().unwrap().given_back_for(&order.order_id);
            assert_eq!(order.refunds.len(), 1, "{}", told());
            let expected = match order.refunds[0].status {
                RefundStatus::Succeeded => (Status::Refunded, 1_001, TicketState::Available),
                RefundStatus::Failed => (Status::Completed, 0, TicketState::Sold),
                open => panic!("{open:?}: {}", told()),
            };
            assert_eq!((order.status, back, ticket), expected, "{}", told());
            seen.insert(order.refunds[0].status.as_str());
            ran += 1;
        }
    }
    assert!(ran > 150, "{ran} runs");
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["failed", "succeeded"]);
}

/// A completed order cannot be cancelled; its money can be asked for, once, and with it the ticket goes back on sale.
/// Whatever is asked afterwards, the next buyer keeps the ticket.
#[test]
fn cancel_completed_refunds_or_refuses() {
    for seed in 0..60 {
        let mut chance = Chance::new(seed);
        let plan = FaultPlan {
            latency_ms_max: 1 + chance.up_to(30),
            ..FaultPlan::calm()
        };
        let mut world = world(Setup::with(seed, plan));
        let ticket = world.list_ticket(1);
        let (ana, bob) = (World::buyer(1), World::buyer(2));
        let (first, second) = (order_of(&ana, KEY), order_of(&bob, KEY));
        let place = || Ask::place(std::slice::from_ref(&ticket), Some("tok_visa"), Some(KEY));
        held(world.ask(&ana, place()));
        held(world.run_for_s(60));
        let cancelled = held(world.ask(&ana, Ask::cancel(&first)));
        assert_eq!(
            (cancelled.status, cancelled.body["code"].as_str()),
            (409, Some("OrderAlreadyPaid")),
            "seed {seed}\n{}",
            world.trace()
        );
        assert_eq!(world.ticket(&ticket).unwrap().state, TicketState::Sold);
        // The buyer asks for everything, for the one line, and cancels, all within the time that a call takes.
        let now_ms = world.now_ms();
        let mut asked = Vec::new();
        for ask in [
            Ask::refund(&first, &[], Some("all")),
            Ask::refund(&first, &[(0, 1)], Some("the-line")),
            Ask::refund(&first, &[], Some("all")),
            Ask::cancel(&first),
        ] {
            asked.push(world.ask_at(now_ms + chance.up_to(40), &ana, ask));
        }
        held(world.run_for_s(120));
        let granted = asked.iter().filter(|id| world.reply(**id).unwrap().status == 201);
        assert!(
            (1..=2).contains(&granted.count()),
            "seed {seed}\n{}",
            world.trace()
        );
        assert_eq!(status_of(&world, &first), Some(Status::Refunded), "seed {seed}");
        assert_eq!(world.ledger().lock().unwrap().given_back_for(&first), 1_001);
        held(world.ask(&bob, place()));
        held(world.run_for_s(60));
        for ask in [Ask::refund(&first, &[], Some("again")), Ask::cancel(&first)] {
            assert_eq!(
                held(world.ask(&ana, ask)).status,
                409,
                "seed {seed}\n{}",
                world.trace()
            );
        }
        held(world.come_to_rest(REST_S));
        assert_eq!(status_of(&world, &second), Some(Status::Completed), "seed {seed}");
        assert_eq!(world.ticket(&ticket).unwrap().hold.unwrap().order_id, second);
    }
}

/// A refund of one line of two is made and its answer lost; its execution dies, and the provider forgets its keys. Whoever
/// takes over, the reconciler or somebody who runs the step again, asks whether the refund is there, by order and number,
/// and makes no second one.
#[test]
fn a_refund_is_made_once_though_its_key_is_forgotten() {
    for by_hand in [true, false] {
        let mut world = world(Setup::calm(1));
        let tickets = [world.list_ticket(1), world.list_ticket(2)];
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        held(world.ask(&buyer, Ask::place(&tickets, Some("tok_visa"), Some(KEY))));
        held(world.run_for_s(60));
        let in_silence = Refunding::SilentAfter;
        world.ledger().lock().unwrap().refund_script.push_back(in_silence);
        held(world.ask(&buyer, Ask::refund(&order_id, &[(0, 1)], Some("the-first"))));
        world.abort_one_of_at(world.now_ms() + 1_000, "refund-order");
        held(world.run_for_s(10));
        world.ledger().lock().unwrap().forget_keys();
        if by_hand {
            let input = json!({ "order_id": order_id, "number": 1 });
            held(world.invoke("refund-payment", input));
        }
        held(world.run_for_s(1_000));
        held(world.come_to_rest(REST_S));
        let ledger = world.ledger().lock().unwrap();
        assert_eq!(
            (ledger.given_back_for(&order_id), ledger.refunds.len()),
            (1_001, 1),
            "by hand: {by_hand}\n{}",
            world.trace()
        );
        assert_eq!(status_of(&world, &order_id), Some(Status::Completed));
    }
}

/// A bank returns a refund that had succeeded, and the buyer asks again. The ticket went back on sale with the first refund
/// and was sold to somebody else: the second refund leaves them alone.
#[test]
fn a_refund_that_is_asked_for_again_leaves_the_next_buyer_alone() {
    let mut world = world(Setup::calm(1));
    world.weather(|plan| plan.webhooks = Webhooks::PLAIN);
    let ticket = world.list_ticket(1);
    let (ana, bob) = (World::buyer(1), World::buyer(2));
    let (first, second) = (order_of(&ana, KEY), order_of(&bob, KEY));
    let other = world.list_ticket(2);
    let place = Ask::place(&[ticket.clone(), other], Some("tok_visa"), Some(KEY));
    held(world.ask(&ana, place));
    held(world.run_for_s(60));
    let returned = Refunding::Returned(100_000);
    world.ledger().lock().unwrap().refund_script.push_back(returned);
    // Of two tickets, so that the order stays completed.
    held(world.ask(&ana, Ask::refund(&first, &[(0, 1)], Some("the-first"))));
    held(world.run_for_s(30));
    let place = Ask::place(std::slice::from_ref(&ticket), Some("tok_visa"), Some(KEY));
    held(world.ask(&bob, place));
    held(world.run_for_s(300));
    let again = held(world.ask(&ana, Ask::refund(&first, &[(0, 1)], Some("again"))));
    assert_eq!(again.status, 201, "{}", world.trace());
    held(world.run_for_s(600));
    held(world.come_to_rest(REST_S));
    let statuses: Vec<RefundStatus> = world
        .order(&first)
        .unwrap()
        .refunds
        .iter()
        .map(|refund| refund.status)
        .collect();
    assert_eq!(
        statuses,
        [RefundStatus::Failed, RefundStatus::Succeeded],
        "{}",
        world.trace()
    );
    assert_eq!(status_of(&world, &second), Some(Status::Completed));
    let sold = world.ticket(&ticket).unwrap();
    assert_eq!(
        (sold.state, sold.hold.unwrap().order_id),
        (TicketState::Sold, second)
    );
}

/// A bank returns a refund that had succeeded: the provider tells, the order's money is kept again and the record says
/// that a person has to find another way. The ticket may be somebody else's by then.
#[test]
fn a_refund_that_the_bank_returns_is_told_and_kept() {
    let mut world = world(Setup::calm(1));
    world.weather(|plan| plan.webhooks = Webhooks::PLAIN);
    let ticket = world.list_ticket(1);
    let (ana, bob) = (World::buyer(1), World::buyer(2));
    let (first, second) = (order_of(&ana, KEY), order_of(&bob, KEY));
    let place = || Ask::place(std::slice::from_ref(&ticket), Some("tok_visa"), Some(KEY));
    held(world.ask(&ana, place()));
    held(world.run_for_s(60));
    let returned = Refunding::Returned(200_000);
    world.ledger().lock().unwrap().refund_script.push_back(returned);
    held(world.ask(&ana, Ask::refund(&first, &[], Some("all"))));
    held(world.run_for_s(60));
    held(world.ask(&bob, place()));
    held(world.run_for_s(600));
    held(world.come_to_rest(REST_S));
    let order = world.order(&first).unwrap();
    assert_eq!(order.refunds[0].status, RefundStatus::Failed, "{}", world.trace());
    assert_eq!(order.kept_minor(), 1_001);
    assert!(
        world.trace().to_string().contains("RefundImpossible"),
        "{}",
        world.trace()
    );
    assert_eq!(status_of(&world, &second), Some(Status::Completed));
}
