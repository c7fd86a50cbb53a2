//! Rows of text files with a delimiter, by the rules that Step Functions has for them.
//!
//! Those are its own ("How Step Functions parses input CSV files", Developer Guide), which is why no common reader does:
//! two double quotes are one of them in fields without quotes as well, and a backslash makes the next backslash, double
//! quote or delimiter an ordinary letter, and is left out before anything else.

/// What is still to be read, and the delimiter.
pub(super) struct Rows<'a> {
    rest: &'a str,
    delimiter: char,
}

/// A field in double quotes does not end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unended;

impl<'a> Rows<'a> {
    /// The rows of a text; a mark of the byte order before it is no part of them.
    pub fn of(text: &'a str, delimiter: u8) -> Rows<'a> {
        Rows {
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            delimiter: char::from(delimiter),
        }
    }

    fn take_if(&mut self, fits: impl Fn(char) -> bool) -> Option<char> {
        let letter = self.rest.chars().next().filter(|letter| fits(*letter))?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    /// The next field, and whether the row ends with it.
    fn field(&mut self) -> Result<(String, bool), Unended> {
        let delimiter = self.delimiter;
        let mut field = String::new();
        let mut is_quoted = self.take_if(|letter| letter == '"').is_some();
        loop {
            let Some(letter) = self.take_if(|_| true) else {
                return if is_quoted {
                    Err(Unended)
                } else {
                    Ok((field, true))
                };
            };
            match letter {
                '\\' => {
                    let is_special = |letter| letter == '\\' || letter == '"' || letter == delimiter;
                    field.extend(self.take_if(is_special));
                }
                '"' => match self.take_if(|letter| letter == '"') {
                    Some(quote) => field.push(quote),
                    None if is_quoted => is_quoted = false,
                    None => field.push('"'),
                },
                letter if is_quoted => field.push(letter),
                letter if letter == delimiter => return Ok((field, false)),
                '\n' => return Ok((field, true)),
                '\r' => {
                    self.take_if(|letter| letter == '\n');
                    return Ok((field, true));
                }
                letter => field.push(letter),
            }
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<String>, Unended>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            match self.field() {
                Ok((field, is_last)) => {
                    row.push(field);
                    if is_last {
                        return Some(Ok(row));
                    }
                }
                Err(unended) => return Some(Err(unended)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        Rows::of(text, b',').map(Result::unwrap).collect()
    }

    #[test]
    fn the_row_of_the_developer_guide_is_read_as_it_says() {
        let text = concat!(
            "abc,123,\"This string contains commas, a double quotation marks (\"\"), and a newline (\n)\",",
            "{\"\"MyKey\"\":\"\"MyValue\"\"},\"[1,2,3]\"",
        );
        let expected = [
            "abc",
            "123",
            "This string contains commas, a double quotation marks (\"), and a newline (\n)",
            "{\"MyKey\":\"MyValue\"}",
            "[1,2,3]",
        ];
        assert_eq!(rows(text), [expected]);
    }

    #[test]
    fn a_backslash_stands_for_what_follows_or_for_nothing() {
        assert_eq!(
            rows("C:\\\\Program Files\\\\MyApp.exe,6534512"),
            [["C:\\Program Files\\MyApp.exe", "6534512"]]
        );
        assert_eq!(rows("a\\,b,\\\"c\\\",\\d\\"), [["a,b", "\"c\"", "d"]]);
    }

    #[test]
    fn rows_end_with_any_line_end_and_the_last_one_without() {
        assert_eq!(
            rows("\u{feff}a,b\r\nc,\n\n\"\",\re"),
            [vec!["a", "b"], vec!["c", ""], vec![""], vec!["", ""], vec!["e"]]
        );
        assert!(rows("").is_empty());
        assert_eq!(Rows::of("a,\"b\n", b',').next(), Some(Err(Unended)));
        let piped: Vec<_> = Rows::of("a,b|c", b'|').map(Result::unwrap).collect();
        assert_eq!(piped, [["a,b", "c"]]);
    }

    fn written(table: &[Vec<String>], delimiter: char) -> String {
        let field = |field: &String| {
            let text = field.replace('\\', "\\\\").replace('"', "\"\"");
            format!("\"{text}\"")
        };
        let row = |row: &Vec<String>| {
            row.iter()
                .map(field)
                .collect::<Vec<_>>()
                .join(&delimiter.to_string())
        };
        table.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    proptest! {
        #[test]
        fn a_table_in_quotes_is_read_as_it_was(
            table in prop::collection::vec(prop::collection::vec(".{0,6}|[\"\\\\,|;\n\r]{0,4}", 1..4), 1..4),
            delimiter in prop::sample::select(vec![',', '|', ';', ' ', '\t']),
        ) {
            let text = written(&table, delimiter);
            let read: Result<Vec<_>, _> = Rows::of(&text, delimiter as u8).collect();
            prop_assert_eq!(read, Ok(table));
        }

        #[test]
        fn any_text_ends(text in "[\"\\\\,a\n\r\u{e9}\u{feff}]{0,40}") {
            let letters: usize = Rows::of(&text, b',')
                .take_while(Result::is_ok)
                .map(|row| row.unwrap().iter().map(String::len).sum::<usize>() + 1)
                .sum();
            prop_assert!(letters <= text.len() * 2 + 1);
        }
    }
}
