//! Orders change with their stock and their buyer, or not at all.

use super::{NOW, Ports, change, first_page, soon, walk};
use domain::ports::CommitError;
use domain::stock::StockChange;
use domain::{
    CardToken, ChargeOutcome, HolderChange, OrderId, Status, StockRefusal, TaskToken, TicketState, Timestamp,
};

pub async fn placing_holds_every_line(ports: &Ports<'_>) {
    assert_eq!(
        ports.orders.get(&OrderId::from_random(ports.bytes16())).await,
        Ok(None)
    );
    let order = ports.placed(3).await;
    assert_eq!(ports.read_order(&order.order_id).await, order);
    for ticket in ports.tickets_of(&order).await {
        assert_eq!(ticket.state, TicketState::Held);
        assert_eq!(ticket.hold, Some(order.ticket_hold()));
        assert_eq!((ticket.holds_ever, ticket.version), (1, 1));
    }
}

pub async fn an_order_that_cannot_hold_one_line_holds_none(ports: &Ports<'_>) {
    let mut tickets = ports.listed(2).await;
    tickets.push(ports.ticket(&ports.user(), NOW));
    let decision = ports.placing(&ports.user(), &tickets, NOW);
    let refusal = StockRefusal {
        index: 2,
        present: None,
    };
    assert_eq!(
        ports.orders.commit(&decision).await,
        Err(CommitError::Stock(Box::new(refusal)))
    );
    assert_eq!(ports.orders.get(&decision.after.order_id).await, Ok(None));
    for ticket in &tickets[..2] {
        assert_eq!(ports.read_ticket(&ticket.ticket_id).await, *ticket);
    }
    // The buyer's hold was not counted either.
    let mut other = ports.placing(&decision.after.user_id, &tickets[..2], NOW);
    other.holder = HolderChange::Add { holds_max: 1 };
    assert_eq!(ports.orders.commit(&other).await, Ok(()));
}

pub async fn the_refused_ticket_is_shown_as_it_stood(ports: &Ports<'_>) {
    let holder = ports.placed(1).await;
    let held = ports.tickets_of(&holder).await.remove(0);
    let mut tickets = ports.listed(1).await;
    tickets.push(held.clone());
    let decision = ports.placing(&ports.user(), &tickets, NOW);
    let refusal = StockRefusal {
        index: 1,
        present: Some(held),
    };
    assert_eq!(
        ports.orders.commit(&decision).await,
        Err(CommitError::Stock(Box::new(refusal)))
    );
    // Free, but not the version that the buyer saw.
    let present = tickets.remove(0);
    let mut seen = present.clone();
    seen.version = 7;
    let decision = ports.placing(&ports.user(), &[seen], NOW);
    let refusal = StockRefusal {
        index: 0,
        present: Some(present),
    };
    assert_eq!(
        ports.orders.commit(&decision).await,
        Err(CommitError::Stock(Box::new(refusal)))
    );
}

pub async fn a_decision_about_an_order_that_moved_writes_nothing(ports: &Ports<'_>) {
    let order = ports.placed(1).await;
    // The order exists already: said before anything about its tickets, which are held by now.
    let mut again = ports.placing(&order.user_id, &ports.tickets_of(&order).await, NOW.plus_s(1));
    again.after.order_id = order.order_id.clone();
    assert_eq!(ports.orders.commit(&again).await, Err(CommitError::OrderMoved));
    // Two decisions about the same version: the second is too late, with stock or without.
    let later = NOW.plus_s(5);
    let paying = change(order.begin_payment(CardToken::parse("tok_visa").unwrap(), later));
    let cancelling = change(order.cancel(later));
    let keeping = change::<()>(Ok(order.keep_task_token(
        TaskToken::parse("token").unwrap(),
        later,
        later,
    )));
    assert_eq!(ports.orders.commit(&paying).await, Ok(()));
    assert_eq!(
        ports.orders.commit(&cancelling).await,
        Err(CommitError::OrderMoved)
    );
    assert_eq!(ports.orders.commit(&keeping).await, Err(CommitError::OrderMoved));
    assert_eq!(ports.read_order(&order.order_id).await, paying.after);
    assert_eq!(ports.tickets_of(&order).await[0].state, TicketState::Held);
    // A caller is told that it was late, also when it decided the very same at the very same moment.
    assert_eq!(ports.orders.commit(&paying).await, Err(CommitError::OrderMoved));
}

pub async fn ending_gives_everything_back(ports: &Ports<'_>) {
    let order = ports.placed(2).await;
    let cancelling = change(order.cancel(NOW));
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    assert_eq!(ports.read_order(&order.order_id).await, cancelling.after);
    let tickets = ports.tickets_of(&order).await;
    for ticket in &tickets {
        assert_eq!((ticket.state, &ticket.hold), (TicketState::Available, &None));
        assert_eq!((ticket.holds_ever, ticket.version), (1, 1));
    }
    // And can be held again, by somebody else.
    let next = ports.placing(&ports.user(), &tickets, NOW);
    assert_eq!(ports.orders.commit(&next).await, Ok(()));
    assert_eq!(ports.tickets_of(&next.after).await[0].holds_ever, 2);
}

