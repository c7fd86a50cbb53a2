//! Tests of Choice states in JSONPath: `{"Variable": "$.total", "NumericGreaterThanPath": "$.limit"}`.

use std::cmp::Ordering;

use serde_json::Value;
use time::OffsetDateTime;

use crate::query::QueryError;
use crate::timestamp;

use super::{PathQuery, Sight};

/// What must hold for a rule to be taken.
#[derive(Debug)]
pub enum Test {
    /// All of them.
    And(Vec<Test>),
    /// At least one of them.
    Or(Vec<Test>),
    /// Not this one.
    Not(Box<Test>),
    /// Something of one value.
    Compare(Box<Comparison>),
}

/// A question about the value a path leads to.
#[derive(Debug)]
pub struct Comparison {
    /// The path.
    pub variable: PathQuery,
    /// The question.
    pub against: Against,
}

/// What a value is held against.
#[derive(Debug)]
pub enum Against {
    /// `IsPresent`.
    Present(bool),
    /// `IsNull`, `IsNumeric` and so on: whether it is of a kind.
    Kind(Kind, bool),
    /// `StringMatches`.
    Pattern(String),
    /// `NumericLessThan` and so on, with a value.
    Value(Kind, Order, Value),
    /// `NumericLessThanPath` and so on, with a path to a value.
    Path(Kind, Order, PathQuery),
}

/// Kinds of values that can be told apart or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// Text.
    String,
    /// A number.
    Numeric,
    /// True or false.
    Boolean,
    /// Text that is an RFC 3339 time.
    Timestamp,
}

/// How two values are to stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The same.
    Equals,
    /// The variable is smaller.
    LessThan,
    /// The variable is not larger.
    LessThanEquals,
    /// The variable is larger.
    GreaterThan,
    /// The variable is not smaller.
    GreaterThanEquals,
}

impl Kind {
    /// Whether a value is of this kind.
    pub fn has(self, value: &Value) -> bool {
        match self {
            Kind::Null => value.is_null(),
            Kind::String => value.is_string(),
            Kind::Numeric => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::Timestamp => moment(value).is_some(),
        }
    }
}

impl Test {
    /// Whether it holds.
    ///
    /// # Errors
    ///
    /// When a path leads nowhere and the test is not about that.
    pub fn holds(&self, sight: &Sight<'_>) -> Result<bool, QueryError> {
        match self {
            Test::And(tests) => {
                for test in tests {
                    if !test.holds(sight)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Or(tests) => {
                for test in tests {
                    if test.holds(sight)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::Not(test) => test.holds(sight).map(|holds| !holds),
            Test::Compare(comparison) => comparison.holds(sight),
        }
    }
}

impl Comparison {
    fn holds(&self, sight: &Sight<'_>) -> Result<bool, QueryError> {
        if let Against::Present(wanted) = self.against {
            return Ok(self.variable.look(sight).is_some() == wanted);
        }
        let value = present(&self.variable, sight)?;
        Ok(match &self.against {
            Against::Present(_) => false,
            Against::Kind(kind, wanted) => kind.has(&value) == *wanted,
            Against::Pattern(pattern) => value.as_str().is_some_and(|text| matches(pattern, text)),
            Against::Value(kind, order, other) => order.holds(compare(*kind, &value, other)),
            Against::Path(kind, order, other) => order.holds(compare(*kind, &value, &present(other, sight)?)),
        })
    }
}

impl Order {
    /// Values that cannot be compared stand in no order at all.
    fn holds(self, ordering: Option<Ordering>) -> bool {
        ordering.is_some_and(|ordering| match self {
            Order::Equals => ordering.is_eq(),
            Order::LessThan => ordering.is_lt(),
            Order::LessThanEquals => ordering.is_le(),
            Order::GreaterThan => ordering.is_gt(),
            Order::GreaterThanEquals => ordering.is_ge(),
        })
    }
}

fn present(query: &PathQuery, sight: &Sight<'_>) -> Result<Value, QueryError> {
    query.look(sight).ok_or_else(|| {
        let cause = format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            query.source()
        );
        QueryError::runtime(query.field(), cause)
    })
}

/// How two values of a kind stand to each other; nothing if one of them is of another kind.
fn compare(kind: Kind, left: &Value, right: &Value) -> Option<Ordering> {
    match kind {
        Kind::Null => None,
        Kind::String => Some(left.as_str()?.cmp(right.as_str()?)),
        Kind::Numeric => left.as_f64()?.partial_cmp(&right.as_f64()?),
        Kind::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
        Kind::Timestamp => Some(moment(left)?.cmp(&moment(right)?)),
    }
}

fn moment(value: &Value) -> Option<OffsetDateTime> {
    timestamp::moment(value.as_str()?)
}

/// Whether a text fits a pattern in which `*` stands for any number of letters and a backslash makes the next letter
/// an ordinary one.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces: Vec<Option<char>> = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => pieces.push(None),
            '\\' => pieces.extend(letters.next().map(Some)),
            letter => pieces.push(Some(letter)),
        }
    }
    let text: Vec<char> = text.chars().collect();
    // The last wildcard and how much of the text it has taken; going back to it is all that is ever needed.
    let (mut at, mut piece, mut wildcard) = (0, 0, None);
    while at < text.len() {
        match pieces.get(piece) {
            Some(None) => {
                wildcard = Some((piece, at));
                piece += 1;
            }
            Some(Some(letter)) if *letter == text[at] => {
                at += 1;
                piece += 1;
            }
            _ => match wildcard {
                None => return false,
                Some((star, taken)) => {
                    wildcard = Some((star, taken + 1));
                    at = taken + 1;
                    piece = star + 1;
                }
            },
        }
    }
    pieces[piece..].iter().all(Option::is_none)
}

/// Whether a pattern ends within an escape.
pub(super) fn is_open(pattern: &str) -> bool {
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' && letters.next().is_none() {
            return true;
        }
    }
    false
}

impl Against {
    /// A pattern; the error is a sentence.
    pub fn pattern(text: &str) -> Result<Against, String> {
        match is_open(text) {
            true => Err("the pattern ends with a backslash that escapes nothing".to_owned()),
            false => Ok(Against::Pattern(text.to_owned())),
        }
    }
}
