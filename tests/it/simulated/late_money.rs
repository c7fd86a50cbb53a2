//! Money that comes late, and money that never comes: hazards by their names.

use super::{KEY, REST_S, held, order_of, status_of, world};
use crate::paths::befalls;
use domain::{ProductId, RefundReason, Status, TicketId, TicketState};
use serde_json::json;
use simulation::definitions::{START_EXECUTION, machine_arn};
use simulation::provider::record::Asked;
use simulation::provider::{Charging, Effect};
use simulation::world::BEGIN_MS;
use simulation::{Ask, Mishap, PortFault, Setup, Verdict, Webhooks, World};
use states::execution::LambdaReply;

/// What an order is about.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Ticket,
    Products,
}

/// The first card's answer is lost and its money comes a hundred seconds after the deadline; the second card is declined.
/// With `told`, a webhook says so at once; otherwise the reconciler finds out.
fn paid_late(wanted: Wanted, told: bool) -> (World, Ask) {
    let mut world = world(Setup::calm(1));
    if told {
        world.weather(|plan| plan.webhooks = Webhooks::PLAIN);
    }
    world.ledger().lock().unwrap().script.extend([
        Charging::unheard(Effect::Charge, 1_000_000),
        Charging::plain(Effect::HardDecline),
    ]);
    let card = Some("tok_visa");
    let place = match wanted {
        Wanted::Ticket => Ask::place(&[world.list_ticket(1)], card, Some(KEY)),
        Wanted::Products => {
            let product = world.stock_product(1, 5, 2).unwrap();
            Ask::place_products(&[(product, 4)], card, Some(KEY))
        }
    };
    held(world.ask(&World::buyer(1), place.clone()));
    held(world.run_until(BEGIN_MS + 950_000));
    let first = order_of(&World::buyer(1), KEY);
    assert_eq!(
        status_of(&world, &first),
        Some(Status::Expired),
        "{}",
        world.trace()
    );
    (world, place)
}

/// Everything is still free: it is held again, and completed.
#[test]
fn paid_after_expiry_free() {
    for wanted in [Wanted::Ticket, Wanted::Products] {
        for told in [true, false] {
            let (mut world, _) = paid_late(wanted, told);
            held(world.run_for_s(1_000));
            held(world.come_to_rest(REST_S));
            let order = world.order(&order_of(&World::buyer(1), KEY)).unwrap();
            let at = || format!("{wanted:?}, told: {told}\n{}", world.trace());
            assert_eq!(order.status, Status::Completed, "{}", at());
            assert_eq!((order.hold.version, order.refunds.len()), (2, 0), "{}", at());
            let charges = world.ledger().lock().unwrap().taken_for(&order.order_id).1;
            assert_eq!(charges, 1, "{}", at());
        }
    }
}

/// Somebody else has it by now: they keep it, and the late buyer's money goes back.
#[test]
fn paid_after_expiry_taken() {
    for wanted in [Wanted::Ticket, Wanted::Products] {
        for told in [true, false] {
            let (mut world, place) = paid_late(wanted, told);
            let bob = World::buyer(2);
            assert_eq!(held(world.ask(&bob, place)).status, 201, "{}", world.trace());
            held(world.run_for_s(1_000));
            held(world.come_to_rest(REST_S));
            let at = || format!("{wanted:?}, told: {told}\n{}", world.trace());
            let first = world.order(&order_of(&World::buyer(1), KEY)).unwrap();
            assert_eq!(first.status, Status::Refunded, "{}", at());
            assert_eq!(first.refunds[0].reason, RefundReason::ArrivedTooLate, "{}", at());
            let total = first.total_minor.as_minor();
            let back = world.ledger().lock().unwrap().given_back_for(&first.order_id);
            assert_eq!(back, total, "{}", at());
            assert_eq!(
                status_of(&world, &order_of(&bob, KEY)),
                Some(Status::Completed),
                "{}",
                at()
            );
            match wanted {
                Wanted::Ticket => {
                    let ticket = world.ticket(&TicketId::from_random([1; 16])).unwrap();
                    assert_eq!(ticket.state, TicketState::Sold);
                }
                Wanted::Products => {
                    let stock = world.stock_of(&ProductId::from_random([1; 16]));
                    assert_eq!((stock.on_hand, stock.held), (1, 0));
                }
            }
        }
    }
}

