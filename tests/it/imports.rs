//! Imports of Open Food Facts through the running engine: the real machine, the real function, and a source on this machine
//! that answers as the real one does, well and badly. The command's own code starts and follows each import.

mod foods;
mod garbage;

use crate::engine::{Person, Shop, at_once};
use domain::ProductId;
use foods::{Asked, Dump, Foods, SearchApi, Trouble, gzip};
use openfoodfacts::search_query;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use xtask::import::{Ended, Source, Stopped, Summary, Wanted};

/// How many of the sample's thousand products are kept.
const KEPT: u64 = 127;

/// An import for this person, without pauses.
fn wanted(from: Source, owner: &Person) -> Wanted {
    Wanted {
        pause_ms: Some(0),
        backoff_ms: Some(0),
        ..Wanted::all(from, &owner.id)
    }
}

async fn run(shop: &Shop, wanted: Wanted) -> Ended {
    let states = shop.aws.states_url().to_owned();
    let running = tokio::task::spawn_blocking(move || xtask::import::run(&states, &wanted, |_| {}));
    let ended = running.await.expect("it does not panic");
    ended.unwrap_or_else(|failure| panic!("{failure}"))
}

async fn finished(shop: &Shop, wanted: Wanted) -> Summary {
    match run(shop, wanted).await {
        Ended::Finished(summary) => {
            let Summary {
                created,
                updated,
                unchanged,
                withdrawn,
                foreign,
                ..
            } = summary;
            let stored = created + updated + unchanged + withdrawn + foreign;
            assert_eq!(
                stored, summary.tally.kept,
                "every product that is kept became something"
            );
            summary
        }
        Ended::Stopped(stopped) => panic!("{stopped:?}"),
    }
}

async fn stopped(shop: &Shop, wanted: Wanted) -> Stopped {
    match run(shop, wanted).await {
        Ended::Stopped(stopped) => *stopped,
        Ended::Finished(summary) => panic!("{summary}"),
    }
}

/// These products as the API tells them.
async fn told(owner: &Person, ids: impl IntoIterator<Item = &ProductId>) -> BTreeMap<String, Value> {
    let mut told = BTreeMap::new();
    let paths: Vec<String> = ids.into_iter().map(|id| format!("/api/products/{id}")).collect();
    for some in paths.chunks(16) {
        let asked = some.iter().cloned().map(|path| {
            let owner = owner.clone();
            async move { owner.get(&path).await.expect(200).body }
        });
        for product in at_once(asked.collect::<Vec<_>>()).await {
            told.insert(product["id"].as_str().unwrap().to_owned(), product);
        }
    }
    told
}

#[tokio::test]
async fn a_search_is_imported_page_by_page_though_it_is_busy_twice_and_a_second_import_changes_nothing() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let foods = Foods::of_this_test();
    let api = SearchApi::of(&foods.rows()).await;
    let busy = |status, retry_after_s| Trouble {
        status,
        retry_after_s,
        times: 1,
        body: "<html>too many requests</html>",
    };
    api.trouble(3, busy(429, Some(1)));
    api.trouble(6, busy(503, None));

    let order = wanted(Source::Api(api.base.clone()), &owner);
    let summary = finished(&shop, order.clone()).await;
    assert_eq!((summary.tally.rows(), summary.tally.kept), (978, KEPT));
    assert_eq!(summary.created, KEPT, "{summary}");
    assert!(summary.tally.unreadable.is_empty() && summary.tally.is_complete());
    let pages = [1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 10];
    let expected = pages.map(|page| Asked {
        page,
        query: search_query(page),
        agent: concat!("Holdfast/", env!("CARGO_PKG_VERSION"), " (contact-not-set)").to_owned(),
    });
    assert_eq!(api.take_asked(), expected);

    let kept = foods.kept();
    assert_eq!(kept.len() as u64, KEPT);
    let first = told(&owner, kept.keys()).await;
    for (id, title) in &kept {
        let product = &first[id.as_str()];
        assert_eq!(product["title"], *title);
        assert_eq!(
            (&product["version"], &product["available"]),
            (&json!(1), &json!(100))
        );
        assert_eq!(product["ownerId"], owner.id);
        let price = product["priceMinor"].as_u64().unwrap();
        assert!((99..=999).contains(&price) && price % 10 == 9, "{product}");
        let source = &product["food"]["source"];
        assert_eq!(source["name"], "Open Food Facts");
        assert_eq!(source["licence"], "Open Database Licence 1.0");
        let code = product["food"]["code"].as_str().unwrap();
        assert_eq!(
            source["url"],
            format!("https://world.openfoodfacts.org/product/{code}")
        );
    }

    let again = finished(&shop, order).await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, KEPT));
    assert_eq!(told(&owner, kept.keys()).await, first, "nothing was written");
}

/// Protection: the page that was not imported whole is part of what the machine says, and whatever is stored already is
/// found unchanged, so that beginning there again makes nothing twice.
#[tokio::test]
async fn an_import_that_the_source_stopped_goes_on_from_its_page() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let foods = Foods::of_this_test();
    let api = SearchApi::of(&foods.rows()).await;
    let down = Trouble {
        status: 500,
        retry_after_s: None,
        times: u32::MAX,
        body: "",
    };
    api.trouble(4, down);

    let order = wanted(Source::Api(api.base.clone()), &owner);
    let first = stopped(&shop, order.clone()).await;
    assert_eq!(first.at, 4);
    for word in ["page or row 4", "SourceDown", "it answered 500"] {
        assert!(first.why.contains(word), "{word}: {}", first.why);
    }
    assert_eq!(first.summary.tally.rows(), 300);
    let asked: Vec<u32> = api.take_asked().iter().map(|asked| asked.page).collect();
    assert_eq!(asked, [1, 2, 3, 4, 4, 4, 4, 4, 4, 4]);

    api.heal(4);
    let rest = Wanted {
        start: first.at,
        ..order
    };
    let rest = finished(&shop, rest).await;
    assert_eq!(first.summary.tally.rows() + rest.tally.rows(), 978);
    assert_eq!(first.summary.created + rest.created, KEPT);
    let kept = foods.kept();
    for product in told(&owner, kept.keys()).await.values() {
        assert_eq!(
            (&product["version"], &product["available"]),
            (&json!(1), &json!(100))
        );
    }
}

