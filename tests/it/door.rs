//! The door, in the running system: a pass lets in once, and nobody who has the money back.

use crate::engine::{Answer, Person, Shop, Ticket, at_once, count, fresh, read_qr, read_svg, until};
use crate::operators::operator;
use serde_json::json;

async fn pass_of(buyer: &Person, ticket: &Ticket) -> Answer {
    buyer.get(&format!("/api/tickets/{}/pass", ticket.id)).await
}

async fn scans(keeper: &Person, code: &str) -> Answer {
    keeper.post("/api/tickets/verify", &json!({ "code": code })).await
}

/// A seller, a buyer and a ticket that was sold between them.
struct Sale {
    shop: Shop,
    seller: Person,
    buyer: Person,
    ticket: Ticket,
    order_id: String,
    code: String,
}

impl Sale {
    async fn made() -> Self {
        let shop = Shop::patient();
        let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
        let ticket = seller.sells(4_200).await;
        let order_id = buyer.buys(&ticket).await;
        let pass = pass_of(&buyer, &ticket).await.expect(200);
        let code = pass.str("/code").to_owned();
        Self {
            shop,
            seller,
            buyer,
            ticket,
            order_id,
            code,
        }
    }
}

/// Protection: a pass is shown to the buyer of a completed order only, whatever else a reader knows.
#[tokio::test]
async fn a_pass_is_for_the_buyer_of_a_completed_order() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let ticket = seller.sells(4_200).await;
    let paths = ["pass", "qr", "qr?format=svg"].map(|what| format!("/api/tickets/{}/{what}", ticket.id));
    let hidden_from = async |person: &Person, status, code| {
        for path in &paths {
            person.get(path).await.refused(status, code);
        }
    };
    hidden_from(&buyer, 404, "NotFound").await;
    let order_id = buyer.holds(&ticket).await;
    let held = buyer.order(&order_id).await;
    assert!(held.body["lines"][0]["passUrl"].is_null(), "{}", held.text);
    hidden_from(&buyer, 404, "NotFound").await;
    buyer.pays(&order_id, "tok_visa").await.expect(201);
    let completed = buyer.sees(&order_id, "completed").await;
    assert_eq!(completed.str("/lines/0/passUrl"), paths[0]);
    let pass = buyer.get(&paths[0]).await.expect(200);
    assert_eq!(
        (pass.str("/ticketId"), pass.str("/orderId")),
        (ticket.id.as_str(), order_id.as_str())
    );
    assert!(pass.body["admittedAt"].is_null());
    hidden_from(&seller, 404, "NotFound").await;
    hidden_from(&shop.person("other").await, 404, "NotFound").await;
    hidden_from(&shop.stranger(), 401, "NotSignedIn").await;
}

#[tokio::test]
async fn the_qr_code_and_the_short_link_of_a_pass_say_where_it_is_verified() {
    let sale = Sale::made().await;
    let pass = pass_of(&sale.buyer, &sale.ticket).await.expect(200);
    assert_eq!(pass.str("/code"), sale.code, "a pass stays as it is");
    let verify_url = pass.str("/verifyUrl");
    assert!(verify_url.ends_with(&format!("/door/{}", sale.code)));
    for path in [
        pass.str("/qr/png").to_owned(),
        format!("/api/tickets/{}/qr", sale.ticket.id),
    ] {
        let png = sale.buyer.get(&path).await.expect(200);
        assert_eq!(png.header("content-type"), "image/png");
        assert_eq!(png.header("cache-control"), "no-store");
        assert_eq!(read_qr(&png.bytes), verify_url);
    }
    let svg = sale.buyer.get(pass.str("/qr/svg")).await.expect(200);
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(svg.text.contains("role=\"img\"") && svg.text.contains("<title>Pass for Seat "));
    assert_eq!(read_svg(&svg.text), verify_url);
    let other = format!("/api/tickets/{}/qr?format=jpeg", sale.ticket.id);
    let refused = sale.buyer.get(&other).await.refused(400, "InvalidInput");
    assert_eq!(refused.str("/errors/0/field"), "format");

    let (_, id) = pass.str("/shortLink").rsplit_once("/l/").expect("a short link");
    let followed = sale.shop.stranger().get(&format!("/l/{id}")).await.expect(301);
    assert_eq!(followed.header("location"), verify_url);
    assert_eq!(followed.header("cache-control"), "private, no-store");
}

