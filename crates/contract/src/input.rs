//! Reading what clients send: bodies, paths and queries, each error naming its field.

use crate::problem::Problem;
use crate::strict::Strict;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use domain::money::{PRICE_MAX_MINOR, PRICE_MIN_MINOR};
use domain::{Cursor, FieldError, PageRequest, PriceMinor, Refusal};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

/// How much of a request is read.
#[derive(Debug)]
pub struct Limits;

impl Limits {
    /// Longest body in bytes. The largest order is far below it.
    pub const BODY_BYTES: usize = 64 * 1024;
}

/// Reads a whole body, at most [`Limits::BODY_BYTES`].
///
/// # Errors
/// [`Refusal::BodyTooLarge`], or [`Refusal::NotJson`] when it cannot be read at all.
pub async fn read_body(body: axum::body::Body) -> Result<Vec<u8>, Refusal> {
    match Limited::new(body, Limits::BODY_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge {
            limit_bytes: Limits::BODY_BYTES,
        }),
        Err(_) => Err(Refusal::NotJson),
    }
}

/// A JSON body of a known shape. Fields that are not part of the shape are refused, not ignored.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"));
        // Read it first: a body that is too large is told so, whatever it claims to be.
        let bytes = read_body(request.into_body()).await?;
        if !is_json {
            return Err(Refusal::NotJson.into());
        }
        Ok(Self(parse_json(&bytes)?))
    }
}

/// Parses JSON and names the field that was wrong.
///
/// # Errors
/// [`Refusal::InvalidInput`] with the field's path.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Strict(&mut deserializer)).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner().to_string();
        let (field, message) = name_field(&path, &inner);
        Refusal::invalid(field, message)
    })?;
    deserializer
        .end()
        .map_err(|_| Refusal::invalid("body", "there is something after the end of the JSON value"))?;
    Ok(value)
}

/// serde names missing and unknown fields in the message, not in the path; put them where they belong.
fn name_field(path: &str, message: &str) -> (String, String) {
    let message = message.split(" at line ").next().unwrap_or(message);
    // `?` is where the tracker lost its way: the text ended, or broke off, inside what stands before it. A dot at the end is
    // the root, or stands before a field without a name.
    let parent = path.strip_suffix('?').unwrap_or(path).trim_end_matches('.');
    let unknown = message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split("`, expected ").next()?.split("`, there are no").next());
    let quoted = message.split('`').nth(1);
    let (named, sentence) = match (unknown, quoted) {
        // It may be any text, even none.
        (Some(""), _) => (
            None,
            "has a field without a name, which is not a field of this request".to_owned(),
        ),
        (Some(name), _) => (Some(name), "is not a field of this request".to_owned()),
        (None, Some(name)) if message.starts_with("missing field") => (Some(name), "is required".to_owned()),
        (None, Some(name)) if message.starts_with("duplicate field") => {
            (Some(name), "is there twice".to_owned())
        }
        _ => (None, message.to_owned()),
    };
    let field = match (parent, named) {
        ("", None) => "body".to_owned(),
        ("", Some(name)) => name.to_owned(),
        // The tracker already stands on an unknown field.
        (parent, Some(name)) if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        (parent, Some(name)) => format!("{parent}.{name}"),
        (parent, None) => parent.to_owned(),
    };
    (field, sentence)
}

/// An id in the path. What cannot be an id does not exist: 404.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<S, T> FromRequestParts<S> for PathId<T>
where
    S: Send + Sync,
    T: TryFrom<String> + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state)
            .await
            .map(|Path(text)| text);
        let id = text.ok().and_then(|text| T::try_from(text.to_lowercase()).ok());
        id.map(Self)
            .ok_or_else(|| Refusal::not_found("thing with that id").into())
    }
}

/// Text in the path that is no id, as it was written. What is no text does not exist: 404.
#[derive(Debug)]
pub struct PathText(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(_) => Err(Refusal::not_found("page").into()),
        }
    }
}

/// The query string of a known shape; other parameters are refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let message = rejection.body_text();
                let message = message.trim_start_matches("Failed to deserialize query string: ");
                let (path, message) = match message.split_once(": ") {
                    Some((path, rest)) if !path.contains(' ') => (path, rest),
                    _ => ("", message),
                };
                let (field, message) = name_field(path, message);
                let field = if field == "body" {
                    "query".to_owned()
                } else {
                    field
                };
                Err(Refusal::invalid(field, message).into())
            }
        }
    }
}

/// The highest number of a movement or an event: the last whole number that every reader of JSON has exactly, 2^53 - 1.
pub const NUMBER_MAX: u64 = 9_007_199_254_740_991;

/// Turns `?after=` into the number of the last thing seen, 0 when nothing was.
///
/// # Errors
/// [`Refusal::InvalidInput`] beyond [`NUMBER_MAX`], which no number comes near.
pub fn number_seen(after: Option<u64>) -> Result<u64, Refusal> {
    match after.unwrap_or_default() {
        after @ 0..=NUMBER_MAX => Ok(after),
        _ => Err(Refusal::invalid("after", format!("must be 0 to {NUMBER_MAX}"))),
    }
}

