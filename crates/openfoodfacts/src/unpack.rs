//! Gzip or not: whichever it is, out come the plain bytes.
//!
//! Names and content types lie (the API compresses when asked, dumps are renamed), so the first two bytes decide: a gzip
//! file begins with `1f 8b` (RFC 1952, 2.3.1), which no UTF-8 text does.

use flate2::read::MultiGzDecoder;
use std::io::{self, Chain, Cursor, Read};
use std::mem;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A source together with the first bytes that were taken from it.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// Reads a source that is gzip or plain. Several gzip members in a row are one text (RFC 1952, 2.2), as parallel
/// compressors write them.
pub(crate) struct Unpacked<R: Read>(State<R>);

enum State<R: Read> {
    /// Nothing was read yet.
    Fresh(R),
    Plain(Whole<R>),
    /// In a box, because its state is many times as large as the others.
    Gzip(Box<MultiGzDecoder<Whole<R>>>),
    /// Even the first bytes could not be read.
    Spent,
}

impl<R: Read> Unpacked<R> {
    pub(crate) const fn new(source: R) -> Self {
        Self(State::Fresh(source))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match mem::replace(&mut self.0, State::Spent) {
            State::Fresh(source) => self.0 = begin(source)?,
            begun => self.0 = begun,
        }
        match &mut self.0 {
            State::Plain(source) => source.read(into),
            State::Gzip(source) => source.read(into),
            State::Fresh(_) | State::Spent => Ok(0),
        }
    }
}

fn begin<R: Read>(mut source: R) -> io::Result<State<R>> {
    let mut head = Vec::with_capacity(GZIP_MAGIC.len());
    source
        .by_ref()
        .take(GZIP_MAGIC.len() as u64)
        .read_to_end(&mut head)?;
    let is_gzip = head == GZIP_MAGIC;
    let whole = Cursor::new(head).chain(source);
    Ok(if is_gzip {
        State::Gzip(Box::new(MultiGzDecoder::new(whole)))
    } else {
        State::Plain(whole)
    })
}
