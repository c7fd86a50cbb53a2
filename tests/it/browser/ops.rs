//! The operations pages and the execution viewer, as an operator sees them. Stacks are shared: faults, stops and redrives
//! are for machines that a scenario has registered itself (`web/browser/machines.mjs`), never for the shop's.

mod alone;

use super::play::play;
use crate::engine::Shop;
use crate::operators::operator;
use crate::project::root;
use serde_json::{Value, json};

/// Plays a scenario for somebody new who is an operator. It is given their session, where Step Functions answer, and `more`.
async fn operated(scenario: &str, more: Value) {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    let mut given = json!({
        "operator": { "email": operator.email, "id": operator.id, "token": operator.token },
        "states": shop.aws.states_url(),
    });
    if let (Value::Object(given), Value::Object(more)) = (&mut given, more) {
        given.extend(more);
    }
    play(scenario, &shop, given).await;
}

/// By machine, status, time, order, failing state and error; the address keeps it, and nobody else is told anything.
#[tokio::test]
async fn an_operator_finds_any_execution_in_a_list_that_keeps_up_by_itself() {
    operated("ops-list", json!({})).await;
}

/// While it waits for its payment, and on to its end in the same drawing; in time, by its events, as a table and as a file.
#[tokio::test]
async fn an_orders_execution_is_followed_to_its_end_in_the_drawing_that_is_open() {
    operated("ops-execution", json!({})).await;
}

/// Redriven after a preview, started again, compared, stopped, and kept in a file that opens without an account.
#[tokio::test]
async fn what_is_done_to_an_execution_is_said_before_and_seen_after() {
    operated("ops-actions", json!({})).await;
}

#[tokio::test]
async fn iterations_branches_tries_and_children_are_seen_where_they_belong() {
    operated("ops-maps", json!({})).await;
}

/// Dead letters, redriven after it was said what would move.
#[tokio::test]
async fn an_operator_sees_which_messages_are_stuck_and_redrives_them_once() {
    operated("ops-queues", json!({})).await;
}

/// On this shared stack the fault is for a machine of the scenario's own, and the clock is only looked at.
#[tokio::test]
async fn a_fault_is_put_together_on_a_page_and_every_page_says_that_the_world_is_unusual() {
    operated("ops-local", json!({})).await;
}

/// From the order's page to its execution and back, with the buttons of whoever may press them, and what was written.
#[tokio::test]
async fn of_an_order_an_operator_sees_in_words_what_is_awaited_and_what_was_written() {
    operated("ops-own", json!({})).await;
}

/// 150 states are laid out beside the page; of 25,000 events only those in sight are in it.
#[tokio::test]
async fn a_page_with_a_large_machine_or_a_long_history_still_answers() {
    operated("ops-big", json!({})).await;
}

/// With `HOLDFAST_TAKE_PICTURES=1` it writes the pictures of docs/pictures as well.
#[tokio::test]
async fn axe_finds_nothing_serious_on_any_operations_page_and_none_is_wider_than_a_narrow_screen() {
    operated("ops-pages", pictures()).await;
}

/// The same, with the same pictures, for all states of one execution's page.
#[tokio::test]
async fn axe_finds_nothing_serious_on_an_executions_page_however_it_stands_and_none_is_too_wide() {
    operated("ops-states", pictures()).await;
}

/// Where pictures go, if they are wanted.
fn pictures() -> Value {
    let takes = std::env::var_os("HOLDFAST_TAKE_PICTURES").is_some();
    json!({ "pictures": takes.then(|| root().join("docs/pictures")) })
}
