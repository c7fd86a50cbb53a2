//! The simulation with the definitions of this repository, and the hazards that only a fault can show.

use crate::project::root;
use domain::{OrderId, Status, TicketState, UserId};
use simulation::definitions::{Definition, fill_in};
use simulation::world::{BEGIN_MS, RequestId};
use simulation::{Ask, FaultPlan, InvocationFault, Mishap, PortFault, Setup, Verdict, Violation, World};
use states::chance::Chance;
use states::definition::MachineType;
use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

/// Everything ends within so many seconds of fair weather: the longest retry of all takes about two hours.
pub const REST_S: u64 = 6 * 3_600;

/// Every definition in `workflows/`, filled in.
pub fn definitions() -> &'static [Definition] {
    static DEFINITIONS: OnceLock<Vec<Definition>> = OnceLock::new();
    DEFINITIONS.get_or_init(|| {
        let mut found = Vec::new();
        for entry in fs::read_dir(root().join("workflows")).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(name) = file.strip_suffix(".asl.json") else {
                continue;
            };
            let source = fs::read_to_string(&path).unwrap();
            let document: serde_json::Value = serde_json::from_str(&source).unwrap();
            // Each definition's comment begins with its type; definitions.rs holds it equal to the template.
            let machine_type = match document["Comment"]
                .as_str()
                .and_then(|text| text.split('.').next())
            {
                Some("Express") => MachineType::Express,
                Some("Standard") => MachineType::Standard,
                other => panic!("{file} does not say whether it is Standard or Express: {other:?}"),
            };
            found.push(fill_in(name, &source, machine_type).unwrap());
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        assert!(found.len() >= 2, "workflows/ has the definitions");
        found
    })
}

pub fn world(setup: Setup) -> World {
    World::new(definitions(), setup).unwrap()
}

/// Fails with the seed and the whole story.
pub fn held<T>(outcome: Result<T, Box<Violation>>) -> T {
    outcome.unwrap_or_else(|violation| panic!("{violation}"))
}

/// The order that a buyer's request with this key creates.
pub fn order_of(buyer: &UserId, key: &str) -> OrderId {
    World::order_of(buyer, key).unwrap()
}

/// How an order stands.
pub fn status_of(world: &World, order_id: &OrderId) -> Option<Status> {
    world.order(order_id).map(|order| order.status)
}

const KEY: &str = "checkout";

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

/// How a buyer's evening goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    PaysAtOnce,
    PaysLater,
    Cancels,
    Leaves,
    /// The order's execution cannot be started, so the hold is undone.
    CannotStart,
    /// The order's execution dies whole while it is being paid.
    ExecutionDies,
}

/// A function dies right after a write, at every write there is: whatever was to follow the write (the wake-up, the
/// start of an execution, the answer to the buyer) happens all the same.
#[test]
fn state_and_event_are_one() {
    const WRITES: [&str; 5] = [
        "Orders.commit",
        "Workflows.hold_order",
        "Workflows.wake",
        "Workflows.start_order",
        "Requests.answer",
    ];
    let mut died = BTreeSet::new();
    for story in [
        Story::PaysAtOnce,
        Story::PaysLater,
        Story::Cancels,
        Story::Leaves,
        Story::CannotStart,
        Story::ExecutionDies,
    ] {
        // A story without a fault shows who writes what; then each of these writes is the last of its function once.
        let quiet = evening(story, None);
        let writers: BTreeSet<(String, &str)> = quiet
            .counts()
            .by_function
            .into_keys()
            .filter(|(_, call)| WRITES.contains(call))
            .collect();
        assert!(writers.len() > 3, "{story:?}: {writers:?}");
        for (function, call) in writers {
            for after in 0..2 {
                let world = evening(story, Some((&function, call, after)));
                let order_id = order_of(&World::buyer(1), KEY);
                let status = status_of(&world, &order_id);
                let paid = matches!(story, Story::PaysAtOnce | Story::PaysLater | Story::ExecutionDies);
                let is_right = match status {
                    Some(Status::Completed) => paid,
                    // The buyer was told that it could not be done.
                    Some(Status::Unavailable) => true,
                    Some(Status::Cancelled) => story == Story::Cancels,
                    Some(Status::Expired) => story == Story::Leaves,
                    _ => false,
                };
                assert!(
                    is_right,
                    "{story:?}, {function} after {call} {after}: {status:?}\n{}",
                    world.trace()
                );
                if world.trace().to_string().contains("DieAfter") {
                    died.insert(function.clone());
                }
            }
        }
    }
    let died: Vec<&str> = died.iter().map(String::as_str).collect();
    let all = [
        "cancel-order",
        "charge-payment",
        "complete-order",
        "expire-order",
        "lock-ticket",
        "place-order",
        "reconcile-orders",
        "request-payment",
        "take-payment",
        "unlock-ticket",
    ];
    assert_eq!(died, all, "every function that writes has died after a write");
}

