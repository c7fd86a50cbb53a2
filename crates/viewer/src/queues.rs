//! Queues that somebody named, and the dead letters beside them. Nothing is listed: a server shows the queues it was told of.

mod age;
mod letters;
mod receive;
mod redrive;

use crate::ask::{Asker, all};
use crate::problem::{Reply, missing};
use age::ages;
use aws::{Account, AccountError, Api};
use axum::Json;
use axum::extract::State;
use contract::problem::ProblemBody;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Beyond so many queues a request would ask too much.
const QUEUES_MAX: usize = 50;

/// A queue to look after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedQueue {
    /// Its address.
    pub url: String,
    /// The address of its dead-letter queue.
    pub letters_url: Option<String>,
    /// Who works on its messages.
    pub feeds: String,
}

impl WatchedQueue {
    /// Its name: how an address ends.
    fn name(&self) -> &str {
        name_of(&self.url)
    }
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// What the routes need.
#[derive(Clone, Debug)]
pub struct Queues {
    account: Account,
    watched: Arc<[WatchedQueue]>,
}

impl Queues {
    /// The queues of an account that `told` names, parted by spaces: each is `WHO=URL,URL OF ITS DEAD LETTERS`, the latter with
    /// its comma left out if there is none. `None` if it is anything else.
    #[must_use]
    pub fn read(account: Account, told: &str) -> Option<Self> {
        let watched: Vec<WatchedQueue> = told.split_whitespace().map(read_one).collect::<Option<_>>()?;
        (watched.len() <= QUEUES_MAX).then(|| Self {
            account,
            watched: watched.into(),
        })
    }

