//! One configuration for all of AWS, and clients that are built when they are first needed.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_sfn::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sfn::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// To reach the service at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// One attempt. Each of our calls is a single-digit number of milliseconds of work for the service.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(3);
/// All attempts and the pauses between them; a function must live longer than this.
const OPERATION_LIMIT: Duration = Duration::from_secs(8);
/// The first attempt and two repetitions.
const ATTEMPTS_MAX: u32 = 3;

/// One attempt to tell an open page something.
const PAGE_ATTEMPT_LIMIT: Duration = Duration::from_secs(1);
/// All attempts to tell it.
const PAGE_LIMIT: Duration = Duration::from_secs(3);
/// The first attempt and one repetition, after a pause, when the gateway was busy.
const PAGE_ATTEMPTS_MAX: u32 = 2;

/// The way to AWS, or to an engine that speaks like it. Cheap to clone; one per process.
#[derive(Clone, Debug)]
pub struct Connections {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sdk: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    sfn: OnceLock<aws_sdk_sfn::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
}

/// The way of a function: region, credentials and endpoints out of its environment, under the names that every AWS SDK knows
/// (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_SFN` ...). Connects to nothing yet.
///
/// Lambda puts them there, so whatever else an SDK asks (profiles, single sign-on, the machine's own address) is not even linked.
///
/// Without the feature `https` only `http://` endpoints can be reached; builds for AWS turn it on.
#[must_use]
pub fn connect() -> Connections {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .service_config(OfTheEnvironment)
        .http_client(http_client())
        .timeout_config(timeouts())
        .retry_config(retries())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    sdk.set_region(
        named("AWS_REGION")
            .or_else(|| named("AWS_DEFAULT_REGION"))
            .map(Region::new),
    );
    sdk.set_endpoint_url(named("AWS_ENDPOINT_URL"));
    Connections::of(sdk.build())
}

/// What is set for one service alone, such as `AWS_ENDPOINT_URL_SFN`.
#[derive(Debug)]
struct OfTheEnvironment;

impl LoadServiceConfig for OfTheEnvironment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        std::env::var(format!("{}_{service}", key.env())).ok()
    }
}

/// Whose account, and where; what is left out is as [`connect`] finds it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// A profile of `~/.aws`.
    pub profile: Option<String>,
    /// A region other than the profile's.
    pub region: Option<String>,
    /// Another place that answers the AWS APIs. `AWS_ENDPOINT_URL_SFN` and its like still win for their own API.
    pub endpoint_url: Option<String>,
}

/// The same to a place that somebody named. Beside an endpoint no credentials are looked for unless a profile is named: an
/// engine looks at none.
#[must_use]
pub fn connect_to(place: Place) -> Pin<Box<dyn Future<Output = Connections> + Send>> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    let is_engine = place.endpoint_url.is_some() && place.profile.is_none();
    if let Some(endpoint) = place.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(profile) = place.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = place.region {
        loader = loader.region(Region::new(region));
    } else if is_engine {
        // Engines take any; this is what they call theirs. Beyond the environment nothing is asked: an engine's person may
        // have no `~/.aws`, and no machine of EC2 under the desk.
        let default = Region::from_static("us-east-1");
        loader = loader.region(
            RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(default),
        );
    }
    if is_engine {
        loader = loader.credentials_provider(nobody());
    }
    Box::pin(load(loader))
}

/// The same to an engine on this machine, e.g. `http://127.0.0.1:4566`, whatever the environment says. It is told no
/// secret and looks at no signature.
#[must_use]
pub fn connect_locally(endpoint: &str) -> Pin<Box<dyn Future<Output = Connections> + Send>> {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(nobody());
    Box::pin(load(loader))
}

fn nobody() -> Credentials {
    Credentials::new("local", "local", None, None, "local")
}

