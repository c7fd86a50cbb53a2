//! What the table of connections holds, and the writes by which anything in it changes.
//!
//! A connection has several rows, each under a channel: one of its own, which says who opened it; one under its user; one
//! under each topic that it watches. So everybody to be told something is found by one query over the table itself, which can
//! be asked consistently. All rows of a connection are written in one transaction and all carry the time at which they may go:
//! a crash leaves nothing that time does not clear.

use crate::items::{Item, n, s, to_item};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use domain::live::{Audience, ConnectedAs, ConnectionId, LiveConnection, Topic};
use domain::{Fault, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The hash key.
pub(super) const CHANNEL: &str = "channel";
/// The range key.
const CONNECTION_ID: &str = "connection_id";
/// Kept for so long beyond its time, seconds: whoever reads it in between sees that it has expired.
const KEPT_BEYOND_S: i64 = 600;

/// A connection as each of its rows tells it, beside the channel.
#[derive(Serialize, Deserialize)]
pub(super) struct ConnectionRow {
    connection_id: ConnectionId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connected_as: Option<ConnectedAs>,
    expires_at: Timestamp,
}

impl From<ConnectionRow> for LiveConnection {
    fn from(row: ConnectionRow) -> Self {
        Self {
            connection_id: row.connection_id,
            connected_as: row.connected_as,
            expires_at: row.expires_at,
        }
    }
}

/// What one item of a transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The connection's own row.
    Own,
    /// A row by which it is found.
    Found,
}

/// Where a connection's own row stands.
pub(super) fn own_channel(connection_id: &ConnectionId) -> String {
    format!("connection#{connection_id}")
}

/// Where an audience's connections stand.
pub(super) fn channel_of(audience: &Audience) -> String {
    match audience {
        Audience::Topic(topic) => format!("topic#{topic}"),
        Audience::User(user_id) => format!("user#{user_id}"),
    }
}

/// The primary key of a connection's row under a channel.
pub(super) fn key(channel: &str, connection_id: &ConnectionId) -> Item {
    Item::from([
        (CHANNEL.to_owned(), s(channel)),
        (CONNECTION_ID.to_owned(), s(connection_id.as_str())),
    ])
}

/// The rows of a connection that has just been opened.
pub(super) fn opening(
    table: &str,
    connection: &LiveConnection,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let own = put(table, &own_channel(&connection.connection_id), connection)?;
    let mut items = vec![(Part::Own, own)];
    if let Some(who) = &connection.connected_as {
        let channel = channel_of(&Audience::User(who.user_id.clone()));
        items.push((Part::Found, put(table, &channel, connection)?));
    }
    Ok(items)
}

/// What makes a connection watch these topics and no others, under the condition that its own row is still there. Every topic
/// is written anew, so that it does not matter what was watched before.
pub(super) fn watching(
    table: &str,
    connection: &LiveConnection,
    topics: &BTreeSet<Topic>,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let own = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key(
            &own_channel(&connection.connection_id),
            &connection.connection_id,
        )))
        .condition_expression("attribute_exists(#channel)")
        .expression_attribute_names("#channel", CHANNEL)
        .build()
        .map_err(|_| not_built())?;
    let mut items = vec![(
        Part::Own,
        TransactWriteItem::builder().condition_check(own).build(),
    )];
    for topic in Topic::ALL {
        let channel = channel_of(&Audience::Topic(topic));
        let item = if topics.contains(&topic) {
            put(table, &channel, connection)?
        } else {
            delete(table, &channel, &connection.connection_id)?
        };
        items.push((Part::Found, item));
    }
    Ok(items)
}

/// What removes every row that a connection can have.
pub(super) fn forgetting(
    table: &str,
    connection_id: &ConnectionId,
    user_id: Option<&UserId>,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let topics = Topic::ALL.into_iter().map(Audience::Topic);
    let audiences = topics.chain(user_id.cloned().map(Audience::User));
    let mut items = vec![(
        Part::Own,
        delete(table, &own_channel(connection_id), connection_id)?,
    )];
    for audience in audiences {
        items.push((Part::Found, delete(table, &channel_of(&audience), connection_id)?));
    }
    Ok(items)
}

