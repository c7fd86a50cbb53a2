//! What is refused at the door, and in Stripe's words.

use crate::world::World;
use axum::body::Body;
use axum::http::Request;
use proptest::prelude::*;
use serde_json::json;

async fn with_authorization(value: &str) -> (u16, String) {
    let mut request = Request::get("/simulator/v1/payment_intents/pi_none");
    if !value.is_empty() {
        request = request.header("authorization", value);
    }
    let reply = World::new()
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    let message = reply.body["error"]["message"].as_str().unwrap_or_default();
    (reply.status, message.to_owned())
}

#[tokio::test]
async fn only_a_test_key_is_let_in_as_bearer_or_as_basic_user() {
    for let_in in ["Bearer sk_test_1", "bearer sk_test_1", "Basic c2tfdGVzdF8xOg=="] {
        assert_eq!(with_authorization(let_in).await.0, 404, "{let_in}");
    }
    for kept_out in [
        "",
        "Bearer",
        "Bearer sk_live_1234567890",
        "Bearer pk_test_1",
        "Basic !!!",
        "sk_test_1",
    ] {
        assert_eq!(with_authorization(kept_out).await.0, 401, "{kept_out}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_not_repeated_in_the_answer() {
    let (_, message) = with_authorization("Bearer sk_live_verysecret1234").await;
    assert!(message.ends_with("****1234"), "{message}");
}

#[tokio::test]
async fn amounts_are_whole_positive_and_between_stripes_limits() {
    let world = World::new();
    for (amount, code) in [
        ("10.5", "parameter_invalid_integer"),
        ("19,99", "parameter_invalid_integer"),
        ("ten", "parameter_invalid_integer"),
        ("0", "parameter_invalid_integer"),
        ("-5", "parameter_invalid_integer"),
        ("", "parameter_invalid_empty"),
        ("49", "amount_too_small"),
        ("100000000", "amount_too_large"),
        ("99999999999999999999999999", "amount_too_large"),
    ] {
        let form = format!("amount={amount}&currency=usd");
        let refused = world.post("/payment_intents", "", &form).await;
        assert_eq!(refused.refusal(), (400, code), "{amount}");
        assert_eq!(refused.body["error"]["param"], "amount", "{amount}");
    }
    for amount in ["50", "99999999"] {
        let form = format!("amount={amount}&currency=usd");
        assert_eq!(world.post("/payment_intents", "", &form).await.status, 200);
    }
    let missing = world.post("/payment_intents", "", "currency=usd").await;
    assert_eq!(missing.refusal(), (400, "parameter_missing"));
}

#[tokio::test]
async fn a_currency_is_one_that_stripe_supports_in_any_case() {
    let world = World::new();
    for currency in ["us", "usdd", "u$d", "xxx"] {
        let form = format!("amount=500&currency={currency}");
        let refused = world.post("/payment_intents", "", &form).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["param"]),
            (400, &json!("currency")),
            "{currency}"
        );
    }
    let made = world
        .post("/payment_intents", "", "amount=500&currency=EUR")
        .await;
    assert_eq!(made.body["currency"], "eur");
}

#[tokio::test]
async fn unknown_parameters_are_refused_by_name() {
    let world = World::new();
    let refused = world
        .post("/payment_intents", "", "amount=500&currency=usd&amout=5")
        .await;
    assert_eq!(refused.refusal(), (400, "parameter_unknown"));
    assert_eq!(refused.body["error"]["param"], "amout");
    assert_eq!(
        refused.body["error"]["message"],
        "Received unknown parameter: amout"
    );
    let id = world.intent("k").await;
    let refused = world
        .post(
            &format!("/payment_intents/{id}/confirm"),
            "",
            "payment_method_data[cvc]=1",
        )
        .await;
    assert_eq!(refused.refusal(), (400, "parameter_unknown"));
}

#[tokio::test]
async fn what_there_is_not_is_resource_missing() {
    let world = World::new();
    for path in [
        "/payment_intents/pi_none",
        "/payment_intents/ord_1",
        "/charges/ch_1",
        "/charges/ch_3none01",
        "/refunds/re_3none01",
    ] {
        assert_eq!(
            world.get(path).await.refusal(),
            (404, "resource_missing"),
            "{path}"
        );
    }
    let confirm = world.confirm("pi_none", "", "tok_visa").await;
    assert_eq!(confirm.refusal(), (404, "resource_missing"));

    let id = world.intent("k").await;
    let token = world.confirm(&id, "", "tok_1NxUnknown").await;
    assert_eq!(token.refusal(), (400, "resource_missing"));
    assert_eq!(token.body["error"]["message"], "No such token: 'tok_1NxUnknown'");
    let confirm = format!("/payment_intents/{id}/confirm");
    let method = world.post(&confirm, "", "payment_method=pm_1Nx").await;
    assert_eq!(method.body["error"]["message"], "No such PaymentMethod: 'pm_1Nx'");
    assert_eq!(world.find(&id).await["status"], "requires_payment_method");
}

