//! Products: each is written from the version that was read, an order holds from shards at the price that was read,
//! and its claims end once.

use super::ledgers::effect;
use super::{NOW, Ports, change, price};
use domain::inventory::{Asked, Holding, SetInventory, Shard, ShardMovement, hold, set, total};
use domain::ledger::MovementKind;
use domain::order::NewOrder;
use domain::ports::{Clock, CommitError, ProductError};
use domain::product::{Product, ProductDecision, ProductState, Stocked};
use domain::stock::StockChange;
use domain::{
    CardToken, ChargeOutcome, Currency, Decision, Fault, Order, OrderId, ProductId, Status, Timestamp,
};
use std::collections::BTreeSet;

/// A clock that stands.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

impl Ports<'_> {
    /// A product that nobody has made yet.
    pub(super) fn product(&self) -> Product {
        Product {
            product_id: ProductId::from_random(self.bytes16()),
            owner_id: self.user(),
            title: "Oat drink".to_owned(),
            description: None,
            price_minor: price(250),
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

    /// Makes a product without inventory.
    pub(super) async fn made(&self) -> Product {
        let product = self.product();
        let decision = making(&product);
        assert_eq!(self.products.commit(&decision).await, Ok(()));
        product
    }

    /// Makes a product and sets its inventory.
    pub(super) async fn shelved(&self, quantity: u32, shards: u8) -> Stocked {
        let product = self.made().await;
        let wish = SetInventory {
            product_id: product.product_id,
            by: product.owner_id,
            quantity,
            shards,
            once: self.word("once"),
        };
        set(self.products, &Still, &wish).await.unwrap()
    }

    pub(super) async fn stocked_now(&self, product_id: &ProductId) -> Stocked {
        let stocked = self.products.stocked(product_id).await.unwrap();
        stocked.expect("the product is there")
    }

    /// How much is on hand in all shards, and how much of it is held.
    pub(super) async fn on_shelves(&self, product_id: &ProductId) -> (u32, u32) {
        let balance = total(&self.stocked_now(product_id).await.shards);
        (balance.on_hand, balance.held)
    }

    /// The decision to hold so many of a product for a fresh buyer.
    pub(super) fn placing_products(&self, stocked: &Stocked, quantity: u32) -> Decision {
        let new = NewOrder {
            order_id: OrderId::from_random(self.bytes16()),
            user_id: self.user(),
            lines: Vec::new(),
            currency: Currency::parse("usd").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "fingerprint".to_owned(),
            run: domain::HoldRun::of_execution("run"),
        };
        let asked = Asked {
            stocked: stocked.clone(),
            quantity,
            seen: None,
            max_price_minor: None,
        };
        match hold(new, &[asked], 0, NOW).unwrap() {
            Holding::Held(decision) => *decision,
            scattered @ Holding::Scattered { .. } => panic!("{scattered:?}"),
        }
    }

    pub(super) async fn placed_products(&self, stocked: &Stocked, quantity: u32) -> Order {
        let decision = self.placing_products(stocked, quantity);
        assert_eq!(self.orders.commit(&decision).await, Ok(()));
        decision.after
    }

    /// Every movement of a product, by shard.
    async fn movements_of(&self, stocked: &Stocked, limit: u16) -> Vec<Vec<ShardMovement>> {
        let mut of_shards = Vec::new();
        for shard in &stocked.shards {
            let mut movements: Vec<ShardMovement> = Vec::new();
            loop {
                let after = movements.last().map_or(0, |movement| movement.seq);
                let more = self
                    .products
                    .movements_after(&shard.product_id, shard.number, after, limit);
                let more = more.await.unwrap();
                assert!(more.len() <= usize::from(limit), "more than asked for");
                if more.is_empty() {
                    break;
                }
                movements.extend(more);
            }
            of_shards.push(movements);
        }
        of_shards
    }

    /// Checks that every shard is the sum of its movements; returns how much moved in each way.
    pub(super) async fn check_shards(&self, product_id: &ProductId) -> Moved {
        let stocked = self.stocked_now(product_id).await;
        assert!(stocked.is_whole());
        let of_shards = self.movements_of(&stocked, 7).await;
        for (shard, movements) in stocked.shards.iter().zip(&of_shards) {
            let (mut on_hand, mut held) = (0, 0);
            for (seq, movement) in (1_u64..).zip(movements) {
                assert_eq!(movement.seq, seq, "a number is missing or given twice");
                assert_eq!(movement.shard, shard.number);
                let (of_on_hand, of_held) = effect(movement.kind);
                on_hand += of_on_hand * i64::from(movement.quantity);
                held += of_held * i64::from(movement.quantity);
                assert_eq!(pair(movement.balance), (on_hand, held));
            }
            assert_eq!(pair(shard.balance), (on_hand, held));
            assert_eq!(shard.seq, u64::try_from(movements.len()).unwrap());
        }
        Moved(of_shards.into_iter().flatten().collect())
    }
}

/// Everything that ever moved of one product.
pub(super) struct Moved(Vec<ShardMovement>);

impl Moved {
    /// How much moved in this way.
    pub(super) fn by(&self, kind: MovementKind) -> u32 {
        let of_kind = self.0.iter().filter(|movement| movement.kind == kind);
        of_kind.map(|movement| movement.quantity).sum()
    }
}

fn pair(balance: domain::ledger::Balance) -> (i64, i64) {
    (balance.on_hand.into(), balance.held.into())
}

fn making(product: &Product) -> ProductDecision {
    ProductDecision {
        before: None,
        after: Some(product.clone()),
        changes: Vec::new(),
        opened: Vec::new(),
        once: None,
    }
}

fn moving(stocked: &Stocked, kind: MovementKind) -> impl Fn(&Shard, u32) -> StockChange {
    let product_id = stocked.product.product_id.clone();
    move |shard, quantity| StockChange::MoveProduct {
        product_id: product_id.clone(),
        shard: shard.number,
        kind,
        quantity,
        cause: "cause".to_owned(),
        seen: None,
    }
}

pub async fn a_product_is_made_once_and_written_from_the_version_that_was_read(ports: &Ports<'_>) {
    let product = ports.made().await;
    let id = &product.product_id;
    assert_eq!(ports.products.get(id).await, Ok(Some(product.clone())));
    assert_eq!(
        ports.products.commit(&making(&product)).await,
        Err(ProductError::Moved)
    );
    let read = ports.stocked_now(id).await;
    assert!(read.is_whole() && read.shards.is_empty());
    let edit = read.rewrite(product.clone(), NOW.plus_s(1));
    assert_eq!(ports.products.commit(&edit).await, Ok(()));
    assert_eq!(ports.products.commit(&edit).await, Err(ProductError::Moved));
    assert_eq!(ports.products.get(id).await, Ok(edit.after));
    let unheard_of = ports.product().product_id;
    assert_eq!(ports.products.get(&unheard_of).await, Ok(None));
    assert_eq!(ports.products.stocked(&unheard_of).await, Ok(None));
}

pub async fn an_order_of_products_holds_from_shards_and_ending_frees_them(ports: &Ports<'_>) {
    let stocked = ports.shelved(6, 3).await;
    let id = &stocked.product.product_id;
    let order = ports.placed_products(&stocked, 5).await;
    assert_eq!(ports.read_order(&order.order_id).await, order);
    assert_eq!(order.takes().map(|(_, take)| take.quantity).sum::<u32>(), 5);
    assert_eq!(ports.on_shelves(id).await, (6, 5));
    let cancelling = change(order.cancel(NOW));
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    assert_eq!(ports.on_shelves(id).await, (6, 0));
    assert_eq!(
        ports.orders.commit(&cancelling).await,
        Err(CommitError::OrderMoved)
    );
    assert_eq!(ports.on_shelves(id).await, (6, 0));
    let moved = ports.check_shards(id).await;
    assert_eq!(
        (moved.by(MovementKind::Held), moved.by(MovementKind::Released)),
        (5, 5)
    );
}

pub async fn asking_the_supplier_sells_what_was_held_of_products(ports: &Ports<'_>) {
    let stocked = ports.shelved(6, 3).await;
    let id = &stocked.product.product_id;
    let order = ports.placed_products(&stocked, 4).await;
    let paying = change(order.begin_payment(CardToken::parse("tok_visa").unwrap(), NOW));
    assert_eq!(ports.orders.commit(&paying).await, Ok(()));
    let paid = change(paying.after.record_outcome(1, &ChargeOutcome::Succeeded, 0, NOW));
    assert_eq!(ports.orders.commit(&paid).await, Ok(()));
    let asked = change(paid.after.ask_supplier(0, NOW));
    assert_eq!(ports.orders.commit(&asked).await, Ok(()));
    assert_eq!(ports.on_shelves(id).await, (2, 0), "sold before it travels");
    let shipped = change(asked.after.ship(0, NOW));
    assert_eq!(ports.orders.commit(&shipped).await, Ok(()));
    let completed = change(shipped.after.complete(NOW));
    assert_eq!(ports.orders.commit(&completed).await, Ok(()));
    assert_eq!(ports.read_order(&order.order_id).await.status, Status::Completed);
    assert_eq!(ports.on_shelves(id).await, (2, 0), "and not a second time");
    let moved = ports.check_shards(id).await;
    assert_eq!(moved.by(MovementKind::Sold), 4);
}

pub async fn a_hold_needs_the_number_and_the_terms_that_were_read(ports: &Ports<'_>) {
    let stocked = ports.shelved(6, 1).await;
    let id = &stocked.product.product_id;
    let (first, second) = (
        ports.placing_products(&stocked, 1),
        ports.placing_products(&stocked, 1),
    );
    assert_eq!(ports.orders.commit(&first).await, Ok(()));
    // There would be enough for both; but what the second was decided from is no longer so.
    assert_eq!(ports.orders.commit(&second).await, Err(CommitError::LedgerMoved));
    assert_eq!(ports.orders.get(&second.after.order_id).await, Ok(None));
    // Again the same request: the order comes first.
    assert_eq!(ports.orders.commit(&first).await, Err(CommitError::OrderMoved));
    let read = ports.stocked_now(id).await;
    let third = ports.placing_products(&read, 1);
    let mut dearer = read.product.clone();
    dearer.price_minor = price(999);
    assert_eq!(ports.products.commit(&read.rewrite(dearer, NOW)).await, Ok(()));
    assert_eq!(ports.orders.commit(&third).await, Err(CommitError::LedgerMoved));
    let fourth = ports.placing_products(&ports.stocked_now(id).await, 1);
    assert_eq!(fourth.after.total_minor, price(999));
    assert_eq!(ports.orders.commit(&fourth).await, Ok(()));
    assert_eq!(ports.on_shelves(id).await, (6, 2));
    ports.check_shards(id).await;
}

pub async fn an_edit_is_written_whatever_was_held_since(ports: &Ports<'_>) {
    let stocked = ports.shelved(6, 2).await;
    let id = &stocked.product.product_id;
    let edit = stocked.rewrite(stocked.product.clone(), NOW);
    ports.placed_products(&stocked, 2).await;
    assert_eq!(ports.products.commit(&edit).await, Ok(()));
    assert_eq!(ports.on_shelves(id).await, (6, 2));
    ports.check_shards(id).await;
}

pub async fn a_claim_on_a_shard_that_is_not_there_is_a_defect(ports: &Ports<'_>) {
    let stocked = ports.shelved(6, 1).await;
    let id = &stocked.product.product_id;
    let order = ports.placed_products(&stocked, 2).await;
    let shard = &stocked.shards[0];
    let beyond = Shard::empty(id, 9, 1);
    for (kind, shard, quantity) in [
        (MovementKind::Released, shard, 3),
        (MovementKind::Sold, shard, 3),
        (MovementKind::Held, shard, 5),
        (MovementKind::Released, &beyond, 1),
    ] {
        let mut wrong = change(order.cancel(NOW));
        wrong.stock = vec![moving(&stocked, kind)(shard, quantity)];
        let refused = ports.orders.commit(&wrong).await;
        assert!(
            matches!(refused, Err(CommitError::Fault(Fault::Defect(_)))),
            "{refused:?}"
        );
    }
    assert_eq!(ports.on_shelves(id).await, (6, 2));
    let mut back = change(order.cancel(NOW));
    back.stock.push(moving(&stocked, MovementKind::Held)(shard, 1));
    let refused = ports.orders.commit(&back).await;
    assert!(matches!(refused, Err(CommitError::Fault(Fault::Defect(_)))));
}

pub async fn what_was_sold_and_comes_back_is_free(ports: &Ports<'_>) {
    let stocked = ports.shelved(6, 1).await;
    let id = &stocked.product.product_id;
    let order = ports.placed_products(&stocked, 2).await;
    let shard = &stocked.shards[0];
    let mut decision = change(order.cancel(NOW));
    decision.stock = vec![moving(&stocked, MovementKind::Sold)(shard, 2)];
    assert_eq!(ports.orders.commit(&decision).await, Ok(()));
    assert_eq!(ports.on_shelves(id).await, (4, 0));
    let mut later = decision.clone();
    later.before = Some((decision.after.version, decision.after.status));
    later.after.version += 1;
    later.stock = vec![moving(&stocked, MovementKind::Returned)(shard, 2)];
    assert_eq!(ports.orders.commit(&later).await, Ok(()));
    assert_eq!(ports.on_shelves(id).await, (6, 0));
    ports.check_shards(id).await;
}
