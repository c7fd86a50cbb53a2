//! Problem documents (RFC 9457): every error of the API, in one shape.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Fault, FieldError, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every error.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// Where this kind of problem is explained: a path into docs/errors.md.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in general.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do next.
    pub detail: String,
    /// The refusal's name, stable; programs decide by it.
    pub code: String,
    /// Each field that was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Whether repeating can make sense: another card after a decline, the same request after a busy moment.
    pub retryable: bool,
    /// The order that this is about, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Tells this request apart in the logs.
    #[serde(default)]
    pub request_id: String,
}

/// One field that was refused.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Where, e.g. `lines[0].ticketId`.
    pub field: String,
    /// Why.
    pub message: String,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self {
            field: error.field,
            message: error.message,
        }
    }
}

/// A fault on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem(pub Fault);

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(Fault::Refused(refusal))
    }
}

impl Problem {
    /// The order that the refusal names.
    fn order_id(&self) -> Option<String> {
        let Fault::Refused(refusal) = &self.0 else {
            return None;
        };
        serde_json::to_value(refusal)
            .ok()?
            .get("order_id")?
            .as_str()
            .map(str::to_owned)
    }

    /// The document that says it. What is inside a defect or a busy database stays in the log.
    #[must_use]
    pub fn body(&self) -> ProblemBody {
        let (status, title, detail, retryable) = match &self.0 {
            Fault::Refused(refusal) => (
                refusal.status(),
                refusal.name(),
                format!("{refusal} {}", refusal.advice()),
                is_retryable(refusal),
            ),
            Fault::Transient(_) => (
                503,
                "Busy",
                "The shop is busy right now. Repeat the request, with the same Idempotency-Key if it had one: nothing is done twice.".to_owned(),
                true,
            ),
            Fault::Unknown(_) => (
                503,
                "Outcome unknown",
                "It is not known yet how this ended. Read the order before you repeat anything.".to_owned(),
                false,
            ),
            Fault::Defect(_) => (
                500,
                "Defect",
                "Something is broken on our side. It was logged under this request id.".to_owned(),
                false,
            ),
        };
        let errors = match &self.0 {
            Fault::Refused(Refusal::InvalidInput { errors }) => {
                errors.iter().cloned().map(Into::into).collect()
            }
            Fault::Refused(Refusal::NotFound {
                what,
                field: Some(field),
            }) => {
                vec![FieldProblem {
                    field: field.clone(),
                    message: format!("There is no such {what}."),
                }]
            }
            _ => Vec::new(),
        };
        ProblemBody {
            kind: format!("/docs/errors#{}", self.0.name()),
            title: in_words(title),
            status,
            detail,
            code: self.0.name().to_owned(),
            errors,
            retryable,
            order_id: self.order_id(),
            request_id: String::new(),
        }
    }
}

/// Whether the same request, or the same with another card, can succeed.
fn is_retryable(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::PaymentDeclined { retryable, .. } => *retryable,
        Refusal::PaymentWillBeRetried { .. } => true,
        Refusal::TooManyAttempts { .. } | Refusal::RequestInFlight => true,
        _ => false,
    }
}

/// `TicketAlreadyHeld` as `Ticket already held`.
fn in_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

impl IntoResponse for Problem {
    /// Leaves the document in the extensions; [`crate::seal()`] writes it out together with the request id.
    fn into_response(self) -> Response {
        let body = self.body();
        let mut response = StatusCode::from_u16(body.status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
        let retry_after_s = match &self.0 {
            Fault::Refused(Refusal::TooManyAttempts { retry_after_s }) => Some(*retry_after_s),
            Fault::Refused(Refusal::RequestInFlight) | Fault::Transient(_) => Some(1),
            _ => None,
        };
        if let Some(seconds) = retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Unsealed { body, fault: self.0 });
        response
    }
}

/// A problem that somebody else named: an API that was asked on the way. Its code is theirs.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// The HTTP status of our answer.
    pub status: StatusCode,
    /// Their name for it, e.g. `ExecutionDoesNotExist`.
    pub code: String,
    /// What happened, and what to do next.
    pub detail: String,
    /// After how many seconds the same request can make sense.
    pub retry_after_s: Option<u32>,
    /// What the log is told.
    pub fault: Fault,
}

impl IntoResponse for Foreign {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let body = ProblemBody {
            kind: "about:blank".to_owned(),
            title: in_words(&self.code),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            errors: Vec::new(),
            retryable: self.retry_after_s.is_some(),
            order_id: None,
            request_id: String::new(),
        };
        response.extensions_mut().insert(Unsealed {
            body,
            fault: self.fault,
        });
        response
    }
}

/// A problem that has no request id yet.
#[derive(Clone, Debug)]
pub(crate) struct Unsealed {
    pub(crate) body: ProblemBody,
    pub(crate) fault: Fault,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_a_defect_is_not_told_to_the_client() {
        let body = Problem(Fault::Defect("table holdfast-orders: secret".to_owned())).body();
        assert_eq!(body.status, 500);
        assert!(!serde_json::to_string(&body).unwrap().contains("secret"));
    }

    #[test]
    fn a_refusal_says_what_happened_and_what_to_do() {
        let body = Problem::from(Refusal::invalid("title", "must not be empty")).body();
        assert_eq!(
            (body.status, body.code.as_str(), body.title.as_str()),
            (400, "InvalidInput", "Invalid input")
        );
        assert_eq!(body.errors[0].field, "title");
        assert!(body.detail.ends_with("send it again."));
    }
}
