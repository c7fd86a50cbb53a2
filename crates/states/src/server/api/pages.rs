//! Pages of a list: how long they are, and the tokens that lead to the next one.
//!
//! A token holds the place in the list, the time, and a digest of the request's other arguments: "Keep all other
//! arguments unchanged. Each pagination token expires after 24 hours" (API reference).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::engine::EngineError;

const TOKEN_MS: u64 = 86_400_000;

/// Which page is asked for.
pub(super) struct Page {
    /// How many there may be on it.
    pub size: usize,
    /// The last thing on the page before, as that page noted it.
    pub after: Option<String>,
    digest: String,
    now_ms: u64,
}

impl Page {
    /// Reads a request that was found to be within the limits: 100 at once unless it says otherwise, 0 means the same.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidToken`].
    pub fn of(operation: &str, body: &Value, now_ms: u64) -> Result<Page, EngineError> {
        let mut rest = body.clone();
        if let Some(members) = rest.as_object_mut() {
            members.remove("nextToken");
            members.remove("maxResults");
            members.retain(|_, value| !value.is_null());
        }
        let digest = Sha256::digest(format!("{operation} {rest}"));
        let digest = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let stated = body.get("maxResults").and_then(Value::as_u64).unwrap_or(0);
        let mut page = Page {
            size: match stated {
                0 => 100,
                stated => usize::try_from(stated).unwrap_or(usize::MAX),
            },
            after: None,
            digest,
            now_ms,
        };
        if let Some(token) = body.get("nextToken").and_then(Value::as_str) {
            page.after = Some(page.read(token).ok_or(EngineError::InvalidToken)?);
        }
        Ok(page)
    }

    fn read(&self, token: &str) -> Option<String> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let mut parts = text.splitn(3, ' ');
        let (digest, at_ms, after) = (parts.next()?, parts.next()?.parse::<u64>().ok()?, parts.next()?);
        let fresh = self.now_ms < at_ms.saturating_add(TOKEN_MS);
        (digest == self.digest && fresh).then(|| after.to_owned())
    }

    /// The place where the page before ended, if there was one.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidToken`] if the place cannot be read.
    pub fn after_as<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, EngineError> {
        match &self.after {
            None => Ok(None),
            Some(after) => read(after).map(Some).ok_or(EngineError::InvalidToken),
        }
    }

    /// The answer: what is on this page as `name`, and how to get the next one, if there is any. Each item comes with
    /// its place.
    pub fn answer(&self, name: &str, items: impl Iterator<Item = (String, Value)>) -> Value {
        let mut items = items.peekable();
        let mut shown = Vec::new();
        let mut last = None;
        while let Some((place, item)) = items.next_if(|_| shown.len() < self.size) {
            shown.push(item);
            last = Some(place);
        }
        let mut answer = json!({ name: shown });
        if let (Some(_), Some(last)) = (items.peek(), last) {
            let token = format!("{} {} {last}", self.digest, self.now_ms);
            answer["nextToken"] = URL_SAFE_NO_PAD.encode(token).into();
        }
        answer
    }
}
