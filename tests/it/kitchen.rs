//! The kitchen over HTTP against the running stack: the seed's oracles, and the hazards of counted stock.
//!
//! Tests share a stack, so each stocks ingredients of its own, with the seed's quantities.

use crate::engine::{Answer, Person, Shop, at_once, count, fresh, until};
use serde_json::{Value, json};

/// One test's own ingredients and dishes.
struct Kitchen {
    shop: Shop,
    mark: String,
}

impl Kitchen {
    /// Stocks kitchen and warehouse with ingredients that only this test knows.
    async fn stocked(shop: Shop, kitchen: &[(&str, u32)], warehouse: &[(&str, u32)]) -> Self {
        let mark = fresh();
        let own = |stock: &[(&str, u32)]| -> Value {
            stock
                .iter()
                .map(|(name, units)| (format!("{name}-{mark}"), json!(units)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let seed = json!({ "cause": mark, "kitchen": own(kitchen), "warehouse": own(warehouse) });
        shop.aws
            .invoke("stock-kitchen", &seed)
            .await
            .expect("the kitchen is stocked");
        Self { shop, mark }
    }

    /// The seed's Caesar salad on the seed's stock.
    async fn caesar(shop: Shop) -> (Self, Value) {
        let kitchen = Self::stocked(
            shop,
            &[("lechuga", 4), ("pollo", 2)],
            &[("lechuga", 2), ("pollo", 4)],
        )
        .await;
        let order = kitchen.dish(&[("lechuga", 5), ("pollo", 2)]).await;
        (kitchen, order)
    }

    /// A dish on the menu, as a line of an order.
    async fn dish(&self, recipe: &[(&str, u32)]) -> Value {
        let cook = self.shop.person("cook").await;
        let recipe: serde_json::Map<_, _> = recipe
            .iter()
            .map(|(name, units)| (format!("{name}-{}", self.mark), json!(units)))
            .collect();
        let dish = json!({ "name": "Ensalada César", "priceMinor": 950, "recipe": recipe });
        let dish = cook.post("/api/dishes", &dish).await.expect(201);
        json!({ "dishId": dish.str("/id") })
    }

    /// on_hand and held of an ingredient.
    async fn balance(&self, place: &str, ingredient: &str) -> (u64, u64) {
        let name = format!("{ingredient}-{}", self.mark);
        let mut cursor = String::new();
        loop {
            let page = self
                .shop
                .stranger()
                .get(&format!("/api/stock/{place}?limit=100{cursor}"))
                .await
                .expect(200);
            let found = page.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|item| item["ingredient"] == name)
                .cloned();
            if let Some(item) = found {
                return (item["onHand"].as_u64().unwrap(), item["held"].as_u64().unwrap());
            }
            match page.body["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return (0, 0),
            }
        }
    }

    /// Every movement of an ingredient: kind, quantity, number.
    async fn movements(&self, place: &str, ingredient: &str) -> Vec<(String, u64, u64)> {
        let name = format!("{ingredient}-{}", self.mark);
        let mut after = 0;
        let mut rows = Vec::new();
        let mut last = 0;
        loop {
            let path = format!("/api/stock/{place}/movements?limit=100&after={after}");
            let page = self.shop.stranger().get(&path).await.expect(200);
            for row in page.body["movements"].as_array().unwrap() {
                let seq = row["seq"].as_u64().unwrap();
                assert_eq!(seq, last + 1, "a number is missing or was given twice");
                last = seq;
                assert!(row["held"].as_u64() <= row["onHand"].as_u64(), "{row}");
                if row["ingredient"] == name {
                    rows.push((
                        row["kind"].as_str().unwrap().to_owned(),
                        row["quantity"].as_u64().unwrap(),
                        seq,
                    ));
                }
            }
            let next = page.body["nextAfter"].as_u64().unwrap();
            if next == after {
                return rows;
            }
            after = next;
        }
    }

    /// Sum of the movements of one kind.
    async fn moved(&self, place: &str, ingredient: &str, kind: &str) -> u64 {
        self.movements(place, ingredient)
            .await
            .iter()
            .filter(|(k, ..)| k == kind)
            .map(|(_, units, _)| units)
            .sum()
    }

    /// Waits until nothing of an ingredient is on its way: all that was given has been received.
    async fn settled(&self, ingredient: &str) {
        until("everything given to be received", || async {
            let given = self.moved("warehouse", ingredient, "given").await;
            let received = self.moved("kitchen", ingredient, "received").await;
            if given == received {
                Ok(())
            } else {
                Err(format!("{given} given, {received} received"))
            }
        })
        .await;
    }
}

async fn eats(person: &Person, line: &Value) -> Answer {
    let body = json!({ "lines": [line], "payment": { "token": "tok_visa" } });
    person.post("/api/orders?wait=25", &body).await
}

/// The seed's blocking order: it answers when the dish is served. The first Caesar asks the warehouse for exactly one
/// lettuce, the second for five (one there, at least four bought) and two chicken.
#[tokio::test]
async fn two_caesars_are_served_as_the_seed_tells() {
    let (kitchen, line) = Kitchen::caesar(Shop::patient()).await;
    let guest = kitchen.shop.person("guest").await;

    let first = eats(&guest, &line).await.expect(201);
    guest.sees(first.str("/id"), "completed").await;
    assert_eq!(kitchen.balance("warehouse", "lechuga").await, (1, 0));
    assert_eq!(kitchen.balance("kitchen", "lechuga").await, (0, 0));
    assert_eq!(kitchen.balance("kitchen", "pollo").await, (0, 0));
    assert_eq!(kitchen.moved("warehouse", "lechuga", "given").await, 1);
    assert_eq!(kitchen.moved("warehouse", "lechuga", "bought").await, 0);

    let second = eats(&guest, &line).await.expect(201);
    guest.sees(second.str("/id"), "completed").await;
    assert_eq!(kitchen.moved("warehouse", "lechuga", "given").await, 1 + 5);
    assert!(kitchen.moved("warehouse", "lechuga", "bought").await >= 4);
    assert_eq!(kitchen.balance("warehouse", "pollo").await, (2, 0));
    assert_eq!(kitchen.balance("kitchen", "lechuga").await, (0, 0));
}

#[tokio::test]
async fn pasta_is_served_four_times_before_anything_is_asked_of_the_warehouse() {
    let stock = [("carne_molida", 25), ("pasta", 32), ("queso", 100)];
    let kitchen = Kitchen::stocked(Shop::patient(), &stock, &[]).await;
    let pasta = kitchen
        .dish(&[("carne_molida", 5), ("pasta", 7), ("queso", 10)])
        .await;
    let guest = kitchen.shop.person("guest").await;
    for _ in 0..4 {
        let placed = guest
            .post("/api/orders", &json!({ "lines": [pasta] }))
            .await
            .expect(201);
        assert_eq!(
            (placed.str("/status"), &placed.body["missing"]),
            ("held", &Value::Null)
        );
    }
    let fifth = guest
        .post("/api/orders", &json!({ "lines": [pasta] }))
        .await
        .expect(201);
    let asked = &fifth.body["missing"];
    assert!(
        fifth.str("/status") != "gathering" || asked[0]["ingredient"] == format!("pasta-{}", kitchen.mark),
        "{asked}"
    );
    guest.sees(fifth.str("/id"), "held").await;
    assert_eq!(kitchen.moved("kitchen", "pasta", "received").await, 3);
    assert_eq!(kitchen.moved("kitchen", "pasta", "held").await, 32 + 3);
}

/// Hazard 7. Protection: one ledger, one condition per posting. Many orders at once for the same ingredients: nothing
/// falls below zero, and what was bought is what was served plus what is left.
#[tokio::test]
async fn parallel_dishes_never_negative() {
    let (kitchen, line) = Kitchen::caesar(Shop::patient()).await;
    let guests = kitchen.shop.crowd("guest", 12).await;
    let answers = at_once(guests.iter().cloned().map(|guest| {
        let line = line.clone();
        async move { eats(&guest, &line).await }
    }))
    .await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status >= 500).count(),
        0,
        "{answers:?}"
    );
    assert_eq!(count(&answers, 201), 12, "{answers:?}");
    for (guest, answer) in guests.iter().zip(&answers) {
        guest
            .sees_any(answer.str("/id"), &["completed", "unavailable"])
            .await;
    }
    for ingredient in ["lechuga", "pollo"] {
        kitchen.settled(ingredient).await;
        let (kitchen_left, held) = kitchen.balance("kitchen", ingredient).await;
        assert_eq!(held, 0, "{ingredient} is held by nobody");
        let (warehouse_left, claimed) = kitchen.balance("warehouse", ingredient).await;
        assert_eq!(claimed, 0, "{ingredient} is claimed by nobody");
        let bought = kitchen.moved("warehouse", ingredient, "bought").await;
        let set = kitchen.moved("warehouse", ingredient, "set").await
            + kitchen.moved("kitchen", ingredient, "set").await;
        let served = kitchen.moved("kitchen", ingredient, "served").await;
        assert_eq!(
            set + bought,
            kitchen_left + warehouse_left + served,
            "{ingredient} is conserved"
        );
    }
}

