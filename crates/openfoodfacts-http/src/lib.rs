//! Open Food Facts over HTTP: the port [`ProductSource`] for its search API and for dumps at any address.
//!
//! A page is held in memory, and is bounded. A dump is a stream: it is unpacked, split into rows and judged while it
//! arrives, and no more of it is kept than the rows that were asked for. Nothing is asked twice in here; when to ask again
//! is the workflow's business.

mod answer;
mod redirects;
mod stream;

use answer::{busy, read_status, unusable};
use domain::ports::Answer;
use openfoodfacts::{
    BadHeader, Outcome, PAGE_BYTES_MAX, Page, ProductSource, SEARCH_PATH, Slice, SourceError, Unreadable,
    read_slice, search_query,
};
use reqwest::{Client, Response};
use std::fmt;
use std::time::{Duration, Instant};
use stream::{Feed, feed_and_reader};

/// How long a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a source may say nothing in the middle of an answer.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// How long one page may take.
const PAGE_TIME_MAX: Duration = Duration::from_secs(30);
/// How long one slice of a dump may take, with everything before it that is passed over.
const SLICE_TIME_MAX: Duration = Duration::from_secs(200);

/// [`ProductSource`] over HTTP. Built once at start and shared: it keeps connections open.
pub struct HttpProductSource {
    client: Client,
    slice_time_max: Duration,
}

impl fmt::Debug for HttpProductSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpProductSource(..)")
    }
}

impl HttpProductSource {
    /// A client that calls itself by this `User-Agent` (see [`openfoodfacts::user_agent`]).
    ///
    /// # Errors
    /// What is wrong with the name, as a sentence.
    pub fn new(user_agent: &str) -> Result<Self, String> {
        // Fails only when another part of the program has installed a provider before, which then serves as well.
        #[cfg(feature = "https")]
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(user_agent)
            .connect_timeout(CONNECT_MAX)
            .read_timeout(SILENCE_MAX)
            .redirect(redirects::policy())
            .retry(reqwest::retry::never())
            .no_proxy()
            .build()
            .map_err(|error| format!("the client of Open Food Facts cannot be built: {error}"))?;
        Ok(Self {
            client,
            slice_time_max: SLICE_TIME_MAX,
        })
    }

    /// Asks, and gives back an answer that says it is one.
    async fn get(&self, url: &str, limit: Duration) -> Result<Response, SourceError> {
        let speaks = url.starts_with("http://") || (cfg!(feature = "https") && url.starts_with("https://"));
        if !speaks {
            return Err(unusable(
                "this build speaks plain http only; one for AWS speaks https, and so does `cargo xtask up --https`",
            ));
        }
        let sent = self.client.get(url).timeout(limit).send().await;
        read_status(sent.map_err(answer::of_failure)?)
    }

    async fn read_page(&self, base_url: &str, number: u32) -> Result<Page, SourceError> {
        let base_url = base_url.trim_end_matches('/');
        let url = format!("{base_url}{SEARCH_PATH}?{}", search_query(number));
        let mut response = self.get(&url, PAGE_TIME_MAX).await?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(answer::of_failure)? {
            if body.len() + part.len() > PAGE_BYTES_MAX {
                return Err(unusable(format!("the page has more than {PAGE_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&part);
        }
        let page = Page::read(body.as_slice()).map_err(|bad| unusable(bad.to_string()))?;
        if page.page == number {
            Ok(page)
        } else {
            // A cache, or an API that does not understand the question: going on would read the same again and again.
            Err(unusable(format!(
                "page {} came instead of page {number}",
                page.page
            )))
        }
    }

    async fn read_rows(&self, url: &str, from: u64, rows_max: u32) -> Result<Slice, SourceError> {
        let begun = Instant::now();
        let mut response = self.get(url, self.slice_time_max).await?;
        let (feed, reader) = feed_and_reader();
        // Unpacking and judging is work, not waiting: it has a thread of its own.
        let reading = tokio::task::spawn_blocking(move || read_slice(reader, from, rows_max));
        fill(&mut response, feed).await;
        match reading.await {
            // Something came all the time, and the row did not: asking again would take as long and end here again.
            Ok(Ok(slice)) if from > 1 && has_broken(&slice) && begun.elapsed() >= self.slice_time_max => {
                Err(unusable(format!(
                    "row {from} was not reached within {} s; the dump is too long for its source, so split the file and \
                     import each part",
                    self.slice_time_max.as_secs()
                )))
            }
            Ok(Ok(slice)) => Ok(slice),
            // The connection broke before there was a whole line: that says nothing of what lies there.
            Ok(Err(BadHeader::Unreadable(bad))) if bad.kind == Unreadable::SourceFailed => {
                Err(busy(bad.kind.meaning()))
            }
            Ok(Err(bad)) => Err(unusable(bad.to_string())),
            Err(_) => Err(busy("the reader of the dump stopped")),
        }
    }
}

/// Whether the source failed before the first row that was wanted.
fn has_broken(slice: &Slice) -> bool {
    matches!(slice.outcomes.as_slice(), [Outcome::Unreadable(bad)] if bad.kind == Unreadable::SourceFailed)
}

/// Hands on what arrives, until it ends or nobody wants more of it.
async fn fill(response: &mut Response, feed: Feed) {
    loop {
        let part = match response.chunk().await {
            Ok(Some(part)) => Ok(part.to_vec()),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let is_over = part.is_err();
        if feed.send(part).await.is_err() || is_over {
            return;
        }
    }
}

impl ProductSource for HttpProductSource {
    fn page<'a>(&'a self, base_url: &'a str, number: u32) -> Answer<'a, Page, SourceError> {
        Box::pin(self.read_page(base_url, number))
    }

    fn slice<'a>(&'a self, url: &'a str, from: u64, rows_max: u32) -> Answer<'a, Slice, SourceError> {
        Box::pin(self.read_rows(url, from, rows_max))
    }
}

#[cfg(test)]
mod tests;
