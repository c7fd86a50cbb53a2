//! Reading one state, by its type.

use std::sync::Arc;

use super::fields::{Fields, complain};
use super::flows::{FlowReader, SECONDS_MAX, Targets};
use super::resource::{missing, not_supported};
use super::{Code, Kind, MachineType, MapOver, Next, Resource, Rule, State, Task, Template, WaitFor, Waits};

/// More items than this could not finish within the history's 25,000 events.
const CONCURRENCY_MAX: u64 = 100_000;

const COMMON: &[&str] = &["Type", "Comment", "QueryLanguage", "Output"];
const TRANSITION: &[&str] = &["Assign", "Next", "End"];
const FAULTS: &[&str] = &["Retry", "Catch"];

const NO_DISTRIBUTED: &str = "Distributed maps are not supported; use an inline map";

impl FlowReader {
    /// Reads a state, or complains and returns nothing.
    pub(super) fn read_state(&mut self, name: &str, fields: Fields<'_>, targets: &Targets) -> Option<State> {
        let kind_name = fields.needed_text("Type", &mut self.report)?;
        let kind = match kind_name {
            "Pass" => {
                self.allow(fields, &[TRANSITION], &[]);
                Some(Kind::Pass)
            }
            "Task" => self.read_task(fields),
            "Choice" => self.read_choice(fields, targets),
            "Wait" => self.read_wait(fields),
            "Succeed" => {
                self.allow(fields, &[], &[]);
                Some(Kind::Succeed)
            }
            "Fail" => self.read_fail(fields),
            "Parallel" => self.read_parallel(fields),
            "Map" => self.read_map(fields),
            other => {
                let message = format!("{other:?} is not a type of state");
                complain(&mut self.report, Code::Schema, &fields.place("Type"), &message);
                None
            }
        };
        let next = self.read_next(fields, kind_name, targets);
        let (retry, catch) = match kind_name {
            "Task" | "Parallel" | "Map" => (self.read_retry(fields), self.read_catch(fields, targets)),
            _ => (Vec::new(), Vec::new()),
        };
        let assign = fields.assign(&mut self.report);
        let output = fields.template("Output", &mut self.report);
        Some(State {
            name: Arc::from(name),
            kind: kind?,
            assign,
            output,
            next: next?,
            retry,
            catch,
        })
    }

    fn allow(&mut self, fields: Fields<'_>, groups: &[&[&str]], refused: &[(&str, &str)]) {
        let known: Vec<&str> = COMMON
            .iter()
            .chain(groups.iter().copied().flatten())
            .copied()
            .collect();
        fields.allow(&known, refused, &mut self.report);
    }

    fn read_next(&mut self, fields: Fields<'_>, kind_name: &str, targets: &Targets) -> Option<Next> {
        match kind_name {
            // Where nothing of the state's own rules fits, its default leads on; see `read_choice`.
            "Choice" => match fields.raw("Default") {
                Some(_) => self.read_target(fields, "Default", targets).map(Next::State),
                None => Some(Next::End),
            },
            "Succeed" | "Fail" => Some(Next::End),
            _ => match (fields.raw("Next"), fields.raw("End")) {
                (Some(_), None) => self.read_target(fields, "Next", targets).map(Next::State),
                (None, Some(end)) if end.as_bool() == Some(true) => Some(Next::End),
                _ => {
                    let message = "A state needs either Next or \"End\": true";
                    complain(&mut self.report, Code::Schema, fields.path, message);
                    None
                }
            },
        }
    }

    /// The state a field names.
    pub(super) fn read_target(&mut self, fields: Fields<'_>, name: &str, targets: &Targets) -> Option<usize> {
        let target_name = fields.needed_text(name, &mut self.report)?;
        let target = targets.get(target_name).copied();
        if target.is_none() {
            let message = format!("{name} names the state {target_name:?}, which does not exist here");
            complain(&mut self.report, Code::Transition, &fields.place(name), &message);
        }
        target
    }

