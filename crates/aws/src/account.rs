//! Any account's AWS APIs as they are: JSON in, JSON out.
//!
//! Whoever shows what is in an account wants AWS's own members in AWS's own spelling, including those that no SDK here has
//! heard of. So requests are put together by hand, and everything around them is the SDK's: credentials, signatures, time
//! limits, repetitions.

use crate::Connections;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{ConnectorError, SdkError};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// One attempt: a page of a thousand events is more than our own calls ask for.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(8);
/// All attempts.
const LIMIT: Duration = Duration::from_secs(15);

/// One of AWS's APIs that speak JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Step Functions.
    States,
    /// CloudWatch Logs.
    Logs,
    /// SQS.
    Queues,
    /// CloudWatch's metrics.
    Metrics,
}

/// How an API is spoken to.
struct Manner {
    /// What `AWS_ENDPOINT_URL_...` ends with.
    id: &'static str,
    /// The first word of its host, which it is signed for as well.
    name: &'static str,
    target: &'static str,
    media_type: &'static str,
}

impl Api {
    const fn manner(self) -> Manner {
        match self {
            Self::States => Manner {
                id: "SFN",
                name: "states",
                target: "AWSStepFunctions",
                media_type: "application/x-amz-json-1.0",
            },
            Self::Logs => Manner {
                id: "CloudWatch Logs",
                name: "logs",
                target: "Logs_20140328",
                media_type: "application/x-amz-json-1.1",
            },
            Self::Queues => Manner {
                id: "SQS",
                name: "sqs",
                target: "AmazonSQS",
                media_type: "application/x-amz-json-1.0",
            },
            Self::Metrics => Manner {
                id: "CloudWatch",
                name: "monitoring",
                target: "GraniteServiceVersion20100801",
                media_type: "application/x-amz-json-1.0",
            },
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountError {
    /// AWS, or what speaks like it, said no.
    Refused {
        /// AWS's name for it, e.g. `ExecutionDoesNotExist`.
        code: String,
        /// AWS's sentence.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// Nobody answered, or not in time; with what is known of why.
    Unreached(String),
    /// The request could not be made: no region, no credentials, no TLS; with what is missing.
    Unprepared(String),
}

impl AccountError {
    /// AWS's name for it, if AWS said it.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether AWS said that it is too much at the moment; its status is often 400.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let codes = [
            "ThrottlingException",
            "Throttling",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "RequestThrottled",
        ];
        self.code().is_some_and(|code| codes.contains(&code))
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused {
                code,
                message,
                status,
            } => write!(f, "{code} (HTTP {status}): {message}"),
            Self::Unreached(why) => write!(f, "not reached: {why}"),
            Self::Unprepared(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for AccountError {}

/// An answer that is on its way.
pub type Answering = Pin<Box<dyn Future<Output = Result<Value, AccountError>> + Send>>;

/// An account, or an engine that speaks like one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Account {
    connections: Connections,
}

impl Account {
    /// The account that these connections lead to.
    #[must_use]
    pub fn new(connections: &Connections) -> Self {
        Self {
            connections: connections.clone(),
        }
    }

    /// Its region, if one is configured.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.connections.sdk().region().map(AsRef::as_ref)
    }

    /// Where an API answers, if that is not AWS itself.
    #[must_use]
    pub fn endpoint(&self, api: Api) -> Option<String> {
        let sdk = self.connections.sdk();
        let key = ServiceConfigKey::builder()
            .service_id(api.manner().id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        key.ok()
            .and_then(|key| sdk.service_config()?.load_config(key))
            .or_else(|| sdk.endpoint_url().map(str::to_owned))
    }

    /// Asks for one operation, e.g. `DescribeExecution`. A call whose answer was lost is repeated, so an operation that
    /// changes something needs a name or token in `input` by which AWS knows it again.
    ///
    /// # Errors
    /// What AWS refused, or why it could not be asked.
    #[must_use]
    pub fn call(&self, api: Api, operation: &'static str, input: &Value) -> Answering {
        let body = input.to_string();
        let made = self.operation(api, operation);
        Box::pin(async move {
            let answer = made?.invoke(body).await;
            answer.map_err(|error| told(&error))
        })
    }

    fn operation(
        &self,
        api: Api,
        operation: &'static str,
    ) -> Result<Operation<String, Value, AccountError>, AccountError> {
        let sdk = self.connections.sdk();
        let Manner {
            name,
            target,
            media_type,
            ..
        } = api.manner();
        let region = sdk.region().cloned().ok_or_else(|| {
            AccountError::Unprepared("no region is configured: set AWS_REGION, or name one".to_owned())
        })?;
        let url = self.endpoint(api).unwrap_or_else(|| {
            let suffix = if region.as_ref().starts_with("cn-") {
                "amazonaws.com.cn"
            } else {
                "amazonaws.com"
            };
            format!("https://{name}.{region}.{suffix}")
        });
        let http_client = sdk
            .http_client()
            .ok_or_else(|| AccountError::Unprepared("there is no HTTP client".to_owned()))?;

        let mut config = Layer::new("account");
        config.store_put(AuthSchemeOptionResolverParams::new(()));
        let mut signing_options = SigningOptions::default();
        signing_options.double_uri_encode = true;
        signing_options.normalize_uri_path = true;
        config.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(region)),
            name: Some(SigningName::from_static(name)),
            region_set: None,
            signing_options,
        });
        let mut components = RuntimeComponentsBuilder::new("account")
            .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])));
        if let Some(credentials) = sdk.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        components.set_identity_cache(sdk.identity_cache());
        components.set_sleep_impl(sdk.sleep_impl());
        components.set_time_source(sdk.time_source());

        let retries = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let limits = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_LIMIT)
            .operation_timeout(LIMIT);
        let limits = match sdk.timeout_config().and_then(TimeoutConfig::connect_timeout) {
            Some(limit) => limits.connect_timeout(limit),
            None => limits,
        };
        let built = Operation::builder()
            .service_name(name)
            .operation_name(operation)
            .http_client(http_client)
            .endpoint_url(&url)
            .runtime_plugin(
                StaticRuntimePlugin::new()
                    .with_config(config.freeze())
                    .with_runtime_components(components),
            )
            .standard_retry(&retries)
            .retry_classifier(TransientErrorClassifier::<AccountError>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(BusyClassifier)
            .timeout_config(limits.build())
            .with_connection_poisoning()
            .serializer(move |body: String| {
                let mut request = HttpRequest::new(SdkBody::from(body));
                request.set_method("POST")?;
                request.set_uri("/")?;
                let headers = request.headers_mut();
                headers.insert("content-type", media_type);
                headers.insert("x-amz-target", format!("{target}.{operation}"));
                Ok(request)
            })
            .deserializer(read)
            .build();
        Ok(built)
    }
}

