//! A row as it was read, before anybody judges it, and what makes a row unreadable.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;

/// What is read of one product. Texts are as written, numbers are the digits as written; a field that is missing, null
/// or empty is `None`. Field names are those of the API, version 2, and of the dump's columns:
/// <https://static.openfoodfacts.org/data/data-fields.txt>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Where it stood: the number of its line in a dump, of the product on a page; from 1. A dump's header is line 1.
    #[serde(skip)]
    pub at: u64,
    /// The barcode, e.g. `0000101209159`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The name, in the product's main language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// How much is in it, as contributors wrote it, e.g. `350 g`, `16oz`, `6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Its brands, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brands: Option<String>,
    /// The address of the picture of its front, in the size of 400 pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// How far it is processed, 1 to 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nova_group: Option<String>,
    /// The Nutri-Score's points; fewer are better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nutriscore_score: Option<String>,
    /// The Nutri-Score's letter, `a` to `e`; also `unknown` and `not-applicable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nutriscore_grade: Option<String>,
    /// Its categories as ids of Open Food Facts' taxonomy, e.g. `en:sweet-snacks`, from broad to narrow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories_tags: Vec<String>,
}

/// A text, or `None` if it is empty or blank.
pub(crate) fn present(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// The texts of a comma-separated list, without empty ones.
pub(crate) fn listed(text: &str) -> Vec<String> {
    text.split(',').filter_map(|part| present(part.trim())).collect()
}

/// Why a row could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// A line of more than [`LINE_BYTES_MAX`](crate::LINE_BYTES_MAX) bytes. It was skipped, not kept in memory.
    LineTooLong,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Not JSON, or nested too deeply.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
    /// A field holds what can be neither text nor number, e.g. an object.
    FieldType,
    /// Another number of columns than the header has.
    ColumnCount,
    /// The source ended in the middle, e.g. a gzip file that was not downloaded to its end. Nothing follows.
    CutOff,
    /// The gzip data is damaged, or something else follows it. Nothing follows.
    Damaged,
    /// The source could not be read any further. Nothing follows.
    SourceFailed,
}

impl Unreadable {
    /// Every kind, in the order in which a table shows them.
    pub const ALL: [Self; 9] = [
        Self::LineTooLong,
        Self::NotUtf8,
        Self::NotJson,
        Self::NotAnObject,
        Self::FieldType,
        Self::ColumnCount,
        Self::CutOff,
        Self::Damaged,
        Self::SourceFailed,
    ];

    /// Its name in counts and logs: the same that serde writes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LineTooLong => "line_too_long",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::FieldType => "field_type",
            Self::ColumnCount => "column_count",
            Self::CutOff => "cut_off",
            Self::Damaged => "damaged",
            Self::SourceFailed => "source_failed",
        }
    }

    /// The same in plain words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::LineTooLong => "the line is too long",
            Self::NotUtf8 => "not UTF-8",
            Self::NotJson => "not JSON",
            Self::NotAnObject => "not a JSON object",
            Self::FieldType => "a field is neither text nor number",
            Self::ColumnCount => "another number of columns than the header",
            Self::CutOff => "the source ended in the middle",
            Self::Damaged => "the gzip data is damaged",
            Self::SourceFailed => "the source could not be read",
        }
    }

    /// Whether nothing can be read after it: what was read before is whole, but it is not all there is.
    #[must_use]
    pub const fn is_the_end(self) -> bool {
        matches!(self, Self::CutOff | Self::Damaged | Self::SourceFailed)
    }

    /// What a failed read means. A decompressor says `InvalidInput` or `InvalidData` of damaged data and of a wrong
    /// checksum, `UnexpectedEof` of data that just ends.
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::CutOff,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Self::Damaged,
            _ => Self::SourceFailed,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning())
    }
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {at}: {kind}: {detail}")]
pub struct BadRow {
    /// Where it stood, as in [`Row::at`].
    pub at: u64,
    /// Which kind of unreadable.
    pub kind: Unreadable,
    /// What exactly, for the log. Names fields and places; never quotes the row.
    pub detail: String,
}

impl BadRow {
    pub(crate) fn new(at: u64, kind: Unreadable, detail: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            detail: detail.into(),
        }
    }

    pub(crate) fn of_source(at: u64, error: &io::Error) -> Self {
        Self::new(at, Unreadable::of(error), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_kind_is_what_serde_writes() {
        for kind in Unreadable::ALL {
            assert_eq!(
                serde_json::to_value(kind).expect("it can be written"),
                kind.name()
            );
        }
    }

    #[test]
    fn what_is_blank_is_missing() {
        assert_eq!(present(" \u{a0} "), None);
        assert_eq!(present(" a "), Some(" a ".to_owned()));
        assert_eq!(listed("en:a, ,en:b,"), ["en:a", "en:b"]);
    }
}
