//! The whole engine as lines of text and back.
//!
//! First the engine without its executions, then one line per execution, one per map run, and a line that says that this
//! was all.
//! What can be found again (indexes, timers by time) is not written.

use std::io::{BufRead, Error, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::saved::Session;

use super::{ByArn, Engine, Entry, ExecutionId, MapRun};

/// One line of a snapshot.
#[derive(Serialize, Deserialize)]
enum Line<E, R, M> {
    Engine(E),
    Execution(ExecutionId, R),
    MapRun(M),
    End,
}

impl Engine {
    /// Writes everything that [`Engine::load`] needs.
    ///
    /// # Errors
    ///
    /// Of the writer.
    pub fn save(&self, to: &mut impl Write) -> Result<(), Error> {
        let _session = Session::begin();
        let mut line = |value: &Line<&Engine, &Entry, &MapRun>| {
            serde_json::to_writer(&mut *to, value)?;
            to.write_all(b"\n")
        };
        line(&Line::Engine(self))?;
        for (id, entry) in self.executions.iter() {
            line(&Line::Execution(id, entry))?;
        }
        for run in self.map_runs.all() {
            line(&Line::MapRun(run))?;
        }
        line(&Line::End)
    }

    /// Reads what [`Engine::save`] wrote.
    ///
    /// # Errors
    ///
    /// A sentence that names the line, counted from 1, and what is wrong with it.
    pub fn load(from: &mut impl BufRead) -> Result<Engine, String> {
        let _session = Session::begin();
        let mut engine: Option<Engine> = None;
        let mut text = Vec::new();
        for number in 1.. {
            text.clear();
            from.read_until(b'\n', &mut text)
                .map_err(|reason| reason.to_string())?;
            let line: Line<Engine, Entry, MapRun> = crate::saved::read(&text)
                .map_err(|reason| format!("line {number} of the engine: {reason}"))?;
            match (line, &mut engine) {
                (Line::Engine(read), None) => engine = Some(read),
                (Line::Execution(id, entry), Some(engine)) => engine.take_in(id, entry),
                (Line::MapRun(run), Some(engine)) => engine.map_runs.take_in(run),
                (Line::End, Some(_)) => break,
                _ => return Err(format!("line {number} of the engine is out of place")),
            }
        }
        let mut engine = engine.ok_or("there is no engine")?;
        engine.index();
        Ok(engine)
    }

    fn take_in(&mut self, id: ExecutionId, mut entry: Entry) {
        entry.execution.run_on(Arc::clone(&entry.machine.machine));
        if let Some(due_ms) = entry.due_ms {
            self.due.insert((due_ms, id));
        }
        self.by_arn
            .insert(ByArn(Arc::clone(entry.execution.identity())), id);
        self.executions.insert(id, entry);
    }

    fn index(&mut self) {
        self.tokens = self
            .token_of
            .iter()
            .map(|(owner, token)| (token.clone(), *owner))
            .collect();
        self.call_of = self.calls.iter().map(|(id, call)| (call.owner, *id)).collect();
    }
}
