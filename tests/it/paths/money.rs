//! What becomes of the money of a ticket: tried again, given up, come late, given back.

use super::{Path, Scene, befalls, nothing};
use crate::simulated::held;
use domain::Status;
use simulation::provider::{Charging, Effect, Refunding};
use simulation::{Ask, Mishap, World};

/// What the next confirmations come to.
fn will(world: &mut World, charges: &[Charging]) {
    world
        .ledger()
        .lock()
        .unwrap()
        .script
        .extend(charges.iter().copied());
}

fn will_refund(world: &mut World, refund: Refunding) {
    world.ledger().lock().unwrap().refund_script.push_back(refund);
}

const SOFT: Charging = Charging::plain(Effect::SoftDecline);
const HARD: Charging = Charging::plain(Effect::HardDecline);

/// Places, pays, and asks for the money back a minute later.
fn buy_and_return(world: &mut World, scene: &Scene) {
    scene.place(world, Some("tok_visa"));
    held(world.run_for_s(60));
    held(world.ask(
        &scene.buyer,
        Ask::refund(&scene.order_id, &[], Some("money-back")),
    ));
}

/// Every path of money.
pub const PATHS: &[Path] = &[
    Path {
        name: "declined_softly_then_charged",
        faults: |world| will(world, &[SOFT, SOFT]),
        walk: |world, scene| scene.place(world, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "five_soft_declines",
        faults: nothing,
        walk: |world, scene| scene.place(world, Some("tok_insufficient_funds")),
        ends: Status::PaymentFailed,
    },
    Path {
        name: "another_card_while_the_first_waits_for_its_next_try",
        // The fourth pause is eight seconds at least.
        faults: |world| will(world, &[SOFT, SOFT, SOFT, SOFT]),
        walk: |world, scene| {
            scene.place(world, Some("tok_visa"));
            held(world.run_for_s(17));
            scene.pay(world, "tok_mastercard");
        },
        ends: Status::Completed,
    },
    Path {
        name: "cancelled_while_the_card_waits_for_its_next_try",
        faults: |world| will(world, &[SOFT, SOFT, SOFT, SOFT]),
        walk: |world, scene| {
            scene.place(world, Some("tok_visa"));
            held(world.run_for_s(17));
            scene.cancel(world);
        },
        ends: Status::Cancelled,
    },
    Path {
        // The first answer is lost, the second card is declined, the buyer gives up; then the first card is charged.
        name: "charged_after_the_cancel",
        faults: |world| will(world, &[Charging::unheard(Effect::Charge, 200_000), HARD]),
        walk: |world, scene| {
            scene.place(world, Some("tok_visa"));
            held(world.run_for_s(100));
            scene.cancel(world);
        },
        ends: Status::Refunded,
    },
    Path {
        name: "charged_after_the_deadline_and_held_again",
        faults: |world| will(world, &[Charging::unheard(Effect::Charge, 1_000_000), HARD]),
        walk: |world, scene| scene.place(world, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "charged_before_the_deadline_and_nobody_was_told",
        faults: |world| will(world, &[Charging::unheard(Effect::Charge, 500_000), HARD]),
        walk: |world, scene| scene.place(world, Some("tok_visa")),
        ends: Status::Completed,
    },
    Path {
        name: "the_provider_is_silent_for_an_hour",
        faults: |world| {
            will(world, &[Charging::unheard(Effect::Charge, 0)]);
            let from_ms = world.now_ms();
            world.silence(from_ms, from_ms + 3_600_000);
        },
        walk: |world, scene| {
            scene.place(world, Some("tok_visa"));
            held(world.run_for_s(3_700));
        },
        ends: Status::Completed,
    },
    Path {
        name: "bought_and_given_back",
        faults: nothing,
        walk: buy_and_return,
        ends: Status::Refunded,
    },
    Path {
        name: "given_back_and_the_answer_lost",
        faults: |world| will_refund(world, Refunding::SilentAfter),
        walk: buy_and_return,
        ends: Status::Refunded,
    },
    Path {
        name: "given_back_when_the_bank_has_confirmed_it",
        faults: |world| will_refund(world, Refunding::Pend(90_000)),
        walk: buy_and_return,
        ends: Status::Refunded,
    },
    Path {
        name: "the_bank_takes_nothing_back",
        faults: |world| will_refund(world, Refunding::Fail),
        walk: buy_and_return,
        ends: Status::Completed,
    },
    Path {
        name: "given_back_after_a_long_outage",
        faults: |world| befalls(world, "refund-order", "RefundPayment", Mishap::FailsBefore, 11),
        walk: buy_and_return,
        ends: Status::Refunded,
    },
];
