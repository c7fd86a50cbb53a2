//! A stack on one's own machine, whose time is let pass and around which things are made to go wrong: all of it has to be
//! true for whoever buys, looks after the shop, or pays. On a stack of its own, because time and world are everybody's.

use crate::browser::play::play;
use crate::engine::{Person, SECRET, Shop, Ticket, event, fresh, now_s, restart, signature, start, until};
use crate::operators::operator;
use serde_json::{Value, json};
use xtask::ports::Port;
use xtask::test_stacks::Kind;

const CLOCK: &str = "/api/ops/local/clock";
const CONDITIONS: &str = "/api/ops/local/conditions";
/// What a hold of this stack lives, and what is let pass at once, seconds.
const QUARTER_S: i64 = 900;
/// How far the clock is ahead when all is done: once from a page, once over the API.
const AHEAD_S: i64 = 2 * QUARTER_S;

/// Sets the conditions, as an operator.
async fn set(operator: &Person, declines_cards: bool, market_is_scarce: bool) -> Value {
    let wanted = json!({ "declinesCards": declines_cards, "marketIsScarce": market_is_scarce });
    let mut set = operator.put(CONDITIONS, &wanted).await.expect(200);
    assert_eq!(set.body["declinesCards"], declines_cards, "{}", set.text);
    assert_eq!(set.body["marketIsScarce"], market_is_scarce, "{}", set.text);
    set.body["notes"].take()
}

/// When an answer says that it was made, seconds since 1970.
fn dated_s(answer: &crate::engine::Answer) -> i64 {
    let date = httpdate::parse_http_date(answer.header("date")).expect("an answer has a date");
    let since = date.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("before the end of time")
}

async fn ticket_as_it_is(shop: &Shop, id: &str) -> (Ticket, String) {
    let seen = shop
        .stranger()
        .get(&format!("/api/tickets/{id}"))
        .await
        .expect(200);
    let ticket = Ticket {
        id: id.to_owned(),
        version: seen.body["version"].as_u64().expect("a version"),
    };
    (ticket, seen.str("/state").to_owned())
}

async fn is_green(operator: &Person) {
    let report = operator.get("/api/ops/conservation?fresh=true").await.expect(200);
    assert_eq!(report.body["isGreen"], true, "{}", report.text);
}

/// A card is declined as a bank declines it, and the order is as true about it as ever: nothing was taken, and another card
/// may be tried.
async fn cards_are_declined(shop: &Shop, operator: &Person, seller: &Person, buyer: &Person) {
    let order = buyer.holds(&seller.sells(2_000).await).await;
    let notes = set(operator, true, false).await;
    assert!(
        notes[0].as_str().is_some_and(|note| note.contains("declined")),
        "{notes}"
    );
    buyer
        .pays(&order, "tok_visa")
        .await
        .refused(402, "PaymentDeclined");
    assert_eq!(buyer.order(&order).await.str("/status"), "held");
    let attempts = buyer.attempts(&order).await;
    assert_eq!(attempts.len(), 1, "{attempts:?}");
    assert!(
        attempts[0].to_string().contains("generic_decline"),
        "{attempts:?}"
    );
    assert_eq!(shop.aws.money(&order).await.charges, 0);

    assert_eq!(set(operator, false, false).await, json!([]));
    buyer.pays(&order, "tok_visa").await.expect(201);
    buyer.sees(&order, "completed").await;
    assert_eq!(shop.aws.money(&order).await.charges, 1);
}

/// Nothing can be bought, so what lacks something ends honestly; and once there is plenty again, the same dish is served.
async fn the_market_is_scarce(shop: &Shop, operator: &Person, buyer: &Person) {
    let lettuce = format!("lechuga-{}", fresh());
    let stock = json!({ "cause": lettuce, "kitchen": { (&lettuce): 1 } });
    let stocked = shop.aws.invoke("stock-kitchen", &stock).await;
    stocked.expect("the kitchen is stocked");
    let dish = json!({ "name": "Salad", "priceMinor": 900, "recipe": { (&lettuce): 3 } });
    let dish = buyer.post("/api/dishes", &dish).await.expect(201);
    let eats = json!({ "lines": [{ "dishId": dish.str("/id") }], "payment": { "token": "tok_visa" } });

    set(operator, false, true).await;
    for _ in 0..5 {
        let asked = buyer.get(&format!("/api/market/{lettuce}")).await.expect(200);
        assert_eq!(asked.body["quantity"], 0, "{}", asked.text);
    }
    let hungry = buyer
        .post("/api/orders", &eats)
        .await
        .expect(201)
        .str("/id")
        .to_owned();
    buyer.sees(&hungry, "unavailable").await;

    set(operator, false, false).await;
    let fed = buyer
        .post("/api/orders", &eats)
        .await
        .expect(201)
        .str("/id")
        .to_owned();
    buyer.sees(&fed, "completed").await;
}

/// Whoever sets something is written down with what it was.
async fn who_did_it_is_written_down(shop: &Shop, operator: &Person) {
    let group = json!({ "logGroupName": "/aws/lambda/holdfast-ops-api", "filterPattern": format!("\"{}\"", operator.id) });
    until("lines that say who", || async {
        let told = shop.aws.logs("FilterLogEvents", &group).await;
        let told = told.map_err(|refused| format!("{refused:?}"))?.to_string();
        let is_told = told.contains("declines_cards: true") && told.contains("900 s were let pass");
        is_told.then_some(()).ok_or(told)
    })
    .await;
}

