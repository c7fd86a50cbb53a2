//! What holds of everything that can come in.

use crate::{HEADER, data, gzip, import};
use openfoodfacts::{
    BRANDS_MAX, IMAGE_URL_MAX, JsonRows, NOVA, NUTRISCORE, Page, QUANTITY_MAX, Row, TabRows, judge,
};
use proptest::prelude::*;
use serde_json::json;

/// A text as people and programs write them into fields: nothing, blanks, markup, all kinds of letters.
fn text() -> impl Strategy<Value = Option<String>> {
    let written = prop_oneof![
        Just("<b>bold</b>".to_owned()),
        Just("\u{202e}\u{0}\u{7}".to_owned()),
        Just("null".to_owned()),
        "[ -~]{0,20}",
        "\\PC{0,20}",
        "[a-z ]{190,210}",
    ];
    proptest::option::of(written).prop_map(|text| text.filter(|text| !text.trim().is_empty()))
}

fn one_of(likely: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        4 => proptest::sample::select(likely).prop_map(|text| Some(text.to_owned())),
        1 => text(),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let picture: &[&str] = &[
        "https://images.openfoodfacts.org/a.jpg",
        "http://images.openfoodfacts.org/a.jpg",
    ];
    (
        one_of(&["00012444", "3017624010701", "123"]),
        one_of(&["Celery"]),
        one_of(&["110 g"]),
        text(),
        one_of(picture),
        one_of(&["1", "4", "5"]),
        one_of(&["-15", "0", "41"]),
        one_of(&["a", "e", "unknown"]),
        proptest::collection::vec("(en|fr):[a-z-]{1,90}", 0..12),
    )
        .prop_map(
            |(
                code,
                product_name,
                quantity,
                brands,
                image_url,
                nova_group,
                nutriscore_score,
                nutriscore_grade,
                categories_tags,
            )| {
                Row {
                    at: 0,
                    code,
                    product_name,
                    quantity,
                    brands,
                    image_url,
                    nova_group,
                    nutriscore_score,
                    nutriscore_grade,
                    categories_tags,
                }
            },
        )
}

/// A line of a dump. Control characters become blanks, as the exporter makes them.
fn tab_line(row: &Row) -> String {
    let categories = Some(row.categories_tags.join(","));
    [
        &row.code,
        &row.product_name,
        &row.quantity,
        &row.image_url,
        &row.nova_group,
        &row.nutriscore_score,
        &row.nutriscore_grade,
        &row.brands,
        &categories,
    ]
    .map(|field| sanitized(field.as_deref().unwrap_or_default()))
    .join("\t")
}

fn sanitized(text: &str) -> String {
    text.replace(|letter| letter < ' ', " ")
}

/// The row as it is once a dump was made of it.
fn dumped(row: &Row) -> Row {
    let field = |text: &Option<String>| {
        text.as_deref()
            .map(sanitized)
            .filter(|text| !text.trim().is_empty())
    };
    Row {
        at: 0,
        code: field(&row.code),
        product_name: field(&row.product_name),
        quantity: field(&row.quantity),
        brands: field(&row.brands),
        image_url: field(&row.image_url),
        nova_group: field(&row.nova_group),
        nutriscore_score: field(&row.nutriscore_score),
        nutriscore_grade: field(&row.nutriscore_grade),
        categories_tags: row.categories_tags.clone(),
    }
}

