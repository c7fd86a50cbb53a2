//! Messages that are to be delivered later, in an SQS queue.

use crate::connections::Connections;
use crate::faults::fault;
use aws_sdk_sqs::Client;
use domain::ports::Answer;

/// The longest delay that SQS knows, seconds.
const DELAY_MAX_S: u32 = 900;

/// One queue, to put messages into.
#[derive(Clone, Debug)]
pub struct SqsOutbox {
    client: Client,
    queue_url: String,
}

impl SqsOutbox {
    /// The queue of this URL.
    pub fn new(connections: &Connections, queue_url: impl Into<String>) -> Self {
        Self {
            client: connections.sqs(),
            queue_url: queue_url.into(),
        }
    }

    /// Puts a message (at most 256 KiB) into the queue, to be received after `delay_s` seconds, at most 900. One whose
    /// answer was lost may be there although this fails, and may be there twice: the SDK asks again.
    pub fn send<'a>(&'a self, message: &'a str, delay_s: u32) -> Answer<'a, ()> {
        Box::pin(async move {
            self.client
                .send_message()
                .queue_url(&self.queue_url)
                .message_body(message)
                .delay_seconds(i32::try_from(delay_s.min(DELAY_MAX_S)).unwrap_or_default())
                .send()
                .await
                .map_err(|error| fault("SendMessage", &error))?;
            Ok(())
        })
    }
}
