//! The inventory of a product: set once, adjusted by movements, spread over more or fewer shards.

use super::Ports;
use super::products::Still;
use domain::inventory::{Adjustment, SetInventory, adjust, open, set, total};
use domain::ledger::MovementKind;
use domain::product::Stocked;
use domain::{Fault, Refusal};

pub async fn an_inventory_is_set_once(ports: &Ports<'_>) {
    let product = ports.made().await;
    let mut wish = SetInventory {
        product_id: product.product_id.clone(),
        by: product.owner_id.clone(),
        quantity: 7,
        shards: 3,
        once: ports.word("once"),
    };
    assert_eq!(ports.products.was_done(&wish.once).await, Ok(false));
    let stocked = set(ports.products, &Still, &wish).await.unwrap();
    assert!(stocked.is_whole());
    assert_eq!((stocked.product.shards, stocked.product.shards_ever), (3, 3));
    let on_hand: Vec<u32> = stocked.shards.iter().map(|shard| shard.balance.on_hand).collect();
    assert_eq!(on_hand, [3, 2, 2]);
    assert_eq!(ports.products.was_done(&wish.once).await, Ok(true));
    // The same request finds it done; another one is refused.
    assert_eq!(set(ports.products, &Still, &wish).await, Ok(stocked.clone()));
    wish.once = ports.word("once");
    let is_set = Refusal::InventoryAlreadySet {
        product_id: product.product_id.clone(),
    };
    assert_eq!(set(ports.products, &Still, &wish).await, Err(is_set.into()));
    wish.by = ports.user();
    assert_eq!(
        set(ports.products, &Still, &wish).await,
        Err(Refusal::NotYours.into())
    );
    assert_eq!(ports.on_shelves(&product.product_id).await, (7, 0));
    let moved = ports.check_shards(&product.product_id).await;
    assert_eq!(moved.by(MovementKind::Set), 7);
}

pub async fn an_inventory_of_nothing_is_set_all_the_same(ports: &Ports<'_>) {
    let stocked = ports.shelved(0, 2).await;
    assert_eq!(stocked.shards.len(), 2);
    assert!(stocked.shards.iter().all(|shard| shard.seq == 0));
}

pub async fn an_adjustment_is_booked_once(ports: &Ports<'_>) {
    let stocked = ports.shelved(4, 2).await;
    let id = &stocked.product.product_id;
    let mut adjustment = Adjustment {
        product_id: id.clone(),
        by: stocked.product.owner_id.clone(),
        delta: 5,
        reason: "delivery".to_owned(),
        once: ports.word("once"),
    };
    for _ in 0..2 {
        let adjusted = adjust(ports.products, &Still, &adjustment).await.unwrap();
        assert_eq!(total(&adjusted.shards).on_hand, 9);
    }
    ports.placed_products(&ports.stocked_now(id).await, 3).await;
    adjustment.delta = -7;
    adjustment.once = ports.word("once");
    let too_much = Refusal::NotEnoughAvailable {
        product_id: id.clone(),
        wanted: 7,
        available: 6,
    };
    assert_eq!(
        adjust(ports.products, &Still, &adjustment).await,
        Err(too_much.into())
    );
    adjustment.delta = -6;
    for _ in 0..2 {
        // The second time nothing is free any more; it was done all the same.
        adjust(ports.products, &Still, &adjustment).await.unwrap();
        assert_eq!(ports.on_shelves(id).await, (3, 3));
    }
    let unset = ports.made().await;
    adjustment.product_id = unset.product_id;
    adjustment.by = unset.owner_id;
    adjustment.once = ports.word("once");
    let refused = adjust(ports.products, &Still, &adjustment).await;
    assert!(matches!(
        refused,
        Err(Fault::Refused(Refusal::InventoryNotSet { .. }))
    ));
    let moved = ports.check_shards(id).await;
    assert_eq!(
        (moved.by(MovementKind::Received), moved.by(MovementKind::Removed)),
        (5, 6)
    );
}

pub async fn shards_are_opened_and_closed_and_what_is_free_is_levelled(ports: &Ports<'_>) {
    let stocked = ports.shelved(10, 1).await;
    let (id, owner) = (&stocked.product.product_id, &stocked.product.owner_id);
    ports.placed_products(&stocked, 2).await;
    let opened = open(ports.products, &Still, id, owner, 4).await.unwrap();
    let available = |stocked: &Stocked| {
        let shards = stocked.shards.iter();
        shards.map(|shard| shard.balance.available()).collect::<Vec<_>>()
    };
    assert_eq!(available(&opened), [2, 2, 2, 2]);
    assert_eq!((opened.product.shards, opened.product.shards_ever), (4, 4));
    let closed = open(ports.products, &Still, id, owner, 2).await.unwrap();
    assert_eq!(available(&closed), [4, 4, 0, 0]);
    assert_eq!((closed.product.shards, closed.product.shards_ever), (2, 4));
    // What is asked for already changes nothing.
    assert_eq!(open(ports.products, &Still, id, owner, 2).await, Ok(closed));
    assert_eq!(ports.on_shelves(id).await, (10, 2));
    let moved = ports.check_shards(id).await;
    assert_eq!(moved.by(MovementKind::MovedIn), moved.by(MovementKind::MovedOut));
}
