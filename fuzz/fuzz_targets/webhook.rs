//! Any bytes as a message of the provider: a first line as the header with its signature, the rest as the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stripe::read_event;
use stripe::webhook::{WebhookSecret, sign, verify};

const NOW_S: i64 = 1_795_266_300;

fuzz_target!(|bytes: &[u8]| {
    let secret = WebhookSecret::new("whsec_that_nobody_in_here_can_sign_with").expect("not empty");
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let (header, body) = bytes.split_at(end);
    assert!(verify(&String::from_utf8_lossy(header), body, &secret, NOW_S).is_err());
    let signed = sign(body, &secret, NOW_S).expect("it signs");
    assert_eq!(verify(&signed, body, &secret, NOW_S), Ok(()));
    if let Ok(event) = read_event(body.get(1..).unwrap_or_default()) {
        assert!((1..=255).contains(&event.id.len()));
        assert!(event.is_of_interest() || event.order_id.is_none());
    }
});