/// One evening, from the order to the rest; a function may die after its write number `after` of this kind.
fn evening(story: Story, death: Option<(&str, &str, u32)>) -> World {
    let mut world = world(Setup::calm(1));
    if let Some((function, call, after)) = death {
        world.weather(|plan| {
            plan.ports.push(PortFault {
                function: Some(function.to_owned()),
                call: call.to_owned(),
                after,
                times: 1,
                verdict: Verdict::DieAfter,
            });
        });
    }
    if story == Story::CannotStart {
        world.weather(|plan| {
            plan.invocations.push(InvocationFault {
                machine: "hold-order".to_owned(),
                state: "StartOrder".to_owned(),
                after: 0,
                times: 3,
                mishap: Mishap::FailsBefore,
            });
        });
    }
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    let order_id = order_of(&buyer, KEY);
    let card = (story == Story::PaysAtOnce).then_some("tok_visa");
    persist(
        &mut world,
        &buyer,
        &Ask::place(std::slice::from_ref(&ticket), card, Some(KEY)),
    );
    match story {
        Story::Cancels => persist(&mut world, &buyer, &Ask::cancel(&order_id)),
        Story::PaysLater => persist(&mut world, &buyer, &Ask::pay(&order_id, "tok_visa")),
        Story::ExecutionDies => {
            world.abort_one_at(world.now_ms());
            held(world.run_for_s(1));
            persist(&mut world, &buyer, &Ask::pay(&order_id, "tok_visa"));
        }
        Story::PaysAtOnce | Story::Leaves | Story::CannotStart => {}
    }
    // Long enough that what is scheduled to go wrong has gone wrong before the weather turns fair.
    held(world.run_for_s(1_200));
    held(world.come_to_rest(REST_S));
    let free = world.ticket(&ticket).unwrap().state == TicketState::Available;
    assert_eq!(
        free,
        status_of(&world, &order_id) != Some(Status::Completed),
        "{}",
        world.trace()
    );
    world
}

