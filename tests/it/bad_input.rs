//! Whatever can be sent, sent by schemathesis to a stack of its own, and held to docs/openapi.json.

use crate::engine::start;
use std::collections::BTreeSet;
use xtask::bad_input::{Report, asked::Asked, run};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;
use xtask::test_stacks::Kind;

/// Operations that nobody succeeds with here, and why.
const ONLY_REFUSED: [(&str, &str); 9] = [
    (
        "DELETE /api/orders/{order_id}",
        "what can be cancelled is drawn as seldom as it is paid first",
    ),
    ("GET /api/ops/map-run", "none of our machines has a map run"),
    ("GET /api/ops/machine", "its ARN is drawn from the executions'"),
    ("POST /api/ops/execution/redrive", "nothing has failed"),
    ("POST /api/ops/local/faults", "it would break what comes after it"),
    ("POST /api/ops/local/clock", "sessions would end"),
    ("PUT /api/ops/local/conditions", "no card would be good any more"),
    ("POST /api/ops/queues/redrive", "no letter is dead"),
    (
        "POST /api/payments/webhook",
        "it is signed, which no document says how",
    ),
];

fn sent() -> Report {
    let stack = start(Kind::Pestered, |_| {});
    let project = Project::here().unwrap_or_else(|failure| panic!("{failure}"));
    let sender = Steps::Silent.run("schemathesis", |step| {
        Python::prepare(&project, Environment::Input, step)
    });
    let sender = sender.unwrap_or_else(|failure| panic!("{failure}"));
    run(
        &project,
        &sender,
        stack.addresses(),
        &Asked::in_the_suite(),
        Steps::Silent,
    )
    .unwrap_or_else(|failure| panic!("{failure}"))
}

/// Protection: closed shapes with bounds, and one way to say no. What cannot be understood is refused by the field, in the
/// shape that the description tells, and never breaks anything.
#[tokio::test]
async fn whatever_is_sent_is_answered_as_it_is_described() {
    let report = tokio::task::spawn_blocking(sent).await.expect("it ends");
    assert!(report.is_right, "{}", report.text);
    let known: BTreeSet<&str> = ONLY_REFUSED.iter().map(|(operation, _)| *operation).collect();
    let unexpected: Vec<&String> = report
        .only_refused
        .iter()
        .filter(|operation| !known.contains(operation.as_str()))
        .collect();
    assert!(
        unexpected.is_empty(),
        "nobody got through to {unexpected:?}\n{}",
        report.text
    );
}
