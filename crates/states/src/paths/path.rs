//! Paths: `$.orders[0].lines[?(@.count > 1)]['name']`.
//!
//! The dialect is Jayway's, which Step Functions uses: a path that can only mean one place yields what is there, or
//! nothing; any other yields a list, perhaps an empty one.

use serde_json::Value;

use super::cursor::Cursor;
use super::filter::Filter;

/// Longer paths than this have no use, and each step may nest a value one level deeper.
const STEPS_MAX: usize = 100;
/// Places one path may yield; far more than fit into a payload.
const PLACES_MAX: usize = 200_000;

/// What a path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `$`: the input, or the result, depending on the field.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(String),
}

/// One step from a value to values within it.
#[derive(Debug)]
pub(super) enum Step {
    Name(String),
    Names(Vec<String>),
    Index(i64),
    Indexes(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    All,
    Where(Filter),
}

/// A path that was read.
#[derive(Debug)]
pub struct Path {
    source: String,
    pub(super) origin: Origin,
    /// Each with whether it is to be taken from everything below as well (`..`).
    pub(super) steps: Vec<(bool, Step)>,
}

/// Where a path led.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// What is there: one value, or a list of all of them.
    Value(Value),
    /// There is no such place.
    Nothing,
}

impl Path {
    /// Reads a path that is the whole text; the error is a sentence.
    pub fn parse(text: &str) -> Result<Path, String> {
        let mut cursor = Cursor::new(text);
        let path = Path::read(&mut cursor)?;
        if cursor.rest().is_empty() {
            return Ok(path);
        }
        Err(format!("{:?} is not understood", cursor.rest()))
    }

    /// Reads a path and stops where it ends.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Path, String> {
        let mark = cursor.mark();
        cursor.expect("$")?;
        let origin = if cursor.take("$") {
            Origin::Context
        } else {
            match cursor.take_while(|letter| letter.is_alphanumeric() || letter == '_') {
                "" => Origin::Input,
                name => Origin::Variable(name.to_owned()),
            }
        };
        let steps = read_steps(cursor, false)?;
        let source = cursor.since(mark).to_owned();
        Ok(Path {
            source,
            origin,
            steps,
        })
    }

    /// The path as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is there, seen from a root.
    pub(super) fn select(&self, root: &Value) -> Found {
        select(&self.steps, root)
    }

    /// `$['orders'][0]['name']`, as failures write it.
    pub(super) fn normalised(&self) -> String {
        let mut text = String::from("$");
        for (deep, step) in &self.steps {
            if *deep {
                text.push_str("..");
            }
            match step {
                Step::Name(name) => text += &format!("['{name}']"),
                Step::Names(names) => text += &format!("['{}']", names.join("','")),
                Step::Index(index) => text += &format!("[{index}]"),
                Step::Indexes(indexes) => {
                    let list: Vec<String> = indexes.iter().map(i64::to_string).collect();
                    text += &format!("[{}]", list.join(","));
                }
                Step::Slice(from, to) => {
                    let end = |end: &Option<i64>| end.map(|end| end.to_string()).unwrap_or_default();
                    text += &format!("[{}:{}]", end(from), end(to));
                }
                Step::All => text.push_str("[*]"),
                Step::Where(_) => text.push_str("[?]"),
            }
        }
        text
    }

    /// The first step that finds nothing, and what it was taken from.
    pub(super) fn dead_end<'a>(&self, root: &'a Value) -> (String, &'a Value) {
        let mut value = root;
        for (_, step) in &self.steps {
            let (next, name) = match step {
                Step::Name(name) => (value.get(name), name.clone()),
                Step::Index(index) => (at_index(value, *index), index.to_string()),
                _ => break,
            };
            match next {
                Some(next) => value = next,
                None => return (name, value),
            }
        }
        (self.source.clone(), value)
    }
}

