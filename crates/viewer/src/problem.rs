//! What an account refused, as problem documents: AWS's name is the code.

use aws::AccountError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::{Foreign, Problem};
use domain::{Fault, Refusal};

/// What went wrong, by us or by AWS.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// What was sent, or is not there.
    Ours(Problem),
    /// What the account said.
    Theirs(Box<Foreign>),
}

/// What a handler gives back.
pub(crate) type Reply<T> = Result<T, Trouble>;

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match self {
            Self::Ours(problem) => problem.into_response(),
            Self::Theirs(foreign) => foreign.into_response(),
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Ours(refusal.into())
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Ours(fault.into())
    }
}

impl From<AccountError> for Trouble {
    fn from(error: AccountError) -> Self {
        Self::Theirs(Box::new(said(error)))
    }
}

/// Something that is not there, in our words.
pub(crate) fn missing(code: &str, detail: impl Into<String>) -> Trouble {
    let detail = detail.into();
    Trouble::Theirs(Box::new(Foreign {
        status: StatusCode::NOT_FOUND,
        code: code.to_owned(),
        fault: Fault::Refused(Refusal::not_found("thing")),
        detail,
        retry_after_s: None,
    }))
}

/// Something on this machine that is there and cannot be used, in our words.
pub(crate) fn unusable(code: &str, detail: String) -> Trouble {
    Trouble::Theirs(Box::new(Foreign {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: code.to_owned(),
        fault: Fault::Defect(detail.clone()),
        detail,
        retry_after_s: None,
    }))
}

fn said(error: AccountError) -> Foreign {
    let logged = error.to_string();
    match error {
        AccountError::Refused {
            code,
            message,
            status,
        } if is_throttling(&code, status) => Foreign {
            status: StatusCode::TOO_MANY_REQUESTS,
            detail: format!(
                "AWS answers only so many such questions a second. Ask again in a moment. {message}"
            ),
            code,
            retry_after_s: Some(2),
            fault: Fault::Transient(logged),
        },
        AccountError::Refused {
            code,
            message,
            status,
        } => {
            let told = status_of(&code, status);
            let advice = advice(told);
            Foreign {
                status: told,
                detail: format!("{message} {advice}").trim().to_owned(),
                code,
                retry_after_s: told.is_server_error().then_some(2),
                fault: if told.is_server_error() {
                    Fault::Transient(logged)
                } else if told == StatusCode::FORBIDDEN {
                    Fault::Defect(logged)
                } else {
                    Fault::Refused(Refusal::invalid("account", logged))
                },
            }
        }
        AccountError::Unreached(why) => Foreign {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "AccountUnreachable".to_owned(),
            detail: format!(
                "The account's API was not reached ({why}). Look whether its address is right and whether the engine or the network is up, then ask again."
            ),
            retry_after_s: Some(2),
            fault: Fault::Transient(logged),
        },
        AccountError::Unprepared(why) => Foreign {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "AccountNotConfigured".to_owned(),
            detail: format!(
                "The account cannot be asked: {}. Set AWS_REGION, and credentials in the environment or in ~/.aws, and start this again. Of a profile that signs in elsewhere, `aws configure export-credentials --profile NAME --format env` prints them.",
                why.trim_end_matches('.')
            ),
            retry_after_s: None,
            fault: Fault::Defect(logged),
        },
    }
}

fn is_throttling(code: &str, status: u16) -> bool {
    status == 429
        || code.starts_with("Throttling")
        || code == "TooManyRequestsException"
        || code == "RequestThrottled"
}

/// Whether AWS said that there is no such thing.
pub(crate) fn is_missing(code: &str) -> bool {
    code.ends_with("DoesNotExist") || code.ends_with("NotFound") || code.ends_with("NotFoundException")
}

/// Whether AWS said that this role may not.
pub(crate) fn is_denied(code: &str) -> bool {
    code.starts_with("AccessDenied") || code == "UnauthorizedOperation"
}

/// Whether a log group cannot be read for a reason that is worth a sentence beside the answer: it is not there, this role may
/// not, or the engine keeps no logs.
pub(crate) fn is_unreadable(code: &str) -> bool {
    is_missing(code) || is_denied(code) || code.starts_with("UnknownOperation") || code == "NotImplemented"
}

fn status_of(code: &str, status: u16) -> StatusCode {
    const SIGNATURES: [&str; 6] = [
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "InvalidClientTokenId",
        "ExpiredTokenException",
        "ExpiredToken",
        "MissingAuthenticationToken",
    ];
    if is_missing(code) {
        StatusCode::NOT_FOUND
    } else if code.ends_with("AlreadyExists")
        || code == "ExecutionNotRedrivable"
        || code == "ConflictException"
        || code == "StateMachineDeleting"
    {
        StatusCode::CONFLICT
    } else if is_denied(code) {
        StatusCode::FORBIDDEN
    } else if SIGNATURES.contains(&code) || status >= 500 {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::BAD_REQUEST
    }
}

fn advice(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "The role that this runs under needs that permission.",
        StatusCode::SERVICE_UNAVAILABLE => {
            "Look whether the credentials are still good and the service is up, then ask again."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, status: u16) -> (u16, bool) {
        let problem = said(AccountError::Refused {
            code: code.to_owned(),
            message: "m".to_owned(),
            status,
        });
        assert_eq!(problem.code, code);
        (problem.status.as_u16(), problem.retry_after_s.is_some())
    }

    #[test]
    fn aws_names_have_statuses_of_their_own() {
        for (code, status, expected) in [
            ("ExecutionDoesNotExist", 400, (404, false)),
            ("StateMachineDoesNotExist", 400, (404, false)),
            ("ResourceNotFound", 400, (404, false)),
            ("ResourceNotFoundException", 400, (404, false)),
            ("ExecutionAlreadyExists", 400, (409, false)),
            ("ExecutionNotRedrivable", 400, (409, false)),
            ("ThrottlingException", 400, (429, true)),
            ("AccessDeniedException", 400, (403, false)),
            ("ExpiredTokenException", 400, (503, true)),
            ("InternalFailure", 500, (503, true)),
            ("InvalidArn", 400, (400, false)),
        ] {
            assert_eq!(told(code, status), expected, "{code}");
        }
    }

    #[test]
    fn an_account_that_cannot_be_asked_is_told_with_what_to_do() {
        let problem = said(AccountError::Unreached("connection refused".to_owned()));
        assert_eq!(problem.status, 503);
        assert!(
            problem.detail.contains("connection refused"),
            "{}",
            problem.detail
        );
        let problem = said(AccountError::Unprepared("no credentials".to_owned()));
        assert_eq!((problem.status.as_u16(), problem.retry_after_s), (503, None));
        assert!(problem.detail.contains("AWS_REGION"), "{}", problem.detail);
    }
}