async fn load(loader: ConfigLoader) -> Connections {
    let sdk = loader
        .http_client(http_client())
        .timeout_config(timeouts())
        .retry_config(retries())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await;
    Connections::of(sdk)
}

/// Answers are small and every attempt has its limit, so there is no stream to watch over besides.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(ATTEMPT_LIMIT)
        .operation_timeout(OPERATION_LIMIT)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX)
}

/// TLS for `https://`, and plain for `http://` all the same.
#[cfg(feature = "https")]
fn http_client() -> aws_sdk_dynamodb::config::SharedHttpClient {
    use aws_smithy_http_client::tls;
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https()
}

/// Plain HTTP to a local engine; building no TLS saves most of a newcomer's first build.
#[cfg(not(feature = "https"))]
fn http_client() -> aws_sdk_dynamodb::config::SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

impl Connections {
    fn of(sdk: SdkConfig) -> Self {
        Self {
            shared: Arc::new(Shared {
                sdk,
                dynamodb: OnceLock::new(),
                sfn: OnceLock::new(),
                sqs: OnceLock::new(),
            }),
        }
    }

    pub(crate) fn sdk(&self) -> &SdkConfig {
        &self.shared.sdk
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.shared
            .dynamodb
            .get_or_init(|| aws_sdk_dynamodb::Client::new(&self.shared.sdk))
            .clone()
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        self.shared
            .sqs
            .get_or_init(|| aws_sdk_sqs::Client::new(&self.shared.sdk))
            .clone()
    }

    /// A client of the management API at `endpoint`. An open page is told at once or not at all, so it is soon given up.
    pub(crate) fn live_pages(&self, endpoint: &str) -> aws_sdk_apigatewaymanagement::Client {
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(&self.shared.sdk)
            .endpoint_url(endpoint)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_LIMIT)
                    .operation_attempt_timeout(PAGE_ATTEMPT_LIMIT)
                    .operation_timeout(PAGE_LIMIT)
                    .build(),
            )
            .retry_config(RetryConfig::standard().with_max_attempts(PAGE_ATTEMPTS_MAX))
            .build();
        aws_sdk_apigatewaymanagement::Client::from_conf(config)
    }

    pub(crate) fn sfn(&self) -> aws_sdk_sfn::Client {
        self.shared
            .sfn
            .get_or_init(|| {
                let config = aws_sdk_sfn::config::Builder::from(&self.shared.sdk)
                    .interceptor(OneHostLocally)
                    .build();
                aws_sdk_sfn::Client::from_conf(config)
            })
            .clone()
    }
}

/// Takes the host prefix `sync-` off again when the endpoint is plain HTTP.
///
/// AWS answers StartSyncExecution at a host of its own, `sync-states.<region>.amazonaws.com`, and the SDK prefixes
/// whatever host is configured. A local engine has one host, and `sync-localhost` does not resolve. AWS is never
/// reached by plain HTTP, so the scheme tells the two apart.
#[derive(Debug)]
struct OneHostLocally;

const LOCAL_SYNC: &str = "http://sync-";

fn without_sync_prefix(uri: &str) -> Option<String> {
    uri.strip_prefix(LOCAL_SYNC).map(|rest| format!("http://{rest}"))
}

impl Intercept for OneHostLocally {
    fn name(&self) -> &'static str {
        "OneHostLocally"
    }

    // Before signing, because the signature covers the host.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), aws_sdk_sfn::error::BoxError> {
        let request = context.request_mut();
        if let Some(uri) = without_sync_prefix(request.uri()) {
            request.set_uri(uri)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_endpoint_loses_the_prefix() {
        assert_eq!(
            without_sync_prefix("http://sync-127.0.0.1:8083/").as_deref(),
            Some("http://127.0.0.1:8083/")
        );
        assert_eq!(without_sync_prefix("http://127.0.0.1:8083/"), None);
        assert_eq!(
            without_sync_prefix("https://sync-states.eu-central-1.amazonaws.com/"),
            None
        );
    }
}
