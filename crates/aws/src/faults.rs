//! What the SDK reports, as the kinds of fault that steps tell apart.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use domain::Fault;

/// Error codes that are worth another try although their HTTP status is 400.
const TRANSIENT_CODES: [&str; 13] = [
    "ExecutionLimitExceeded",
    // Lambda has fresh credentials by the next invocation.
    "ExpiredTokenException",
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Names operation and error code; never a message, which may quote what was to be stored.
pub(crate) fn fault<E: ProvideErrorMetadata>(operation: &str, error: &SdkError<E, HttpResponse>) -> Fault {
    match error {
        SdkError::ConstructionFailure(_) => {
            Fault::Defect(format!("{operation}: the request could not be built"))
        }
        SdkError::TimeoutError(_) => Fault::Transient(format!("{operation}: no answer in time")),
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            Fault::Defect(format!("{operation}: the request could not be sent"))
        }
        SdkError::DispatchFailure(failure) => {
            let why = failure.as_connector_error().map(innermost).unwrap_or_default();
            unreached(operation, &why)
        }
        SdkError::ResponseError(_) => Fault::Transient(format!("{operation}: the answer was garbled")),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            named(operation, status, error.code().unwrap_or("no error code"))
        }
        _ => Fault::Defect(format!("{operation}: an error of a kind unknown here")),
    }
}

/// The fault of an answer with this HTTP status and error code.
fn named(operation: &str, status: u16, code: &str) -> Fault {
    let text = format!("{operation}: {code} (HTTP {status})");
    if status >= 500 || status == 429 || TRANSIENT_CODES.contains(&code) {
        Fault::Transient(text)
    } else {
        Fault::Defect(text)
    }
}

/// The fault of a request that did not arrive.
fn unreached(operation: &str, why: &str) -> Fault {
    // What hyper says of an https:// address when it was built without TLS. Waiting does not help against that.
    if why.contains("scheme is not http") {
        return Fault::Defect(format!(
            "{operation}: this build speaks plain HTTP only; build it with the feature aws/https, or set \
             AWS_ENDPOINT_URL to an http:// address"
        ));
    }
    let first_line = why.lines().next().unwrap_or_default();
    Fault::Transient(format!("{operation}: the service was not reached: {first_line}"))
}

/// The last error in the chain: "connection refused" rather than "io error".
fn innermost(error: &aws_sdk_dynamodb::error::ConnectorError) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_transient_and_what_stays_wrong_is_a_defect() {
        for (status, code) in [
            (500, "InternalServerError"),
            (503, "no error code"),
            (429, "no error code"),
            (400, "ThrottlingException"),
            (400, "ProvisionedThroughputExceededException"),
            (400, "TransactionInProgressException"),
        ] {
            assert!(
                matches!(named("PutItem", status, code), Fault::Transient(_)),
                "{status} {code}"
            );
        }
        for code in [
            "ValidationException",
            "AccessDeniedException",
            "ResourceNotFoundException",
            "StateMachineDoesNotExist",
        ] {
            assert_eq!(
                named("PutItem", 400, code),
                Fault::Defect(format!("PutItem: {code} (HTTP 400)"))
            );
        }
    }
    #[test]
    fn a_build_without_tls_says_so() {
        assert!(matches!(
            unreached("PutItem", "invalid URL, scheme is not http"),
            Fault::Defect(text) if text.contains("aws/https")
        ));
        assert_eq!(
            unreached("PutItem", "no credentials. Attempted:\n  Environment"),
            Fault::Transient("PutItem: the service was not reached: no credentials. Attempted:".to_owned())
        );
    }
}