    /// The queue of this name, with its dead letters' address.
    fn with_letters(&self, name: &str) -> Reply<(&WatchedQueue, &str)> {
        let queue = self.watched.iter().find(|queue| queue.name() == name);
        let queue = queue.ok_or_else(|| {
            missing(
                "QueueNotWatched",
                "This server looks after no queue of that name; GET /api/ops/queues lists those it does.",
            )
        })?;
        let letters = queue
            .letters_url
            .as_deref()
            .ok_or_else(|| missing("NoDeadLetters", "This queue parks no messages."))?;
        Ok((queue, letters))
    }
}

fn read_one(told: &str) -> Option<WatchedQueue> {
    let (feeds, urls) = told.split_once('=')?;
    let (url, letters_url) = match urls.split_once(',') {
        Some((url, letters)) => (url, Some(letters)),
        None => (urls, None),
    };
    let is_url = |url: &str| url.starts_with("http") && !name_of(url).is_empty();
    (!feeds.is_empty() && is_url(url) && letters_url.is_none_or(is_url)).then(|| WatchedQueue {
        url: url.to_owned(),
        letters_url: letters_url.map(str::to_owned),
        feeds: feeds.to_owned(),
    })
}

/// The routes, before an account is filled in.
pub fn api() -> OpenApiRouter<Queues> {
    OpenApiRouter::new()
        .routes(routes!(list_queues))
        .routes(routes!(letters::read_letters))
        .routes(routes!(redrive::redrive_letters))
}

/// The routes over an account's queues.
pub fn router(queues: Queues) -> axum::Router {
    let (router, _) = api().split_for_parts();
    router.with_state(queues)
}

/// Where a queue's messages go that could not be worked on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeadLetterQueue)]
pub struct DeadLettersBody {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// How many are parked there, about.
    pub depth: u64,
}

/// A queue, in the approximate numbers that SQS has.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WatchedQueue)]
pub struct QueueBody {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Messages that wait to be received.
    pub depth: u64,
    /// Messages that somebody received and works on.
    pub in_flight: u64,
    /// Messages that are not yet to be received.
    pub delayed: u64,
    /// How long the oldest message has waited, seconds; `null` where nobody knows, and `notes` says why.
    pub oldest_age_s: Option<u64>,
    /// Where messages are parked that could not be worked on.
    pub dead_letters: Option<DeadLettersBody>,
    /// Who works on its messages.
    pub feeds: String,
}

/// All queues that are looked after.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WatchedQueues)]
pub struct QueuesBody {
    /// The queues.
    pub queues: Vec<QueueBody>,
    /// What could not be looked at, in words.
    pub notes: Vec<String>,
}

/// How full are the queues?
#[utoipa::path(
    get, path = "/api/ops/queues", tag = "queues",
    responses(
        (status = 200, body = QueuesBody, description = "The queues that this server looks after."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn list_queues(State(queues): State<Queues>) -> Reply<Json<QueuesBody>> {
    let urls: Vec<String> = queues
        .watched
        .iter()
        .flat_map(|queue| [Some(queue.url.clone()), queue.letters_url.clone()])
        .flatten()
        .collect();
    let asker = Asker::new(&queues.account, urls.len() + 1);
    let work = urls.into_iter().map(|url| {
        let asker = asker.clone();
        async move { (numbers(&asker, &url).await, url) }
    });
    let names: Vec<&str> = queues.watched.iter().map(WatchedQueue::name).collect();
    let (counted, (mut ages, mut notes)) = tokio::join!(all(work), ages(&asker, &names));
    let mut counted: BTreeMap<String, _> = counted
        .into_iter()
        .flatten()
        .map(|(counted, url)| (url, counted))
        .collect();
    let mut bodies = Vec::new();
    for queue in queues.watched.iter() {
        let own = match counted.remove(&queue.url) {
            Some(Ok(own)) => own,
            Some(Err(error)) => {
                notes.push(format!("{} could not be asked: {error}", queue.name()));
                continue;
            }
            None => continue,
        };
        let letters = queue.letters_url.as_ref();
        let dead_letters = match letters.and_then(|url| Some((url, counted.remove(url)?))) {
            Some((url, Ok(letters))) => Some(DeadLettersBody {
                name: name_of(url).to_owned(),
                url: url.clone(),
                depth: letters.depth,
            }),
            Some((url, Err(error))) => {
                notes.push(format!("{} could not be asked: {error}", name_of(url)));
                None
            }
            None => None,
        };
        bodies.push(QueueBody {
            name: queue.name().to_owned(),
            url: queue.url.clone(),
            depth: own.depth,
            in_flight: own.in_flight,
            delayed: own.delayed,
            oldest_age_s: ages.remove(queue.name()),
            dead_letters,
            feeds: queue.feeds.clone(),
        });
    }
    Ok(Json(QueuesBody {
        queues: bodies,
        notes,
    }))
}

/// What SQS counts.
struct Numbers {
    depth: u64,
    in_flight: u64,
    delayed: u64,
}

async fn numbers(asker: &Asker, url: &str) -> Result<Numbers, AccountError> {
    const DEPTH: &str = "ApproximateNumberOfMessages";
    const IN_FLIGHT: &str = "ApproximateNumberOfMessagesNotVisible";
    const DELAYED: &str = "ApproximateNumberOfMessagesDelayed";
    let input = json!({ "QueueUrl": url, "AttributeNames": [DEPTH, IN_FLIGHT, DELAYED] });
    let told = asker.ask(Api::Queues, "GetQueueAttributes", input).await?;
    let number = |name: &str| whole(&told["Attributes"][name]);
    Ok(Numbers {
        depth: number(DEPTH),
        in_flight: number(IN_FLIGHT),
        delayed: number(DELAYED),
    })
}

/// A number that SQS writes as text.
fn whole(value: &Value) -> u64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_read_as_they_are_told() {
        let told = "ship=http://h/1/parcels,http://h/1/parcels-dead  tell=https://h/1/news";
        let read: Option<Vec<WatchedQueue>> = told.split_whitespace().map(read_one).collect();
        let read = read.unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].name(), read[0].feeds.as_str()), ("parcels", "ship"));
        assert_eq!(read[0].letters_url.as_deref(), Some("http://h/1/parcels-dead"));
        assert_eq!((read[1].name(), &read[1].letters_url), ("news", &None));
        for wrong in [
            "parcels",
            "=http://h/1/parcels",
            "ship=parcels",
            "ship=http://h/1/parcels,",
            "ship=http://h/",
        ] {
            assert_eq!(read_one(wrong), None, "{wrong}");
        }
    }
}
