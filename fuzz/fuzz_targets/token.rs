//! Any text as a session, the code of a pass, what was scanned, an origin, or what a page says on its socket.
#![no_main]

use contract::live::Said;
use contract::pass::{PassCode, code_in};
use contract::{PublicBase, SessionSecret, Signed};
use domain::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let secret = SessionSecret::new("a secret that nobody in here can sign with").expect("long enough");
    let now = Timestamp::from_ms(1_795_266_300_000);
    assert_eq!(Signed::verify(text, &secret, now), None);
    assert_eq!(PassCode::verify(text, &secret), None);
    if let Ok(code) = code_in(text) {
        assert!(!code.is_empty() && !code.contains('/'));
        assert_eq!(PassCode::verify(code, &secret), None);
    }
    if let Err(sentence) = Said::read(text) {
        assert!(sentence.len() < 2_048);
    }
    if let Ok(base) = PublicBase::parse(text) {
        assert!(domain::link::check_target(&base.door_url("0")).is_ok());
    }
    let own = PublicBase::parse("https://shop.example").expect("an address");
    assert!(!own.is_origin(text) || text.to_ascii_lowercase().starts_with("https://shop.example"));
});
