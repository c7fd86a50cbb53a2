//! Any bytes as the body of a request: read, and then written it reads the same; or refused by a field.
#![no_main]

use contract::input::parse_json;
use domain::Refusal;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn refused(refusal: Refusal) {
    let Refusal::InvalidInput { errors } = refusal else {
        panic!("{refusal:?}");
    };
    assert!(errors.iter().all(|error| !error.field.is_empty() && !error.message.is_empty()));
    assert!(!errors.is_empty());
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    let outcome = match kind % 5 {
        0 => parse_json::<place_order::NewOrder>(bytes).map(drop),
        1 => parse_json::<products_api::NewProduct>(bytes).map(drop),
        2 => parse_json::<kitchen_api::NewDish>(bytes).map(drop),
        3 => parse_json::<products_api::NewAdjustment>(bytes).map(drop),
        _ => parse_json::<Value>(bytes).map(|value| {
            let written = value.to_string();
            assert_eq!(parse_json::<Value>(written.as_bytes()).expect("what was written reads"), value);
        }),
    };
    outcome.unwrap_or_else(refused);
});
