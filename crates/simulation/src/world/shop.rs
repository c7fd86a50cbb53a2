//! What a shop has to sell, and how orders, tickets and stock stand.

use super::{NoWorld, World};
use crate::definitions::machine_arn;
use crate::wire::lock;
use domain::device::{DeviceStock, MacAddress, Watch};
use domain::dish::{Dish, Recipe};
use domain::inventory::total;
use domain::ledger::{Balance, Ingredient, Place};
use domain::money::PRICE_MAX_MINOR;
use domain::ports::ProductError;
use domain::product::Stocked;
use domain::product::edits::NewProduct;
use domain::supply::Supply;
use domain::{
    Device, DeviceId, DishId, Fault, IdempotencyKey, Order, OrderId, PriceMinor, ProductId, Ticket, TicketId,
    TicketState, Timestamp, UserId,
};
use serde_json::json;

impl World {
    /// Lists a ticket of some owner and returns its id.
    pub fn list_ticket(&mut self, number: u8) -> TicketId {
        let ticket_id = TicketId::from_random([number; 16]);
        let ticket = Ticket {
            ticket_id: ticket_id.clone(),
            owner_id: UserId::from_random([255; 16]),
            title: format!("Seat {number}"),
            price_minor: PriceMinor::new(1_000 + u64::from(number)).unwrap_or_default(),
            event: None,
            venue: None,
            starts_at: None,
            version: 1,
            state: TicketState::Available,
            hold: None,
            holds_ever: 0,
            created_at: Timestamp::from_ms(i64::try_from(self.now_ms()).unwrap_or_default()),
        };
        lock(&self.tables).tickets.insert(ticket_id.clone(), ticket);
        ticket_id
    }

    /// Lists a product with so many in stock, spread over so many shards, and returns its id.
    ///
    /// # Errors
    /// [`Fault`] for an inventory that cannot be, or a number that stands for another product.
    pub fn stock_product(&mut self, number: u8, quantity: u32, shards: u8) -> Result<ProductId, Fault> {
        let now = Timestamp::from_ms(i64::try_from(self.now_ms()).unwrap_or_default());
        let product_id = ProductId::from_random([number; 16]);
        let new = NewProduct {
            product_id: product_id.clone(),
            owner_id: UserId::from_random([255; 16]),
            title: format!("Product {number}"),
            description: None,
            price_minor: PriceMinor::new(300 + u64::from(number)).unwrap_or_default(),
        };
        let refused = |error| match error {
            ProductError::Fault(fault) => fault,
            ProductError::Moved | ProductError::DoneBefore => {
                Fault::Defect(format!("product {number} is there already"))
            }
        };
        let mut tables = lock(&self.tables);
        let created = new.create(now);
        tables.commit_product(&created).map_err(refused)?;
        let fresh = Stocked {
            product: created
                .after
                .ok_or_else(|| Fault::Defect("a product was made and is not there".to_owned()))?,
            shards: Vec::new(),
        };
        let set = fresh.set(quantity, shards, &format!("seed-{number}"), now)?;
        tables.commit_product(&set).map_err(refused)?;
        Ok(product_id)
    }

    /// Starts an import of the simulated source, which is three products on two pages.
    ///
    /// # Errors
    /// [`NoWorld::Refused`] when it cannot be started.
    pub fn start_import(&mut self, owner_id: &UserId) -> Result<(), NoWorld> {
        let input = json!({
            "source": { "kind": "api", "url": "http://foods.example" }, "owner_id": owner_id, "stock_each": 10,
        });
        let machine = machine_arn("import-products");
        lock(&self.engine).start_execution(&machine, Some("import"), &input)?;
        Ok(())
    }

