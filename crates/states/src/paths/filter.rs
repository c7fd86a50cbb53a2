//! Filters in paths: `?(@.count > 1 && @.name == 'a')`.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::cursor::Cursor;
use super::path::{self, Found, Step};

/// Nested parentheses and negations; a definition could otherwise nest them without end.
const DEPTH_MAX: usize = 20;

/// What an item must be like.
#[derive(Debug)]
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Has(Operand),
    Compare(Operand, Relation, Operand),
}

/// One side of a comparison.
#[derive(Debug)]
pub(super) enum Operand {
    /// `@.a.b`.
    Member(Vec<(bool, Step)>),
    Literal(Value),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const RELATIONS: &[(&str, Relation)] = &[
    ("==", Relation::Equal),
    ("!=", Relation::Unequal),
    ("<=", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("<", Relation::Less),
    (">", Relation::Greater),
];

impl Filter {
    /// Reads a filter after its question mark.
    pub fn read(cursor: &mut Cursor<'_>) -> Result<Filter, String> {
        read_any(cursor, 0)
    }

    /// Whether an item fits. Only objects do: "the @ operator ... does not match scalar values" (Developer Guide,
    /// "Paths").
    pub fn accepts(&self, item: &Value) -> bool {
        item.is_object() && self.holds(item)
    }

    fn holds(&self, item: &Value) -> bool {
        match self {
            Filter::Any(filters) => filters.iter().any(|filter| filter.holds(item)),
            Filter::All(filters) => filters.iter().all(|filter| filter.holds(item)),
            Filter::Not(filter) => !filter.holds(item),
            Filter::Has(operand) => operand.value(item).is_some(),
            Filter::Compare(left, relation, right) => {
                compare(left.value(item).as_ref(), *relation, right.value(item).as_ref())
            }
        }
    }
}

impl Operand {
    fn value(&self, item: &Value) -> Option<Value> {
        match self {
            Operand::Literal(value) => Some(value.clone()),
            Operand::Member(steps) => match path::select(steps, item) {
                Found::Value(value) => Some(value),
                Found::Nothing => None,
            },
        }
    }
}

fn compare(left: Option<&Value>, relation: Relation, right: Option<&Value>) -> bool {
    let order = match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => left.as_f64().partial_cmp(&right.as_f64()),
        (Some(Value::String(left)), Some(Value::String(right))) => Some(left.cmp(right)),
        _ => None,
    };
    let equal = order == Some(Ordering::Equal) || (order.is_none() && left.is_some() && left == right);
    match relation {
        Relation::Equal => equal,
        Relation::Unequal => !equal,
        Relation::Less => order == Some(Ordering::Less),
        Relation::LessOrEqual => order.is_some_and(Ordering::is_le),
        Relation::Greater => order == Some(Ordering::Greater),
        Relation::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    }
}

fn read_any(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, String> {
    let mut filters = vec![read_all(cursor, depth)?];
    while followed_by(cursor, "||") {
        filters.push(read_all(cursor, depth)?);
    }
    Ok(match filters.len() {
        1 => filters.remove(0),
        _ => Filter::Any(filters),
    })
}

fn read_all(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, String> {
    let mut filters = vec![read_one(cursor, depth)?];
    while followed_by(cursor, "&&") {
        filters.push(read_one(cursor, depth)?);
    }
    Ok(match filters.len() {
        1 => filters.remove(0),
        _ => Filter::All(filters),
    })
}

fn followed_by(cursor: &mut Cursor<'_>, word: &str) -> bool {
    cursor.skip_blanks();
    cursor.take(word)
}

fn read_one(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, String> {
    if depth > DEPTH_MAX {
        return Err("the filter is nested too deeply".to_owned());
    }
    cursor.skip_blanks();
    if cursor.take("!") {
        return Ok(Filter::Not(Box::new(read_one(cursor, depth + 1)?)));
    }
    if cursor.take("(") {
        let inner = read_any(cursor, depth + 1)?;
        cursor.skip_blanks();
        cursor.expect(")")?;
        return Ok(inner);
    }
    let left = read_operand(cursor)?;
    cursor.skip_blanks();
    if cursor.rest().starts_with("=~") {
        return Err("filters by regular expression are not supported".to_owned());
    }
    if let Some((_, relation)) = RELATIONS.iter().find(|(sign, _)| cursor.take(sign)) {
        cursor.skip_blanks();
        let right = read_operand(cursor)?;
        return Ok(Filter::Compare(left, *relation, right));
    }
    if cursor.peek().is_some_and(char::is_alphabetic) {
        let word = cursor.take_while(char::is_alphanumeric);
        return Err(format!("the operator {word:?} is not supported in filters"));
    }
    match left {
        Operand::Member(_) => Ok(Filter::Has(left)),
        Operand::Literal(_) => Err("a filter must ask something of @".to_owned()),
    }
}

fn read_operand(cursor: &mut Cursor<'_>) -> Result<Operand, String> {
    match cursor.peek() {
        Some('@') => {
            cursor.next();
            let steps = path::read_steps(cursor, true)?;
            let plain = steps
                .iter()
                .all(|(deep, step)| !deep && matches!(step, Step::Name(_) | Step::Index(_)));
            match plain {
                true => Ok(Operand::Member(steps)),
                false => Err("only names and indexes may follow @ in a filter".to_owned()),
            }
        }
        Some('$') => Err("a filter cannot refer to another value of the input".to_owned()),
        Some('\'' | '"') => Ok(Operand::Literal(Value::String(cursor.take_quoted()?))),
        _ => {
            let word = cursor
                .take_while(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '+' | '.' | '_'));
            match word {
                "true" => Ok(Operand::Literal(true.into())),
                "false" => Ok(Operand::Literal(false.into())),
                "null" => Ok(Operand::Literal(Value::Null)),
                _ => word
                    .parse::<Number>()
                    .map(|number| Operand::Literal(number.into()))
                    .map_err(|_| format!("{word:?} is neither a value nor begins with @")),
            }
        }
    }
}
