//! A function dies right after a write: state and event are one.

use super::{KEY, REST_S, held, order_of, status_of, world};
use domain::dish::Recipe;
use domain::ledger::{Ingredient, Place};
use domain::{Status, TicketState, UserId};
use simulation::provider::{Charging, Effect};
use simulation::{Ask, InvocationFault, Mishap, PortFault, Setup, Verdict, Webhooks, World};
use std::collections::BTreeSet;

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
    /// A dish of which something is short: it is bought at the market, and paid for along with the order.
    Dines,
    /// The same, cancelled while it is being gathered.
    CancelsDish,
    /// A dish for which the market never has enough.
    AsksTooMuch,
    /// The order of a dish cannot be started, so what was reserved is released.
    CannotDine,
    /// Products, from more than one shard.
    BuysProducts,
    /// The order of products cannot be started, so what was reserved is released.
    CannotBuyProducts,
    /// A ticket is bought, and its money asked back.
    WantsMoneyBack,
    /// The answer to the charge is lost, and the provider tells.
    IsTold,
}

impl Story {
    const ALL: [Self; 14] = [
        Self::PaysAtOnce,
        Self::PaysLater,
        Self::Cancels,
        Self::Leaves,
        Self::CannotStart,
        Self::ExecutionDies,
        Self::Dines,
        Self::CancelsDish,
        Self::AsksTooMuch,
        Self::CannotDine,
        Self::BuysProducts,
        Self::CannotBuyProducts,
        Self::WantsMoneyBack,
        Self::IsTold,
    ];

    const fn is_about_dishes(self) -> bool {
        matches!(
            self,
            Self::Dines | Self::CancelsDish | Self::AsksTooMuch | Self::CannotDine
        )
    }

    const fn is_about_products(self) -> bool {
        matches!(self, Self::BuysProducts | Self::CannotBuyProducts)
    }

    const fn pays_at_once(self) -> bool {
        matches!(
            self,
            Self::PaysAtOnce | Self::Dines | Self::BuysProducts | Self::WantsMoneyBack | Self::IsTold
        )
    }
}

/// A function dies right after a write, at every write there is: whatever was to follow the write (the wake-up, the
/// start of an execution, the answer to the buyer) happens all the same.
#[test]
fn state_and_event_are_one() {
    const WRITES: [&str; 9] = [
        "Orders.commit",
        "Supplies.commit",
        "Market.buy",
        "Workflows.hold_order",
        "Workflows.wake",
        "Workflows.start_order",
        "Workflows.start_supply",
        "Workflows.start_refund",
        "Requests.answer",
    ];
    let mut died = BTreeSet::new();
    for story in Story::ALL {
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
                let paid = story.pays_at_once() || matches!(story, Story::PaysLater | Story::ExecutionDies);
                let is_right = match status {
                    Some(Status::Completed) => paid && story != Story::WantsMoneyBack,
                    Some(Status::Refunded) => story == Story::WantsMoneyBack,
                    // The buyer was told that it could not be done.
                    Some(Status::Unavailable) => true,
                    Some(Status::Cancelled) => matches!(story, Story::Cancels | Story::CancelsDish),
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
        "ask-supplier",
        "buy-from-market",
        "cancel-order",
        "charge-payment",
        "complete-order",
        "expire-order",
        "give-ingredient",
        "lock-ticket",
        "place-order",
        "receive-ingredient",
        "receive-webhook",
        "reconcile-orders",
        "refund-payment",
        "release-ingredients",
        "release-products",
        "release-supply",
        "request-payment",
        "request-refund",
        "reserve-ingredients",
        "reserve-products",
        "serve-dish",
        "ship-products",
        "supply-ingredient",
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
    if story == Story::IsTold {
        // The answer is lost on its way back, and nobody may ask for a while: only the provider's word helps.
        let charged = Charging::unheard(Effect::Charge, 0);
        world.ledger().lock().unwrap().script.push_back(charged);
        world.weather(|plan| plan.webhooks = Webhooks::PLAIN);
    }
    if matches!(
        story,
        Story::CannotStart | Story::CannotDine | Story::CannotBuyProducts
    ) {
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
    let card = story.pays_at_once().then_some("tok_visa");
    let place = if story.is_about_dishes() {
        place_dish(&mut world, story, card)
    } else if story.is_about_products() {
        let product = world.stock_product(1, 10, 2).unwrap();
        Ask::place_products(&[(product, 7)], card, Some(KEY))
    } else {
        Ask::place(std::slice::from_ref(&ticket), card, Some(KEY))
    };
    persist(&mut world, &buyer, &place);
    match story {
        Story::Cancels | Story::CancelsDish => persist(&mut world, &buyer, &Ask::cancel(&order_id)),
        Story::PaysLater => persist(&mut world, &buyer, &Ask::pay(&order_id, "tok_visa")),
        Story::ExecutionDies => {
            world.abort_one_at(world.now_ms());
            held(world.run_for_s(1));
            persist(&mut world, &buyer, &Ask::pay(&order_id, "tok_visa"));
        }
        Story::WantsMoneyBack => {
            held(world.run_for_s(100));
            let refund = Ask::refund(&order_id, &[], Some("money-back"));
            persist(&mut world, &buyer, &refund);
        }
        Story::PaysAtOnce | Story::Leaves | Story::CannotStart | Story::IsTold => {}
        Story::Dines | Story::AsksTooMuch | Story::CannotDine => {}
        Story::BuysProducts | Story::CannotBuyProducts => {}
    }
    // Long enough that what is scheduled to go wrong has gone wrong before the weather turns fair.
    held(world.run_for_s(1_200));
    held(world.come_to_rest(REST_S));
    let free = world.ticket(&ticket).unwrap().state == TicketState::Available;
    assert_eq!(
        free,
        story.is_about_dishes()
            || story.is_about_products()
            || status_of(&world, &order_id) != Some(Status::Completed),
        "{}",
        world.trace()
    );
    world
}

/// Opens the kitchen, and asks for a dish of which something is short.
fn place_dish(world: &mut World, story: Story, card: Option<&str>) -> Ask {
    let lettuce = Ingredient::parse("lechuga").unwrap();
    for place in [Place::Kitchen, Place::Warehouse] {
        world.stock(place, &[(lettuce.clone(), 2)], "seed").unwrap();
    }
    let units = if story == Story::AsksTooMuch { 900 } else { 9 };
    let dish = world.put_on_menu(1, Recipe::from([(lettuce, units)])).unwrap();
    Ask::place_dishes(&[(dish, 1)], card, Some(KEY))
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
