//! Reading real data, garbage, and anything at all.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod garbage;
mod properties;
mod sample;

use flate2::Compression;
use flate2::read::GzEncoder;
use openfoodfacts::{BadRow, Kept, Outcome, Row, Tally, decide};
use std::io::Read;

/// The header of the smallest dump there can be.
const HEADER: &str =
    "code\tproduct_name\tquantity\timage_url\tnova_group\tnutriscore_score\tnutriscore_grade";

/// Bytes of a file in `tests/data`.
fn data(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the sample lies beside the test")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    GzEncoder::new(bytes, Compression::fast())
        .read_to_end(&mut packed)
        .expect("memory can be read");
    packed
}

/// Judges and counts everything a reader gives, which has to be nothing more after its end.
fn import(mut rows: impl Iterator<Item = Result<Row, BadRow>>) -> (Tally, Vec<Kept>) {
    let mut tally = Tally::default();
    let mut kept = Vec::new();
    let mut is_over = false;
    for row in rows.by_ref() {
        assert!(!is_over, "a row after the end of the source");
        is_over = row.as_ref().is_err_and(|bad| bad.kind.is_the_end());
        let outcome = decide(row);
        tally.count(&outcome);
        if let Outcome::Kept(product) = outcome {
            kept.push(product);
        }
    }
    assert!(rows.next().is_none(), "the end is the end");
    assert_eq!(tally.kept, kept.len() as u64);
    (tally, kept)
}
