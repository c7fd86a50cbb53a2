//! Execution logs on their way to CloudWatch Logs, as far as they get: "delivered on a best-effort basis" (Developer
//! Guide). Nobody waits for them.
//!
//! - [`queue`]: lines nobody has sent yet, as many as memory is meant to hold. [`batches`]: requests within the limits of
//!   PutLogEvents. Here: streams, and sending.
//!
//! A line is sent when its operation is on disk, and never again after a restart: what had not arrived when the process
//! was killed is lost. Ids count without a gap, so a reader sees that. What cannot be delivered is counted and said.

mod batches;
mod queue;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::execution::AwsReply;
use crate::timestamp;

use super::service::Service;
use batches::{Batch, Target, batches};
pub(super) use queue::Queue;
use queue::{Lost, Taken};

/// What AWS makes to see that the log group is there.
const VALIDATION_STREAM: &str = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions";
/// A machine's lines go to a new stream after so long.
const STREAM_MS: u64 = 3_600_000;
/// Waits before trying again when the service cannot be reached or is too busy.
const PAUSES_MS: [u64; 2] = [100, 400];
/// Whoever registers a machine waits no longer than this for a word about its log group.
const PROBE_MS_MAX: u64 = 2_000;
/// So many log groups are sent to at the same time.
const GROUPS_MAX: usize = 64;

const TOO_LARGE: &str = "too large: a line that no request can hold";
const REJECTED: &str = "rejected: too old for the log service, or too far ahead of its clock";

/// A log stream of a machine.
struct Stream {
    name: String,
    begun_ms: u64,
    /// Whether it was made.
    exists: bool,
}

/// The streams that lines went to last.
#[derive(Default)]
struct Streams(Mutex<HashMap<Target, Stream>>);

/// Why a batch was not delivered: a sentence.
type Undelivered = String;

impl Service {
    /// Sends what is logged until the service is closed and everything is sent. A group that hangs delays no other.
    pub async fn deliver_logs(self: Arc<Self>) {
        let (streams, turns) = (Arc::new(Streams::default()), Arc::new(Semaphore::new(GROUPS_MAX)));
        loop {
            // The semaphore is never closed.
            let turn = Arc::clone(&turns).acquire_owned().await.ok();
            let Some(taken) = self.logs.next().await else {
                return;
            };
            let (service, streams) = (Arc::clone(&self), Arc::clone(&streams));
            tokio::spawn(async move {
                let _turn = turn;
                service.deliver(&streams, taken).await;
            });
        }
    }

    async fn deliver(&self, streams: &Streams, taken: Taken) {
        let round = batches(taken.lines);
        let mut lost = Lost::new();
        let mut lose = |reason: &str, lines: usize| {
            if lines > 0 {
                *lost.entry(reason.to_owned()).or_default() += lines;
            }
        };
        lose(TOO_LARGE, round.too_large);
        for batch in round.batches {
            match self.send(streams, &batch).await {
                Ok(rejected) => lose(REJECTED, rejected),
                Err(reason) => lose(&reason, batch.lines.len()),
            }
        }
        self.logs.sent(&taken.group, lost);
        for (reason, lines) in self.logs.take_lost() {
            tracing::warn!(lines, reason, "lines of execution logs were not delivered");
        }
    }

    /// Sends a batch; how many of its lines were rejected.
    async fn send(&self, streams: &Streams, batch: &Batch) -> Result<usize, Undelivered> {
        let now_ms = self.clock().now_ms;
        // A group's lines are sent one batch after the other, so nobody else looks for this stream meanwhile.
        let mut stream = streams
            .take(&batch.target)
            .filter(|stream| now_ms < stream.begun_ms.saturating_add(STREAM_MS))
            .unwrap_or_else(|| Stream::begin(&batch.target, now_ms));
        let outcome = self.send_to(&mut stream, batch).await;
        streams.put(batch.target.clone(), stream);
        outcome
    }

    async fn send_to(&self, stream: &mut Stream, batch: &Batch) -> Result<usize, Undelivered> {
        let group = &batch.target.group;
        let mut made = false;
        loop {
            if !stream.exists {
                self.make_stream(group, &stream.name).await?;
                (stream.exists, made) = (true, true);
            }
            let request = json!({
                "logGroupName": group,
                "logStreamName": stream.name,
                "logEvents": batch.lines,
            });
            match self.ask_logs("PutLogEvents", &request).await {
                AwsReply::Answered { result, .. } => return Ok(rejected(&result, batch.lines.len())),
                AwsReply::Refused { code, .. } if code == "DataAlreadyAcceptedException" => return Ok(0),
                // Someone removed it.
                AwsReply::Refused { code, .. } if code == "ResourceNotFoundException" && !made => {
                    stream.exists = false;
                }
                reply => return Err(undelivered(&reply)),
            }
        }
    }

