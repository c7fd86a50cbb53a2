//! What the record knows of a state, in place of what would be drawn or cannot be worked out.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::query::QueryError;
use crate::replay::{Index, What, read_json};

use super::super::strand::StrandId;
use super::{Execution, Replayed};

impl Execution {
    /// The recorded token of the try that is about to begin, found where the arguments have the one that was drawn.
    pub(in super::super) fn replayed_token(
        &self,
        id: StrandId,
        drawn: &str,
        arguments: &Value,
    ) -> Option<String> {
        let replayed = self.replayed.as_ref()?;
        let standing = replayed.standing(id)?;
        let began = replayed.record.tries[replayed.try_of(standing, standing.tries)?].began;
        let What::Asked { parameters, .. } = &replayed.record.events[began].what else {
            return None;
        };
        token_in(drawn, arguments, &read_json(parameters).ok()?)
    }

    /// What the map run was called that begins.
    pub(in super::super) fn replayed_map_run(&self, id: StrandId) -> Option<String> {
        let replayed = self.replayed.as_ref()?;
        let began = replayed.record.tries[replayed.current(id)?].map_run_began?;
        match &replayed.record.events[began].what {
            What::MapRun { arn, .. } => arn.clone(),
            _ => None,
        }
    }

    /// The way out of a state whose result the record does not have: what it assigns and hands on.
    pub(in super::super) fn replayed_exit(&self, id: StrandId) -> Option<Result<(Value, Value), QueryError>> {
        let replayed = self.replayed.as_ref()?;
        let standing = replayed.standing(id).filter(|standing| standing.takes_over)?;
        let visit = &replayed.record.visits[standing.visit?];
        if let Some(exited) = visit.exited {
            return replayed.exit(exited).map(Ok);
        }
        let failed = *visit.evaluations.get(standing.evaluations)?;
        match &replayed.record.events[failed].what {
            What::Evaluation { location, cause, .. } => {
                Some(Err(QueryError::evaluation(location, cause.clone())))
            }
            _ => None,
        }
    }

    /// What a state assigns and hands on, taken from the record if it asked for chance or time and came to something else.
    pub(in super::super) fn replay_unknowable(
        &mut self,
        id: StrandId,
        assigned: Value,
        output: Value,
    ) -> (Value, Value) {
        let Some(replayed) = &mut self.replayed else {
            return (assigned, output);
        };
        let recorded = replayed.standing(id).and_then(|standing| {
            let exited = replayed.record.visits[standing.visit?].exited?;
            let is_unknowable = replayed.unknowable.contains(&*standing.state);
            is_unknowable.then(|| replayed.exit(exited)).flatten()
        });
        let Some((was_assigned, was_output)) = recorded else {
            return (assigned, output);
        };
        let assigns = |value: &Value| value.as_object().cloned().unwrap_or_default();
        if was_output == output && assigns(&was_assigned) == assigns(&assigned) {
            return (assigned, output);
        }
        if let Some(state) = replayed.standing(id).map(|standing| Arc::clone(&standing.state)) {
            replayed.notes.insert(format!(
                "{state} asks for chance or for the time of day, which no record has: what it handed on was taken from \
                 the record as it is."
            ));
        }
        (was_assigned, was_output)
    }

    /// An expression failed as the record says it did: then it is told in the record's words.
    pub(in super::super) fn replayed_cause(
        &mut self,
        id: StrandId,
        error: &QueryError,
        cause: String,
    ) -> String {
        let Some(replayed) = &mut self.replayed else {
            return cause;
        };
        let record = Arc::clone(&replayed.record);
        let Some(standing) = replayed.standing_mut(id) else {
            return cause;
        };
        let number = standing.evaluations;
        standing.evaluations += 1;
        let told = standing
            .visit
            .and_then(|visit| record.visits[visit].evaluations.get(number));
        match told.map(|event| &record.events[*event].what) {
            Some(What::Evaluation {
                cause, error: name, ..
            }) if name == error.error => cause.clone(),
            _ => cause,
        }
    }
}

impl Replayed {
    fn exit(&self, exited: Index) -> Option<(Value, Value)> {
        let What::Exited { output, assigned, .. } = &self.record.events[exited].what else {
            return None;
        };
        let assigned: Map<String, Value> = assigned
            .iter()
            .filter_map(|(name, text)| Some((name.clone(), read_json(text).ok()?)))
            .collect();
        Some((Value::Object(assigned), read_json(output).ok()?))
    }
}

/// What stands in the recorded value where a text was drawn.
fn token_in(drawn: &str, here: &Value, recorded: &Value) -> Option<String> {
    match (here, recorded) {
        (Value::String(here), Value::String(recorded)) => {
            let (before, after) = here.split_once(drawn)?;
            let token = recorded.strip_prefix(before)?.strip_suffix(after)?;
            (!token.is_empty()).then(|| token.to_owned())
        }
        (Value::Object(here), Value::Object(recorded)) => here
            .iter()
            .find_map(|(name, value)| token_in(drawn, value, recorded.get(name)?)),
        (Value::Array(here), Value::Array(recorded)) => here
            .iter()
            .zip(recorded)
            .find_map(|(here, recorded)| token_in(drawn, here, recorded)),
        _ => None,
    }
}
