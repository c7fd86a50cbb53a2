//! From what arrives to what is read: a short queue of parts between the network and a thread that reads.

use reqwest::Error;
use std::io::{self, Cursor, Read};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Parts that may wait to be read. When so many do, the network is not listened to for a while.
const PARTS_MAX: usize = 8;

/// One part of an answer, or why there is no more of it.
type Part = Result<Vec<u8>, Error>;

/// Where parts go in. When it is dropped, the answer is over.
pub(crate) type Feed = Sender<Part>;

/// What is read: the parts, one behind the other. Blocks while there is none.
pub(crate) struct Parts {
    parts: Receiver<Part>,
    present: Cursor<Vec<u8>>,
}

/// Both ends.
pub(crate) fn feed_and_reader() -> (Feed, Parts) {
    let (feed, parts) = channel(PARTS_MAX);
    let present = Cursor::default();
    (feed, Parts { parts, present })
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.present.read(into)?;
            if length > 0 || into.is_empty() {
                return Ok(length);
            }
            match self.parts.blocking_recv() {
                None => return Ok(0),
                Some(Ok(part)) => self.present = Cursor::new(part),
                // Not "unexpected end": the wire broke, and what lies there may well be whole.
                Some(Err(error)) => return Err(io::Error::other(error.without_url())),
            }
        }
    }
}
