//! Sessions that were ended, in DynamoDB.
//!
//! A session is a signed token that ends by itself; only an end before that time is remembered. The row may go once
//! the token has ended, because then the token is refused for its age.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{n, s};
use aws_sdk_dynamodb::Client;
use domain::Timestamp;
use domain::ports::{Answer, Sessions};

/// Kept for so long beyond the token's own end, in case two clocks differ.
const KEPT_BEYOND_S: i64 = 3_600;

/// [`Sessions`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoSessions {
    client: Client,
    table: String,
}

impl DynamoSessions {
    /// Ended sessions in the table of this name, by `key`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

fn key_of(session_id: &str) -> String {
    format!("ended#{session_id}")
}

impl Sessions for DynamoSessions {
    fn end<'a>(&'a self, session_id: &'a str, expires_at: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            // Without a condition: ending twice is the same as ending once.
            self.client
                .put_item()
                .table_name(&self.table)
                .item("key", s(key_of(session_id)))
                .item("ttl_s", n(expires_at.as_ms().div_euclid(1000) + KEPT_BEYOND_S))
                .send()
                .await
                .map_err(|error| fault("PutItem session", &error))?;
            Ok(())
        })
    }

    fn was_ended<'a>(&'a self, session_id: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .key("key", s(key_of(session_id)))
                // Signed out means signed out, from the next request on.
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem session", &error))?;
            Ok(answer.item.is_some())
        })
    }
}
