//! How much an expression may make: the functions that [`super::guard`] puts into it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::functions::string::{build_regex, extract_regex};
use jsonata_core::value::JValue;

/// Hands a value on if it is not too large; a second argument is what else it costs.
pub(super) const METER: &str = "!meter";
/// Hands a width of `$pad` on.
pub(super) const WIDTH: &str = "!width";
/// Hands a list on if it is short enough to compare each of its items with each.
pub(super) const SHORT: &str = "!short";
/// Hands a separator of `$join` on, given the list.
pub(super) const SEPARATOR: &str = "!separator";
/// Hands a replacement of `$replace` on, given the text and the pattern.
pub(super) const REPLACEABLE: &str = "!replaceable";
/// Hands a value on whose use cannot be seen, if it is no long text.
pub(super) const LITTLE: &str = "!little";
/// Hands a value on if it is no function that needs a check.
pub(super) const VALUE: &str = "!value";

/// Bytes of one text; a payload has a quarter of it.
const TEXT_BYTES_MAX: usize = 1_048_576;
/// Bytes of one value as JSON text, about.
const VALUE_BYTES_MAX: usize = 16 * 1_048_576;
/// Bytes of everything that an evaluation makes, about.
const ALL_BYTES_MAX: usize = 512 * 1_048_576;
/// Items of a list whose items are all compared with each other.
const COMPARED_MAX: usize = 10_000;
/// Bytes of a text whose use cannot be seen.
const LITTLE_BYTES_MAX: usize = 256;
/// Levels of new lists and objects within each other.
const LEVELS_MAX: usize = 500;
/// Bytes that any value takes.
const BYTES_MIN: usize = 16;
/// Containers of more bytes are looked at once and remembered.
const REMEMBERED_BYTES: usize = 1_024;

/// What an evaluation has made.
#[derive(Default)]
struct Meter {
    made_bytes: usize,
    /// Sizes as JSON text of large containers by where their content is. The value is kept, so the place stays its.
    sizes: HashMap<usize, (usize, JValue)>,
}

/// Registers the functions that guards call.
pub(super) fn register(evaluator: &mut Evaluator) -> Result<(), String> {
    let meter = Rc::new(RefCell::new(Meter::default()));
    let metered = move |arguments: &[JValue]| {
        let value = first(arguments);
        let more = arguments.get(1).and_then(JValue::as_f64).unwrap_or(0.0) as usize;
        meter.borrow_mut().pass(&value, more)?;
        Ok(value)
    };
    let outcome = evaluator
        .register_fn(METER, metered)
        .and_then(|()| evaluator.register_fn(WIDTH, width))
        .and_then(|()| evaluator.register_fn(SHORT, short))
        .and_then(|()| evaluator.register_fn(SEPARATOR, separator))
        .and_then(|()| evaluator.register_fn(REPLACEABLE, replaceable))
        .and_then(|()| evaluator.register_fn(LITTLE, little))
        .and_then(|()| evaluator.register_fn(VALUE, not_builtin));
    outcome.map_err(|reason| reason.message().to_owned())
}

fn first(arguments: &[JValue]) -> JValue {
    arguments.first().cloned().unwrap_or(JValue::Undefined)
}

/// As the service says it.
fn exceeded() -> EvaluatorError {
    EvaluatorError::EvaluationError("Expression evaluation memory limit exceeded".to_owned())
}

impl Meter {
    /// Counts a value; it may share most of itself with one that was counted before.
    fn pass(&mut self, value: &JValue, more: usize) -> Result<(), EvaluatorError> {
        let own = match value {
            JValue::Array(items) => items.len(),
            JValue::Object(members) => members.len(),
            _ => 0,
        };
        self.charge((own + more + 1) * BYTES_MIN)?;
        self.size(value, LEVELS_MAX).map(drop)
    }

    fn charge(&mut self, bytes: usize) -> Result<(), EvaluatorError> {
        self.made_bytes = self.made_bytes.saturating_add(bytes);
        match self.made_bytes > ALL_BYTES_MAX {
            true => Err(exceeded()),
            false => Ok(()),
        }
    }

