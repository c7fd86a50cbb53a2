//! The house rules as code: who may import whom, and which folder is which function.
//!
//! The table is in ARCHITECTURE.md ("Rooms"). A dependency that is not on a room's list fails here.

use crate::project::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

/// What a room may depend on, apart from tests. A trailing `*` stands for any ending.
fn allowed(package: &str, is_function: bool) -> &'static [&'static str] {
    match package {
        "domain" => &["serde", "sha2", "thiserror", "time", "unicode-normalization"],
        "contract" => &[
            "axum",
            "base64",
            "domain",
            "hmac",
            "http-body-util",
            "qr",
            "serde",
            "serde_json",
            "serde_path_to_error",
            "sha2",
            "tokio",
            "utoipa",
            "utoipa-axum",
        ],
        "aws" => &[
            "aws-config",
            "aws-runtime",
            "aws-sdk-*",
            "aws-smithy-*",
            "aws-types",
            "base64",
            "domain",
            "getrandom",
            "serde",
            "serde_dynamo",
            "serde_json",
            "tokio",
            "tracing",
        ],
        "shell" => &[
            "aws_lambda_events",
            "axum",
            "contract",
            "domain",
            "lambda_http",
            "lambda_runtime",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tower",
            "tracing",
            "tracing-subscriber",
        ],
        // The routes know no function; the stand-alone program beside them is all that starts a server.
        "viewer" => &[
            "aws",
            "axum",
            "base64",
            "contract",
            "domain",
            "laptop",
            "lexopt",
            "serde",
            "serde_json",
            "sha2",
            "tokio",
            "utoipa",
            "utoipa-axum",
        ],
        "stripe" => &[
            "domain",
            "hmac",
            "reqwest",
            "rustls",
            "serde",
            "serde_json",
            "sha2",
        ],
        "laptop" => &["domain", "serde", "serde_json", "thiserror", "tracing"],
        "qr" => &["png", "qrcodegen", "thiserror"],
        "wiring" => &[
            "aws",
            "contract",
            "domain",
            "laptop",
            "openfoodfacts",
            "openfoodfacts-http",
            "shell",
            "stripe",
        ],
        "openfoodfacts" => &["domain", "flate2", "serde", "serde_json", "thiserror"],
        "openfoodfacts-http" => &[
            "domain",
            "httpdate",
            "openfoodfacts",
            "reqwest",
            "rustls",
            "tokio",
        ],
        // Functions answer HTTP through axum and the contract; `shell` and `wiring` are for main.rs alone.
        _ if is_function => &[
            "argon2",
            "axum",
            "base64",
            "contract",
            "domain",
            "openfoodfacts",
            "serde",
            "serde_json",
            "shell",
            "stripe",
            "tokio",
            // For what is worth a line in the log and changes no answer; `shell` decides where lines go.
            "tracing",
            "utoipa",
            "utoipa-axum",
            "viewer",
            "wiring",
        ],
        _ => &["*"],
    }
}

/// What a room must not know, whatever else it may.
fn forbidden(package: &str) -> &'static [&'static str] {
    match package {
        "states" => &[
            "domain", "contract", "shell", "wiring", "aws", "aws-*", "lambda_*", "stripe",
        ],
        "simulation" => &["aws", "aws-*", "shell", "wiring", "lambda_*", "reqwest", "stripe"],
        "xtask" => &[
            "aws", "aws-*", "shell", "wiring", "lambda_*", "domain", "contract",
        ],
        _ => &[],
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |start| name.starts_with(start))
}

struct Package {
    name: String,
    is_function: bool,
    dependencies: BTreeSet<String>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("there are packages")
        .iter()
        .map(|package| Package {
            name: text(&package["name"]),
            is_function: text(&package["manifest_path"]).contains("/functions/"),
            dependencies: package["dependencies"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| text(&dependency["name"]))
                .collect(),
        })
        .collect()
}

#[test]
fn no_room_imports_what_it_must_not_know() {
    let packages = packages();
    assert!(packages.len() > 15, "cargo metadata sees the whole workspace");
    let functions: BTreeSet<&str> = packages
        .iter()
        .filter(|p| p.is_function)
        .map(|p| p.name.as_str())
        .collect();
    let mut broken = Vec::new();
    for package in &packages {
        for dependency in &package.dependencies {
            let may = allowed(&package.name, package.is_function)
                .iter()
                .any(|pattern| fits(pattern, dependency));
            let must_not = forbidden(&package.name)
                .iter()
                .any(|pattern| fits(pattern, dependency));
            let is_sideways = package.is_function && functions.contains(dependency.as_str());
            if !may || must_not || is_sideways {
                broken.push(format!("{} must not depend on {dependency}", package.name));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "see ARCHITECTURE.md, \"Rooms\":\n{}",
        broken.join("\n")
    );
}

/// Every `.rs` file of a function but main.rs.
fn library_sources(function: &str) -> Vec<(String, String)> {
    let folder = root().join("functions").join(function).join("src");
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).expect("a function has a src folder") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_some_and(|ending| ending == "rs")
            && path.file_name().is_some_and(|n| n != "main.rs")
        {
            let text = fs::read_to_string(&path).expect("it can be read");
            sources.push((path.display().to_string(), text));
        }
    }
    sources
}

#[test]
fn a_handler_knows_neither_aws_nor_lambda_nor_its_own_wiring() {
    let mut broken = Vec::new();
    for package in packages().iter().filter(|package| package.is_function) {
        for (path, text) in library_sources(&package.name) {
            for word in [
                "shell::",
                "wiring::",
                "lambda_runtime",
                "lambda_http",
                "aws_sdk",
                "std::env::",
                "SystemTime",
            ] {
                if text.contains(word) {
                    broken.push(format!("{path} names {word}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn folder_crate_binary_and_template_block_bear_one_name() {
    let template = fs::read_to_string(root().join("template.yaml")).expect("there is a template");
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .expect("there are functions")
        .map(|entry| {
            entry
                .expect("it can be listed")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let crates: BTreeSet<String> = packages()
        .into_iter()
        .filter(|p| p.is_function)
        .map(|p| p.name)
        .collect();
    assert_eq!(
        folders, crates,
        "each folder in functions/ is a crate of its name"
    );

    let mut code_of: BTreeMap<String, String> = BTreeMap::new();
    let mut block = String::new();
    for line in template.lines() {
        if line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':') {
            block = line.trim().trim_end_matches(':').to_owned();
        }
        if let Some(folder) = line.trim().strip_prefix("CodeUri: target/lambda/") {
            code_of.insert(folder.trim_end_matches('/').to_owned(), block.clone());
        }
    }
    for folder in &folders {
        let logical: String = folder
            .split('-')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect();
        assert_eq!(
            code_of.remove(folder),
            Some(format!("{logical}Function")),
            "the block of {folder}"
        );
        let main = fs::read_to_string(root().join(format!("functions/{folder}/src/main.rs")))
            .expect("it has a main");
        assert!(
            main.contains(&format!("\"{folder}\"")),
            "{folder} logs under another name"
        );
    }
    assert!(
        code_of.is_empty(),
        "the template deploys what has no folder: {code_of:?}"
    );
}
