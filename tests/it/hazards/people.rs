//! People: one account each, sessions that cannot be made up, and nobody's things changed by anybody else.

use crate::engine::{Person, Shop, at_once, count, fresh};
use contract::{SessionSecret, Signed};
use domain::user::Role;
use domain::{Timestamp, UserId};
use reqwest::Method;
use serde_json::{Value, json};

/// Hazard 31. Protection: the address is the key of the account, written only if it is not there, so parallel
/// sign-ups (in whatever spelling) make one account. What is stored of the password is its Argon2id hash.
#[tokio::test]
async fn parallel_sign_ups_one_account() {
    let shop = Shop::patient();
    let name = fresh();
    let answers = at_once((0..12).map(|number| {
        let stranger = shop.stranger();
        let email = match number % 3 {
            0 => format!("twin-{name}@example.com"),
            1 => format!("TWIN-{name}@Example.COM"),
            _ => format!("  Twin-{name}@example.com "),
        };
        let body = json!({ "email": email, "password": format!("password {number}") });
        async move { stranger.post("/api/users/signup", &body).await }
    }))
    .await;
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.clone().refused(409, "EmailTaken");
    }
    assert_eq!(count(&answers, 201), 1);

    let email = format!("twin-{name}@example.com");
    let winner = answers
        .iter()
        .position(|answer| answer.status == 201)
        .unwrap_or_default();
    let mut right = Vec::new();
    for number in [winner, (winner + 1) % 12] {
        let body = json!({ "email": email, "password": format!("password {number}") });
        right.push(shop.stranger().post("/api/users/signin", &body).await);
    }
    assert_eq!(
        right[0].clone().expect(200).str("/id"),
        answers[winner].str("/id")
    );
    right[1].clone().refused(401, "BadCredentials");

    let stored = shop.aws.row("users-api", "TABLE_ACCOUNTS", "email", &email).await;
    let hash = stored["password_hash"]["S"].as_str().unwrap_or_default();
    assert!(hash.starts_with("$argon2id$"), "{stored}");
    assert!(
        !stored.to_string().contains(&format!("password {winner}")),
        "{stored}"
    );
}

async fn who(person: &Person) -> Value {
    person.get("/api/users/currentuser").await.expect(200).body["currentUser"].clone()
}

/// Hazard 31. Protection: a session is signed and says until when it counts; whoever changes a byte of it, or comes
/// after its time, is nobody.
#[tokio::test]
async fn sessions_are_signed_and_expire() {
    let shop = Shop::patient();
    let email = format!("signed-{}@example.com", fresh());
    let body = json!({ "email": email, "password": "correct horse" });
    let signed_up = shop.stranger().post("/api/users/signup", &body).await.expect(201);
    let token = signed_up.str("/token");
    let cookie = signed_up.header("set-cookie");
    for part in [
        &format!("session={token}"),
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=",
    ] {
        assert!(cookie.contains(part), "{part} is not in {cookie}");
    }
    let by_cookie = shop
        .stranger()
        .send(
            Method::GET,
            "/api/users/currentuser",
            &[("cookie", &format!("a=b; session={token}"))],
            None,
        )
        .await;
    assert_eq!(by_cookie.str("/currentUser/email"), email);

    // What a forger could make: a session of somebody else, of another key, or one that lives on.
    let secret = shop.aws.setting("users-api", "SESSION_SECRET").await;
    let secret = SessionSecret::new(&secret).expect("it is long enough");
    let other = SessionSecret::new(&"x".repeat(64)).expect("it is long enough");
    let session = |expires_at| Signed {
        user_id: UserId::parse(signed_up.str("/id")).expect("an id"),
        email: email.clone(),
        role: Role::Buyer,
        session_id: fresh(),
        expires_at,
    };
    let (past, future) = (Timestamp::from_ms(1_000), Timestamp::from_ms(4_000_000_000_000));
    let (head, signature) = token.rsplit_once('.').expect("a signature");
    let longer = session(future).sign(&other).expect("it signs");
    let (forged_head, _) = longer.rsplit_once('.').expect("a signature");
    let forgeries = [
        session(past).sign(&secret).expect("it signs"),
        longer.clone(),
        format!("{forged_head}.{signature}"),
        format!("{head}.{}", signature.chars().rev().collect::<String>()),
        head.to_owned(),
        String::new(),
        "null".to_owned(),
    ];
    for forged in forgeries {
        let forger = shop.stranger().with_token(&forged);
        assert_eq!(who(&forger).await, Value::Null, "{forged}");
        let body = json!({ "title": "Forged", "priceMinor": 1_000 });
        forger
            .post("/api/tickets", &body)
            .await
            .refused(401, "NotSignedIn");
    }
    // The forgeries were refused for what they are: the same, well made, is let in.
    let made = session(future).sign(&secret).expect("it signs");
    assert_eq!(who(&shop.stranger().with_token(&made)).await["email"], email);
}

/// Hazard 31. Protection: signing out ends the session itself, wherever its token has gone, and no other one.
#[tokio::test]
async fn sign_out_ends_the_session() {
    let shop = Shop::patient();
    let here = shop.person("ana").await;
    let body = json!({ "email": here.email, "password": "correct horse battery" });
    let there = here.with_token(
        shop.stranger()
            .post("/api/users/signin", &body)
            .await
            .expect(200)
            .str("/token"),
    );
    let out = here
        .send(Method::POST, "/api/users/signout", &[], None)
        .await
        .expect(200);
    assert!(
        out.header("set-cookie").contains("Max-Age=0"),
        "{:?}",
        out.headers
    );
    assert_eq!(who(&here).await, Value::Null);
    here.get("/api/orders").await.refused(401, "NotSignedIn");
    assert_eq!(who(&there).await["id"], here.id);
    here.send(Method::POST, "/api/users/signout", &[], None)
        .await
        .expect(200);
}

