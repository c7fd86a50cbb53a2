//! What people do, in a real browser. Each test plays a scenario of `web/browser/`, which says what is clicked and seen;
//! the test gives it what a browser cannot have, such as a shop that is stopped.

mod play;

use crate::engine::Shop;
use play::{play, play_answering};
use serde_json::{Value, json};

#[tokio::test]
async fn the_home_page_opens_without_complaints_and_axe_finds_nothing_serious_on_it() {
    play("home", &Shop::patient(), Value::Null).await;
}

/// Its scripts are not ours, and the content security policy is the same as for every page.
#[tokio::test]
async fn the_page_that_tries_the_api_works_under_the_policy_of_all_pages() {
    play("docs", &Shop::patient(), Value::Null).await;
}

/// The harness itself: without this, a scenario that fails could count as one that went well.
#[tokio::test]
async fn a_scenario_that_sees_something_else_fails_and_says_where_to_look() {
    let shop = Shop::patient();
    let given = json!({ "looksFor": "a sentence that stands on no page" });
    let asked = |asked: Value| async move { json!(asked["ask"] == "what-is-wrong") };
    let failure = play_answering("failing", &shop, given, asked)
        .await
        .expect_err("it must not go well");
    assert!(failure.contains("a complaint of the page"), "{failure}");
    let folder = failure
        .lines()
        .find_map(|line| line.strip_prefix("See "))
        .expect("it says where");
    for file in ["page-1.png", "page-1.console.txt", "page-1.html"] {
        assert!(
            std::path::Path::new(folder).join(file).is_file(),
            "{folder}/{file}"
        );
    }
}
