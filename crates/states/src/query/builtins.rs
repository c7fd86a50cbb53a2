//! Built-in functions whose cost grows with what they are given.

use super::meter::{DEEP, METER};

/// Functions that need a check of their arguments, and how many those may be.
const CHECKED: &[(&str, usize)] = &[
    ("pad", 3),
    ("join", 2),
    ("replace", 4),
    ("distinct", 1),
    ("formatInteger", 2),
    ("formatNumber", 3),
    ("fromMillis", 3),
    ("toMillis", 2),
    ("parseInteger", 2),
];

/// Functions that go through their first argument, and how deep that is.
const GOES_THROUGH: &[(&str, &str)] = &[
    ("append", METER),
    ("average", METER),
    ("base64decode", METER),
    ("base64encode", METER),
    ("contains", METER),
    ("decodeUrl", METER),
    ("decodeUrlComponent", METER),
    ("each", METER),
    ("encodeUrl", METER),
    ("encodeUrlComponent", METER),
    ("filter", METER),
    ("hash", METER),
    ("join", METER),
    ("keys", METER),
    ("length", METER),
    ("lowercase", METER),
    ("map", METER),
    ("match", METER),
    ("max", METER),
    ("merge", METER),
    ("min", METER),
    ("number", METER),
    ("pad", METER),
    ("parse", METER),
    ("partition", METER),
    ("reduce", METER),
    ("replace", METER),
    ("reverse", METER),
    ("shuffle", METER),
    ("sift", METER),
    ("single", METER),
    ("sort", METER),
    ("split", METER),
    ("spread", METER),
    ("string", DEEP),
    ("substring", METER),
    ("substringAfter", METER),
    ("substringBefore", METER),
    ("sum", METER),
    ("trim", METER),
    ("uppercase", METER),
    ("zip", METER),
];

/// The name and number of arguments of a function that needs a check.
pub(super) fn checked(name: &str) -> Option<(&'static str, usize)> {
    CHECKED.iter().copied().find(|(checked, _)| *checked == name)
}

/// What meters a function that goes through its first argument.
pub(super) fn goes_through(name: &str) -> Option<&'static str> {
    let found = GOES_THROUGH.iter().find(|(through, _)| *through == name);
    found.map(|(_, meter)| *meter)
}