/// Signed by the shop's clock a message is heard; by the machine's, which is half an hour behind, it is too old.
async fn messages_are_judged_by_the_shops_clock(shop: &Shop, order: &str) {
    let intent = shop.intent_of(order).await.expect("it was paid");
    let news = event("payment_intent.succeeded", order, &intent).to_string();
    let old = signature(&news, SECRET, now_s());
    shop.deliver_signed(&news, &old)
        .await
        .refused(400, "BadSignature");
    let signed = signature(&news, SECRET, now_s() + AHEAD_S);
    shop.deliver_signed(&news, &signed).await.expect(200);
}

/// What a shop does all day, in whatever time it is.
async fn the_shop_works(shop: &Shop, seller: &Person, operator: &Person) {
    let credentials = json!({ "email": seller.email, "password": "correct horse battery" });
    let signed_in = shop
        .stranger()
        .post("/api/users/signin", &credentials)
        .await
        .expect(200);
    let seller = seller.with_token(signed_in.str("/token"));
    let buyer = shop.person("later").await;
    let order = buyer.buys(&seller.sells(2_100).await).await;
    assert_eq!(shop.aws.money(&order).await.charges, 1);
    messages_are_judged_by_the_shops_clock(shop, &order).await;
    is_green(operator).await;
}

#[tokio::test]
async fn time_that_is_let_pass_and_a_world_gone_wrong_are_true_for_the_whole_stack() {
    let (engine, states) = (Port::Any.choose().unwrap(), Port::Any.choose().unwrap());
    let front = Port::Any.choose().unwrap();
    let stack = start(Kind::Hurried, |options| {
        (options.engine, options.states) = (Port::Fixed(engine), Port::Fixed(states));
        options.front = Port::Fixed(front);
    });
    let shop = Shop::at(stack.addresses());
    let operator = operator(&shop).await;
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let told = operator.get("/api/ops/viewer").await.expect(200);
    for feature in ["clock", "faults", "conditions"] {
        assert!(told.text.contains(feature), "{}", told.text);
    }

    // From the page itself, in a browser; it needs a clock that is right and a world without faults.
    let given = json!({
        "operator": { "email": operator.email, "id": operator.id, "token": operator.token },
        "states": shop.aws.states_url(),
        "isOwn": true,
    });
    play("ops-local", &shop, given.clone()).await;
    play("ops-queues", &shop, given).await;

    cards_are_declined(&shop, &operator, &seller, &buyer).await;
    the_market_is_scarce(&shop, &operator, &buyer).await;

    let ticket = seller.sells(2_000).await;
    let left = buyer.holds(&ticket).await;
    let held = buyer.order(&left).await;
    let mut page = buyer.opens_a_page(&shop).await;
    let passed = operator
        .post(CLOCK, &json!({ "passS": QUARTER_S }))
        .await
        .expect(200);
    assert_eq!(passed.body["aheadS"], 1_800.0, "{}", passed.text);
    assert!(dated_s(&passed) >= now_s() + AHEAD_S - 1, "{:?}", passed.headers);

    // Its own execution has ended it, at once: nobody found the hold alive, and nobody had to come by.
    let expired = buyer.sees(&left, "expired").await;
    assert!(
        expired.moment("/serverTime") >= held.moment("/hold/expiresAt"),
        "{}",
        expired.text
    );
    page.hears_of("order", |told| {
        told["body"] == json!({ "orderId": left, "status": "expired" })
    })
    .await;
    let arn = shop.aws.execution_of(&left).await;
    let path = format!("/api/ops/execution/history?arn={arn}");
    let history = operator.get(&path).await.expect(200).text;
    assert!(history.contains("ExpireOrder"), "{history}");
    assert!(!history.contains("HoldStillAlive"), "{history}");
    let (ticket, state) = ticket_as_it_is(&shop, &ticket.id).await;
    assert_eq!(state, "available");
    let second = shop.person("second").await;
    let bought = second.buys(&ticket).await;
    assert_eq!(shop.aws.money(&bought).await.charges, 1);
    assert_eq!(buyer.order(&left).await.str("/status"), "expired");
    is_green(&operator).await;
    the_shop_works(&shop, &seller, &operator).await;
    who_did_it_is_written_down(&shop, &operator).await;

    set(&operator, true, false).await;
    let stack = restart(stack);
    let shop = Shop::at(stack.addresses());
    let operator = shop.stranger().with_token(operator.token.as_deref().unwrap());
    let clock = operator.get(CLOCK).await.expect(200);
    assert_eq!(clock.body["aheadS"], 1_800.0, "{}", clock.text);
    assert!(dated_s(&clock) >= now_s() + AHEAD_S - 1, "{:?}", clock.headers);
    let kept = operator.get(CONDITIONS).await.expect(200);
    assert_eq!(kept.body["declinesCards"], true, "{}", kept.text);
    set(&operator, false, false).await;
    let seller = shop.person("seller").await;
    the_shop_works(&shop, &seller, &operator).await;
}
