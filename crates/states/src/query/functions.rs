//! The functions Step Functions adds to JSONata, and those whose clock or randomness must come from a port.

use std::cell::RefCell;
use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::chance::Chance;

use super::json;
use super::meter::check_picture;

/// Every function registered here, without the `$`.
pub(super) const NAMES: &[&str] = &[
    "partition",
    "range",
    "hash",
    "random",
    "shuffle",
    "uuid",
    "parse",
    "now",
    "millis",
];

/// Items `$range` may yield.
const RANGE_ITEMS_MAX: f64 = 360_145.0;

/// Registers those functions an expression mentions.
pub(super) fn register(
    evaluator: &mut Evaluator,
    names: &[&'static str],
    chance: &Rc<RefCell<Chance>>,
    now_ms: u64,
) -> Result<(), String> {
    for name in names.iter().copied() {
        let chance = Rc::clone(chance);
        let registered =
            match name {
                "partition" => evaluator.register_fn(name, partition),
                "range" => evaluator.register_fn(name, range),
                "hash" => evaluator.register_fn(name, hash),
                "parse" => evaluator.register_fn(name, parse),
                "uuid" => evaluator.register_fn(name, move |_: &[JValue]| {
                    Ok(JValue::string(chance.borrow_mut().uuid()))
                }),
                "random" => evaluator
                    .register_fn_override(name, move |arguments: &[JValue]| random(arguments, &chance)),
                "shuffle" => evaluator
                    .register_fn_override(name, move |arguments: &[JValue]| shuffle(arguments, &chance)),
                "millis" => evaluator
                    .register_fn_override(name, move |_: &[JValue]| Ok(JValue::Number(now_ms as f64))),
                _ => evaluator.register_fn_override(name, move |arguments: &[JValue]| now(arguments, now_ms)),
            };
        registered.map_err(|reason| reason.message().to_owned())?;
    }
    Ok(())
}

fn refuse(message: &str) -> EvaluatorError {
    EvaluatorError::EvaluationError(message.to_owned())
}

fn number(arguments: &[JValue], index: usize, message: &str) -> Result<f64, EvaluatorError> {
    arguments
        .get(index)
        .and_then(JValue::as_f64)
        .filter(|number| number.is_finite())
        .ok_or_else(|| refuse(message))
}

/// `$partition([1,2,3], 2)` is `[[1,2],[3]]`. A fraction is cut off; of nothing, and into parts of nothing, it yields
/// nothing, as on AWS.
fn partition(arguments: &[JValue]) -> HostFnResult {
    let Some(JValue::Array(items)) = arguments.first() else {
        return Err(refuse("$partition takes a list and a chunk size"));
    };
    let size = number(arguments, 1, "$partition takes a list and a chunk size")?;
    if items.is_empty() || size.trunc() == 0.0 {
        return Ok(JValue::Undefined);
    }
    if size < 0.0 {
        return Err(refuse("The chunk size of $partition must not be negative"));
    }
    Ok(JValue::array(
        items
            .chunks(size as usize)
            .map(|chunk| JValue::array(chunk.to_vec()))
            .collect(),
    ))
}

/// `$range(0, 10, 5)` is `[0,5,10]`. Fractions are cut off; without a step or with one that leads away it yields
/// nothing, and a single number is no list, as on AWS.
fn range(arguments: &[JValue]) -> HostFnResult {
    const USAGE: &str = "$range takes a first number, a last number and a step";
    let first = number(arguments, 0, USAGE)?.trunc();
    let last = number(arguments, 1, USAGE)?.trunc();
    if matches!(arguments.get(2), None | Some(JValue::Undefined)) {
        return Ok(JValue::Undefined);
    }
    let step = number(arguments, 2, USAGE)?.trunc();
    if step == 0.0 {
        return Err(refuse("The step of $range must not be 0"));
    }
    let count = ((last - first) / step).floor() + 1.0;
    if count > RANGE_ITEMS_MAX {
        return Err(refuse("Expression evaluation memory limit exceeded"));
    }
    Ok(match count.max(0.0) as u32 {
        0 => JValue::Undefined,
        1 => JValue::Number(first),
        count => JValue::array(
            (0..count)
                .map(|index| JValue::Number(first + step * f64::from(index)))
                .collect(),
        ),
    })
}

/// `$hash("text", "SHA-256")` is the digest in lower-case hexadecimal.
fn hash(arguments: &[JValue]) -> HostFnResult {
    let (Some(text), Some(algorithm)) = (
        arguments.first().and_then(JValue::as_str),
        arguments.get(1).and_then(JValue::as_str),
    ) else {
        return Err(refuse("$hash takes a text and the name of an algorithm"));
    };
    hexadecimal_digest(text, algorithm)
        .map(JValue::string)
        .ok_or_else(|| refuse("The algorithm of $hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512"))
}

/// The digest of a text in lower-case hexadecimal; nothing if there is no such algorithm.
pub(crate) fn hexadecimal_digest(text: &str, algorithm: &str) -> Option<String> {
    Some(match algorithm {
        "MD5" => hexadecimal(&Md5::digest(text)),
        "SHA-1" => hexadecimal(&Sha1::digest(text)),
        "SHA-256" => hexadecimal(&Sha256::digest(text)),
        "SHA-384" => hexadecimal(&Sha384::digest(text)),
        "SHA-512" => hexadecimal(&Sha512::digest(text)),
        _ => return None,
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON text to a value.
fn parse(arguments: &[JValue]) -> HostFnResult {
    let Some(text) = arguments.first().and_then(JValue::as_str) else {
        return Err(refuse("$parse takes JSON text"));
    };
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|reason| refuse(&format!("$parse: the text is not JSON: {reason}")))?;
    Ok(json::from_json(&value))
}

/// A number in `0 <= x < 1`; with a seed always the same one.
fn random(arguments: &[JValue], chance: &Rc<RefCell<Chance>>) -> HostFnResult {
    match arguments.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Number(chance.borrow_mut().unit())),
        Some(JValue::Number(seed)) => Ok(JValue::Number(Chance::new(seed.to_bits()).unit())),
        Some(_) => Err(refuse("The seed of $random must be a number")),
    }
}

/// The items in an order that the port draws.
fn shuffle(arguments: &[JValue], chance: &Rc<RefCell<Chance>>) -> HostFnResult {
    let mut items = match arguments.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(JValue::Array(items)) => items.to_vec(),
        Some(item) => vec![item.clone()],
    };
    let mut chance = chance.borrow_mut();
    for last in (1..items.len()).rev() {
        items.swap(last, (chance.unit() * (last + 1) as f64) as usize);
    }
    Ok(JValue::array(items))
}

/// The port's time in JSONata's own formats.
fn now(arguments: &[JValue], now_ms: u64) -> HostFnResult {
    let given: Vec<&JValue> = arguments
        .iter()
        .filter(|argument| !matches!(argument, JValue::Undefined))
        .collect();
    if given.is_empty() {
        return Ok(JValue::string(crate::timestamp::to_text(now_ms)));
    }
    if let Some(picture) = given.first().and_then(|picture| picture.as_str()) {
        check_picture(picture)?;
    }
    let ast =
        parser::parse("$fromMillis(millis, picture, zone)").map_err(|reason| refuse(&reason.to_string()))?;
    let names = ["picture", "zone"];
    let mut members = vec![("millis".to_owned(), JValue::Number(now_ms as f64))];
    members.extend(
        given
            .into_iter()
            .zip(names)
            .map(|(value, name)| (name.to_owned(), value.clone())),
    );
    Evaluator::new().evaluate(&ast, &JValue::object(members.into_iter().collect()))
}
