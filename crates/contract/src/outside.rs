//! Whatever clients send: read or refused, never a panic, and every refusal names its field.

use crate::gate::token;
use crate::input::{FieldErrors, NUMBER_MAX, PathText, Query, number_seen, page_request, parse_json};
use crate::live::{SAID_MAX_BYTES, Said};
use crate::pass::{PassCode, SCANNED_MAX, code_in};
use crate::public::PublicBase;
use crate::session::{SessionSecret, Signed};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, Request, Uri, header};
use damaged::{bytes, json, text};
use domain::user::Role;
use domain::{OrderId, Refusal, TicketId, Timestamp, UserId};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

fn secret() -> SessionSecret {
    SessionSecret::new(&"k".repeat(32)).unwrap()
}

fn signed() -> Signed {
    Signed {
        user_id: UserId::from_random([7; 16]),
        email: "ana@example.com".to_owned(),
        role: Role::Buyer,
        session_id: "s1".to_owned(),
        expires_at: Timestamp::from_ms(10_000),
    }
}

fn a_pass() -> PassCode {
    PassCode {
        ticket_id: TicketId::from_random([1; 16]),
        order_id: OrderId::from_random([2; 16]),
    }
}

/// Everything that differs from a text in one letter, or lacks one.
fn neighbours(text: &str) -> impl Iterator<Item = String> + '_ {
    let others = "Az09-_.=".chars();
    (0..text.len()).flat_map(move |at| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let changed = others
            .clone()
            .map(move |letter| format!("{before}{letter}{after}"));
        changed.chain([format!("{before}{after}")])
    })
}

#[test]
fn a_session_with_one_other_letter_anywhere_is_nobodys() {
    let token = signed().sign(&secret()).unwrap();
    for forged in neighbours(&token).filter(|forged| *forged != token) {
        assert_eq!(
            Signed::verify(&forged, &secret(), Timestamp::from_ms(0)),
            None,
            "{forged}"
        );
    }
}

#[test]
fn a_pass_with_one_other_letter_anywhere_is_no_pass() {
    let code = a_pass().sign(&secret()).unwrap();
    for forged in neighbours(&code).filter(|forged| !forged.eq_ignore_ascii_case(&code)) {
        assert_eq!(PassCode::verify(&forged, &secret()), None, "{forged}");
    }
}

/// A body as requests have them: fields that must be there, that may be, that are within others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    lines: Vec<WantedLine>,
    #[serde(default)]
    payment: Option<Card>,
    #[serde(default)]
    price_minor: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WantedLine {
    ticket_id: TicketId,
    quantity: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    token: String,
}

fn body() -> serde_json::Value {
    serde_json::json!({
        "lines": [{ "ticketId": "tkt_0123456789abcdefghjkmnpqrs", "quantity": 1 }],
        "payment": { "token": "tok_visa" },
        "priceMinor": 1_999,
    })
}

fn names_a_field(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::InvalidInput { errors } if !errors.is_empty()
        && errors.iter().all(|error| !error.field.is_empty() && !error.message.is_empty()))
}

#[tokio::test]
async fn what_is_no_text_in_a_path_is_not_there_and_said_as_a_problem() {
    let show = async |PathText(text): PathText| text;
    let routes = crate::seal(axum::Router::new().route("/l/{id}", axum::routing::get(show)));
    for (path, status) in [("/l/%ff", 404), ("/l/%c3%a9", 200)] {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let answer = routes.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let is_problem = answer.headers()[header::CONTENT_TYPE] == "application/problem+json";
        assert_eq!(is_problem, status == 404, "{path}");
    }
}

#[test]
fn a_number_beyond_what_every_reader_has_exactly_is_refused() {
    assert_eq!(number_seen(None), Ok(0));
    assert_eq!(number_seen(Some(NUMBER_MAX)), Ok(NUMBER_MAX));
    assert!(names_a_field(&number_seen(Some(NUMBER_MAX + 1)).unwrap_err()));
}

