//! How products are found: rows by word, by category and by age, written in the transaction that writes the product.
//!
//! The table `catalogue` has the hash key `term` and the range key `word_product`. Under `word#` and the first two
//! characters stands each word of a title with its product, so that one range holds every word that begins like the one
//! that is wanted; under `category#` and an id, and under `all`, stand products by the moment they were made. Every row
//! has all words and categories of its product: whatever else is wished for is compared without further reads. A product
//! that was withdrawn has no rows.

use super::ProductTables;
use crate::faults::fault;
use crate::items::{Item, from_item, s, to_item};
use crate::listing::fetch;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::Wish;
use domain::product::search::{WORD_MIN, answers_for};
use domain::product::{Product, words};
use domain::{CategoryId, Cursor, Fault, Page, PageRequest, ProductId, Refusal};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Hash key of the table.
const TERM: &str = "term";
/// Range key of the table.
const PLACE: &str = "word_product";
/// The term of the list of everything.
const ALL: &str = "all";
/// Rows of a range of words that one read looks at.
const ROWS_READ: u16 = 200;
/// Reads of one request. Who wishes for what is rarely met gets a short page and goes on from its cursor.
const READS_MAX: u32 = 5;
/// Longer cursors are not looked at: a word of 40 characters of four bytes each, and an id, as base64.
const CURSOR_MAX: usize = 300;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    term: String,
    word_product: String,
    product_id: ProductId,
    #[serde(default)]
    words: BTreeSet<String>,
    #[serde(default)]
    categories: BTreeSet<CategoryId>,
}

/// Under what the rows of a word stand.
fn term_of_word(word: &str) -> String {
    let start: String = word.chars().take(WORD_MIN).collect();
    format!("word#{start}")
}

fn term_of_category(category_id: &CategoryId) -> String {
    format!("category#{category_id}")
}

/// All rows of a product, by their keys.
fn rows(product: &Product) -> BTreeMap<(String, String), Row> {
    if !product.is_listed() {
        return BTreeMap::new();
    }
    let words = words(&product.title);
    // Digits of one length, so that the order of the texts is the order of the moments.
    let by_age = format!("{:015}#{}", product.created_at.as_ms(), product.product_id);
    let of_words = words
        .iter()
        .map(|word| (term_of_word(word), format!("{word}#{}", product.product_id)));
    let of_categories = product
        .categories
        .iter()
        .map(|category_id| (term_of_category(category_id), by_age.clone()));
    of_words
        .chain(of_categories)
        .chain([(ALL.to_owned(), by_age.clone())])
        .map(|(term, word_product)| {
            let row = Row {
                term: term.clone(),
                word_product: word_product.clone(),
                product_id: product.product_id.clone(),
                words: words.clone(),
                categories: product.categories.clone(),
            };
            ((term, word_product), row)
        })
        .collect()
}

/// What changes among the rows of the table `catalogue` by which a product is found, when it is written. None of the
/// rows has a condition: the product's own in the same transaction is enough.
///
/// Product, shards and these rows together must fit one transaction of 100 items.
pub(super) fn index_changes(
    catalogue: &str,
    before: Option<&Product>,
    after: &Product,
) -> Result<Vec<TransactWriteItem>, Fault> {
    let unbuilt = |_| Fault::Defect("the write of a catalogue row could not be built".to_owned());
    let (before, after) = (before.map(rows).unwrap_or_default(), rows(after));
    let mut changes = Vec::new();
    for (term, place) in before.keys().filter(|key| !after.contains_key(*key)) {
        let delete = Delete::builder()
            .table_name(catalogue)
            .set_key(Some(key(term, place)))
            .build()
            .map_err(unbuilt)?;
        changes.push(TransactWriteItem::builder().delete(delete).build());
    }
    for (_, row) in after.iter().filter(|(key, row)| before.get(*key) != Some(*row)) {
        let put = Put::builder()
            .table_name(catalogue)
            .set_item(Some(to_item("catalogue row", row)?))
            .build()
            .map_err(unbuilt)?;
        changes.push(TransactWriteItem::builder().put(put).build());
    }
    Ok(changes)
}

fn key(term: &str, place: &str) -> Item {
    Item::from([(TERM.to_owned(), s(term)), (PLACE.to_owned(), s(place))])
}

/// The range of rows that a wish is looked for in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Range<'a> {
    /// Words with this beginning, in their order.
    Word(&'a str),
    /// Products under this term, newest first.
    Newest(String),
}

impl<'a> Range<'a> {
    fn of(wish: &'a Wish) -> Self {
        match (wish.longest_word(), &wish.category) {
            (Some(word), _) => Self::Word(word),
            (None, Some(category_id)) => Self::Newest(term_of_category(category_id)),
            (None, None) => Self::Newest(ALL.to_owned()),
        }
    }

    fn term(&self) -> String {
        match self {
            Self::Word(word) => term_of_word(word),
            Self::Newest(term) => term.clone(),
        }
    }

