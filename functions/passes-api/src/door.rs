//! The door: a pass is verified and its bearer let in, by one conditional write on the order.

use crate::PassesApi;
use axum::Json;
use axum::extract::State;
use contract::pass::code_in;
use contract::problem::ProblemBody;
use contract::{Body, PassCode, Reply, SignedIn, is_operator};
use domain::ports::decide_and_commit;
use domain::{Fault, IdempotencyKey, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was scanned at the door.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScannedPass {
    /// The code of a pass, or the whole address that its QR code says.
    #[schema(min_length = 1, max_length = 2048)]
    pub code: String,
}

/// Somebody was let in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Admission)]
pub struct AdmissionBody {
    /// With which ticket.
    pub ticket_id: String,
    /// Of which order.
    pub order_id: String,
    /// What the ticket is for.
    pub title: String,
    /// Name of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// When it starts, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<String>,
    /// When they were let in.
    pub admitted_at: String,
}

/// Verify a pass and let its bearer in
///
/// For whoever listed the ticket, and for operators. A pass lets in once; what was let in is not refunded any more.
#[utoipa::path(
    post, path = "/api/tickets/verify", tag = "tickets", params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = ScannedPass,
    responses(
        (status = 200, body = AdmissionBody, description = "Let in, now and never again."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nobody is let in."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken; repeat it under the same key."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn verify_pass(
    State(function): State<PassesApi>,
    signed_in: SignedIn,
    key: Option<axum::Extension<IdempotencyKey>>,
    Body(scanned): Body<ScannedPass>,
) -> Reply<Json<AdmissionBody>> {
    let code = code_in(&scanned.code)?;
    let pass = PassCode::verify(code, &function.gate.secret).ok_or(Refusal::PassNotGenuine)?;
    let ticket = function
        .tickets
        .get(&pass.ticket_id)
        .await?
        .ok_or_else(|| Fault::Defect(format!("{} has a pass and is gone", pass.ticket_id)))?;
    // Who listed a ticket never changes.
    let may_let_in =
        ticket.owner_id == signed_in.user_id || is_operator(&signed_in.session, &*function.accounts).await?;
    if !may_let_in {
        return Err(Refusal::NotYours.into());
    }
    let asked_under = key.as_ref().map(|key| key.as_str());
    let order = decide_and_commit(&*function.orders, &pass.order_id, &|order| {
        let now = function.clock.now();
        order.admit(&pass.ticket_id, &signed_in.user_id, asked_under, now)
    })
    .await?;
    let line = order.issued(&pass.ticket_id)?;
    let admission = order
        .admission(line)
        .ok_or_else(|| Fault::Defect("an admission that was written is not there".to_owned()))?;
    Ok(Json(AdmissionBody {
        ticket_id: pass.ticket_id.to_string(),
        order_id: pass.order_id.to_string(),
        title: ticket.title,
        event: ticket.event,
        venue: ticket.venue,
        starts_at: ticket.starts_at.map(|moment| moment.to_rfc3339()),
        admitted_at: admission.at.to_rfc3339(),
    }))
}
