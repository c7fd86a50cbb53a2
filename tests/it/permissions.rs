//! What functions, state machines and schedules may do on AWS, after SAM has made of template.yaml what is deployed: all that they
//! need, and nothing else.
//!
//! That nothing is missing, every test of the running system sees, because the local engine refuses what no policy allows
//! (`localstack/permissions.py`). It also writes down which line of a policy allowed something; `cargo xtask permissions` makes
//! of it what the lines of template.yaml are held to here. That an engine refuses at all is in `refused`.

mod machines;
mod needed;
mod refused;
mod unseen;
mod wildcards;

use crate::project::root;
use crate::python::printed;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::sync::OnceLock;

/// An action and a resource, in the names of the template.
type Line = (String, String);
type Lines = BTreeSet<Line>;

/// What a program beside `tests/permissions` prints, in the environment of the engine.
fn told_by(program: &str, arguments: &[&str]) -> Value {
    let program = root().join("tests/permissions").join(program);
    let arguments = arguments.iter().map(OsStr::new);
    printed(std::iter::once(program.as_os_str()).chain(arguments))
}

/// What `tests/permissions/policies.py` tells of template.yaml.
fn allowed() -> &'static Value {
    static TOLD: OnceLock<Value> = OnceLock::new();
    TOLD.get_or_init(|| {
        let template = root().join("template.yaml");
        told_by("policies.py", &[&template.to_string_lossy()])
    })
}

/// What the policies of everybody of this kind allow, line by line.
fn lines(kind: &str) -> BTreeMap<String, Vec<Line>> {
    serde_json::from_value(allowed()[kind].clone()).expect("policies by name")
}

/// Protection: what a function may do stands in its own statements. AWS's managed policies for queues and streams name no
/// resource, so beside them a statement that does would limit nothing. SAM adds them to events of a function.
#[test]
fn no_function_has_a_managed_policy_but_those_for_logs_and_traces() {
    let roles: BTreeMap<String, Vec<Value>> =
        serde_json::from_value(allowed()["managed"].clone()).expect("managed policies by role");
    assert!(roles.contains_key("PushLiveFunctionRole"), "{roles:?}");
    for (role, policies) in roles {
        for policy in policies {
            let is_harmless = ["/AWSLambdaBasicExecutionRole", "/AWSXrayWriteOnlyAccess"]
                .iter()
                .any(|ending| policy.as_str().is_some_and(|arn| arn.ends_with(ending)));
            assert!(is_harmless, "{role} has {policy}");
        }
    }
}
