//! Executions at rest: most of what waits for hours is packed away, and unpacked when something happens.
//!
//! The history, the strands with their values and the timers are nine tenths of an execution's memory, and nobody looks
//! at them while it waits. Packed they are compressed text; what lists and descriptions show stays as it is. Whoever
//! changes an execution unpacks it first ([`Execution::wake_up`]); whoever only looks gets a copy that is kept until it
//! is packed again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::history::HistoryEvent;
use crate::saved::Session;

use super::Execution;
use super::strand::{Strand, StrandId, TaskId};
use super::timers::{Timer, TimerKey};

/// What is packed away.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Body {
    #[serde(with = "crate::saved::whole")]
    pub input: Arc<Value>,
    pub history: Vec<HistoryEvent>,
    pub strands: BTreeMap<StrandId, Box<Strand>>,
    #[serde(with = "crate::saved::pairs")]
    pub timers: BTreeMap<TimerKey, Timer>,
    pub tasks: BTreeMap<TaskId, StrandId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remains: Option<Box<Strand>>,
}

/// A body at rest.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    bytes: Box<[u8]>,
    /// The length of the text.
    text_bytes: usize,
    /// Unpacked by someone who looked.
    looked_at: OnceLock<Box<Body>>,
}

thread_local! {
    /// Making one costs more than using it.
    static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

impl Packed {
    fn of(body: &Body) -> Option<Packed> {
        let text = serde_json::to_vec(body).ok()?;
        let bytes = COMPRESS.with_borrow_mut(|compress| {
            compress.reset();
            let mut bytes = Vec::with_capacity(text.len() / 2 + 64);
            loop {
                let read = usize::try_from(compress.total_in()).ok()?;
                match compress.compress_vec(&text[read..], &mut bytes, FlushCompress::Finish) {
                    Ok(flate2::Status::StreamEnd) => return Some(bytes),
                    Ok(_) => bytes.reserve(text.len() / 2 + 64),
                    Err(_) => return None,
                }
            }
        })?;
        Some(Packed {
            bytes: bytes.into_boxed_slice(),
            text_bytes: text.len(),
            looked_at: OnceLock::new(),
        })
    }

    fn body(&self) -> Result<Body, String> {
        let mut text = Vec::with_capacity(self.text_bytes);
        Decompress::new(false)
            .decompress_vec(&self.bytes, &mut text, FlushDecompress::Finish)
            .map_err(|reason| reason.to_string())?;
        let _session = Session::begin();
        crate::saved::read(&text).map_err(|reason| reason.to_string())
    }

    /// A copy to look at; an empty one if it cannot be read, which [`Execution::wake_up`] reports.
    fn look(&self) -> &Body {
        static EMPTY: OnceLock<Body> = OnceLock::new();
        if let Some(body) = self.looked_at.get() {
            return body;
        }
        match self.body() {
            Ok(body) => self.looked_at.get_or_init(|| Box::new(body)),
            Err(_) => EMPTY.get_or_init(Body::default),
        }
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.text_bytes, STANDARD_NO_PAD.encode(&self.bytes)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Packed, D::Error> {
        let (text_bytes, text) = <(usize, String)>::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Packed {
            bytes: bytes.into_boxed_slice(),
            text_bytes,
            looked_at: OnceLock::new(),
        })
    }
}

impl Execution {
    /// Packs it away until something happens. Nothing that can be seen changes.
    pub(crate) fn lie_down(&mut self) {
        if let Some(packed) = &mut self.packed {
            packed.looked_at.take();
            return;
        }
        // Nothing is under way, or it would not be time to rest.
        if !self.ready.is_empty() || !self.effects.is_empty() {
            return;
        }
        let body = Body {
            input: Arc::clone(&self.input),
            history: std::mem::take(&mut self.history),
            strands: std::mem::take(&mut self.strands),
            timers: std::mem::take(&mut self.timers),
            tasks: std::mem::take(&mut self.tasks),
            remains: self.remains.take(),
        };
        match Packed::of(&body) {
            Some(packed) => {
                self.packed = Some(Box::new(packed));
                self.input = nothing();
            }
            None => self.take_up(body),
        }
    }

    /// Unpacks it. To be called before anything is changed.
    ///
    /// # Errors
    ///
    /// A sentence, if what was packed cannot be read.
    pub(crate) fn wake_up(&mut self) -> Result<(), String> {
        let Some(packed) = &mut self.packed else {
            return Ok(());
        };
        let body = match packed.looked_at.take() {
            Some(body) => *body,
            None => packed.body()?,
        };
        self.packed = None;
        self.take_up(body);
        Ok(())
    }

    fn take_up(&mut self, body: Body) {
        self.input = body.input;
        self.history = body.history;
        self.strands = body.strands;
        self.timers = body.timers;
        self.tasks = body.tasks;
        self.remains = body.remains;
        self.share_input();
    }

    /// Strands whose input is the execution's own share it.
    pub(super) fn share_input(&mut self) {
        for strand in self.strands.values_mut().chain(&mut self.remains) {
            strand.share_input(&self.input);
        }
    }

    pub(super) fn seen_history(&self) -> &[HistoryEvent] {
        match &self.packed {
            Some(packed) => &packed.look().history,
            None => &self.history,
        }
    }

    pub(super) fn seen_timers(&self) -> &BTreeMap<TimerKey, Timer> {
        match &self.packed {
            Some(packed) => &packed.look().timers,
            None => &self.timers,
        }
    }

    /// Whether someone looked into it since it was packed.
    pub(crate) fn is_looked_at(&self) -> bool {
        let packed = self.packed.as_ref();
        packed.is_some_and(|packed| packed.looked_at.get().is_some())
    }

    pub(super) fn seen_strand(&self, task: TaskId) -> Option<&Strand> {
        let (tasks, strands) = match &self.packed {
            Some(packed) => {
                let body = packed.look();
                (&body.tasks, &body.strands)
            }
            None => (&self.tasks, &self.strands),
        };
        strands.get(tasks.get(&task)?).map(Box::as_ref)
    }
}

/// In place of what is packed; one for all.
fn nothing() -> Arc<Value> {
    static NOTHING: OnceLock<Arc<Value>> = OnceLock::new();
    Arc::clone(NOTHING.get_or_init(Arc::default))
}
