//! Following a short link, and showing it as a QR code. Anybody may.

use crate::LinksApi;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use contract::picture::PictureParams;
use contract::problem::ProblemBody;
use contract::{Query, Reply};
use domain::link::{Link, LinkId};
use domain::{Fault, Refusal};

/// A link never leads elsewhere, but the shop may move: a browser that followed it yesterday asks again.
const CACHED: &str = "public, max-age=300";

impl LinksApi {
    /// The link with this id. The letters of an id mean what they say, so its case is left as it is.
    async fn link(&self, id: &str) -> Result<Link, Fault> {
        let not_found = || Refusal::not_found("short link");
        let link_id = LinkId::parse(id).map_err(|_| not_found())?;
        let link = self.links.get(&link_id).await?;
        link.ok_or_else(|| not_found().into())
    }
}

/// Follow a short link
#[utoipa::path(
    get, path = "/l/{link_id}", tag = "links",
    params(("link_id" = String, Path, description = "The link; case counts.")),
    responses(
        (status = 301, description = "It leads to `Location`.", headers(("location" = String))),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn follow_link(
    State(function): State<LinksApi>,
    Path(id): Path<String>,
) -> Reply<(StatusCode, [(HeaderName, HeaderValue); 2])> {
    let link = function.link(&id).await?;
    let location = HeaderValue::from_str(&link.target)
        .map_err(|_| Fault::Defect(format!("short link {id} leads where no header can say")))?;
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static(CACHED)),
    ];
    Ok((StatusCode::MOVED_PERMANENTLY, headers))
}

/// Show a short link as a QR code
///
/// The code says the short address.
#[utoipa::path(
    get, path = "/l/{link_id}/qr", tag = "links",
    params(("link_id" = String, Path, description = "The link; case counts."), PictureParams),
    responses(
        (status = 200, content((Vec<u8> = "image/png"), (String = "image/svg+xml")), description = "The code."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn show_link_qr(
    State(function): State<LinksApi>,
    Path(id): Path<String>,
    Query(params): Query<PictureParams>,
) -> Reply<Response> {
    let link = function.link(&id).await?;
    let short_url = function.base.short_url(&link.link_id);
    let mut picture = params
        .format
        .draw(&short_url, &format!("QR code of {short_url}"))?;
    picture
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHED));
    Ok(picture)
}
