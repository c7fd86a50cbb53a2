//! That the engine and our Step Functions refuse what no policy allows: what every other test here rests on.

use super::told_by;
use crate::engine::Shop;
use serde_json::json;

/// Protection: least privilege, executed.
#[tokio::test]
async fn whoever_signs_as_a_function_may_do_what_its_policies_allow_and_nothing_else() {
    let shop = Shop::patient();
    let (engine, states) = (shop.aws.engine().to_owned(), shop.aws.states_url().to_owned());
    let outcomes = tokio::task::spawn_blocking(move || told_by("refused.py", &[&engine, &states]))
        .await
        .expect("the program runs");
    let denied = "AccessDeniedException";
    assert_eq!(
        outcomes,
        json!({
            "reads an order": "done",
            "reads all orders": denied,
            "reads an account": denied,
            "reads an order's index": denied,
            "writes an order with an account": denied,
            "writes an order and checks an account": denied,
            "an order was written": false,
            "starts an order": "InvalidName",
            "starts a refund": denied,
            "lists machines": denied,
        })
    );
}
