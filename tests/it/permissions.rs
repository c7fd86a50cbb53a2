//! What functions may do on AWS, after SAM has made of template.yaml what is deployed.

use crate::project::root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Stdio;
use xtask::deployment::local_credentials;
use xtask::project::Project;
use xtask::python::{Environment, Python};
use xtask::steps::Steps;

/// Prints the managed policies of each role. Where code and definitions lie is of no interest, only that it is an address.
const ROLES: &str = r#"
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class NoPolicies:
    def load(self):
        return {}

with open(sys.argv[1]) as file:
    template = yaml_parse(file.read())
for resource in template["Resources"].values():
    for code in ("CodeUri", "DefinitionUri"):
        if code in resource.get("Properties", {}):
            resource["Properties"][code] = "s3://bucket/key"
made = transform(template, {}, NoPolicies())["Resources"]
roles = {name: made[name]["Properties"] for name in made if made[name]["Type"] == "AWS::IAM::Role"}
print(json.dumps({name: role.get("ManagedPolicyArns", []) for name, role in roles.items()}))
"#;

/// Protection: what a function may do stands in its own statements. AWS's managed policies for queues and streams name no
/// resource, so beside them a statement that does would limit nothing. SAM adds them to events of a function.
#[test]
fn no_function_has_a_managed_policy_but_those_for_logs_and_traces() {
    let project = Project::here().expect("there is a project");
    let python = Steps::Silent
        .run("translator", |step| {
            Python::prepare(&project, Environment::Engine, step)
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    let mut command = python.command("python");
    command
        .args(["-c", ROLES])
        .arg(root().join("template.yaml"))
        .stdin(Stdio::null());
    local_credentials(&mut command);
    let output = command.output().expect("Python runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let roles: BTreeMap<String, Vec<Value>> =
        serde_json::from_slice(&output.stdout).expect("it prints the roles");
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