fn put(table: &str, channel: &str, connection: &LiveConnection) -> Result<TransactWriteItem, Fault> {
    let row = ConnectionRow {
        connection_id: connection.connection_id.clone(),
        connected_as: connection.connected_as.clone(),
        expires_at: connection.expires_at,
    };
    let mut item = to_item("connection", &row)?;
    item.insert(CHANNEL.to_owned(), s(channel));
    let ttl_s = connection.expires_at.as_ms().div_euclid(1000) + KEPT_BEYOND_S;
    item.insert("ttl_s".to_owned(), n(ttl_s));
    let put = Put::builder().table_name(table).set_item(Some(item));
    let put = put.build().map_err(|_| not_built())?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn delete(table: &str, channel: &str, connection_id: &ConnectionId) -> Result<TransactWriteItem, Fault> {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key(channel, connection_id)))
        .build()
        .map_err(|_| not_built())?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

fn not_built() -> Fault {
    Fault::Defect("the write of a connection could not be built".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::from_item;
    use crate::items::tests::NOW;

    fn connection(user: Option<u8>) -> LiveConnection {
        LiveConnection {
            connection_id: ConnectionId::parse("L0SM9cOFvHcCIhw=").unwrap(),
            connected_as: user.map(|number| ConnectedAs {
                user_id: UserId::from_random([number; 16]),
                session_id: "s1".to_owned(),
            }),
            expires_at: NOW,
        }
    }

    #[test]
    fn a_connection_comes_back_from_each_of_its_rows_as_it_was() {
        for (connection, rows) in [(connection(Some(1)), 2), (connection(None), 1)] {
            let items = opening("connections", &connection).unwrap();
            assert_eq!(items.len(), rows);
            for (_, item) in items {
                let item = item.put().unwrap().item().clone();
                assert_eq!(item["ttl_s"], n(NOW.as_ms() / 1000 + KEPT_BEYOND_S));
                let row: ConnectionRow = from_item("connection", item).unwrap();
                assert_eq!(LiveConnection::from(row), connection);
            }
        }
    }

    #[test]
    fn watching_writes_every_topic_and_needs_a_connection_that_is_known() {
        let topics = BTreeSet::from([Topic::Tickets]);
        let items = watching("connections", &connection(None), &topics).unwrap();
        let own = items[0].1.condition_check().unwrap();
        assert_eq!(own.key()[CHANNEL], s("connection#L0SM9cOFvHcCIhw="));
        assert_eq!(own.condition_expression(), "attribute_exists(#channel)");
        assert_eq!(items[1].1.delete().unwrap().key()[CHANNEL], s("topic#stock"));
        assert_eq!(items[2].1.put().unwrap().item()[CHANNEL], s("topic#tickets"));
        assert_eq!(items.len(), 1 + Topic::ALL.len());
    }

    #[test]
    fn forgetting_removes_every_row_that_opening_and_watching_write() {
        let connection = connection(Some(1));
        let user_id = connection.connected_as.as_ref().map(|who| &who.user_id);
        let all = BTreeSet::from(Topic::ALL);
        let written = opening("connections", &connection)
            .unwrap()
            .into_iter()
            .chain(watching("connections", &connection, &all).unwrap());
        let written: BTreeSet<String> = written
            .filter_map(|(_, item)| item.put().map(|put| put.item()[CHANNEL].as_s().unwrap().clone()))
            .collect();
        let removed: BTreeSet<String> = forgetting("connections", &connection.connection_id, user_id)
            .unwrap()
            .into_iter()
            .map(|(_, item)| item.delete().unwrap().key()[CHANNEL].as_s().unwrap().clone())
            .collect();
        assert_eq!(written, removed);
    }
}
