//! Reference paths that something is put at: `ResultPath`.

use serde_json::{Map, Value};

use super::path::{Origin, Path, Step};

/// A place in an object, made if it is not there.
#[derive(Debug)]
pub struct ReferencePath {
    source: String,
    names: Vec<String>,
}

impl ReferencePath {
    /// Reads a path such as `$.order.payment`; the error is a sentence.
    pub fn parse(text: &str) -> Result<ReferencePath, String> {
        let path = Path::parse(text)?;
        if path.origin != Origin::Input {
            return Err("only a place in the state's input can be written to".to_owned());
        }
        let name = |(deep, step): &(bool, Step)| match step {
            Step::Name(name) if !deep => Ok(name.clone()),
            Step::Index(_) => Err("a place in a list cannot be written to".to_owned()),
            _ => Err("only a path that means one place can be written to".to_owned()),
        };
        Ok(ReferencePath {
            source: text.to_owned(),
            names: path.steps.iter().map(name).collect::<Result<_, _>>()?,
        })
    }

    /// The path as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Puts a value there. `None` when something on the way is no object.
    pub fn put(&self, mut whole: Value, value: Value) -> Option<Value> {
        let mut place = &mut whole;
        for name in &self.names {
            place = place
                .as_object_mut()?
                .entry(name.clone())
                .or_insert_with(|| Value::Object(Map::new()));
        }
        *place = value;
        Some(whole)
    }
}