/// The query of every list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    limit: Option<u16>,
    cursor: Option<String>,
}

async fn queried(query: &str) -> Option<Result<Asked, Refusal>> {
    let uri: Uri = format!("/api/tickets?{query}").parse().ok()?;
    let (mut parts, ()) = Request::builder().uri(uri).body(()).ok()?.into_parts();
    let read = Query::<Asked>::from_request_parts(&mut parts, &()).await;
    Some(match read {
        Ok(Query(asked)) => Ok(asked),
        Err(problem) => match problem.0 {
            domain::Fault::Refused(refusal) => Err(refusal),
            fault => panic!("{fault:?}"),
        },
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

proptest! {
    #[test]
    fn any_session_reads_back_and_whatever_was_changed_in_it_is_nobodys(
        email in ".{0,40}", session_id in ".{0,40}", user: [u8; 16], expires_ms in 1_i64..i64::MAX, is_operator: bool,
    ) {
        let role = if is_operator { Role::Operator } else { Role::Buyer };
        let expires_at = Timestamp::from_ms(expires_ms);
        let signed = Signed { user_id: UserId::from_random(user), email, role, session_id, expires_at };
        let token = signed.sign(&secret()).unwrap();
        prop_assert!(HeaderValue::from_str(&token).is_ok() && !token.contains([';', ',', ' ']));
        let before = Timestamp::from_ms(expires_ms - 1);
        prop_assert_eq!(Signed::verify(&token, &secret(), before), Some(signed));
        prop_assert_eq!(Signed::verify(&token, &secret(), expires_at), None);
    }

    #[test]
    fn a_damaged_session_is_nobodys(
        token in text([signed().sign(&secret()).unwrap()]), given in prop_oneof![".{0,200}", "v1\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{43}"],
    ) {
        let real = signed().sign(&secret()).unwrap();
        let now = Timestamp::from_ms(0);
        prop_assert_eq!(Signed::verify(&token, &secret(), now).is_some(), token == real, "{}", token);
        prop_assert_eq!(Signed::verify(&given, &secret(), now), None);
    }

    #[test]
    fn whatever_stands_in_the_headers_of_a_request_at_most_one_token_is_read(
        authorization in prop_oneof![text(["Bearer v1.e30.e30", "bearer  x", "Basic YTpi"]), ".{0,40}"],
        cookie in prop_oneof![text(["a=b; session=v1.e30.e30; c=d", "session=; session=x"]), ".{0,60}"],
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::AUTHORIZATION, &authorization), (header::COOKIE, &cookie)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        if let Some(read) = token(&headers) {
            prop_assert!(authorization.contains(read) || cookie.contains(read));
        }
    }

    #[test]
    fn any_pass_reads_back_in_either_case_and_a_damaged_one_is_none(
        ticket: [u8; 16], order: [u8; 16], code in text([a_pass().sign(&secret()).unwrap()]), given in "\\PC{0,100}",
    ) {
        let pass = PassCode { ticket_id: TicketId::from_random(ticket), order_id: OrderId::from_random(order) };
        let whole = pass.sign(&secret()).unwrap();
        prop_assert_eq!(PassCode::verify(&whole.to_uppercase(), &secret()), Some(pass));
        let real = a_pass().sign(&secret()).unwrap();
        prop_assert_eq!(PassCode::verify(&code, &secret()).is_some(), code.eq_ignore_ascii_case(&real), "{}", code);
        prop_assert_eq!(PassCode::verify(&given, &secret()), None);
    }

    #[test]
    fn what_was_scanned_has_a_code_or_the_field_is_named(scanned in prop_oneof![
        text(["http://localhost:8080/door/0123", " 0123 ", "/", &"x".repeat(SCANNED_MAX)]), any::<String>(),
    ]) {
        match code_in(&scanned) {
            Ok(code) => prop_assert!(!code.is_empty() && !code.contains('/') && scanned.contains(code)),
            Err(refusal) => prop_assert!(names_a_field(&refusal)),
        }
    }

    #[test]
    fn a_body_is_read_as_it_was_meant_or_the_field_is_named(value in json(body()), noise in bytes(body().to_string().into_bytes())) {
        let text = value.to_string();
        match parse_json::<Wanted>(text.as_bytes()) {
            Ok(read) => {
                let written = serde_json::to_string(&read).unwrap();
                prop_assert_eq!(parse_json::<Wanted>(written.as_bytes()).unwrap(), read);
            }
            Err(refusal) => prop_assert!(names_a_field(&refusal), "{}: {:?}", text, refusal),
        }
        if let Err(refusal) = parse_json::<Wanted>(&noise) {
            prop_assert!(names_a_field(&refusal), "{:?}: {:?}", noise, refusal);
        }
    }

    #[test]
    fn a_query_is_read_or_the_parameter_is_named(query in prop_oneof![
        text(["limit=25&cursor=eyJhdCI6MX0", "limit=0", "limit=1&limit=2", "limit=%31&cursor=%ff"]), "[!-~]{0,60}",
    ]) {
        match runtime().block_on(queried(&query)) {
            // No address at all: the server in front refuses it.
            None => {}
            Some(Ok(asked)) => match page_request(asked.limit, asked.cursor) {
                Ok(page) => prop_assert!((1..=100).contains(&page.limit)),
                Err(refusal) => prop_assert!(names_a_field(&refusal)),
            },
            Some(Err(refusal)) => prop_assert!(names_a_field(&refusal), "{}: {:?}", query, refusal),
        }
    }

    #[test]
    fn a_text_that_is_accepted_is_within_its_bounds(given in prop_oneof![text(["Row 1, seat 2"]), any::<String>()], max in 1..30_usize) {
        let mut errors = FieldErrors::default();
        let (short, long) = (errors.text("title", &given, max), errors.prose("description", Some(&given), max));
        match errors.check() {
            Ok(()) => {
                prop_assert!((1..=max).contains(&short.chars().count()) && !short.contains(char::is_control));
                prop_assert_eq!(long, Some(short));
            }
            Err(refusal) => prop_assert!(names_a_field(&refusal)),
        }
    }

    #[test]
    fn what_a_page_says_is_understood_or_answered_with_a_sentence(said in prop_oneof![
        text([r#"{"action":"watch","topics":["stock","tickets"]}"#, r#"{"action":"ping"}"#]), any::<String>(),
    ]) {
        match Said::read(&said) {
            Ok(Said::Watch(topics)) => prop_assert!(topics.len() <= domain::live::Topic::ALL.len()),
            Ok(Said::Ping) => prop_assert!(said.contains("ping")),
            Err(sentence) => prop_assert!(sentence.ends_with('.') && sentence.len() < 2 * SAID_MAX_BYTES, "{}", sentence),
        }
    }

    #[test]
    fn whatever_calls_itself_an_origin_only_our_own_is_ours(origin in prop_oneof![
        text(["https://shop.example", "https://shop.example:443", "http://localhost:8080", "null", "https://[::1]:8443"]),
        ".{0,40}",
    ]) {
        let base = PublicBase::parse("https://shop.example/app").unwrap();
        if base.is_origin(&origin) {
            let rest = origin.to_ascii_lowercase();
            prop_assert!(rest.starts_with("https://shop.example"), "{}", origin);
            let rest = &rest["https://shop.example".len()..];
            prop_assert!(rest.is_empty() || rest.starts_with([':', '/', '?', '#']), "{}", origin);
        }
        if let Ok(base) = PublicBase::parse(&origin) {
            prop_assert!(domain::link::check_target(&base.door_url("0")).is_ok(), "{}", origin);
        }
    }
}
