//! Garbage by name: it is counted and reported, what is good beside it is kept, and nothing crashes.

use crate::{HEADER, data, gzip, import};
use openfoodfacts::{
    BadHeader, BadPage, JsonRows, LINE_BYTES_MAX, PAGE_BYTES_MAX, Page, Reason, TabRows, Tally, Unreadable,
};
use std::io::Read;

const PICTURE: &str = "https://images.openfoodfacts.org/images/products/000/000/001/2444/front_en.9.400.jpg";

/// A line of the smallest dump that would be kept, with this code and name.
fn line(code: &str, name: &str) -> String {
    format!("{code}\t{name}\t6\t{PICTURE}\t1\t0\ta")
}

fn dump_of(lines: &[String]) -> Tally {
    let text = format!("{HEADER}\n{}\n", lines.join("\n"));
    import(TabRows::open(text.as_bytes()).expect("it has a header")).0
}

fn json_of(lines: &[&[u8]]) -> Tally {
    import(JsonRows::new(lines.join(&b'\n').as_slice())).0
}

#[test]
fn truncated_gzip_gives_what_was_readable_and_then_says_that_it_was_cut_off() {
    for (name, cut) in [("dump_sample.tsv.gz", 100_000), ("dump_sample.tsv.gz", 8)] {
        let whole = data(name);
        let short = &whole[..whole.len() - cut];
        let (tally, kept) = import(TabRows::open(short).expect("the header is there"));
        assert_eq!(tally.unreadable.get(&Unreadable::CutOff), Some(&1));
        assert!(!tally.is_complete());
        assert!(tally.rows() > 100 && tally.rows() <= 1_001, "{}", tally.rows());
        let (_, all) = import(TabRows::open(whole.as_slice()).expect("it has a header"));
        assert_eq!(kept, all[..kept.len()], "nothing half-read among them");
    }
    let whole = data("products_sample.jsonl.gz");
    let (tally, _) = import(JsonRows::new(&whole[..whole.len() / 2]));
    assert_eq!(tally.unreadable.get(&Unreadable::CutOff), Some(&1));
}

#[test]
fn gzip_that_ends_within_its_header_is_cut_off() {
    let whole = data("dump_sample.tsv.gz");
    for length in [2, 5, 40] {
        assert!(
            matches!(TabRows::open(&whole[..length]), Err(BadHeader::Unreadable(bad)) if bad.kind == Unreadable::CutOff),
            "{length}"
        );
    }
}

#[test]
fn damaged_gzip_is_reported() {
    let mut damaged = gzip(&data("search_page_01.json"));
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xff);
    assert!(matches!(
        Page::read(damaged.as_slice()),
        Err(BadPage::Unreadable { .. })
    ));

    // The checksum stands before the length, which takes the last four bytes.
    let mut wrong_sum = gzip(b"{\"code\":\"1\"}\n");
    let place = wrong_sum.len() - 5;
    wrong_sum[place] ^= 0xff;
    let (tally, _) = import(JsonRows::new(wrong_sum.as_slice()));
    assert_eq!(tally.unreadable.get(&Unreadable::Damaged), Some(&1));

    let mut followed = gzip(b"{\"code\":\"1\"}\n");
    followed.extend(b"something else");
    let (tally, _) = import(JsonRows::new(followed.as_slice()));
    assert_eq!(tally.unreadable.get(&Unreadable::Damaged), Some(&1));
}

