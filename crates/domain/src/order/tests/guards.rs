//! Guards behind other guards: what each of them refuses by itself, asked as nobody asks who has passed the first.

use super::*;
use crate::payment::NO_ANSWER;

fn paying() -> Order {
    let order = placed();
    after(&order, order.begin_payment(card(), at(1)).unwrap())
}

/// What the provider says of the latest attempt.
fn said(order: &Order, outcome: &ChargeOutcome, second: u32) -> Result<Ruling, Fault> {
    order.record_outcome(latest(order), outcome, 0, at(second))
}

#[test]
fn nothing_goes_where_the_table_does_not_lead() {
    for from in Status::ALL {
        let mut order = placed();
        order.status = from;
        for to in Status::ALL {
            let went = order.transition(order.clone(), to, at(1), "So it is.".to_owned());
            assert_eq!(went.is_ok(), from.may_become(to), "{from} -> {to}");
        }
    }
}

#[test]
fn an_order_has_one_intent_for_good() {
    let intent = |id: &str| IntentId::parse(id).unwrap();
    let order = placed();
    let order = after(&order, order.keep_intent(intent("pi_1"), at(1)).unwrap());
    assert_eq!(order.keep_intent(intent("pi_1"), at(2)), Ok(Ruling::AlreadyDone));
    assert_eq!(refusal(order.keep_intent(intent("pi_2"), at(2))), "Defect");
}

#[test]
fn what_was_charged_is_entered_once() {
    let Ok(Ruling::Change(charged)) = said(&paying(), &ChargeOutcome::Succeeded, 2) else {
        panic!("not charged")
    };
    assert_eq!(charged.money.len(), 1);
    let paid = charged.after;
    assert_eq!(said(&paid, &ChargeOutcome::Succeeded, 3), Ok(Ruling::AlreadyDone));
    let stuck = after(&paid, paid.get_stuck("test", at(4)).unwrap());
    let Ok(Ruling::Change(found)) = said(&stuck, &ChargeOutcome::Succeeded, 5) else {
        panic!("not found")
    };
    assert_eq!((found.after.status, found.money.len()), (Status::Paid, 0));
}

/// It holds nothing any more: whoever hears of the money has to hold everything again or give it back.
#[test]
fn money_that_comes_when_everything_was_released_is_no_sale() {
    let paying = paying();
    let held = after(&paying, said(&paying, &declined(), 2).unwrap());
    let expired = after(&held, held.expire(at(TTL_S)).unwrap());
    assert_eq!(
        refusal(said(&expired, &ChargeOutcome::Succeeded, TTL_S + 1)),
        "Defect"
    );
}

/// The last ingredient came as the time to wait for it ran out.
#[test]
fn what_has_come_after_all_is_not_given_up() {
    assert_eq!(
        placed().void(Interruption::Unavailable, at(2)),
        Ok(Ruling::AlreadyDone)
    );
}

/// The first run of `hold-order` for a request gave up; a second one has found its hold and answers with it.
#[test]
fn a_run_that_failed_takes_nothing_from_a_buyer_whom_another_run_told_that_it_is_held() {
    let (failed, answering) = (HoldRun::of_execution("run"), HoldRun::of_execution("another"));
    let order = placed();
    let answered = after(&order, order.answer_again(&answering, at(1)));
    for run in [&failed, &answering] {
        let undone = answered.void(Interruption::NotStarted(run.clone()), at(2));
        assert_eq!(undone, Ok(Ruling::AlreadyDone), "{run}");
    }
    assert!(matches!(
        order.void(Interruption::NotStarted(failed.clone()), at(2)),
        Ok(Ruling::Change(_))
    ));
    assert_eq!(
        order.void(Interruption::NotStarted(answering), at(2)),
        Ok(Ruling::AlreadyDone)
    );
    assert_eq!(order.answer_again(&failed, at(1)), Ruling::AlreadyDone);
}

#[test]
fn a_run_that_failed_takes_nothing_from_an_order_that_has_gone_on() {
    let order = placed();
    let token = crate::TaskToken::parse("token").unwrap();
    let run = HoldRun::of_execution("run");
    for gone_on in [
        after(&order, order.keep_task_token(token, at(1), at(1))),
        after(&order, order.begin_payment(card(), at(1)).unwrap()),
    ] {
        let undone = gone_on.void(Interruption::NotStarted(run.clone()), at(2));
        assert_eq!(undone, Ok(Ruling::AlreadyDone));
    }
}

#[test]
fn an_order_takes_a_place_among_its_buyers_holds_until_it_ends() {
    assert_eq!(placing().holder, HolderChange::Add { holds_max: HOLDS_MAX });
    let (held, paying) = (placed(), paying());
    let paid = after(&paying, said(&paying, &ChargeOutcome::Succeeded, 2).unwrap());
    for ruling in [
        held.expire(at(TTL_S)),
        held.cancel(at(1)),
        held.void(Interruption::NotStarted(HoldRun::of_execution("run")), at(1)),
        paid.complete(at(3)),
    ] {
        let Ok(Ruling::Change(ended)) = ruling else {
            panic!("not ended")
        };
        assert_eq!(ended.holder, HolderChange::Remove);
    }
}

/// Money whose answer was lost may come when everything was released; of what was declined in so many words none comes.
#[test]
fn an_end_after_silence_is_asked_after_once_more() {
    let silent = ChargeOutcome::Declined {
        code: NO_ANSWER.to_owned(),
        message: "No.".to_owned(),
        retryable: true,
        charge: None,
    };
    let paying = paying();
    for (outcome, due_at) in [(silent, Some(at(TTL_S).plus_s(LATE_MONEY_S))), (declined(), None)] {
        let held = after(&paying, said(&paying, &outcome, 2).unwrap());
        let Ok(Ruling::Change(expired)) = held.expire(at(TTL_S)) else {
            panic!("not expired")
        };
        assert_eq!(expired.after.due_at, due_at);
    }
}
