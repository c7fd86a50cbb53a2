//! Operations on machines.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::definition::{Machine, MachineType};
use crate::engine::{EngineError, MachineRecord, NewMachine};
use crate::history::seconds;
use crate::server::operation::{Operation, Outcome};
use crate::server::service::Service;

use super::{Answer, Refused, page_size};

/// Logging, tracing, tags and encryption are taken and have no effect.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: String,
    definition: String,
    #[serde(default)]
    role_arn: String,
    #[serde(default, rename = "type")]
    machine_type: Option<MachineType>,
    #[serde(default)]
    publish: bool,
}

pub(super) async fn create(service: &Service, request: Create) -> Answer {
    refuse_publish(request.publish)?;
    let new = NewMachine {
        name: request.name,
        definition: request.definition,
        role_arn: request.role_arn,
        machine_type: request.machine_type.unwrap_or(MachineType::Standard),
    };
    match service.perform(Operation::Create(new)).await? {
        Outcome::Machine(record) => {
            Ok(json!({ "stateMachineArn": record.arn, "creationDate": seconds(record.created_ms) }))
        }
        _ => Err(Refused::Unavailable),
    }
}

fn refuse_publish(publish: bool) -> Result<(), EngineError> {
    match publish {
        true => Err(EngineError::Validation(
            "Versions (publish) are not supported".to_owned(),
        )),
        false => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_arn: String,
    definition: Option<String>,
    role_arn: Option<String>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Value>,
    #[serde(default)]
    publish: bool,
}

pub(super) async fn update(service: &Service, request: Update) -> Answer {
    refuse_publish(request.publish)?;
    let without_effect = request.logging_configuration.is_some() || request.tracing_configuration.is_some();
    if request.definition.is_none() && request.role_arn.is_none() && !without_effect {
        return Err(EngineError::MissingRequiredParameter.into());
    }
    let operation = Operation::Update {
        arn: request.state_machine_arn,
        definition: request.definition,
        role_arn: request.role_arn,
    };
    match service.perform(operation).await? {
        Outcome::Machine(record) => Ok(with_revision(
            json!({ "updateDate": seconds(record.updated_ms) }),
            &record,
        )),
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfMachine {
    state_machine_arn: String,
}

pub(super) async fn delete(service: &Service, request: OfMachine) -> Answer {
    service
        .perform(Operation::Delete {
            arn: request.state_machine_arn,
        })
        .await?;
    Ok(json!({}))
}

pub(super) fn describe(service: &Service, request: OfMachine) -> Answer {
    service.look(|engine| {
        let record = engine.machine(&request.state_machine_arn)?;
        let mut described = described(record);
        described["status"] = "ACTIVE".into();
        described["type"] = type_name(record).into();
        described["creationDate"] = seconds(record.created_ms);
        Ok(described)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfExecution {
    execution_arn: String,
}

pub(super) fn describe_for_execution(service: &Service, request: OfExecution) -> Answer {
    service.look(|engine| {
        let record = engine.machine_for(&request.execution_arn)?;
        let mut described = described(record);
        described["updateDate"] = seconds(record.updated_ms);
        Ok(described)
    })
}

fn with_revision(mut answer: Value, record: &MachineRecord) -> Value {
    if let Some(revision) = &record.revision {
        answer["revisionId"] = revision.as_str().into();
    }
    answer
}

fn described(record: &MachineRecord) -> Value {
    let described = json!({
        "stateMachineArn": record.arn,
        "name": record.name,
        "definition": record.definition,
        "roleArn": &*record.role_arn,
        "loggingConfiguration": { "level": "OFF", "includeExecutionData": false },
        "tracingConfiguration": { "enabled": false },
    });
    with_revision(described, record)
}

fn type_name(record: &MachineRecord) -> &'static str {
    match record.machine.machine_type {
        MachineType::Standard => "STANDARD",
        MachineType::Express => "EXPRESS",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    max_results: Option<u32>,
    next_token: Option<String>,
}

pub(super) fn list(service: &Service, request: List) -> Answer {
    let size = page_size(request.max_results)?;
    service.look(|engine| {
        let after = request.next_token.unwrap_or_default();
        let mut rest = engine.machines().filter(|record| record.name > after).peekable();
        let mut page = Vec::new();
        let mut last = None;
        while let Some(record) = rest.next_if(|_| page.len() < size) {
            page.push(json!({
                "stateMachineArn": record.arn,
                "name": record.name,
                "type": type_name(record),
                "creationDate": seconds(record.created_ms),
            }));
            last = Some(&record.name);
        }
        let mut answer = json!({ "stateMachines": page });
        if let (Some(_), Some(last)) = (rest.peek(), last) {
            answer["nextToken"] = last.as_str().into();
        }
        Ok(answer)
    })
}

#[derive(Deserialize)]
pub(super) struct Validate {
    definition: String,
    #[serde(default, rename = "type")]
    machine_type: Option<MachineType>,
}

pub(super) fn validate(request: &Validate) -> Answer {
    let machine_type = request.machine_type.unwrap_or(MachineType::Standard);
    let complaints = Machine::parse(&request.definition, machine_type)
        .err()
        .unwrap_or_default();
    let diagnostics: Vec<Value> = complaints
        .iter()
        .map(|complaint| {
            json!({
                "severity": "ERROR",
                "code": complaint.code.name(),
                "message": complaint.message,
                "location": complaint.location,
            })
        })
        .collect();
    let result = if diagnostics.is_empty() { "OK" } else { "FAIL" };
    Ok(json!({ "result": result, "diagnostics": diagnostics, "truncated": false }))
}
