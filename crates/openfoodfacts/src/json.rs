//! Products in JSON, as the API and the JSON dump write them: one object a line here, a list of them in
//! [`Page`](crate::Page).

use crate::lines::Lines;
use crate::picture::front_image_url;
use crate::row::{BadRow, Row, Unreadable, listed, present};
use serde::Deserialize;
use serde_json::Value;
use std::io::Read;

/// The rows of a text of JSON objects, one a line, gzip or plain.
///
/// Never fails as a whole: each row is `Ok` or says why it could not be read. An error that [is the
/// end](Unreadable::is_the_end) is the last item.
pub struct JsonRows<R: Read> {
    lines: Lines<R>,
}

impl<R: Read> JsonRows<R> {
    /// Reads nothing yet. `source` need not be buffered.
    pub fn new(source: R) -> Self {
        Self {
            lines: Lines::new(source),
        }
    }

    /// Passes over so many rows without parsing them; see [`Lines::skip_rows`].
    pub(crate) fn skip_rows(&mut self, rows: u64) -> Result<bool, BadRow> {
        self.lines.skip_rows(rows)
    }
}

impl<R: Read> Iterator for JsonRows<R> {
    type Item = Result<Row, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.lines.next()?.and_then(|(at, line)| read_line(at, line)))
    }
}

/// What is looked at of a product. Everything else is passed over without being kept: a whole product has hundreds of
/// fields.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Product {
    code: Value,
    product_name: Value,
    quantity: Value,
    brands: Value,
    image_url: Value,
    nova_group: Value,
    nutriscore_score: Value,
    nutriscore_grade: Value,
    categories_tags: Value,
    /// The product's main language; only needed together with `images`.
    lang: Value,
    /// In the JSON dump, in place of `image_url`.
    images: Value,
}

fn read_line(at: u64, line: &str) -> Result<Row, BadRow> {
    // serde would take a list for the fields in their order.
    if !line.trim_start().starts_with('{') {
        return Err(match serde_json::from_str::<serde::de::IgnoredAny>(line) {
            Ok(_) => BadRow::new(at, Unreadable::NotAnObject, "a product is an object"),
            Err(error) => not_json(at, &error),
        });
    }
    let product = serde_json::from_str(line).map_err(|error| not_json(at, &error))?;
    to_row(at, &product)
}

/// Reads a product that is part of a larger JSON text.
pub(crate) fn read_value(at: u64, value: Value) -> Result<Row, BadRow> {
    if !value.is_object() {
        return Err(BadRow::new(at, Unreadable::NotAnObject, "a product is an object"));
    }
    let product = serde_json::from_value(value).map_err(|error| not_json(at, &error))?;
    to_row(at, &product)
}

fn not_json(at: u64, error: &serde_json::Error) -> BadRow {
    BadRow::new(at, Unreadable::NotJson, error.to_string())
}

fn to_row(at: u64, product: &Product) -> Result<Row, BadRow> {
    let text = |field: &'static str, value: &Value| match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(present(text)),
        // The API writes `nova_group` as a number, older dumps as a text.
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(wrong_type(at, field)),
    };
    let code = text("code", &product.code)?;
    let image_url = match text("image_url", &product.image_url)? {
        None => code.as_deref().and_then(|code| {
            front_image_url(code, product.lang.as_str().unwrap_or_default(), &product.images)
        }),
        given => given,
    };
    Ok(Row {
        at,
        product_name: text("product_name", &product.product_name)?,
        quantity: text("quantity", &product.quantity)?,
        brands: match &product.brands {
            Value::Array(_) => present(&texts(at, "brands", &product.brands)?.join(", ")),
            scalar => text("brands", scalar)?,
        },
        image_url,
        nova_group: text("nova_group", &product.nova_group)?,
        nutriscore_score: text("nutriscore_score", &product.nutriscore_score)?,
        nutriscore_grade: text("nutriscore_grade", &product.nutriscore_grade)?,
        categories_tags: texts(at, "categories_tags", &product.categories_tags)?,
        code,
    })
}

/// A list of texts; also one that was written as a single text with commas.
fn texts(at: u64, field: &'static str, value: &Value) -> Result<Vec<String>, BadRow> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(listed(text)),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::trim))
            .filter(|item| item.is_none_or(|text| !text.is_empty()))
            .map(|item| item.map(str::to_owned).ok_or_else(|| wrong_type(at, field)))
            .collect(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(wrong_type(at, field)),
    }
}

fn wrong_type(at: u64, field: &'static str) -> BadRow {
    BadRow::new(at, Unreadable::FieldType, field)
}
