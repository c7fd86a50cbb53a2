//! Reading one state, by its type.

use std::sync::Arc;

use super::fields::{Fields, complain};
use super::flows::{FlowReader, SECONDS_MAX, Targets};
use super::resource::{missing, not_supported};
use super::{
    Code, Kind, Language, MachineType, Next, Resource, Shape, State, Task, Template, WaitFor, Waits,
};

const COMMON: &[&str] = &["Type", "Comment", "QueryLanguage"];
pub(super) const TRANSITION: &[&str] = &["Assign", "Next", "End"];
pub(super) const FAULTS: &[&str] = &["Retry", "Catch"];

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
        let own = ["Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"];
        let in_paths = [
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "TimeoutSecondsPath",
            "HeartbeatSecondsPath",
        ];
        self.allow(
            fields,
            &[TRANSITION, FAULTS, &own, only_jsonata(fields, &["Arguments"])],
            &in_paths,
            &[],
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

    /// `Arguments` or, in JSONPath, `Parameters`.
    pub(super) fn read_arguments(&mut self, fields: Fields<'_>) -> Option<Template> {
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

    /// The role in `Credentials`. Histories have no place for an activity's: its worker has its own.
    fn read_credentials(&mut self, fields: Fields<'_>, resource: &Resource) -> Option<Template> {
        let value = fields.raw("Credentials")?;
        let place = fields.place("Credentials");
        if matches!(resource, Resource::Activity(_)) {
            let message = "An activity's worker has credentials of its own";
            complain(&mut self.report, Code::Schema, &place, message);
        }
        let within = fields.field("Credentials") + "/";
        let credentials = fields.inner(value, &place, &within, &mut self.report)?;
        if credentials.language == Language::JsonPath && credentials.raw("RoleArn.$").is_some() {
            credentials.allow(&["RoleArn.$"], &[], &mut self.report);
            let query = credentials.path_or_call("RoleArn.$", &mut self.report)?;
            return Some(Template::Path(Box::new(query)));
        }
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
            let message = not_supported(name, resource);
            complain(
                &mut self.report,
                Code::NotSupported,
                &format!("{}/{name}", fields.place(field)),
                &message,
            );
        }
        for name in required.iter().filter(|name| !names.contains(name)) {
            let message = missing(name);
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
}

/// Names of fields that only JSONata states have.
pub(super) fn only_jsonata<'a>(fields: Fields<'_>, names: &'a [&'a str]) -> &'a [&'a str] {
    match fields.language {
        Language::Jsonata => names,
        Language::JsonPath => &[],
    }
}
