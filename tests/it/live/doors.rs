//! Who may open a connection, and what may be said on it.

use crate::engine::{Shop, until};
use serde_json::json;

/// Protection: a session is verified when a connection is opened, like with every other request; none makes a guest, a bad one
/// nobody.
#[tokio::test]
async fn a_bad_session_or_a_foreign_page_is_refused_at_the_handshake() {
    let shop = Shop::patient();
    let person = shop.person("ana").await;
    let token = person.token.clone().unwrap_or_default();
    let (bearer, cookie) = (format!("Bearer {token}"), format!("a=b; session={token}"));
    let forged = format!("Bearer {token}x");
    for (headers, what) in [
        (vec![("authorization", forged.as_str())], "a forged session"),
        (
            vec![("cookie", "session=v1.e30.e30")],
            "a cookie that is no session",
        ),
        (
            vec![("cookie", cookie.as_str()), ("origin", "https://evil.example")],
            "a foreign page",
        ),
        (vec![("origin", "null")], "a page that hides where it comes from"),
    ] {
        let refused = shop.page(&headers).await.map(|_| ()).expect_err(what);
        assert!([401, 403].contains(&refused), "{what}: {refused}");
    }
    let own = shop.front.clone();
    for headers in [
        vec![],
        vec![("authorization", bearer.as_str())],
        vec![("cookie", cookie.as_str()), ("origin", own.as_str())],
        vec![("cookie", "session="), ("origin", own.as_str())],
    ] {
        shop.page(&headers).await.expect("it is let in").closes().await;
    }

    person.post("/api/users/signout", &json!({})).await.expect(200);
    let refused = shop.page(&[("authorization", bearer.as_str())]).await.map(|_| ());
    assert!(matches!(refused, Err(401 | 403)), "an ended session: {refused:?}");
}

/// Protection: every row of a connection is written with it and goes with it.
#[tokio::test]
async fn a_page_that_leaves_leaves_nothing_behind() {
    let shop = Shop::patient();
    let person = shop.person("ana").await;
    let mut page = person.opens_a_page(&shop).await;
    page.watches(&["stock", "tickets"]).await;
    let own = || async {
        let rows = shop.aws.rows("push-live", "TABLE_CONNECTIONS").await;
        let is_own = |row: &serde_json::Value| row["connected_as"]["M"]["user_id"]["S"] == person.id.as_str();
        rows.iter().filter(|row| is_own(row)).count()
    };
    assert_eq!(own().await, 4, "its own row, its user's, and one for each topic");
    page.watches(&["stock"]).await;
    assert_eq!(own().await, 3, "what is watched no more is not kept");
    page.closes().await;
    until("the page to be forgotten", || async {
        match own().await {
            0 => Ok(()),
            left => Err(format!("{left} rows")),
        }
    })
    .await;
}

/// Protection: what is not understood changes nothing and is answered; nothing is dropped in silence.
#[tokio::test]
async fn whatever_a_page_says_is_answered() {
    let shop = Shop::patient();
    let mut page = shop.stranger().opens_a_page(&shop).await;
    page.says(r#"{"action":"ping"}"#).await;
    assert_eq!(
        page.hears().await,
        json!({ "seq": 0, "kind": "pong", "body": {} })
    );
    for wrong in [
        r#"{"action":"watch","topics":["stock","orders"]}"#,
        r#"{"action":"watch"}"#,
        r#"{"action":"shout"}"#,
        r#"{"action":"$connect"}"#,
        r#"{"action":7}"#,
        "not json",
        "[]",
        "{}",
    ] {
        page.says(wrong).await;
        let answer = page.hears().await;
        assert_eq!(
            (&answer["kind"], &answer["seq"]),
            (&json!("refused"), &json!(0)),
            "{wrong}: {answer}"
        );
        assert!(
            answer["body"]["detail"]
                .as_str()
                .is_some_and(|detail| detail.len() > 20),
            "{answer}"
        );
    }
    page.watches(&["stock"]).await;
    page.watches(&[]).await;
    page.closes().await;
}

/// Protection: the front only passes on what is a WebSocket.
#[tokio::test]
async fn a_plain_request_to_live_is_told_what_it_is() {
    let answer = Shop::patient().stranger().get("/live").await.expect(426);
    assert_eq!(answer.code(), "UpgradeRequired");
}
