//! The page behind a pass's QR code: what it is for and what it is worth, for whoever scans it with a phone.
//!
//! It changes nothing and lets nobody in: phones, messengers and crawlers open addresses on their own. It tells nothing
//! of the buyer. Whoever has the code in hand may know what it is for; that is why the code is a secret of its bearer.

use crate::PassesApi;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::problem::ProblemBody;
use contract::{PassCode, PathText, Problem, Reply};
use domain::{Fault, Order, Refusal, Ticket, TicketId};
use std::fmt::Write as _;

/// The page's only style. The header [`POLICY`] names its SHA-256, so that a browser applies no other.
const STYLE: &str = "body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:#111;background:#fff}\
main{max-width:34rem;margin:0 auto;padding:1.5rem}\
h1{font-size:1.75rem;line-height:1.2;border-left:.5rem solid;padding-left:.75rem}\
.good{color:#0b5a1e}.used{color:#7a3b00}.worthless{color:#9b1010}\
dt{font-weight:600}dd{margin:0 0 .75rem;overflow-wrap:anywhere}";
/// Nothing is loaded, run, framed or sent from here.
const POLICY: &str = "default-src 'none'; style-src 'sha256-bF+wBWQ5OTVzMvEPxDTWZ5x5Y0lSB+PerYPSzhm6yEw='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a genuine pass is worth now.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Worth {
    Good,
    /// Somebody was let in with it, at this moment (RFC 3339).
    Used(String),
    /// Why it lets nobody in, as a sentence.
    Nothing(&'static str),
}

impl Worth {
    fn of(order: &Order, ticket_id: &TicketId) -> Result<Self, Refusal> {
        match order.issued(ticket_id) {
            Ok(line) => Ok(order
                .admission(line)
                .map_or(Self::Good, |admission| Self::Used(admission.at.to_rfc3339()))),
            Err(Refusal::TicketGivenBack { .. }) => Ok(Self::Nothing(
                "The ticket was given back, so this pass lets nobody in.",
            )),
            Err(Refusal::TicketNotIssued { .. }) => Ok(Self::Nothing(
                "The ticket is not issued, so this pass lets nobody in.",
            )),
            Err(other) => Err(other),
        }
    }
}

/// Look at a pass
///
/// The page behind its QR code. It says what the pass is for and what it is worth, and nothing of the buyer. Opening it
/// lets nobody in.
#[utoipa::path(
    get, path = "/door/{code}", tag = "tickets",
    params(("code" = String, Path, description = "The code of a pass.")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "What it is worth."),
        (status = 404, body = String, content_type = "text/html", description = "No pass of this shop."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn show_door_page(
    State(function): State<PassesApi>,
    code: Result<PathText, Problem>,
) -> Reply<Response> {
    // What is not even text is no pass either, and whoever scanned it sees a page.
    let pass = code
        .ok()
        .and_then(|PathText(code)| PassCode::verify(&code, &function.gate.secret));
    let Some(pass) = pass else {
        return Ok(answer(StatusCode::NOT_FOUND, not_genuine()));
    };
    let ticket = function.tickets.get(&pass.ticket_id).await?;
    let order = function.orders.get(&pass.order_id).await?;
    // We signed it when both were there, and neither is ever deleted.
    let (Some(ticket), Some(order)) = (ticket, order) else {
        return Err(Fault::Defect(format!("{} has a pass and is gone", pass.ticket_id)).into());
    };
    let worth = Worth::of(&order, &pass.ticket_id)?;
    Ok(answer(StatusCode::OK, page_of(&ticket, &worth)))
}

fn answer(status: StatusCode, page: String) -> Response {
    let headers: HeaderMap = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ]
    .into_iter()
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .collect();
    (status, headers, page).into_response()
}

fn page_of(ticket: &Ticket, worth: &Worth) -> String {
    let (class, headline, sentence) = match worth {
        Worth::Good => (
            "good",
            "This pass is good",
            "Nobody was let in with it yet.".to_owned(),
        ),
        Worth::Used(at) => (
            "used",
            "Let in already",
            format!("Somebody was let in with this pass at {at}. It lets in once."),
        ),
        Worth::Nothing(why) => ("worthless", "This pass is worth nothing", (*why).to_owned()),
    };
    let starts_at = ticket.starts_at.map(|moment| moment.to_rfc3339());
    let rows = [
        ("Ticket", Some(ticket.title.as_str())),
        ("Event", ticket.event.as_deref()),
        ("Venue", ticket.venue.as_deref()),
        ("Starts", starts_at.as_deref()),
    ];
    let mut told = String::from("<dl>");
    for (name, value) in rows {
        if let Some(value) = value {
            // Writing to a text cannot fail.
            let _ = write!(told, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
        }
    }
    told.push_str(
        "</dl><p>Opening this page lets nobody in. Whoever stands at the door signs in and lets in through \
         <code>POST /api/tickets/verify</code>.</p>",
    );
    page(class, headline, &sentence, &told)
}

fn not_genuine() -> String {
    let sentence =
        "It is not a pass of this shop. Scan the code of the pass itself; nobody is let in with this one.";
    page("worthless", "This is no pass", sentence, "")
}

/// `class` and `headline` are ours; `sentence` is escaped here, `more` is HTML.
fn page(class: &str, headline: &str, sentence: &str, more: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{headline}</title><style>{STYLE}</style></head>\
         <body><main><h1 class=\"{class}\">{headline}</h1><p>{}</p>{more}</main></body></html>\n",
        escaped(sentence)
    )
}

/// A text that says itself inside an element or an attribute of HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_markup_is_text_on_the_page() {
        let title = "<script>alert('x')</script> & \"Co\"";
        let told = escaped(title);
        assert!(!told.contains(['<', '>', '"', '\'']), "{told}");
        assert!(page("good", "x", title, "").contains(&told));
    }

    /// Protection: a browser applies the style because the policy names what it hashes to, and applies no other.
    #[test]
    fn the_policy_names_the_style() {
        use base64::Engine as _;
        use sha2::{Digest, Sha256};
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "sha256-{hash}");
    }
}