/// Reads steps until something comes that is none; in a filter, signs of comparison end a name.
pub(super) fn read_steps(cursor: &mut Cursor<'_>, in_filter: bool) -> Result<Vec<(bool, Step)>, String> {
    let mut steps = Vec::new();
    loop {
        let (deep, step) = match cursor.peek() {
            Some('.') => {
                cursor.next();
                let deep = cursor.take(".");
                (deep, read_after_dot(cursor, in_filter)?)
            }
            Some('[') => (false, read_bracket(cursor)?),
            _ => return Ok(steps),
        };
        steps.push((deep, step));
        if steps.len() > STEPS_MAX {
            return Err(format!("a path has at most {STEPS_MAX} steps"));
        }
    }
}

fn read_after_dot(cursor: &mut Cursor<'_>, in_filter: bool) -> Result<Step, String> {
    // `$.abc.['def ghi']` is how the Developer Guide writes names with blanks.
    if cursor.peek() == Some('[') {
        return read_bracket(cursor);
    }
    if cursor.take("*") {
        return Ok(Step::All);
    }
    let mut name = String::new();
    while let Some(letter) = cursor.peek() {
        match letter {
            '\\' => {
                cursor.next();
                match cursor.next() {
                    Some(escaped) => name.push(escaped),
                    None => return Err("a backslash stands at the end".to_owned()),
                }
            }
            '.' | '[' | ']' | '(' | ')' | ',' | '\'' | '"' | '*' | '?' | '@' => break,
            '=' | '<' | '>' | '!' | '&' | '|' if in_filter => break,
            letter if letter.is_whitespace() => break,
            letter => {
                cursor.next();
                name.push(letter);
            }
        }
    }
    if name.is_empty() {
        return Err(format!("a name was expected at {:?}", cursor.rest()));
    }
    if cursor.peek() == Some('(') {
        return Err(format!("functions such as {name}() are not supported in paths"));
    }
    Ok(Step::Name(name))
}

fn read_bracket(cursor: &mut Cursor<'_>) -> Result<Step, String> {
    cursor.expect("[")?;
    cursor.skip_blanks();
    let step = match cursor.peek() {
        Some('\'' | '"') => {
            let mut names = vec![cursor.take_quoted()?];
            cursor.skip_blanks();
            while cursor.take(",") {
                cursor.skip_blanks();
                names.push(cursor.take_quoted()?);
                cursor.skip_blanks();
            }
            match names.len() {
                1 => Step::Name(names.remove(0)),
                _ => Step::Names(names),
            }
        }
        Some('*') => {
            cursor.next();
            Step::All
        }
        Some('?') => {
            cursor.next();
            Step::Where(Filter::read(cursor)?)
        }
        Some('(') => return Err("scripts such as [(@.length-1)] are not supported; write [-1]".to_owned()),
        _ => read_numbers(cursor)?,
    };
    cursor.skip_blanks();
    cursor.expect("]")?;
    Ok(step)
}

fn read_numbers(cursor: &mut Cursor<'_>) -> Result<Step, String> {
    let first = cursor.take_whole();
    cursor.skip_blanks();
    if cursor.take(":") {
        cursor.skip_blanks();
        let end = cursor.take_whole();
        cursor.skip_blanks();
        if cursor.peek() == Some(':') {
            return Err("a slice with a step is not supported".to_owned());
        }
        return Ok(Step::Slice(first, end));
    }
    let Some(first) = first else {
        return Err(format!("an index or a name was expected at {:?}", cursor.rest()));
    };
    let mut indexes = vec![first];
    while cursor.take(",") {
        cursor.skip_blanks();
        let Some(index) = cursor.take_whole() else {
            return Err(format!("an index was expected at {:?}", cursor.rest()));
        };
        indexes.push(index);
        cursor.skip_blanks();
    }
    Ok(match indexes.as_slice() {
        [index] => Step::Index(*index),
        _ => Step::Indexes(indexes),
    })
}