/// Protection: the page only reads. A phone that opens it before the door does has changed nothing.
#[tokio::test]
async fn the_page_behind_the_qr_code_says_what_the_pass_is_worth_and_lets_nobody_in() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let title = format!("<script>alert('{}')</script> & \"Co\"", fresh());
    let listed = json!({
        "title": title, "priceMinor": 4_200, "event": "</dl><b>Night</b>", "venue": "Hall \"A\"",
        "startsAt": "2030-05-01T19:30:00Z",
    });
    let listed = seller.post("/api/tickets", &listed).await.expect(201);
    let ticket = Ticket {
        id: listed.str("/id").to_owned(),
        version: 1,
    };
    let order_id = buyer.buys(&ticket).await;
    let code = pass_of(&buyer, &ticket).await.expect(200).str("/code").to_owned();
    let stranger = shop.stranger();
    let opens = async |code: &str| stranger.get(&format!("/door/{code}")).await;

    // However often it is opened, and however a scanner writes it.
    for code in [&code, &code.to_uppercase(), &code] {
        let page = opens(code).await.expect(200);
        assert!(page.text.contains("This pass is good"), "{}", page.text);
        for (header, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-robots-tag", "noindex"),
        ] {
            assert_eq!(page.header(header), value, "{header}");
        }
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        for markup in ["<script", "<b>", "</dl><b", "Hall \"A\""] {
            assert!(!page.text.contains(markup), "{markup}: {}", page.text);
        }
        for told in [
            "&lt;script&gt;alert(&#39;",
            "&amp; &quot;Co&quot;",
            "&lt;b&gt;Night",
            "2030-05-01T19:30:00",
            "Hall &quot;A&quot;",
        ] {
            assert!(page.text.contains(told), "{told}: {}", page.text);
        }
        for secret in [&buyer.id, &buyer.email, &order_id, &code.to_lowercase()] {
            assert!(!page.text.contains(secret.as_str()), "{secret}: {}", page.text);
        }
    }
    let pass = pass_of(&buyer, &ticket).await.expect(200);
    assert!(
        pass.body["admittedAt"].is_null(),
        "nobody was let in: {}",
        pass.text
    );

    let let_in = scans(&seller, &code).await.expect(200);
    let page = opens(&code).await.expect(200);
    assert!(page.text.contains("Let in already"), "{}", page.text);
    assert!(page.text.contains(let_in.str("/admittedAt")), "{}", page.text);

    let mut forged = code.clone();
    let last = if forged.ends_with('0') { "1" } else { "0" };
    forged.replace_range(77.., last);
    for code in [&forged, "x", "%3Cscript%3E"] {
        let page = opens(code).await.expect(404);
        assert!(page.text.contains("This is no pass"), "{}", page.text);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(!page.text.contains("<script"), "{}", page.text);
    }
}

#[tokio::test]
async fn the_page_of_a_pass_that_was_given_back_says_that_it_is_worth_nothing() {
    let sale = Sale::made().await;
    sale.buyer
        .wants_back(&sale.order_id, &json!({}))
        .await
        .expect(201);
    let page = sale.shop.stranger().get(&format!("/door/{}", sale.code)).await;
    let page = page.expect(200);
    assert!(page.text.contains("This pass is worth nothing"), "{}", page.text);
    assert!(page.text.contains("given back"), "{}", page.text);
}

