//! Whatever comes from outside as text is read or refused: never a panic, what is accepted is within its bounds and reads
//! the same again, and a refusal quotes no more than a little of it.

use crate::ids::{base32, fingerprint, read_base32};
use crate::ledger::{Ingredient, Place};
use crate::link::{LinkId, TARGET_MAX, check_target};
use crate::live::{ConnectionId, Topic};
use crate::money::PRICE_MAX_MINOR;
use crate::ports::Wish;
use crate::user::Email;
use crate::*;
use damaged::text;
use proptest::prelude::*;

/// Reads a text twice: what was accepted must be accepted as it was written, and mean the same.
fn reads_back<T, E>(
    given: &str,
    parse: impl Fn(&str) -> Result<T, E>,
    write: impl Fn(&T) -> String,
) -> Option<String>
where
    T: PartialEq,
{
    let read = parse(given).ok()?;
    let written = write(&read);
    let again = parse(&written).ok();
    assert!(
        again.as_ref() == Some(&read),
        "{given:?} is accepted, and {written:?} is not the same"
    );
    Some(written)
}

fn is_plain_id(text: &str, prefix: &str) -> bool {
    let body = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    body.is_some_and(|body| {
        body.len() == 26 && body.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    })
}

macro_rules! ids {
    ($given:expr, $($id:ident $prefix:literal),*) => {$(
        if let Some(read) = reads_back($given, $id::parse, |id| id.to_string()) {
            prop_assert!(is_plain_id(&read, $prefix) && read == $given, "{read}");
        }
        match $id::parse($given) {
            Ok(id) => prop_assert_eq!(serde_json::from_value::<$id>(serde_json::json!($given)).ok(), Some(id)),
            Err(refused) => prop_assert!(refused.text.chars().count() <= 64),
        }
    )*};
}

