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
    /// Parameters of the query that must be there.
    query: Vec<String>,
}

/// Something well-formed for a parameter of the query.
fn asked_for(name: &str) -> &'static str {
    match name {
        "arn" => "arn:aws:states:eu-central-1:000000000000:execution:nothing:nothing",
        "queue" => "nothing",
        other => panic!("what is a {other} in a query? Say it here."),
    }
}

impl Route {
    /// The path with something for every parameter that must be there.
    pub fn filled(&self, value: impl Fn(&str) -> String) -> String {
        let segments = self.path.split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            name.map_or_else(|| segment.to_owned(), &value)
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let query: Vec<String> = self
            .query
            .iter()
            .map(|name| format!("{name}={}", asked_for(name)))
            .collect();
        match query.is_empty() {
            true => path,
            false => format!("{path}?{}", query.join("&")),
        }
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
                query: operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|parameter| parameter["in"] == "query" && parameter["required"] == true)
                    .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
                    .collect(),
            });
        }
    }
    routes
}
