//! Dead letters, sent to their queue again.
//!
//! Each is sent before it is deleted, so none is lost. One that was sent and not deleted, because the answer was lost or the
//! function ended, is there twice: whoever works on a queue bears a message that comes twice anyway.

use super::receive::{Letter, delete, give_back, receive, send};
use super::{Queues, WatchedQueue};
use crate::Changed;
use crate::ask::{Asker, all};
use crate::problem::{Reply, missing};
use aws::AccountError;
use axum::extract::State;
use axum::{Extension, Json};
use contract::Body;
use contract::problem::ProblemBody;
use domain::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Letters of one request.
const LETTERS_MAX: usize = 50;
/// To find one, so many are looked through.
const SEARCHED_MAX: usize = 200;
/// To receive, send, delete and give back.
const CALLS: usize = 400;

/// Which letters.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = RedriveOfLetters)]
pub(crate) struct RedriveBody {
    /// The name of the queue that they could not be worked on in.
    queue: String,
    /// One letter, by SQS's id.
    message_id: Option<String>,
    /// Instead: all of them, up to 50 a request.
    #[serde(default)]
    all: bool,
    /// Only say what would be moved.
    dry_run: bool,
}

/// A letter, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RedrivenLetter)]
pub struct RedrivenBody {
    /// SQS's id among the dead letters.
    pub message_id: String,
    /// `wouldMove` (a dry run), `moved`, `doubled` (sent, but not taken from the dead letters) or `kept` (not sent, or not known
    /// to be).
    pub outcome: &'static str,
    /// Why it was doubled or kept.
    pub why: Option<String>,
}

/// What was moved, or would be.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Redriven)]
pub struct RedrivenLettersBody {
    /// The queue.
    pub queue: String,
    /// Who works on them next.
    pub feeds: String,
    /// Whether this only says what would be.
    pub dry_run: bool,
    /// The letters.
    pub letters: Vec<RedrivenBody>,
    /// Whether those were all that could be seen; `false` means ask again for the rest.
    pub is_all: bool,
    /// What to know about it, in words.
    pub notes: Vec<String>,
}

/// Send dead letters to their queue again: one or all, or say what would be.
///
/// Each is sent with its attributes and then deleted. A crash between the two leaves it in both queues; consumers bear a message
/// that comes twice. Where the queue's consumer still fails, a letter comes back.
#[utoipa::path(
    post, path = "/api/ops/queues/redrive", tag = "queues", request_body = RedriveBody,
    responses(
        (status = 200, body = RedrivenLettersBody, description = "What became of each."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn redrive_letters(
    State(queues): State<Queues>,
    Body(asked): Body<RedriveBody>,
) -> Reply<(Extension<Changed>, Json<RedrivenLettersBody>)> {
    if asked.all == asked.message_id.is_some() {
        let which = Refusal::invalid("messageId", "name one letter, or say all: true");
        return Err(which.into());
    }
    let (queue, url) = queues.with_letters(&asked.queue)?;
    let asker = Asker::new(&queues.account, CALLS);
    let (letters, is_all) = match &asked.message_id {
        Some(id) => {
            let mut found = receive(&asker, url, SEARCHED_MAX, |letter| letter.id == *id).await?;
            let others = found.letters.extract_if(.., |letter| letter.id != *id);
            give_back(&asker, url, &others.collect::<Vec<_>>()).await;
            if found.letters.is_empty() {
                return Err(missing(
                    "LetterNotFound",
                    "No such letter is among the dead letters that can be seen now. It may have been moved before, or somebody looks at it in this moment: look again in half a minute.",
                ));
            }
            (found.letters, true)
        }
        None => {
            let received = receive(&asker, url, LETTERS_MAX, |_| false).await?;
            (received.letters, received.is_all)
        }
    };
    let letters = if asked.dry_run {
        give_back(&asker, url, &letters).await;
        letters
            .into_iter()
            .map(|letter| outcome(&letter, "wouldMove", None))
            .collect()
    } else {
        moved(&asker, queue, url, letters).await
    };
    Ok(told(queue, letters, &asked, is_all))
}

/// Moves each, several at a time.
async fn moved(
    asker: &Asker,
    queue: &WatchedQueue,
    letters_url: &str,
    letters: Vec<Letter>,
) -> Vec<RedrivenBody> {
    let work = letters.into_iter().map(|letter| {
        let (asker, to, from) = (asker.clone(), queue.url.clone(), letters_url.to_owned());
        async move {
            // Two calls at least, and nothing is begun that may outlive the receipt.
            if !asker.may(2) {
                give_back(&asker, &from, std::slice::from_ref(&letter)).await;
                return outcome(
                    &letter,
                    "kept",
                    Some("the time of this request was over".to_owned()),
                );
            }
            if let Err(error) = send(&asker, &to, &letter).await {
                give_back(&asker, &from, std::slice::from_ref(&letter)).await;
                return outcome(&letter, "kept", Some(why_kept(&error)));
            }
            match delete(&asker, &from, &letter).await {
                Ok(()) => outcome(&letter, "moved", None),
                Err(error) => outcome(&letter, "doubled", Some(error.to_string())),
            }
        }
    });
    all(work).await.into_iter().flatten().collect()
}

/// Why a letter was kept. Where nobody answered, it may have been sent all the same.
fn why_kept(error: &AccountError) -> String {
    match error {
        AccountError::Unreached(_) => format!("not known to be sent, so it may come twice: {error}"),
        _ => format!("not sent: {error}"),
    }
}

fn outcome(letter: &Letter, outcome: &'static str, why: Option<String>) -> RedrivenBody {
    RedrivenBody {
        message_id: letter.id.clone(),
        outcome,
        why,
    }
}

fn told(
    queue: &WatchedQueue,
    letters: Vec<RedrivenBody>,
    asked: &RedriveBody,
    is_all: bool,
) -> (Extension<Changed>, Json<RedrivenLettersBody>) {
    let mut notes = Vec::new();
    if asked.dry_run {
        notes.push(
            "Nothing was moved. To look, each letter was received and given back: its receive count has risen by one."
                .to_owned(),
        );
    }
    if letters.iter().any(|letter| letter.outcome == "doubled") {
        notes.push(
            "What was sent and not deleted is there twice, and may be sent once more by the next redrive. Whoever works on the queue does nothing twice."
                .to_owned(),
        );
    }
    if !is_all {
        notes.push("There may be more. Ask again for the rest.".to_owned());
    }
    let each: Vec<String> = letters
        .iter()
        .map(|letter| format!("{} {}", letter.message_id, letter.outcome))
        .collect();
    let changed = Changed(format!("redrive of {}: {}", queue.name(), each.join(", ")));
    let body = RedrivenLettersBody {
        queue: queue.name().to_owned(),
        feeds: queue.feeds.clone(),
        dry_run: asked.dry_run,
        letters,
        is_all,
        notes,
    };
    (Extension(changed), Json(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_whose_sending_was_not_answered_is_not_said_to_be_unsent() {
        let lost = why_kept(&AccountError::Unreached("no answer in time".to_owned()));
        assert!(lost.contains("not known to be sent"), "{lost}");
        let refused = why_kept(&AccountError::Refused {
            code: "InvalidMessageContents".to_owned(),
            message: "no".to_owned(),
            status: 400,
        });
        assert!(refused.starts_with("not sent: Invalid"), "{refused}");
    }
}
