//! Reading the rules of a Choice state, in either language.

use serde_json::Value;

use crate::paths::{Against, Comparison, Kind as ValueKind, Order, Test};

use super::fields::{Fields, Report, complain};
use super::flows::{FlowReader, Targets};
use super::{Code, Condition, Kind, Language, Rule};

/// Rules within rules; a definition could otherwise nest them without end.
const DEPTH_MAX: usize = 50;

const COMPARED: &[(&str, ValueKind)] = &[
    ("String", ValueKind::String),
    ("Numeric", ValueKind::Numeric),
    ("Boolean", ValueKind::Boolean),
    ("Timestamp", ValueKind::Timestamp),
];

const ORDERS: &[(&str, Order)] = &[
    ("Equals", Order::Equals),
    ("LessThan", Order::LessThan),
    ("LessThanEquals", Order::LessThanEquals),
    ("GreaterThan", Order::GreaterThan),
    ("GreaterThanEquals", Order::GreaterThanEquals),
];

const KINDS: &[(&str, ValueKind)] = &[
    ("IsNull", ValueKind::Null),
    ("IsString", ValueKind::String),
    ("IsNumeric", ValueKind::Numeric),
    ("IsBoolean", ValueKind::Boolean),
    ("IsTimestamp", ValueKind::Timestamp),
];

impl FlowReader {
    pub(super) fn read_choice(&mut self, fields: Fields<'_>, targets: &Targets) -> Option<Kind> {
        self.allow(fields, &[&["Choices", "Default", "Assign"]], &[], &[]);
        if fields.raw("Choices").is_none() {
            let message = "The field \"Choices\" is missing";
            complain(&mut self.report, Code::Schema, fields.path, message);
        }
        let choices = fields.list("Choices", &mut self.report)?;
        let mut rules = Vec::with_capacity(choices.len());
        for (index, choice) in choices.iter().enumerate() {
            let place = format!("{}/Choices/{index}", fields.path);
            let within = format!("Choices[{index}]/");
            let Some(fields) = fields.inner(choice, &place, &within, &mut self.report) else {
                continue;
            };
            let condition = match fields.language {
                Language::Jsonata => self.read_condition(fields),
                Language::JsonPath => read_test(fields, 0, &mut self.report).map(Condition::Test),
            };
            let assign = fields.assign(&mut self.report);
            let output = fields.output(&mut self.report);
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

    fn read_condition(&mut self, fields: Fields<'_>) -> Option<Condition> {
        let known = ["Condition", "Next", "Assign", "Output", "Comment"];
        fields.allow(&known, &[], &mut self.report);
        if fields.raw("Condition").is_none() {
            let message = "The field \"Condition\" is missing";
            complain(&mut self.report, Code::Schema, fields.path, message);
        }
        let template = match fields.raw("Condition") {
            Some(Value::Bool(_)) => fields.template("Condition", &mut self.report),
            _ => fields.expression("Condition", &mut self.report),
        };
        template.map(Condition::Expression)
    }
}

/// Reads what must hold. Only the outermost may have fields that are not about that.
fn read_test(fields: Fields<'_>, depth: usize, report: &mut Report) -> Option<Test> {
    if depth > DEPTH_MAX {
        complain(report, Code::Schema, fields.path, "Rules are nested too deeply");
        return None;
    }
    let outer: &[&str] = match depth {
        0 => &["Next", "Assign", "Comment"],
        _ => &["Comment"],
    };
    let operators: Vec<&str> = fields
        .names()
        .filter(|name| *name != "Variable" && !outer.contains(name) && !fields.is_foreign(name))
        .collect();
    let mut known = [outer, &["Variable"]].concat();
    known.extend(&operators);
    fields.allow(&known, &[], report);
    let [operator] = operators.as_slice() else {
        let message = match operators.is_empty() {
            true => {
                "A rule needs a comparison such as \"StringEquals\", or one of And, Or and Not".to_owned()
            }
            false => format!("A rule has one comparison; here are {}", operators.join(", ")),
        };
        complain(report, Code::Schema, fields.path, &message);
        return None;
    };
    if matches!(*operator, "And" | "Or" | "Not") && fields.raw("Variable").is_some() {
        let message = format!("Beside {operator} no Variable may stand");
        complain(report, Code::Schema, &fields.place("Variable"), &message);
    }
    match *operator {
        "And" => read_tests(fields, operator, depth, report).map(Test::And),
        "Or" => read_tests(fields, operator, depth, report).map(Test::Or),
        "Not" => {
            let place = fields.place(operator);
            let within = fields.field(operator) + "/";
            let inner = fields.inner(fields.raw(operator)?, &place, &within, report)?;
            read_test(inner, depth + 1, report).map(|test| Test::Not(Box::new(test)))
        }
        _ => {
            if fields.raw("Variable").is_none() {
                complain(
                    report,
                    Code::Schema,
                    fields.path,
                    "The field \"Variable\" is missing",
                );
            }
            let variable = fields.path_query("Variable", report);
            let against = read_against(fields, operator, report);
            Some(Test::Compare(Box::new(Comparison {
                variable: variable?,
                against: against?,
            })))
        }
    }
}

fn read_tests(fields: Fields<'_>, name: &str, depth: usize, report: &mut Report) -> Option<Vec<Test>> {
    let entries = fields.list(name, report)?;
    let mut tests = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let place = format!("{}/{index}", fields.place(name));
        let within = format!("{}[{index}]/", fields.field(name));
        if let Some(inner) = fields.inner(entry, &place, &within, report) {
            tests.extend(read_test(inner, depth + 1, report));
        }
    }
    (tests.len() == entries.len()).then_some(tests)
}

fn read_against(fields: Fields<'_>, operator: &str, report: &mut Report) -> Option<Against> {
    if operator == "IsPresent" {
        return fields.flag(operator, report).map(Against::Present);
    }
    if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == operator) {
        return fields
            .flag(operator, report)
            .map(|wanted| Against::Kind(*kind, wanted));
    }
    if operator == "StringMatches" {
        let pattern = Against::pattern(fields.text(operator, report)?);
        return pattern
            .map_err(|reason| complain(report, Code::Schema, &fields.place(operator), &reason))
            .ok();
    }
    let (bare, is_path) = match operator.strip_suffix("Path") {
        Some(bare) => (bare, true),
        None => (operator, false),
    };
    let compared = COMPARED.iter().find_map(|(prefix, kind)| {
        let order = bare.strip_prefix(prefix)?;
        let (_, order) = ORDERS.iter().find(|(name, _)| *name == order)?;
        Some((*kind, *order))
    });
    let Some((kind, order)) = compared.filter(|(kind, order)| {
        // True and false are the same or not; neither is less.
        *kind != ValueKind::Boolean || *order == Order::Equals
    }) else {
        let message = format!("{operator:?} is not a comparison");
        complain(report, Code::Schema, &fields.place(operator), &message);
        return None;
    };
    if is_path {
        let other = fields.path_query(operator, report)?;
        return Some(Against::Path(kind, order, other));
    }
    let value = fields.raw(operator)?;
    if !kind.has(value) {
        let message = match kind {
            ValueKind::Timestamp => "String does not match RFC3339 timestamp".to_owned(),
            _ => format!("{operator} needs a value of its kind"),
        };
        complain(report, Code::Schema, &fields.place(operator), &message);
        return None;
    }
    Some(Against::Value(kind, order, value.clone()))
}