proptest! {
    #[test]
    fn an_id_is_its_prefix_and_26_letters_or_digits(given in prop_oneof![
        text(["tkt_0123456789abcdefghjkmnpqrs", "ord_zzzzzzzzzzzzzzzzzzzzzzzzzz", "usr_00000000000000000000000000",
            "dsh_7zzzzzzzzzzzzzzzzzzzzzzzzz", "prd_0123456789abcdefghjkmnpqrs", "cat_0123456789abcdefghjkmnpqrs",
            "dev_0123456789abcdefghjkmnpqrs", "hld_0123456789abcdefghjkmnpqrs", "sup_0123456789abcdefghjkmnpqrs"]),
        any::<String>(),
    ]) {
        ids!(given.as_str(), UserId "usr", TicketId "tkt", OrderId "ord", DishId "dsh", SupplyId "sup", ProductId "prd",
            CategoryId "cat", DeviceId "dev", HoldId "hld");
    }

    #[test]
    fn base_32_reads_back_and_nothing_else_is_read(bytes: [u8; 16], given in text(["7zzzzzzzzzzzzzzzzzzzzzzzzz"])) {
        prop_assert_eq!(read_base32(&base32(bytes)), Some(bytes));
        if let Some(read) = read_base32(&given) {
            prop_assert_eq!(base32(read), given);
        }
    }

    #[test]
    fn keys_and_tokens_are_visible_ascii_of_bounded_length(given in prop_oneof![
        text(["cart-7f3b", &"k".repeat(255), &"t".repeat(2_048)]), any::<String>(),
    ]) {
        let is_visible = |max: usize| (1..=max).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_graphic());
        prop_assert_eq!(IdempotencyKey::parse(&given).is_ok(), is_visible(255));
        prop_assert_eq!(IntentId::parse(&given).is_ok(), is_visible(255));
        prop_assert_eq!(TaskToken::parse(&given).is_ok(), is_visible(2_048));
        prop_assert_eq!(ConnectionId::parse(&given).is_ok(), is_visible(128));
    }

    #[test]
    fn parts_of_a_fingerprint_do_not_run_together(one in "[a-c]{0,3}", other in "[a-c]{0,3}", cut in 0..4_usize) {
        let whole = one.clone() + &other;
        let cut = cut.min(whole.len());
        let (left, right) = whole.split_at(cut);
        prop_assert_eq!(fingerprint(&[&one, &other]) == fingerprint(&[left, right]), one == left);
    }

    #[test]
    fn an_address_of_a_person_has_one_at_and_reads_back_in_small_letters(given in prop_oneof![
        text(["Ana@Example.COM", " ana+shop@mail.example.com ", "\u{130}@x.\u{212a}", &("a".repeat(250) + "@b.c")]),
        any::<String>(),
        "[ -~]{0,10}@[ -~]{0,10}",
    ]) {
        if let Some(read) = reads_back(&given, Email::parse, |email| email.as_str().to_owned()) {
            prop_assert!(read.len() <= 254 && read.matches('@').count() == 1, "{read:?}");
            prop_assert!(!read.chars().any(|c| c.is_whitespace() || c.is_control()), "{read:?}");
        }
    }

    #[test]
    fn a_card_is_a_token_and_never_a_number(given in prop_oneof![
        text(["tok_visa", "pm_1NxAbC", "4242424242424242"]), any::<String>(), "[0-9 -]{12,23}",
    ]) {
        if CardToken::parse(&given).is_ok() {
            prop_assert!(given.starts_with("tok_") || given.starts_with("pm_"));
            prop_assert!(given.len() <= 255 && given.is_ascii());
        }
    }

    #[test]
    fn names_of_places_topics_ingredients_and_currencies_are_from_short_lists(given in prop_oneof![
        text(["kitchen", "warehouse", "stock", "tickets", "orders", "carne_molida", "usd"]), any::<String>(),
    ]) {
        prop_assert!(Place::parse(&given).is_none_or(|place| place.as_str() == given));
        prop_assert!(Topic::parse(&given).is_none_or(|topic| topic.as_str() == given));
        prop_assert!(Currency::parse(&given).is_err() || given.len() == 3);
        let is_name = given.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
        prop_assert_eq!(Ingredient::parse(&given).is_ok(), is_name && (1..=64).contains(&given.len()));
    }

    #[test]
    fn what_a_short_link_may_lead_to_is_one_line_of_visible_ascii(given in text([
        "https://shop.example:8443/door/0?x=y#z", "http://[::1]:8080/", "http://127.0.0.1", "https://xn--bcher-kva.example/%20",
    ])) {
        if check_target(&given).is_ok() {
            prop_assert!(given.len() <= TARGET_MAX && given.bytes().all(|b| b.is_ascii_graphic()), "{given:?}");
            let scheme = given.to_ascii_lowercase();
            prop_assert!(scheme.starts_with("http://") || scheme.starts_with("https://"), "{given:?}");
        }
        prop_assert!(LinkId::parse(&given).is_err() || given.len() == 8);
    }

    #[test]
    fn a_question_is_read_or_names_its_field(q in prop::option::of(prop_oneof![
        text(["gr\u{fc}ner Tee", "a", "caf\u{e9} 12"]), any::<String>(),
    ]), category in prop::option::of(text(["cat_0123456789abcdefghjkmnpqrs"]))) {
        match Wish::parse(q.as_deref(), category.as_deref()) {
            Ok(wish) => prop_assert!(wish.longest_word().is_none_or(|word| !word.is_empty())),
            Err(Refusal::InvalidInput { errors }) => {
                prop_assert!(!errors.is_empty() && errors.iter().all(|error| ["q", "category"].contains(&&*error.field)));
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn a_moment_that_is_accepted_is_written_as_a_moment(given in prop_oneof![
        text(["2026-11-21T13:05:00.250Z", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "1969-12-31T23:59:59.9995Z",
            "2028-02-29T00:00:60Z"]),
        any::<String>(),
        "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,12})?(Z|[+-][0-2][0-9]:[0-5][0-9])",
    ]) {
        if let Some(read) = Timestamp::parse_rfc3339(&given) {
            prop_assert_eq!(Timestamp::parse_rfc3339(&read.to_rfc3339()), Some(read), "{}", given);
        }
    }

    #[test]
    fn a_price_is_a_whole_number_within_its_bound(minor: u64) {
        prop_assert_eq!(PriceMinor::new(minor).ok().map(PriceMinor::as_minor), (minor <= PRICE_MAX_MINOR).then_some(minor));
    }
}

/// Moments near the ends of the calendar, in other time zones: RFC 3339 can write years 0 to 9999, in UTC.
#[test]
fn a_moment_beyond_the_calendar_is_refused() {
    for beyond in ["9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59"] {
        assert_eq!(Timestamp::parse_rfc3339(beyond), None, "{beyond}");
    }
}