/// Reads an answer, or what was refused.
fn read(response: &HttpResponse) -> Result<Value, OrchestratorError<AccountError>> {
    let status = response.status().as_u16();
    let body = response.body().bytes().unwrap_or_default();
    let value = serde_json::from_slice::<Value>(body);
    if response.status().is_success() {
        return value.map_err(|error| OrchestratorError::response(error.into()));
    }
    let value = value.unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let code = response
        .headers()
        .get("x-amzn-errortype")
        .or_else(|| text("__type"))
        .unwrap_or("UnknownError");
    // `com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist`, `ThrottlingException:http://...`
    let code = code.split(':').next().unwrap_or(code);
    let code = code.rsplit('#').next().unwrap_or(code).to_owned();
    let message = text("message").or_else(|| text("Message")).unwrap_or_default();
    Err(OrchestratorError::operation(AccountError::Refused {
        code,
        message: message.to_owned(),
        status,
    }))
}

/// What became of a request, told apart by whether anybody said anything.
pub(crate) fn told(error: &SdkError<AccountError, HttpResponse>) -> AccountError {
    match error {
        SdkError::ServiceError(said) => said.err().clone(),
        SdkError::ConstructionFailure(_) => AccountError::Unprepared(innermost(error)),
        SdkError::TimeoutError(_) => AccountError::Unreached("no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) => {
            let why = innermost(error);
            let lacks_tls = why.contains("scheme is not http");
            if lacks_tls {
                AccountError::Unprepared(
                    "this build speaks plain HTTP only; build it with the feature aws/https, or name an http:// endpoint"
                        .to_owned(),
                )
            } else if failure.is_user() || failure.as_connector_error().is_some_and(ConnectorError::is_other)
            {
                AccountError::Unprepared(why)
            } else {
                AccountError::Unreached(why)
            }
        }
        SdkError::ResponseError(_) => AccountError::Unreached("the answer was garbled".to_owned()),
        _ => AccountError::Unreached("an error of a kind unknown here".to_owned()),
    }
}

/// The last error in the chain, its first line.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Repeats what was throttled.
#[derive(Debug)]
struct BusyClassifier;

impl ClassifyRetry for BusyClassifier {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let refused = match context.output_or_error() {
            Some(Err(error)) => error.as_operation_error(),
            _ => None,
        };
        match refused.and_then(|error| error.downcast_ref::<AccountError>()) {
            Some(error) if error.is_busy() => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "busy"
    }
}
