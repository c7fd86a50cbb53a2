//! Where webhooks are posted to: the other end of a signature, for the simulator's events.

use crate::connection::{self, fault_of};
use crate::webhook::SIGNATURE_HEADER;
use domain::Fault;
use domain::ports::Answer;
use reqwest::{Client, header};
use std::time::Duration;

/// How the other side is called in errors.
const WHOM: &str = "the webhook's endpoint";

/// An address that takes webhooks. Built once at start and shared: it keeps connections open.
#[derive(Clone, Debug)]
pub struct Endpoint {
    client: Client,
    url: String,
}

impl Endpoint {
    /// The endpoint at `url`; an answer that takes longer than `timeout` counts as none.
    ///
    /// # Errors
    /// [`Fault::Defect`] when the URL is not `http://` or `https://`, or is `https://` without the cargo feature
    /// `https`.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, Fault> {
        Ok(Self {
            client: connection::client(url, WHOM, timeout)?,
            url: url.to_owned(),
        })
    }

    /// Posts an event under its signature (see [`crate::webhook::sign`]); the HTTP status of the answer.
    pub fn post<'a>(&'a self, body: &'a [u8], signature: &'a str) -> Answer<'a, u16> {
        Box::pin(async move {
            let answer = self
                .client
                .post(&self.url)
                .header(header::CONTENT_TYPE, "application/json")
                .header(SIGNATURE_HEADER, signature)
                .body(body.to_vec())
                .send()
                .await
                .map_err(|error| fault_of(WHOM, error))?;
            Ok(answer.status().as_u16())
        })
    }
}