/// Turns `?limit=&cursor=` into a page request.
///
/// # Errors
/// [`Refusal::InvalidInput`] for a limit outside 1..=100.
pub fn page_request(limit: Option<u16>, cursor: Option<String>) -> Result<PageRequest, Refusal> {
    let limit = limit.unwrap_or(PageRequest::LIMIT_DEFAULT);
    if !(1..=PageRequest::LIMIT_MAX).contains(&limit) {
        return Err(Refusal::invalid(
            "limit",
            format!("must be 1 to {}", PageRequest::LIMIT_MAX),
        ));
    }
    Ok(PageRequest {
        limit,
        cursor: cursor.map(Cursor),
    })
}

/// Collects the fields that were refused, so that a client sees all of them at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Notes a field that was refused.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    /// A text of 1 to `max` characters, without control characters, trimmed.
    pub fn text(&mut self, field: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(field, "must not be empty");
        } else if text.chars().count() > max {
            self.add(field, format!("must be at most {max} characters"));
        } else if text.chars().any(char::is_control) {
            self.add(field, "must not contain control characters");
        }
        text.to_owned()
    }

    /// A longer text that may be left out: at most `max` characters on several lines, trimmed. A blank one is none.
    pub fn prose(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let is_layout = |letter: char| matches!(letter, '\n' | '\r' | '\t');
        if text.chars().count() > max {
            self.add(field, format!("must be at most {max} characters"));
        } else if text
            .chars()
            .any(|letter| letter.is_control() && !is_layout(letter))
        {
            self.add(field, "must not contain control characters");
        }
        Some(text.to_owned())
    }

    /// The version that the client saw, from the body or from `If-Match: "3"`; 0 where it was refused.
    pub fn seen_version(&mut self, in_body: Option<u32>, headers: &HeaderMap) -> u32 {
        let seen = in_body.or_else(|| {
            let header = headers.get(header::IF_MATCH)?.to_str().ok()?;
            header.trim().trim_matches('"').parse().ok()
        });
        let seen = seen.unwrap_or_default();
        if seen == 0 {
            self.add(
                "version",
                "the version you saw is required, in the body or as If-Match, at least 1",
            );
        }
        seen
    }

    /// A price of something for sale, minor units; nothing where it was refused.
    pub fn price(&mut self, field: &str, minor: u64) -> PriceMinor {
        let price = PriceMinor::new(minor)
            .ok()
            .filter(|price| price.as_minor() >= PRICE_MIN_MINOR);
        price.unwrap_or_else(|| {
            self.add(
                field,
                format!("must be {PRICE_MIN_MINOR} to {PRICE_MAX_MINOR} minor units"),
            );
            PriceMinor::default()
        })
    }

    /// Refuses if anything was noted.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] with all fields noted.
    pub fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::InvalidInput { errors: self.0 })
        }
    }
}

/// Whether a method changes something.
#[must_use]
pub fn is_mutation(method: &Method) -> bool {
    matches!(
        *method,
        Method::POST | Method::PUT | Method::DELETE | Method::PATCH
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Outer {
        #[expect(dead_code, reason = "only read by serde")]
        price_minor: u64,
        #[expect(dead_code, reason = "only read by serde")]
        lines: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Inner {
        #[expect(dead_code, reason = "only read by serde")]
        ticket_id: String,
    }

    fn field_of(json: &str) -> String {
        match parse_json::<Outer>(json.as_bytes()).unwrap_err() {
            Refusal::InvalidInput { errors } => errors[0].field.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_field_that_is_wrong_is_named_wherever_it_sits() {
        assert_eq!(field_of(r#"{"lines":[]}"#), "priceMinor");
        assert_eq!(field_of(r#"{"priceMinor":1.5,"lines":[]}"#), "priceMinor");
        assert_eq!(field_of(r#"{"priceMinor":-1,"lines":[]}"#), "priceMinor");
        assert_eq!(
            field_of(r#"{"priceMinor":1,"lines":[{"ticketId":1}]}"#),
            "lines[0].ticketId"
        );
        assert_eq!(field_of(r#"{"priceMinor":1,"lines":[{}]}"#), "lines[0].ticketId");
        assert_eq!(
            field_of(r#"{"priceMinor":1,"lines":[],"status":"sold"}"#),
            "status"
        );
        assert_eq!(
            field_of(r#"{"priceMinor":1,"priceMinor":2,"lines":[]}"#),
            "priceMinor"
        );
        assert_eq!(field_of(r#"{"price`, minor":1}"#), "price`, minor");
        assert_eq!(field_of(r#"{"":1,"lines":[]}"#), "body");
        assert_eq!(field_of(r#"{"priceMinor":1,"lines":[{"":1}]}"#), "lines[0]");
        assert_eq!(field_of("not json"), "body");
        assert_eq!(field_of(r#"{"priceMinor":1,"#), "body");
        assert_eq!(field_of(&"[".repeat(100_000)), "body");
        assert_eq!(field_of("[1,[]]"), "body");
        assert_eq!(field_of(r#"{"priceMinor":1,"lines":[]} trailing"#), "body");
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_no_further() {
        let limit_bytes = Limits::BODY_BYTES;
        let body = |length: usize| axum::body::Body::from(vec![b' '; length]);
        let read = read_body(body(limit_bytes)).await;
        assert_eq!(read.map(|bytes| bytes.len()), Ok(limit_bytes));
        assert_eq!(
            read_body(body(limit_bytes + 1)).await,
            Err(Refusal::BodyTooLarge { limit_bytes })
        );
    }
}