/// Five soft declines, with pauses that double: `payment_failed`, everything free, and the log of attempts readable.
#[test]
fn five_failures_release() {
    for seed in 0..20 {
        let mut world = world(Setup::calm(seed));
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        let place = Ask::place(
            std::slice::from_ref(&ticket),
            Some("tok_insufficient_funds"),
            Some(KEY),
        );
        held(world.ask(&buyer, place));
        held(world.run_for_s(120));
        let order = world.order(&order_id).unwrap();
        assert_eq!(
            order.status,
            Status::PaymentFailed,
            "seed {seed}\n{}",
            world.trace()
        );
        assert_eq!(order.attempts.len(), 5);
        for (pair, shortest_ms) in order.attempts.windows(2).zip([1_000, 2_000, 4_000, 8_000]) {
            let pause_ms = pair[1].requested_at.as_ms() - pair[0].settled_at.unwrap().as_ms();
            assert!(
                (shortest_ms..=2 * shortest_ms + 1_000).contains(&pause_ms),
                "seed {seed}: {pause_ms} after attempt {}",
                pair[0].number
            );
        }
        for attempt in &order.attempts {
            assert_eq!(attempt.code.as_deref(), Some("insufficient_funds"));
            let said = format!("Payment attempt {} was declined", attempt.number);
            let mut events = order.events.iter();
            assert!(
                events.any(|event| event.what.contains(&said)),
                "{:?}",
                order.events
            );
        }
        assert_eq!(world.ticket(&ticket).unwrap().state, TicketState::Available);
        let next = Ask::place(&[ticket], Some("tok_visa"), Some(KEY));
        assert_eq!(held(world.ask(&World::buyer(2), next)).status, 201);
        held(world.come_to_rest(REST_S));
        assert_eq!(world.ledger().lock().unwrap().taken_for(&order_id), (0, 0));
    }
}

/// The first card's answer was lost and its money is there, though nobody was told: whoever is about to release what the
/// order holds asks first, finds it, and the order is completed under its first hold.
#[test]
fn what_was_charged_is_not_released() {
    let (soft, hard) = (
        Charging::plain(Effect::SoftDecline),
        Charging::plain(Effect::HardDecline),
    );
    for (who, then) in [
        ("timer", vec![hard]),
        ("buyer", vec![hard]),
        ("reconciler", vec![hard]),
        ("last attempt", vec![soft; 4]),
    ] {
        let mut world = world(Setup::calm(1));
        {
            let mut ledger = world.ledger().lock().unwrap();
            ledger.script.push_back(Charging::unheard(Effect::Charge, 60_000));
            ledger.script.extend(then);
        }
        // Long enough for the money to come between the last decline and the release.
        befalls(&mut world, "order", "UnlockTicket", Mishap::FailsBefore, 7);
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        held(world.ask(&buyer, Ask::place(&[ticket], Some("tok_visa"), Some(KEY))));
        held(world.run_for_s(100));
        match who {
            "buyer" => {
                let refused = held(world.ask(&buyer, Ask::cancel(&order_id)));
                assert_eq!(refused.status, 409, "{}", world.trace());
            }
            "reconciler" => world.abort_one_of_at(world.now_ms(), "order"),
            _ => {}
        }
        held(world.run_for_s(1_000));
        held(world.come_to_rest(REST_S));
        let order = world.order(&order_id).unwrap();
        assert_eq!(
            (order.status, order.hold.version),
            (Status::Completed, 1),
            "{who}\n{}",
            world.trace()
        );
    }
}