    /// Whether the row is an answer to the wish, and the one that answers for its product.
    fn is_answer(&self, wish: &Wish, row: &Row) -> bool {
        let answers = match (self, row.word_product.split_once('#')) {
            (Self::Word(wanted), Some((word, _))) => answers_for(word, wanted, &row.words),
            (Self::Word(_), None) => false,
            (Self::Newest(_), _) => true,
        };
        answers && wish.is_met_by(&row.words, &row.categories)
    }

    /// Where a cursor leads, if it is one of this range. The database refuses to start outside of it.
    fn place(&self, cursor: &Cursor) -> Result<String, Refusal> {
        (cursor.0.len() <= CURSOR_MAX)
            .then(|| URL_SAFE_NO_PAD.decode(&cursor.0).ok())
            .flatten()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .filter(|place| self.has(place))
            .ok_or_else(|| {
                Refusal::invalid(
                    "cursor",
                    "This is not a cursor of this list; start again without one.",
                )
            })
    }

    fn has(&self, place: &str) -> bool {
        let Some((start, id)) = place.split_once('#') else {
            return false;
        };
        let fits = match self {
            Self::Word(wanted) => start.starts_with(wanted) && start.chars().all(char::is_alphanumeric),
            Self::Newest(_) => start.len() == 15 && start.bytes().all(|byte| byte.is_ascii_digit()),
        };
        fits && ProductId::parse(id).is_ok()
    }
}

fn cursor(place: &str) -> Cursor {
    Cursor(URL_SAFE_NO_PAD.encode(place))
}

/// Listed products that fit the wish (see [`domain::ports::Products::list`]).
///
/// A page may be short although there is more: what is rarely met is looked for over several requests. A product whose
/// title changes while somebody pages through may be met twice or not at all.
pub(super) async fn list(
    client: &Client,
    tables: &ProductTables,
    wish: &Wish,
    page: &PageRequest,
) -> Result<Page<Product>, Fault> {
    let found = find(client, &tables.catalogue, wish, page).await?;
    let mut products = fetch(client, &tables.products, "product_id", &found.rows).await?;
    let mut listed = Vec::with_capacity(found.rows.len());
    for item in found.rows.iter().filter_map(|id| products.remove(id)) {
        let product: Product = from_item("product", item)?;
        // It may have been withdrawn since its row was read.
        if product.is_listed() {
            listed.push(product);
        }
    }
    Ok(Page {
        rows: listed,
        next: found.next,
    })
}

/// The ids of the products on a page, each once.
async fn find(
    client: &Client,
    catalogue: &str,
    wish: &Wish,
    page: &PageRequest,
) -> Result<Page<String>, Fault> {
    let range = Range::of(wish);
    let limit = usize::from(page.limit.clamp(1, PageRequest::LIMIT_MAX));
    let mut after = page
        .cursor
        .as_ref()
        .map(|cursor| range.place(cursor))
        .transpose()?;
    let mut ids: Vec<String> = Vec::new();
    let mut last = None;
    for _ in 0..READS_MAX {
        let (rows, cut_at) = read(client, catalogue, &range, limit, after.as_deref()).await?;
        for row in rows.into_iter().filter(|row| range.is_answer(wish, row)) {
            if ids.len() == limit {
                // One more answer than asked for tells that there is a next page.
                let next = last.as_deref().map(cursor);
                return Ok(Page { rows: ids, next });
            }
            if !ids.iter().any(|id| id == row.product_id.as_str()) {
                ids.push(row.product_id.to_string());
            }
            last = Some(row.word_product);
        }
        after = cut_at;
        if after.is_none() {
            break;
        }
    }
    Ok(Page {
        rows: ids,
        next: after.as_deref().map(cursor),
    })
}

/// Rows of the range behind a place, and where the read was cut off, if it was.
async fn read(
    client: &Client,
    catalogue: &str,
    range: &Range<'_>,
    limit: usize,
    after: Option<&str>,
) -> Result<(Vec<Row>, Option<String>), Fault> {
    let term = range.term();
    let query = client
        .query()
        .table_name(catalogue)
        .expression_attribute_names("#term", TERM)
        .expression_attribute_values(":term", s(&term))
        .set_exclusive_start_key(after.map(|place| key(&term, place)));
    let query = match range {
        Range::Word(beginning) => query
            .key_condition_expression("#term = :term AND begins_with(#place, :beginning)")
            .expression_attribute_names("#place", PLACE)
            .expression_attribute_values(":beginning", s(*beginning))
            .limit(i32::from(ROWS_READ)),
        Range::Newest(_) => query
            .key_condition_expression("#term = :term")
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1)),
    };
    let answer = query
        .send()
        .await
        .map_err(|error| fault("Query catalogue", &error))?;
    let rows = answer
        .items
        .unwrap_or_default()
        .into_iter()
        .map(|item| from_item("catalogue row", item))
        .collect::<Result<_, _>>()?;
    let cut_at = answer
        .last_evaluated_key
        .and_then(|key| key.get(PLACE)?.as_s().ok().cloned());
    Ok((rows, cut_at))
}

#[cfg(test)]
mod tests;
