//! "Not enough" is said only when it was so at one moment, although shards are read one after the other.
//!
//! The last unit moves from shard to shard while they are read, so that every read finds it where it no longer is, or
//! not yet. Without the second look (`DoubleCollect`) each of these is refused what is there.

use crate::ports_contract::Still;
use domain::inventory::{
    Adjustment, SetInventory, Shard, ShardMovement, Transfer, adjust, next_transfer, set, total,
};
use domain::order::Kind;
use domain::ports::{Answer, HoldRequest, HoldStep, Orders, ProductError, Products, WantedProduct, Wish};
use domain::product::{Product, ProductDecision, ProductState, Stocked};
use domain::{Currency, OrderId, Page, PageRequest, PriceMinor, ProductId, Refusal, Timestamp, UserId};
use reserve_products::ReserveProducts;
use simulation::memory::{MemoryOrders, MemoryProducts, SharedTables};
use simulation::wire::Wire;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

/// Products of which all that is free moves while they are read, so many times.
struct Restless {
    products: MemoryProducts,
    torn_reads: AtomicU32,
}

impl Restless {
    /// Reads shard 0 before all that is free has moved there, and the others afterwards.
    async fn torn(&self, product_id: &ProductId) -> Result<Option<Stocked>, domain::Fault> {
        self.gather_in(product_id, 1).await;
        let Some(mut read) = self.products.stocked(product_id).await? else {
            return Ok(None);
        };
        let first = read.shards.first().cloned();
        self.gather_in(product_id, 0).await;
        if let Some(after) = self.products.stocked(product_id).await? {
            read = after;
        }
        if let (Some(slot), Some(first)) = (read.shards.first_mut(), first) {
            *slot = first;
        }
        Ok(Some(read))
    }

    /// Moves all that is free into one of the two shards.
    async fn gather_in(&self, product_id: &ProductId, number: u8) {
        let stocked = self.products.stocked(product_id).await.unwrap().unwrap();
        let (to, from): (Vec<&Shard>, Vec<&Shard>) =
            stocked.shards.iter().partition(|shard| shard.number == number);
        let (to, from) = (to[0].clone(), from[0].clone());
        let quantity = from.balance.available();
        if quantity > 0 {
            let decision = Transfer { from, to, quantity }.decide(NOW).unwrap();
            assert_eq!(self.products.commit(&decision).await, Ok(()));
        }
    }
}

impl Products for Restless {
    fn get<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Product>> {
        self.products.get(product_id)
    }

    fn stocked<'a>(&'a self, product_id: &'a ProductId) -> Answer<'a, Option<Stocked>> {
        Box::pin(async move {
            let left = self.torn_reads.load(Ordering::Relaxed);
            self.torn_reads.store(left.saturating_sub(1), Ordering::Relaxed);
            match left {
                0 => self.products.stocked(product_id).await,
                _ => self.torn(product_id).await,
            }
        })
    }

    fn list<'a>(&'a self, wish: &'a Wish, page: &'a PageRequest) -> Answer<'a, Page<Product>> {
        self.products.list(wish, page)
    }

    fn commit<'a>(&'a self, decision: &'a ProductDecision) -> Answer<'a, (), ProductError> {
        self.products.commit(decision)
    }

    fn was_done<'a>(&'a self, once: &'a str) -> Answer<'a, bool> {
        self.products.was_done(once)
    }

    fn movements_after<'a>(
        &'a self,
        product_id: &'a ProductId,
        shard: u8,
        after: u64,
        limit: u16,
    ) -> Answer<'a, Vec<ShardMovement>> {
        self.products.movements_after(product_id, shard, after, limit)
    }
}

