//! The sample: 1,000 real products in three shapes. Its licence is in `tests/data/LICENCE.md`.

use crate::{data, gzip, import};
use flate2::read::GzDecoder;
use openfoodfacts::{Barcode, JsonRows, Page, Reason, Row, TabRows, front_image_url};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

fn dump() -> TabRows<impl Read> {
    TabRows::open(std::io::Cursor::new(data("dump_sample.tsv.gz"))).expect("it has a header")
}

fn json_rows() -> JsonRows<impl Read> {
    JsonRows::new(std::io::Cursor::new(data("products_sample.jsonl.gz")))
}

fn page(name: &str) -> Page {
    Page::read(data(name).as_slice()).expect("it is a page")
}

fn by_code(rows: impl Iterator<Item = Row>) -> BTreeMap<String, Row> {
    rows.map(|row| {
        let code = row.code.clone().expect("every product of the sample has a code");
        (code, Row { at: 0, ..row })
    })
    .collect()
}

#[test]
fn the_dump_gives_exactly_127_kept_of_1000_and_counts_the_reasons_of_the_others() {
    let (tally, kept) = import(dump());
    assert_eq!(kept.len(), 127);
    assert_eq!(tally.rows(), 1_000);
    assert_eq!(
        tally.rejected,
        BTreeMap::from([
            (Reason::MissingName, 22),
            (Reason::MissingQuantity, 439),
            (Reason::MissingImage, 329),
            (Reason::MissingNova, 45),
            (Reason::MissingNutriscore, 37),
            (Reason::NutriscoreOutOfRange, 1),
        ])
    );
    assert!(tally.unreadable.is_empty() && tally.is_complete());
    let table: Vec<(&str, u64)> = tally.table().iter().map(|row| (row.name, row.rows)).collect();
    assert_eq!(table.first(), Some(&("", 127)));
    assert_eq!(table.iter().map(|(_, rows)| rows).sum::<u64>(), 1_000);
}

#[test]
fn a_second_run_keeps_the_same_products_under_keys_that_occur_once() {
    let (_, first) = import(dump());
    let (_, second) = import(dump());
    assert_eq!(first, second);
    let codes: BTreeSet<&Barcode> = first.iter().map(|kept| &kept.code).collect();
    assert_eq!(codes.len(), first.len());
}

#[test]
fn plain_and_gzip_are_the_same_to_every_reader() {
    let mut plain = Vec::new();
    GzDecoder::new(data("dump_sample.tsv.gz").as_slice())
        .read_to_end(&mut plain)
        .expect("it is gzip");
    let rows = TabRows::open(plain.as_slice()).expect("it has a header");
    assert_eq!(import(rows), import(dump()));

    let mut plain = Vec::new();
    GzDecoder::new(data("products_sample.jsonl.gz").as_slice())
        .read_to_end(&mut plain)
        .expect("it is gzip");
    assert_eq!(import(JsonRows::new(plain.as_slice())), import(json_rows()));

    let packed = gzip(&data("search_page_01.json"));
    assert_eq!(
        Page::read(packed.as_slice()).expect("it is a page"),
        page("search_page_01.json")
    );
}

#[test]
fn a_gzip_file_of_several_members_is_one_text() {
    let mut packed = gzip(b"{\"code\":\"1\"}\n{\"co");
    packed.extend(gzip(b"de\":\"2\"}\n"));
    let codes: Vec<_> = JsonRows::new(packed.as_slice())
        .map(|row| row.expect("it is a row").code)
        .collect();
    assert_eq!(codes, [Some("1".to_owned()), Some("2".to_owned())]);
}

#[test]
fn all_three_shapes_agree_on_every_row_they_share() {
    let dump = by_code(dump().map(|row| row.expect("every row can be read")));
    let lines = by_code(json_rows().map(|row| row.expect("every row can be read")));
    assert_eq!((dump.len(), lines.len()), (1_000, 978));
    for (code, row) in &lines {
        assert_eq!(dump.get(code), Some(row), "{code}");
    }
    for name in ["search_page_01.json", "search_page_10.json"] {
        let rows = page(name).rows.into_iter();
        for (code, row) in by_code(rows.map(|row| row.expect("every row can be read"))) {
            assert_eq!(lines.get(&code), Some(&row), "{code}");
        }
    }
    // What the JSON shapes leave out has no name, so they keep the same products.
    assert_eq!(import(json_rows()).1, import(self::dump()).1);
}

#[test]
fn pages_say_which_comes_next() {
    let first = page("search_page_01.json");
    assert_eq!((first.count, first.page, first.page_size), (978, 1, 100));
    assert_eq!((first.rows.len(), first.next_page()), (100, Some(2)));
    let last = page("search_page_10.json");
    assert_eq!((last.rows.len(), last.next_page()), (78, None));
}

#[test]
fn every_code_of_the_sample_is_in_its_normal_form_already() {
    for row in dump().flatten() {
        let code = row.code.unwrap_or_default();
        assert_eq!(Barcode::parse(&code).map(String::from), Ok(code));
    }
}

#[test]
fn a_picture_that_is_given_by_its_parts_gets_the_address_that_the_dump_names() {
    let mut addresses = 0;
    for row in dump().flatten() {
        let (Some(code), Some(url)) = (row.code, row.image_url) else {
            continue;
        };
        // Of one product of the sample Open Food Facts itself lost the folder.
        if url.contains("/invalid/") {
            continue;
        }
        let file = url.rsplit('/').next().unwrap_or_default();
        let parts: Vec<&str> = file.split('.').collect();
        let images = json!({parts[0]: {"rev": parts[1]}});
        assert_eq!(front_image_url(&code, "xx", &images), Some(url));
        addresses += 1;
    }
    assert_eq!(addresses, 379);
}

#[test]
fn a_line_of_the_json_dump_has_its_picture_by_its_parts() {
    let line = json!({
        "code": "3017624010701", "product_name": "Nutella", "quantity": "400 g", "nova_group": 4,
        "nutriscore_score": 26, "nutriscore_grade": "e", "lang": "fr",
        "images": {"selected": {"front": {"fr": {"rev": "633"}, "en": {"rev": "1"}}}},
    });
    let (_, kept) = import(JsonRows::new(line.to_string().as_bytes()));
    assert_eq!(
        kept.first().map(|kept| kept.image_url.as_str()),
        Some("https://images.openfoodfacts.org/images/products/301/762/401/0701/front_fr.633.400.jpg")
    );
}