/// Follows steps from a root.
pub(super) fn select(steps: &[(bool, Step)], root: &Value) -> Found {
    // Several names at the end make an object of what they name, one for each place.
    if let Some(((false, Step::Names(names)), before)) = steps.split_last() {
        let part = |place: &&Value| {
            let members = place.as_object()?;
            let named = names
                .iter()
                .filter_map(|name| members.get_key_value(name))
                .map(|(name, member)| (name.clone(), member.clone()));
            Some(Value::Object(named.collect()))
        };
        return match follow(before, root) {
            None => Found::Nothing,
            Some((true, places)) => places.first().and_then(part).map_or(Found::Nothing, Found::Value),
            Some((false, places)) => Found::Value(places.iter().filter_map(part).collect()),
        };
    }
    match follow(steps, root) {
        Some((true, places)) => places
            .first()
            .map_or(Found::Nothing, |place| Found::Value((*place).clone())),
        Some((false, places)) => Found::Value(places.into_iter().cloned().collect()),
        None => Found::Nothing,
    }
}

/// Where steps lead, and whether they can only lead to one place; `None` if there is no such place.
fn follow<'a>(steps: &[(bool, Step)], root: &'a Value) -> Option<(bool, Vec<&'a Value>)> {
    let mut places = vec![root];
    let mut definite = true;
    for (deep, step) in steps {
        if *deep {
            definite = false;
            let mut all = Vec::new();
            places.iter().for_each(|place| below(place, &mut all));
            places = all;
        }
        let mut next = Vec::new();
        for place in &places {
            take(step, place, *deep, &mut next);
        }
        if definite && next.is_empty() && !may_be_empty(step, root_of(&places, root)) {
            return None;
        }
        definite = definite && matches!(step, Step::Name(_) | Step::Index(_));
        next.truncate(PLACES_MAX);
        places = next;
    }
    Some((definite, places))
}

fn root_of<'a>(places: &[&'a Value], root: &'a Value) -> &'a Value {
    places.first().copied().unwrap_or(root)
}

/// Whether a step that yields many may yield none here: slices and lists of indexes want a list.
fn may_be_empty(step: &Step, place: &Value) -> bool {
    match step {
        Step::Name(_) | Step::Names(_) | Step::Index(_) => false,
        Step::Indexes(_) | Step::Slice(..) => place.is_array(),
        Step::All | Step::Where(_) => true,
    }
}

/// A value and everything in it, outer before inner.
fn below<'a>(value: &'a Value, all: &mut Vec<&'a Value>) {
    if all.len() >= PLACES_MAX {
        return;
    }
    all.push(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| below(item, all)),
        Value::Object(members) => members.values().for_each(|member| below(member, all)),
        _ => {}
    }
}

fn take<'a>(step: &Step, place: &'a Value, deep: bool, next: &mut Vec<&'a Value>) {
    match (step, place) {
        (Step::Name(name), _) => next.extend(place.get(name)),
        (Step::Names(names), _) => next.extend(names.iter().filter_map(|name| place.get(name))),
        (Step::Index(index), _) => next.extend(at_index(place, *index)),
        (Step::Indexes(indexes), _) => {
            next.extend(indexes.iter().filter_map(|index| at_index(place, *index)));
        }
        (Step::Slice(from, to), Value::Array(items)) => {
            let start = from.map_or(0, |from| bound(from, items.len()));
            let end = to.map_or(items.len(), |to| bound(to, items.len()));
            next.extend(items.get(start..end).unwrap_or_default());
        }
        (Step::All, Value::Array(items)) => next.extend(items),
        (Step::All, Value::Object(members)) => next.extend(members.values()),
        // A filter behind `..` asks every object; the items of a list are among them already.
        (Step::Where(filter), Value::Array(items)) if !deep => {
            next.extend(items.iter().filter(|item| filter.accepts(item)));
        }
        (Step::Where(filter), Value::Object(_)) if filter.accepts(place) => next.push(place),
        _ => {}
    }
}

fn at_index(value: &Value, index: i64) -> Option<&Value> {
    let items = value.as_array()?;
    let index = match index {
        0.. => usize::try_from(index).ok()?,
        _ => items
            .len()
            .checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    items.get(index)
}

/// The place in a list that a slice's end means; negative ones count from the end.
fn bound(end: i64, length: usize) -> usize {
    let distance = usize::try_from(end.unsigned_abs()).unwrap_or(usize::MAX);
    match end {
        0.. => distance.min(length),
        _ => length.saturating_sub(distance),
    }
}
