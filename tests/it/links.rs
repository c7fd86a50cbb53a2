//! Short links, in the running system: one address, one link; made by users, followed by anybody.

use crate::engine::{Answer, Person, Shop, at_once, count, fresh, read_qr, read_svg};
use crate::operators::operator;
use domain::link::LinkId;
use serde_json::json;

async fn shortens(person: &Person, target: &str) -> Answer {
    person.post("/api/links", &json!({ "target": target })).await
}

/// Protection: the id is made of the address, and it is written under the condition that it is free.
#[tokio::test]
async fn one_address_has_one_link_whoever_asks_and_it_leads_there() {
    let shop = Shop::patient();
    let (ana, bob) = (shop.person("ana").await, shop.person("bob").await);
    // Everybody checks this one first; in a shop that lives longer than a test it is there already.
    let google = shortens(&ana, "http://google.com").await;
    assert!([200, 201].contains(&google.status), "{}", google.text);
    assert_eq!(google.str("/id"), "Fy9z6aGA");
    let followed = shop.stranger().get("/l/Fy9z6aGA").await.expect(301);
    assert_eq!(followed.header("location"), "http://google.com");

    let target = format!("https://example.com/{}?a=b&c=%20#d", fresh());
    let made = shortens(&ana, &target).await.expect(201);
    let id = made.str("/id");
    assert_eq!(id, LinkId::of_target(&target, 0).as_str());
    assert_eq!(made.str("/target"), target);
    assert_eq!(made.header("location"), format!("/l/{id}"));
    assert!(made.str("/shortUrl").ends_with(&format!("/l/{id}")));
    assert!(!made.text.contains(&ana.id), "who made it is nobody's business");
    for person in [&ana, &bob] {
        let again = shortens(person, &target).await.expect(200);
        assert_eq!(again.body, made.body);
    }
    let followed = shop.stranger().get(&format!("/l/{id}")).await.expect(301);
    assert_eq!(followed.header("location"), target);
    assert_eq!(followed.header("cache-control"), "private, no-store");
}

/// Protection: taking down is a write on the row that has the id, so the id stays taken and nothing brings the link back.
#[tokio::test]
async fn its_maker_and_operators_take_a_link_down_for_good() {
    let shop = Shop::patient();
    let (ana, bob) = (shop.person("ana").await, shop.person("bob").await);
    for keeper in [&ana, &operator(&shop).await] {
        let target = format!("https://example.com/{}", fresh());
        let made = shortens(&ana, &target).await.expect(201);
        let path = format!("/l/{}", made.str("/id"));
        shop.stranger().delete(&path).await.refused(401, "NotSignedIn");
        bob.delete(&path).await.refused(403, "NotYours");
        shop.stranger().get(&path).await.expect(301);
        // The second time finds it done.
        for _ in 0..2 {
            keeper.delete(&path).await.expect(204);
        }
        for path in [path.clone(), format!("{path}/qr")] {
            let gone = shop.stranger().get(&path).await.refused(410, "LinkTakenDown");
            assert!(!gone.text.contains(&target), "{}", gone.text);
        }
        for person in [&ana, &bob] {
            shortens(person, &target).await.refused(410, "LinkTakenDown");
        }
    }
    for path in ["/l/zzzzzzzz", "/l/0OIl0OIl"] {
        ana.delete(path).await.refused(404, "NotFound");
    }
}

/// Protection: of many who come with one address at one moment, the conditional write lets one make it.
#[tokio::test]
async fn of_many_who_shorten_one_address_one_makes_it() {
    let shop = Shop::patient();
    let ana = shop.person("ana").await;
    let target = format!("https://example.com/{}", fresh());
    let answers = at_once((0..12).map(|_| {
        let (ana, target) = (ana.clone(), target.clone());
        async move { shortens(&ana, &target).await }
    }))
    .await;
    // Two who came in the same millisecond are one and the same to the database; each is told that it is made.
    assert!(count(&answers, 201) >= 1);
    assert_eq!(count(&answers, 201) + count(&answers, 200), 12);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
}

#[tokio::test]
async fn what_is_no_address_of_the_web_is_refused_and_nothing_is_written() {
    let shop = Shop::patient();
    let ana = shop.person("ana").await;
    for target in [
        "",
        "javascript:alert(document.cookie)",
        "ftp://example.com/file",
        "//example.com",
        "/api/orders",
        "example.com",
        "http://",
        "http://user:pass@example.com",
        "http://good.example\\@evil.example",
        "http://example.com/a b",
        "http://example.com/\r\nset-cookie: session=x",
        "http://b\u{fc}cher.example",
    ] {
        let refused = shortens(&ana, target).await.refused(400, "InvalidInput");
        assert_eq!(refused.str("/errors/0/field"), "target", "{target:?}");
        let id = LinkId::of_target(target, 0);
        shop.stranger()
            .get(&format!("/l/{id}"))
            .await
            .refused(404, "NotFound");
    }
    let too_long = format!("http://example.com/{}", "a".repeat(2_048));
    shortens(&ana, &too_long).await.refused(400, "InvalidInput");
    for body in [
        json!({}),
        json!({ "target": 1 }),
        json!({ "target": "http://a", "id": "Fy9z6aGA" }),
    ] {
        ana.post("/api/links", &body).await.refused(400, "InvalidInput");
    }
    let stranger = shop.stranger();
    shortens(&stranger, "http://example.com")
        .await
        .refused(401, "NotSignedIn");
}

#[tokio::test]
async fn what_nobody_made_is_not_found() {
    let stranger = Shop::patient().stranger();
    for path in [
        "/l/zzzzzzzz",
        "/l/fy9z6aga0",
        "/l/0OIl0OIl",
        "/l/..%2fapi",
        "/l/zzzzzzzz/qr",
        "/l/short/qr?format=svg",
    ] {
        stranger.get(path).await.refused(404, "NotFound");
    }
}

#[tokio::test]
async fn the_qr_code_of_a_link_says_its_short_address() {
    let shop = Shop::patient();
    let ana = shop.person("ana").await;
    let made = shortens(&ana, &format!("https://example.com/{}", fresh())).await;
    let made = made.expect(201);
    let (short_url, id) = (made.str("/shortUrl"), made.str("/id"));
    let stranger = shop.stranger();
    for query in ["", "?format=png"] {
        let png = stranger.get(&format!("/l/{id}/qr{query}")).await.expect(200);
        assert_eq!(png.header("content-type"), "image/png");
        assert_eq!(read_qr(&png.bytes), short_url);
    }
    let svg = stranger.get(&format!("/l/{id}/qr?format=svg")).await.expect(200);
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert_eq!(read_svg(&svg.text), short_url);
    for (query, field) in [
        ("?format=gif", "format"),
        ("?format=", "format"),
        ("?size=9", "size"),
    ] {
        let refused = stranger
            .get(&format!("/l/{id}/qr{query}"))
            .await
            .refused(400, "InvalidInput");
        assert_eq!(refused.str("/errors/0/field"), field, "{}", refused.text);
    }
}
