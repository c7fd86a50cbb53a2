//! What people do, in a real browser. Each test plays a scenario of `web/browser/`, which says what is clicked and seen;
//! the test gives it what a browser cannot have, such as a shop that is stopped.

mod ops;
pub mod play;

use crate::engine::{Shop, fresh, start, start_again, stop};
use crate::project::root;
use play::{play, play_answering};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use xtask::ports::Port;
use xtask::test_stacks::{Kind, Stopped, TestStack};

#[tokio::test]
async fn the_home_page_opens_without_complaints_and_axe_finds_nothing_serious_on_it() {
    play("home", &Shop::patient(), Value::Null).await;
}

/// Anna holds it, and Ben sees it vanish from his list and his page without a reload; Anna pays, and has a QR code.
#[tokio::test]
async fn of_two_people_at_one_ticket_one_has_it_and_the_other_is_told_within_their_open_pages() {
    play("two-people", &Shop::patient(), Value::Null).await;
}

/// Seven minutes ahead, seven behind, and set while the page is open.
#[tokio::test]
async fn countdown_follows_the_server() {
    play("countdown", &Shop::patient(), Value::Null).await;
}

#[tokio::test]
async fn a_hold_that_runs_out_is_said_in_words_and_the_ticket_is_free_for_others() {
    play("time-over", &Shop::brisk(), Value::Null).await;
}

#[tokio::test]
async fn a_declined_card_is_no_success_and_another_one_pays() {
    play("declined", &Shop::patient(), Value::Null).await;
}

/// A refusal, a shop that breaks, an answer that is lost, a double click: failure is called failure, and nothing is done twice.
#[tokio::test]
async fn page_says_failed_when_it_failed() {
    play("failed", &Shop::patient(), Value::Null).await;
}

/// With a network that goes and comes back, and without any socket.
#[tokio::test]
async fn a_page_that_was_away_catches_up_by_number_and_misses_nothing() {
    let shop = Shop::patient();
    let given = json!({ "dish": dish(&shop, "Salad of the day", &fresh()).await });
    play("away", &shop, given).await;
}

#[tokio::test]
async fn a_dish_that_is_bought_moves_the_open_report_of_the_kitchen() {
    let shop = Shop::patient();
    let given = json!({ "dish": dish(&shop, "Salad of the house", &fresh()).await });
    play("kitchen-moves", &shop, given).await;
}

#[tokio::test]
async fn a_ticket_is_bought_without_a_mouse_on_a_narrow_screen_without_motion() {
    play("keyboard", &Shop::patient(), Value::Null).await;
}

/// With `HOLDFAST_TAKE_PICTURES=1` it writes the pictures of docs/pictures as well.
#[tokio::test]
async fn axe_finds_nothing_serious_on_any_page_and_none_is_wider_than_a_narrow_screen() {
    let takes = std::env::var_os("HOLDFAST_TAKE_PICTURES").is_some();
    let pictures = takes.then(|| root().join("docs/pictures"));
    let shop = Shop::patient();
    // Pictures are taken on a stack of their own, where the names are free.
    let named = |name: &str| {
        if takes {
            name.to_owned()
        } else {
            format!("{name}-{}", fresh())
        }
    };
    let menu = [
        dish(&shop, "Caesar salad", &named("lechuga")).await,
        dish(&shop, "Pasta al ragù", &named("pasta")).await,
    ];
    let given = json!({ "pictures": pictures, "dish": menu[0], "menu": menu });
    play("every-page", &shop, given).await;
}

/// A dish of an ingredient of which there is enough.
async fn dish(shop: &Shop, name: &str, ingredient: &str) -> Value {
    let stock =
        json!({ "cause": ingredient, "kitchen": { (ingredient): 50 }, "warehouse": { (ingredient): 7 } });
    let stocked = shop.aws.invoke("stock-kitchen", &stock).await;
    stocked.expect("the kitchen is stocked");
    let dish = json!({ "name": name, "priceMinor": 950, "recipe": { (ingredient): 2 } });
    let cook = shop.person("cook").await;
    cook.post("/api/dishes", &dish).await.expect(201).body
}

/// Its scripts are not ours, and the content security policy is the same as for every page.
#[tokio::test]
async fn the_page_that_tries_the_api_works_under_the_policy_of_all_pages() {
    play("docs", &Shop::patient(), Value::Null).await;
}

/// A shop that is stopped and started again at the scenario's word.
enum Switched {
    On(Box<TestStack>),
    Off(Stopped),
}

impl Switched {
    fn switch(self, word: &str) -> Self {
        match (self, word) {
            (Self::On(stack), "stop-the-shop") => Self::Off(stop(*stack)),
            (Self::Off(stopped), "start-the-shop") => Self::On(Box::new(start_again(stopped))),
            (_, other) => {
                panic!("a shop that runs is stopped, one that is stopped is started; not {other:?}")
            }
        }
    }
}

/// What was shown stays, the page says that it may be old, and it goes on by itself when somebody answers again.
#[tokio::test]
async fn a_page_outlives_a_shop_that_is_stopped_and_started() {
    let (front, engine, states) = (Port::Any.choose(), Port::Any.choose(), Port::Any.choose());
    let stack = start(Kind::Restarted, |options| {
        options.front = Port::Fixed(front.expect("a free port"));
        options.engine = Port::Fixed(engine.expect("a free port"));
        options.states = Port::Fixed(states.expect("a free port"));
    });
    let shop = Shop::at(stack.addresses());
    let switch = Arc::new(Mutex::new(Some(Switched::On(Box::new(stack)))));
    let answer = |asked: Value| {
        let switch = Arc::clone(&switch);
        let switching = tokio::task::spawn_blocking(move || {
            let mut switch = switch.lock().expect("nobody else switches");
            *switch = switch
                .take()
                .map(|shop| shop.switch(asked["ask"].as_str().unwrap_or_default()));
        });
        async move {
            switching.await.expect("the shop is switched");
            json!(true)
        }
    };
    play_answering("restarted", &shop, Value::Null, answer)
        .await
        .unwrap_or_else(|failure| panic!("{failure}"));
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
