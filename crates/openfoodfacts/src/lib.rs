//! Open Food Facts: reading what it publishes, and deciding what of it becomes a product.
//!
//! It publishes one set of products in three shapes: pages of its search API ([`Page`]), JSON lines ([`JsonRows`]) and a
//! TAB-separated dump ([`TabRows`]), each plain or gzip. All three give the same [`Row`]s. [`judge`] keeps a row or says
//! the first [`Reason`] why not; a [`Tally`] counts every row once, so that what was left out can be explained.
//!
//! Nothing that comes in can stop an import except the end of its source: a bad row is counted and the next one is
//! read. [`read_slice`] reads a part of a dump, so that an import of many rows can stop and go on. Pure: no network, no
//! files, no clock. Whoever imports brings a [`ProductSource`] and stores what is kept.
//!
//! The data is Open Food Facts', <https://openfoodfacts.org>, under the Open Database Licence 1.0; its contents are under
//! the Database Contents Licence, its pictures under CC BY-SA. Credit it where its data is shown.

mod barcode;
mod dump;
mod food;
mod json;
mod judge;
mod lines;
mod page;
mod picture;
mod request;
mod row;
mod source;
mod tab_separated;
mod tally;
mod text;
mod unpack;

pub use barcode::{Barcode, NotABarcode};
pub use domain::product::food::Grade;
pub use dump::{Slice, read_slice};
pub use json::JsonRows;
pub use judge::{BRANDS_MAX, IMAGE_URL_MAX, Kept, NOVA, NUTRISCORE, QUANTITY_MAX, Reason, judge};
pub use lines::LINE_BYTES_MAX;
pub use page::{BadPage, PAGE_BYTES_MAX, Page};
pub use picture::front_image_url;
pub use request::{
    FIELDS, PAGE_SIZE, PAGES_MAX, SEARCH_PATH, SEARCHES_PER_MINUTE_MAX, search_query, user_agent,
};
pub use row::{BadRow, Row, Unreadable};
pub use source::{ProductSource, RetryAfter, SourceError};
pub use tab_separated::{BadHeader, COLUMNS, TabRows};
pub use tally::{Outcome, TableRow, Tally, decide};