/// Hazard 31. Protection: attempts to sign in are counted per address and window, whether they succeed or not, so
/// passwords cannot be tried out in numbers; another address is not held up.
#[tokio::test]
async fn sign_in_is_rate_limited() {
    const PER_WINDOW: usize = 10;
    let shop = Shop::patient();
    let (victim, other) = (shop.person("victim").await, shop.person("other").await);
    let wrong = json!({ "email": victim.email, "password": "a guess" });
    let mut guesses = 0;
    let limited = loop {
        let answer = shop.stranger().post("/api/users/signin", &wrong).await;
        if answer.status == 429 {
            break answer;
        }
        answer.refused(401, "BadCredentials");
        guesses += 1;
        // Guesses may fall into two windows, and then each may take its share.
        assert!(guesses <= 2 * PER_WINDOW, "{guesses} guesses were read");
    };
    assert!(guesses >= PER_WINDOW, "limited after {guesses}");
    let limited = limited.refused(429, "TooManyAttempts");
    let retry_after_s: u32 = limited.header("retry-after").parse().expect("whole seconds");
    assert!((1..=60).contains(&retry_after_s));
    let right = json!({ "email": other.email, "password": "correct horse battery" });
    shop.stranger()
        .post("/api/users/signin", &right)
        .await
        .expect(200);
}

/// Hazard 33. Protection: a request has a closed shape, so no field of a stored thing can be written by naming it;
/// whose a thing is comes from the session and is a condition of every write.
#[tokio::test]
async fn cannot_write_what_is_not_yours() {
    let shop = Shop::patient();
    let (owner, eve) = (shop.person("owner").await, shop.person("eve").await);
    let (ticket, kept) = (owner.sells(5_000).await, owner.sells(6_000).await);
    let path = format!("/api/tickets/{}", kept.id);

    // Fields that are not part of the request are refused by name, on every request that has a body.
    let order_id = owner.holds(&ticket).await;
    let ticket_body = json!({ "title": "Seat", "priceMinor": 1_000 });
    let edit_body = json!({ "title": "Seat", "priceMinor": 1_000, "version": 1 });
    for (method, to, body, fields) in [
        (
            Method::POST,
            "/api/tickets",
            &ticket_body,
            ["id", "state", "ownerId", "version"],
        ),
        (
            Method::PUT,
            path.as_str(),
            &edit_body,
            ["id", "state", "ownerId", "hold"],
        ),
        (
            Method::POST,
            "/api/orders",
            &kept.order(),
            ["id", "status", "userId", "totalMinor"],
        ),
        (
            Method::POST,
            &format!("/api/orders/{order_id}/payments"),
            &json!({ "token": "tok_visa" }),
            ["id", "status", "amountMinor", "orderId"],
        ),
        (
            Method::POST,
            "/api/users/signup",
            &json!({ "email": format!("{}@example.com", fresh()), "password": "12345" }),
            ["id", "userId", "passwordHash", "role"],
        ),
    ] {
        for field in fields {
            let mut body = body.clone();
            body[field] = json!("mine");
            let refusal = owner.send(method.clone(), to, &[], Some(body.to_string())).await;
            let refusal = refusal.refused(400, "InvalidInput");
            assert_eq!(refusal.str("/errors/0/field"), field, "{}", refusal.text);
        }
    }
    let line = json!({ "lines": [{ "ticketId": kept.id, "priceMinor": 1 }] });
    let refusal = eve.post("/api/orders", &line).await.refused(400, "InvalidInput");
    assert_eq!(refusal.str("/errors/0/field"), "lines[0].priceMinor");

    // Somebody else's ticket cannot be changed; somebody else's order does not exist.
    eve.put(&path, &edit_body).await.refused(403, "NotYours");
    eve.delete(&path).await.refused(403, "NotYours");
    let order = format!("/api/orders/{order_id}");
    let card = json!({ "token": "tok_visa" });
    for (method, to, body) in [
        (Method::GET, order.clone(), None),
        (Method::GET, format!("{order}/events"), None),
        (Method::GET, format!("{order}/payments"), None),
        (Method::POST, format!("{order}/payments"), Some(card.to_string())),
        (Method::DELETE, order.clone(), None),
    ] {
        eve.send(method, &to, &[], body).await.refused(404, "NotFound");
    }
    eve.get(&format!("/api/tickets/{}", ticket.id))
        .await
        .refused(404, "NotFound");
    assert!(eve.orders().await.is_empty());
    // Without a session there is nothing to change at all.
    let stranger = shop.stranger();
    stranger
        .post("/api/tickets", &ticket_body)
        .await
        .refused(401, "NotSignedIn");
    stranger.put(&path, &edit_body).await.refused(401, "NotSignedIn");
    stranger.delete(&path).await.refused(401, "NotSignedIn");
    stranger
        .post("/api/orders", &kept.order())
        .await
        .refused(401, "NotSignedIn");
    stranger.delete(&order).await.refused(401, "NotSignedIn");
    stranger.get(&order).await.refused(401, "NotSignedIn");
    stranger
        .get("/api/tickets?mine=true")
        .await
        .refused(401, "NotSignedIn");

    let untouched = owner.get(&path).await.expect(200);
    assert_eq!(
        (&untouched.body["priceMinor"], &untouched.body["version"]),
        (&json!(6_000), &json!(1))
    );
    assert_eq!(untouched.str("/ownerId"), owner.id);
    let held = owner.order(&order_id).await;
    assert_eq!(
        (held.str("/status"), &held.body["totalMinor"]),
        ("held", &json!(5_000))
    );
}