/// Protection: the admission is written under the version of the order that was read, so of any number of scans at one
/// moment one finds nobody let in before.
#[tokio::test]
async fn of_twenty_scans_of_one_pass_one_lets_in() {
    let sale = Sale::made().await;
    let answers = at_once((0..20).map(|number| {
        let (keeper, code) = (sale.seller.clone(), sale.code.clone());
        // Half of them read the address in the QR code, half of them have typed it in.
        let code = match number % 2 {
            0 => format!("http://localhost:8080/door/{code}"),
            _ => code.to_uppercase(),
        };
        async move { scans(&keeper, &code).await }
    }))
    .await;
    let (let_in, kept_out): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((let_in.len(), kept_out.len()), (1, 19));
    let admitted_at = let_in[0].str("/admittedAt");
    assert_eq!(let_in[0].str("/ticketId"), sale.ticket.id);
    for answer in kept_out {
        let answer = answer.refused(409, "TicketAlreadyAdmitted");
        assert!(answer.str("/detail").contains(admitted_at), "{}", answer.text);
    }
    let pass = pass_of(&sale.buyer, &sale.ticket).await.expect(200);
    assert_eq!(pass.str("/admittedAt"), admitted_at);
    let events = sale
        .buyer
        .get(&format!("/api/orders/{}/events", sale.order_id))
        .await;
    assert_eq!(
        events.text.matches("Let in at the door.").count(),
        1,
        "{}",
        events.text
    );
}

/// Protection: who stands at the door is asked before anything is decided; a code that is wrong in any way is nothing.
#[tokio::test]
async fn only_the_seller_and_operators_let_in_and_only_with_a_genuine_pass() {
    let sale = Sale::made().await;
    let stranger = sale.shop.stranger();
    scans(&stranger, &sale.code).await.refused(401, "NotSignedIn");
    for person in [&sale.buyer, &sale.shop.person("other").await] {
        scans(person, &sale.code).await.refused(403, "NotYours");
    }
    let mut forged = sale.code.clone();
    let last = if forged.ends_with('0') { "1" } else { "0" };
    forged.replace_range(77.., last);
    let id = |id: &str| id.split_once('_').map(|(_, body)| body.to_owned()).unwrap();
    let guessed = format!("{}{}{}", id(&sale.ticket.id), id(&sale.order_id), "0".repeat(26));
    for code in [&forged, &guessed, &sale.code[1..], "https://example.com/", "x"] {
        let answer = scans(&sale.seller, code).await;
        if code.ends_with('/') {
            let refused = answer.refused(400, "InvalidInput");
            assert_eq!(refused.str("/errors/0/field"), "code");
        } else {
            answer.refused(400, "PassNotGenuine");
        }
    }
    for body in [
        json!({}),
        json!({ "code": 7 }),
        json!({ "code": sale.code, "by": "me" }),
    ] {
        let answer = sale.seller.post("/api/tickets/verify", &body).await;
        answer.refused(400, "InvalidInput");
    }
    let pass = pass_of(&sale.buyer, &sale.ticket).await.expect(200);
    assert!(
        pass.body["admittedAt"].is_null(),
        "nobody was let in: {}",
        pass.text
    );
    scans(&operator(&sale.shop).await, &sale.code).await.expect(200);
}

/// Protection: the answer is kept under the key; and the order remembers under which name it was asked.
#[tokio::test]
async fn a_scan_that_is_repeated_under_its_key_is_answered_the_same() {
    let sale = Sale::made().await;
    let (key, body) = (fresh(), json!({ "code": sale.code }));
    let first = sale
        .seller
        .post_once("/api/tickets/verify", &key, &body)
        .await
        .expect(200);
    let again = sale
        .seller
        .post_once("/api/tickets/verify", &key, &body)
        .await
        .expect(200);
    assert_eq!(first.body, again.body);
    let other = sale
        .seller
        .post_once("/api/tickets/verify", &fresh(), &body)
        .await;
    other.refused(409, "TicketAlreadyAdmitted");
}

