//! The intrinsic functions of JSONPath states.
//!
//! Where the Developer Guide says that fractions are rounded, the service rounds in `States.MathAdd` and
//! `States.MathRandom`, and cuts them off in `States.ArrayRange`, `States.ArrayPartition` and the like.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::chance::Chance;
use crate::query::hexadecimal_digest;

/// Items that `States.ArrayRange` may yield.
const RANGE_ITEMS_MAX: i64 = 1_000;
/// Characters of what is encoded, decoded or hashed.
const CHARACTERS_MAX: usize = 10_000;

/// One of the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("States.Format", Function::Format, 1, usize::MAX),
    ("States.StringToJson", Function::StringToJson, 1, 1),
    ("States.JsonToString", Function::JsonToString, 1, 1),
    ("States.Array", Function::Array, 0, usize::MAX),
    ("States.ArrayPartition", Function::ArrayPartition, 2, 2),
    ("States.ArrayContains", Function::ArrayContains, 2, 2),
    ("States.ArrayRange", Function::ArrayRange, 3, 3),
    ("States.ArrayGetItem", Function::ArrayGetItem, 2, 2),
    ("States.ArrayLength", Function::ArrayLength, 1, 1),
    ("States.ArrayUnique", Function::ArrayUnique, 1, 1),
    ("States.Base64Encode", Function::Base64Encode, 1, 1),
    ("States.Base64Decode", Function::Base64Decode, 1, 1),
    ("States.Hash", Function::Hash, 2, 2),
    ("States.JsonMerge", Function::JsonMerge, 3, 3),
    ("States.MathRandom", Function::MathRandom, 2, 3),
    ("States.MathAdd", Function::MathAdd, 2, 2),
    ("States.StringSplit", Function::StringSplit, 2, 2),
    ("States.UUID", Function::Uuid, 0, 0),
];

impl Function {
    pub fn by_name(name: &str) -> Option<Function> {
        FUNCTIONS
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, function, ..)| *function)
    }

    /// How many arguments it takes, at least and at most.
    pub fn argument_count(self) -> (usize, usize) {
        self.row()
            .map_or((0, usize::MAX), |(_, _, least, most)| (*least, *most))
    }

    fn row(self) -> Option<&'static (&'static str, Function, usize, usize)> {
        FUNCTIONS.iter().find(|(_, function, ..)| *function == self)
    }

    /// Calls it. `States.Format` gets its template with the escapes in it. The error is a sentence.
    pub fn call(self, arguments: &[Value], chance: &mut Chance) -> Result<Value, String> {
        let name = self.row().map_or("", |(name, ..)| name);
        let outcome = match self {
            Function::Format => return format(arguments),
            Function::Array => Some(Value::Array(arguments.to_vec())),
            Function::Uuid => Some(chance.uuid().into()),
            Function::StringToJson => text(arguments, 0).and_then(|text| serde_json::from_str(text).ok()),
            Function::JsonToString => arguments.first().map(|value| value.to_string().into()),
            Function::ArrayPartition => partition(arguments),
            Function::ArrayContains => list(arguments, 0)
                .zip(arguments.get(1))
                .map(|(items, wanted)| items.contains(wanted).into()),
            Function::ArrayRange => range(arguments),
            Function::ArrayGetItem => get_item(arguments),
            Function::ArrayLength => list(arguments, 0).map(|items| items.len().into()),
            Function::ArrayUnique => list(arguments, 0).map(|items| unique(items)),
            Function::Base64Encode => short_text(arguments).map(|text| STANDARD.encode(text).into()),
            Function::Base64Decode => short_text(arguments).and_then(decode),
            Function::Hash => short_text(arguments)
                .zip(text(arguments, 1))
                .and_then(|(data, algorithm)| hexadecimal_digest(data, algorithm))
                .map(Value::String),
            Function::JsonMerge => merge(arguments),
            Function::MathRandom => random(arguments, chance),
            Function::MathAdd => add(arguments),
            Function::StringSplit => split(arguments),
        };
        outcome.ok_or_else(|| format!("Invalid arguments in {name}"))
    }
}

fn text(arguments: &[Value], index: usize) -> Option<&str> {
    arguments.get(index)?.as_str()
}

fn short_text(arguments: &[Value]) -> Option<&str> {
    text(arguments, 0).filter(|text| text.chars().count() <= CHARACTERS_MAX)
}

fn list(arguments: &[Value], index: usize) -> Option<&Vec<Value>> {
    arguments.get(index)?.as_array()
}

/// A number without its fraction, within 32 bits.
fn cut(arguments: &[Value], index: usize) -> Option<i64> {
    within_32_bits(arguments.get(index)?.as_f64()?.trunc())
}

/// A number rounded to the nearest whole one, within 32 bits.
fn rounded(arguments: &[Value], index: usize) -> Option<i64> {
    within_32_bits(arguments.get(index)?.as_f64()?.round())
}