    fn read_task(&mut self, fields: Fields<'_>) -> Option<Kind> {
        let own = [
            "Resource",
            "Arguments",
            "TimeoutSeconds",
            "HeartbeatSeconds",
            "Credentials",
        ];
        self.allow(fields, &[TRANSITION, FAULTS, &own], &[]);
        let arguments = fields.template("Arguments", &mut self.report);
        let timeout_s = fields.number_or_expression("TimeoutSeconds", 1, SECONDS_MAX, &mut self.report);
        let heartbeat_s = fields.number_or_expression("HeartbeatSeconds", 1, SECONDS_MAX, &mut self.report);
        let number = |template: &Option<Template>| match template {
            Some(Template::Literal(value)) => value.as_u64(),
            _ => None,
        };
        if let (Some(heartbeat_s), Some(timeout_s)) = (number(&heartbeat_s), number(&timeout_s))
            && heartbeat_s >= timeout_s
        {
            let message = "HeartbeatSeconds must be smaller than TimeoutSeconds";
            complain(
                &mut self.report,
                Code::Schema,
                &fields.place("HeartbeatSeconds"),
                message,
            );
        }
        let text = fields.needed_text("Resource", &mut self.report)?;
        let resource = match Resource::parse(text) {
            Ok(resource) => resource,
            Err(message) => {
                complain(
                    &mut self.report,
                    Code::NotSupported,
                    &fields.place("Resource"),
                    &message,
                );
                return None;
            }
        };
        if self.machine_type == MachineType::Express && resource.waits() != Waits::ForAnswer {
            let message = "An Express machine can wait for no task token, activity or other execution";
            complain(&mut self.report, Code::Schema, &fields.place("Resource"), message);
        }
        self.check_arguments(fields, &resource, arguments.as_ref());
        let role_arn = self.read_credentials(fields, &resource);
        Some(Kind::Task(Task {
            resource,
            arguments,
            timeout_s,
            heartbeat_s,
            role_arn,
        }))
    }

    /// The role in `Credentials`. Histories have no place for an activity's: its worker has its own.
    fn read_credentials(&mut self, fields: Fields<'_>, resource: &Resource) -> Option<Template> {
        let value = fields.raw("Credentials")?;
        let place = fields.place("Credentials");
        if matches!(resource, Resource::Activity(_)) {
            let message = "An activity's worker has credentials of its own";
            complain(&mut self.report, Code::Schema, &place, message);
        }
        let credentials = Fields::of(value, &place, &mut self.report)?;
        credentials.allow(&["RoleArn"], &[], &mut self.report);
        credentials.needed_text("RoleArn", &mut self.report)?;
        credentials.template("RoleArn", &mut self.report)
    }

    /// What can be seen of wrong arguments before they are evaluated.
    fn check_arguments(&mut self, fields: Fields<'_>, resource: &Resource, arguments: Option<&Template>) {
        let names = match arguments {
            Some(Template::Object(members)) => members.iter().map(|(name, _)| name.as_str()).collect(),
            Some(Template::Literal(serde_json::Value::Object(members))) => {
                members.keys().map(String::as_str).collect::<Vec<_>>()
            }
            // Known only at run time.
            Some(Template::Expression(_)) => return,
            Some(_) => Vec::new(),
            None => return,
        };
        let Some((known, required)) = resource.arguments() else {
            return;
        };
        for name in names.iter().filter(|name| !known.contains(name)) {
            let message = not_supported(name, resource);
            complain(
                &mut self.report,
                Code::NotSupported,
                &format!("{}/Arguments/{name}", fields.path),
                &message,
            );
        }
        for name in required.iter().filter(|name| !names.contains(name)) {
            let message = missing(name);
            complain(
                &mut self.report,
                Code::Schema,
                &fields.place("Arguments"),
                &message,
            );
        }
    }