    async fn make_stream(&self, group: &str, name: &str) -> Result<(), Undelivered> {
        let request = json!({ "logGroupName": group, "logStreamName": name });
        match self.ask_logs("CreateLogStream", &request).await {
            AwsReply::Answered { .. } => Ok(()),
            AwsReply::Refused { code, .. } if code == "ResourceAlreadyExistsException" => Ok(()),
            reply => Err(undelivered(&reply)),
        }
    }

    /// Asks CloudWatch Logs, more than once if it is not there or too busy.
    async fn ask_logs(&self, action: &str, request: &Value) -> AwsReply {
        for pause_ms in PAUSES_MS {
            let reply = self.outside.ask_logs(action, request).await;
            let may_help = match &reply {
                AwsReply::Answered { .. } => false,
                AwsReply::Refused { code, status, .. } => *status >= 500 || code == "ThrottlingException",
                AwsReply::Unreachable { .. } => true,
            };
            if !may_help {
                return reply;
            }
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
        self.outside.ask_logs(action, request).await
    }

    /// Whether a log group is known not to be there. Who cannot be asked, or does not answer soon, knows nothing.
    pub async fn lacks_log_group(&self, group: &str) -> bool {
        let request = json!({ "logGroupName": group, "logStreamName": VALIDATION_STREAM });
        let limit = Duration::from_millis(PROBE_MS_MAX);
        let asked = self.outside.ask_logs("CreateLogStream", &request);
        let reply = tokio::time::timeout(limit, asked).await;
        matches!(reply, Ok(AwsReply::Refused { code, .. }) if code == "ResourceNotFoundException")
    }
}

impl Streams {
    fn locked(&self) -> MutexGuard<'_, HashMap<Target, Stream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, target: &Target) -> Option<Stream> {
        self.locked().remove(target)
    }

    fn put(&self, target: Target, stream: Stream) {
        self.locked().insert(target, stream);
    }
}

impl Stream {
    /// `states/MACHINE/YYYY-MM-DD-HH-MM/` and eight digits by chance, as AWS calls them.
    fn begin(target: &Target, now_ms: u64) -> Stream {
        let minute: String = timestamp::to_text(now_ms)
            .chars()
            .take("YYYY-MM-DDTHH:MM".len())
            .map(|letter| match letter {
                'T' | ':' => '-',
                letter => letter,
            })
            .collect();
        let mut chance = [0; 4];
        // Without chance two processes that begin in one minute write to the same stream, which does no harm.
        let _none = getrandom::fill(&mut chance).err();
        let digits = u32::from_be_bytes(chance);
        Stream {
            name: format!("states/{}/{minute}/{digits:08x}", target.machine),
            begun_ms: now_ms,
            exists: false,
        }
    }
}

/// How many lines CloudWatch Logs took without keeping them: too old, or too far ahead of its clock.
fn rejected(result: &Value, lines: usize) -> usize {
    let Some(told) = result.get("rejectedLogEventsInfo") else {
        return 0;
    };
    let index = |name: &str| {
        let index = told.get(name)?.as_u64()?;
        usize::try_from(index).ok().map(|index| index.min(lines))
    };
    let ends = ["tooOldLogEventEndIndex", "expiredLogEventEndIndex"];
    let first = ends.into_iter().filter_map(index).max().unwrap_or(0);
    let last = index("tooNewLogEventStartIndex").unwrap_or(lines).max(first);
    first + (lines - last)
}

fn undelivered(reply: &AwsReply) -> Undelivered {
    match reply {
        AwsReply::Answered { .. } => String::new(),
        AwsReply::Refused { code, message, .. } => format!("{code}: {message}"),
        AwsReply::Unreachable { reason } => reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_named_after_its_machine_and_minute() {
        let target = Target {
            group: "g".to_owned(),
            machine: "order".to_owned(),
        };
        let name = Stream::begin(&target, 1_717_615_626_591).name;
        let digits = name.strip_prefix("states/order/2024-06-05-19-27/").unwrap();
        assert!(digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }

    #[test]
    fn rejected_lines_are_counted() {
        assert_eq!(rejected(&json!({}), 10), 0);
        let told = |info: Value| rejected(&json!({ "rejectedLogEventsInfo": info }), 10);
        assert_eq!(told(json!({ "tooNewLogEventStartIndex": 7 })), 3);
        assert_eq!(
            told(json!({ "tooOldLogEventEndIndex": 2, "expiredLogEventEndIndex": 4 })),
            4
        );
        assert_eq!(
            told(json!({ "tooOldLogEventEndIndex": 99, "tooNewLogEventStartIndex": 0 })),
            10
        );
    }
}
