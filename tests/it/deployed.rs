//! What CloudFormation is given: template.yaml, after SAM has made of it what is deployed.

use crate::project::root;
use crate::python::printed;
use serde_json::{Map, Value};
use std::ffi::OsStr;
use std::sync::OnceLock;

/// Prints the template as SAM makes it. Where code and definitions lie is of no interest, only that it is an address.
const TRANSFORM: &str = r#"
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
print(json.dumps(transform(template, {}, NoPolicies())))
"#;

/// The whole template.
pub(crate) fn deployed() -> &'static Value {
    static DEPLOYED: OnceLock<Value> = OnceLock::new();
    DEPLOYED.get_or_init(|| {
        let template = root().join("template.yaml");
        printed([OsStr::new("-c"), OsStr::new(TRANSFORM), template.as_os_str()])
    })
}

/// Every resource by its name.
pub(crate) fn resources() -> &'static Map<String, Value> {
    deployed()["Resources"]
        .as_object()
        .expect("a template has resources")
}

/// The resources of one type, with their properties.
pub(crate) fn of_type(kind: &str) -> impl Iterator<Item = (&'static str, &'static Value)> {
    resources()
        .iter()
        .filter(move |(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
}

/// The resource that a value names by `Ref`, `Fn::GetAtt` or the `Fn::Sub` of nothing but it.
pub(crate) fn named(value: &Value) -> Option<&str> {
    if let Some(name) = value["Ref"].as_str() {
        return Some(name);
    }
    match &value["Fn::GetAtt"] {
        Value::Array(parts) => parts.first().and_then(Value::as_str),
        Value::String(path) => path.split('.').next(),
        _ => None,
    }
}

/// Every resource that is named anywhere in a value.
pub(crate) fn names_in<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    found.extend(named(value));
    if let Some(text) = value["Fn::Sub"].as_str() {
        for part in text.split("${").skip(1) {
            found.extend(part.split(['}', '.']).next());
        }
    }
    match value {
        Value::Array(parts) => parts.iter().for_each(|part| names_in(part, found)),
        Value::Object(parts) => parts.values().for_each(|part| names_in(part, found)),
        _ => {}
    }
}
