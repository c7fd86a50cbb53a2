//! Webhooks, whose every hazard is one of time: at the same instant, twice, out of order, too early.

use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::{OrderId, Status};
use simulation::provider::news::News;
use simulation::provider::{Charging, Effect};
use simulation::world::BEGIN_MS;
use simulation::{Ask, FaultPlan, InvocationFault, Mishap, PortFault, Setup, Verdict, Webhooks, World};
use states::chance::Chance;

/// A world in which calls take up to so long, and webhooks travel like this.
fn told_world(seed: u64, webhooks: Webhooks) -> World {
    let plan = FaultPlan {
        latency_ms_max: 1 + seed % 40,
        webhooks,
        ..FaultPlan::calm()
    };
    world(Setup::with(seed, plan))
}

/// A ticket, paid at once. Returns the order.
fn pay(world: &mut World) -> OrderId {
    let ticket = world.list_ticket(1);
    let buyer = World::buyer(1);
    held(world.ask(&buyer, Ask::place(&[ticket], Some("tok_visa"), Some(KEY))));
    order_of(&buyer, KEY)
}

fn must_be_sold_once(world: &World, order_id: &OrderId, at: &str) {
    let status = status_of(world, order_id);
    assert_eq!(status, Some(Status::Completed), "{at}\n{}", world.trace());
    let rows = world.tables().lock().unwrap().money_of(order_id).len();
    let charges = world.ledger().lock().unwrap().taken_for(order_id).1;
    assert_eq!((charges, rows), (1, 1), "{at}\n{}", world.trace());
}

/// The webhook comes at the very moment of the effect, before the confirmation's own answer; the step may run twice.
/// Whoever writes first, the order is paid once.
#[test]
fn confirm_and_webhook_same_instant() {
    let (mut first, mut second) = (0, 0);
    for seed in 0..120 {
        let mut world = told_world(seed, Webhooks::PLAIN);
        if seed % 3 == 0 {
            world.weather(|plan| {
                plan.invocations.push(InvocationFault {
                    machine: "order".to_owned(),
                    state: "ChargePayment".to_owned(),
                    after: 0,
                    times: 1,
                    mishap: Mishap::TwiceAtOnce,
                });
            });
        }
        if seed % 2 == 0 {
            // The answer dawdles, so that the webhook is worked on at about the moment at which it comes.
            world.weather(|plan| {
                plan.ports.push(PortFault {
                    function: Some("charge-payment".to_owned()),
                    call: "Provider.confirm".to_owned(),
                    after: 0,
                    times: 1,
                    verdict: Verdict::Slow,
                });
            });
        }
        let order_id = pay(&mut world);
        held(world.run_for_s(60));
        held(world.come_to_rest(REST_S));
        must_be_sold_once(&world, &order_id, &format!("seed {seed}"));
        let wrote = ("receive-webhook".to_owned(), "Orders.commit");
        match world.counts().by_function.contains_key(&wrote) {
            true => first += 1,
            false => second += 1,
        }
    }
    assert!(
        first > 10 && second > 10,
        "{first} and {second}: the race was run"
    );
}

/// The same webhook again and again, also while the first is being worked on.
#[test]
fn webhook_twice() {
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        let mut world = told_world(seed, Webhooks::default());
        let order_id = pay(&mut world);
        let intent = loop {
            assert!(held(world.step(u64::MAX)), "seed {seed}");
            let ledger = world.ledger().lock().unwrap();
            let charged = ledger.intents.iter().find(|(_, intent)| intent.charges > 0);
            if let Some((id, _)) = charged {
                break id.clone();
            }
        };
        for _ in 0..6 {
            let news = News {
                id: "evt_1".to_owned(),
                kind: "payment_intent.succeeded",
                intent: intent.clone(),
                order_id: order_id.clone(),
                refund: None,
            };
            world.tell_at(world.now_ms() + chance.up_to(60), news);
        }
        held(world.run_for_s(60));
        held(world.come_to_rest(REST_S));
        must_be_sold_once(&world, &order_id, &format!("seed {seed}"));
    }
}

/// Two declines and a charge, told in any order and minutes late: a decline that is told after the charge changes nothing.
#[test]
fn webhook_out_of_order() {
    let late = Webhooks {
        late: 1_000,
        late_ms_max: 200_000,
        doubled: 300,
        ..Webhooks::PLAIN
    };
    for seed in 0..40 {
        let mut world = told_world(seed, late);
        let soft = Charging::plain(Effect::SoftDecline);
        world.ledger().lock().unwrap().script.extend([soft, soft]);
        let order_id = pay(&mut world);
        held(world.run_for_s(300));
        held(world.come_to_rest(REST_S));
        must_be_sold_once(&world, &order_id, &format!("seed {seed}"));
        assert_eq!(world.order(&order_id).unwrap().attempts.len(), 3, "seed {seed}");
    }
}

/// A webhook about an order that is not there yet, and one about an intent that the order has not kept: the first is
/// refused until the order is there, the second is as good as any.
#[test]
fn webhook_before_order_row() {
    // The same seed makes the same intent: a first run tells its id.
    let make = || told_world(7, Webhooks::default());
    let mut known = make();
    let order_id = pay(&mut known);
    held(known.come_to_rest(REST_S));
    let intent = known.order(&order_id).unwrap().intent_id.unwrap();
    let news = News {
        id: "evt_early".to_owned(),
        kind: "payment_intent.succeeded",
        intent: intent.as_str().to_owned(),
        order_id: order_id.clone(),
        refund: None,
    };

    let mut world = make();
    world.tell_at(BEGIN_MS, news.clone());
    held(world.run_until(BEGIN_MS + 5_000));
    let refused = world.trace().to_string();
    assert!(refused.contains("receive-webhook answers 404"), "{refused}");
    pay(&mut world);
    held(world.run_for_s(300));
    held(world.come_to_rest(REST_S));
    must_be_sold_once(&world, &order_id, "before the order");

    // The function dies between making the intent and keeping it; somebody charges the intent meanwhile, and tells.
    let mut world = make();
    world.weather(|plan| {
        plan.ports.push(PortFault {
            function: Some("charge-payment".to_owned()),
            call: "Provider.create_intent".to_owned(),
            after: 0,
            times: 1,
            verdict: Verdict::DieAfter,
        });
    });
    pay(&mut world);
    while world.ledger().lock().unwrap().intents.is_empty() {
        assert!(held(world.step(u64::MAX)));
    }
    assert_eq!(world.order(&order_id).unwrap().intent_id, None);
    let now_ms = world.now_ms();
    world
        .ledger()
        .lock()
        .unwrap()
        .charge_from_outside(intent.as_str(), now_ms);
    world.tell_at(world.now_ms(), news);
    held(world.run_for_s(300));
    held(world.come_to_rest(REST_S));
    must_be_sold_once(&world, &order_id, "before the intent was kept");
}
