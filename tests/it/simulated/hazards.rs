//! Hazards by their names: the deadline, the stale timer, the charge whose answer is lost.

use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::Status;
use simulation::world::BEGIN_MS;
use simulation::{Ask, FaultPlan, PortFault, Setup, Verdict, World};
use states::chance::Chance;

/// A buyer pays at about the very moment at which the time to pay is over. The timer, the payment and the clocks of
/// the functions are each off by a little. Either the order completes with one charge, or it ends without one.
#[test]
fn pay_at_the_deadline() {
    let (mut completed, mut expired) = (0, 0);
    for seed in 0..400 {
        let mut chance = Chance::new(seed);
        let plan = FaultPlan {
            latency_ms_max: 1 + chance.up_to(30),
            skew_ms_max: chance.up_to(1) * chance.up_to(1_500),
            ..FaultPlan::calm()
        };
        let clocks_agree = plan.skew_ms_max == 0;
        let mut world = world(Setup {
            hold_ttl_s: 20,
            ..Setup::with(seed, plan)
        });
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        let placed = held(world.ask(&buyer, Ask::place(std::slice::from_ref(&ticket), None, Some(KEY))));
        assert_eq!(placed.status, 201, "seed {seed}\n{}", world.trace());
        let deadline_ms = world.order(&order_id).unwrap().hold.expires_at.as_ms() as u64;
        let at_ms = deadline_ms - 40 + chance.up_to(60);
        let payment = world.ask_at(at_ms, &buyer, Ask::pay(&order_id, "tok_visa"));
        held(world.come_to_rest(REST_S));
        let told = world.reply(payment).unwrap().status;
        let charges = world.ledger().lock().unwrap().taken_for(&order_id).1;
        match status_of(&world, &order_id) {
            Some(Status::Completed) => {
                assert!(
                    !clocks_agree || at_ms < deadline_ms,
                    "seed {seed}: paid after the deadline"
                );
                assert_eq!((told, charges), (201, 1), "seed {seed}\n{}", world.trace());
                completed += 1;
            }
            Some(Status::Expired) => {
                assert_eq!((told, charges), (409, 0), "seed {seed}\n{}", world.trace());
                expired += 1;
            }
            other => panic!("seed {seed}: {other:?}\n{}", world.trace()),
        }
    }
    assert!(
        completed > 50 && expired > 50,
        "{completed} and {expired}: the race was run"
    );
}

/// A holds and cancels, B holds, A's timer fires: B keeps it.
#[test]
fn stale_timer_cannot_release_newer_hold() {
    let mut world = world(Setup {
        // Nobody but A's own timer may be the one that comes.
        reconcile_every_s: None,
        ..Setup::calm(1)
    });
    // A's execution is never told that A has cancelled, so its timer runs on.
    world.weather(|plan| {
        plan.ports.push(PortFault {
            function: Some("cancel-order".to_owned()),
            call: "Workflows.wake".to_owned(),
            after: 0,
            times: 1,
            verdict: Verdict::Throttled,
        });
    });
    let ticket = world.list_ticket(1);
    let (ana, bob) = (World::buyer(1), World::buyer(2));
    let (first, second) = (order_of(&ana, KEY), order_of(&bob, KEY));
    let place = || Ask::place(std::slice::from_ref(&ticket), None, Some(KEY));
    assert_eq!(held(world.ask(&ana, place())).status, 201);
    held(world.run_until(BEGIN_MS + 600_000));
    assert_eq!(held(world.ask(&ana, Ask::cancel(&first))).status, 204);
    assert_eq!(held(world.ask(&bob, place())).status, 201);
    held(world.run_until(BEGIN_MS + 1_000_000));
    assert!(
        world.trace().to_string().contains("order > ExpireOrder"),
        "A's timer fired\n{}",
        world.trace()
    );
    assert_eq!(status_of(&world, &first), Some(Status::Cancelled));
    assert_eq!(status_of(&world, &second), Some(Status::Held));
    let hold = world.ticket(&ticket).unwrap().hold.unwrap();
    assert_eq!(hold.order_id, second);
    assert_eq!(held(world.ask(&bob, Ask::pay(&second, "tok_visa"))).status, 201);
    held(world.come_to_rest(REST_S));
    assert_eq!(status_of(&world, &second), Some(Status::Completed));
}

/// The provider charges and its answer is lost: an inquiry finds it, the order completes, and there is one charge.
#[test]
fn charge_times_out_after_effect() {
    for (name, card, lost) in [
        ("the card's own", "tok_timeout_after", None),
        (
            "the answer to the confirmation",
            "tok_visa",
            Some(("Provider.confirm", Verdict::AnswerLost)),
        ),
        (
            "the function dies after it",
            "tok_visa",
            Some(("Provider.confirm", Verdict::DieAfter)),
        ),
        (
            "the answer to the inquiry",
            "tok_timeout_after",
            Some(("Provider.inquire", Verdict::AnswerLost)),
        ),
    ] {
        let mut world = world(Setup::calm(1));
        if let Some((call, verdict)) = lost {
            world.weather(|plan| {
                plan.ports.push(PortFault {
                    function: None,
                    call: call.to_owned(),
                    after: 0,
                    times: 1,
                    verdict,
                });
            });
        }
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        assert_eq!(
            held(world.ask(&buyer, Ask::place(&[ticket], Some(card), Some(KEY)))).status,
            201
        );
        held(world.come_to_rest(REST_S));
        assert_eq!(
            status_of(&world, &order_id),
            Some(Status::Completed),
            "{name}\n{}",
            world.trace()
        );
        let (taken, charges) = world.ledger().lock().unwrap().taken_for(&order_id);
        assert_eq!((taken, charges), (1_001, 1), "{name}");
    }
}
