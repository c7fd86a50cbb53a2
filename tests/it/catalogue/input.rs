//! Input that is refused, each field by name.

use crate::engine::Shop;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn bad_products_and_bad_inventories_are_refused_by_field() {
    let shop = Shop::patient();
    let seller = shop.person("clumsy").await;
    let product = seller.makes("Jar").await;
    let path = product.path();
    let (inventory, categories) = (format!("{path}/inventory"), format!("{path}/categories"));
    let (adjustments, shards) = (format!("{inventory}/adjustments"), format!("{inventory}/shards"));
    let (long, longer) = ("x".repeat(201), "x".repeat(2_001));
    let nine: Vec<String> = (0..9)
        .map(|_| "cat_00000000000000000000000000".to_owned())
        .collect();
    let (post, put) = (Method::POST, Method::PUT);
    for (method, path, body, field) in [
        (
            &post,
            "/api/products",
            json!({ "title": " ", "priceMinor": 500 }),
            "title",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": long, "priceMinor": 500 }),
            "title",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": "x", "priceMinor": 0 }),
            "priceMinor",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": "x", "priceMinor": -1 }),
            "priceMinor",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": "x", "priceMinor": 1.5 }),
            "priceMinor",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": "x", "priceMinor": 1e30 }),
            "priceMinor",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": "x", "priceMinor": 500, "description": longer }),
            "description",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": "x", "priceMinor": 500, "ownerId": "usr" }),
            "ownerId",
        ),
        (
            &post,
            "/api/products",
            json!({ "title": "x", "priceMinor": 500, "available": 9 }),
            "available",
        ),
        (
            &put,
            &categories,
            json!({ "categoryIds": ["fruit"] }),
            "categoryIds[0]",
        ),
        (&put, &categories, json!({ "categoryIds": nine }), "categoryIds"),
        (
            &put,
            &categories,
            json!({ "categoryIds": "fruit" }),
            "categoryIds",
        ),
        (&put, &inventory, json!({ "quantity": -1 }), "quantity"),
        (&put, &inventory, json!({ "quantity": 0.5 }), "quantity"),
        (&put, &inventory, json!({ "quantity": 1_000_001 }), "quantity"),
        (&put, &inventory, json!({ "quantity": 1e300 }), "quantity"),
        (&put, &inventory, json!({ "quantity": 5, "shards": 0 }), "shards"),
        (&put, &inventory, json!({ "quantity": 5, "shards": 17 }), "shards"),
        (&put, &inventory, json!({}), "quantity"),
        (&post, &adjustments, json!({ "delta": 0, "reason": "x" }), "delta"),
        (
            &post,
            &adjustments,
            json!({ "delta": 1.5, "reason": "x" }),
            "delta",
        ),
        (
            &post,
            &adjustments,
            json!({ "delta": 99_999_999_999_u64, "reason": "x" }),
            "delta",
        ),
        (
            &post,
            &adjustments,
            json!({ "delta": -1_000_001, "reason": "x" }),
            "delta",
        ),
        (&post, &adjustments, json!({ "delta": 1, "reason": "" }), "reason"),
        (
            &post,
            &adjustments,
            json!({ "delta": 1, "reason": long }),
            "reason",
        ),
        (&post, &adjustments, json!({ "delta": 1 }), "reason"),
        (&put, &shards, json!({ "shards": 0 }), "shards"),
        (&put, &shards, json!({ "shards": 17 }), "shards"),
        (&put, &shards, json!({ "shards": 300 }), "shards"),
        (&post, "/api/categories", json!({ "name": "" }), "name"),
        (
            &post,
            "/api/categories",
            json!({ "name": "x".repeat(81) }),
            "name",
        ),
    ] {
        let answer = seller
            .send(method.clone(), path, &[], Some(body.to_string()))
            .await;
        let answer = answer.refused(400, "InvalidInput");
        assert_eq!(answer.str("/errors/0/field"), field, "{method} {path} {body}");
    }
    for (path, field) in [
        ("/api/products?q=a", "q"),
        ("/api/products?q=%21", "q"),
        ("/api/products?q=aa+bb+cc+dd+ee+ff+gg+hh+ii", "q"),
        ("/api/products?category=fruit", "category"),
        ("/api/products?limit=0", "limit"),
        ("/api/products?cursor=here", "cursor"),
        (
            "/api/products?q=jar&cursor=MDAxNzkwMDAwMDAwMDAwI3ByZF8wMDAw",
            "cursor",
        ),
        ("/api/products?sort=price", "sort"),
        ("/api/categories?cursor=here", "cursor"),
    ] {
        let answer = seller.get(path).await.refused(400, "InvalidInput");
        assert_eq!(answer.str("/errors/0/field"), field, "{path}");
    }
    let unknown = json!({ "categoryIds": ["cat_00000000000000000000000000"] });
    let answer = seller.put(&categories, &unknown).await.refused(404, "NotFound");
    assert_eq!(answer.str("/errors/0/field"), "categoryIds[0]");
    let movements = format!("{inventory}/movements?shard=16");
    let answer = seller.get(&movements).await.refused(400, "InvalidInput");
    assert_eq!(answer.str("/errors/0/field"), "shard");
    for path in ["/api/products/1", "/api/products/prd_00000000000000000000000000"] {
        seller.get(path).await.refused(404, "NotFound");
    }
    let untouched = seller.get(&path).await.expect(200);
    assert_eq!(untouched.body["version"], 1, "nothing was written");
}
