//! Reading one state, by its type.

use std::sync::Arc;

use super::fields::{Fields, complain};
use super::flows::{FlowReader, SECONDS_MAX, Targets};
use super::{
    Code, Kind, Language, MachineType, MapOver, Next, Resource, Shape, State, Task, Template, WaitFor, Waits,
};

/// More items than this could not finish within the history's 25,000 events.
const CONCURRENCY_MAX: u64 = 100_000;

const COMMON: &[&str] = &["Type", "Comment", "QueryLanguage"];
const TRANSITION: &[&str] = &["Assign", "Next", "End"];
const FAULTS: &[&str] = &["Retry", "Catch"];

const NO_DISTRIBUTED: &str = "Distributed maps are not supported; use an inline map";

impl FlowReader {
    /// Reads a state, or complains and returns nothing.
    pub(super) fn read_state(&mut self, name: &str, fields: Fields<'_>, targets: &Targets) -> Option<State> {
        let kind_name = fields.needed_text("Type", &mut self.report)?;
        let kind = match kind_name {
            "Pass" => {
                self.allow(
                    fields,
                    &[TRANSITION],
                    &["Parameters", "Result", "ResultPath"],
                    &[],
                );
                Some(Kind::Pass)
            }
            "Task" => self.read_task(fields),
            "Choice" => self.read_choice(fields, targets),
            "Wait" => self.read_wait(fields),
            "Succeed" => {
                self.allow(fields, &[], &[], &[]);
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
        let output = fields.output(&mut self.report);
        let shape = match fields.language {
            Language::Jsonata => None,
            Language::JsonPath => Some(Box::new(Shape::read(fields, kind_name, &mut self.report))),
        };
        Some(State {
            name: Arc::from(name),
            kind: kind?,
            assign,
            output,
            shape,
            next: next?,
            retry,
            catch,
        })
    }

    /// Complains about fields that have no business in a state: `groups` may stand in either language, `in_paths` in
    /// JSONPath only.
    pub(super) fn allow(
        &mut self,
        fields: Fields<'_>,
        groups: &[&[&str]],
        in_paths: &[&str],
        refused: &[(&str, &str)],
    ) {
        let own: &[&str] = match fields.language {
            Language::Jsonata => &["Output"],
            Language::JsonPath => &["InputPath", "OutputPath"],
        };
        let mut known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
        known.extend(groups.iter().copied().flatten());
        if fields.language == Language::JsonPath {
            known.extend(in_paths);
        }
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
        let own = ["Resource", "TimeoutSeconds", "HeartbeatSeconds"];
        let in_paths = [
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "TimeoutSecondsPath",
            "HeartbeatSecondsPath",
        ];
        let refused = [(
            "Credentials",
            "Credentials are not supported; one account is assumed",
        )];
        self.allow(
            fields,
            &[TRANSITION, FAULTS, &own, only_jsonata(fields, &["Arguments"])],
            &in_paths,
            &refused,
        );
        let arguments = self.read_arguments(fields);
        let timeout_s = self.read_limit(fields, "TimeoutSeconds");
        let heartbeat_s = self.read_limit(fields, "HeartbeatSeconds");
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
            let message = "An Express machine can neither wait for a task token nor for another execution";
            complain(&mut self.report, Code::Schema, &fields.place("Resource"), message);
        }
        self.check_arguments(fields, &resource, arguments.as_ref());
        Some(Kind::Task(Task {
            resource,
            arguments,
            timeout_s,
            heartbeat_s,
        }))
    }

    /// `Arguments` or, in JSONPath, `Parameters`.
    fn read_arguments(&mut self, fields: Fields<'_>) -> Option<Template> {
        match fields.language {
            Language::Jsonata => fields.template("Arguments", &mut self.report),
            Language::JsonPath => fields.payload("Parameters", &mut self.report),
        }
    }

    fn read_limit(&mut self, fields: Fields<'_>, name: &str) -> Option<Template> {
        let read =
            |fields: &Fields<'_>, report: &mut _| fields.number_or_expression(name, 1, SECONDS_MAX, report);
        fields.or_path(name, read, &mut self.report)
    }

    /// What can be seen of wrong arguments before they are evaluated.
    fn check_arguments(&mut self, fields: Fields<'_>, resource: &Resource, arguments: Option<&Template>) {
        let names = match arguments {
            Some(Template::Object(members)) => members.iter().map(|(name, _)| name.as_str()).collect(),
            Some(Template::Literal(serde_json::Value::Object(members))) => {
                members.keys().map(String::as_str).collect::<Vec<_>>()
            }
            // Known only at run time.
            Some(Template::Expression(_) | Template::Path(_)) => return,
            Some(_) => Vec::new(),
            None => return,
        };
        let Some((known, required)) = resource.arguments() else {
            return;
        };
        let field = match fields.language {
            Language::Jsonata => "Arguments",
            Language::JsonPath => "Parameters",
        };
        for name in names.iter().filter(|name| !known.contains(name)) {
            let message = format!("The argument {name:?} of {} is not supported", resource.action());
            complain(
                &mut self.report,
                Code::NotSupported,
                &format!("{}/{name}", fields.place(field)),
                &message,
            );
        }
        for name in required.iter().filter(|name| !names.contains(name)) {
            let message = format!("The argument {name:?} of {} is missing", resource.action());
            complain(&mut self.report, Code::Schema, &fields.place(field), &message);
        }
    }

    fn read_wait(&mut self, fields: Fields<'_>) -> Option<Kind> {
        self.allow(
            fields,
            &[TRANSITION, &["Seconds", "Timestamp"]],
            &["SecondsPath", "TimestampPath"],
            &[],
        );
        let stated = |name: &str| {
            let in_path =
                fields.language == Language::JsonPath && fields.raw(&format!("{name}Path")).is_some();
            fields.raw(name).is_some() || in_path
        };
        match (stated("Seconds"), stated("Timestamp")) {
            (true, false) => {
                let read = |fields: &Fields<'_>, report: &mut _| {
                    fields.number_or_expression("Seconds", 0, SECONDS_MAX, report)
                };
                let seconds = fields.or_path("Seconds", read, &mut self.report)?;
                Some(Kind::Wait(WaitFor::Seconds(seconds)))
            }
            (false, true) => {
                let read =
                    |fields: &Fields<'_>, report: &mut _| fields.text_or_expression("Timestamp", report);
                let timestamp = fields.or_path("Timestamp", read, &mut self.report)?;
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
                let message = match fields.language {
                    Language::Jsonata => "A Wait state needs either Seconds or Timestamp",
                    Language::JsonPath => {
                        "A Wait state needs one of Seconds, SecondsPath, Timestamp and TimestampPath"
                    }
                };
                complain(&mut self.report, Code::Schema, fields.path, message);
                None
            }
        }
    }

