//! Following a short link, and showing it as a QR code. Anybody may. Whoever made one, and operators, take it down.

use crate::LinksApi;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use contract::picture::PictureParams;
use contract::problem::ProblemBody;
use contract::{PathText, Query, Reply, SignedIn, is_operator};
use domain::link::{Link, LinkId};
use domain::{Fault, Refusal};

/// Where a link leads may be a secret (a pass), and may be taken down at any moment: nobody keeps it.
const NOT_KEPT: &str = "private, no-store";
/// The picture says the short address alone, which whoever asks for it knows.
const CACHED: &str = "public, max-age=300";

fn not_found() -> Refusal {
    Refusal::not_found("short link")
}

/// The letters of an id mean what they say, so its case is left as it is.
fn link_id(id: &str) -> Result<LinkId, Refusal> {
    LinkId::parse(id).map_err(|_| not_found())
}

impl LinksApi {
    /// The link with this id, wherever it leads.
    async fn link(&self, link_id: &LinkId) -> Result<Link, Fault> {
        self.links.get(link_id).await?.ok_or_else(|| not_found().into())
    }
}

/// Follow a short link
#[utoipa::path(
    get, path = "/l/{link_id}", tag = "links",
    params(("link_id" = String, Path, description = "The link; case counts.")),
    responses(
        (status = 301, description = "It leads to `Location`.", headers(("location" = String))),
        (status = 410, body = ProblemBody, content_type = "application/problem+json", description = "It was taken down."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn follow_link(
    State(function): State<LinksApi>,
    PathText(id): PathText,
) -> Reply<(StatusCode, [(HeaderName, HeaderValue); 2])> {
    let link = function.link(&link_id(&id)?).await?.followed()?;
    let location = HeaderValue::from_str(&link.target)
        .map_err(|_| Fault::Defect(format!("short link {id} leads where no header can say")))?;
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static(NOT_KEPT)),
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
    PathText(id): PathText,
    Query(params): Query<PictureParams>,
) -> Reply<Response> {
    let link = function.link(&link_id(&id)?).await?.followed()?;
    let short_url = function.base.short_url(&link.link_id);
    let mut picture = params
        .format
        .draw(&short_url, &format!("QR code of {short_url}"))?;
    picture
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHED));
    Ok(picture)
}

/// Take a short link down
///
/// For whoever made it first, and for operators. It leads nowhere any more, for good: its id stays taken, and its address gets
/// no other one. Under `/l` and not under `/api`, where case does not count.
#[utoipa::path(
    delete, path = "/l/{link_id}", tag = "links", params(("link_id" = String, Path, description = "The link; case counts."),
    ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
    description = "Names this request for 24 hours: repeating it changes nothing.")),
    responses(
        (status = 204, description = "Taken down, now or before."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn take_link_down(
    State(function): State<LinksApi>,
    signed_in: SignedIn,
    PathText(id): PathText,
) -> Reply<StatusCode> {
    let link_id = link_id(&id)?;
    // Who made a link never changes.
    let link = function.link(&link_id).await?;
    let may =
        link.owner_id == signed_in.user_id || is_operator(&signed_in.session, &*function.accounts).await?;
    if !may {
        return Err(Refusal::NotYours.into());
    }
    let taken_down = function.links.take_down(&link_id, function.clock.now()).await?;
    taken_down
        .map(|_| StatusCode::NO_CONTENT)
        .ok_or_else(|| not_found().into())
}