    fn read_choice(&mut self, fields: Fields<'_>, targets: &Targets) -> Option<Kind> {
        self.allow(fields, &[&["Choices", "Default", "Assign"]], &[]);
        if fields.raw("Choices").is_none() {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"Choices\" is missing",
            );
        }
        let choices = fields.list("Choices", &mut self.report)?;
        let mut rules = Vec::with_capacity(choices.len());
        for (index, choice) in choices.iter().enumerate() {
            let place = format!("{}/Choices/{index}", fields.path);
            let Some(fields) = Fields::of(choice, &place, &mut self.report) else {
                continue;
            };
            fields.allow(
                &["Condition", "Next", "Assign", "Output", "Comment"],
                &[],
                &mut self.report,
            );
            if fields.raw("Condition").is_none() {
                complain(
                    &mut self.report,
                    Code::Schema,
                    &place,
                    "The field \"Condition\" is missing",
                );
            }
            let condition = match fields.raw("Condition") {
                Some(serde_json::Value::Bool(_)) => fields.template("Condition", &mut self.report),
                _ => fields.expression("Condition", &mut self.report),
            };
            let assign = fields.assign(&mut self.report);
            let output = fields.template("Output", &mut self.report);
            let next = self.read_target(fields, "Next", targets);
            if let (Some(condition), Some(next)) = (condition, next) {
                rules.push(Rule {
                    condition,
                    assign,
                    output,
                    next,
                });
            }
        }
        Some(Kind::Choice(rules))
    }

    fn read_wait(&mut self, fields: Fields<'_>) -> Option<Kind> {
        self.allow(fields, &[TRANSITION, &["Seconds", "Timestamp"]], &[]);
        match (fields.raw("Seconds"), fields.raw("Timestamp")) {
            (Some(_), None) => {
                let seconds = fields.number_or_expression("Seconds", 0, SECONDS_MAX, &mut self.report)?;
                Some(Kind::Wait(WaitFor::Seconds(seconds)))
            }
            (None, Some(_)) => {
                let timestamp = fields.text_or_expression("Timestamp", &mut self.report)?;
                if let Template::Literal(value) = &timestamp
                    && value.as_str().and_then(crate::timestamp::parse).is_none()
                {
                    let message = "Timestamp must be an RFC 3339 time such as 2026-11-21T13:16:54Z";
                    complain(
                        &mut self.report,
                        Code::Schema,
                        &fields.place("Timestamp"),
                        message,
                    );
                }
                Some(Kind::Wait(WaitFor::Timestamp(timestamp)))
            }
            _ => {
                let message = "A Wait state needs either Seconds or Timestamp";
                complain(&mut self.report, Code::Schema, fields.path, message);
                None
            }
        }
    }

    fn read_fail(&mut self, fields: Fields<'_>) -> Option<Kind> {
        let known = ["Type", "Comment", "QueryLanguage", "Error", "Cause"];
        fields.allow(&known, &[], &mut self.report);
        let error = fields.text_or_expression("Error", &mut self.report);
        let cause = fields.text_or_expression("Cause", &mut self.report);
        Some(Kind::Fail { error, cause })
    }

    fn read_parallel(&mut self, fields: Fields<'_>) -> Option<Kind> {
        self.allow(fields, &[TRANSITION, FAULTS, &["Branches", "Arguments"]], &[]);
        if fields.raw("Branches").is_none() {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"Branches\" is missing",
            );
        }
        let arguments = fields.template("Arguments", &mut self.report);
        let mut branches = Vec::new();
        for (index, branch) in fields.list("Branches", &mut self.report)?.iter().enumerate() {
            let place = format!("{}/Branches/{index}", fields.path);
            let Some(fields) = Fields::of(branch, &place, &mut self.report) else {
                continue;
            };
            fields.allow(&["StartAt", "States", "Comment"], &[], &mut self.report);
            branches.push(self.read_flow(fields));
        }
        Some(Kind::Parallel { arguments, branches })
    }

    fn read_map(&mut self, fields: Fields<'_>) -> Option<Kind> {
        let own = ["Items", "ItemSelector", "MaxConcurrency", "ItemProcessor"];
        let refused = [
            ("Iterator", "Iterator is the old name; use ItemProcessor"),
            ("ItemReader", NO_DISTRIBUTED),
            ("ItemBatcher", NO_DISTRIBUTED),
            ("ResultWriter", NO_DISTRIBUTED),
            ("Label", NO_DISTRIBUTED),
            ("ToleratedFailureCount", NO_DISTRIBUTED),
            ("ToleratedFailurePercentage", NO_DISTRIBUTED),
        ];
        self.allow(fields, &[TRANSITION, FAULTS, &own], &refused);
        let items = match fields.raw("Items") {
            Some(serde_json::Value::Array(_)) => fields.template("Items", &mut self.report),
            Some(_) => fields.expression("Items", &mut self.report),
            None => None,
        };
        let item_selector = fields.template("ItemSelector", &mut self.report);
        let concurrency_max =
            fields.number_or_expression("MaxConcurrency", 0, CONCURRENCY_MAX, &mut self.report);
        let Some(processor) = fields.raw("ItemProcessor") else {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"ItemProcessor\" is missing",
            );
            return None;
        };
        let place = fields.place("ItemProcessor");
        let body = Fields::of(processor, &place, &mut self.report)?;
        body.allow(
            &["StartAt", "States", "Comment", "ProcessorConfig"],
            &[],
            &mut self.report,
        );
        if let Some(config) = body.raw("ProcessorConfig") {
            let config_place = body.place("ProcessorConfig");
            let config = Fields::of(config, &config_place, &mut self.report)?;
            config.allow(&["Mode"], &[("ExecutionType", NO_DISTRIBUTED)], &mut self.report);
            if let Some(mode) = config
                .text("Mode", &mut self.report)
                .filter(|mode| *mode != "INLINE")
            {
                let message = format!("The mode {mode:?} is not supported; {NO_DISTRIBUTED}");
                complain(
                    &mut self.report,
                    Code::NotSupported,
                    &config.place("Mode"),
                    &message,
                );
            }
        }
        let processor = self.read_flow(body);
        Some(Kind::Map(Box::new(MapOver {
            items,
            item_selector,
            concurrency_max,
            processor,
        })))
    }
}
