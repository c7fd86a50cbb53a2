//! Random legal histories: people list tickets and products, order, pay, cancel and want their money back; money comes
//! late; kitchens, warehouses and shards move.

use domain::Status;
use domain::conservation::Sources;
use domain::dish::Recipe;
use domain::inventory::{Asked, Holding, hold, next_transfer};
use domain::ledger::{Ingredient, Place};
use domain::order::{Interruption, Kind, Line, NewOrder, Thing};
use domain::payment::{CardToken, ChargeOutcome, RefundOutcome};
use domain::ports::{Clock, Ledgers, Orders, Products, Supplies, Tickets};
use domain::product::edits::NewProduct;
use domain::product::{ProductDecision, Stocked};
use domain::refund::RefundLine;
use domain::supply::{Supply, SupplyDecision, SupplyStatus};
use domain::{
    Currency, Decision, DishId, Fault, Order, OrderId, PriceMinor, ProductId, Ruling, SupplyId, Ticket,
    TicketId, TicketState, Timestamp, UserId,
};
use simulation::memory::{
    MemoryLedgers, MemoryMoney, MemoryOrders, MemoryProducts, MemoryRows, MemorySupplies, MemoryTickets,
    SharedTables,
};
use simulation::wire::Wire;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};

/// The answer of a future that waits for nothing.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("something was waited for"),
    }
}

/// A clock that a history moves.
#[derive(Debug, Default)]
pub struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

/// How many kinds of steps there are.
pub const KINDS: u8 = 26;

/// A shop to which things happen.
pub struct History {
    pub tables: SharedTables,
    pub rows: MemoryRows,
    pub ledgers: MemoryLedgers,
    orders: MemoryOrders,
    tickets: MemoryTickets,
    supplies: MemorySupplies,
    products: MemoryProducts,
    money: MemoryMoney,
    clock: Arc<Hand>,
    drawn: AtomicU8,
}

impl History {
    /// The shop after these steps.
    pub fn of(steps: &[(u8, u8)]) -> Self {
        let (tables, wire) = (SharedTables::default(), Wire::default());
        let history = Self {
            rows: MemoryRows::new(tables.clone(), wire.clone()),
            ledgers: MemoryLedgers::new(tables.clone(), wire.clone()),
            orders: MemoryOrders::new(tables.clone(), wire.clone()),
            tickets: MemoryTickets::new(tables.clone(), wire.clone()),
            supplies: MemorySupplies::new(tables.clone(), wire.clone()),
            products: MemoryProducts::new(tables.clone(), wire.clone()),
            money: MemoryMoney::new(tables.clone(), wire),
            tables,
            clock: Arc::default(),
            drawn: AtomicU8::new(0),
        };
        for step in steps {
            history.step(*step);
        }
        history
    }

