//! Which rows a product has, what an edit does to them, and where a search may start.

use super::super::items;
use super::*;
use crate::items::tests::NOW;
use crate::write_id::WriteId;
use domain::inventory::{SHARDS_MAX, Shard};
use domain::product::{CATEGORIES_MAX, ProductState, Stocked, WORDS_MAX};
use domain::{PriceMinor, UserId};

fn product(title: &str, categories: &[&str]) -> Product {
    Product {
        product_id: ProductId::from_random([7; 16]),
        owner_id: UserId::from_random([1; 16]),
        title: title.to_owned(),
        description: None,
        price_minor: PriceMinor::new(250).unwrap(),
        categories: categories.iter().map(|name| CategoryId::of_name(name)).collect(),
        version: 4,
        state: ProductState::Listed,
        shards: SHARDS_MAX,
        shards_ever: SHARDS_MAX,
        food: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// What is put and what is deleted.
fn changes(before: Option<&Product>, after: &Product) -> (usize, usize) {
    let changes = index_changes("catalogue", before, after).unwrap();
    let puts = changes.iter().filter(|change| change.put().is_some()).count();
    (puts, changes.len() - puts)
}

#[test]
fn a_product_stands_under_every_word_every_category_and_among_all() {
    let jam = product("Plum jam, plum", &["jam"]);
    let id = jam.product_id.as_str();
    let keys: Vec<(String, String)> = rows(&jam).into_keys().collect();
    let by_age = format!("001790000000000#{id}");
    let mut expected = vec![
        ("all".to_owned(), by_age.clone()),
        (term_of_category(&CategoryId::of_name("jam")), by_age),
        ("word#ja".to_owned(), format!("jam#{id}")),
        ("word#pl".to_owned(), format!("plum#{id}")),
    ];
    expected.sort();
    assert_eq!(keys, expected);
    for row in rows(&jam).into_values() {
        assert_eq!(from_item::<Row>("row", to_item("row", &row).unwrap()), Ok(row));
    }
}

#[test]
fn an_edit_writes_only_the_rows_that_differ() {
    let jam = product("Plum jam", &["jam"]);
    assert_eq!(changes(None, &jam), (4, 0));
    let mut dearer = jam.clone();
    dearer.price_minor = PriceMinor::new(300).unwrap();
    dearer.version += 1;
    assert_eq!(changes(Some(&jam), &dearer), (0, 0));
    // Every row tells all words, so that all rows differ.
    assert_eq!(changes(Some(&jam), &product("Plum purée", &["jam"])), (4, 1));
    assert_eq!(changes(Some(&jam), &product("Plum jam", &["fruit"])), (4, 1));
}

#[test]
fn a_withdrawn_product_has_no_rows() {
    let jam = product("Plum jam", &["jam"]);
    let mut withdrawn = jam.clone();
    withdrawn.state = ProductState::Withdrawn;
    assert_eq!(changes(Some(&jam), &withdrawn), (0, 4));
    assert_eq!(changes(Some(&withdrawn), &withdrawn), (0, 0));
}

#[test]
fn the_largest_edit_fits_one_transaction() {
    let titles: Vec<String> = ["a", "b"]
        .iter()
        .map(|start| {
            let words: Vec<String> = (0..2 * WORDS_MAX).map(|n| format!("{start}{n}")).collect();
            words.join(" ")
        })
        .collect();
    let names = |start: &str| -> Vec<String> { (0..CATEGORIES_MAX).map(|n| format!("{start}{n}")).collect() };
    let (old, new) = (names("old"), names("new"));
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    let before = product(&titles[0], &old);
    let shards = (0..SHARDS_MAX).map(|number| Shard::empty(&before.product_id, number, before.version));
    let stocked = Stocked {
        shards: shards.collect(),
        product: before,
    };
    // Title and categories at once, which no request does.
    let mut decision = stocked.rewrite(product(&titles[1], &new), NOW);
    decision.once = Some("name".to_owned());
    let tables = ProductTables {
        products: "products".to_owned(),
        inventory: "inventory".to_owned(),
        catalogue: "catalogue".to_owned(),
    };
    let count = items(&tables, &decision, &WriteId::draw().unwrap())
        .unwrap()
        .len();
    let rows = 2 * (WORDS_MAX + CATEGORIES_MAX) + 1;
    assert_eq!(count, 2 + usize::from(SHARDS_MAX) + rows);
    assert!(count <= 100, "{count} items");
}

#[test]
fn a_wish_is_looked_for_where_the_fewest_rows_are() {
    let jam = CategoryId::of_name("jam");
    let wish = |q: Option<&str>, category: Option<&CategoryId>| {
        Wish::parse(q, category.map(CategoryId::as_str)).unwrap()
    };
    assert_eq!(
        Range::of(&wish(Some("jam plums"), Some(&jam))),
        Range::Word("plums")
    );
    assert_eq!(
        Range::of(&wish(None, Some(&jam))),
        Range::Newest(term_of_category(&jam))
    );
    assert_eq!(Range::of(&Wish::default()), Range::Newest("all".to_owned()));
}

#[test]
fn a_product_with_two_words_that_begin_alike_is_answered_once() {
    let wish = Wish::parse(Some("plu"), None).unwrap();
    let range = Range::of(&wish);
    let rows = rows(&product("Plump plums", &[]));
    let answers: Vec<&str> = rows
        .values()
        .filter(|row| row.term == range.term() && range.is_answer(&wish, row))
        .map(|row| row.word_product.split('#').next().unwrap())
        .collect();
    assert_eq!(answers, ["plump"]);
}

#[test]
fn a_cursor_starts_only_inside_its_own_list() {
    let wish = Wish::parse(Some("plu"), None).unwrap();
    let words = Range::of(&wish);
    let newest = Range::Newest(ALL.to_owned());
    let id = ProductId::from_random([7; 16]);
    let (in_words, by_age) = (format!("plums#{id}"), format!("001790000000000#{id}"));
    assert_eq!(words.place(&cursor(&in_words)), Ok(in_words.clone()));
    assert_eq!(newest.place(&cursor(&by_age)), Ok(by_age.clone()));
    for (range, text) in [
        (&words, by_age.as_str()),
        (&newest, in_words.as_str()),
        (&words, "pear#prd_00000000000000000000000000"),
        (&words, "plums#prd_1"),
        (&words, "plums"),
        (&newest, "1790000000000#prd_00000000000000000000000000"),
        (&newest, ""),
    ] {
        assert!(range.place(&cursor(text)).is_err(), "{text:?}");
    }
    assert!(words.place(&Cursor("!".to_owned())).is_err());
    assert!(words.place(&Cursor("A".repeat(CURSOR_MAX + 1))).is_err());
    assert!(
        words
            .place(&Cursor(URL_SAFE_NO_PAD.encode([0xff, 0xfe])))
            .is_err()
    );
}