/// Hazard 8. Protection: what arrives is booked and held for its order in one transaction. Two orders of one dish at
/// once, both short: each is served with its own.
#[tokio::test]
async fn replies_belong_to_their_order() {
    let kitchen = Kitchen::stocked(Shop::patient(), &[("lechuga", 1)], &[("lechuga", 9)]).await;
    let line = kitchen.dish(&[("lechuga", 5)]).await;
    let guests = kitchen.shop.crowd("guest", 2).await;
    let answers = at_once(guests.iter().cloned().map(|guest| {
        let line = line.clone();
        async move { eats(&guest, &line).await }
    }))
    .await;
    for (guest, answer) in guests.iter().zip(&answers) {
        guest.sees(answer.str("/id"), "completed").await;
    }
    assert_eq!(kitchen.moved("kitchen", "lechuga", "served").await, 10);
    assert_eq!(
        kitchen.moved("kitchen", "lechuga", "received").await,
        9,
        "exactly what was short"
    );
    assert_eq!(kitchen.moved("warehouse", "lechuga", "bought").await, 0);
}

/// Hazard 10. Protection: bounded rounds. What cannot be had ends the order honestly; what was bought stays in the
/// warehouse, what was held is free again.
#[tokio::test]
async fn market_never_satisfies() {
    let kitchen = Kitchen::stocked(Shop::patient(), &[("trufa", 3)], &[]).await;
    let line = kitchen.dish(&[("trufa", 900)]).await;
    let guest = kitchen.shop.person("guest").await;
    let answer = eats(&guest, &line).await.expect(201);
    guest.sees(answer.str("/id"), "unavailable").await;
    assert_eq!(kitchen.balance("kitchen", "trufa").await, (3, 0));
    let (left, claimed) = kitchen.balance("warehouse", "trufa").await;
    assert_eq!(
        (left, claimed),
        (kitchen.moved("warehouse", "trufa", "bought").await, 0)
    );
    assert_eq!(kitchen.moved("warehouse", "trufa", "given").await, 0);
    assert_eq!(kitchen.shop.aws.money(answer.str("/id")).await.taken_minor, 0);
}

