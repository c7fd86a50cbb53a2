//! What holds when many ask at once.

use super::{NOW, Ports, all_at_once, change, price};
use domain::ports::{CommitError, RequestState, decide_and_commit};
use domain::ticket::TicketEdit;
use domain::user::SIGN_INS_PER_WINDOW;
use domain::{CardToken, Fault, Order, Refusal, Status, TicketState, Timestamp};
use std::pin::Pin;

/// How many ask at once.
const ASKERS: usize = 12;

pub async fn one_ticket_has_one_buyer(ports: &Ports<'_>) {
    let tickets = ports.listed(1).await;
    let decisions: Vec<_> = (0..ASKERS)
        .map(|_| ports.placing(&ports.user(), &tickets, NOW))
        .collect();
    let commits = decisions.iter().map(|decision| ports.orders.commit(decision));
    let answers = all_at_once(commits).await;
    let won: Vec<_> = decisions
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.is_ok())
        .collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in &answers {
        assert!(
            matches!(
                answer,
                Ok(()) | Err(CommitError::Stock(_) | CommitError::Contended)
            ),
            "{answer:?}"
        );
    }
    let ticket = ports.read_ticket(&tickets[0].ticket_id).await;
    assert_eq!(ticket.hold, Some(won[0].0.after.ticket_hold()));
    assert_eq!(ticket.holds_ever, 1);
}

pub async fn crossing_orders_do_not_share_tickets(ports: &Ports<'_>) {
    let there = ports.listed(2).await;
    let back: Vec<_> = there.iter().rev().cloned().collect();
    let decisions: Vec<_> = (0..ASKERS)
        .map(|number| {
            let tickets = if number % 2 == 0 { &there } else { &back };
            ports.placing(&ports.user(), tickets, NOW)
        })
        .collect();
    let commits = decisions.iter().map(|decision| ports.orders.commit(decision));
    let won = all_at_once(commits)
        .await
        .iter()
        .filter(|answer| answer.is_ok())
        .count();
    assert!(won <= 1, "{won} orders hold the same two tickets");
    let holds: Vec<_> = [
        ports.read_ticket(&there[0].ticket_id).await.hold,
        ports.read_ticket(&there[1].ticket_id).await.hold,
    ]
    .map(|hold| hold.map(|hold| hold.order_id))
    .into();
    assert_eq!(holds[0], holds[1], "an order holds every line or none");
}

pub async fn an_edit_and_a_hold_never_both_win(ports: &Ports<'_>) {
    for _ in 0..5 {
        let ticket = ports.listed(1).await.remove(0);
        let decision = ports.placing(&ports.user(), std::slice::from_ref(&ticket), NOW);
        let edit = TicketEdit {
            ticket_id: ticket.ticket_id.clone(),
            user_id: ticket.owner_id.clone(),
            seen_version: 1,
            title: "Dearer".to_owned(),
            price_minor: price(99_900),
        };
        let holding = async { ports.orders.commit(&decision).await.is_ok() };
        let editing = async { ports.tickets.edit(&edit).await.is_ok() };
        let won = all_at_once([boxed(holding), boxed(editing)]).await;
        assert!(won != [true, true], "held at a price that was not seen");
        let stands = ports.read_ticket(&ticket.ticket_id).await;
        assert_eq!(stands.state == TicketState::Held, won[0]);
        assert_eq!(stands.version == 2, won[1]);
    }
}

pub async fn paying_and_expiring_never_both_win(ports: &Ports<'_>) {
    for _ in 0..5 {
        let order = ports.placed(1).await;
        let expires_at = order.hold.expires_at;
        let just_before = Timestamp::from_ms(expires_at.as_ms() - 1);
        let pay = |order: &Order| order.begin_payment(CardToken::parse("tok_visa").unwrap(), just_before);
        let expire = |order: &Order| order.expire(expires_at);
        let answers = all_at_once([
            boxed(decide_and_commit(ports.orders, &order.order_id, &pay)),
            boxed(decide_and_commit(ports.orders, &order.order_id, &expire)),
        ])
        .await;
        let stands = ports.read_order(&order.order_id).await;
        let ticket = ports.tickets_of(&order).await.remove(0);
        match (&answers[0], &answers[1]) {
            (Ok(_), Err(Fault::Refused(Refusal::OrderBeingPaid { .. }))) => {
                assert_eq!((stands.status, ticket.state), (Status::Paying, TicketState::Held));
            }
            (Err(Fault::Refused(Refusal::OrderEnded { .. })), Ok(_)) => {
                assert_eq!(
                    (stands.status, ticket.state),
                    (Status::Expired, TicketState::Available)
                );
            }
            other => panic!("{other:?}"),
        }
        if stands.status == Status::Paying {
            assert_eq!(stands.attempts.len(), 1);
            assert_eq!(
                stands,
                change(order.begin_payment(CardToken::parse("tok_visa").unwrap(), just_before)).after
            );
        }
    }
}

/// Futures of different kinds as one kind.
fn boxed<'a, T>(future: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(future)
}

pub async fn sign_ins_at_one_moment_are_all_counted(ports: &Ports<'_>) {
    let email = ports.email();
    let attempts = 2 * SIGN_INS_PER_WINDOW as usize;
    let counting = (0..attempts).map(|_| ports.accounts.count_sign_in(&email, NOW));
    let answers = all_at_once(counting).await;
    let read = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(read, SIGN_INS_PER_WINDOW as usize, "{answers:?}");
}

pub async fn one_of_many_claims_goes_on(ports: &Ports<'_>) {
    let (user, key) = (ports.user(), ports.word("key"));
    let claims = (0..ASKERS).map(|_| ports.requests.claim(user.as_str(), &key, "same", NOW));
    let answers = all_at_once(claims).await;
    let fresh = answers
        .iter()
        .filter(|answer| **answer == Ok(RequestState::Fresh))
        .count();
    assert_eq!(fresh, 1, "{answers:?}");
    let in_flight = answers
        .iter()
        .filter(|answer| **answer == Ok(RequestState::InFlight))
        .count();
    assert_eq!(in_flight, ASKERS - 1, "{answers:?}");
}