#[tokio::test]
async fn an_import_asks_for_no_more_pages_than_it_was_told_to() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let api = SearchApi::of(&Foods::of_this_test().rows()).await;
    let order = Wanted {
        start: 2,
        count: Some(2),
        stock_each: 0,
        ..wanted(Source::Api(api.base.clone()), &owner)
    };
    let summary = finished(&shop, order).await;
    assert_eq!(summary.tally.rows(), 200);
    let asked: Vec<u32> = api.take_asked().iter().map(|asked| asked.page).collect();
    assert_eq!(asked, [2, 3]);
}

#[tokio::test]
async fn a_dump_gives_exactly_127_products_and_leaves_alone_what_people_did_with_them() {
    let shop = Shop::patient();
    let (owner, other) = (shop.person("importer").await, shop.person("importer").await);
    let foods = Foods::of_this_test();
    let dump = Dump::of(&gzip(foods.dump().as_bytes()));
    let order = wanted(Source::File(dump.0.clone()), &owner);
    let summary = finished(&shop, order.clone()).await;
    assert_eq!((summary.tally.rows(), summary.created), (1_000, KEPT));
    let table = summary.to_string();
    for line in ["new products", "no quantity", "no picture", "rejected"] {
        assert!(table.contains(line), "{table}");
    }

    // The owner gives one another price and stock, takes another off; a buyer holds some of a third.
    let kept = foods.kept();
    let before = told(&owner, kept.keys()).await;
    let ids: Vec<&String> = before.keys().take(3).collect();
    let [dearer, off, held] = ids.as_slice() else {
        panic!("{ids:?}");
    };
    let edit = json!({ "title": "Ours", "priceMinor": 4_321, "version": 1 });
    owner
        .put(&format!("/api/products/{dearer}"), &edit)
        .await
        .expect(200);
    let more = json!({ "delta": 5, "reason": "found more" });
    let path = format!("/api/products/{dearer}/inventory/adjustments");
    owner.post(&path, &more).await.expect(201);
    owner.delete(&format!("/api/products/{off}")).await.expect(204);
    let lines = json!({ "lines": [{ "productId": held, "quantity": 2 }] });
    other.post("/api/orders", &lines).await.expect(201);

    let again = finished(&shop, order).await;
    assert_eq!((again.created, again.updated), (0, 0));
    assert_eq!((again.unchanged, again.withdrawn), (KEPT - 1, 1));
    let present = kept.keys().filter(|id| id.as_str() != **off);
    let after = told(&owner, present).await;
    assert_eq!(after[*dearer]["title"], "Ours");
    assert_eq!(after[*dearer]["priceMinor"], 4_321);
    assert_eq!(
        (&after[*dearer]["available"], &after[*held]["available"]),
        (&json!(105), &json!(98))
    );
    for (id, product) in after.iter().filter(|(id, _)| id != dearer && id != held) {
        assert_eq!(product, &before[id], "nothing was written");
    }
    owner.get(&format!("/api/products/{off}")).await.expect(404);

    // Somebody else's import finds them taken, and changes nothing.
    let theirs = finished(&shop, wanted(Source::File(dump.0.clone()), &other)).await;
    assert_eq!((theirs.created, theirs.foreign), (0, KEPT));
    let present = kept.keys().filter(|id| id.as_str() != **off);
    assert_eq!(told(&owner, present).await, after);
}

#[tokio::test]
async fn what_changes_at_the_source_is_brought_up_to_date_once() {
    let shop = Shop::patient();
    let owner = shop.person("importer").await;
    let foods = Foods::of_this_test();
    let mut rows = foods.rows();
    let import = async |rows: &[Value]| {
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        let dump = Dump::of(lines.join("\n").as_bytes());
        finished(&shop, wanted(Source::File(dump.0.clone()), &owner)).await
    };
    assert_eq!(import(&rows).await.created, KEPT);
    let (id, title) = foods.kept().pop_first().unwrap();
    let changed = rows.iter_mut().find(|row| {
        let code = row["code"].as_str().unwrap_or_default();
        ProductId::derived_from_barcode(code) == id
    });
    changed.unwrap()["product_name"] = json!(format!("{title}, new recipe"));
    let second = import(&rows).await;
    assert_eq!((second.updated, second.unchanged), (1, KEPT - 1));
    let product = told(&owner, [&id]).await.remove(id.as_str()).unwrap();
    assert_eq!(product["title"], format!("{title}, new recipe"));
    assert_eq!(
        (&product["version"], &product["available"]),
        (&json!(2), &json!(100))
    );
    assert_eq!(import(&rows).await.unchanged, KEPT);
    let found = owner
        .get("/api/products?q=new%20recipe&limit=100")
        .await
        .expect(200);
    assert!(found.text.contains(id.as_str()), "it is found by its new name");
}
