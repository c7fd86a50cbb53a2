//! The names that an expression gives a value.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names that an expression gives a value.
#[derive(Default)]
pub(super) struct Bound {
    lambdas: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Bound {
    /// Finds them: by `:=`, as a parameter, by `@` or `#`.
    pub fn collect(&mut self, tree: &Value) {
        match tree {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(members) => {
                if members.get("op").is_some_and(|op| op == "ColonEqual") {
                    let is_lambda = members.get("rhs").is_some_and(|rhs| rhs.get("Lambda").is_some());
                    let names = match is_lambda {
                        true => &mut self.lambdas,
                        false => &mut self.others,
                    };
                    let name = members.get("lhs").and_then(|lhs| lhs.get("Variable")?.as_str());
                    names.extend(name.map(str::to_owned));
                }
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("params", Value::Array(names)) => {
                            let names = names.iter().filter_map(Value::as_str);
                            self.others.extend(names.map(str::to_owned));
                        }
                        ("focus" | "index_var" | "Index", Value::String(name)) => {
                            self.others.insert(name.clone());
                        }
                        _ => {}
                    }
                    self.collect(member);
                }
            }
            _ => {}
        }
    }

    /// Whether the expression gives this name a value.
    pub fn holds(&self, name: &str) -> bool {
        self.lambdas.contains(name) || self.others.contains(name)
    }

    /// Whether a name can only mean a function that the expression itself defines.
    pub fn is_lambda(&self, name: &str) -> bool {
        self.lambdas.contains(name) && !self.others.contains(name)
    }
}
