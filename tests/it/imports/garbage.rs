//! What is no data: counted and told, and what could be read of it is stored whole.

use super::foods::{Dump, Foods, SearchApi, Trouble, gzip};
use super::{KEPT, finished, stopped, told, wanted};
use crate::engine::Shop;
use domain::ProductId;
use openfoodfacts::{Reason, Unreadable};
use serde_json::{Value, json};
use xtask::import::{Source, Wanted};

#[tokio::test]
async fn a_dump_that_was_cut_off_is_imported_as_far_as_it_goes_and_says_so() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let foods = Foods::of_this_test();
    let mut packed = gzip(foods.dump().as_bytes());
    packed.truncate(packed.len() / 2);
    let dump = Dump::of(&packed);
    let summary = finished(&shop, wanted(Source::File(dump.0.clone()), &owner)).await;
    assert!(!summary.tally.is_complete());
    assert_eq!(summary.tally.unreadable.get(&Unreadable::CutOff), Some(&1));
    assert!((1..KEPT).contains(&summary.created), "{summary}");

    let whole = Dump::of(&gzip(foods.dump().as_bytes()));
    let rest = finished(&shop, wanted(Source::File(whole.0.clone()), &owner)).await;
    assert_eq!(rest.unchanged, summary.created);
    assert_eq!(rest.created + rest.unchanged, KEPT);
    let kept = foods.kept();
    for product in told(&owner, kept.keys()).await.values() {
        assert_eq!(
            (&product["version"], &product["available"]),
            (&json!(1), &json!(100))
        );
    }
}

#[tokio::test]
async fn garbage_between_products_is_counted_and_loses_none_of_them() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let foods = Foods::of_this_test();
    let name = "<script>alert(1)</script> & <b>Milk</b> &amp; more";
    let good = |code: &str, name: &str| -> Value {
        json!({
            "code": foods.code(code), "product_name": name, "quantity": "<i>1</i> l", "nova_group": 1,
            "image_url": "https://images.openfoodfacts.org/1.jpg", "nutriscore_score": 1,
            "nutriscore_grade": "a", "categories_tags": ["en:<b>dairies</b>", "en:null"],
        })
    };
    let with_code = |code: &str| {
        let mut row = good("x", "Nothing");
        row["code"] = json!(code);
        row.to_string()
    };
    let lines = [
        good("1", name).to_string(),
        with_code("123"),
        with_code(&"9".repeat(30)),
        format!("{{\"code\":\"{}\"}}", "x".repeat(10_000_000)),
        "{\"code\": [".to_owned(),
        "[]".to_owned(),
        "{\"code\": {\"a\": 1}}".to_owned(),
        good("2", "Last").to_string(),
    ];
    let mut text = lines.join("\n").into_bytes();
    text.extend_from_slice(b"\n{\"code\": \"\xff\xfe\"}\n");
    let dump = Dump::of(&text);
    let summary = finished(&shop, wanted(Source::File(dump.0.clone()), &owner)).await;
    assert_eq!((summary.tally.rows(), summary.created), (9, 2), "{summary}");
    assert_eq!(summary.tally.rejected.get(&Reason::CodeMalformed), Some(&2));
    for kind in [
        Unreadable::LineTooLong,
        Unreadable::NotJson,
        Unreadable::NotAnObject,
        Unreadable::FieldType,
        Unreadable::NotUtf8,
    ] {
        assert_eq!(summary.tally.unreadable.get(&kind), Some(&1), "{kind}: {summary}");
    }
    // A name is text, whatever it looks like: nothing of it is interpreted, and nothing taken away.
    let id = ProductId::derived_from_barcode(&foods.code("1"));
    let product = told(&owner, [&id]).await.remove(id.as_str()).unwrap();
    assert_eq!(product["title"], name);
    assert_eq!(product["food"]["quantity"], "<i>1</i> l");
    assert_eq!(product["categories"][0]["name"], "<b>dairies</b>");
}

#[tokio::test]
async fn what_is_no_dump_is_refused_by_name_and_nothing_is_stored() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let foods = Foods::of_this_test();
    let other_columns = foods.dump().replacen("\tnova_group\t", "\tgroup\t", 1);
    for (bytes, says) in [
        (other_columns.as_bytes(), "lacks the columns nova_group"),
        (
            b"<!doctype html><title>Not found</title>".as_slice(),
            "lacks the columns",
        ),
        (b"".as_slice(), "empty"),
    ] {
        let dump = Dump::of(bytes);
        let stopped = stopped(&shop, wanted(Source::File(dump.0.clone()), &owner)).await;
        assert!(stopped.why.contains("SourceUnusable"), "{}", stopped.why);
        assert!(stopped.why.contains(says), "{says}: {}", stopped.why);
        assert_eq!((stopped.at, stopped.summary.tally.rows()), (1, 0));
    }
    let first = foods.kept().pop_first().unwrap().0;
    owner.get(&format!("/api/products/{first}")).await.expect(404);
}

#[tokio::test]
async fn a_page_of_something_else_ends_the_import_at_that_page() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let api = SearchApi::of(&Foods::of_this_test().rows()).await;
    for (status, body, says) in [
        (404, "", "it answered 404"),
        (200, "<html>please wait</html>", "not JSON"),
        (200, "{\"products\": []}", "count, page, page_size"),
        (
            200,
            "{\"count\":1,\"page\":7,\"page_size\":100,\"products\":[]}",
            "page 7 came",
        ),
    ] {
        let trouble = Trouble {
            status,
            retry_after_s: None,
            times: 1,
            body,
        };
        api.trouble(2, trouble);
        let order = Wanted {
            start: 2,
            ..wanted(Source::Api(api.base.clone()), &owner)
        };
        let stopped = stopped(&shop, order).await;
        assert!(stopped.why.contains("page or row 2"), "{}", stopped.why);
        assert!(stopped.why.contains(says), "{says}: {}", stopped.why);
    }
    assert_eq!(api.take_asked().len(), 4, "what does not help is not repeated");
}

#[tokio::test]
async fn an_import_that_cannot_be_is_refused_by_field() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let order = Wanted {
        start: 101,
        stock_each: u32::MAX,
        ..wanted(Source::Api("file:///etc/passwd".to_owned()), &owner)
    };
    let stopped = stopped(&shop, order).await;
    for field in ["InvalidInput", "source.url", "from", "stock_each"] {
        assert!(stopped.why.contains(field), "{field}: {}", stopped.why);
    }
}
