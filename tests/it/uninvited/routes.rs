//! The routes of docs/openapi.json, as far as it matters who may ask.

use crate::project::root;
use reqwest::Method;
use serde_json::Value;
use std::fs;

/// One operation.
pub struct Route {
    pub method: Method,
    /// With its parameters in braces.
    pub path: String,
    /// Its name in the description.
    pub operation: String,
    pub needs_a_session: bool,
    pub has_body: bool,
}

impl Route {
    /// The path with something for every parameter.
    pub fn filled(&self, value: impl Fn(&str) -> String) -> String {
        let segments = self.path.split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            name.map_or_else(|| segment.to_owned(), &value)
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// All of them.
pub fn routes() -> Vec<Route> {
    let text = fs::read_to_string(root().join("docs/openapi.json")).expect("there is a description");
    let description: Value = serde_json::from_str(&text).expect("it is JSON");
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("it has paths") {
        for (method, operation) in methods.as_object().expect("each has methods") {
            routes.push(Route {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                operation: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                needs_a_session: operation["security"]
                    .as_array()
                    .is_some_and(|ways| !ways.is_empty()),
                has_body: operation.get("requestBody").is_some(),
            });
        }
    }
    routes
}