#[tokio::test]
async fn an_intent_without_a_payment_method_cannot_be_confirmed() {
    let world = World::new();
    let id = world.intent("k").await;
    let refused = world
        .post(&format!("/payment_intents/{id}/confirm"), "", "")
        .await;
    assert_eq!(refused.refusal(), (400, "payment_intent_unexpected_state"));
}

#[tokio::test]
async fn an_intent_that_allows_redirects_needs_a_return_url() {
    let world = World::new();
    let made = world
        .post("/payment_intents", "", "amount=500&currency=usd")
        .await;
    assert_eq!(
        made.body["automatic_payment_methods"]["allow_redirects"],
        "always"
    );
    let confirm = format!("/payment_intents/{}/confirm", made.id());
    let refused = world.post(&confirm, "", "payment_method=pm_card_visa").await;
    assert_eq!(
        (refused.status, &refused.body["error"]["param"]),
        (400, &json!("return_url"))
    );
    let form = "payment_method=pm_card_visa&return_url=https%3A%2F%2Fexample.com";
    assert_eq!(world.post(&confirm, "", form).await.status, 200);

    let never = "amount=500&currency=usd&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never";
    let made = world.post("/payment_intents", "", never).await;
    let confirm = format!("/payment_intents/{}/confirm", made.id());
    assert_eq!(
        world
            .post(&confirm, "", "payment_method=pm_card_visa")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn unknown_urls_methods_and_huge_bodies_are_4xx() {
    let world = World::new();
    assert_eq!(world.get("/customers").await.status, 404);
    assert_eq!(world.get("/payment_intents").await.status, 404);
    assert_eq!(world.post("/charges/ch_1", "", "").await.status, 404);
    let huge = format!("amount=500&currency=usd&description={}", "x".repeat(70_000));
    assert_eq!(world.post("/payment_intents", "", &huge).await.status, 400);
    let key = format!("metadata[{}]=1", "k".repeat(41));
    let long = world
        .post("/payment_intents", "", &format!("amount=500&currency=usd&{key}"))
        .await;
    assert_eq!(long.status, 400);
}

#[tokio::test]
async fn payment_method_types_are_refused_from_the_version_on_that_removed_them() {
    let world = World::new();
    for (version, status) in [
        ("2026-08-26.dahlia", 200),
        ("2026-09-30.endive", 400),
        ("2027-01-01.fig", 400),
    ] {
        let request = Request::post("/simulator/v1/payment_intents")
            .header("authorization", "Bearer sk_test_1")
            .header("stripe-version", version)
            .body(Body::from("amount=500&currency=usd&payment_method_types[0]=card"))
            .expect("a request");
        let reply = world.send(request).await;
        assert_eq!(reply.status, status, "{version}");
        if status == 400 {
            assert_eq!(reply.refusal().1, "payment_method_types_no_longer_supported");
        }
    }
}

/// The forms that the shop sends, each to where it is sent; `*` is an intent's id.
const SENT: [(&str, &str); 4] = [
    (
        "/payment_intents",
        "amount=1999&currency=usd&payment_method_types[]=card&metadata[order_id]=ord_1&expand[]=latest_charge",
    ),
    (
        "/payment_intents/*/confirm",
        "payment_method_data[type]=card&payment_method_data[card][token]=tok_visa&error_on_requires_action=true",
    ),
    ("/payment_intents/*/cancel", "cancellation_reason=abandoned"),
    ("/refunds", "payment_intent=*&amount=500&metadata[refund]=1"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever is sent: carried out, or refused with a sentence in Stripe's shape; never broken by it.
    #[test]
    fn a_damaged_form_is_carried_out_or_refused_in_stripes_shape(
        sent in prop::sample::select(SENT.to_vec())
            .prop_flat_map(|(path, form)| (Just(path), damaged::text([form]))),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let reply = runtime.block_on(async {
            let world = World::new();
            let intent = world.intent("first").await;
            if sent.0 == "/refunds" {
                world.confirm(&intent, "second", "tok_visa").await;
            }
            let path = sent.0.replace('*', &intent);
            world.post(&path, "third", &sent.1.replace('*', &intent)).await
        });
        let is_error = reply.body["error"]["message"].as_str().is_some_and(|sentence| !sentence.is_empty());
        prop_assert_eq!(is_error, reply.status != 200, "{} {}", reply.status, reply.body);
        prop_assert!([200, 400, 402, 404].contains(&reply.status), "{} {}", reply.status, reply.body);
    }
}
