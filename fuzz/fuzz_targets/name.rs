//! Any text as an id, a name, an address, a moment or a question: read, and then it reads the same again; or refused.
#![no_main]

use domain::ledger::Ingredient;
use domain::link::{LinkId, TARGET_MAX, check_target};
use domain::ports::Wish;
use domain::user::Email;
use domain::{
    CardToken, Currency, DeviceId, IdempotencyKey, MacAddress, OrderId, TaskToken, TicketId, Timestamp,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for id in [
        TicketId::parse(text).ok().map(|id| id.to_string()),
        OrderId::parse(text).ok().map(|id| id.to_string()),
        DeviceId::parse(text).ok().map(|id| id.to_string()),
    ] {
        assert!(id.is_none_or(|id| id == text && id.len() == 30));
    }
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()), Ok(email));
    }
    if let Ok(mac) = MacAddress::parse(text) {
        assert_eq!(MacAddress::parse(&mac.to_string()), Ok(mac));
    }
    if let Some(moment) = Timestamp::parse_rfc3339(text) {
        assert_eq!(Timestamp::parse_rfc3339(&moment.to_rfc3339()), Some(moment));
    }
    if check_target(text).is_ok() {
        assert!(text.len() <= TARGET_MAX && text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(
            LinkId::parse(LinkId::of_target(text, 0).as_str()),
            Ok(LinkId::of_target(text, 0))
        );
    }
    assert!(IdempotencyKey::parse(text).is_err() || (text.is_ascii() && text.len() <= 255));
    assert!(TaskToken::parse(text).is_err() || (text.is_ascii() && text.len() <= 2_048));
    assert!(CardToken::parse(text).is_err() || text.is_ascii());
    assert!(Currency::parse(text).is_err() || text.len() == 3);
    assert!(Ingredient::parse(text).is_err() || text.len() <= 64);
    let _ = Wish::parse(Some(text), Some(text));
});