pub async fn completing_turns_claims_into_sales(ports: &Ports<'_>) {
    let order = ports.placed(2).await;
    let paying = change(order.begin_payment(CardToken::parse("tok_visa").unwrap(), NOW));
    assert_eq!(ports.orders.commit(&paying).await, Ok(()));
    let paid = change(paying.after.record_outcome(1, &ChargeOutcome::Succeeded, 0, NOW));
    assert_eq!(ports.orders.commit(&paid).await, Ok(()));
    let completed = change(paid.after.complete(NOW));
    assert_eq!(ports.orders.commit(&completed).await, Ok(()));
    assert_eq!(ports.read_order(&order.order_id).await.status, Status::Completed);
    for ticket in ports.tickets_of(&order).await {
        assert_eq!(ticket.state, TicketState::Sold);
        assert_eq!(ticket.hold, Some(order.ticket_hold()));
    }
}

pub async fn an_older_hold_cannot_touch_a_ticket(ports: &Ports<'_>) {
    let order = ports.placed(1).await;
    let ticket = ports.tickets_of(&order).await.remove(0);
    let mut stale = change(order.cancel(NOW));
    for change in &mut stale.stock {
        if let StockChange::ReleaseTicket { hold, .. } = change {
            hold.hold_version = 0;
        }
    }
    let refusal = StockRefusal {
        index: 0,
        present: Some(ticket.clone()),
    };
    assert_eq!(
        ports.orders.commit(&stale).await,
        Err(CommitError::Stock(Box::new(refusal)))
    );
    assert_eq!(ports.read_order(&order.order_id).await, order);
    assert_eq!(ports.read_ticket(&ticket.ticket_id).await, ticket);
}

pub async fn a_buyer_has_so_many_live_holds_and_no_more(ports: &Ports<'_>) {
    let buyer = ports.user();
    let tickets = ports.listed(3).await;
    let placing = |index: usize| {
        let mut decision = ports.placing(&buyer, &tickets[index..=index], NOW);
        decision.holder = HolderChange::Add { holds_max: 2 };
        decision
    };
    let (first, second, third) = (placing(0), placing(1), placing(2));
    assert_eq!(ports.orders.commit(&first).await, Ok(()));
    assert_eq!(ports.orders.commit(&second).await, Ok(()));
    assert_eq!(ports.orders.commit(&third).await, Err(CommitError::TooManyHolds));
    assert_eq!(ports.orders.get(&third.after.order_id).await, Ok(None));
    assert_eq!(
        ports.read_ticket(&tickets[2].ticket_id).await.state,
        TicketState::Available
    );
    // One that ends makes room for one.
    let cancelling = change(first.after.cancel(NOW));
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    assert_eq!(ports.orders.commit(&third).await, Ok(()));
    // Taking the last one out, and being out already, are both fine.
    for order in [&second.after, &third.after] {
        assert_eq!(ports.orders.commit(&change(order.cancel(NOW))).await, Ok(()));
    }
}

pub async fn due_orders_are_found_until_they_end(ports: &Ports<'_>) {
    // Long ago, so that no other order of the store is due at that moment.
    let then = Timestamp::from_ms(1_000_000_000_000);
    let tickets = ports.listed(1).await;
    let decision = ports.placing(&ports.user(), &tickets, then);
    assert_eq!(ports.orders.commit(&decision).await, Ok(()));
    let order = decision.after;
    let (shard, due_at) = (order.unfinished_shard(), order.due_at.unwrap());
    let due = async |shard, moment| ports.orders.list_due(shard, moment, 100).await.unwrap();
    soon("an order that is due is found", async || {
        due(shard, due_at).await.contains(&order.order_id).then_some(())
    })
    .await;
    let just_before = Timestamp::from_ms(due_at.as_ms() - 1);
    assert!(!due(shard, just_before).await.contains(&order.order_id));
    assert!(!due((shard + 1) % 8, due_at).await.contains(&order.order_id));
    assert!(
        ports
            .orders
            .list_due(shard, NOW.plus_s(100_000), 1)
            .await
            .unwrap()
            .len()
            <= 1
    );
    // It moves in the index with its due_at, and out of it with its end.
    let looked_at = change::<()>(Ok(order.look_again(false, due_at)));
    assert_eq!(ports.orders.commit(&looked_at).await, Ok(()));
    let order = looked_at.after;
    soon("an order that moved on is not due", async || {
        (!due(shard, due_at).await.contains(&order.order_id)).then_some(())
    })
    .await;
    assert!(due(shard, order.due_at.unwrap()).await.contains(&order.order_id));
    assert_eq!(ports.orders.commit(&change(order.cancel(due_at))).await, Ok(()));
    soon("an order that ended is not due", async || {
        (!due(shard, NOW).await.contains(&order.order_id)).then_some(())
    })
    .await;
}

pub async fn a_buyers_orders_come_newest_first(ports: &Ports<'_>) {
    let buyer = ports.user();
    let tickets = ports.listed(5).await;
    let mut orders = Vec::new();
    for (number, ticket) in (0..).zip(&tickets) {
        let decision = ports.placing(&buyer, std::slice::from_ref(ticket), NOW.plus_s(number));
        assert_eq!(ports.orders.commit(&decision).await, Ok(()));
        orders.insert(0, decision.after);
    }
    for limit in [1, 2, 5, 100] {
        soon("a buyer's orders are listed", async || {
            let rows = walk(limit, &|request| {
                Box::pin(async { ports.orders.list_of(&buyer, &{ request }).await.unwrap() })
            })
            .await;
            (rows == orders).then_some(())
        })
        .await;
    }
    let exactly = ports.orders.list_of(&buyer, &first_page(5)).await.unwrap();
    assert!(exactly.next.is_none(), "the last page says that it is the last");
    let nobody = ports.orders.list_of(&ports.user(), &first_page(5)).await.unwrap();
    assert!(nobody.rows.is_empty() && nobody.next.is_none());
}