fn product() -> Product {
    Product {
        product_id: ProductId::from_random([7; 16]),
        owner_id: UserId::from_random([1; 16]),
        title: "Oat drink".to_owned(),
        description: None,
        price_minor: PriceMinor::new(250).unwrap(),
        categories: BTreeSet::new(),
        version: 1,
        state: ProductState::Listed,
        shards: 0,
        shards_ever: 0,
        food: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// One unit of a product in two shards, the next `torn_reads` reads of which are torn; and the tables it is in.
async fn last_unit(torn_reads: u32) -> (Arc<Restless>, SharedTables) {
    let tables = SharedTables::default();
    let products = MemoryProducts::new(tables.clone(), Wire::default());
    let product = product();
    let making = ProductDecision {
        before: None,
        after: Some(product.clone()),
        changes: Vec::new(),
        opened: Vec::new(),
        once: None,
    };
    assert_eq!(products.commit(&making).await, Ok(()));
    let wish = SetInventory {
        product_id: product.product_id,
        by: product.owner_id,
        quantity: 1,
        shards: 2,
        once: "set".to_owned(),
    };
    set(&products, &Still, &wish).await.unwrap();
    let torn_reads = AtomicU32::new(torn_reads);
    (Arc::new(Restless { products, torn_reads }), tables)
}

fn step(quantity: u32) -> HoldStep {
    let request = HoldRequest {
        order_id: OrderId::from_random([9; 16]),
        user_id: UserId::from_random([2; 16]),
        kind: Kind::Product,
        tickets: Vec::new(),
        dishes: Vec::new(),
        products: vec![WantedProduct {
            product_id: product().product_id,
            quantity,
            version: None,
            max_price_minor: None,
        }],
        device_id: None,
        request_fingerprint: "fingerprint".to_owned(),
    };
    HoldStep {
        request,
        run: "run".to_owned(),
    }
}

fn reserve_products(products: &Arc<Restless>, tables: &SharedTables) -> ReserveProducts {
    let orders: Arc<dyn Orders> = Arc::new(MemoryOrders::new(tables.clone(), Wire::default()));
    ReserveProducts {
        orders,
        products: products.clone(),
        clock: Arc::new(Still),
        hold_ttl_s: 900,
        currency: Currency::parse("usd").unwrap(),
    }
}

#[tokio::test]
async fn a_torn_read_shows_nothing_where_something_is() {
    let (products, _) = last_unit(1).await;
    let id = product().product_id;
    let torn = products.stocked(&id).await.unwrap().unwrap();
    assert_eq!((total(&torn.shards).available(), torn.is_whole()), (0, true));
    let truth = products.stocked(&id).await.unwrap().unwrap();
    assert_eq!(total(&truth.shards).available(), 1);
    assert_eq!(next_transfer(&truth.shards, 2), None);
}

#[tokio::test]
async fn the_last_unit_is_had_although_it_moves_while_it_is_looked_for() {
    let (products, tables) = last_unit(3).await;
    let step = reserve_products(&products, &tables);
    assert!(step.handle(self::step(1)).await.is_ok());
    let stocked = products.stocked(&product().product_id).await.unwrap().unwrap();
    assert_eq!(total(&stocked.shards).held, 1);
}

#[tokio::test]
async fn what_is_not_there_is_refused_once_the_shards_stand_still() {
    let (products, tables) = last_unit(3).await;
    let refused = reserve_products(&products, &tables).handle(self::step(2)).await;
    let expected = Refusal::OutOfStock {
        product_id: product().product_id,
        wanted: 2,
        available: 1,
    };
    assert_eq!(refused, Err(expected.into()));
}

#[tokio::test]
async fn the_last_unit_can_be_taken_out_although_it_moves_while_it_is_looked_for() {
    let (products, _) = last_unit(3).await;
    let adjustment = Adjustment {
        product_id: product().product_id,
        by: product().owner_id,
        delta: -1,
        reason: "broken".to_owned(),
        once: "adjustment".to_owned(),
    };
    let adjusted = adjust(&*products, &Still, &adjustment).await.unwrap();
    assert_eq!(total(&adjusted.shards).on_hand, 0);
}