fn without_place(row: Result<Row, openfoodfacts::BadRow>) -> Row {
    Row {
        at: 0,
        ..row.expect("what was written can be read")
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic_or_go_on_for_ever(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = import(JsonRows::new(bytes.as_slice()));
        let _ = Page::read(bytes.as_slice());
        if let Ok(rows) = TabRows::open(bytes.as_slice()) {
            let _ = import(rows);
        }
        let dump = [HEADER.as_bytes(), b"\n", &bytes].concat();
        let _ = import(TabRows::open(dump.as_slice()).expect("it has a header"));
        let looks_packed = [&[0x1f, 0x8b, 8, 0][..], &bytes].concat();
        let _ = import(JsonRows::new(looks_packed.as_slice()));
        let packed = gzip(&dump);
        let _ = import(TabRows::open(packed.as_slice()).expect("it has a header"));
    }

    #[test]
    fn every_line_is_counted_exactly_once(kinds in proptest::collection::vec(0_usize..6, 0..60), ends_in_lf: bool) {
        let lines: [&[u8]; 6] = [
            br#"{"code":"00012444"}"#, b"{", b"[]", b"\xff", br#"{"code":[]}"#, br#"{"product_name":"x"}"#,
        ];
        let mut text = kinds.iter().map(|kind| lines[*kind]).collect::<Vec<_>>().join(&b'\n');
        if ends_in_lf {
            text.push(b'\n');
        }
        let (tally, _) = import(JsonRows::new(text.as_slice()));
        prop_assert_eq!(tally.rows(), kinds.len() as u64);
        let sum: u64 = tally.table().iter().map(|row| row.rows).sum();
        prop_assert_eq!(sum, tally.rows());

        let dump = [HEADER.as_bytes(), b"\n", &text].concat();
        let (tally, _) = import(TabRows::open(dump.as_slice()).expect("it has a header"));
        prop_assert_eq!(tally.rows(), kinds.len() as u64);
    }

    #[test]
    fn what_is_written_in_any_shape_is_read_back(rows in proptest::collection::vec(row(), 0..12)) {
        let lines: Vec<String> = rows.iter().map(|row| serde_json::to_string(row).expect("a row is JSON")).collect();
        let text = lines.join("\n");
        let read: Vec<Row> = JsonRows::new(text.as_bytes()).map(without_place).collect();
        prop_assert_eq!(&read, &rows);

        let envelope = json!({"count": rows.len(), "page": 1, "page_size": 100, "products": rows}).to_string();
        let page = Page::read(envelope.as_bytes()).expect("it is a page");
        let read: Vec<Row> = page.rows.into_iter().map(without_place).collect();
        prop_assert_eq!(&read, &rows);

        let lines: Vec<String> = rows.iter().map(tab_line).collect();
        let text = format!("{HEADER}\tbrands\tcategories_tags\n{}", lines.join("\r\n"));
        let dump = TabRows::open(text.as_bytes()).expect("it has a header");
        let read: Vec<Row> = dump.map(without_place).collect();
        let expected: Vec<Row> = rows.iter().map(dumped).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn what_is_kept_is_within_its_bounds_and_is_judged_the_same_again(row in row()) {
        if let Ok(kept) = judge(&row) {
            prop_assert!((1..=domain::product::TITLE_MAX).contains(&kept.title.chars().count()));
            prop_assert!((1..=QUANTITY_MAX).contains(&kept.quantity_text.chars().count()));
            prop_assert!(kept.brands.as_ref().is_none_or(|brands| brands.chars().count() <= BRANDS_MAX));
            prop_assert!(kept.image_url.len() <= IMAGE_URL_MAX && kept.image_url.starts_with("https://"));
            prop_assert!(NOVA.contains(&i64::from(kept.nova)) && NUTRISCORE.contains(&i64::from(kept.nutriscore)));
            prop_assert!(kept.categories.len() <= domain::product::CATEGORIES_MAX);
            for text in [&kept.title, &kept.quantity_text].into_iter().chain(&kept.brands).chain(&kept.categories) {
                prop_assert!(!text.contains(char::is_control) && text.trim() == text);
            }
            prop_assert_eq!(judge(&row), Ok(kept));
        }
    }
}

/// The first lines of the sample, as they were published.
fn real_lines(name: &str, lines: usize) -> Vec<u8> {
    let packed = data(name);
    let mut reader = std::io::BufReader::new(flate2::read::GzDecoder::new(packed.as_slice()));
    let mut text = Vec::new();
    for _ in 0..lines {
        std::io::BufRead::read_until(&mut reader, b'\n', &mut text).expect("the sample can be read");
    }
    text
}

proptest! {
    // Each case reads some hundred kilobytes.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn real_rows_that_were_damaged_are_kept_within_bounds_or_refused_by_a_reason(
        json in damaged::bytes(real_lines("products_sample.jsonl.gz", 20)),
        tabs in damaged::bytes(real_lines("dump_sample.tsv.gz", 20)),
        page in damaged::bytes(data("search_page_10.json")),
    ) {
        let mut kept = import(JsonRows::new(json.as_slice())).1;
        if let Ok(rows) = TabRows::open(tabs.as_slice()) {
            kept.extend(import(rows).1);
        }
        if let Ok(page) = Page::read(page.as_slice()) {
            kept.extend(import(page.rows.into_iter()).1);
        }
        for kept in kept {
            prop_assert!((1..=domain::product::TITLE_MAX).contains(&kept.title.chars().count()));
            prop_assert!(kept.image_url.len() <= IMAGE_URL_MAX && kept.image_url.starts_with("https://"));
            prop_assert!(NOVA.contains(&i64::from(kept.nova)) && NUTRISCORE.contains(&i64::from(kept.nutriscore)));
        }
    }
}

proptest! {
    // Each case unpacks the whole sample.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn gzip_that_was_cut_or_changed_anywhere_is_never_taken_for_the_whole(
        // The first two bytes are what makes it gzip.
        end in 2_usize..=54_165, place in 2_usize..54_165, byte: u8, is_cut: bool,
    ) {
        let whole = data("products_sample.jsonl.gz");
        let mut bytes = whole.clone();
        if is_cut {
            bytes.truncate(end);
        } else if let Some(changed) = bytes.get_mut(place) {
            *changed = byte;
        }
        let (tally, kept) = import(JsonRows::new(bytes.as_slice()));
        // Some bytes of the header mean nothing; then everything is read as it was.
        if tally.is_complete() {
            prop_assert_eq!((tally, kept), import(JsonRows::new(whole.as_slice())));
        }
    }
}
