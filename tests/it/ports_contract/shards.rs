//! What holds of products when many ask at once: exactly what there is can be had, whatever else is done meanwhile.

use super::products::Still;
use super::{Ports, all_at_once, change};
use domain::inventory::{Adjustment, adjust, level, open};
use domain::ledger::MovementKind;
use domain::order::{HOLDS_MAX, Kind, StartInput};
use domain::ports::{CommitError, HoldRequest, HoldStep, ProductError, WantedProduct};
use domain::product::Stocked;
use domain::{Fault, Order, OrderId, ProductId, Refusal, UserId};
use std::future::Future;
use std::pin::Pin;

/// How many order at once.
const BUYERS: usize = 100;
/// How often somebody is told that it is busy before that is a failure.
const PATIENCE: usize = 40;

type Job<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

impl Ports<'_> {
    fn wanting(&self, wanted: &[(&ProductId, u32)]) -> HoldRequest {
        let products = wanted.iter().map(|(product_id, quantity)| WantedProduct {
            product_id: (*product_id).clone(),
            quantity: *quantity,
            version: None,
            max_price_minor: None,
        });
        HoldRequest {
            order_id: OrderId::from_random(self.bytes16()),
            user_id: self.user(),
            kind: Kind::Product,
            tickets: Vec::new(),
            dishes: Vec::new(),
            products: products.collect(),
            device_id: None,
            request_fingerprint: "fingerprint".to_owned(),
        }
    }

    /// Asks until it is answered, as the workflow's Retry does.
    async fn reserve(&self, request: &HoldRequest) -> Result<StartInput, Fault> {
        let step = HoldStep {
            request: request.clone(),
            run: "run".to_owned(),
        };
        patiently(|| self.reserve_products.handle(step.clone())).await
    }

    /// Ends an order as its buyer would.
    async fn cancel(&self, order: &Order) {
        for _ in 0..PATIENCE {
            let present = self.read_order(&order.order_id).await;
            match self.orders.commit(&change(present.cancel(super::NOW))).await {
                Ok(()) => return,
                Err(CommitError::Contended | CommitError::OrderMoved) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        panic!("{} was always contended", order.order_id);
    }
}

async fn patiently<T, F: Future<Output = Result<T, Fault>>>(ask: impl Fn() -> F) -> Result<T, Fault> {
    for _ in 0..PATIENCE {
        match ask().await {
            Err(Fault::Transient(_)) => {}
            answer => return answer,
        }
    }
    panic!("it was always busy");
}

fn out_of_stock(stocked: &Stocked, wanted: u32, available: u32) -> Fault {
    Fault::Refused(Refusal::OutOfStock {
        product_id: stocked.product.product_id.clone(),
        wanted,
        available,
    })
}

pub async fn a_hold_of_products_names_what_cannot_be_had(ports: &Ports<'_>) {
    let stocked = ports.shelved(3, 2).await;
    let id = &stocked.product.product_id;
    let unset = ports.made().await.product_id;
    let unheard_of = ports.product().product_id;
    let not_found = Fault::Refused(Refusal::NotFound {
        what: "product".to_owned(),
        field: Some("lines[1].productId".to_owned()),
    });
    let request = ports.wanting(&[(id, 1), (&unheard_of, 1)]);
    assert_eq!(ports.reserve(&request).await, Err(not_found));
    let unavailable = Fault::Refused(Refusal::ProductUnavailable {
        product_id: unset.clone(),
    });
    let request = ports.wanting(&[(id, 1), (&unset, 1)]);
    assert_eq!(ports.reserve(&request).await, Err(unavailable));
    // Both lines of one product count.
    let request = ports.wanting(&[(id, 2), (id, 2)]);
    assert_eq!(ports.reserve(&request).await, Err(out_of_stock(&stocked, 4, 3)));
    assert_eq!(ports.on_shelves(id).await, (3, 0), "a refusal holds nothing");
}

pub async fn a_hold_of_products_that_is_repeated_is_answered_the_same(ports: &Ports<'_>) {
    let stocked = ports.shelved(3, 2).await;
    let id = &stocked.product.product_id;
    let request = ports.wanting(&[(id, 3)]);
    let held = ports.reserve(&request).await.unwrap();
    assert_eq!((held.kind, &held.missing[..]), (Kind::Product, &[][..]));
    // Nothing is left, but what the request took is its own.
    assert_eq!(ports.reserve(&request).await, Ok(held));
    assert_eq!(ports.on_shelves(id).await, (3, 3));
    let mut other = request.clone();
    other.request_fingerprint = "another".to_owned();
    assert!(matches!(
        ports.reserve(&other).await,
        Err(Fault::Refused(Refusal::OrderAlreadyExists { .. }))
    ));
}

pub async fn a_buyer_holds_products_up_to_the_cap(ports: &Ports<'_>) {
    let stocked = ports.shelved(HOLDS_MAX + 1, 2).await;
    let id = &stocked.product.product_id;
    let buyer = ports.user();
    let place = async |buyer: &UserId| {
        let request = HoldRequest {
            user_id: buyer.clone(),
            ..ports.wanting(&[(id, 1)])
        };
        ports.reserve(&request).await
    };
    for _ in 0..HOLDS_MAX {
        assert!(place(&buyer).await.is_ok());
    }
    let refused = Fault::Refused(Refusal::TooManyHolds { holds_max: HOLDS_MAX });
    assert_eq!(place(&buyer).await, Err(refused));
    assert!(place(&ports.user()).await.is_ok());
}

pub async fn of_the_last_units_exactly_all_are_held(ports: &Ports<'_>) {
    let stocked = ports.shelved(10, 4).await;
    let id = &stocked.product.product_id;
    let requests: Vec<_> = (0..BUYERS).map(|_| ports.wanting(&[(id, 1)])).collect();
    let answers = all_at_once(requests.iter().map(|request| ports.reserve(request))).await;
    let held = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(held, 10, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.is_err()) {
        assert_eq!(*answer, Err(out_of_stock(&stocked, 1, 0)));
    }
    assert_eq!(ports.on_shelves(id).await, (10, 10));
    let moved = ports.check_shards(id).await;
    assert_eq!(moved.by(MovementKind::Held), 10);
}

pub async fn several_of_a_product_come_from_as_many_shards_as_it_takes(ports: &Ports<'_>) {
    let stocked = ports.shelved(12, 6).await;
    let id = &stocked.product.product_id;
    // Five each are in no shard alone.
    let requests: Vec<_> = (0..6).map(|_| ports.wanting(&[(id, 5)])).collect();
    let answers = all_at_once(requests.iter().map(|request| ports.reserve(request))).await;
    let held = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(held, 2, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.is_err()) {
        assert_eq!(*answer, Err(out_of_stock(&stocked, 5, 2)));
    }
    ports.check_shards(id).await;
}

pub async fn crossing_orders_of_products_hold_all_or_nothing(ports: &Ports<'_>) {
    let (one, other) = (ports.shelved(4, 2).await, ports.shelved(4, 2).await);
    let (one, other) = (&one.product.product_id, &other.product.product_id);
    let requests: Vec<_> = (0..12)
        .map(|number| match number % 2 {
            0 => ports.wanting(&[(one, 1), (other, 1)]),
            _ => ports.wanting(&[(other, 1), (one, 1)]),
        })
        .collect();
    let answers = all_at_once(requests.iter().map(|request| ports.reserve(request))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    for id in [one, other] {
        assert_eq!(ports.on_shelves(id).await, (4, 4));
        ports.check_shards(id).await;
    }
}

pub async fn what_lies_in_too_many_shards_is_drawn_together(ports: &Ports<'_>) {
    let mut products = Vec::new();
    for _ in 0..4 {
        products.push(ports.shelved(16, 16).await.product.product_id);
    }
    let wanted: Vec<_> = products.iter().map(|id| (id, 16)).collect();
    let request = ports.wanting(&wanted);
    assert!(ports.reserve(&request).await.is_ok());
    for id in &products {
        assert_eq!(ports.on_shelves(id).await, (16, 16));
        let moved = ports.check_shards(id).await;
        assert_eq!(moved.by(MovementKind::MovedIn), moved.by(MovementKind::MovedOut));
    }
}

pub async fn nothing_is_lost_while_everything_is_done_at_once(ports: &Ports<'_>) {
    let stocked = ports.shelved(40, 2).await;
    let (id, owner) = (&stocked.product.product_id, &stocked.product.owner_id);
    let holds = std::cell::Cell::new(0);
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for number in 0..30 {
        let holds = &holds;
        jobs.push(Box::pin(async move {
            let request = ports.wanting(&[(id, 1 + number % 3)]);
            match ports.reserve(&request).await {
                Ok(_) if number % 5 == 0 => ports.cancel(&ports.read_order(&request.order_id).await).await,
                Ok(_) => holds.set(holds.get() + 1 + number % 3),
                Err(Fault::Refused(Refusal::OutOfStock { .. })) => {}
                Err(other) => panic!("{other:?}"),
            }
        }));
    }
    for shards in [8, 3, 5] {
        let opening = move || open(ports.products, &Still, id, owner, shards);
        jobs.push(Box::pin(async move {
            patiently(opening).await.unwrap();
        }));
    }
    for delta in [9, -4, 3] {
        let adjustment = Adjustment {
            product_id: id.clone(),
            by: owner.clone(),
            delta,
            reason: "counted".to_owned(),
            once: ports.word("once"),
        };
        jobs.push(Box::pin(async move {
            let adjusted = patiently(|| adjust(ports.products, &Still, &adjustment)).await;
            let is_told = matches!(
                adjusted,
                Ok(_) | Err(Fault::Refused(Refusal::NotEnoughAvailable { .. }))
            );
            assert!(is_told, "{adjusted:?}");
        }));
    }
    for _ in 0..3 {
        jobs.push(Box::pin(async move {
            for _ in 0..PATIENCE {
                let read = ports.stocked_now(id).await;
                let edit = read.rewrite(read.product.clone(), super::NOW);
                match ports.products.commit(&edit).await {
                    Ok(()) => return,
                    Err(ProductError::Moved) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            panic!("an edit was always too late");
        }));
    }
    all_at_once(jobs).await;
    let moved = ports.check_shards(id).await;
    let (on_hand, held) = ports.on_shelves(id).await;
    assert_eq!(held, holds.get(), "every claim belongs to one order");
    assert_eq!(moved.by(MovementKind::MovedIn), moved.by(MovementKind::MovedOut));
    assert_eq!(
        on_hand + moved.by(MovementKind::Removed),
        40 + moved.by(MovementKind::Received)
    );
    // In peace, what is free comes to lie evenly.
    let level = level(ports.products, &Still, id).await.unwrap();
    let (opened, closed) = level.shards.split_at(usize::from(level.product.shards));
    let available = |shard: &domain::inventory::Shard| shard.balance.available();
    assert!(closed.iter().all(|shard| available(shard) == 0));
    let (least, most) = (
        opened.iter().map(available).min(),
        opened.iter().map(available).max(),
    );
    assert!(most.unwrap() - least.unwrap() <= 1);
    assert_eq!(ports.on_shelves(id).await, (on_hand, held));
}
