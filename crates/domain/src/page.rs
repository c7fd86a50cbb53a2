//! Reading a long list a page at a time.

/// Where the next page starts: opaque to whoever holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// How much to read, and from where.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// At most so many rows, 1 to [`PageRequest::LIMIT_MAX`].
    pub limit: u16,
    /// The cursor of the page before; `None` for the first page.
    pub cursor: Option<Cursor>,
}

impl PageRequest {
    /// The most rows one page holds.
    pub const LIMIT_MAX: u16 = 100;
    /// Rows on a page when the reader does not say.
    pub const LIMIT_DEFAULT: u16 = 25;
}

/// One page of rows.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Cursor>,
}