/// Hazard 11. Protection: order and ingredient name the request. The same warehouse message again buys and gives nothing
/// more.
#[tokio::test]
async fn redelivered_request_buys_once() {
    let (kitchen, line) = Kitchen::caesar(Shop::patient()).await;
    let guest = kitchen.shop.person("guest").await;
    let order = eats(&guest, &line).await.expect(201);
    let order_id = order.str("/id");
    guest.sees(order_id, "completed").await;
    let before = kitchen.movements("warehouse", "lechuga").await;
    let message = json!({
        "order_id": order_id, "ingredient": format!("lechuga-{}", kitchen.mark), "quantity": 1,
        "task_token": "long-gone", "awaited_since": "2020-01-01T00:00:00Z",
    });
    for _ in 0..3 {
        kitchen
            .shop
            .aws
            .invoke("supply-ingredient", &as_batch(&message))
            .await
            .expect("it is worked on");
    }
    assert_eq!(kitchen.movements("warehouse", "lechuga").await, before);
}

/// Hazard 12. Protection: the order ends once, together with what it holds.
#[tokio::test]
async fn release_twice_adds_once() {
    let kitchen = Kitchen::stocked(Shop::patient(), &[("lechuga", 6)], &[]).await;
    let line = kitchen.dish(&[("lechuga", 5)]).await;
    let guest = kitchen.shop.person("guest").await;
    let order = guest
        .post("/api/orders", &json!({ "lines": [line] }))
        .await
        .expect(201);
    let order_id = order.str("/id").to_owned();
    assert_eq!(kitchen.balance("kitchen", "lechuga").await, (6, 5));
    guest.delete(&format!("/api/orders/{order_id}")).await.expect(204);
    guest.delete(&format!("/api/orders/{order_id}")).await.expect(204);
    let undo = json!({ "order_id": order_id, "reason": "unavailable" });
    kitchen
        .shop
        .aws
        .invoke("release-ingredients", &undo)
        .await
        .expect("safe to repeat");
    assert_eq!(kitchen.balance("kitchen", "lechuga").await, (6, 0));
    assert_eq!(kitchen.moved("kitchen", "lechuga", "released").await, 5);
}

