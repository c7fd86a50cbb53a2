//! The configurations that requests state. Those for tracing and encryption have no effect.

use serde_json::Value;

use crate::engine::{EngineError, Settings};
use crate::server::service::Service;

use super::logging;

/// Seconds, unless a request says otherwise (API reference, EncryptionConfiguration).
const KEY_PERIOD_S: u64 = 300;

/// The configurations of a request.
///
/// # Errors
///
/// [`EngineError::InvalidLoggingConfiguration`], [`EngineError::InvalidEncryptionConfiguration`] or
/// [`EngineError::Serialization`].
pub(super) async fn settings(
    service: &Service,
    logging: Option<Value>,
    tracing: Option<Value>,
    encryption: Option<Value>,
) -> Result<Settings, EngineError> {
    Ok(Settings {
        logging: logging::checked(service, logging).await?,
        tracing,
        encryption: encryption.map(with_key).transpose()?,
    })
}

/// An encryption configuration with what the API fills in.
///
/// # Errors
///
/// [`EngineError::InvalidEncryptionConfiguration`] for a key of one's own that is not named, and the other way round.
pub(super) fn with_key(mut encryption: Value) -> Result<Value, EngineError> {
    let Some(members) = encryption.as_object_mut() else {
        return Ok(encryption);
    };
    members.retain(|_, value| !value.is_null());
    let has_key = members.contains_key("kmsKeyId");
    let has_period = members.contains_key("kmsDataKeyReusePeriodSeconds");
    let invalid = |reason: &str| Err(EngineError::InvalidEncryptionConfiguration(reason.to_owned()));
    if members["type"] != "CUSTOMER_MANAGED_KMS_KEY" {
        return match has_key || has_period {
            true => {
                invalid("kmsKeyId and kmsDataKeyReusePeriodSeconds are only for CUSTOMER_MANAGED_KMS_KEY")
            }
            false => Ok(encryption),
        };
    }
    if !has_key {
        return invalid("kmsKeyId must be specified for CUSTOMER_MANAGED_KMS_KEY");
    }
    members
        .entry("kmsDataKeyReusePeriodSeconds")
        .or_insert_with(|| KEY_PERIOD_S.into());
    Ok(encryption)
}