#[test]
fn wrong_columns_are_named_before_anything_is_read() {
    let missing = |header: &str| match TabRows::open(header.as_bytes()) {
        Err(BadHeader::Missing(columns)) => columns,
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(
        missing("code\tproduct_name\turl\n1\t2\t3\n"),
        [
            "quantity",
            "image_url",
            "nova_group",
            "nutriscore_score",
            "nutriscore_grade"
        ]
    );
    assert_eq!(missing(&HEADER.replace('\t', ",")).len(), 7);
    assert_eq!(missing("<!DOCTYPE html>").len(), 7);
    let text = BadHeader::Missing(missing(&HEADER.replace("quantity", "Quantity"))).to_string();
    assert_eq!(text, "the header lacks the columns quantity");

    let twice = format!("{HEADER}\tcode\tbrands\tbrands\n");
    assert!(
        matches!(TabRows::open(twice.as_bytes()), Err(BadHeader::Twice(columns)) if columns == ["code", "brands"])
    );
    assert!(matches!(TabRows::open(std::io::empty()), Err(BadHeader::Empty)));
    assert!(
        matches!(TabRows::open(&b"co\xffde"[..]), Err(BadHeader::Unreadable(bad)) if bad.kind == Unreadable::NotUtf8)
    );
}

#[test]
fn a_row_with_too_few_or_too_many_columns_is_counted_and_the_next_is_read() {
    let tally = dump_of(&[
        "00012444\tcut".to_owned(),
        format!("{}\tmore", line("00012444", "A name with a TAB")),
        line("00012444", "Celery"),
    ]);
    assert_eq!(tally.unreadable.get(&Unreadable::ColumnCount), Some(&2));
    assert_eq!((tally.kept, tally.rows()), (1, 3));
}

#[test]
fn a_quotation_mark_is_a_letter_like_any_other() {
    let tally = dump_of(&[
        line("00012444", "12\" pizza"),
        line("00012445", "\"Salsa"),
        line("00012446", "verde\""),
    ]);
    assert_eq!(tally.kept, 3);
}

#[test]
fn a_line_of_ten_megabytes_is_counted_and_the_next_is_read() {
    let start = format!("{HEADER}\n00012444\t");
    let source = start
        .as_bytes()
        .chain(std::io::repeat(b'x').take(10_000_000))
        .chain(&b"\n"[..]);
    let last = line("00012444", "Celery");
    let rows = TabRows::open(source.chain(last.as_bytes())).expect("it has a header");
    let (tally, kept) = import(rows);
    assert_eq!(tally.unreadable.get(&Unreadable::LineTooLong), Some(&1));
    assert_eq!((kept.len(), tally.rows()), (1, 2));

    // A few kB of gzip become it, too.
    let mut bomb = vec![b'x'; 10 * LINE_BYTES_MAX];
    bomb.extend(b"\n{\"code\":\"12345678\"}\n");
    let (tally, _) = import(JsonRows::new(gzip(&bomb).as_slice()));
    assert_eq!(tally.unreadable.get(&Unreadable::LineTooLong), Some(&1));
    assert_eq!(tally.rejected.get(&Reason::MissingName), Some(&1));
}

#[test]
fn codes_of_3_and_of_30_digits_are_refused_by_name() {
    let tally = dump_of(&[
        line("123", "Celery"),
        line(&"1".repeat(30), "Celery"),
        line("ABCDEFGH", "Celery"),
        line("00012444", "Celery"),
    ]);
    assert_eq!(tally.rejected.get(&Reason::CodeMalformed), Some(&3));
    assert_eq!(tally.kept, 1);
}

#[test]
fn html_in_a_name_is_kept_as_the_text_it_is() {
    let name = "<script>alert('x')</script><b>Milk</b> &amp; \u{7}\u{202e}honey";
    let text = format!("{HEADER}\n{}", line("00012444", name));
    let (_, kept) = import(TabRows::open(text.as_bytes()).expect("it has a header"));
    assert_eq!(
        kept.first().map(|kept| kept.title.as_str()),
        Some("<script>alert('x')</script><b>Milk</b> &amp; honey")
    );
}

#[test]
fn each_kind_of_bad_json_is_counted_under_its_own_name() {
    let nested = "[".repeat(100_000);
    let deep = format!("{{\"code\":{nested}");
    let tally = json_of(&[
        b"not json",
        b"{\"code\":\"1\"",
        deep.as_bytes(),
        br#"{"code":"\ud800"}"#,
        br#"{"nova_group":1e999}"#,
        br#"["00012444","a list in the order of the fields"]"#,
        b"null",
        b"17",
        br#"{"code":{"$oid":"1"}}"#,
        br#"{"code":true}"#,
        br#"{"categories_tags":[1]}"#,
        b"{\"code\":\"\xff\"}",
        b"{}",
        b"",
        br#"{"code":"","images":[],"brands":null}"#,
    ]);
    assert_eq!(tally.unreadable.get(&Unreadable::NotJson), Some(&5));
    assert_eq!(tally.unreadable.get(&Unreadable::NotAnObject), Some(&3));
    assert_eq!(tally.unreadable.get(&Unreadable::FieldType), Some(&3));
    assert_eq!(tally.unreadable.get(&Unreadable::NotUtf8), Some(&1));
    assert_eq!(tally.rejected.get(&Reason::MissingCode), Some(&2));
    assert_eq!(tally.rows(), 14, "an empty line is no row");
}

#[test]
fn a_page_of_html_is_no_page_and_neither_is_an_endless_one() {
    let html = b"<html><body>Too many requests</body></html>";
    assert!(matches!(
        Page::read(&html[..]),
        Err(BadPage::Unreadable {
            kind: Unreadable::NotJson,
            ..
        })
    ));
    let whole = data("search_page_01.json");
    assert!(matches!(
        Page::read(&whole[..whole.len() / 2]),
        Err(BadPage::Unreadable {
            kind: Unreadable::NotJson,
            ..
        })
    ));
    let packed = gzip(&whole);
    assert!(matches!(
        Page::read(&packed[..packed.len() / 2]),
        Err(BadPage::Unreadable {
            kind: Unreadable::CutOff,
            ..
        })
    ));
    let endless = std::io::repeat(b' ').take(PAGE_BYTES_MAX as u64 * 4);
    assert_eq!(Page::read(endless), Err(BadPage::TooLong));
}
