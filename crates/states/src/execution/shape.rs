//! How data goes through a JSONPath state: what it sees of its input, and what becomes of its result.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::{Part, Placement, Shape, State, Template};
use crate::paths::{PathQuery, Sight, Test};
use crate::query::QueryError;

use super::Execution;
use super::step::Exit;
use super::strand::StrandId;

/// What is still to be done with a value before a state hands it on.
#[derive(Clone, Copy)]
pub(super) enum Shaping<'a> {
    /// Nothing.
    None,
    /// It is a result: `ResultSelector`, `ResultPath` and `OutputPath`.
    Result(&'a Shape),
    /// It is the input: `OutputPath`.
    Input(&'a Shape),
    /// It is an error output: the catcher's `ResultPath`.
    Error(&'a Placement),
}

impl<'a> Shaping<'a> {
    pub fn of_result(state: &'a State) -> Shaping<'a> {
        state.shape.as_deref().map_or(Shaping::None, Shaping::Result)
    }

    pub fn of_input(state: &'a State) -> Shaping<'a> {
        state.shape.as_deref().map_or(Shaping::None, Shaping::Input)
    }
}

impl Execution {
    /// Settles what the state sees: `$` in JSONPath, after `InputPath`.
    pub(super) fn see(&mut self, id: StrandId, state: &State) -> Result<(), QueryError> {
        let Some(strand) = self.strands.get(&id) else {
            return Ok(());
        };
        let whole = Arc::clone(&strand.input);
        let seen = match state.shape.as_deref().map(|shape| &shape.input) {
            None | Some(Part::All) => whole,
            Some(Part::Nothing) => Arc::new(Value::Object(Map::new())),
            Some(Part::At(query)) => Arc::new(self.select(id, query, &whole)?),
        };
        if state.shape.is_some() {
            self.note(|noted| noted.shaped.input = Some((*seen).clone()));
        }
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.seen = seen;
        }
        Ok(())
    }

    /// A Pass state hands on what it sees or, in JSONPath, what it makes.
    pub(super) fn pass(&mut self, id: StrandId, state: &State) -> Result<(), QueryError> {
        let Some(shape) = state.shape.as_deref() else {
            return self.leave_as_entered(id, state);
        };
        let made: Option<&Template> = shape.made.as_ref();
        let result = match made {
            Some(made) => self.evaluate(id, made, None, None)?,
            None => self.input_of(id),
        };
        self.note(|seen| seen.shaped.parameters = Some(result.clone()));
        let exit = Exit {
            shaping: Shaping::Result(shape),
            ..Exit::of(state, result.clone(), Some(&result))
        };
        self.leave(id, exit)
    }

    /// Whether a test of a Choice state holds.
    pub(super) fn test(&self, id: StrandId, test: &Test) -> Result<bool, QueryError> {
        let Some(strand) = self.strands.get(&id) else {
            return Ok(false);
        };
        test.holds(&Sight {
            root: &strand.seen,
            context: &|| self.context_of(strand),
            variables: &strand.variables,
        })
    }

    /// What a state hands on, made of its result or input.
    pub(super) fn shaped(
        &mut self,
        id: StrandId,
        value: Value,
        shaping: Shaping<'_>,
    ) -> Result<Value, QueryError> {
        let (placed, output) = match shaping {
            Shaping::None => return Ok(value),
            Shaping::Error(placement) => return self.place_into_input(id, value, placement),
            Shaping::Input(shape) => (value, &shape.output),
            Shaping::Result(shape) => {
                let result = match &shape.result_selector {
                    Some(selector) => self.evaluate(id, selector, Some(&value), None)?,
                    None => value,
                };
                self.note(|seen| seen.shaped.selected = Some(result.clone()));
                let placed = self.place_into_input(id, result, &shape.result_path)?;
                self.note(|seen| seen.shaped.placed = Some(placed.clone()));
                (placed, &shape.output)
            }
        };
        match output {
            Part::All => Ok(placed),
            Part::Nothing => Ok(Value::Object(Map::new())),
            Part::At(query) => self.select(id, query, &placed),
        }
    }

    /// Puts a result where a `ResultPath` says, into the input as it was before `InputPath`.
    fn place_into_input(
        &self,
        id: StrandId,
        value: Value,
        placement: &Placement,
    ) -> Result<Value, QueryError> {
        let input = || self.strands.get(&id).map(|strand| (*strand.input).clone());
        match placement {
            Placement::Replace => Ok(value),
            Placement::Discard => Ok(input().unwrap_or_default()),
            Placement::At(path) => {
                let input = input().unwrap_or_default();
                let shown = crate::paths::shown(&input);
                path.put(input, value).ok_or_else(|| {
                    let cause = format!("Unable to apply ReferencePath {} to input {shown}", path.source());
                    QueryError::named("States.ResultPathMatchFailure", "ResultPath", cause)
                })
            }
        }
    }

    fn select(&mut self, id: StrandId, query: &PathQuery, root: &Value) -> Result<Value, QueryError> {
        let mut chance = self.chance.clone();
        let Some(strand) = self.strands.get(&id) else {
            return Ok(Value::Null);
        };
        let sight = Sight {
            root,
            context: &|| self.context_of(strand),
            variables: &strand.variables,
        };
        let outcome = query.evaluate(&sight, &mut chance);
        self.chance = chance;
        outcome
    }
}
