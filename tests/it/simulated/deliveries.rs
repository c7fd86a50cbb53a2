//! Deliveries: very many at once, and in any weather.

use super::{KEY, REST_S, held, order_of, world};
use domain::Status;
use simulation::{Ask, Setup, World};

/// Orders that wait at the same time.
const PARCELS: usize = 1_000;

/// Hazard 28, with as many as it names. Protection: a wait is a state of the order's own machine, and nothing waits for
/// another order. A thousand orders are on their way at the same moment, and the last arrives when its own minutes are over.
#[test]
fn waits_run_in_parallel() {
    let mut world = world(Setup::calm(28));
    let products: Vec<_> = (1..=5)
        .map(|number| world.stock_product(number, 400, 16).unwrap())
        .collect();
    let buyers: Vec<_> = (1..=125).map(World::buyer).collect();
    let mut orders = Vec::new();
    for (number, buyer) in buyers.iter().cycle().take(PARCELS).enumerate() {
        let key = format!("{KEY}-{number}");
        let product = products[number % products.len()].clone();
        let ask = Ask::place_products(&[(product, 1)], Some("tok_visa"), Some(&key));
        // Some milliseconds apart, so that a buyer has no more live holds than allowed.
        let at_ms = world.now_ms() + u64::try_from(number).unwrap() * 25;
        world.ask_at(at_ms, buyer, ask);
        orders.push(order_of(buyer, &key));
    }
    let begun_ms = world.now_ms();
    // The first cannot have arrived: two minutes are the least.
    held(world.run_for_s(60));
    let on_their_way = orders.iter().filter(|order_id| {
        world
            .order(order_id)
            .is_some_and(|order| order.delivery.is_some() && order.status != Status::Completed)
    });
    assert_eq!(on_their_way.count(), PARCELS, "{}", world.trace());
    held(world.come_to_rest(REST_S));
    let mut last_ms = 0;
    for order_id in &orders {
        let order = world.order(order_id).unwrap();
        assert_eq!(order.status, Status::Completed);
        last_ms = last_ms.max(u64::try_from(order.updated_at.as_ms()).unwrap());
    }
    // 25 seconds of placing, four minutes and four at the longest, and a little for the steps.
    assert!(
        last_ms - begun_ms < 540_000,
        "the last took {} ms",
        last_ms - begun_ms
    );
    for product in &products {
        let balance = world.stock_of(product);
        assert_eq!((balance.on_hand, balance.held), (200, 0));
    }
}
