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
/// Counts a step and is nothing.
pub(super) const TICK: &str = "!tick";
/// Hands a value on that is gone through to its last member.
pub(super) const DEEP: &str = "!deep";
/// Hands a picture of a number or a time on; a second argument is the number.
pub(super) const PICTURE: &str = "!picture";

/// Steps that the evaluation of one template may take: calls, turns of a loop, items gone through. Time would be the
/// better measure, but not the same one each time: what is evaluated again, from the journal, must end as it did.
/// The dearest steps take about a microsecond in a release build, so this is a second.
pub(crate) const STEPS_MAX: u64 = 1_000_000;
/// Items of a list, or members of an object, that are gone through in one step.
const ITEMS_A_STEP: usize = 8;
/// Bytes of a text, or of what is compared or written as text, that are gone through in one step.
const BYTES_A_STEP: usize = 256;
/// Comparisons of two items that are made in one step.
const COMPARISONS_A_STEP: usize = 128;
/// Bytes of a picture.
const PICTURE_BYTES_MAX: usize = 4_096;
/// The largest width a picture may state.
const PICTURE_WIDTH_MAX: u32 = 1_000;
/// The largest number that is written in Roman numerals; each thousand takes a letter.
const ROMAN_MAX: f64 = 1_000_000.0;

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
pub(super) struct Meter {
    made_bytes: usize,
    /// Steps taken, those of earlier expressions of the same template among them.
    steps: u64,
    /// Sizes as JSON text of large containers by where their content is. The value is kept, so the place stays its.
    sizes: HashMap<usize, (usize, JValue)>,
}

/// Registers the functions that guards call.
pub(super) fn register(evaluator: &mut Evaluator, meter: &Rc<RefCell<Meter>>) -> Result<(), String> {
    let shared = Rc::clone(meter);
    let metered = move |arguments: &[JValue]| {
        let value = first(arguments);
        let more = match arguments.get(1) {
            Some(JValue::Number(more)) => *more as usize,
            Some(JValue::Array(items)) => items.len(),
            _ => 0,
        };
        shared.borrow_mut().pass(&value, more)?;
        Ok(value)
    };
    let shared = Rc::clone(meter);
    let tick = move |_: &[JValue]| {
        shared.borrow_mut().step(1)?;
        Ok(JValue::Undefined)
    };
    let shared = Rc::clone(meter);
    let deep = move |arguments: &[JValue]| {
        let value = first(arguments);
        let mut meter = shared.borrow_mut();
        let bytes = meter.size(&value, LEVELS_MAX)?;
        meter.step(1 + bytes / BYTES_A_STEP)?;
        Ok(value)
    };
    let shared = Rc::clone(meter);
    let short = move |arguments: &[JValue]| {
        let value = first(arguments);
        if let JValue::Array(items) = &value {
            if items.len() > COMPARED_MAX {
                return Err(exceeded());
            }
            let comparisons = items.len() * items.len() / 2;
            shared.borrow_mut().step(1 + comparisons / COMPARISONS_A_STEP)?;
        }
        Ok(value)
    };
    let outcome = evaluator
        .register_fn(METER, metered)
        .and_then(|()| evaluator.register_fn(WIDTH, width))
        .and_then(|()| evaluator.register_fn(SHORT, short))
        .and_then(|()| evaluator.register_fn(SEPARATOR, separator))
        .and_then(|()| evaluator.register_fn(REPLACEABLE, replaceable))
        .and_then(|()| evaluator.register_fn(LITTLE, little))
        .and_then(|()| evaluator.register_fn(VALUE, not_builtin))
        .and_then(|()| evaluator.register_fn(TICK, tick))
        .and_then(|()| evaluator.register_fn(DEEP, deep))
        .and_then(|()| evaluator.register_fn(PICTURE, |arguments: &[JValue]| picture(arguments)));
    outcome.map_err(|reason| reason.message().to_owned())
}

fn first(arguments: &[JValue]) -> JValue {
    arguments.first().cloned().unwrap_or(JValue::Undefined)
}

/// As the service says it.
fn exceeded() -> EvaluatorError {
    EvaluatorError::EvaluationError("Expression evaluation memory limit exceeded".to_owned())
}

fn too_many_steps() -> EvaluatorError {
    EvaluatorError::EvaluationError(format!(
        "Expression evaluation time limit exceeded: it takes more than {STEPS_MAX} steps"
    ))
}

impl Meter {
    /// A meter for an expression of a template that has taken so many steps before.
    pub fn after(steps: u64) -> Meter {
        Meter {
            steps,
            ..Meter::default()
        }
    }

    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    fn step(&mut self, steps: usize) -> Result<(), EvaluatorError> {
        self.steps = self.steps.saturating_add(steps as u64);
        match self.steps > STEPS_MAX {
            true => Err(too_many_steps()),
            false => Ok(()),
        }
    }

    /// Counts a value; it may share most of itself with one that was counted before.
    fn pass(&mut self, value: &JValue, more: usize) -> Result<(), EvaluatorError> {
        let own = match value {
            JValue::Array(items) => items.len(),
            JValue::Object(members) => members.len(),
            _ => 0,
        };
        self.charge((own + more + 1) * BYTES_MIN)?;
        let text = value.as_str().map_or(0, str::len);
        self.step(1 + (own + more) / ITEMS_A_STEP + text / BYTES_A_STEP)?;
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

fn picture(arguments: &[JValue]) -> HostFnResult {
    let value = first(arguments);
    if let Some(picture) = value.as_str() {
        check_picture(picture)?;
        if let Some(number) = arguments.get(1) {
            check_roman(picture, number)?;
        }
    }
    Ok(value)
}

/// Refuses a picture that is very long, or states a width that is.
pub(super) fn check_picture(picture: &str) -> Result<(), EvaluatorError> {
    if picture.len() > PICTURE_BYTES_MAX {
        return Err(refused(format!(
            "A picture must not be longer than {PICTURE_BYTES_MAX} bytes"
        )));
    }
    // Only what is in brackets has widths: behind a comma, `[Y,4-10]`.
    let widths = picture.split('[').skip(1).filter_map(|marker| {
        let (marker, _) = marker.split_once(']').unwrap_or((marker, ""));
        marker.split_once(',').map(|(_, widths)| widths)
    });
    let is_wide = |number: &str| {
        let number: String = number.chars().filter(|letter| letter.is_ascii_digit()).collect();
        !number.is_empty()
            && number
                .parse::<u32>()
                .map_or(true, |width| width > PICTURE_WIDTH_MAX)
    };
    match widths.flat_map(|widths| widths.split('-')).any(is_wide) {
        true => Err(refused(format!(
            "A width in the picture '{picture}' is larger than {PICTURE_WIDTH_MAX}"
        ))),
        false => Ok(()),
    }
}

/// Refuses numbers that would be written as far too many letters.
fn check_roman(picture: &str, number: &JValue) -> Result<(), EvaluatorError> {
    let is_roman = picture.starts_with(['i', 'I']);
    match number.as_f64() {
        Some(number) if number.abs() <= ROMAN_MAX => Ok(()),
        _ if is_roman => Err(refused(format!(
            "$formatInteger writes Roman numerals up to {ROMAN_MAX}, and not of a number that is still open"
        ))),
        _ => Ok(()),
    }
}

fn refused(message: String) -> EvaluatorError {
    EvaluatorError::EvaluationError(message)
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
