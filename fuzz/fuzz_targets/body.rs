//! Any bytes as the body of a request: read, and then written it reads the same; or refused by a field.
#![no_main]

use contract::bodies::OrderBody;
use contract::input::parse_json;
use domain::{CardToken, Refusal, TicketId};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A closed shape, as requests have; the functions' own would bring AWS's libraries along.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    lines: Vec<Line>,
    #[serde(default)]
    payment: Option<CardToken>,
    #[serde(default)]
    recipe: BTreeMap<String, u32>,
    #[serde(default)]
    delta: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Line {
    ticket_id: TicketId,
    #[serde(default)]
    version: Option<u32>,
}

fn refused(refusal: Refusal) {
    let Refusal::InvalidInput { errors } = refusal else {
        panic!("{refusal:?}");
    };
    assert!(
        errors
            .iter()
            .all(|error| !error.field.is_empty() && !error.message.is_empty())
    );
    assert!(!errors.is_empty());
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    let outcome = match kind % 3 {
        0 => parse_json::<Wanted>(bytes).map(|wanted| {
            let written = serde_json::to_vec(&wanted).expect("it can be written");
            assert_eq!(
                parse_json::<Wanted>(&written).expect("what was written reads"),
                wanted
            );
        }),
        1 => parse_json::<OrderBody>(bytes).map(drop),
        _ => parse_json::<Value>(bytes).map(|value| {
            let written = value.to_string();
            assert_eq!(
                parse_json::<Value>(written.as_bytes()).expect("what was written reads"),
                value
            );
        }),
    };
    outcome.unwrap_or_else(refused);
});
