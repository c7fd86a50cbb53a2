//! How products are found: by the beginnings of the words of their title, and by category.
//!
//! Titles and questions are folded the same way, so that `CAFE` finds `Café`. A product is known by the words of its
//! title; a wish names beginnings of words that must all be there. Whoever keeps an index has one row for each word of
//! a product and looks for the longest wanted beginning; the functions here say which of the rows found are answers.

use crate::ids::CategoryId;
use crate::ports::Wish;
use crate::product::WORDS_MAX;
use crate::refusal::{FieldError, Refusal};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Shortest word that finds anything, in characters. A single letter would find half of the catalogue.
pub const WORD_MIN: usize = 2;
/// Characters by which a word is known; what a longer one goes on with makes no difference.
pub const WORD_MAX: usize = 40;
/// Words of one wish, at most.
pub const WISH_WORDS_MAX: usize = 8;
/// Longest question, in characters.
pub const QUESTION_MAX: usize = 200;

/// Lower case without accents, so that texts that a person takes for the same are the same.
///
/// Compatibility forms are taken apart first: `ﬁ` is `fi`, and `²` is `2`. Letters that Unicode does not take apart, but
/// that are written without them on a keyboard that lacks them, are spelt out: `ß` is `ss`.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd()
        .flat_map(char::to_lowercase)
        // A letter in lower case may be one with an accent again.
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .fold(String::with_capacity(text.len()), |mut folded, letter| {
            match letter {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' => folded.push('d'),
                'ı' => folded.push('i'),
                other => folded.push(other),
            }
            folded
        })
}

/// The folded words of a text in their order: what stands between characters that are neither letter nor digit, from
/// [`WORD_MIN`] characters, cut to [`WORD_MAX`].
fn words_in_order(text: &str) -> Vec<String> {
    fold(text)
        .split(|letter: char| !letter.is_alphanumeric())
        .map(|word| word.chars().take(WORD_MAX).collect::<String>())
        .filter(|word| word.chars().count() >= WORD_MIN)
        .collect()
}

/// The words by which a title is found: the first [`WORDS_MAX`] different ones.
#[must_use]
pub fn words(title: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in words_in_order(title) {
        if words.len() == WORDS_MAX {
            break;
        }
        words.insert(word);
    }
    words
}

impl Wish {
    /// Reads a wish from a question in plain words and the id of a category, as they come in a query string. Nothing, or
    /// only blanks, wishes nothing. Single letters are left out of a question that has longer words: titles are not
    /// known by them either.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] that names `q` or `category`, or both.
    pub fn parse(q: Option<&str>, category: Option<&str>) -> Result<Self, Refusal> {
        let mut errors = Vec::new();
        let words = q.map_or_else(|| Ok(BTreeSet::new()), wanted_words);
        let category = category
            .map(|id| CategoryId::parse(&id.to_lowercase()))
            .transpose();
        if let Err(message) = &words {
            errors.push(FieldError::new("q", message));
        }
        if let Err(error) = &category {
            errors.push(FieldError::new("category", error.to_string()));
        }
        match (words, category) {
            (Ok(words), Ok(category)) => Ok(Self { words, category }),
            _ => Err(Refusal::InvalidInput { errors }),
        }
    }

    /// The wanted beginning to look for: the longest, because it finds the fewest rows. `None` without words.
    #[must_use]
    pub fn longest_word(&self) -> Option<&str> {
        let by_length = |word: &&String| word.chars().count();
        self.words.iter().max_by_key(by_length).map(String::as_str)
    }

    /// Whether a product with these words and categories is what is wished for.
    #[must_use]
    pub fn is_met_by(&self, words: &BTreeSet<String>, categories: &BTreeSet<CategoryId>) -> bool {
        let has_category = self
            .category
            .as_ref()
            .is_none_or(|category| categories.contains(category));
        has_category && self.words.iter().all(|wanted| begins(words, wanted).is_some())
    }
}

/// Whether the row of `word` answers for its product when rows are looked for that begin with `beginning`: only the
/// product's first word that begins so does, so that a product with two of them is answered once.
#[must_use]
pub fn answers_for(word: &str, beginning: &str, words: &BTreeSet<String>) -> bool {
    begins(words, beginning).is_some_and(|first| first == word)
}

/// The first of the words, in their order, that begins like this.
fn begins<'a>(words: &'a BTreeSet<String>, beginning: &str) -> Option<&'a str> {
    // All words with one beginning stand together, right behind the beginning itself.
    words
        .range::<str, _>((std::ops::Bound::Included(beginning), std::ops::Bound::Unbounded))
        .next()
        .map(String::as_str)
        .filter(|word| word.starts_with(beginning))
}

fn wanted_words(question: &str) -> Result<BTreeSet<String>, String> {
    if question.chars().count() > QUESTION_MAX {
        return Err(format!("must be at most {QUESTION_MAX} characters"));
    }
    if question.trim().is_empty() {
        return Ok(BTreeSet::new());
    }
    let words: BTreeSet<String> = words_in_order(question).into_iter().collect();
    if words.is_empty() {
        return Err(format!(
            "must have a word of at least {WORD_MIN} letters or digits"
        ));
    }
    if words.len() > WISH_WORDS_MAX {
        return Err(format!("must have at most {WISH_WORDS_MAX} words"));
    }
    Ok(words)
}

#[cfg(test)]
mod tests;
