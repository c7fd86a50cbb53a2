//! Texts that strangers wrote, made fit to be shown as text.
//!
//! Markup is neither interpreted nor taken out: `<b>Milk</b>` is a name of eleven characters and stays one, and whoever
//! shows it shows it as text. A remover of tags is a parser that somebody will fool, it would eat `a < b`, and it would
//! invite the next page to trust what it gets.

/// The text on one line: control characters and all kinds of blanks become single blanks, none of them at the ends;
/// marks that nobody sees but that turn the text around or hide in it are taken out. `None` if no letter and no digit is
/// left: `-` and `???` name nothing.
pub(crate) fn plain(text: &str) -> Option<String> {
    let visible: String = text
        .chars()
        .filter(|letter| !is_hidden(*letter))
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let plain = words.join(" ");
    plain.chars().any(char::is_alphanumeric).then_some(plain)
}

/// Overrides and isolates of the writing direction, with which a text reads as another one; zero-width blanks and byte
/// order marks, with which two texts look the same. The joiners stay: Persian, Hindi and others are written with them.
const fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}' | '\u{feff}'
    )
}

/// A whole number, also if it was written `4.0`. `None` for everything else.
pub(crate) fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.split_once('.').map_or(text, |(digits, fraction)| {
        let is_zero = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
        if is_zero { digits } else { "" }
    });
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_a_name_stays_what_it_is() {
        let name = "<script>alert('x')</script> & <b>Milk</b> &amp; a < b";
        assert_eq!(plain(name).as_deref(), Some(name));
    }

    #[test]
    fn control_characters_and_rows_of_blanks_become_one_blank() {
        assert_eq!(
            plain(" a\u{0}\u{7}\r\n\tb\u{a0}\u{2003}c\u{85} ").as_deref(),
            Some("a b c")
        );
    }

    #[test]
    fn a_text_cannot_be_turned_around() {
        assert_eq!(
            plain("milk\u{202e}klim\u{2066}\u{200b}").as_deref(),
            Some("milkklim")
        );
    }

    #[test]
    fn what_has_no_letter_and_no_digit_says_nothing() {
        for text in ["", " ", "-", "???", "\u{202e}", "\u{0}", "…"] {
            assert_eq!(plain(text), None);
        }
        assert_eq!(plain("7").as_deref(), Some("7"));
        assert_eq!(plain("牛乳").as_deref(), Some("牛乳"));
    }

    #[test]
    fn a_number_is_whole_or_none() {
        assert_eq!(whole(" -15 "), Some(-15));
        assert_eq!(whole("4.0"), Some(4));
        for text in [
            "",
            "4.5",
            "4.",
            ".0",
            "four",
            "1e3",
            "NaN",
            "99999999999999999999",
            "4,0",
        ] {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
