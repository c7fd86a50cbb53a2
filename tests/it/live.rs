//! Open pages in the running system: what they are told over `/live`, and what they are not.

use crate::engine::{LivePage, Person, Shop, fresh, until};
use domain::live::{Block, ConnectionId};
use serde_json::{Value, json};

mod asked;
mod doors;
mod operators;
mod scene;
mod told;

/// A dish that is eaten at once, of ingredients that only this test knows; the line of an order.
async fn dish(shop: &Shop, cook: &Person, portions: u32) -> (Value, String) {
    let ingredient = format!("pollo-{}", fresh());
    let stock = json!({ "cause": ingredient, "kitchen": { (&ingredient): 2 * portions } });
    shop.aws
        .invoke("stock-kitchen", &stock)
        .await
        .expect("the kitchen is stocked");
    let dish = json!({ "name": "Salad", "priceMinor": 900, "recipe": { (&ingredient): 2 } });
    let dish = cook.post("/api/dishes", &dish).await.expect(201);
    (json!({ "dishId": dish.str("/id") }), ingredient)
}

async fn eats(buyer: &Person, line: &Value) -> String {
    let body = json!({ "lines": [line], "payment": { "token": "tok_visa" } });
    let answer = buyer.post("/api/orders?wait=20", &body).await.expect(201);
    answer.str("/id").to_owned()
}

/// The number of the last movement in the kitchen.
async fn last_seq(person: &Person) -> u64 {
    let page = person.get("/api/stock/kitchen?limit=1").await.expect(200);
    page.body["seq"].as_u64().expect("a ledger has a number")
}

/// The kitchen's movements with a higher number, page by page, as a page of the shop reads them.
async fn movements_after(person: &Person, mut after: u64) -> Vec<Value> {
    let mut rows = Vec::new();
    loop {
        let path = format!("/api/stock/kitchen/movements?limit=100&after={after}");
        let page = person.get(&path).await.expect(200);
        let found = page.body["movements"].as_array().expect("movements").clone();
        if found.is_empty() {
            return rows;
        }
        after = page.body["nextAfter"].as_u64().expect("a number to go on from");
        rows.extend(found);
    }
}

/// What a page was told of the kitchen: the rows of the API, with the place.
fn told_of_kitchen(heard: &[Value]) -> Vec<Value> {
    let kitchen = heard
        .iter()
        .filter(|told| told["kind"] == "movement" && told["body"]["place"] == "kitchen");
    kitchen.map(|told| told["body"].clone()).collect()
}

fn with_place(rows: &[Value]) -> Vec<Value> {
    let placed = |row: &Value| {
        let mut row = row.clone();
        row["place"] = json!("kitchen");
        row
    };
    rows.iter().map(placed).collect()
}

/// Listens until the movement of this number was told of the kitchen.
async fn hears_up_to(page: &mut LivePage, seq: u64) -> Vec<Value> {
    let is_it =
        |told: &Value| told["kind"] == "movement" && told["body"]["place"] == "kitchen" && told["seq"] == seq;
    page.hears_until(is_it).await
}