    /// Registers a device of this owner that watches these products, each below the first number, so many at a time.
    ///
    /// # Errors
    /// [`NoWorld::Invalid`] when the number makes no address.
    pub fn register_device(
        &mut self,
        number: u8,
        owner_id: &UserId,
        watches: &[(ProductId, u32, u32)],
    ) -> Result<DeviceId, NoWorld> {
        let mac_address = MacAddress::parse(&format!("0200000000{number:02x}"))
            .map_err(|error| NoWorld::Invalid(error.to_string()))?;
        let watches = watches.iter().map(|(product_id, threshold, order_quantity)| {
            let watch = Watch {
                threshold: *threshold,
                order_quantity: *order_quantity,
                max_price_minor: PriceMinor::new(PRICE_MAX_MINOR).unwrap_or_default(),
            };
            (product_id.clone(), watch)
        });
        let device = Device {
            device_id: DeviceId::from_random([number; 16]),
            owner_id: owner_id.clone(),
            mac_address,
            watches: watches.collect(),
            version: 1,
            created_at: Timestamp::from_ms(i64::try_from(self.now_ms()).unwrap_or_default()),
        };
        let mut tables = lock(&self.tables);
        for row in device.empty_stock() {
            let key = (row.device_id.clone(), row.product_id.clone());
            tables.device_stock.insert(key, row);
        }
        let device_id = device.device_id.clone();
        tables.devices.insert(device_id.clone(), device);
        Ok(device_id)
    }

    /// What there is of a product at a device.
    #[must_use]
    pub fn device_stock(&self, device_id: &DeviceId, product_id: &ProductId) -> Option<DeviceStock> {
        let key = (device_id.clone(), product_id.clone());
        lock(&self.tables).device_stock.get(&key).cloned()
    }

    /// What there is of a product, all shards together.
    #[must_use]
    pub fn stock_of(&self, product_id: &ProductId) -> Balance {
        let tables = lock(&self.tables);
        let shelves = tables.shelves.iter().filter(|((id, _), _)| id == product_id);
        let heads: Vec<_> = shelves.map(|(_, shelf)| shelf.head.clone()).collect();
        total(&heads)
    }

    /// The buyer of this number.
    #[must_use]
    pub fn buyer(number: u8) -> UserId {
        UserId::from_random([number; 16])
    }

    /// The order that a buyer's request with this key creates.
    ///
    /// # Errors
    /// [`NoWorld::Invalid`] when the key is no key.
    pub fn order_of(buyer: &UserId, key: &str) -> Result<OrderId, NoWorld> {
        let key = IdempotencyKey::parse(key).map_err(|error| NoWorld::Invalid(error.to_string()))?;
        Ok(OrderId::derived_from_request(buyer, &key))
    }

    /// Books stock that is there at the start, once under this cause.
    ///
    /// # Errors
    /// [`Fault`] for more than can be counted.
    pub fn stock(&mut self, place: Place, stock: &[(Ingredient, u32)], cause: &str) -> Result<(), Fault> {
        let now = Timestamp::from_ms(i64::try_from(self.now_ms()).unwrap_or_default());
        lock(&self.tables).stock_up(place, stock, cause, now)
    }

    /// Puts a dish with this recipe on the menu and returns its id.
    ///
    /// # Errors
    /// [`Fault`] for a number that stands for another dish.
    pub fn put_on_menu(&mut self, number: u8, recipe: Recipe) -> Result<DishId, Fault> {
        let dish = Dish {
            dish_id: DishId::from_random([number; 16]),
            name: format!("Dish {number}"),
            price_minor: PriceMinor::new(500 + u64::from(number)).unwrap_or_default(),
            recipe,
            created_at: Timestamp::from_ms(0),
        };
        lock(&self.tables).create_dish(&dish)?;
        Ok(dish.dish_id)
    }

    /// The order as it stands.
    #[must_use]
    pub fn order(&self, order_id: &OrderId) -> Option<Order> {
        lock(&self.tables).orders.get(order_id).cloned()
    }

    /// The ticket as it stands.
    #[must_use]
    pub fn ticket(&self, ticket_id: &TicketId) -> Option<Ticket> {
        lock(&self.tables).tickets.get(ticket_id).cloned()
    }

    /// How much of something there is at a place.
    #[must_use]
    pub fn balance(&self, place: Place, ingredient: &Ingredient) -> Balance {
        let tables = lock(&self.tables);
        let book = tables.ledgers.get(&place);
        book.map(|book| book.head.balance(ingredient)).unwrap_or_default()
    }

    /// Every supply request of an order, in the order of their ingredients.
    #[must_use]
    pub fn supplies_of(&self, order_id: &OrderId) -> Vec<Supply> {
        let tables = lock(&self.tables);
        let supplies = tables.supplies.values();
        let mut found: Vec<Supply> = supplies
            .filter(|supply| supply.order_id == *order_id)
            .cloned()
            .collect();
        found.sort_by(|one, other| one.ingredient.cmp(&other.ingredient));
        found
    }
}