/// Protection: both are decided by the same order under the same version, so each finds the other.
#[tokio::test]
async fn what_was_let_in_is_not_refunded_and_what_was_refunded_is_not_let_in() {
    let sale = Sale::made().await;
    scans(&sale.seller, &sale.code).await.expect(200);
    for wanted in [json!({}), json!({ "lines": [{ "line": 0, "quantity": 1 }] })] {
        let refused = sale.buyer.wants_back(&sale.order_id, &wanted).await;
        let refused = refused.refused(409, "NotRefundable");
        assert!(
            refused.str("/detail").contains("let in at the door"),
            "{}",
            refused.text
        );
    }
    assert_eq!(
        sale.shop
            .aws
            .charged_and_refunded(&sale.buyer, &sale.order_id)
            .await,
        (4_200, 0)
    );

    let sale = Sale::made().await;
    sale.buyer
        .wants_back(&sale.order_id, &json!({}))
        .await
        .expect(201);
    let refunded = sale.buyer.sees(&sale.order_id, "refunded").await;
    assert!(
        refunded.body["lines"][0]["passUrl"].is_null(),
        "{}",
        refunded.text
    );
    scans(&sale.seller, &sale.code)
        .await
        .refused(409, "TicketGivenBack");
    pass_of(&sale.buyer, &sale.ticket).await.refused(404, "NotFound");

    // Whoever buys it next has another code. The old one is worth nothing, before and after the new one was used.
    let next = sale.shop.person("next").await;
    next.buys(&sale.ticket).await;
    let pass = pass_of(&next, &sale.ticket).await.expect(200);
    assert_ne!(pass.str("/code"), sale.code);
    scans(&sale.seller, &sale.code)
        .await
        .refused(409, "TicketGivenBack");
    scans(&sale.seller, pass.str("/code")).await.expect(200);
    scans(&sale.seller, &sale.code)
        .await
        .refused(409, "TicketGivenBack");
}

/// Protection: a refund that the bank has not confirmed yet shuts the door as well; one that failed opens it again.
#[tokio::test]
async fn a_refund_under_way_shuts_the_door_and_one_that_failed_does_not() {
    let shop = Shop::patient();
    let (seller, buyer) = (shop.person("seller").await, shop.person("buyer").await);
    let ticket = seller.sells(4_200).await;
    let order_id = buyer.holds(&ticket).await;
    buyer.pays(&order_id, "tok_refund_fails").await.expect(201);
    buyer.sees(&order_id, "completed").await;
    let pass = pass_of(&buyer, &ticket).await.expect(200);
    let code = pass.str("/code");
    let asked = buyer
        .post(&format!("/api/orders/{order_id}/refund"), &json!({}))
        .await;
    asked.expect(201);
    until("the door to open again", || async {
        let answer = scans(&seller, code).await;
        match answer.status {
            200 => Ok(()),
            _ => Err(answer.refused(409, "TicketGivenBack").text),
        }
    })
    .await;
    let refunds = buyer.refunds(&order_id).await;
    assert_eq!(refunds[0]["status"], "failed", "{refunds:?}");
    let refused = buyer.wants_back(&order_id, &json!({})).await;
    refused.refused(409, "NotRefundable");
}

/// Protection: as above, at one moment. Whichever is written first wins, and the other is told.
#[tokio::test]
async fn of_a_scan_and_a_refund_at_one_moment_one_wins() {
    for _ in 0..4 {
        let sale = Sale::made().await;
        let answers = at_once((0..12).map(|number| {
            let (seller, buyer) = (sale.seller.clone(), sale.buyer.clone());
            let (code, order_id) = (sale.code.clone(), sale.order_id.clone());
            async move {
                if number % 2 == 0 {
                    scans(&seller, &code).await
                } else {
                    let path = format!("/api/orders/{order_id}/refund");
                    buyer.post(&path, &json!({})).await
                }
            }
        }))
        .await;
        let (let_in, given_back) = (count(&answers, 200), count(&answers, 201));
        assert_eq!(let_in + given_back, 1, "{let_in} let in, {given_back} given back");
        if given_back == 1 {
            sale.buyer.sees(&sale.order_id, "refunded").await;
        }
        let expected = (4_200, 4_200 * u64::try_from(given_back).unwrap());
        let sums = sale
            .shop
            .aws
            .charged_and_refunded(&sale.buyer, &sale.order_id)
            .await;
        assert_eq!(sums, expected);
    }
}
