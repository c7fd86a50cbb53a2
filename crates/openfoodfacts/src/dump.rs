//! A part of a dump: rows from a number on, as many as are asked for.
//!
//! A dump has many rows, and whoever imports it has minutes. So it is read in slices. Each begins at the start of the
//! file, because gzip knows no other way: what was dealt with before is fetched and unpacked once more, though only the
//! ends of its lines are looked for. So an import fetches the first half of its dump again and again: with n slices about
//! n/2 times the whole. That is why it ends at a number of rows (`ROWS_MAX` of `import-page`), and why whoever has a longer
//! dump splits it. The position is the number of the row, so the same file has to lie there until the import has ended.

use crate::json::JsonRows;
use crate::row::{BadRow, Row};
use crate::tab_separated::{BadHeader, TabRows};
use crate::tally::{Outcome, decide};
use crate::unpack::Unpacked;
use std::io::{Cursor, Read};

/// So many bytes tell which kind of dump it is: a byte order mark, a few blanks, one character.
const START_BYTES: usize = 64;

/// Rows of a dump that stand one behind the other, judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// What became of each, in their order.
    pub outcomes: Vec<Outcome>,
    /// Whether nothing comes after them.
    pub is_last: bool,
}

/// Reads at most `rows_max` rows from row `from` on, counted from 1 without a header. JSON lines and TAB-separated
/// columns are told apart by the first character, gzip by the first bytes.
///
/// # Errors
/// [`BadHeader`] of a TAB-separated dump, or of what is no dump at all.
pub fn read_slice(source: impl Read, from: u64, rows_max: u32) -> Result<Slice, BadHeader> {
    let mut source = Unpacked::new(source);
    let mut start = Vec::with_capacity(START_BYTES);
    let begun = source.by_ref().take(START_BYTES as u64).read_to_end(&mut start);
    if let Err(error) = begun {
        let bad = BadRow::of_source(1, &error);
        return Ok(Slice {
            outcomes: vec![Outcome::Unreadable(bad)],
            is_last: true,
        });
    }
    let is_json = begins_as_json(&start);
    let source = Cursor::new(start).chain(source);
    if is_json {
        Ok(take_slice(JsonRows::new(source), from, rows_max))
    } else {
        Ok(take_slice(TabRows::open(source)?, from, rows_max))
    }
}

/// Whether the first character that is no blank and no byte order mark opens a JSON value.
fn begins_as_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| matches!(byte, b'{' | b'['))
}

/// Rows that can be read, and passed over without being parsed.
trait Rows: Iterator<Item = Result<Row, BadRow>> {
    /// Passes over so many; says whether there were as many.
    fn pass_over(&mut self, rows: u64) -> Result<bool, BadRow>;
}

impl<R: Read> Rows for JsonRows<R> {
    fn pass_over(&mut self, rows: u64) -> Result<bool, BadRow> {
        self.skip_rows(rows)
    }
}

impl<R: Read> Rows for TabRows<R> {
    fn pass_over(&mut self, rows: u64) -> Result<bool, BadRow> {
        self.skip_rows(rows)
    }
}

fn take_slice(mut rows: impl Rows, from: u64, rows_max: u32) -> Slice {
    if let Err(bad) = rows.pass_over(from.saturating_sub(1)) {
        // It ends before the row that was asked for: that is worth telling, and not a clean end.
        return Slice {
            outcomes: vec![Outcome::Unreadable(bad)],
            is_last: true,
        };
    }
    let limit = usize::try_from(rows_max).unwrap_or(usize::MAX);
    let outcomes: Vec<Outcome> = rows.by_ref().take(limit).map(decide).collect();
    Slice {
        is_last: rows.next().is_none(),
        outcomes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Unreadable;

    fn kinds(slice: &Slice) -> Vec<String> {
        slice
            .outcomes
            .iter()
            .map(|outcome| match outcome {
                Outcome::Kept(kept) => kept.code.to_string(),
                Outcome::Rejected { reason, .. } => reason.name().to_owned(),
                Outcome::Unreadable(bad) => bad.kind.name().to_owned(),
            })
            .collect()
    }

    #[test]
    fn json_and_tabs_are_told_apart_by_the_first_character() {
        let json = b"\xef\xbb\xbf\n{\"code\":\"1\"}\n{\"code\":\"2\"}\n";
        let slice = read_slice(&json[..], 1, 10).expect("it is a dump");
        assert_eq!(kinds(&slice), ["code_malformed", "code_malformed"]);
        let tabs =
            b"code\tproduct_name\tquantity\timage_url\tnova_group\tnutriscore_score\tnutriscore_grade\n\
            1\t\t\t\t\t\t\n";
        let slice = read_slice(&tabs[..], 1, 10).expect("it is a dump");
        assert_eq!(kinds(&slice), ["code_malformed"]);
        assert!(slice.is_last);
    }

    #[test]
    fn what_is_no_dump_says_so() {
        assert_eq!(read_slice(&b""[..], 1, 10), Err(BadHeader::Empty));
        let html = read_slice(&b"<!doctype html>\n<p>Not found"[..], 1, 10);
        assert!(matches!(html, Err(BadHeader::Missing(columns)) if columns.len() == 7));
    }

    #[test]
    fn slices_together_are_the_whole() {
        let dump = "{\"code\":\"1\"}\n[]\n\r\n{}\n\nx\r\n{\"code\":\"2\"}\n";
        let whole = read_slice(dump.as_bytes(), 1, 100).expect("it is a dump");
        assert!(whole.is_last && whole.outcomes.len() == 5);
        for size in 1..=5 {
            let mut parts = Vec::new();
            let mut from = 1;
            loop {
                let slice = read_slice(dump.as_bytes(), from, size).expect("it is a dump");
                from += slice.outcomes.len() as u64;
                parts.extend(slice.outcomes);
                if slice.is_last {
                    break;
                }
            }
            assert_eq!(parts, whole.outcomes, "{size}");
        }
        let after_the_end = read_slice(dump.as_bytes(), 99, 10).expect("it is a dump");
        assert_eq!((after_the_end.outcomes.len(), after_the_end.is_last), (0, true));
    }

    #[test]
    fn a_source_that_ends_before_the_row_that_was_asked_for_is_not_taken_for_complete() {
        use std::io;
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
        let slice = read_slice((&b"{}\n{}\n"[..]).chain(Broken), 10, 5).expect("it is a dump");
        assert_eq!(kinds(&slice), [Unreadable::CutOff.name()]);
        let slice = read_slice(Broken, 1, 5).expect("who knows");
        assert_eq!(kinds(&slice), [Unreadable::CutOff.name()]);
        assert!(slice.is_last);
    }
}
