//! Dead letters, looked at and given back.

use super::Queues;
use super::receive::{Letter, give_back, receive};
use crate::ask::Asker;
use crate::problem::Reply;
use axum::Json;
use axum::extract::State;
use contract::Query;
use contract::problem::ProblemBody;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Letters of one answer.
const LETTERS_MAX: usize = 50;
/// Of a body so many bytes are told; a function's answer may have six megabytes, and quotes count twice.
const BODY_MAX: usize = 32 * 1024;
const CALLS: usize = 25;

/// Whose letters.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhoseLetters {
    /// The name of the queue that they could not be worked on in.
    queue: String,
}

/// A message that could not be worked on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetter)]
pub struct LetterBody {
    /// SQS's id.
    pub message_id: String,
    /// Its body, or the beginning of a long one.
    pub body: String,
    /// Whether that is all of it.
    pub is_whole: bool,
    /// How often it was received, by consumers and by whoever looked.
    pub receive_count: u64,
    /// When it was sent first, milliseconds since 1970.
    pub sent_at: u64,
}

/// Dead letters of a queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetters)]
pub struct LettersBody {
    /// The queue.
    pub queue: String,
    /// The letters, those first that were sent first.
    pub letters: Vec<LetterBody>,
    /// Whether those are all that could be seen.
    pub is_all: bool,
    /// What to know about it, in words.
    pub notes: Vec<String>,
}

/// Which messages could not be worked on?
///
/// They stay where they are: each is received, told and given back at once, which raises its receive count by one.
#[utoipa::path(
    get, path = "/api/ops/queues/letters", tag = "queues", params(WhoseLetters),
    responses(
        (status = 200, body = LettersBody, description = "Up to 50 of them."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn read_letters(
    State(queues): State<Queues>,
    Query(whose): Query<WhoseLetters>,
) -> Reply<Json<LettersBody>> {
    let (queue, url) = queues.with_letters(&whose.queue)?;
    let asker = Asker::new(&queues.account, CALLS);
    let received = receive(&asker, url, LETTERS_MAX, |_| false).await?;
    give_back(&asker, url, &received.letters).await;
    let mut notes = vec![
        "Looking receives each letter and gives it back at once: its receive count has risen by one. One that somebody else was looking at in this moment is not among them.".to_owned(),
    ];
    if !received.is_all {
        notes.push(format!(
            "There may be more than these {}.",
            received.letters.len()
        ));
    }
    let mut letters: Vec<LetterBody> = received.letters.into_iter().map(told).collect();
    letters.sort_by(|one, other| (one.sent_at, &one.message_id).cmp(&(other.sent_at, &other.message_id)));
    Ok(Json(LettersBody {
        queue: queue.name().to_owned(),
        letters,
        is_all: received.is_all,
        notes,
    }))
}

fn told(letter: Letter) -> LetterBody {
    let mut body = letter.body;
    let is_whole = body.len() <= BODY_MAX;
    body.truncate(body.floor_char_boundary(BODY_MAX));
    LetterBody {
        message_id: letter.id,
        body,
        is_whole,
        receive_count: letter.receive_count,
        sent_at: letter.sent_at,
    }
}