/// Protection: a posting is told from the row itself, every movement of it, under the number that it has in the ledger.
#[tokio::test]
async fn every_movement_of_a_dish_appears_on_an_open_page_and_none_is_missing() {
    let shop = Shop::patient();
    let cook = shop.person("cook").await;
    let (line, ingredient) = dish(&shop, &cook, 1).await;
    let mut page = shop.stranger().opens_a_page(&shop).await;
    page.watches(&["stock"]).await;
    let before = last_seq(&cook).await;

    let order_id = eats(&cook, &line).await;
    cook.sees(&order_id, "completed").await;
    let own: Vec<Value> = movements_after(&cook, before)
        .await
        .into_iter()
        .filter(|row| row["ingredient"] == ingredient)
        .collect();
    let kinds: Vec<&str> = own
        .iter()
        .map(|row| row["kind"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(kinds, ["held", "served"]);
    let last = own
        .last()
        .and_then(|row| row["seq"].as_u64())
        .expect("it was served");

    let heard = hears_up_to(&mut page, last).await;
    let rows: Vec<Value> = movements_after(&cook, before).await;
    let up_to_last: Vec<Value> = rows
        .into_iter()
        .filter(|row| row["seq"].as_u64() <= Some(last))
        .collect();
    let mut told = told_of_kitchen(&heard);
    // A movement from before the page has read may be told as well.
    told.retain(|row| row["seq"].as_u64() > Some(before));
    assert_eq!(
        told,
        with_place(&up_to_last),
        "as the API lists them, each once and in order"
    );
    for message in &heard {
        if message["kind"] == "movement" {
            assert_eq!(message["seq"], message["body"]["seq"]);
        }
    }
}

/// Protection: movements have numbers without gaps, so a page that was away knows from where on to read.
#[tokio::test]
async fn a_page_that_was_away_catches_up_by_number_and_misses_nothing() {
    let shop = Shop::patient();
    let cook = shop.person("cook").await;
    let (line, _) = dish(&shop, &cook, 3).await;
    let mut page = shop.stranger().opens_a_page(&shop).await;
    page.watches(&["stock"]).await;
    let before = last_seq(&cook).await;
    // What the page shows, by number.
    let mut shown = std::collections::BTreeMap::new();
    let mut show = |rows: Vec<Value>| {
        for row in rows {
            shown.insert(row["seq"].as_u64().expect("a movement has a number"), row);
        }
        let newest = shown.keys().next_back().copied();
        newest.unwrap_or(before)
    };

    eats(&cook, &line).await;
    let heard = hears_up_to(&mut page, last_seq(&cook).await).await;
    let newest = show(told_of_kitchen(&heard));
    // The line drops without a word, and meanwhile things go on.
    drop(page);
    let missed = eats(&cook, &line).await;
    cook.sees(&missed, "completed").await;

    let mut page = shop.stranger().opens_a_page(&shop).await;
    page.watches(&["stock"]).await;
    // Once it is told again, it reads what it may have missed; nothing can fall in between.
    show(with_place(&movements_after(&cook, newest).await));
    let later = eats(&cook, &line).await;
    cook.sees(&later, "completed").await;
    let last = last_seq(&cook).await;
    let heard = hears_up_to(&mut page, last).await;
    show(told_of_kitchen(&heard));

    let numbers: Vec<u64> = shown.range(before + 1..=last).map(|(seq, _)| *seq).collect();
    assert_eq!(
        numbers,
        (before + 1..=last).collect::<Vec<_>>(),
        "no number is missing"
    );
    let rows = with_place(&movements_after(&cook, before).await);
    for row in rows.iter().filter(|row| row["seq"].as_u64() <= Some(last)) {
        assert_eq!(shown.get(&row["seq"].as_u64().unwrap()), Some(row));
    }
}

/// Protection: whether a ticket can be had is told from the write that decided it.
#[tokio::test]
async fn a_held_ticket_is_announced_as_gone_and_as_back_when_the_hold_ends() {
    let shop = Shop::brisk();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let mut page = shop.stranger().opens_a_page(&shop).await;
    page.watches(&["tickets"]).await;
    let ticket = seller.sells(2_000).await;
    let told = |available: bool, version: u64| json!({ "seq": version, "kind": "ticket", "body": { "ticketId": ticket.id, "available": available } });
    let is_own = |message: &Value| message["body"]["ticketId"] == ticket.id.as_str();
    assert_eq!(page.hears_of("ticket", is_own).await, told(true, 1), "listed");
    let order_id = buyer.holds(&ticket).await;
    assert_eq!(page.hears_of("ticket", is_own).await, told(false, 1), "held");
    buyer.sees(&order_id, "expired").await;
    assert_eq!(
        page.hears_of("ticket", is_own).await,
        told(true, 1),
        "the hold ended"
    );

    let edit = json!({ "title": "Better seat", "priceMinor": 2_500, "version": 1 });
    seller
        .put(&format!("/api/tickets/{}", ticket.id), &edit)
        .await
        .expect(200);
    assert_eq!(page.hears_of("ticket", is_own).await, told(true, 2), "edited");
    let bought = buyer
        .post("/api/orders", &json!({ "lines": [{ "ticketId": ticket.id }] }))
        .await
        .expect(201);
    assert_eq!(page.hears_of("ticket", is_own).await, told(false, 2), "held");
    buyer.pays(bought.str("/id"), "tok_visa").await.expect(201);
    buyer.sees(bought.str("/id"), "completed").await;
    // Sold is as gone as held, so the next that is told is another ticket.
    let other = seller.sells(2_000).await;
    let next = page
        .hears_of("ticket", |message| {
            is_own(message) || message["body"]["ticketId"] == other.id.as_str()
        })
        .await;
    assert_eq!(next["body"]["ticketId"], other.id.as_str(), "{next}");

    seller
        .delete(&format!("/api/tickets/{}", other.id))
        .await
        .expect(204);
    let gone = page
        .hears_of("ticket", |message| {
            message["body"]["ticketId"] == other.id.as_str()
        })
        .await;
    assert_eq!(gone["body"]["available"], false, "withdrawn");
}

/// Protection: an order is told to the connections that its own user opened, whatever anybody watches.
#[tokio::test]
async fn an_orders_changes_reach_its_buyer_and_nobody_else() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let mut pages = [buyer.opens_a_page(&shop).await, buyer.opens_a_page(&shop).await];
    let mut others = [
        seller.opens_a_page(&shop).await,
        shop.stranger().opens_a_page(&shop).await,
    ];
    for page in &mut others {
        page.watches(&["stock", "tickets"]).await;
    }
    let ticket = seller.sells(2_000).await;
    let order_id = buyer.holds(&ticket).await;
    buyer.pays(&order_id, "tok_visa").await.expect(201);
    let order = buyer.sees(&order_id, "completed").await;
    for page in &mut pages {
        let heard = page
            .hears_until(|told| told["body"]["status"] == "completed")
            .await;
        let mut versions = Vec::new();
        for told in &heard {
            assert_eq!(
                (told["kind"].as_str(), &told["body"]["orderId"]),
                (Some("order"), &json!(order_id)),
                "{told}"
            );
            versions.push(told["seq"].as_u64().unwrap_or_default());
        }
        let last = order.body["version"].as_u64().expect("an order has a version");
        assert_eq!(
            versions,
            (1..=last).collect::<Vec<_>>(),
            "each version once and in order"
        );
        let statuses: Vec<&str> = heard
            .iter()
            .filter_map(|told| told["body"]["status"].as_str())
            .collect();
        for status in ["held", "paying", "paid", "completed"] {
            assert!(statuses.contains(&status), "{status} in {statuses:?}");
        }
    }

    // What the others were told up to something that comes later: nothing of any order of the buyer.
    let mark = seller.sells(2_000).await;
    let marked = |told: &Value| told["body"]["ticketId"] == mark.id.as_str();
    for page in &mut others {
        let heard = page.hears_until(marked).await;
        assert!(
            heard
                .iter()
                .any(|told| told["body"]["ticketId"] == ticket.id.as_str()),
            "they were told of the ticket"
        );
        let orders: Vec<&Value> = heard.iter().filter(|told| told["kind"] == "order").collect();
        assert!(orders.is_empty(), "{orders:?}");
    }
}

/// Protection: the gateway's answer to a push, and the end that it tells of, both remove every row of a connection.
#[tokio::test]
async fn a_connection_that_is_gone_is_forgotten_at_the_next_push() {
    let shop = Shop::patient();
    let cook = shop.person("cook").await;
    let table = shop.aws.setting("push-live", "TABLE_CONNECTIONS").await;
    // One that the gateway knows nothing of, as if it had never told of its end.
    let gone = format!("gone-{}", fresh());
    let expires_at = 4_000_000_000_000_u64;
    let Block::Users(block) = Block::of_user(&ConnectionId::parse(&gone).unwrap()) else {
        unreachable!("a user's block is one of users")
    };
    let in_topic = format!("user-{block:02}#{gone}");
    let rows = [
        (format!("connection#{gone}"), &gone),
        (format!("user#{}", cook.id), &gone),
        ("topic#stock".to_owned(), &in_topic),
        ("topic#tickets".to_owned(), &in_topic),
    ];
    for (channel, name) in &rows {
        let item = json!({
            "channel": { "S": channel }, "connection_id": { "S": name }, "expires_at": { "N": expires_at.to_string() },
            "connected_as": { "M": { "user_id": { "S": cook.id }, "session_id": { "S": "s" } } },
        });
        shop.aws
            .dynamodb("PutItem", &json!({ "TableName": table, "Item": item }))
            .await;
    }
    let (line, _) = dish(&shop, &cook, 1).await;
    eats(&cook, &line).await;
    until("the connection to be forgotten", || async {
        let rows = shop.aws.rows("push-live", "TABLE_CONNECTIONS").await;
        let left: Vec<_> = rows
            .iter()
            .filter(|row| {
                row["connection_id"]["S"]
                    .as_str()
                    .is_some_and(|name| name.ends_with(&gone))
            })
            .collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("{left:?}"))
        }
    })
    .await;
}