    /// Bytes of a value as JSON text, where what it holds twice counts twice.
    fn size(&mut self, value: &JValue, levels: usize) -> Result<usize, EvaluatorError> {
        let levels = levels.checked_sub(1).ok_or_else(exceeded)?;
        let place = match value {
            JValue::String(text) => {
                if text.len() > TEXT_BYTES_MAX {
                    return Err(exceeded());
                }
                if text.len() <= REMEMBERED_BYTES {
                    self.charge(text.len())?;
                    return Ok(text.len() + BYTES_MIN);
                }
                text.as_ptr() as usize
            }
            JValue::Array(items) if !items.is_empty() => items.as_ptr() as usize,
            JValue::Object(members) if !members.is_empty() => Rc::as_ptr(members) as usize,
            _ => return Ok(BYTES_MIN),
        };
        if let Some((bytes, _)) = self.sizes.get(&place) {
            return Ok(*bytes);
        }
        let mut bytes = BYTES_MIN;
        let mut add = |part: usize| {
            bytes += part;
            match bytes > VALUE_BYTES_MAX {
                true => Err(exceeded()),
                false => Ok(()),
            }
        };
        match value {
            JValue::String(text) => {
                add(text.len())?;
                self.charge(text.len())?;
            }
            JValue::Array(items) => {
                self.charge(items.len() * BYTES_MIN)?;
                for item in items.iter() {
                    add(self.size(item, levels)?)?;
                }
            }
            JValue::Object(members) => {
                self.charge(members.len() * BYTES_MIN * 4)?;
                for (name, member) in members.iter() {
                    add(name.len() + self.size(member, levels)?)?;
                }
            }
            _ => {}
        }
        if bytes > REMEMBERED_BYTES {
            self.sizes.insert(place, (bytes, value.clone()));
        }
        Ok(bytes)
    }
}

fn width(arguments: &[JValue]) -> HostFnResult {
    let value = first(arguments);
    match value.as_f64() {
        Some(width) if width.abs() > TEXT_BYTES_MAX as f64 => Err(exceeded()),
        _ => Ok(value),
    }
}

fn short(arguments: &[JValue]) -> HostFnResult {
    let value = first(arguments);
    match &value {
        JValue::Array(items) if items.len() > COMPARED_MAX => Err(exceeded()),
        _ => Ok(value),
    }
}

fn separator(arguments: &[JValue]) -> HostFnResult {
    let value = first(arguments);
    let count = match arguments.get(1) {
        Some(JValue::Array(items)) => items.len(),
        _ => 1,
    };
    let bytes = value.as_str().map_or(0, str::len).saturating_mul(count);
    match bytes > TEXT_BYTES_MAX {
        true => Err(exceeded()),
        false => Ok(value),
    }
}

fn replaceable(arguments: &[JValue]) -> HostFnResult {
    let value = first(arguments);
    let (Some(replacement), Some(text)) = (value.as_str(), arguments.get(1).and_then(JValue::as_str)) else {
        return Ok(value);
    };
    let matches = match arguments.get(2) {
        Some(JValue::String(pattern)) if !pattern.is_empty() => text.matches(&**pattern).count(),
        Some(pattern) => match extract_regex(pattern).map(|(pattern, flags)| build_regex(&pattern, &flags)) {
            Some(Ok(regex)) => regex.find_iter(text).count(),
            _ => 0,
        },
        None => 0,
    };
    // Each `$` may bring back what was matched, which all together is no more than the text.
    let groups = replacement.matches('$').count();
    let bytes = replacement
        .len()
        .saturating_mul(matches)
        .saturating_add(groups.saturating_mul(text.len()));
    match bytes > TEXT_BYTES_MAX.saturating_mul(4) {
        true => Err(exceeded()),
        false => Ok(value),
    }
}

fn little(arguments: &[JValue]) -> HostFnResult {
    let value = first(arguments);
    match value.as_str() {
        Some(text) if text.len() > LITTLE_BYTES_MAX => Err(exceeded()),
        _ => Ok(value),
    }
}

fn not_builtin(arguments: &[JValue]) -> HostFnResult {
    let value = first(arguments);
    match &value {
        JValue::Builtin { name } => Err(EvaluatorError::EvaluationError(format!(
            "${name} can be called and given to a function, and not otherwise be used as a value"
        ))),
        _ => Ok(value),
    }
}
