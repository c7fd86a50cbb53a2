//! What an engine on this machine answers beside AWS's APIs: its own addresses, told no secret.

use crate::Connections;
use crate::account::{AccountError, Answering, told};
use aws_sdk_sfn::config::http::HttpResponse;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::Value;
use std::time::Duration;

/// To reach it at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// One answer, a little less than a gateway waits. Letting time pass waits for the calls that are out.
const LIMIT: Duration = Duration::from_secs(25);

/// An engine on this machine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LocalEngine {
    connections: Connections,
    url: String,
}

impl LocalEngine {
    /// The engine at `url`, e.g. `http://127.0.0.1:4567`.
    #[must_use]
    pub fn new(connections: &Connections, url: impl Into<String>) -> Self {
        Self {
            connections: connections.clone(),
            url: url.into(),
        }
    }

    /// Asks for `method` (e.g. `POST`) of `path` with a body of JSON. Nothing is repeated: what these addresses change, they would
    /// change twice.
    ///
    /// # Errors
    /// What the engine refused, as `EngineNotFound` or `EngineRefused`, or why it could not be asked.
    #[must_use]
    pub fn call(&self, method: &'static str, path: &str, body: Option<&Value>) -> Answering {
        let body = body.map(Value::to_string).unwrap_or_default();
        let path = path.to_owned();
        let sdk = self.connections.sdk();
        let made = sdk.http_client().map(|http_client| {
            Operation::builder()
                .service_name("engine")
                .operation_name(method)
                .http_client(http_client)
                .endpoint_url(&self.url)
                .no_auth()
                .no_retry()
                .timeout_config(
                    TimeoutConfig::builder()
                        .connect_timeout(CONNECT_LIMIT)
                        .operation_timeout(LIMIT)
                        .build(),
                )
                .with_connection_poisoning()
                .serializer(move |body: String| {
                    let mut request = HttpRequest::new(SdkBody::from(body));
                    request.set_method(method)?;
                    request.set_uri(path.as_str())?;
                    request.headers_mut().insert("content-type", "application/json");
                    Ok(request)
                })
                .deserializer(read)
        });
        let made = made.map(|builder| match (sdk.sleep_impl(), sdk.time_source()) {
            (Some(sleep), Some(time)) => builder.sleep_impl(sleep).time_source(time).build(),
            (Some(sleep), None) => builder.sleep_impl(sleep).build(),
            _ => builder.build(),
        });
        Box::pin(async move {
            let made = made.ok_or_else(|| AccountError::Unprepared("there is no HTTP client".to_owned()))?;
            made.invoke(body).await.map_err(|error| told(&error))
        })
    }
}

/// Reads an answer, or the sentence why there is none.
fn read(response: &HttpResponse) -> Result<Value, OrchestratorError<AccountError>> {
    let status = response.status().as_u16();
    let value = serde_json::from_slice::<Value>(response.body().bytes().unwrap_or_default());
    if response.status().is_success() {
        return value.map_err(|error| OrchestratorError::response(error.into()));
    }
    let message = value.unwrap_or_default()["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let code = if status == 404 {
        "EngineNotFound"
    } else {
        "EngineRefused"
    };
    Err(OrchestratorError::operation(AccountError::Refused {
        code: code.to_owned(),
        message,
        status,
    }))
}
