//! The catalogue over HTTP against the running stack: making, editing, finding and stocking products.

mod finding;
mod input;
mod stocking;

use crate::engine::{Shop, at_once, count};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_product_is_made_edited_and_withdrawn() {
    let shop = Shop::patient();
    let (seller, other, reader) = (
        shop.person("seller").await,
        shop.person("other").await,
        shop.stranger(),
    );
    let body = json!({ "title": " Plum jam ", "description": "With\ncinnamon.", "priceMinor": 620 });
    let made = seller.post_once("/api/products", "jam", &body).await.expect(201);
    let path = format!("/api/products/{}", made.str("/id"));
    assert_eq!(made.header("location"), path);
    let expected = json!({
        "id": made.str("/id"), "title": "Plum jam", "description": "With\ncinnamon.", "priceMinor": 620,
        "currency": "usd", "categories": [], "available": 0, "ownerId": seller.id, "version": 1,
        "createdAt": made.str("/createdAt"), "updatedAt": made.str("/createdAt"),
    });
    assert_eq!(made.body, expected);
    assert_eq!(reader.get(&path).await.expect(200).body, made.body);
    let again = seller.post_once("/api/products", "jam", &body).await.expect(201);
    assert_eq!(again.str("/id"), made.str("/id"), "one request, one product");
    seller
        .put(
            &format!("{path}/inventory"),
            &json!({ "quantity": 3, "shards": 3 }),
        )
        .await
        .expect(200);

    let seen = reader.get(&path).await.expect(200).body["version"].clone();
    let edit = json!({ "title": "Plum butter", "priceMinor": 700, "version": seen });
    other.put(&path, &edit).await.refused(403, "NotYours");
    reader.put(&path, &edit).await.refused(401, "NotSignedIn");
    let edited = seller.put(&path, &edit).await.expect(200);
    assert_eq!(
        edited.body["version"].as_u64(),
        seen.as_u64().map(|seen| seen + 1)
    );
    assert_eq!(
        (edited.str("/title"), &edited.body["available"]),
        ("Plum butter", &json!(3))
    );
    assert_eq!(edited.body["description"], Value::Null, "left out, so taken away");
    seller.put(&path, &edit).await.refused(409, "ProductChanged");
    let blind = json!({ "title": "Plum butter", "priceMinor": 700 });
    let refusal = seller.put(&path, &blind).await.refused(400, "InvalidInput");
    assert_eq!(refusal.str("/errors/0/field"), "version");
    let tag = format!("\"{}\"", edited.body["version"]);
    let headers = [("if-match", tag.as_str())];
    seller
        .send(Method::PUT, &path, &headers, Some(blind.to_string()))
        .await
        .expect(200);

    other.delete(&path).await.refused(403, "NotYours");
    seller.delete(&path).await.expect(204);
    seller.delete(&path).await.expect(204);
    for somebody in [&seller, &other, &reader] {
        somebody.get(&path).await.refused(404, "NotFound");
    }
    other.delete(&path).await.refused(404, "NotFound");
    let line = json!({ "lines": [{ "productId": made.str("/id") }] });
    let refusal = other.post("/api/orders", &line).await.refused(404, "NotFound");
    assert_eq!(refusal.str("/errors/0/field"), "lines[0].productId");
}

/// Hazard 30, for products. Protection: the version is the condition of the write. Of parallel edits from one version one
/// wins.
#[tokio::test]
async fn stale_version_is_refused() {
    let shop = Shop::patient();
    let seller = shop.person("seller").await;
    let product = seller.stocks(5, 4).await;
    let seen = seller.get(&product.path()).await.expect(200).body["version"].clone();
    let answers = at_once((0..8).map(|number| {
        let (seller, path, seen) = (seller.clone(), product.path(), seen.clone());
        async move {
            let edit = json!({ "title": format!("Jar {number}"), "priceMinor": 700, "version": seen });
            seller.put(&path, &edit).await
        }
    }))
    .await;
    assert_eq!(count(&answers, 200), 1, "{answers:?}");
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        lost.clone().refused(409, "ProductChanged");
    }
}
