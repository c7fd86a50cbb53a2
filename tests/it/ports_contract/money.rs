//! Money is written with its order, once; and a ticket whose money is back goes on sale for nobody but its own order.

use super::{NOW, Ports, change};
use domain::ports::CommitError;
use domain::stock::StockChange;
use domain::ticket::TicketHold;
use domain::{
    CardToken, ChargeOutcome, Decision, Fault, IntentId, Order, RefundOutcome, Status, TicketState,
};

/// The decision that makes an order of one ticket a paid one, and the order before it.
async fn about_to_be_paid(ports: &Ports<'_>) -> (Order, Decision) {
    let order = ports.placed(1).await;
    let intent = IntentId::parse(&ports.word("pi")).unwrap();
    let kept = commit(ports, &change(order.keep_intent(intent, NOW))).await;
    let card = CardToken::parse("tok_visa").unwrap();
    let paying = commit(ports, &change(kept.begin_payment(card, NOW))).await;
    let paid = change(paying.record_outcome(1, &ChargeOutcome::Succeeded, 0, NOW));
    (paying, paid)
}

async fn commit(ports: &Ports<'_>, decision: &Decision) -> Order {
    assert_eq!(ports.orders.commit(decision).await, Ok(()));
    decision.after.clone()
}

pub async fn a_row_of_money_is_written_once(ports: &Ports<'_>) {
    let (_, decision) = about_to_be_paid(ports).await;
    assert_eq!(decision.money.len(), 1);
    let paid = commit(ports, &decision).await;
    // Whatever goes wrong with an order: what was charged for it is never written a second time.
    let mut again = change(paid.complete(NOW));
    again.money.clone_from(&decision.money);
    assert!(
        matches!(
            ports.orders.commit(&again).await,
            Err(CommitError::Fault(Fault::Defect(_)))
        ),
        "a second charge was written"
    );
    assert_eq!(ports.read_order(&paid.order_id).await, paid, "nothing else was");
    for ticket in ports.tickets_of(&paid).await {
        assert_eq!(ticket.state, TicketState::Held);
    }
}

pub async fn a_returned_ticket_was_sold_to_its_own_order(ports: &Ports<'_>) {
    let (_, decision) = about_to_be_paid(ports).await;
    let paid = commit(ports, &decision).await;
    let completed = commit(ports, &change(paid.complete(NOW))).await;
    let asked = commit(ports, &change(completed.ask_refund(&[], None, NOW))).await;
    let provider_id = ports.word("re");
    let refunded = change(asked.record_refund(1, &RefundOutcome::Succeeded { provider_id }, NOW));
    // The same, for a claim that is a later one of the same hold.
    let mut wrong = refunded.clone();
    for change in &mut wrong.stock {
        if let StockChange::ReturnTicket { hold, .. } = change {
            *hold = TicketHold {
                hold_version: hold.hold_version + 1,
                ..hold.clone()
            };
        }
    }
    assert!(matches!(
        ports.orders.commit(&wrong).await,
        Err(CommitError::Stock(_))
    ));
    for ticket in ports.tickets_of(&asked).await {
        assert_eq!(ticket.state, TicketState::Sold);
    }
    let refunded = commit(ports, &refunded).await;
    assert_eq!(refunded.status, Status::Refunded);
    for ticket in ports.tickets_of(&refunded).await {
        assert_eq!((ticket.state, ticket.hold), (TicketState::Available, None));
    }
}
