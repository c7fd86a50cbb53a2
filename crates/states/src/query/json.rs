//! JSON to the evaluator's values and back.

use jsonata_core::value::JValue;
use serde_json::{Number, Value};

/// Whole numbers up to this are exact in 64-bit floats.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// The evaluator's form of a JSON value.
pub(super) fn from_json(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(flag) => JValue::Bool(*flag),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => JValue::array(items.iter().map(from_json).collect()),
        Value::Object(members) => JValue::object(
            members
                .iter()
                .map(|(name, member)| (name.clone(), from_json(member)))
                .collect(),
        ),
    }
}

/// Levels within each other; a payload may have fewer, so what is deeper fails soon anyway.
const LEVELS_MAX: usize = 400;
/// Bytes of JSON text that are worth making; a payload may have far fewer.
const BYTES_MAX: usize = 16 * 1_048_576;

/// The JSON form of an evaluated value; whole numbers are written without a fraction.
///
/// # Errors
///
/// A sentence, when the value is or holds a function, or is far too large.
pub(super) fn to_json(value: &JValue) -> Result<Value, &'static str> {
    convert(value, LEVELS_MAX, &mut 0)
}

fn convert(value: &JValue, levels: usize, bytes: &mut usize) -> Result<Value, &'static str> {
    const TOO_LARGE: &str = "Expression evaluation memory limit exceeded";
    // What a value shares with itself is written as often as it is there.
    *bytes += 8 + value.as_str().map_or(0, str::len);
    if *bytes > BYTES_MAX {
        return Err(TOO_LARGE);
    }
    match value {
        JValue::Null | JValue::Undefined => Ok(Value::Null),
        JValue::Bool(flag) => Ok(Value::Bool(*flag)),
        JValue::Number(number) => Ok(number_to_json(*number)),
        JValue::String(text) => Ok(Value::String(text.to_string())),
        JValue::Array(items) => {
            let levels = levels.checked_sub(1).ok_or(TOO_LARGE)?;
            let items = items.iter().map(|item| convert(item, levels, bytes));
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        JValue::Object(members) => {
            let levels = levels.checked_sub(1).ok_or(TOO_LARGE)?;
            let members = members.iter().map(|(name, member)| {
                *bytes += name.len();
                Ok((name.clone(), convert(member, levels, bytes)?))
            });
            members.collect::<Result<_, _>>().map(Value::Object)
        }
        _ => Err("The result is or holds a function, which JSON cannot represent."),
    }
}

/// JSON has no word for a number that is not finite; AWS writes the one of JavaScript as text.
fn number_to_json(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        return Value::from(number as i64);
    }
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => "NaN".into(),
        None if number > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}
