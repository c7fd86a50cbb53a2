//! Any bytes as what Open Food Facts sends: the first letter says whether lines of JSON, a table or a page. It ends, and what
//! is kept is within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openfoodfacts::{
    BadRow, IMAGE_URL_MAX, JsonRows, Kept, NOVA, NUTRISCORE, Outcome, Page, Row, TabRows, decide,
};

const HEADER: &[u8] = b"code\tproduct_name\tquantity\timage_url\tnova_group\tnutriscore_score\tnutriscore_grade\tbrands\tcategories_tags\n";

fn check(kept: &Kept) {
    assert!((1..=domain::product::TITLE_MAX).contains(&kept.title.chars().count()));
    assert!(kept.image_url.len() <= IMAGE_URL_MAX && kept.image_url.starts_with("https://"));
    assert!(NOVA.contains(&i64::from(kept.nova)) && NUTRISCORE.contains(&i64::from(kept.nutriscore)));
    assert!(kept.categories.len() <= domain::product::CATEGORIES_MAX);
}

fn read(rows: impl Iterator<Item = Result<Row, BadRow>>) {
    let mut is_over = false;
    for row in rows {
        assert!(!is_over, "a row after the end");
        is_over = row.as_ref().is_err_and(|bad| bad.kind.is_the_end());
        if let Outcome::Kept(kept) = decide(row) {
            check(&kept);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind {
        b't' => {
            let dump = [HEADER, bytes].concat();
            read(TabRows::open(dump.as_slice()).expect("it has a header"));
        }
        b'h' => {
            if let Ok(rows) = TabRows::open(bytes) {
                read(rows);
            }
        }
        b'p' => {
            if let Ok(page) = Page::read(bytes) {
                read(page.rows.into_iter());
            }
        }
        _ => read(JsonRows::new(bytes)),
    }
});
