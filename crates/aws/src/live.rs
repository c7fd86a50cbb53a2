//! Open pages: their connections in DynamoDB, and the way to them through API Gateway.

mod rows;

use crate::cancellation::{first_false, is_contention};
use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{Item, from_item, s};
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::live::{Audience, BLOCK_MAX, Block, ConnectionId, LiveConnection, PAGE_MAX, Topic};
use domain::ports::{Answer, LiveConnections, LivePages, Posted, Watched};
use domain::{Fault, Timestamp};
use rows::{CHANNEL, CONNECTION_ID, ConnectionRow, Part};
use std::collections::BTreeSet;

/// Tries of a write that meets another one of the same connection: a page that leaves while it changes what it watches.
const TRIES_MAX: u32 = 4;

/// [`LiveConnections`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoLiveConnections {
    client: Client,
    table: String,
}

/// What became of a transaction.
enum Written {
    Done,
    /// The connection's own row is not there.
    Unknown,
}

impl DynamoLiveConnections {
    /// Connections in the table of this name, by `channel` and `connection_id`, with `ttl_s` as the attribute after which rows
    /// may go.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }

    /// The connection as it was opened.
    async fn own_row(&self, connection_id: &ConnectionId) -> Result<Option<LiveConnection>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(rows::own_key(connection_id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("GetItem connection", &error))?;
        answer.item.map(|item| connection(item, None)).transpose()
    }

    /// Whether a topic has a place for a connection. Counts the rows of its block alone.
    async fn has_place(
        &self,
        topic: Topic,
        for_whom: &LiveConnection,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let audience = Audience::Topic(topic);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#channel = :channel AND begins_with(#name, :block)")
            .expression_attribute_names("#channel", CHANNEL)
            .expression_attribute_names("#name", CONNECTION_ID)
            .expression_attribute_values(":channel", s(rows::channel_of(&audience)))
            .expression_attribute_values(":block", s(rows::beginning(Block::of(for_whom))))
            .send()
            .await
            .map_err(|error| fault("Query block of connections", &error))?;
        let mut others = 0;
        for item in answer.items.unwrap_or_default() {
            let other = connection(item, Some(&audience))?;
            if other.connection_id != for_whom.connection_id && other.is_told_at(now) {
                others += 1;
            }
        }
        Ok(others < BLOCK_MAX)
    }

    /// All of these or none. Tries again when another write had one of them in hand: repeating any of ours is harmless.
    async fn transact(&self, items: Vec<(Part, TransactWriteItem)>) -> Result<Written, Fault> {
        let (parts, items): (Vec<Part>, Vec<_>) = items.into_iter().unzip();
        let mut tries = 1;
        loop {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()))
                .send()
                .await;
            let Err(error) = sent else {
                return Ok(Written::Done);
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(fault("TransactWriteItems connection", &error));
            };
            let reasons = cancelled.cancellation_reasons();
            if first_false(&parts, reasons).is_some_and(|found| found.part == Part::Own) {
                return Ok(Written::Unknown);
            }
            is_contention("TransactWriteItems connection", reasons)?;
            if tries == TRIES_MAX {
                return Err(Fault::Transient(
                    "TransactWriteItems connection: others were in the way".to_owned(),
                ));
            }
            tries += 1;
        }
    }
}

/// A connection by one of its rows, found under this audience or as its own.
fn connection(item: Item, under: Option<&Audience>) -> Result<LiveConnection, Fault> {
    from_item::<ConnectionRow>("connection", item)?.read(under)
}

impl LiveConnections for DynamoLiveConnections {
    fn open<'a>(&'a self, connection: &'a LiveConnection) -> Answer<'a, ()> {
        Box::pin(async move {
            let items = rows::opening(&self.table, connection)?;
            self.transact(items).await.map(|_| ())
        })
    }

    fn find<'a>(&'a self, connection_id: &'a ConnectionId) -> Answer<'a, Option<LiveConnection>> {
        Box::pin(self.own_row(connection_id))
    }

    fn watch<'a>(
        &'a self,
        connection_id: &'a ConnectionId,
        topics: &'a BTreeSet<Topic>,
        now: Timestamp,
    ) -> Answer<'a, Watched> {
        Box::pin(async move {
            let own = self.own_row(connection_id).await?;
            let Some(connection) = own.filter(|own| own.is_told_at(now)) else {
                return Ok(Watched::Unknown);
            };
            for topic in topics {
                if !self.has_place(*topic, &connection, now).await? {
                    return Ok(Watched::Full(*topic));
                }
            }
            let items = rows::watching(&self.table, &connection, topics)?;
            Ok(match self.transact(items).await? {
                Written::Done => Watched::FromNow,
                Written::Unknown => Watched::Unknown,
            })
        })
    }

    fn forget<'a>(&'a self, connection_id: &'a ConnectionId) -> Answer<'a, ()> {
        Box::pin(async move {
            let own = self.own_row(connection_id).await?;
            let items = rows::forgetting(&self.table, connection_id, own.as_ref())?;
            self.transact(items).await.map(|_| ())
        })
    }

    fn page<'a>(
        &'a self,
        audience: &'a Audience,
        after: Option<&'a LiveConnection>,
    ) -> Answer<'a, Vec<LiveConnection>> {
        Box::pin(async move {
            let channel = rows::channel_of(audience);
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#channel = :channel")
                .expression_attribute_names("#channel", CHANNEL)
                .expression_attribute_values(":channel", s(&channel))
                // Who was told that it watches must be found from then on, and no index promises that.
                .consistent_read(true)
                .set_exclusive_start_key(after.map(|last| rows::found_key(audience, last)))
                // A row has some 300 bytes, so no page is cut short at 1 MB.
                .limit(i32::try_from(PAGE_MAX).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(|error| fault("Query connections", &error))?;
            answer
                .items
                .unwrap_or_default()
                .into_iter()
                .map(|item| connection(item, Some(audience)))
                .collect()
        })
    }
}

/// [`LivePages`] through the management API of a WebSocket API.
#[derive(Clone, Debug)]
pub struct ApiGatewayPages {
    client: aws_sdk_apigatewaymanagement::Client,
}

impl ApiGatewayPages {
    /// The connections of the stage whose management API is at `endpoint`, such as
    /// `https://abc.execute-api.eu-central-1.amazonaws.com/live`.
    #[must_use]
    pub fn new(connections: &Connections, endpoint: &str) -> Self {
        Self {
            client: connections.live_pages(endpoint),
        }
    }
}

impl LivePages for ApiGatewayPages {
    fn post<'a>(&'a self, connection_id: &'a ConnectionId, frame: &'a str) -> Answer<'a, Posted> {
        Box::pin(async move {
            let sent = self
                .client
                .post_to_connection()
                .connection_id(connection_id.as_str())
                .data(Blob::new(frame))
                .send()
                .await;
            let Err(error) = sent else {
                return Ok(Posted::Taken);
            };
            match error.as_service_error() {
                Some(PostToConnectionError::GoneException(_)) => Ok(Posted::Gone),
                _ => Err(fault("PostToConnection", &error)),
            }
        })
    }
}
