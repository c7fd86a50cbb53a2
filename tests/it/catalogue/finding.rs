//! What is found by which words, in which category, and on which page.
//!
//! Tests share a stack, so each marks the titles of its products with a word of its own.

use crate::engine::{Person, Shop, fresh};
use serde_json::{Value, json};

/// A word that no other test uses.
fn mark() -> String {
    format!("q{}", fresh().replace('-', "x"))
}

/// Ids of the products found, in their order, page by page.
async fn found(reader: &Person, query: &str, limit: usize) -> Vec<String> {
    let first = format!("/api/products?limit={limit}&{query}");
    let (mut path, mut seen) = (first.clone(), Vec::new());
    loop {
        let page = reader.get(&path).await.expect(200);
        let rows = page.body["products"].as_array().expect("a list");
        assert!(rows.len() <= limit, "{}", page.text);
        seen.extend(rows.iter().map(id_of));
        match page.body["nextCursor"].as_str() {
            Some(cursor) => path = format!("{first}&cursor={cursor}"),
            None => return seen,
        }
    }
}

fn id_of(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn products_are_found_by_beginnings_of_words_whatever_case_and_accents() {
    let shop = Shop::patient();
    let (seller, reader) = (shop.person("seller").await, shop.stranger());
    let mark = mark();
    let dried = seller.makes(&format!("Tomates séchées {mark}")).await.id;
    let passata = seller.makes(&format!("TOMATO passata, 690 g ({mark})")).await.id;
    let jam = seller.makes(&format!("Plum jam {mark}")).await.id;
    for (question, expected) in [
        (mark.clone(), vec![&dried, &passata, &jam]),
        (format!("tom {mark}"), vec![&dried, &passata]),
        (format!("{mark} tomat 690"), vec![&passata]),
        (format!("SECHEES {}", mark.to_uppercase()), vec![&dried]),
        (format!("s%C3%89ch {mark}"), vec![&dried]),
        (format!("{mark} omato"), vec![]),
        (format!("{mark} tom jam"), vec![]),
        (format!("{mark}y"), vec![]),
        (mark[..mark.len() - 2].to_owned(), vec![&dried, &passata, &jam]),
    ] {
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        let mut seen = found(&reader, &format!("q={}", question.replace(' ', "+")), 25).await;
        // A shortened mark may be the beginning of another test's.
        seen.retain(|id| [&dried, &passata, &jam].contains(&id));
        expected.sort();
        seen.sort();
        assert_eq!(seen, expected, "{question}");
    }
}

#[tokio::test]
async fn a_product_with_two_words_that_begin_alike_is_found_once() {
    let shop = Shop::patient();
    let (seller, reader) = (shop.person("seller").await, shop.stranger());
    let mark = mark();
    let twice = seller.makes(&format!("{mark}ed {mark}ing")).await.id;
    assert_eq!(
        found(&reader, &format!("q={mark}"), 25).await,
        std::slice::from_ref(&twice)
    );
    assert_eq!(
        found(&reader, &format!("q={mark}"), 1).await,
        std::slice::from_ref(&twice)
    );
    assert_eq!(found(&reader, &format!("q={mark}i"), 25).await, [twice]);
}

#[tokio::test]
async fn an_edited_product_is_found_by_its_new_words_and_a_withdrawn_one_not_at_all() {
    let shop = Shop::patient();
    let (seller, reader) = (shop.person("seller").await, shop.stranger());
    let (old, new) = (mark(), mark());
    let product = seller.makes(&format!("Jar {old}")).await;
    let edit = json!({ "title": format!("Jar {new}"), "priceMinor": 700, "version": 1 });
    seller.put(&product.path(), &edit).await.expect(200);
    assert_eq!(
        found(&reader, &format!("q={old}"), 25).await,
        Vec::<String>::new()
    );
    assert_eq!(
        found(&reader, &format!("q={new}"), 25).await,
        std::slice::from_ref(&product.id)
    );
    seller.delete(&product.path()).await.expect(204);
    assert_eq!(
        found(&reader, &format!("q={new}"), 25).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn products_are_found_by_category_and_pages_are_complete_and_without_doubles() {
    let shop = Shop::patient();
    let (seller, other, reader) = (
        shop.person("seller").await,
        shop.person("other").await,
        shop.stranger(),
    );
    let mark = mark();
    let category = async |name: String| {
        let made = seller
            .post("/api/categories", &json!({ "name": name }))
            .await
            .expect(201);
        made.str("/id").to_owned()
    };
    let (jars, red) = (
        category(format!("Jars {mark}")).await,
        category(format!("Rötlich {mark}")).await,
    );
    // One name is one category, whoever asks and however it is written.
    let again = json!({ "name": format!("  jars   {}", mark.to_uppercase()) });
    let again = other.post("/api/categories", &again).await.expect(200);
    assert_eq!(again.str("/id"), jars);

    let mut made = Vec::new();
    for number in 0..7 {
        let product = seller.makes(&format!("Jar {number} {mark}")).await;
        let categories = if number % 2 == 0 {
            json!([jars, red])
        } else {
            json!([jars])
        };
        let path = format!("{}/categories", product.path());
        let body = json!({ "categoryIds": categories });
        other.put(&path, &body).await.refused(403, "NotYours");
        let put = seller.put(&path, &body).await.expect(200);
        assert_eq!(
            put.body["categories"][0],
            json!({ "id": jars, "name": format!("Jars {mark}") })
        );
        made.push(product.id);
    }
    let newest: Vec<String> = made.iter().rev().cloned().collect();
    assert_eq!(found(&reader, &format!("category={jars}"), 3).await, newest);
    let reddish: Vec<String> = newest.iter().step_by(2).cloned().collect();
    assert_eq!(found(&reader, &format!("category={red}"), 2).await, reddish);
    for (query, limit) in [
        (format!("q={mark}"), 3),
        (format!("q={mark}+jar&category={jars}"), 2),
    ] {
        let mut seen = found(&reader, &query, limit).await;
        seen.sort();
        let mut all = made.clone();
        all.sort();
        assert_eq!(seen, all, "{query}: each once");
    }
    let mut narrowed = found(&reader, &format!("q={mark}&category={red}"), 2).await;
    narrowed.sort();
    let mut expected = reddish;
    expected.sort();
    assert_eq!(narrowed, expected);
    // Without a wish everything is there, newest first.
    let everything = reader.get("/api/products?limit=100").await.expect(200);
    let everything: Vec<String> = everything.body["products"]
        .as_array()
        .unwrap()
        .iter()
        .map(id_of)
        .collect();
    assert!(everything.contains(&newest[0]));
    let places: Vec<_> = newest
        .iter()
        .filter_map(|id| everything.iter().position(|seen| seen == id))
        .collect();
    assert!(places.is_sorted(), "{places:?}");

    // Out of all categories again.
    let path = format!("/api/products/{}/categories", newest[0]);
    seller.put(&path, &json!({ "categoryIds": [] })).await.expect(200);
    assert_eq!(found(&reader, &format!("category={jars}"), 25).await, newest[1..]);
}
