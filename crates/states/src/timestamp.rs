//! Milliseconds since 1970 to RFC 3339 text and back.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2026-11-21T13:16:54.123Z`, as Step Functions writes times in the context object.
pub fn to_text(at_ms: u64) -> String {
    match OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000) {
        Ok(moment) => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            moment.year(),
            u8::from(moment.month()),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
            moment.millisecond()
        ),
        // Only a time past the year 9999 cannot be written.
        Err(_) => "9999-12-31T23:59:59.999Z".to_owned(),
    }
}

/// Milliseconds since 1970 of an RFC 3339 text; a time before 1970 is 0 (it is past in any case).
pub fn parse(text: &str) -> Option<u64> {
    let moment = moment(text)?;
    Some(u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(0))
}

/// The moment of an RFC 3339 text. "An uppercase T character MUST be used to separate date and time, and an uppercase
/// Z character MUST be present in the absence of a numeric time zone offset" (States Language, "Timestamps").
pub fn moment(text: &str) -> Option<OffsetDateTime> {
    let has_t = text.as_bytes().get(10) == Some(&b'T');
    if !has_t || text.ends_with('z') {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_text_and_back() {
        assert_eq!(to_text(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(parse("2023-11-14T22:13:20.123Z"), Some(1_700_000_000_123));
        assert_eq!(parse("2023-11-15T00:13:20+02:00"), Some(1_700_000_000_000));
        for text in [
            "yesterday",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13:20",
            "2023-11-14t22:13:20z",
            "2023-11-14",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("1960-01-01T00:00:00Z"), Some(0));
    }
}