fn within_32_bits(number: f64) -> Option<i64> {
    (f64::from(i32::MIN)..=f64::from(i32::MAX))
        .contains(&number)
        .then_some(number as i64)
}

/// `States.Format('Order {} of {}', 1, 'a')` is `Order 1 of a`.
fn format(arguments: &[Value]) -> Result<Value, String> {
    const NAME: &str = "Invalid arguments in States.Format";
    const UNCLOSED: &str = "Invalid template in States.Format: matching '}' not found for '{'.";
    let template = text(arguments, 0).ok_or(NAME)?;
    let mut values = arguments.iter().skip(1);
    let mut filled = String::new();
    let mut letters = template.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => filled.extend(letters.next()),
            '{' => {
                if letters.next() != Some('}') {
                    return Err(UNCLOSED.to_owned());
                }
                match values.next() {
                    Some(Value::String(text)) => filled.push_str(text),
                    Some(Value::Array(_) | Value::Object(_)) => return Err(NAME.to_owned()),
                    Some(value) => filled += &value.to_string(),
                    None => return Err(wrong_count()),
                }
            }
            '}' => {
                return Err("Invalid template in States.Format: matching '{' not found for '}'.".to_owned());
            }
            letter => filled.push(letter),
        }
    }
    match values.next() {
        None => Ok(filled.into()),
        Some(_) => Err(wrong_count()),
    }
}

fn wrong_count() -> String {
    "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.".to_owned()
}

fn partition(arguments: &[Value]) -> Option<Value> {
    let size = cut(arguments, 1).filter(|size| *size > 0)?;
    let chunks = list(arguments, 0)?.chunks(usize::try_from(size).ok()?);
    Some(chunks.map(|chunk| Value::Array(chunk.to_vec())).collect())
}

/// `States.ArrayRange(1, 9, 2)` is `[1,3,5,7,9]`.
fn range(arguments: &[Value]) -> Option<Value> {
    let (first, last, step) = (cut(arguments, 0)?, cut(arguments, 1)?, cut(arguments, 2)?);
    if step == 0 {
        return None;
    }
    let count = match (last - first).signum() * step.signum() {
        -1 => 0,
        _ => (last - first) / step + 1,
    };
    (count <= RANGE_ITEMS_MAX).then(|| {
        (0..count)
            .map(|index| Value::from(first + step * index))
            .collect()
    })
}

fn get_item(arguments: &[Value]) -> Option<Value> {
    let index = usize::try_from(cut(arguments, 1)?).ok()?;
    list(arguments, 0)?.get(index).cloned()
}

fn unique(items: &[Value]) -> Value {
    let mut seen = std::collections::BTreeSet::new();
    items
        .iter()
        .filter(|item| seen.insert(item.to_string()))
        .cloned()
        .collect()
}

fn decode(text: &str) -> Option<Value> {
    let bytes = STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok().map(Value::String)
}

/// Only the shallow mode exists: "currently, Step Functions only supports the shallow merging mode" (Developer
/// Guide, "Intrinsic functions").
fn merge(arguments: &[Value]) -> Option<Value> {
    let objects: Option<Vec<&Map<String, Value>>> = [0, 1]
        .iter()
        .map(|index| arguments.get(*index)?.as_object())
        .collect();
    let [first, second] = objects?.try_into().ok()?;
    let deep = arguments.get(2)?.as_bool()?;
    let mut merged = first.clone();
    merged.extend(second.iter().map(|(name, value)| (name.clone(), value.clone())));
    (!deep).then_some(Value::Object(merged))
}

/// A whole number from the first on and below the second; with a seed always the same one.
fn random(arguments: &[Value], chance: &mut Chance) -> Option<Value> {
    let (least, end) = (rounded(arguments, 0)?, rounded(arguments, 1)?);
    let width = u64::try_from(end - least).ok().filter(|width| *width > 0)?;
    let drawn = match arguments.get(2) {
        None => chance.up_to(width - 1),
        Some(_) => {
            let seed = rounded(arguments, 2)?;
            Chance::new(seed.unsigned_abs() ^ u64::from(seed < 0)).up_to(width - 1)
        }
    };
    Some((least + i64::try_from(drawn).ok()?).into())
}

fn add(arguments: &[Value]) -> Option<Value> {
    let sum = rounded(arguments, 0)? + rounded(arguments, 1)?;
    i32::try_from(sum).ok().map(Value::from)
}

/// Every character of the second text is a delimiter, and empty parts are left out.
fn split(arguments: &[Value]) -> Option<Value> {
    let (whole, delimiters) = (text(arguments, 0)?, text(arguments, 1)?);
    let parts = whole
        .split(|letter| delimiters.contains(letter))
        .filter(|part| !part.is_empty());
    Some(parts.map(Value::from).collect())
}