    fn read_fail(&mut self, fields: Fields<'_>) -> Option<Kind> {
        let in_paths: &[&str] = match fields.language {
            Language::Jsonata => &[],
            Language::JsonPath => &["ErrorPath", "CausePath"],
        };
        let mut known = vec!["Type", "Comment", "QueryLanguage", "Error", "Cause"];
        known.extend(in_paths);
        fields.allow(&known, &[], &mut self.report);
        let error = self.read_fail_text(fields, "Error", "ErrorPath");
        let cause = self.read_fail_text(fields, "Cause", "CausePath");
        Some(Kind::Fail { error, cause })
    }

    /// A text or, in JSONPath, a path to one or a call that yields one.
    fn read_fail_text(&mut self, fields: Fields<'_>, name: &str, path_name: &str) -> Option<Template> {
        if fields.language == Language::Jsonata || fields.raw(path_name).is_none() {
            return fields.text_or_expression(name, &mut self.report);
        }
        if fields.raw(name).is_some() {
            let message = format!("Either {name} or {path_name} may stand here, not both");
            complain(&mut self.report, Code::Schema, &fields.place(path_name), &message);
        }
        let query = fields.path_or_call(path_name, &mut self.report)?;
        Some(Template::Path(Box::new(query)))
    }

    fn read_parallel(&mut self, fields: Fields<'_>) -> Option<Kind> {
        self.allow(
            fields,
            &[
                TRANSITION,
                FAULTS,
                &["Branches"],
                only_jsonata(fields, &["Arguments"]),
            ],
            &["Parameters", "ResultSelector", "ResultPath"],
            &[],
        );
        if fields.raw("Branches").is_none() {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"Branches\" is missing",
            );
        }
        let arguments = self.read_arguments(fields);
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
        let own = ["ItemSelector", "MaxConcurrency", "ItemProcessor"];
        // Iterator and Parameters are the names that ItemProcessor and ItemSelector had first.
        let in_paths = [
            "ItemsPath",
            "MaxConcurrencyPath",
            "ResultSelector",
            "ResultPath",
            "Iterator",
            "Parameters",
        ];
        let refused = [
            ("Iterator", "Iterator is the old name; use ItemProcessor"),
            ("ItemReader", NO_DISTRIBUTED),
            ("ItemBatcher", NO_DISTRIBUTED),
            ("ResultWriter", NO_DISTRIBUTED),
            ("Label", NO_DISTRIBUTED),
            ("ToleratedFailureCount", NO_DISTRIBUTED),
            ("ToleratedFailurePercentage", NO_DISTRIBUTED),
        ];
        self.allow(
            fields,
            &[TRANSITION, FAULTS, &own, only_jsonata(fields, &["Items"])],
            &in_paths,
            &refused,
        );
        let items = self.read_items(fields);
        let item_selector = match (fields.language, fields.raw("ItemSelector")) {
            (Language::Jsonata, _) => fields.template("ItemSelector", &mut self.report),
            (Language::JsonPath, Some(_)) => fields.payload("ItemSelector", &mut self.report),
            (Language::JsonPath, None) => fields.payload("Parameters", &mut self.report),
        };
        self.refuse_both(fields, "ItemSelector", "Parameters");
        self.refuse_both(fields, "ItemProcessor", "Iterator");
        let read = |fields: &Fields<'_>, report: &mut _| {
            fields.number_or_expression("MaxConcurrency", 0, CONCURRENCY_MAX, report)
        };
        let concurrency_max = fields.or_path("MaxConcurrency", read, &mut self.report);
        let body_name = match fields.raw("ItemProcessor") {
            None if fields.language == Language::JsonPath && fields.raw("Iterator").is_some() => "Iterator",
            _ => "ItemProcessor",
        };
        let Some(processor) = fields.raw(body_name) else {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"ItemProcessor\" is missing",
            );
            return None;
        };
        let place = fields.place(body_name);
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

    fn read_items(&mut self, fields: Fields<'_>) -> Option<Template> {
        if fields.language == Language::JsonPath {
            fields.raw("ItemsPath")?;
            let query = fields.path_query("ItemsPath", &mut self.report)?;
            return Some(Template::Path(Box::new(query)));
        }
        match fields.raw("Items")? {
            serde_json::Value::Array(_) => fields.template("Items", &mut self.report),
            _ => fields.expression("Items", &mut self.report),
        }
    }

    fn refuse_both(&mut self, fields: Fields<'_>, name: &str, old_name: &str) {
        let both = fields.raw(name).is_some() && fields.raw(old_name).is_some();
        if both && fields.language == Language::JsonPath {
            let message = format!("{old_name} is the old name of {name}; only one may stand here");
            complain(&mut self.report, Code::Schema, &fields.place(old_name), &message);
        }
    }
}

/// Names of fields that only JSONata states have.
fn only_jsonata<'a>(fields: Fields<'_>, names: &'a [&'a str]) -> &'a [&'a str] {
    match fields.language {
        Language::Jsonata => names,
        Language::JsonPath => &[],
    }
}
