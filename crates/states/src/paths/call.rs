//! Calls of intrinsic functions: `States.Format('{} of {}', $.name, States.ArrayLength($.lines))`.

use serde_json::{Number, Value};

use super::cursor::Cursor;
use super::functions::Function;
use super::path::Path;

/// "You can nest up to 10 intrinsic functions" (Developer Guide, "Intrinsic functions").
const NESTED_MAX: usize = 10;

/// A call of a function.
#[derive(Debug)]
pub struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Argument>,
}

/// What a function is given.
#[derive(Debug)]
pub(super) enum Argument {
    /// A text between apostrophes, its escapes still in it: only `States.Format` tells `{` from `\{`.
    Text(String),
    /// A number, null, true or false.
    Constant(Value),
    Path(Path),
    Call(Call),
}

impl Call {
    /// Reads a call that is the whole text; the error is a sentence.
    pub fn parse(text: &str) -> Result<Call, String> {
        let mut cursor = Cursor::new(text);
        cursor.skip_blanks();
        let call = read_call(&mut cursor, 1)?;
        cursor.skip_blanks();
        if cursor.rest().is_empty() {
            return Ok(call);
        }
        Err(format!("{:?} is not understood", cursor.rest()))
    }
}

fn read_call(cursor: &mut Cursor<'_>, depth: usize) -> Result<Call, String> {
    if depth > NESTED_MAX {
        return Err(format!("at most {NESTED_MAX} functions can be nested"));
    }
    let name = cursor
        .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_'))
        .to_owned();
    if name.is_empty() {
        return Err("a path begins with $ and a function with States.".to_owned());
    }
    cursor.expect("(")?;
    let Some(function) = Function::by_name(&name) else {
        return Err(format!("{name} is not an intrinsic function"));
    };
    let mut arguments = Vec::new();
    cursor.skip_blanks();
    if !cursor.take(")") {
        loop {
            cursor.skip_blanks();
            arguments.push(read_argument(cursor, depth)?);
            cursor.skip_blanks();
            if cursor.take(")") {
                break;
            }
            cursor.expect(",")?;
        }
    }
    let (least, most) = function.argument_count();
    if arguments.len() < least || arguments.len() > most {
        return Err(format!("{name} cannot have {} arguments", arguments.len()));
    }
    Ok(Call { function, arguments })
}

fn read_argument(cursor: &mut Cursor<'_>, depth: usize) -> Result<Argument, String> {
    match cursor.peek() {
        Some('$') => Path::read(cursor).map(Argument::Path),
        Some('\'') => read_text(cursor).map(Argument::Text),
        Some(letter) if letter.is_ascii_digit() || letter == '-' => {
            let word = cursor
                .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '.'));
            word.parse::<Number>()
                .map(|number| Argument::Constant(number.into()))
                .map_err(|_| format!("{word:?} is not a number"))
        }
        _ => {
            for (word, value) in [
                ("null", Value::Null),
                ("true", Value::Bool(true)),
                ("false", Value::Bool(false)),
            ] {
                if cursor.take(word) {
                    return Ok(Argument::Constant(value));
                }
            }
            read_call(cursor, depth + 1).map(Argument::Call)
        }
    }
}

/// Reads a text with its escapes: `\'`, `\{`, `\}` and `\\` are all there are.
fn read_text(cursor: &mut Cursor<'_>) -> Result<String, String> {
    cursor.expect("'")?;
    let mark = cursor.mark();
    loop {
        let before = cursor.since(mark).len();
        match cursor.next() {
            None => return Err("an apostrophe is not closed".to_owned()),
            Some('\'') => return Ok(cursor.since(mark)[..before].to_owned()),
            Some('\\') => match cursor.next() {
                Some('\'' | '{' | '}' | '\\') => {}
                _ => return Err("a backslash may only stand before ' { } and \\".to_owned()),
            },
            Some(_) => {}
        }
    }
}

/// A text without its escapes.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            letter => plain.push(letter),
        }
    }
    plain
}
