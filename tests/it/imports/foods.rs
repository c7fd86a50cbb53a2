//! Open Food Facts on this machine: the sample's products under barcodes that no other test has, as a dump and behind a
//! search API that can be in trouble.
//!
//! A product's id is made of its barcode, and tests share stacks: so each test sells the sample under barcodes of its own.

use crate::engine::fresh;
use crate::project::root;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::ProductId;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use openfoodfacts::{JsonRows, SEARCH_PATH, judge};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Products a page of the real API has.
const PAGE_SIZE: usize = 100;

/// The sample under barcodes of one test.
#[derive(Clone, Debug)]
pub struct Foods {
    salt: String,
}

impl Foods {
    pub fn of_this_test() -> Self {
        Self { salt: fresh() }
    }

    /// Another barcode in place of this one, always the same within a test: 14 digits, the first of them no zero.
    pub fn code(&self, code: &str) -> String {
        let mut hasher = DefaultHasher::new();
        (&self.salt, code).hash(&mut hasher);
        (10_000_000_000_000 + hasher.finish() % 90_000_000_000_000).to_string()
    }

    /// The products of the JSON sample, each an object as the API writes it.
    pub fn rows(&self) -> Vec<Value> {
        let text = unpacked("products_sample.jsonl.gz");
        let rows = text.lines().map(|line| {
            let mut row: Value = serde_json::from_str(line).expect("each line is a product");
            row["code"] = json!(self.code(row["code"].as_str().expect("it has a code")));
            row
        });
        rows.collect()
    }

    /// The dump, TAB-separated and not packed.
    pub fn dump(&self) -> String {
        let text = unpacked("dump_sample.tsv.gz");
        let mut lines = text.lines();
        let header = lines.next().expect("it has a header");
        let at = header.split('\t').position(|name| name == "code");
        let at = at.expect("it has codes");
        let rows = lines.map(|line| {
            let mut columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
            columns[at] = self.code(&columns[at]);
            columns.join("\t")
        });
        let rows: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
        rows.join("\n") + "\n"
    }

    /// The products that an import keeps, and their names.
    pub fn kept(&self) -> BTreeMap<ProductId, String> {
        let lines: Vec<String> = self.rows().iter().map(Value::to_string).collect();
        JsonRows::new(lines.join("\n").as_bytes())
            .flatten()
            .filter_map(|row| judge(&row).ok())
            .map(|kept| {
                let id = ProductId::derived_from_barcode(kept.code.as_str());
                (id, kept.title)
            })
            .collect()
    }
}

fn unpacked(name: &str) -> String {
    let path = root().join("crates/openfoodfacts/tests/data").join(name);
    let packed = std::fs::read(path).expect("the sample is there");
    let mut text = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .expect("it is gzip");
    text
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    GzEncoder::new(bytes, Compression::fast())
        .read_to_end(&mut packed)
        .expect("memory can be read");
    packed
}

/// A file that is gone with the test.
pub struct Dump(pub PathBuf);

impl Dump {
    pub fn of(bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("holdfast-dump-{}", fresh()));
        std::fs::write(&path, bytes).expect("there is room for a file");
        Self(path)
    }
}

impl Drop for Dump {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What the search API was asked: the page, the whole query, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub page: u32,
    pub query: String,
    pub agent: String,
}

/// What a page answers before it answers right.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub status: u16,
    pub retry_after_s: Option<u32>,
    /// How often; then the page is itself.
    pub times: u32,
    pub body: &'static str,
}

#[derive(Debug, Default)]
struct Books {
    pages: Vec<Value>,
    asked: Vec<Asked>,
    troubles: BTreeMap<u32, Trouble>,
}

/// The search API, which notes what it is asked.
#[derive(Clone, Debug)]
pub struct SearchApi {
    pub base: String,
    books: Arc<Mutex<Books>>,
}

impl SearchApi {
    /// Serves these products, a hundred a page.
    pub async fn of(rows: &[Value]) -> Self {
        let envelope = |(number, page): (u32, &[Value])| {
            json!({
                "count": rows.len(), "page": number, "page_size": PAGE_SIZE, "page_count": page.len(),
                "skip": (number as usize - 1) * PAGE_SIZE, "products": page,
            })
        };
        let books = Arc::new(Mutex::new(Books {
            pages: (1..).zip(rows.chunks(PAGE_SIZE)).map(envelope).collect(),
            ..Books::default()
        }));
        let router = Router::new()
            .route(SEARCH_PATH, get(search))
            .with_state(Arc::clone(&books));
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a free port");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, books }
    }

    /// From now on this page is in trouble.
    pub fn trouble(&self, page: u32, trouble: Trouble) {
        self.books.lock().unwrap().troubles.insert(page, trouble);
    }

    /// The page is itself again.
    pub fn heal(&self, page: u32) {
        self.books.lock().unwrap().troubles.remove(&page);
    }

    /// What was asked since the last look.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.books.lock().unwrap().asked)
    }
}

async fn search(State(books): State<Arc<Mutex<Books>>>, query: RawQuery, headers: HeaderMap) -> Response {
    let query = query.0.unwrap_or_default();
    let page = query.split('&').find_map(|part| part.strip_prefix("page="));
    let page: u32 = page.and_then(|page| page.parse().ok()).unwrap_or_default();
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let mut books = books.lock().unwrap();
    books.asked.push(Asked {
        page,
        agent: agent.unwrap_or_default().to_owned(),
        query,
    });
    if let Some(trouble) = books.troubles.get_mut(&page).filter(|trouble| trouble.times > 0) {
        trouble.times -= 1;
        let status = StatusCode::from_u16(trouble.status).expect("it is a status");
        let mut answer = (status, trouble.body).into_response();
        if let Some(seconds) = trouble.retry_after_s {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        return answer;
    }
    match books.pages.get(page as usize - 1) {
        Some(page) => page.to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
