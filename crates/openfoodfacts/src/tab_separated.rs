//! The official dump: a header, then a product a line, columns separated by TAB.
//!
//! It is called CSV, but nothing in it is quoted: the exporter puts a blank in place of every control character of a
//! value and joins the values with TABs (`sanitize_field_content` in
//! <https://github.com/openfoodfacts/openfoodfacts-server/blob/main/scripts/export_database.pl>; the separator and the
//! encoding are in <https://static.openfoodfacts.org/data/data-fields.txt>). So a line is a row, a TAB is a column, and
//! a quotation mark is a quotation mark. A reader that obeys quotes would swallow rows after a name like `12" pizza`.

use crate::lines::Lines;
use crate::row::{BadRow, Row, Unreadable, listed, present};
use std::io::Read;

/// The columns that a dump must have. Others are passed over; the order is the header's.
pub const COLUMNS: [&str; 7] = [
    "code",
    "product_name",
    "quantity",
    "image_url",
    "nova_group",
    "nutriscore_score",
    "nutriscore_grade",
];
/// Columns that are read if they are there.
const BRANDS: &str = "brands";
const CATEGORIES: &str = "categories_tags";

/// Why a source is no dump. No row was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// There is not a single line.
    #[error("the dump is empty")]
    Empty,
    /// The first line could not be read.
    #[error("the header could not be read: {0}")]
    Unreadable(BadRow),
    /// The header lacks these columns. If it lacks all of them it is perhaps no dump, or separated by something else.
    #[error("the header lacks the columns {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// The header has these columns twice, so nobody can know which one is meant.
    #[error("the header has twice the columns {}", .0.join(", "))]
    Twice(Vec<&'static str>),
}

/// The rows of a TAB-separated dump, gzip or plain.
///
/// Each row is `Ok` or says why it could not be read. An error that [is the end](Unreadable::is_the_end) is the last
/// item.
pub struct TabRows<R: Read> {
    lines: Lines<R>,
    columns: Columns,
}

impl<R: Read> TabRows<R> {
    /// Reads the header. `source` need not be buffered.
    ///
    /// # Errors
    /// [`BadHeader`].
    pub fn open(source: R) -> Result<Self, BadHeader> {
        let mut lines = Lines::new(source);
        let columns = match lines.next() {
            None => return Err(BadHeader::Empty),
            Some(Err(bad)) => return Err(BadHeader::Unreadable(bad)),
            Some(Ok((_, header))) => Columns::find(header)?,
        };
        Ok(Self { lines, columns })
    }

    /// Passes over so many rows without parsing them; see [`Lines::skip_rows`].
    pub(crate) fn skip_rows(&mut self, rows: u64) -> Result<bool, BadRow> {
        self.lines.skip_rows(rows)
    }
}

impl<R: Read> Iterator for TabRows<R> {
    type Item = Result<Row, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let columns = &self.columns;
        Some(self.lines.next()?.and_then(|(at, line)| columns.read(at, line)))
    }
}

/// Where which column stands, from 0.
struct Columns {
    width: usize,
    required: [usize; COLUMNS.len()],
    brands: Option<usize>,
    categories: Option<usize>,
}

impl Columns {
    fn find(header: &str) -> Result<Self, BadHeader> {
        let names: Vec<&str> = header.split('\t').map(str::trim).collect();
        let places = |column: &str| -> Vec<usize> {
            (0_usize..)
                .zip(&names)
                .filter_map(|(place, name)| (*name == column).then_some(place))
                .collect()
        };
        let of_any = |is_wrong: fn(usize) -> bool, columns: &[&'static str]| -> Vec<&'static str> {
            columns
                .iter()
                .copied()
                .filter(|column| is_wrong(places(column).len()))
                .collect()
        };
        let missing = of_any(|times| times == 0, &COLUMNS);
        if !missing.is_empty() {
            return Err(BadHeader::Missing(missing));
        }
        let mut twice = of_any(|times| times > 1, &COLUMNS);
        twice.extend(of_any(|times| times > 1, &[BRANDS, CATEGORIES]));
        if !twice.is_empty() {
            return Err(BadHeader::Twice(twice));
        }
        let place = |column: &str| places(column).first().copied();
        Ok(Self {
            width: names.len(),
            // None of them is missing, so none of them is read from the wrong place.
            required: COLUMNS.map(|column| place(column).unwrap_or(names.len())),
            brands: place(BRANDS),
            categories: place(CATEGORIES),
        })
    }

    fn read(&self, at: u64, line: &str) -> Result<Row, BadRow> {
        let values: Vec<&str> = line.split('\t').collect();
        if values.len() != self.width {
            let detail = format!("{} columns instead of {}", values.len(), self.width);
            return Err(BadRow::new(at, Unreadable::ColumnCount, detail));
        }
        let value = |place: usize| values.get(place).copied().unwrap_or_default();
        let [
            code,
            product_name,
            quantity,
            image_url,
            nova_group,
            nutriscore_score,
            nutriscore_grade,
        ] = self.required.map(|place| present(value(place)));
        Ok(Row {
            at,
            code,
            product_name,
            quantity,
            brands: self.brands.and_then(|place| present(value(place))),
            image_url,
            nova_group,
            nutriscore_score,
            nutriscore_grade,
            categories_tags: self
                .categories
                .map(|place| listed(value(place)))
                .unwrap_or_default(),
        })
    }
}
