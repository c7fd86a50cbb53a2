//! The key that the environment gives for Stripe's test mode, and that it is none that moves real money.

/// The environment variable that has the tests ask Stripe instead of the simulator.
pub const VARIABLE: &str = "HOLDFAST_STRIPE_TEST_KEY";

/// The key of Stripe's test mode; `None` leaves the tests to the simulator. A key of any other kind stops them.
pub fn test_key() -> Option<String> {
    match check(std::env::var(VARIABLE).ok()) {
        Ok(key) => key,
        Err(refused) => panic!("{refused}"),
    }
}

fn check(given: Option<String>) -> Result<Option<String>, String> {
    match given.filter(|key| !key.is_empty()) {
        None => Ok(None),
        Some(key) if key.starts_with("sk_test_") => Ok(Some(key)),
        // Its text is not repeated: it may open a real account.
        Some(_) => Err(format!(
            "{VARIABLE} is no key of Stripe's test mode (sk_test_...): these tests charge cards and must never meet a real account"
        )),
    }
}

#[test]
fn a_key_that_is_not_for_tests_is_refused_loudly_and_never_repeated() {
    for key in [
        "sk_live_secret",
        "rk_live_secret",
        "pk_test_secret",
        "secret",
        " sk_test_secret",
    ] {
        let refused = check(Some(key.to_owned()));
        assert!(
            matches!(&refused, Err(why) if why.contains(VARIABLE) && !why.contains("secret")),
            "{refused:?}"
        );
    }
    assert_eq!(check(None), Ok(None));
    assert_eq!(check(Some(String::new())), Ok(None));
    assert_eq!(
        check(Some("sk_test_1".to_owned())),
        Ok(Some("sk_test_1".to_owned()))
    );
}
