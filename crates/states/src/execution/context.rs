//! What an expression can see of its execution.

use std::cell::Cell;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::definition::{Kind, Machine, Template};
use crate::query::{Evaluation, QueryError, Scope, States};
use crate::timestamp;

use super::Execution;
use super::strand::{Strand, StrandId};

impl Execution {
    /// Where a strand is: the machine, the index of the flow and that of the state in it.
    pub(super) fn place(&self, id: StrandId) -> Option<(Arc<Machine>, usize, usize)> {
        let strand = self.strands.get(&id)?;
        Some((Arc::clone(&self.machine), strand.flow, strand.state))
    }

    /// Evaluates a template of the strand's state.
    pub(super) fn evaluate(
        &mut self,
        id: StrandId,
        template: &Template,
        result: Option<&Value>,
        error_output: Option<&Value>,
    ) -> Evaluation {
        if let Template::Literal(value) = template {
            return Ok(value.clone());
        }
        // The chance port is taken along, so that the scope may look at the rest.
        let mut chance = self.chance.clone();
        let Some(strand) = self.strands.get(&id) else {
            return Ok(Value::Null);
        };
        let scope = Scope {
            states: States {
                input: Some(&strand.input),
                result,
                error_output,
            },
            // In JSONPath, `$` is the error output in a catcher, the result in what is made of a result, and else what
            // the state sees of its input (States Language, "Using Assign").
            root: error_output.or(result).unwrap_or(&strand.seen),
            context: &|| self.context_of(strand),
            variables: &strand.variables,
            now_ms: self.now_ms,
            steps: Cell::new(0),
        };
        let evaluation = scope.template(template, &mut chance);
        let steps = scope.steps.get();
        self.chance = chance;
        self.steps = self.steps.saturating_add(steps);
        evaluation
    }

    /// Evaluates a template that must yield a whole number of at least `least`.
    pub(super) fn evaluate_whole(
        &mut self,
        id: StrandId,
        template: &Template,
        least: u64,
    ) -> Result<u64, QueryError> {
        let value = self.evaluate(id, template, None, None)?;
        if let Some(number) = value.as_u64().filter(|number| *number >= least) {
            return Ok(number);
        }
        let expected = match (value.is_number(), least) {
            (false, _) => "number",
            (true, 0) => "non-negative integer",
            (true, _) => "positive integer",
        };
        template.unfit(expected, &value).map_or(Ok(least), Err)
    }

    /// Evaluates a template that must yield text.
    pub(super) fn evaluate_text(&mut self, id: StrandId, template: &Template) -> Result<String, QueryError> {
        match self.evaluate(id, template, None, None)? {
            Value::String(text) => Ok(text),
            value => template
                .unfit("string", &value)
                .map_or(Ok(value.to_string()), Err),
        }
    }

    /// `$states.context`.
    pub(super) fn context_of(&self, strand: &Strand) -> Value {
        let state = &self.machine.flows[strand.flow].states[strand.state];
        let mut context = Map::new();
        context.insert(
            "Execution".to_owned(),
            json!({
                "Id": self.identity.arn,
                "Input": *self.input,
                "Name": self.identity.name,
                "RoleArn": &*self.identity.role_arn,
                "StartTime": timestamp::to_text(self.started_ms),
                "RedriveCount": self.redrive_count,
            }),
        );
        if let (Some(redriven_ms), Some(execution)) = (self.redriven_ms, context.get_mut("Execution")) {
            execution["RedriveTime"] = timestamp::to_text(redriven_ms).into();
        }
        context.insert(
            "StateMachine".to_owned(),
            json!({ "Id": self.identity.machine_arn, "Name": self.identity.machine_name }),
        );
        let mut in_state =
            json!({ "Name": &*state.name, "EnteredTime": timestamp::to_text(strand.entered_ms) });
        if matches!(state.kind, Kind::Task(_) | Kind::Parallel { .. } | Kind::Map(_)) {
            let retries = match &self.probe {
                Some(probe) => probe.retries,
                None => strand.retries.iter().sum::<u64>(),
            };
            in_state["RetryCount"] = retries.into();
        }
        context.insert("State".to_owned(), in_state);
        if let Some(token) = &strand.token {
            context.insert("Task".to_owned(), json!({ "Token": token }));
        }
        if let Some(item) = &strand.item {
            // "For state input, the value will be: STATE_DATA" (Developer Guide, "Context object data for Map states").
            let source = item.source.as_deref().unwrap_or("STATE_DATA");
            let mut shown = json!({ "Index": item.index, "Value": item.value, "Source": source });
            if let Some(key) = &item.key {
                shown["Key"] = key.as_str().into();
            }
            context.insert("Map".to_owned(), json!({ "Item": shown }));
        }
        if let Some(probe) = &self.probe {
            overlay(&mut context, &probe.context);
        }
        Value::Object(context)
    }
}

/// Puts what a test says over what would be there: member by member of each part.
fn overlay(context: &mut Map<String, Value>, stated: &Map<String, Value>) {
    for (name, value) in stated {
        match (context.get_mut(name), value) {
            (Some(Value::Object(part)), Value::Object(members)) => {
                part.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => {
                context.insert(name.clone(), value.clone());
            }
        }
    }
}
