//! What the API demands of a request's fields before it looks at what they mean.
//!
//! The limits are those of the service's model; the sentences are the ones it says.

use serde_json::Value;

use crate::engine::EngineError;

/// What a field must be.
enum Rule {
    /// A text of so many characters.
    Length(usize, usize),
    /// A whole number in this range.
    Range(i64, i64),
    /// A number in this range.
    Between(f64, f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A text of this form.
    Form(&'static str, fn(&str) -> bool),
    /// True or false.
    Truth,
    /// An object.
    Object,
}

const ARN: Rule = Rule::Length(1, 256);
const ALIAS_NAME: &str = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$";
const STATUSES: &[&str] = &[
    "SUCCEEDED",
    "TIMED_OUT",
    "PENDING_REDRIVE",
    "ABORTED",
    "FAILED",
    "RUNNING",
];

const KEYS: &[&str] = &["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"];
const KEY_PERIOD: &str = "encryptionConfiguration.kmsDataKeyReusePeriodSeconds";
/// What is not repeated in a sentence about it.
const SECRET: &[&str] = &["definition", "input", "output", "error", "cause"];
const LOG_LEVELS: &[&str] = &["ALL", "ERROR", "FATAL", "OFF"];

/// Fields that mean the same in every operation; those inside others with a point between.
const RULES: &[(&str, Rule)] = &[
    ("executionArn", ARN),
    ("stateMachineArn", ARN),
    ("stateMachineAliasArn", ARN),
    ("activityArn", ARN),
    ("resourceArn", ARN),
    ("roleArn", ARN),
    ("mapRunArn", Rule::Length(1, 2_000)),
    ("stateMachineVersionArn", Rule::Length(1, 2_000)),
    ("name", Rule::Length(1, 80)),
    ("stateName", Rule::Length(1, 80)),
    ("workerName", Rule::Length(1, 80)),
    ("type", Rule::OneOf(&["STANDARD", "EXPRESS"])),
    ("maxConcurrency", Rule::Range(0, i64::MAX)),
    ("toleratedFailureCount", Rule::Range(0, i64::MAX)),
    ("toleratedFailurePercentage", Rule::Between(0.0, 100.0)),
    ("versionDescription", Rule::Length(0, 256)),
    ("description", Rule::Length(0, 256)),
    ("taskToken", Rule::Length(1, 2_048)),
    ("error", Rule::Length(0, 256)),
    ("cause", Rule::Length(0, 32_768)),
    ("statusFilter", Rule::OneOf(STATUSES)),
    ("redriveFilter", Rule::OneOf(&["NOT_REDRIVEN", "REDRIVEN"])),
    ("includedData", Rule::OneOf(&["ALL_DATA", "METADATA_ONLY"])),
    ("inspectionLevel", Rule::OneOf(&["INFO", "DEBUG", "TRACE"])),
    ("severity", Rule::OneOf(&["ERROR", "WARNING"])),
    ("definition", Rule::Length(1, 1_048_576)),
    ("input", Rule::Length(0, 262_144)),
    ("output", Rule::Length(0, 262_144)),
    ("traceHeader", Rule::Length(0, 256)),
    ("traceHeader", Rule::Form(r"\p{ASCII}*", str::is_ascii)),
    ("loggingConfiguration", Rule::Object),
    ("loggingConfiguration.level", Rule::OneOf(LOG_LEVELS)),
    ("loggingConfiguration.includeExecutionData", Rule::Truth),
    ("tracingConfiguration", Rule::Object),
    ("tracingConfiguration.enabled", Rule::Truth),
    ("encryptionConfiguration", Rule::Object),
    ("encryptionConfiguration.type", Rule::OneOf(KEYS)),
    ("encryptionConfiguration.kmsKeyId", Rule::Length(1, 2_048)),
    (KEY_PERIOD, Rule::Range(60, 900)),
    ("clientToken", Rule::Length(1, 64)),
    ("clientToken", Rule::Form("[!-~]+", is_printable)),
];

/// Fields without which an operation cannot be.
fn needed(operation: &str) -> &'static [&'static str] {
    match operation {
        "CreateStateMachine" => &["name", "definition", "roleArn"],
        "UpdateStateMachine"
        | "DeleteStateMachine"
        | "DescribeStateMachine"
        | "PublishStateMachineVersion"
        | "ListStateMachineVersions"
        | "ListStateMachineAliases"
        | "StartExecution"
        | "StartSyncExecution" => &["stateMachineArn"],
        "DeleteStateMachineVersion" => &["stateMachineVersionArn"],
        "CreateStateMachineAlias" => &["name", "routingConfiguration"],
        "UpdateStateMachineAlias" | "DeleteStateMachineAlias" | "DescribeStateMachineAlias" => {
            &["stateMachineAliasArn"]
        }
        "DescribeExecution"
        | "DescribeStateMachineForExecution"
        | "StopExecution"
        | "RedriveExecution"
        | "GetExecutionHistory"
        | "ListMapRuns" => &["executionArn"],
        "DescribeMapRun" | "UpdateMapRun" => &["mapRunArn"],
        "SendTaskSuccess" => &["taskToken", "output"],
        "SendTaskFailure" | "SendTaskHeartbeat" => &["taskToken"],
        "CreateActivity" => &["name"],
        "DeleteActivity" | "DescribeActivity" | "GetActivityTask" => &["activityArn"],
        "TagResource" => &["resourceArn", "tags"],
        "UntagResource" => &["resourceArn", "tagKeys"],
        "ListTagsForResource" => &["resourceArn"],
        "ValidateStateMachineDefinition" | "TestState" => &["definition"],
        _ => &[],
    }
}

/// Checks a request.
///
/// # Errors
///
/// [`EngineError::Serialization`] for a value of another type, else [`EngineError::Validation`] with everything that is
/// wrong.
pub(super) fn check(operation: &str, body: &Value) -> Result<(), EngineError> {
    let mut complaints = Vec::new();
    for name in needed(operation) {
        if body.get(name).is_none_or(Value::is_null) {
            complaints.push(format!(
                "Value null at '{name}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }
    let encryption = body.get("encryptionConfiguration");
    if encryption.is_some_and(|stated| stated.is_object() && stated.get("type").is_none_or(Value::is_null)) {
        complaints.push(
            "Value null at 'encryptionConfiguration.type' failed to satisfy constraint: Member must not be null"
                .to_owned(),
        );
    }
    let most_results = match operation {
        "ValidateStateMachineDefinition" => 100,
        _ => 1_000,
    };
    let token_length = match operation {
        "ListExecutions" => 3_096,
        _ => 1_024,
    };
    let own = [
        ("maxResults", Rule::Range(0, most_results)),
        ("nextToken", Rule::Length(1, token_length)),
    ];
    for (name, rule) in RULES.iter().chain(&own) {
        let value = name.split('.').try_fold(body, |value, part| value.get(part));
        check_type(name, value, rule)?;
        check_field(&mut complaints, name, value, rule);
    }
    if operation == "CreateStateMachineAlias" {
        let rule = Rule::Form(ALIAS_NAME, is_alias_name);
        check_field(&mut complaints, "name", body.get("name"), &rule);
    }
    check_routes(&mut complaints, body.get("routingConfiguration"));
    check_tags(&mut complaints, body.get("tags"));
    match complaints.len() {
        0 => Ok(()),
        1 => Err(EngineError::Validation(format!(
            "1 validation error detected: {}",
            complaints[0]
        ))),
        count => Err(EngineError::Validation(format!(
            "{count} validation errors detected: {}",
            complaints.join("; ")
        ))),
    }
}

fn check_field(complaints: &mut Vec<String>, place: &str, value: Option<&Value>, rule: &Rule) {
    let Some(value) = value else { return };
    let demand = match (rule, value) {
        (Rule::Length(least, most), Value::String(text)) => {
            let length = text.chars().count();
            if length < *least {
                Some(format!("have length greater than or equal to {least}"))
            } else if length > *most {
                Some(format!("have length less than or equal to {most}"))
            } else {
                None
            }
        }
        (Rule::Range(least, most), Value::Number(number)) => match number.as_i64() {
            Some(number) if number < *least => Some(format!("have value greater than or equal to {least}")),
            Some(number) if number > *most => Some(format!("have value less than or equal to {most}")),
            _ => None,
        },
        (Rule::Between(least, most), Value::Number(number)) => match number.as_f64() {
            Some(number) if number < *least => Some(format!("have value greater than or equal to {least}")),
            Some(number) if number > *most => Some(format!("have value less than or equal to {most}")),
            _ => None,
        },
        (Rule::OneOf(values), Value::String(text)) if !values.contains(&text.as_str()) => {
            Some(format!("satisfy enum value set: [{}]", values.join(", ")))
        }
        (Rule::Form(form, fits), Value::String(text)) if !fits(text) => {
            Some(format!("satisfy regular expression pattern: {form}"))
        }
        _ => None,
    };
    if let Some(demand) = demand {
        let shown = match value.as_str() {
            Some(_) if SECRET.contains(&place) => "***".to_owned(),
            Some(text) => text.to_owned(),
            None => value.to_string(),
        };
        complaints.push(format!(
            "Value '{shown}' at '{place}' failed to satisfy constraint: Member must {demand}"
        ));
    }
}

/// That a value is of the rule's type.
fn check_type(place: &str, value: Option<&Value>, rule: &Rule) -> Result<(), EngineError> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let (fits, demanded) = match rule {
        Rule::Length(..) | Rule::OneOf(_) | Rule::Form(..) => (value.is_string(), "a string"),
        Rule::Range(..) => (value.is_i64() || value.is_u64(), "a whole number"),
        Rule::Between(..) => (value.is_number(), "a number"),
        Rule::Truth => (value.is_boolean(), "true or false"),
        Rule::Object => (value.is_object(), "an object"),
    };
    match fits {
        true => Ok(()),
        false => Err(EngineError::Serialization(format!(
            "{place} must be {demanded}, not {value}"
        ))),
    }
}

fn check_routes(complaints: &mut Vec<String>, routes: Option<&Value>) {
    let Some(Value::Array(routes)) = routes else {
        return;
    };
    if !(1..=2).contains(&routes.len()) {
        let demand = match routes.is_empty() {
            true => "greater than or equal to 1",
            false => "less than or equal to 2",
        };
        complaints.push(format!(
            "Value '{}' at 'routingConfiguration' failed to satisfy constraint: Member must have length {demand}",
            Value::from(routes.clone())
        ));
    }
    for (number, route) in (1..).zip(routes) {
        let place = format!("routingConfiguration.{number}.member.weight");
        check_field(complaints, &place, route.get("weight"), &Rule::Range(0, 100));
    }
}

fn check_tags(complaints: &mut Vec<String>, tags: Option<&Value>) {
    let Some(Value::Array(tags)) = tags else { return };
    for (number, tag) in (1..).zip(tags) {
        for (name, most, least) in [("key", 128, 1), ("value", 256, 0)] {
            let place = format!("tags.{number}.member.{name}");
            check_field(complaints, &place, tag.get(name), &Rule::Length(least, most));
        }
    }
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_alias_name(name: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    name.chars().all(allowed) && name.chars().any(|letter| !letter.is_ascii_digit())
}