/// Hazard 27, for the kitchen's queues. Protection: each message by itself. One bad message fails alone.
#[tokio::test]
async fn poison_message_is_parked() {
    let shop = Shop::patient();
    for consumer in ["supply-ingredient", "receive-ingredient", "request-payment"] {
        let batch = json!({ "Records": [
            { "messageId": "poison", "body": "not json", "eventSource": "aws:sqs" },
            { "messageId": "strange", "body": "{\"order_id\":7}", "eventSource": "aws:sqs" },
        ] });
        let answer = shop
            .aws
            .invoke(consumer, &batch)
            .await
            .expect("the batch is no error");
        let failed: Vec<&str> = answer["batchItemFailures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|failure| failure["itemIdentifier"].as_str().unwrap())
            .collect();
        assert_eq!(failed, ["poison", "strange"], "{consumer}");
    }
}

#[tokio::test]
async fn bad_dishes_and_bad_orders_of_dishes_are_refused_by_field() {
    let (kitchen, line) = Kitchen::caesar(Shop::patient()).await;
    let guest = kitchen.shop.person("guest").await;
    let known = format!("lechuga-{}", kitchen.mark);
    let dish = |recipe: Value| json!({ "name": "x", "priceMinor": 500, "recipe": recipe });
    for (body, field) in [
        (dish(json!({})), "recipe".to_owned()),
        (dish(json!({ "unobtainium": 1 })), "recipe.unobtainium".to_owned()),
        (dish(json!({ &known: 0 })), format!("recipe.{known}")),
        (dish(json!({ &known: 1_001 })), format!("recipe.{known}")),
        (dish(json!({ &known: -1 })), format!("recipe.{known}")),
        (dish(json!({ &known: 1.5 })), format!("recipe.{known}")),
    ] {
        let answer = guest
            .post("/api/dishes", &body)
            .await
            .refused(400, "InvalidInput");
        assert_eq!(answer.str("/errors/0/field"), field);
    }
    let id = line["dishId"].as_str().unwrap();
    for (quantity, field) in [
        (json!(0), "lines[0].quantity"),
        (json!(21), "lines[0].quantity"),
        (json!(-1), "lines[0].quantity"),
        (json!(0.5), "lines[0].quantity"),
    ] {
        let body = json!({ "lines": [{ "dishId": id, "quantity": quantity }] });
        let answer = guest
            .post("/api/orders", &body)
            .await
            .refused(400, "InvalidInput");
        assert_eq!(answer.str("/errors/0/field"), field);
    }
    let unknown = json!({ "lines": [{ "dishId": "dsh_00000000000000000000000000" }] });
    let answer = guest.post("/api/orders", &unknown).await.refused(404, "NotFound");
    assert_eq!(answer.str("/errors/0/field"), "lines[0].dishId");
    let mixed = json!({ "lines": [{ "dishId": id }, { "ticketId": "tkt_00000000000000000000000000" }] });
    guest
        .post("/api/orders", &mixed)
        .await
        .refused(400, "InvalidInput");
    guest.get("/api/stock/attic").await.refused(404, "NotFound");
    guest
        .get("/api/stock/kitchen/movements?after=-1")
        .await
        .refused(400, "InvalidInput");
    assert_eq!(
        kitchen.movements("kitchen", "lechuga").await.len(),
        1,
        "nothing was written"
    );
}

#[tokio::test]
async fn the_market_yields_0_to_10_and_the_menu_shows_at_most_seven() {
    let (kitchen, _) = Kitchen::caesar(Shop::patient()).await;
    let anybody = kitchen.shop.stranger();
    for _ in 0..5 {
        let asked = anybody.get("/api/market/lechuga").await.expect(200);
        assert!(
            asked.body["quantity"]
                .as_u64()
                .is_some_and(|quantity| quantity <= 10),
            "{}",
            asked.text
        );
    }
    let today = anybody.get("/api/dishes/today").await.expect(200);
    assert!((1..=7).contains(&today.body["dishes"].as_array().unwrap().len()));
}

/// A message as the queue hands it over.
fn as_batch(message: &Value) -> Value {
    json!({ "Records": [{ "messageId": "1", "body": message.to_string(), "eventSource": "aws:sqs" }] })
}
