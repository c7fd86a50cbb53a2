//! Lines of a source, one at a time, none of them longer in memory than [`LINE_BYTES_MAX`].

use crate::row::{BadRow, Unreadable};
use crate::unpack::Unpacked;
use std::io::{BufRead, BufReader, ErrorKind, Read};

/// The longest line that is read, in bytes without its end. The longest row of the sample has 8 kB; whole products in
/// JSON have some tens of kB. A gzip file of a few kB can unpack to a line of many gigabytes, so there has to be a limit.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// A byte order mark, which spreadsheets put in front of a text.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The lines of a source, gzip or plain, numbered from 1. They end in LF or CR LF; the last one may lack its end. Empty
/// lines are no rows and are passed over, but they count in the numbers.
pub(crate) struct Lines<R: Read> {
    source: BufReader<Unpacked<R>>,
    line: Vec<u8>,
    at: u64,
    is_over: bool,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            source: BufReader::with_capacity(64 * 1024, Unpacked::new(source)),
            line: Vec::new(),
            at: 0,
            is_over: false,
        }
    }

    /// The next line with its number. After an error that [is the end](Unreadable::is_the_end) there is none: what
    /// had been read of a last line is dropped, because nobody can know what is missing of it.
    pub(crate) fn next(&mut self) -> Option<Result<(u64, &str), BadRow>> {
        while !self.is_over {
            let is_too_long = match self.fill()? {
                Ok(is_too_long) => is_too_long,
                Err(bad) => return Some(Err(bad)),
            };
            self.at += 1;
            if is_too_long {
                let detail = format!("more than {LINE_BYTES_MAX} bytes");
                return Some(Err(BadRow::new(self.at, Unreadable::LineTooLong, detail)));
            }
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
            if self.at == 1 && self.line.starts_with(BOM) {
                self.line.drain(..BOM.len());
            }
            if !self.line.is_empty() {
                let at = self.at;
                return Some(match std::str::from_utf8(&self.line) {
                    Ok(line) => Ok((at, line)),
                    Err(error) => Err(BadRow::new(at, Unreadable::NotUtf8, error.to_string())),
                });
            }
        }
        None
    }

    /// Passes over so many rows, whatever is in them: only the ends of lines are looked for, nothing is kept, checked or
    /// parsed. Says whether there were as many.
    ///
    /// # Errors
    /// What [is the end](Unreadable::is_the_end) before that.
    pub(crate) fn skip_rows(&mut self, rows: u64) -> Result<bool, BadRow> {
        let mut left = rows;
        while left > 0 {
            let is_row = if self.at == 0 {
                // The first one may begin with a byte order mark, which makes a line that is empty look as if it was not.
                match self.next() {
                    None => return Ok(false),
                    Some(Err(bad)) if bad.kind.is_the_end() => return Err(bad),
                    Some(_) => true,
                }
            } else {
                match self.pass_over() {
                    None => return Ok(false),
                    Some(is_row) => is_row?,
                }
            };
            left -= u64::from(is_row);
        }
        Ok(true)
    }

    /// Passes over one line and says whether it was a row, that is, not empty. `None` at the end of the source.
    fn pass_over(&mut self) -> Option<Result<bool, BadRow>> {
        let mut is_begun = false;
        let mut is_row = false;
        let mut ends_in_cr = false;
        while !self.is_over {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(BadRow::of_source(self.at + 1, &error)));
                }
            };
            if chunk.is_empty() {
                self.is_over = true;
                break;
            }
            is_begun = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
            if let Some((last, before)) = taken.split_last() {
                // One CR before the end belongs to the end; anything else is something to read.
                is_row |= ends_in_cr || !before.is_empty() || *last != b'\r';
                ends_in_cr = *last == b'\r';
            }
            let used = taken.len() + usize::from(end.is_some());
            self.source.consume(used);
            if end.is_some() {
                break;
            }
        }
        is_begun.then(|| {
            self.at += 1;
            Ok(is_row)
        })
    }

    /// Reads one line into `self.line` and says whether it was too long to be kept. `None` at the end of the source.
    fn fill(&mut self) -> Option<Result<bool, BadRow>> {
        self.line.clear();
        let mut is_too_long = false;
        let mut is_begun = false;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(BadRow::of_source(self.at + 1, &error)));
                }
            };
            if chunk.is_empty() {
                self.is_over = true;
                return is_begun.then_some(Ok(is_too_long));
            }
            is_begun = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
            if is_too_long || self.line.len() + taken.len() > LINE_BYTES_MAX {
                is_too_long = true;
                self.line.clear();
            } else {
                self.line.extend_from_slice(taken);
            }
            let used = taken.len() + usize::from(end.is_some());
            self.source.consume(used);
            if end.is_some() {
                return Some(Ok(is_too_long));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn read_all(source: impl Read) -> Vec<Result<(u64, String), (u64, Unreadable)>> {
        let mut lines = Lines::new(source);
        let mut all = Vec::new();
        while let Some(line) = lines.next() {
            all.push(match line {
                Ok((at, text)) => Ok((at, text.to_owned())),
                Err(bad) => Err((bad.at, bad.kind)),
            });
        }
        assert!(lines.next().is_none(), "the end is the end");
        all
    }

    #[test]
    fn lines_end_in_lf_or_crlf_and_the_last_may_lack_its_end() {
        let text: &[u8] = b"\xef\xbb\xbfa\r\n\n\r\nb\nc";
        assert_eq!(
            read_all(text),
            [
                Ok((1, "a".to_owned())),
                Ok((4, "b".to_owned())),
                Ok((5, "c".to_owned()))
            ]
        );
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
        let longest = "x".repeat(LINE_BYTES_MAX);
        let text = format!("{longest}\n{longest}x\nb\n");
        let lines = read_all(text.as_bytes());
        assert_eq!(lines[0], Ok((1, longest)));
        assert_eq!(lines[1], Err((2, Unreadable::LineTooLong)));
        assert_eq!(lines[2], Ok((3, "b".to_owned())));
    }

    #[test]
    fn an_endless_line_is_skipped_without_being_held_in_memory() {
        let mut lines = Lines::new(io::repeat(b'x').take(10_000_000).chain(&b"\nb\n"[..]));
        assert!(matches!(lines.next(), Some(Err(bad)) if bad.kind == Unreadable::LineTooLong && bad.at == 1));
        assert!(lines.line.capacity() <= 2 * LINE_BYTES_MAX);
        assert!(matches!(lines.next(), Some(Ok((2, "b")))));
    }

    /// A source that hands out so many bytes at a time.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(into.len());
            let (now, later) = self.0.split_at(length);
            into[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    #[test]
    fn rows_that_are_passed_over_are_the_rows_that_would_have_been_read() {
        let long = "x".repeat(LINE_BYTES_MAX + 1);
        for text in [
            format!("\n\r\na\r\n\n{long}\r\nb\r\r\n\r\r\nc\n\r"),
            "\u{feff}\r\n\u{feff}\nb\nc".to_owned(),
            "\u{feff}a\n\n\nb\n".to_owned(),
            String::new(),
        ] {
            let whole = read_all(text.as_bytes());
            for size in [1, 2, 3, 100_000] {
                for passed in 0..=whole.len() {
                    let mut lines = Lines::new(Dribble(text.as_bytes(), size.max(text.len() / 1_000)));
                    assert_eq!(lines.skip_rows(passed as u64), Ok(true));
                    let next = lines.next().map(|line| match line {
                        Ok((at, text)) => Ok((at, text.to_owned())),
                        Err(bad) => Err((bad.at, bad.kind)),
                    });
                    assert_eq!(next.as_ref(), whole.get(passed), "{passed} of {}", whole.len());
                }
                let mut lines = Lines::new(text.as_bytes());
                assert_eq!(lines.skip_rows(whole.len() as u64 + 1), Ok(false));
                assert!(lines.next().is_none());
            }
        }
    }

    #[test]
    fn a_source_that_fails_is_reported_once_and_its_half_line_is_dropped() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the wire was cut"))
            }
        }
        assert_eq!(
            read_all((&b"a\nhalf of"[..]).chain(Broken)),
            [Ok((1, "a".to_owned())), Err((2, Unreadable::SourceFailed))]
        );
        assert_eq!(read_all(Broken), [Err((1, Unreadable::SourceFailed))]);
    }
}
