//! One page of the search API.
//!
//! The envelope is described in
//! <https://openfoodfacts.github.io/openfoodfacts-server/api/ref/responses/search_for_products.yaml>.

use crate::json::read_value;
use crate::request::PAGES_MAX;
use crate::row::{BadRow, Row, Unreadable};
use crate::unpack::Unpacked;
use serde_json::Value;
use std::io::Read;

/// The longest page that is read, in bytes once unpacked. A hundred products with the fields that are asked for are
/// 0.1 MB; with all their fields they are a few MB.
pub const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A page as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many products the search finds in all. It moves while people edit the database.
    pub count: u64,
    /// Which page this is, from 1.
    pub page: u32,
    /// How many products a full page has.
    pub page_size: u32,
    /// Its products, each one readable or not, in their order.
    pub rows: Vec<Result<Row, BadRow>>,
}

/// Why a body is no page. Nothing of it was read: the page can be asked for again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPage {
    /// More than [`PAGE_BYTES_MAX`] bytes.
    #[error("the page has more than {PAGE_BYTES_MAX} bytes")]
    TooLong,
    /// It could not be read to its end, or is not JSON: a page of HTML that says "please wait", for instance.
    #[error("the page could not be read: {kind}: {detail}")]
    Unreadable {
        /// Which kind of unreadable.
        kind: Unreadable,
        /// What exactly, for the log.
        detail: String,
    },
    /// JSON, but these fields of the envelope are missing or of another type.
    #[error("not a page of search results: missing or of another type: {}", .0.join(", "))]
    Incomplete(Vec<&'static str>),
}

impl Page {
    /// Reads a whole page, gzip or plain.
    ///
    /// # Errors
    /// [`BadPage`]. Products that cannot be read are no error of the page: they are in [`rows`](Self::rows).
    pub fn read(source: impl Read) -> Result<Self, BadPage> {
        let mut body = Vec::new();
        let limit = PAGE_BYTES_MAX as u64 + 1;
        Unpacked::new(source)
            .take(limit)
            .read_to_end(&mut body)
            .map_err(|error| BadPage::Unreadable {
                kind: Unreadable::of(&error),
                detail: error.to_string(),
            })?;
        if body.len() > PAGE_BYTES_MAX {
            return Err(BadPage::TooLong);
        }
        let envelope: Value = serde_json::from_slice(&body).map_err(|error| BadPage::Unreadable {
            kind: Unreadable::NotJson,
            detail: error.to_string(),
        })?;
        Self::from_envelope(envelope)
    }

    fn from_envelope(mut envelope: Value) -> Result<Self, BadPage> {
        let products = match envelope.get_mut("products").map(Value::take) {
            Some(Value::Array(products)) => Some(products),
            _ => None,
        };
        let count = number(&envelope, "count");
        let page = number(&envelope, "page").and_then(|page| u32::try_from(page).ok());
        let page_size = number(&envelope, "page_size").and_then(|size| u32::try_from(size).ok());
        match (count, page, page_size, products) {
            (Some(count), Some(page), Some(page_size), Some(products)) => Ok(Self {
                count,
                page,
                page_size,
                rows: (1_u64..)
                    .zip(products)
                    .map(|(at, product)| read_value(at, product))
                    .collect(),
            }),
            (count, page, page_size, products) => Err(BadPage::Incomplete(
                [
                    ("count", count.is_some()),
                    ("page", page.is_some()),
                    ("page_size", page_size.is_some()),
                    ("products", products.is_some()),
                ]
                .into_iter()
                .filter_map(|(field, is_there)| (!is_there).then_some(field))
                .collect(),
            )),
        }
    }

    /// The page to ask for next; `None` when this was the last one, or the last of [`PAGES_MAX`].
    ///
    /// A page without products is the last one whatever its numbers say, so that no import asks for ever.
    #[must_use]
    pub fn next_page(&self) -> Option<u32> {
        let seen = u64::from(self.page) * u64::from(self.page_size);
        let is_last = self.rows.is_empty() || self.page >= PAGES_MAX || seen >= self.count;
        (!is_last).then(|| self.page + 1)
    }
}

/// A number from 0 up, also if it was written as a text: older versions of the API echo the query's own text.
fn number(envelope: &Value, field: &str) -> Option<u64> {
    let value = envelope.get(field)?;
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(page: u32, count: u64, rows: usize) -> Page {
        Page {
            count,
            page,
            page_size: 100,
            rows: vec![Ok(Row::default()); rows],
        }
    }

    #[test]
    fn pages_end_where_the_products_end_and_at_the_latest_after_a_hundred() {
        assert_eq!(page(1, 978, 100).next_page(), Some(2));
        assert_eq!(page(9, 978, 100).next_page(), Some(10));
        assert_eq!(page(10, 978, 78).next_page(), None);
        assert_eq!(page(2, 200, 100).next_page(), None);
        assert_eq!(page(3, 978, 0).next_page(), None);
        assert_eq!(page(99, 1_000_000, 100).next_page(), Some(100));
        assert_eq!(page(100, 1_000_000, 100).next_page(), None);
        assert_eq!(page(u32::MAX, u64::MAX, 1).next_page(), None);
    }

    #[test]
    fn an_envelope_names_everything_it_lacks() {
        let missing = |body: &str| match Page::read(body.as_bytes()) {
            Err(BadPage::Incomplete(fields)) => fields,
            other => panic!("{other:?}"),
        };
        assert_eq!(missing("{}"), ["count", "page", "page_size", "products"]);
        assert_eq!(missing("[1]"), ["count", "page", "page_size", "products"]);
        assert_eq!(
            missing(r#"{"count":1,"page":-1,"page_size":"100","products":{}}"#),
            ["page", "products"]
        );
    }

    #[test]
    fn one_bad_product_does_not_lose_the_page() {
        let body = r#"{"count":3,"page":"1","page_size":100,
            "products":[{"code":"1"},17,{"code":{"a":1}},{"code":"2","unknown":[[]]}]}"#;
        let page = Page::read(body.as_bytes()).expect("it is a page");
        let kinds: Vec<_> = page
            .rows
            .iter()
            .map(|row| row.as_ref().map_or_else(|bad| Some((bad.at, bad.kind)), |_| None))
            .collect();
        assert_eq!(
            kinds,
            [
                None,
                Some((2, Unreadable::NotAnObject)),
                Some((3, Unreadable::FieldType)),
                None
            ]
        );
    }
}
