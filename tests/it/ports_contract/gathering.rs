//! What a dish order waits for is booked and held for it in one transaction, once.

use super::{NOW, Ports, all_at_once, change};
use domain::ledger::{Ingredient, MovementKind, Place};
use domain::ports::{CommitError, decide_and_commit};
use domain::{Fault, Order, Ruling, Status};

/// How many arrive at once.
const ARRIVALS: usize = 12;

pub async fn what_arrives_is_booked_and_held_at_once(ports: &Ports<'_>) {
    let lettuce = ports.stocked(Place::Kitchen, 4).await;
    let order = ports.placed_dish(&[(&lettuce, 5)]).await;
    let arriving = change(order.receive(&lettuce, 1, NOW));
    assert_eq!(ports.orders.commit(&arriving).await, Ok(()));
    let balance = ports.balance(Place::Kitchen, &lettuce).await;
    assert_eq!(balance, (5, 5), "nobody else can take what has arrived");
    let stands = ports.read_order(&order.order_id).await;
    assert_eq!(stands, arriving.after);
    assert_eq!(stands.status, Status::Held);
    assert_eq!(stands.hold.expires_at, NOW.plus_s(900));
    let moves = vec![
        (lettuce.clone(), MovementKind::Received, 1),
        (lettuce.clone(), MovementKind::Held, 1),
    ];
    assert_eq!(
        ports.last_posting(Place::Kitchen).await,
        (order.order_id.to_string(), moves)
    );
    // The same message again finds it done; the same decision again finds the order moved.
    assert_eq!(stands.receive(&lettuce, 1, NOW), Ok(Ruling::AlreadyDone));
    assert_eq!(ports.orders.commit(&arriving).await, Err(CommitError::OrderMoved));
    assert_eq!(ports.balance(Place::Kitchen, &lettuce).await, (5, 5));
}

pub async fn what_arrives_too_late_is_free(ports: &Ports<'_>) {
    let lettuce = ports.ingredient();
    let order = ports.placed_dish(&[(&lettuce, 5)]).await;
    let cancelling = change(order.cancel(NOW));
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    let arriving = change(cancelling.after.receive(&lettuce, 5, NOW));
    assert_eq!(ports.orders.commit(&arriving).await, Ok(()));
    assert_eq!(ports.balance(Place::Kitchen, &lettuce).await, (5, 0));
    assert_eq!(ports.read_order(&order.order_id).await.status, Status::Cancelled);
}

pub async fn many_arrivals_are_all_booked(ports: &Ports<'_>) {
    let lettuce = ports.ingredient();
    let mut orders = Vec::new();
    for _ in 0..ARRIVALS {
        orders.push(ports.placed_dish(&[(&lettuce, 2)]).await);
    }
    // Each arrival is delivered twice, and all of them at the same moment.
    let arrivals = orders.iter().chain(&orders);
    let received = arrivals.map(|order| receive(ports, order, &lettuce));
    for answer in all_at_once(received).await {
        assert_eq!(answer.map(|order| order.status), Ok(Status::Held));
    }
    assert_eq!(ports.balance(Place::Kitchen, &lettuce).await, (24, 24));
}

async fn receive(ports: &Ports<'_>, order: &Order, ingredient: &Ingredient) -> Result<Order, Fault> {
    let decide = |order: &Order| order.receive(ingredient, 2, NOW);
    decide_and_commit(ports.orders, &order.order_id, &decide).await
}