/// An execution is entered again after the provider has forgotten its idempotency keys: the first thing that it asks is
/// where the money is, and there is exactly one charge. Wherever the first execution had died.
#[test]
fn redrive_inquires_first() {
    for (call, verdict) in [
        ("Provider.confirm", Verdict::DieAfter),
        ("Provider.confirm", Verdict::DieBefore),
        ("Provider.confirm", Verdict::AnswerLost),
        ("Orders.commit", Verdict::DieBefore),
        ("Orders.commit", Verdict::DieAfter),
    ] {
        for by_hand in [true, false] {
            let mut world = world(Setup::calm(1));
            world.weather(|plan| {
                plan.ports.push(PortFault {
                    function: Some("charge-payment".to_owned()),
                    call: call.to_owned(),
                    // The first write keeps the intent, the second what became of the charge.
                    after: u32::from(call == "Orders.commit"),
                    times: 1,
                    verdict,
                });
            });
            let ticket = world.list_ticket(1);
            let buyer = World::buyer(1);
            let order_id = order_of(&buyer, KEY);
            held(world.ask(&buyer, Ask::place(&[ticket], Some("tok_visa"), Some(KEY))));
            world.abort_one_of_at(world.now_ms() + 10, "order");
            held(world.run_for_s(1));
            let sent = {
                let mut ledger = world.ledger().lock().unwrap();
                ledger.forget_keys();
                ledger.record.calls().len()
            };
            if by_hand {
                let input = json!({
                    "StateMachineArn": machine_arn("order"), "Name": "redriven",
                    "Input": { "order_id": order_id, "kind": "ticket", "await_payment_s": 1, "missing": [] },
                });
                held(world.invoke(START_EXECUTION, input));
            }
            held(world.run_for_s(600));
            held(world.come_to_rest(REST_S));
            let at = || format!("{call} {verdict:?}, by hand: {by_hand}\n{}", world.trace());
            assert_eq!(status_of(&world, &order_id), Some(Status::Completed), "{}", at());
            let ledger = world.ledger().lock().unwrap();
            assert_eq!(ledger.taken_for(&order_id), (1_001, 1), "{}", at());
            let first = ledger.record.calls().get(sent).map(|call| call.asked.clone());
            assert!(
                first.is_none() || first == Some(Asked::Inquire),
                "{first:?}: {}",
                at()
            );
        }
    }
}

/// The provider answers no inquiry for hours. The order is stuck, keeps what it holds, and ends once the provider speaks.
#[test]
fn a_stuck_order_keeps_its_hold_until_the_provider_speaks() {
    for (effect, end) in [
        (Effect::Charge, Status::Completed),
        (Effect::Nothing, Status::Expired),
    ] {
        let mut world = world(Setup::calm(1));
        world
            .ledger()
            .lock()
            .unwrap()
            .script
            .extend([Charging::unheard(effect, 0), Charging::plain(Effect::HardDecline)]);
        world.silence(BEGIN_MS, BEGIN_MS + 5 * 3_600_000);
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        let place = Ask::place(std::slice::from_ref(&ticket), Some("tok_visa"), Some(KEY));
        held(world.ask(&buyer, place));
        let mut was_stuck = false;
        for _ in 0..9 {
            held(world.run_for_s(1_900));
            let order = world.order(&order_id).unwrap();
            was_stuck |= order.status == Status::Stuck;
            assert!(!order.status.is_end(), "{effect:?}\n{}", world.trace());
            assert_eq!(world.ticket(&ticket).unwrap().state, TicketState::Held);
        }
        assert!(was_stuck, "{effect:?}\n{}", world.trace());
        held(world.run_for_s(12 * 3_600));
        held(world.come_to_rest(REST_S));
        assert_eq!(
            status_of(&world, &order_id),
            Some(end),
            "{effect:?}\n{}",
            world.trace()
        );
    }
}

/// Whoever is on call hears of an order that is stuck, and of one that nobody has looked at for long; each run tells what it found.
#[test]
fn a_run_of_the_reconciler_counts_what_is_stuck_and_what_has_waited_for_long() {
    let mut world = world(Setup {
        reconcile_every_s: None,
        ..Setup::calm(1)
    });
    let unheard = Charging::unheard(Effect::Charge, 0);
    world.ledger().lock().unwrap().script.push_back(unheard);
    world.silence(BEGIN_MS, BEGIN_MS + 5 * 3_600_000);
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    let order_id = order_of(&buyer, KEY);
    held(world.ask(&buyer, Ask::place(&[ticket], Some("tok_visa"), Some(KEY))));
    held(world.run_for_s(2 * 3_600));
    assert_eq!(
        status_of(&world, &order_id),
        Some(Status::Stuck),
        "{}",
        world.trace()
    );
    for (stuck, late) in [(1, 1), (0, 0)] {
        let LambdaReply::Returned(told) = held(world.invoke("reconcile-orders", json!({}))) else {
            panic!("the reconciler failed\n{}", world.trace());
        };
        assert_eq!(
            (&told["stuck"], &told["late"]),
            (&json!(stuck), &json!(late)),
            "{told}"
        );
    }
}
