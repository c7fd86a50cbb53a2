//! Making a short link. The same address is the same link, whoever asks.

use crate::LinksApi;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use contract::problem::ProblemBody;
use contract::{Body, PublicBase, Reply, SignedIn};
use domain::link::Link;
use domain::ports::shorten;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address to be shortened.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// Where the link is to lead: `http` or `https`, a host, no user name, ASCII, 1 to 2,048 bytes.
    #[schema(min_length = 1, max_length = 2048, format = "uri")]
    pub target: String,
}

/// A short link. Who made it is kept and not shown.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Link)]
pub struct LinkBody {
    /// Eight letters and digits; case counts.
    pub id: String,
    /// Where it leads.
    pub target: String,
    /// The whole short address.
    pub short_url: String,
    /// When it was first made.
    pub created_at: String,
}

impl LinkBody {
    fn new(link: &Link, base: &PublicBase) -> Self {
        Self {
            id: link.link_id.to_string(),
            target: link.target.clone(),
            short_url: base.short_url(&link.link_id),
            created_at: link.created_at.to_rfc3339(),
        }
    }
}

/// Make a short link
///
/// An address has one link: whoever comes with it second is given the one that is there. One that was taken down stays so.
#[utoipa::path(
    post, path = "/api/links", tag = "links", params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    request_body = NewLink,
    responses(
        (status = 201, body = LinkBody, description = "Made."),
        (status = 200, body = LinkBody, description = "There already."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn create_link(
    State(function): State<LinksApi>,
    signed_in: SignedIn,
    Body(new): Body<NewLink>,
) -> Reply<(StatusCode, [(HeaderName, String); 1], Json<LinkBody>)> {
    let now = function.clock.now();
    let (link, is_fresh) = shorten(&*function.links, &new.target, &signed_in.user_id, now).await?;
    let link = link.followed()?;
    let status = if is_fresh {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = format!("/l/{}", link.link_id);
    let body = LinkBody::new(&link, &function.base);
    Ok((status, [(header::LOCATION, location)], Json(body)))
}
