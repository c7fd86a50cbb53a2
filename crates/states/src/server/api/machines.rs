//! Operations on machines.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::definition::MachineType;
use crate::engine::{
    EngineError, MachineRecord, NewMachine, Registered, Registration, Settings, Tag, check_described,
};
use crate::history::seconds;
use crate::server::operation::{Operation, Outcome};
use crate::server::service::Service;

use super::configurations::settings;
use super::describe::IncludedData;
use super::pages::Page;
use super::{Answer, Refused};

/// Tracing and encryption are kept, given back, and have no effect.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: String,
    definition: String,
    #[serde(default)]
    role_arn: String,
    #[serde(default, rename = "type")]
    machine_type: Option<MachineType>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Value>,
    encryption_configuration: Option<Value>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
}

pub(super) async fn create(service: &Service, request: Create) -> Answer {
    let new = Registration {
        machine: NewMachine {
            name: request.name,
            definition: request.definition,
            role_arn: request.role_arn,
            machine_type: request.machine_type.unwrap_or(MachineType::Standard),
        },
        settings: settings(
            service,
            request.logging_configuration,
            request.tracing_configuration,
            request.encryption_configuration,
        )
        .await?,
        tags: request.tags,
        publish: request.publish,
        version_description: request.version_description,
    };
    match service.perform(Operation::Create(new)).await? {
        Outcome::Registered(registered) => {
            let record = &registered.record;
            let answer = json!({ "stateMachineArn": record.arn, "creationDate": seconds(record.created_ms) });
            Ok(with_version(answer, &registered))
        }
        _ => Err(Refused::Unavailable),
    }
}

fn with_version(mut answer: Value, registered: &Registered) -> Value {
    if let Some(arn) = &registered.version_arn {
        answer["stateMachineVersionArn"] = arn.as_str().into();
    }
    answer
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_arn: String,
    definition: Option<String>,
    role_arn: Option<String>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Value>,
    encryption_configuration: Option<Value>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
}

pub(super) async fn update(service: &Service, request: Update) -> Answer {
    let settings = settings(
        service,
        request.logging_configuration,
        request.tracing_configuration,
        request.encryption_configuration,
    )
    .await?;
    if request.definition.is_none() && request.role_arn.is_none() && settings == Settings::default() {
        return Err(EngineError::MissingRequiredParameter.into());
    }
    let operation = Operation::Update {
        arn: request.state_machine_arn,
        definition: request.definition,
        role_arn: request.role_arn,
        settings,
        publish: request.publish,
        version_description: request.version_description,
    };
    match service.perform(operation).await? {
        Outcome::Registered(registered) => {
            let record = &registered.record;
            let answer = with_revision(json!({ "updateDate": seconds(record.updated_ms) }), record);
            Ok(with_version(answer, &registered))
        }
        _ => Err(Refused::Unavailable),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfMachine {
    state_machine_arn: String,
    #[serde(default)]
    included_data: IncludedData,
}

pub(super) async fn delete(service: &Service, request: OfMachine) -> Answer {
    service
        .perform(Operation::Delete {
            arn: request.state_machine_arn,
            ends_executions: true,
        })
        .await?;
    Ok(json!({}))
}

pub(super) fn describe(service: &Service, request: &OfMachine) -> Answer {
    service.look(|engine| {
        let arn = &request.state_machine_arn;
        let version = engine.version(arn);
        let record = match version {
            Some(version) => &version.record,
            None => engine.machine(arn)?,
        };
        let mut described = described(record, request.included_data);
        let deleting = engine.is_deleting(&record.name);
        described["status"] = if deleting { "DELETING" } else { "ACTIVE" }.into();
        described["type"] = type_name(record).into();
        described["creationDate"] = seconds(record.created_ms);
        if let Some(version) = version {
            described["stateMachineArn"] = version.arn.as_str().into();
            described["creationDate"] = seconds(version.created_ms);
            if let Some(description) = &version.description {
                described["description"] = description.as_str().into();
            }
        }
        Ok(described)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfExecution {
    execution_arn: String,
    #[serde(default)]
    included_data: IncludedData,
}

pub(super) fn describe_for_execution(service: &Service, request: &OfExecution) -> Answer {
    check_described(&request.execution_arn)?;
    service.look(|engine| {
        let record = engine.machine_for(&request.execution_arn)?;
        let mut described = described(record, request.included_data);
        described["updateDate"] = seconds(record.updated_ms);
        let identity = engine.execution(&request.execution_arn)?.identity();
        if let Some(arn) = &identity.map_run_arn {
            described["stateMachineArn"] = identity.machine_arn.as_str().into();
            described["mapRunArn"] = arn.as_str().into();
            described["label"] = engine.map_run(arn)?.settings.label.as_str().into();
        }
        Ok(described)
    })
}

fn with_revision(mut answer: Value, record: &MachineRecord) -> Value {
    if let Some(revision) = &record.revision {
        answer["revisionId"] = revision.as_str().into();
    }
    answer
}

fn described(record: &MachineRecord, included: IncludedData) -> Value {
    let Settings {
        logging,
        tracing,
        encryption,
    } = record.settings.clone();
    let described = json!({
        "stateMachineArn": record.arn,
        "name": record.name,
        "definition": if included.with_data() { record.definition.as_str() } else { "{}" },
        "roleArn": &*record.role_arn,
        "loggingConfiguration":
            logging.unwrap_or_else(|| json!({ "level": "OFF", "includeExecutionData": false })),
        "tracingConfiguration": tracing.unwrap_or_else(|| json!({ "enabled": false })),
        "encryptionConfiguration": encryption.unwrap_or_else(|| json!({ "type": "AWS_OWNED_KEY" })),
    });
    with_revision(described, record)
}

fn type_name(record: &MachineRecord) -> &'static str {
    match record.machine.machine_type {
        MachineType::Standard => "STANDARD",
        MachineType::Express => "EXPRESS",
    }
}

pub(super) fn list(service: &Service, page: &Page) -> Answer {
    service.look(|engine| {
        let after = page.after.as_deref().unwrap_or_default();
        let listed = engine
            .machines()
            .filter(|record| record.name.as_str() > after)
            .map(|record| {
                let item = json!({
                    "stateMachineArn": record.arn,
                    "name": record.name,
                    "type": type_name(record),
                    "creationDate": seconds(record.created_ms),
                });
                (record.name.clone(), item)
            });
        Ok(page.answer("stateMachines", listed))
    })
}
