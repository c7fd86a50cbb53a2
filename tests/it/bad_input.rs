//! Whatever can be sent, sent by schemathesis to a stack of its own, and held to docs/openapi.json.

use crate::engine::start;
use xtask::bad_input::{Report, asked::Asked, run};
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;
use xtask::test_stacks::Kind;

/// To so many operations of 80 somebody gets through; to the others nobody does, because what they do would end the run (time,
/// faults, conditions), because a message is signed, or because none of our machines has a map run.
const CARRIED_OUT_MIN: usize = 66;

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
    assert!(report.carried_out.len() >= CARRIED_OUT_MIN, "{}", report.text);
}