    pub fn sources(&self) -> Sources {
        Sources {
            rows: Arc::new(self.rows.clone()),
            orders: Arc::new(self.orders.clone()),
            tickets: Arc::new(self.tickets.clone()),
            supplies: Arc::new(self.supplies.clone()),
            ledgers: Arc::new(self.ledgers.clone()),
            products: Arc::new(self.products.clone()),
            money: Arc::new(self.money.clone()),
            clock: self.clock.clone(),
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn fresh(&self) -> [u8; 16] {
        [self.drawn.fetch_add(1, Ordering::Relaxed); 16]
    }

    /// Does one thing, if the rules allow it.
    pub fn step(&self, (what, luck): (u8, u8)) {
        self.clock.0.fetch_add(1_000, Ordering::Relaxed);
        let card = CardToken::parse("tok_visa").unwrap();
        match what {
            0 => self.list_ticket(),
            1 | 2 => self.order_tickets(luck),
            3 => self.stock_up(luck),
            4 | 5 => self.order_dishes(luck),
            6 => self.rule(luck, |order, now| order.begin_payment(card.clone(), now)),
            7 => self.rule(luck, |order, now| {
                let number = u32::try_from(order.attempts.len()).unwrap();
                order.record_outcome(number, &ChargeOutcome::Succeeded, 0, now)
            }),
            8 => {
                for _ in 0..=luck % 3 {
                    self.rule(luck, fulfil);
                }
            }
            9 => self.rule(luck, Order::cancel),
            10 => {
                let hour = |order: &Order, now: Timestamp| order.expire(now.plus_s(3_600));
                self.rule(luck, hour);
            }
            11 => self.rule(luck, |order, now| order.void(Interruption::Unavailable, now)),
            12 => self.open_supply(luck),
            13 => self.supply(luck, |supply, now| {
                let warehouse = at_once(self.ledgers.head(Place::Warehouse)).unwrap();
                supply.take_what_there_is(warehouse.balance(&supply.ingredient), now)
            }),
            14 => self.supply(luck, |supply, now| match luck % 4 {
                0 => supply.give_up(now),
                _ => supply.book_purchase(supply.next_round(), u32::from(luck % 11), now),
            }),
            15 => self.receive(luck),
            16 => self.list_product(luck),
            17 | 18 => self.order_products(luck),
            19 => self.change_inventory(luck, |stocked, once, now| {
                let delta = i32::from(luck % 13) - 5;
                stocked.adjust(delta, "counted again", once, 2, now).ok()
            }),
            20 => self.change_inventory(luck, |stocked, _, now| {
                next_transfer(&stocked.shards, stocked.product.shards)?.decide(now)
            }),
            21 => self.rule(luck, |order, now| ask_back(order, luck, now)),
            22 | 23 => self.rule(luck, |order, now| {
                // An open one; or, seldom, one that the bank returns days later.
                let returned = order.refunds.first().filter(|_| luck.is_multiple_of(5));
                let Some(refund) = order.open_refund().or(returned) else {
                    return Ok(Ruling::AlreadyDone);
                };
                let provider_id = format!("re_{}", refund.number);
                // Of an order that keeps no sale, a refund that fails is money that is owed: rightly red (see below).
                let keeps_a_sale = order.status == Status::Completed;
                let outcome = match luck % 5 {
                    0 if keeps_a_sale => RefundOutcome::Failed {
                        code: "lost".to_owned(),
                    },
                    1 => RefundOutcome::Pending { provider_id },
                    _ => RefundOutcome::Succeeded { provider_id },
                };
                match luck % 2 {
                    0 => order.record_refund(refund.number, &outcome, now),
                    _ => order.hear_of_refund(refund.number, &outcome, now),
                }
            }),
            24 => self.rule(luck, Order::owe_refund),
            _ => self.rule(luck, |order, now| match order.takes().next() {
                // Products are held again from shards that are read anew; tickets say all there is to say.
                Some(_) => Ok(Ruling::AlreadyDone),
                None => order.hold_again(order.lines.clone(), Vec::new(), now),
            }),
        }
    }

    /// The bank returns every refund of an order that was given back in full; which order, and how much is owed again.
    pub fn bank_returns_everything(&self) -> Option<(OrderId, i64)> {
        let refunded = |order: &&Order| order.status == Status::Refunded;
        let order = self
            .tables
            .lock()
            .unwrap()
            .orders
            .values()
            .find(refunded)
            .cloned()?;
        let lost = RefundOutcome::Failed {
            code: "lost".to_owned(),
        };
        for refund in &order.refunds {
            let present = at_once(self.orders.get(&order.order_id)).ok()??;
            if let Ok(Ruling::Change(decision)) = present.hear_of_refund(refund.number, &lost, self.now()) {
                self.commit(&decision);
            }
        }
        Some((order.order_id, i64::try_from(order.total_minor.as_minor()).ok()?))
    }

    fn list_product(&self, luck: u8) {
        let new = NewProduct {
            product_id: ProductId::from_random(self.fresh()),
            owner_id: UserId::from_random([200; 16]),
            title: "Lamp".to_owned(),
            description: None,
            price_minor: PriceMinor::new(2_500).unwrap(),
        };
        let product_id = new.product_id.clone();
        self.commit_product(&new.create(self.now()));
        let stocked = at_once(self.products.stocked(&product_id)).unwrap().unwrap();
        let set = stocked.set(
            u32::from(luck % 40),
            1 + luck % 3,
            product_id.as_str(),
            self.now(),
        );
        self.commit_product(&set.unwrap());
    }

    fn commit_product(&self, decision: &ProductDecision) {
        at_once(self.products.commit(decision)).ok();
    }

    /// The products with their shards, beginning with one of them.
    fn stocked_from(&self, luck: u8) -> Vec<Stocked> {
        let ids: Vec<ProductId> = self.tables.lock().unwrap().products.keys().cloned().collect();
        let count = ids.len();
        let from = ids.iter().cycle().skip(usize::from(luck) % count.max(1));
        from.take(count)
            .filter_map(|id| at_once(self.products.stocked(id)).unwrap())
            .collect()
    }

    fn order_products(&self, luck: u8) {
        let asked = self
            .stocked_from(luck)
            .into_iter()
            .take(1 + usize::from(luck % 2));
        let quantity = 1 + u32::from(luck % 9);
        let asked: Vec<Asked> = asked
            .map(|stocked| Asked {
                stocked,
                quantity,
                seen: None,
                max_price_minor: None,
            })
            .collect();
        let new = self.new_order(luck, Vec::new());
        if !asked.is_empty()
            && let Ok(Holding::Held(decision)) = hold(new, &asked, u64::from(luck), self.now())
        {
            self.commit(&decision);
        }
    }

    fn change_inventory(
        &self,
        luck: u8,
        decide: impl Fn(&Stocked, &str, Timestamp) -> Option<ProductDecision>,
    ) {
        let once = format!("once {}", self.now().as_ms());
        let mut all = self.stocked_from(luck).into_iter();
        if let Some(decision) = all.find_map(|stocked| decide(&stocked, &once, self.now())) {
            self.commit_product(&decision);
        }
    }

    fn list_ticket(&self) {
        let ticket = Ticket {
            ticket_id: TicketId::from_random(self.fresh()),
            owner_id: UserId::from_random([200; 16]),
            title: "Row 1".to_owned(),
            price_minor: PriceMinor::new(4_500).unwrap(),
            event: None,
            venue: None,
            starts_at: None,
            version: 1,
            state: TicketState::Available,
            hold: None,
            holds_ever: 0,
            created_at: self.now(),
        };
        at_once(self.tickets.create(&ticket)).unwrap();
    }

    fn new_order(&self, luck: u8, lines: Vec<Line>) -> NewOrder {
        NewOrder {
            order_id: OrderId::from_random(self.fresh()),
            user_id: UserId::from_random([luck % 3; 16]),
            lines,
            currency: Currency::parse("usd").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "f".to_owned(),
            run: domain::HoldRun::of_execution("run"),
        }
    }

    fn commit(&self, decision: &Decision) {
        // A lost race and a refusal are as legal as a success.
        at_once(self.orders.commit(decision)).ok();
    }

    fn order_tickets(&self, luck: u8) {
        let ids: Vec<TicketId> = self.tables.lock().unwrap().tickets.keys().cloned().collect();
        if ids.is_empty() {
            return;
        }
        let first = usize::from(luck) % ids.len();
        let lines = ids
            .iter()
            .skip(first)
            .take(1 + usize::from(luck % 2))
            .map(|id| Line {
                thing: Thing::Ticket {
                    ticket_id: id.clone(),
                    version: 1,
                },
                title: "Row 1".to_owned(),
                quantity: 1,
                price_minor: PriceMinor::new(4_500).unwrap(),
            });
        let new = self.new_order(luck, lines.collect());
        self.commit(&Order::place(new, self.now()).unwrap());
    }

    fn stock_up(&self, luck: u8) {
        let place = [Place::Kitchen, Place::Warehouse][usize::from(luck % 2)];
        let stock = [(ingredient(luck), u32::from(luck % 9) + 1)];
        let cause = format!("seed {}", self.fresh()[0]);
        at_once(self.ledgers.stock_up(place, &stock, &cause, self.now())).unwrap();
    }

    fn order_dishes(&self, luck: u8) {
        let needed = Recipe::from([
            (ingredient(luck), u32::from(luck % 7) + 1),
            (ingredient(luck / 2 + 1), u32::from(luck % 3) + 1),
        ]);
        let line = Line {
            thing: Thing::Dish {
                dish_id: DishId::derived_from_key("salad"),
            },
            title: "Salad".to_owned(),
            quantity: 1,
            price_minor: PriceMinor::new(950).unwrap(),
        };
        let kitchen = at_once(self.ledgers.head(Place::Kitchen)).unwrap();
        let new = self.new_order(luck, vec![line]);
        self.commit(&Order::place_dishes(new, &needed, &kitchen, self.now()).unwrap());
    }

    /// The orders, beginning with one of them.
    fn orders_from(&self, luck: u8) -> Vec<Order> {
        let tables = self.tables.lock().unwrap();
        let count = tables.orders.len();
        let all = tables.orders.values().cycle();
        all.skip(usize::from(luck) % count.max(1))
            .take(count)
            .cloned()
            .collect()
    }

    /// Carries out a ruling about the first order to which it applies.
    fn rule(&self, luck: u8, decide: impl Fn(&Order, Timestamp) -> Result<Ruling, Fault>) {
        let mut orders = self.orders_from(luck).into_iter();
        let decision = orders.find_map(|order| match decide(&order, self.now()) {
            Ok(Ruling::Change(decision)) => Some(decision),
            Ok(Ruling::AlreadyDone) | Err(_) => None,
        });
        if let Some(decision) = decision {
            self.commit(&decision);
        }
    }

    fn open_supply(&self, luck: u8) {
        let mut orders = self.orders_from(luck).into_iter();
        let missing = orders.find_map(|order| {
            let missing = order.missing().find(|missing| {
                let id = SupplyId::of_order(&order.order_id, missing.ingredient.as_str());
                at_once(self.supplies.get(&id)).unwrap().is_none()
            });
            Some((order.order_id, missing?))
        });
        if let Some((order_id, missing)) = missing {
            let opening = Supply::open(&order_id, &missing.ingredient, missing.quantity, self.now());
            self.commit_supply(&opening);
        }
    }

    fn commit_supply(&self, decision: &SupplyDecision) {
        let warehouse = at_once(self.ledgers.head(Place::Warehouse)).unwrap();
        at_once(self.supplies.commit(decision, &warehouse, self.now())).ok();
    }

    fn supply(&self, luck: u8, decide: impl Fn(&Supply, Timestamp) -> Option<SupplyDecision>) {
        let supplies: Vec<Supply> = {
            let tables = self.tables.lock().unwrap();
            let count = tables.supplies.len();
            let all = tables.supplies.values().cycle();
            all.skip(usize::from(luck) % count.max(1))
                .take(count)
                .cloned()
                .collect()
        };
        let mut supplies = supplies.iter();
        if let Some(decision) = supplies.find_map(|supply| decide(supply, self.now())) {
            self.commit_supply(&decision);
        }
    }

    /// What has left the warehouse comes to the kitchen.
    fn receive(&self, luck: u8) {
        let orders = self.orders_from(luck);
        let waiting = orders
            .iter()
            .flat_map(|order| order.missing().map(move |missing| (order, missing)));
        for (order, missing) in waiting {
            let supply_id = SupplyId::of_order(&order.order_id, missing.ingredient.as_str());
            let supply = at_once(self.supplies.get(&supply_id)).unwrap();
            if let Some(supply) = supply.filter(|supply| supply.status == SupplyStatus::Given) {
                let ruling = order.receive(&missing.ingredient, supply.wanted, self.now());
                if let Ok(Ruling::Change(decision)) = ruling {
                    self.commit(&decision);
                }
                return;
            }
        }
    }
}

/// The buyer wants some of it back, or everything.
fn ask_back(order: &Order, luck: u8, now: Timestamp) -> Result<Ruling, Fault> {
    let lines: &[RefundLine] = match luck % 2 {
        0 => &[],
        _ => &[RefundLine { line: 0, quantity: 1 }],
    };
    order.ask_refund(lines, None, now)
}

/// One of three ingredients.
fn ingredient(luck: u8) -> Ingredient {
    Ingredient::parse(["lechuga", "pollo", "queso"][usize::from(luck % 3)]).unwrap()
}

/// The next step of an order that is paid, whichever that is.
fn fulfil(order: &Order, now: Timestamp) -> Result<Ruling, Fault> {
    match (order.kind(), order.status) {
        (Kind::Product, Status::Paid) if !order.has_sold_products() => order.ask_supplier(0, now),
        (Kind::Product, Status::Paid) => order.ship(0, now),
        _ => order.complete(now),
    }
}
