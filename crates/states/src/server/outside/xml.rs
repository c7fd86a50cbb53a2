//! As much of XML as AWS answers with: elements, text, entities. Attributes and comments are passed over.

/// An element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name, without a prefix.
    pub name: String,
    /// Its own text, trimmed if it has children.
    pub text: String,
    /// What it holds.
    pub children: Vec<Element>,
}

/// More than AWS ever nests; what is deeper is no answer.
const DEPTH_MAX: usize = 64;

impl Element {
    /// The first child of this name.
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name.
    pub fn text_of(&self, name: &str) -> Option<String> {
        self.find(name).map(|child| child.text.clone())
    }
}

/// Reads a document; `None` if it is none.
pub(super) fn read(text: &str) -> Option<Element> {
    let mut open: Vec<Element> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        if let Some(element) = open.last_mut() {
            element.text.push_str(&plain(&rest[..at]));
        }
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("!--") {
            rest = &after[after.find("-->")? + 3..];
            continue;
        }
        let end = rest.find('>')?;
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if tag.starts_with(['?', '!']) {
            continue;
        }
        let is_closed = match tag.strip_prefix('/') {
            Some(_) => true,
            None => {
                let name = tag.trim_end_matches('/').split_ascii_whitespace().next()?;
                let name = name.rsplit(':').next()?.to_owned();
                if open.len() >= DEPTH_MAX {
                    return None;
                }
                open.push(Element {
                    name,
                    ..Element::default()
                });
                tag.ends_with('/')
            }
        };
        if is_closed {
            let mut element = open.pop()?;
            if !element.children.is_empty() {
                element.text = element.text.trim().to_owned();
            }
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => return Some(element),
            }
        }
    }
    None
}

fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.find(';').map(|end| &rest[..=end]);
        let letter = entity.and_then(|entity| match entity {
            "&amp;" => Some('&'),
            "&lt;" => Some('<'),
            "&gt;" => Some('>'),
            "&quot;" => Some('"'),
            "&apos;" => Some('\''),
            _ => {
                let number = entity.strip_prefix("&#")?.strip_suffix(';')?;
                let code = match number.strip_prefix('x') {
                    Some(number) => u32::from_str_radix(number, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        match (letter, entity) {
            (Some(letter), Some(entity)) => {
                plain.push(letter);
                rest = &rest[entity.len()..];
            }
            _ => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_half_an_answer_is_none() {
        let text = "<?xml version=\"1.0\"?>\n<!-- a > b --><R xmlns=\"http://x\">\n <E><Code>A&amp;B&#33;</Code><None/></E>\n</R>";
        let document = read(text).unwrap();
        assert_eq!(document.name, "R");
        let error = document.find("E").unwrap();
        assert_eq!(error.text_of("Code").as_deref(), Some("A&B!"));
        assert_eq!(error.text_of("None").as_deref(), Some(""));
        for end in 0..text.len() {
            assert_eq!(read(&text[..end]), None, "{end}");
        }
        assert_eq!(read("</a>"), None);
        assert_eq!(read(&"<a>".repeat(1000)), None);
    }
}
