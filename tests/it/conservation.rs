//! Conservation over HTTP: green whatever people do, and red with the exact difference once a row is changed behind the
//! shop's back. On a stack of its own, because damage would turn everybody else's red.

use crate::engine::{Answer, Person, Shop, at_once, fresh, start};
use crate::operators::operator;
use serde_json::{Value, json};
use xtask::test_stacks::Kind;

/// The shop, and who looks after it.
struct Scene {
    shop: Shop,
    operator: Person,
    ledgers: String,
    /// An ingredient of which there is something.
    lettuce: String,
}

impl Scene {
    async fn fresh_report(&self) -> Answer {
        let path = "/api/ops/conservation?fresh=true";
        self.operator.get(path).await.expect(200)
    }

    /// The report, when it must be green.
    async fn is_green(&self) {
        let report = self.fresh_report().await;
        assert_eq!(report.body["isGreen"], true, "{}", report.text);
        assert_eq!(report.body["differences"], json!([]), "{}", report.text);
    }

    /// The differences of a report that must be red, each with its name, place, item and cause.
    async fn differences(&self) -> Vec<Value> {
        let report = self.fresh_report().await;
        assert_eq!(report.body["isGreen"], false, "{}", report.text);
        report.body["differences"].as_array().cloned().unwrap_or_default()
    }

    /// Sets what the kitchen's head says there is of the lettuce.
    async fn set_on_hand(&self, units: i64) {
        let change = json!({
            "TableName": self.ledgers,
            "Key": { "place": { "S": "kitchen" }, "seq": { "N": "0" } },
            "UpdateExpression": "SET balances.#lettuce.on_hand = :units",
            "ConditionExpression": "attribute_exists(balances.#lettuce)",
            "ExpressionAttributeNames": { "#lettuce": self.lettuce },
            "ExpressionAttributeValues": { ":units": { "N": units.to_string() } },
        });
        self.shop.aws.dynamodb("UpdateItem", &change).await;
    }

    async fn on_hand(&self) -> i64 {
        let key = json!({ "place": { "S": "kitchen" }, "seq": { "N": "0" } });
        let body = json!({ "TableName": self.ledgers, "Key": key, "ConsistentRead": true });
        let head = self.shop.aws.dynamodb("GetItem", &body).await;
        let units = &head["Item"]["balances"]["M"][&self.lettuce]["M"]["on_hand"]["N"];
        units
            .as_str()
            .and_then(|units| units.parse().ok())
            .expect("there is lettuce")
    }

    async fn set_ticket(&self, ticket_id: &str, state: &str) {
        let table = self.shop.aws.setting("tickets-api", "TABLE_TICKETS").await;
        let change = json!({
            "TableName": table,
            "Key": { "ticket_id": { "S": ticket_id } },
            "UpdateExpression": "SET #state = :state",
            "ExpressionAttributeNames": { "#state": "state" },
            "ExpressionAttributeValues": { ":state": { "S": state } },
        });
        self.shop.aws.dynamodb("UpdateItem", &change).await;
    }
}

#[tokio::test]
async fn green_whatever_people_do_and_red_with_the_exact_difference() {
    let stack = start(Kind::Damaged, |_| {});
    let shop = Shop::at(stack.addresses());
    let mark = fresh();
    let lettuce = format!("lechuga-{mark}");
    let stock = json!({ "cause": mark, "kitchen": { &lettuce: 4 }, "warehouse": { &lettuce: 2 } });
    shop.aws
        .invoke("stock-kitchen", &stock)
        .await
        .expect("the kitchen is stocked");
    let scene = Scene {
        operator: operator(&shop).await,
        ledgers: shop.aws.setting("kitchen-api", "TABLE_LEDGERS").await,
        shop,
        lettuce,
    };
    let ordered = people_order(&scene).await;
    is_told_and_kept(&scene).await;
    a_damaged_balance_is_named(&scene).await;
    a_damaged_ticket_is_named(&scene, &ordered).await;
    a_damaged_charge_is_named(&scene, &ordered.paid).await;
    // Stopped here, where a blocking end is no harm, and not while the runtime unwinds.
    std::thread::spawn(move || drop(stack))
        .join()
        .expect("the stack stops");
}

/// What people have ordered when the damage begins.
struct Ordered {
    /// A ticket that stays held, and the order that holds it.
    ticket: String,
    held: String,
    /// An order that was paid.
    paid: String,
}

