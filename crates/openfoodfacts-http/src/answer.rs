//! What an answer means: read it, ask again later, or give up.

use domain::Timestamp;
use openfoodfacts::{RetryAfter, SourceError};
use reqwest::{Response, StatusCode, header};
use std::error::Error;
use std::time::UNIX_EPOCH;

pub(crate) fn unusable(why: impl Into<String>) -> SourceError {
    SourceError::Unusable { why: why.into() }
}

pub(crate) fn busy(why: impl Into<String>) -> SourceError {
    SourceError::Busy {
        why: why.into(),
        retry_after: None,
    }
}

/// The answer, if it has what was asked for. Too many requests, an overload and whatever else is the server's own trouble
/// may pass; everything else stays as it is.
pub(crate) fn read_status(response: Response) -> Result<Response, SourceError> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response);
    }
    let why = format!("it answered {}", status.as_u16());
    let may_pass = status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
    if may_pass {
        let retry_after = response.headers().get(header::RETRY_AFTER);
        Err(SourceError::Busy {
            why,
            retry_after: retry_after
                .and_then(|value| value.to_str().ok())
                .and_then(read_retry_after),
        })
    } else {
        Err(unusable(why))
    }
}

/// Seconds, or a date as HTTP writes it; whatever else stands there says nothing.
fn read_retry_after(text: &str) -> Option<RetryAfter> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(RetryAfter::Seconds(seconds));
    }
    let moment = httpdate::parse_http_date(text).ok()?;
    let since = moment.duration_since(UNIX_EPOCH).ok()?;
    let ms = i64::try_from(since.as_millis()).ok()?;
    Some(RetryAfter::At(Timestamp::from_ms(ms)))
}

/// What a broken exchange means. Only an address that cannot be asked at all is worth giving up for.
pub(crate) fn of_failure(error: reqwest::Error) -> SourceError {
    let (builder, redirect) = (error.is_builder(), error.is_redirect());
    let why = if error.is_timeout() {
        "it gave no answer in time".to_owned()
    } else if let Some(why) = redirect.then(|| error.source()).flatten() {
        why.to_string()
    } else {
        format!("it gave no answer: {}", error.without_url())
    };
    if builder || redirect {
        unusable(why)
    } else {
        busy(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        assert_eq!(read_retry_after("120"), Some(RetryAfter::Seconds(120)));
        let moment = RetryAfter::At(Timestamp::from_ms(784_111_777_000));
        assert_eq!(read_retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(moment));
        for text in ["", "soon", "-1", "1.5", "99999999999999999999"] {
            assert_eq!(read_retry_after(text), None, "{text}");
        }
    }
}
