//! The pass of a ticket: for the buyer whose order is completed, and for nobody else.

use crate::PassesApi;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use contract::picture::PictureParams;
use contract::problem::ProblemBody;
use contract::{PassCode, PathId, Query, Reply, SignedIn};
use domain::order::Line;
use domain::ports::shorten;
use domain::{Fault, Order, Refusal, TicketId, TicketState, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the QR code of a pass is drawn.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PassPictures {
    /// As pixels.
    pub png: String,
    /// As a path of any size.
    pub svg: String,
}

/// What lets its bearer in, once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Pass)]
pub struct PassBody {
    /// The ticket.
    pub ticket_id: String,
    /// The order that bought it.
    pub order_id: String,
    /// What it is for.
    pub title: String,
    /// What is verified at the door. A secret of whoever carries it.
    pub code: String,
    /// What its QR code says: an address that ends in the code.
    pub verify_url: String,
    /// A short link to the same. Made when the pass is first read, it keeps the address, code and all; its maker can take it
    /// down (`DELETE /l/{link_id}`).
    pub short_link: String,
    /// Its QR code.
    pub qr: PassPictures,
    /// When somebody was let in with it; absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted_at: Option<String>,
}

/// A ticket that its buyer has for good.
struct Issued {
    order: Order,
    line: u32,
    ticket_id: TicketId,
}

impl Issued {
    fn what(&self) -> Option<&Line> {
        self.order.lines.get(usize::try_from(self.line).ok()?)
    }

    fn title(&self) -> String {
        self.what().map_or_else(String::new, |line| line.title.clone())
    }
}

impl PassesApi {
    /// The ticket as this reader bought it. What is not theirs does not exist for them.
    async fn issued(&self, reader: &UserId, ticket_id: &TicketId) -> Result<Issued, Fault> {
        let not_found = || Refusal::not_found("pass");
        let hold = self
            .tickets
            .get(ticket_id)
            .await?
            .filter(|ticket| ticket.state == TicketState::Sold)
            .and_then(|ticket| ticket.hold)
            .filter(|hold| hold.user_id == *reader)
            .ok_or_else(not_found)?;
        let order = self.orders.get(&hold.order_id).await?.ok_or_else(not_found)?;
        let line = order.issued(ticket_id)?;
        Ok(Issued {
            order,
            line,
            ticket_id: ticket_id.clone(),
        })
    }

    fn code(&self, issued: &Issued) -> Result<String, Fault> {
        let pass = PassCode {
            ticket_id: issued.ticket_id.clone(),
            order_id: issued.order.order_id.clone(),
        };
        pass.sign(&self.gate.secret)
            .ok_or_else(|| Fault::Defect("a pass could not be signed".to_owned()))
    }
}

/// Show the pass of a ticket
///
/// For whoever bought it, as soon as the order is completed.
#[utoipa::path(
    get, path = "/api/tickets/{ticket_id}/pass", tag = "tickets",
    params(("ticket_id" = String, Path, description = "The ticket.")),
    responses(
        (status = 200, body = PassBody, description = "The pass."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_pass(
    State(function): State<PassesApi>,
    signed_in: SignedIn,
    PathId(ticket_id): PathId<TicketId>,
) -> Reply<Json<PassBody>> {
    let reader = &signed_in.user_id;
    let issued = function.issued(reader, &ticket_id).await?;
    let code = function.code(&issued)?;
    let verify_url = function.base.door_url(&code);
    let now = function.clock.now();
    let (link, _) = shorten(&*function.links, &verify_url, reader, now).await?;
    let picture = |format| format!("/api/tickets/{ticket_id}/qr?format={format}");
    Ok(Json(PassBody {
        ticket_id: ticket_id.to_string(),
        order_id: issued.order.order_id.to_string(),
        title: issued.title(),
        code,
        verify_url,
        short_link: function.base.short_url(&link.link_id),
        qr: PassPictures {
            png: picture("png"),
            svg: picture("svg"),
        },
        admitted_at: issued
            .order
            .admission(issued.line)
            .map(|admission| admission.at.to_rfc3339()),
    }))
}

/// Show the pass of a ticket as a QR code
///
/// For whoever bought it. The code says the address at which the pass is verified.
#[utoipa::path(
    get, path = "/api/tickets/{ticket_id}/qr", tag = "tickets",
    params(("ticket_id" = String, Path, description = "The ticket."), PictureParams),
    responses(
        (status = 200, content((Vec<u8> = "image/png"), (String = "image/svg+xml")), description = "The code."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_pass_qr(
    State(function): State<PassesApi>,
    signed_in: SignedIn,
    PathId(ticket_id): PathId<TicketId>,
    Query(params): Query<PictureParams>,
) -> Reply<Response> {
    let issued = function.issued(&signed_in.user_id, &ticket_id).await?;
    let verify_url = function.base.door_url(&function.code(&issued)?);
    Ok(params
        .format
        .draw(&verify_url, &format!("Pass for {}", issued.title()))?)
}
