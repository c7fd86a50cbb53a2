//! Reading text character by character, for paths and calls of functions.

/// What is left to read of a text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The part that is not read yet.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// How far it has read, to be handed to [`Cursor::since`].
    pub fn mark(&self) -> usize {
        self.at
    }

    /// What was read since a mark.
    pub fn since(&self, mark: usize) -> &'a str {
        &self.text[mark..self.at]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    /// Takes a word if it comes next.
    pub fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes a word or says what was there instead.
    pub fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) {
            return Ok(());
        }
        Err(format!("{word:?} was expected at {:?}", self.rest()))
    }

    pub fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    /// Takes letters as long as they fit.
    pub fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let mark = self.mark();
        while self.peek().is_some_and(&fits) {
            self.next();
        }
        self.since(mark)
    }

    /// Takes a whole number, perhaps a negative one.
    pub fn take_whole(&mut self) -> Option<i64> {
        let before = *self;
        self.take("-");
        self.take_while(|letter| letter.is_ascii_digit());
        let number = self.since(before.at).parse().ok();
        if number.is_none() {
            *self = before;
        }
        number
    }

    /// Takes a text between quotes; a backslash makes the next letter an ordinary one.
    pub fn take_quoted(&mut self) -> Result<String, String> {
        let Some(quote) = self.next().filter(|letter| matches!(letter, '\'' | '"')) else {
            return Err("a text between quotes was expected".to_owned());
        };
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err("a quote is not closed".to_owned()),
                Some(letter) if letter == quote => return Ok(text),
                Some('\\') => text.extend(self.next()),
                Some(letter) => text.push(letter),
            }
        }
    }
}