/// One ticket is sold, one cancelled, one stays held, as does a product; dishes are gathered and served, all at the same
/// moment, and it is green all the while.
async fn people_order(scene: &Scene) -> Ordered {
    let shop = &scene.shop;
    let seller = shop.person("seller").await;
    let dish = json!({ "name": "Salad", "priceMinor": 950, "recipe": { &scene.lettuce: 3 } });
    let dish = seller.post("/api/dishes", &dish).await.expect(201);
    let dish = dish.str("/id").to_owned();
    let guests = shop.crowd("guest", 6).await;
    let meals = guests.into_iter().map(|guest| {
        let order = json!({ "lines": [{ "dishId": dish }], "payment": { "token": "tok_visa" } });
        async move {
            let placed = guest.post("/api/orders?wait=20", &order).await.expect(201);
            guest.sees(placed.str("/id"), "completed").await;
        }
    });
    let eating = at_once(meals);
    let buyer = shop.person("buyer").await;
    let (sold, cancelled) = (seller.sells(4_500).await, seller.sells(4_500).await);
    let kept = seller.sells(4_500).await;
    let tickets = async {
        let paid = buyer.holds(&sold).await;
        scene.is_green().await;
        buyer.pays(&paid, "tok_visa").await.expect(201);
        let given_up = buyer.holds(&cancelled).await;
        scene.is_green().await;
        buyer.delete(&format!("/api/orders/{given_up}")).await.expect(204);
        let order_id = buyer.holds(&kept).await;
        scene.is_green().await;
        let product = json!({ "title": format!("Lamp {}", fresh()), "priceMinor": 2_500 });
        let product = seller.post("/api/products", &product).await.expect(201);
        let product = product.str("/id").to_owned();
        let stock = json!({ "quantity": 20 });
        let inventory = format!("/api/products/{product}/inventory");
        let set = seller.put(&inventory, &stock).await;
        assert!(set.status < 300, "{}", set.text);
        let lamps = json!({ "lines": [{ "productId": product, "quantity": 3 }] });
        buyer.post("/api/orders", &lamps).await.expect(201);
        scene.is_green().await;
        buyer.sees(&paid, "completed").await;
        (order_id, paid, product)
    };
    let (_, (held, paid, product)) = tokio::join!(eating, tickets);
    let report = scene.fresh_report().await;
    assert_eq!(report.body["isGreen"], true, "{}", report.text);
    let check = |name: &str, item: &str| -> Value {
        let checks = report.body["checks"].as_array().expect("there are checks");
        let found = checks
            .iter()
            .find(|check| check["name"] == name && check["item"].as_str().unwrap_or_default() == item);
        found
            .cloned()
            .unwrap_or_else(|| panic!("no {name} of {item:?} in {}", report.text))
    };
    // Six salads of three leaves were eaten, whatever was bought for them.
    let on_hand = check("on_hand_is_sum", &scene.lettuce);
    assert_eq!(on_hand["found"], scene.on_hand().await);
    assert_eq!(check("tickets_have_their_order", "")["found"], 2);
    assert_eq!(check("holders_are_live", "")["found"], 2);
    assert_eq!(check("on_hand_is_sum", &product)["found"], 20);
    assert_eq!(check("held_is_sum", &product)["found"], 3);
    // Six dishes and one ticket.
    let taken = 6 * 950 + 4_500;
    let money = check("money_is_kept_or_refunded", "");
    assert_eq!(
        (&money["expected"], &money["found"]),
        (&json!(taken), &json!(taken))
    );
    assert_eq!(report.body["lookedAt"]["orders"], 10);
    Ordered {
        ticket: kept.id,
        held,
        paid,
    }
}

/// The job keeps what it found, and a page that does not ask for more is shown that.
async fn is_told_and_kept(scene: &Scene) {
    let run = scene.shop.aws.invoke("check-conservation", &json!({})).await;
    let run = run.expect("it is green");
    assert_eq!(run["is_green"], true, "{run}");
    let latest = scene.operator.get("/api/ops/conservation").await.expect(200);
    assert_eq!(latest.moment("/at").as_ms(), run["at"]);
}

async fn a_damaged_balance_is_named(scene: &Scene) {
    let on_hand = scene.on_hand().await;
    scene.set_on_hand(on_hand + 3).await;
    let wanted = json!([{
        "name": "on_hand_is_sum", "place": "kitchen", "item": scene.lettuce,
        "expected": on_hand.to_string(), "found": (on_hand + 3).to_string(), "difference": 3,
    }]);
    assert_eq!(json!(scene.differences().await), wanted);
    let failed = scene.shop.aws.invoke("check-conservation", &json!({})).await;
    let (name, message) = failed.expect_err("a red report fails the job");
    assert_eq!(name, "Defect", "{message}");
    assert!(message.contains("1 difference"), "{message}");
    // The report was kept before the job failed.
    let latest = scene.operator.get("/api/ops/conservation").await.expect(200);
    assert_eq!(latest.body["differences"], wanted);
    scene.set_on_hand(on_hand).await;
    scene.is_green().await;
}

async fn a_damaged_ticket_is_named(scene: &Scene, ordered: &Ordered) {
    let (ticket_id, order_id) = (&ordered.ticket, &ordered.held);
    scene.set_ticket(ticket_id, "sold").await;
    let differences = scene.differences().await;
    assert_eq!(differences.len(), 1, "{differences:?}");
    let found = &differences[0];
    assert_eq!(
        (&found["name"], &found["item"], &found["cause"]),
        (
            &json!("tickets_have_their_order"),
            &json!(ticket_id),
            &json!(order_id)
        )
    );
    let said = |field: &str, state: &str| {
        let text = found[field].as_str().unwrap_or_default();
        assert!(text.starts_with(state), "{found}");
    };
    said("expected", "held");
    said("found", "sold");
    scene.set_ticket(ticket_id, "held").await;
    scene.is_green().await;
}

async fn a_damaged_charge_is_named(scene: &Scene, order_id: &str) {
    let table = scene.shop.aws.setting("orders-api", "TABLE_MONEY").await;
    let set = async |amount: u64| {
        let change = json!({
            "TableName": table,
            "Key": { "order_id": { "S": order_id }, "entry": { "S": "charged-1" } },
            "UpdateExpression": "SET amount_minor = :amount",
            "ConditionExpression": "attribute_exists(order_id)",
            "ExpressionAttributeValues": { ":amount": { "N": amount.to_string() } },
        });
        scene.shop.aws.dynamodb("UpdateItem", &change).await;
    };
    set(4_400).await;
    let differences = scene.differences().await;
    let named: Vec<(&Value, &Value, &Value)> = differences
        .iter()
        .map(|found| (&found["item"], &found["cause"], &found["difference"]))
        .collect();
    // A hundred less was charged than the order says, and so it keeps a hundred more than was charged.
    assert_eq!(
        named,
        [
            (&json!("charged"), &json!(order_id), &json!(-100)),
            (&json!("kept and refunded"), &json!(order_id), &json!(100)),
        ]
    );
    set(4_500).await;
    scene.is_green().await;
}