/// Asks, and asks again while there is no answer, as a browser does.
fn persist(world: &mut World, buyer: &UserId, ask: &Ask) {
    for _ in 0..3 {
        if held(world.ask(buyer, ask.clone())).status < 500 {
            return;
        }
        // A claim on the request's key is given up for lost after a minute.
        held(world.run_for_s(61));
    }
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

/// Cards as buyers have them: most are good.
const CARDS: [&str; 10] = [
    "tok_visa",
    "tok_visa",
    "tok_visa",
    "tok_mastercard",
    "tok_chargeDeclined",
    "tok_insufficient_funds",
    "tok_chargeDeclinedStolenCard",
    "tok_timeout_after",
    "tok_timeout_before",
    "tok_unavailable",
];

/// What one buyer does in rough weather, drawn beforehand: order, pay once or more, perhaps cancel.
fn let_somebody_shop(
    world: &mut World,
    number: u8,
    tickets: &[domain::TicketId],
    chance: &mut Chance,
) -> Vec<RequestId> {
    let buyer = World::buyer(number);
    let mut asked = Vec::new();
    let pick = |chance: &mut Chance| tickets[chance.up_to(tickets.len() as u64 - 1) as usize].clone();
    for round in 0..2 {
        let key = format!("round-{round}");
        let order_id = order_of(&buyer, &key);
        let begins_ms = BEGIN_MS + round * 150_000 + chance.up_to(60_000);
        let mut wanted = vec![pick(chance)];
        if chance.up_to(2) == 0 {
            wanted.push(pick(chance));
            wanted.dedup();
        }
        let pays_at_once = (chance.up_to(3) == 0).then(|| CARDS[chance.up_to(9) as usize]);
        // A browser that hears nothing sends the same request again.
        for repeat in 0..=chance.up_to(2) {
            let ask = Ask::place(&wanted, pays_at_once, Some(&key));
            asked.push(world.ask_at(begins_ms + repeat * chance.up_to(70_000), &buyer, ask));
        }
        for _ in 0..chance.up_to(6) {
            let at_ms = begins_ms + chance.up_to(200_000);
            asked.push(world.ask_at(
                at_ms,
                &buyer,
                Ask::pay(&order_id, CARDS[chance.up_to(9) as usize]),
            ));
        }
        if chance.up_to(3) == 0 {
            asked.push(world.ask_at(begins_ms + chance.up_to(130_000), &buyer, Ask::cancel(&order_id)));
        }
    }
    asked
}

/// Any function killed at any point, any message twice, late or out of order, any execution stopped whole: the
/// invariants hold at every step and every order ends.
#[test]
fn kill_anywhere() {
    let (first, count) = seeds(300);
    for seed in first..first + count {
        let world = rough_world(seed);
        let dead = world.queue().dead_letters.len();
        assert_eq!(
            dead,
            1,
            "seed {seed}: the poison message and no other is parked\n{}",
            world.trace()
        );
    }
}

/// Which seeds to run: `HOLDFAST_SEED=<seed>` runs that one alone, `HOLDFAST_SEEDS=<count>` so many.
fn seeds(count: u64) -> (u64, u64) {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    match number("HOLDFAST_SEED") {
        Some(seed) => (seed, 1),
        None => (0, number("HOLDFAST_SEEDS").unwrap_or(count)),
    }
}

/// A world in rough weather, from its seed to its rest.
fn rough_world(seed: u64) -> World {
    let mut chance = Chance::new(seed);
    let mut world = world(Setup {
        hold_ttl_s: 120,
        ..Setup::with(seed, FaultPlan::rough(12 + chance.up_to(12) as u32))
    });
    let tickets: Vec<_> = (1..=3).map(|number| world.list_ticket(number)).collect();
    for buyer in 1..=4 {
        let_somebody_shop(&mut world, buyer, &tickets, &mut chance);
    }
    for _ in 0..chance.up_to(3) {
        world.abort_one_at(BEGIN_MS + chance.up_to(400_000));
    }
    world.deliver_at(BEGIN_MS + chance.up_to(100_000), "payment-requests", "not json");
    held(world.run_for_s(600));
    held(world.come_to_rest(REST_S));
    world
}

/// The same seed tells the same story, to the last line.
#[test]
fn the_same_seed_replays_bit_for_bit() {
    for seed in [3, 5] {
        assert_eq!(
            rough_world(seed).trace().to_string(),
            rough_world(seed).trace().to_string()
        );
    }
}

/// The charge of the first card runs twice at once, and the second run hears of its decline only when the buyer has
/// paid with another card: what is said of one attempt is never taken for another.
#[test]
fn an_answer_belongs_to_its_attempt() {
    let mut late = 0;
    for seed in 0..100 {
        let mut chance = Chance::new(seed);
        let mut world = world(Setup::calm(seed));
        world.weather(|plan| {
            plan.invocations.push(InvocationFault {
                machine: "order".to_owned(),
                state: "ChargePayment".to_owned(),
                after: 0,
                times: 1,
                mishap: Mishap::TwiceAtOnce,
            });
            plan.ports.push(PortFault {
                function: Some("charge-payment".to_owned()),
                call: "Provider.confirm".to_owned(),
                after: 1,
                times: 2,
                verdict: Verdict::Slow,
            });
        });
        let ticket = world.list_ticket(1);
        let buyer = World::buyer(1);
        let order_id = order_of(&buyer, KEY);
        held(world.ask(
            &buyer,
            Ask::place(&[ticket], Some("tok_chargeDeclined"), Some(KEY)),
        ));
        world.ask_at(
            BEGIN_MS + 1 + chance.up_to(10_000),
            &buyer,
            Ask::pay(&order_id, "tok_visa"),
        );
        held(world.run_for_s(300));
        held(world.come_to_rest(REST_S));
        assert_eq!(
            status_of(&world, &order_id),
            Some(Status::Completed),
            "seed {seed}\n{}",
            world.trace()
        );
        late += u32::from(world.order(&order_id).unwrap().attempts.len() == 2);
    }
    assert!(late > 80, "{late}");
}

/// A message of an earlier wait comes once more, after the order waits anew: the newer wait is still woken at once.
#[test]
fn an_old_message_does_not_silence_a_newer_wait() {
    let mut world = world(Setup::calm(1));
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    let order_id = order_of(&buyer, KEY);
    held(world.ask(&buyer, Ask::place(&[ticket], None, Some(KEY))));
    held(world.run_for_s(10));
    held(world.ask(&buyer, Ask::pay(&order_id, "tok_chargeDeclined")));
    held(world.run_for_s(10));
    let first = world.asked()[&("order".to_owned(), "AwaitPayment".to_owned())].clone();
    world.deliver_at(world.now_ms(), "payment-requests", &first.payload.to_string());
    held(world.run_for_s(10));
    held(world.ask(&buyer, Ask::pay(&order_id, "tok_visa")));
    held(world.run_for_s(10));
    assert_eq!(
        status_of(&world, &order_id),
        Some(Status::Completed),
        "{}",
        world.trace()
    );
    held(world.come_to_rest(REST_S));
}

/// The hold was undone because the order could not be started. The same request again is told that it failed; it is
/// never told that it holds something.
#[test]
fn a_repeat_of_a_request_that_failed_is_told_so() {
    let mut world = world(Setup::calm(1));
    world.weather(|plan| {
        plan.invocations.push(InvocationFault {
            machine: "hold-order".to_owned(),
            state: "StartOrder".to_owned(),
            after: 0,
            times: 3,
            mishap: Mishap::FailsBefore,
        });
    });
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    let place = Ask::place(std::slice::from_ref(&ticket), None, Some(KEY));
    assert_eq!(held(world.ask(&buyer, place.clone())).status, 503);
    let again = held(world.ask(&buyer, place));
    assert_eq!(
        (again.status, &again.body["code"]),
        (409, &serde_json::json!("OrderEnded")),
        "{}",
        world.trace()
    );
    let fresh = Ask::place(&[ticket], None, Some("another"));
    assert_eq!(held(world.ask(&buyer, fresh)).status, 201);
    held(world.come_to_rest(REST_S));
}
