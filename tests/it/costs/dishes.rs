//! The paths of dish orders, on the seed's stock.

use super::Counts;
use super::units;
use super::walks::Count;
use crate::engine::{Person, fresh, until};
use crate::project::root;
use domain::{OrderId, SupplyId};
use serde_json::{Value, json};
use std::fs;

/// The seed's dish that lacks nothing, by its place in the seed.
const NOTHING_SHORT: usize = 1;

/// What is on the menu of this test.
#[derive(Clone, Debug)]
pub struct Menu {
    /// A dish of which the kitchen has everything.
    nothing_short: String,
    /// A dish of which the kitchen lacks one unit of two ingredients, and the warehouse has both.
    two_short: String,
}

impl Count {
    /// Stocks kitchen and warehouse as the seed does, and adds one dish to its menu.
    pub async fn stock(&self) -> Menu {
        let seed = fs::read_to_string(root().join("localstack/seed.json")).expect("there is a seed");
        let seed: Value = serde_json::from_str(&seed).expect("the seed is JSON");
        let mut stock = seed["stock"].clone();
        let short = json!({ "key": "two_short", "name": "Ensalada César", "price_minor": 950, "recipe": { "lechuga": 5, "pollo": 3 } });
        stock["dishes"]
            .as_array_mut()
            .expect("the seed has dishes")
            .push(short);
        let stocked = self
            .shop
            .aws
            .invoke("stock-kitchen", &stock)
            .await
            .expect("it is stocked");
        let ids = stocked["dish_ids"].as_array().expect("dishes have ids");
        let id = |dish: Option<&Value>| dish.and_then(Value::as_str).expect("an id").to_owned();
        Menu {
            nothing_short: id(ids.get(NOTHING_SHORT)),
            two_short: id(ids.last()),
        }
    }

    /// The kitchen has everything: paid for with the order, and served.
    pub async fn dish(&self, menu: &Menu) -> Counts {
        let guest = self.shop.person("buyer").await;
        let payments = self.queues.hold("request-payment").await;
        let began = self.begin().await;
        let order_id = self.eat(&guest, &menu.nothing_short, "paying").await;
        payments.hand_over_next(&self.shop.aws).await;
        let execution = self.ended(&order_id).await;
        let counts = self.end(began, &[execution], 1).await;
        payments.let_go().await;
        guest.sees(&order_id, "completed").await;
        assert!(
            !counts.by_function.contains_key("supply-ingredient"),
            "{counts:?}"
        );
        counts
    }

    /// Two ingredients are short, and the warehouse has both: paid for with the order, gathered and served.
    pub async fn dish_two_short(&self, menu: &Menu) -> Counts {
        let guest = self.shop.person("buyer").await;
        let payments = self.queues.hold("request-payment").await;
        let warehouse = self.queues.hold("supply-ingredient").await;
        let began = self.begin().await;
        let order_id = self.eat(&guest, &menu.two_short, "gathering").await;
        let mut executions = Vec::new();
        for message in warehouse.take(2).await {
            warehouse.hand_over(&self.shop.aws, &message).await;
            let ingredient = message.body["ingredient"]
                .as_str()
                .expect("something is asked for");
            let supply = self.supply_of(&order_id, ingredient).await;
            self.succeeded(&supply).await;
            self.arrived(&order_id, ingredient).await;
            executions.push(supply);
        }
        payments.hand_over_next(&self.shop.aws).await;
        executions.push(self.ended(&order_id).await);
        let counts = self.end(began, &executions, 1).await;
        payments.let_go().await;
        warehouse.let_go().await;
        guest.sees(&order_id, "completed").await;
        assert_eq!(
            counts.by_function.get("supply-ingredient"),
            Some(&2),
            "{counts:?}"
        );
        assert!(!counts.by_function.contains_key("buy-from-market"), "{counts:?}");
        counts
    }

    /// Orders one dish and pays for it in the same request.
    async fn eat(&self, guest: &Person, dish_id: &str, status: &str) -> String {
        let body = json!({ "lines": [{ "dishId": dish_id }], "payment": { "token": "tok_visa" } });
        let placed = guest.post_once("/api/orders", &fresh(), &body).await.expect(201);
        assert_eq!(placed.str("/status"), status, "{}", placed.text);
        placed.str("/id").to_owned()
    }

    /// The execution that sees to one ingredient of an order.
    async fn supply_of(&self, order_id: &str, ingredient: &str) -> String {
        let order_id = OrderId::parse(order_id).expect("an order's id");
        let machine = self
            .shop
            .aws
            .setting("supply-ingredient", "SUPPLY_INGREDIENT_MACHINE_ARN")
            .await;
        let supply_id = SupplyId::of_order(&order_id, ingredient);
        format!(
            "{}:{}",
            machine.replace(":stateMachine:", ":execution:"),
            supply_id.as_str()
        )
    }

    async fn arrived(&self, order_id: &str, ingredient: &str) {
        until("the ingredient to arrive", || async {
            let order = self.shop.aws.order(order_id).await;
            let has_arrived = order["needs"]["M"][ingredient]["M"]["arrived"]["BOOL"] == true;
            has_arrived.then_some(()).ok_or(order.to_string())
        })
        .await;
    }

    /// How large the items are that every movement writes anew: part of what the counts mean.
    pub async fn heads(&self) -> String {
        let table = self.shop.aws.setting("stock-kitchen", "TABLE_LEDGERS").await;
        let mut sizes = Vec::new();
        for place in ["kitchen", "warehouse"] {
            let key = json!({ "place": { "S": place }, "seq": { "N": "0" } });
            let body = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
            let head = self.shop.aws.dynamodb("GetItem", &body).await["Item"].clone();
            let balances = head["balances"]["M"].as_object().map_or(0, serde_json::Map::len);
            sizes.push(format!(
                "the {place}'s has {balances} balances in {} bytes",
                units::size(&head)
            ));
        }
        format!(
            "Heads of the ledgers after the last path: {}.\n",
            sizes.join(", ")
        )
    }
}
