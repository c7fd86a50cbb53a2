//! The shop's time in the header `Date`: pages count down by it, so it must be the time that deadlines are judged by.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use hyper::header::{DATE, HeaderMap, HeaderValue};
use laptop::Ahead;

use crate::failure::{Result, While};

/// The machine's clock, put ahead by as much time as was let pass.
pub struct ShopTime {
    ahead: Option<Ahead>,
    is_lost: AtomicBool,
}

impl ShopTime {
    /// Follows this file; without one the time is the machine's.
    pub fn told_in(file: Option<PathBuf>) -> Result<Self> {
        let ahead = file.map(Ahead::open).transpose();
        Ok(Self {
            ahead: ahead.while_doing("read how much time was let pass")?,
            is_lost: AtomicBool::new(false),
        })
    }

    /// Says in an answer what time it is in the shop now.
    pub fn stamp(&self, headers: &mut HeaderMap) {
        let Some(ahead) = &self.ahead else {
            // The engine's own word, or hyper's, is the machine's time.
            return;
        };
        let told = ahead.read_ms();
        // Once, and not with every answer.
        if let (Err(error), false) = (&told, self.is_lost.swap(told.is_err(), Ordering::Relaxed)) {
            eprintln!("How much time was let pass is not known any more, so what was known counts: {error}");
        }
        let ahead = Duration::from_millis(told.unwrap_or_else(|_| ahead.known_ms()));
        let now = SystemTime::now().checked_add(ahead);
        let date = now.map(httpdate::fmt_http_date);
        if let Some(date) = date.and_then(|date| HeaderValue::from_str(&date).ok()) {
            headers.insert(DATE, date);
        }
    }
}
