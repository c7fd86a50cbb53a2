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
use domain::Fault;
use domain::live::{Audience, ConnectionId, LiveConnection, PAGE_MAX, Topic};
use domain::ports::{Answer, LiveConnections, LivePages, Posted};
use rows::{CHANNEL, ConnectionRow, Part, own_channel};
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
            .set_key(Some(rows::key(&own_channel(connection_id), connection_id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("GetItem connection", &error))?;
        answer.item.map(connection).transpose()
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

fn connection(item: Item) -> Result<LiveConnection, Fault> {
    from_item::<ConnectionRow>("connection", item).map(Into::into)
}

impl LiveConnections for DynamoLiveConnections {
    fn open<'a>(&'a self, connection: &'a LiveConnection) -> Answer<'a, ()> {
        Box::pin(async move {
            let items = rows::opening(&self.table, connection)?;
            self.transact(items).await.map(|_| ())
        })
    }

    fn watch<'a>(&'a self, connection_id: &'a ConnectionId, topics: &'a BTreeSet<Topic>) -> Answer<'a, bool> {
        Box::pin(async move {
            let Some(connection) = self.own_row(connection_id).await? else {
                return Ok(false);
            };
            let items = rows::watching(&self.table, &connection, topics)?;
            let written = self.transact(items).await?;
            Ok(matches!(written, Written::Done))
        })
    }

    fn forget<'a>(&'a self, connection_id: &'a ConnectionId) -> Answer<'a, ()> {
        Box::pin(async move {
            let connected_as = self
                .own_row(connection_id)
                .await?
                .and_then(|row| row.connected_as);
            let user_id = connected_as.as_ref().map(|who| &who.user_id);
            let items = rows::forgetting(&self.table, connection_id, user_id)?;
            self.transact(items).await.map(|_| ())
        })
    }

    fn page<'a>(
        &'a self,
        audience: &'a Audience,
        after: Option<&'a ConnectionId>,
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
                .set_exclusive_start_key(after.map(|id| rows::key(&channel, id)))
                // A row has some 300 bytes, so no page is cut short at 1 MB.
                .limit(i32::try_from(PAGE_MAX).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(|error| fault("Query connections", &error))?;
            answer
                .items
                .unwrap_or_default()
                .into_iter()
                .map(connection)
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
