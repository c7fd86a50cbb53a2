//! docs/openapi.json is what the code says, and nothing else. `cargo xtask openapi` writes it anew.

use crate::project::root;
use serde_json::Value;
use std::fs;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, License, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

/// The description of every function that answers HTTP, as one.
fn described() -> OpenApi {
    fn of<S: Clone + Send + Sync + 'static>(router: OpenApiRouter<S>) -> OpenApi {
        router.split_for_parts().1
    }
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    let mut whole = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Holdfast")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Sells scarce things without ever selling them twice. Errors are problem documents (RFC 9457).",
                ))
                .license(Some(license))
                .build(),
        )
        .components(Some(Components::new()))
        .build();
    for part in [
        of(users_api::api()),
        of(tickets_api::api()),
        of(passes_api::api()),
        of(links_api::api()),
        of(place_order::api()),
        of(orders_api::api()),
        of(take_payment::api()),
        of(cancel_order::api()),
        of(request_refund::api()),
        of(receive_webhook::api()),
        of(kitchen_api::api()),
        of(products_api::api()),
        of(devices_api::api()),
        of(ops_api::api()),
        // Served by ops-api, and by the stand-alone viewer.
        of(viewer::api()),
        of(viewer::queues::api()),
        of(viewer::local::api()),
        of(describe_shop::api()),
        of(report_health::api()),
    ] {
        whole.merge(part);
    }
    if let Some(components) = &mut whole.components {
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("session")));
        components.add_security_scheme("session", cookie);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
    whole
}

#[test]
fn the_description_of_the_api_is_what_the_code_says() {
    let path = root().join("docs/openapi.json");
    let told = described().to_pretty_json().expect("it can be written") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &told).expect("docs/ can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == told,
        "docs/openapi.json is not what the code says: run `cargo xtask openapi` and look at the difference"
    );
}

#[test]
fn every_shape_that_the_description_points_at_is_in_it() {
    fn pointers(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(pointer)) = fields.get("$ref") {
                    found.push(pointer.clone());
                }
                fields.values().for_each(|inner| pointers(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| pointers(inner, found)),
            _ => {}
        }
    }
    let told = serde_json::to_value(described()).expect("it is JSON");
    let mut found = Vec::new();
    pointers(&told, &mut found);
    assert!(!found.is_empty(), "a description without a single shape");
    for pointer in found {
        let inside = pointer.trim_start_matches('#');
        assert!(told.pointer(inside).is_some(), "{pointer} leads nowhere");
    }
}

#[test]
fn no_function_that_answers_http_is_left_out_of_the_description() {
    let this = include_str!("openapi.rs");
    let folders = fs::read_dir(root().join("functions")).expect("there are functions");
    for folder in folders.map(|folder| folder.expect("it can be read")) {
        let name = folder.file_name().to_string_lossy().into_owned();
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap_or_default();
        if manifest.contains("utoipa-axum") {
            let call = format!("of({}::api())", name.replace('-', "_"));
            assert!(this.contains(&call), "{name} is not described");
        }
    }
}

#[test]
fn every_address_of_the_description_is_routed_by_the_template() {
    let template = fs::read_to_string(root().join("template.yaml")).expect("there is a template");
    let routes: Vec<(&str, &str)> = template
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("RouteKey: \"")?
                .trim_end_matches('"')
                .split_once(' ')
        })
        .collect();
    let is_routed = |method: &str, path: &str| {
        routes.iter().any(|(routed_method, routed)| {
            let fits_method = *routed_method == "ANY" || routed_method.eq_ignore_ascii_case(method);
            let fits_path = *routed == path
                || routed
                    .strip_suffix("{proxy+}")
                    .is_some_and(|start| path.starts_with(start) && path.len() > start.len());
            fits_method && fits_path
        })
    };
    for (path, item) in described().paths.paths {
        for (method, operation) in [
            ("get", item.get),
            ("post", item.post),
            ("put", item.put),
            ("delete", item.delete),
        ] {
            assert!(
                operation.is_none() || is_routed(method, &path),
                "{method} {path} has no route"
            );
        }
    }
}
