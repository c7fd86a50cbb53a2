//! What the table of connections holds, and the writes by which anything in it changes.
//!
//! A connection has several rows, each under a channel: one of its own, which says who opened it; one under its user; one
//! under each topic that it watches. Under a topic a row's name begins with its block, so that the rows of one block stand
//! together and are counted without the others. So everybody to be told something is found by one query over the table itself, which can
//! be asked consistently. All rows of a connection are written in one transaction and all carry the time at which they may go:
//! a crash leaves nothing that time does not clear.

use crate::items::{Item, n, s, to_item};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use domain::live::{Audience, Block, ConnectedAs, ConnectionId, LiveConnection, Topic};
use domain::{Fault, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The hash key.
pub(super) const CHANNEL: &str = "channel";
/// The range key.
pub(super) const CONNECTION_ID: &str = "connection_id";
/// Between block and id.
const AFTER_BLOCK: char = '#';
/// Kept for so long beyond its time, seconds: whoever reads it in between sees that it has expired.
const KEPT_BEYOND_S: i64 = 600;

/// A connection as each of its rows tells it, beside the channel.
#[derive(Serialize, Deserialize)]
pub(super) struct ConnectionRow {
    /// The range key: the id, with its block before it under a topic.
    connection_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connected_as: Option<ConnectedAs>,
    expires_at: Timestamp,
}

impl ConnectionRow {
    /// The connection that this is a row of, by the audience under which it was found; `None` for its own row.
    pub(super) fn read(self, under: Option<&Audience>) -> Result<LiveConnection, Fault> {
        let id = match under {
            Some(Audience::Topic(_)) => self.connection_id.split_once(AFTER_BLOCK).map(|(_, id)| id),
            Some(Audience::User(_)) | None => Some(self.connection_id.as_str()),
        };
        let connection_id = id.and_then(|id| ConnectionId::parse(id).ok());
        Ok(LiveConnection {
            connection_id: connection_id
                .ok_or_else(|| Fault::Defect("a connection has a row under no id".to_owned()))?,
            connected_as: self.connected_as,
            expires_at: self.expires_at,
        })
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

/// What the names of a block's rows under a topic begin with.
pub(super) fn beginning(block: Block) -> String {
    match block {
        Block::Users(number) => format!("user-{number:02}{AFTER_BLOCK}"),
        Block::Guests(number) => format!("guest-{number:02}{AFTER_BLOCK}"),
    }
}

/// The primary key of a connection's own row.
pub(super) fn own_key(connection_id: &ConnectionId) -> Item {
    key(&own_channel(connection_id), connection_id.as_str())
}

/// The primary key of the row by which an audience's connection is found.
pub(super) fn found_key(audience: &Audience, connection: &LiveConnection) -> Item {
    let name = match audience {
        Audience::Topic(_) => name_in_topic(Block::of(connection), &connection.connection_id),
        Audience::User(_) => connection.connection_id.to_string(),
    };
    key(&channel_of(audience), &name)
}

fn name_in_topic(block: Block, connection_id: &ConnectionId) -> String {
    format!("{}{connection_id}", beginning(block))
}

fn key(channel: &str, name: &str) -> Item {
    Item::from([
        (CHANNEL.to_owned(), s(channel)),
        (CONNECTION_ID.to_owned(), s(name)),
    ])
}

/// The rows of a connection that has just been opened.
pub(super) fn opening(
    table: &str,
    connection: &LiveConnection,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let own = put(table, own_key(&connection.connection_id), connection)?;
    let mut items = vec![(Part::Own, own)];
    if let Some(who) = &connection.connected_as {
        let audience = Audience::User(who.user_id.clone());
        items.push((
            Part::Found,
            put(table, found_key(&audience, connection), connection)?,
        ));
    }
    Ok(items)
}

/// What makes a connection watch these topics and no others, under the condition that its own row is still there. Every topic
/// that it could watch is written anew, so that it does not matter what was watched before.
pub(super) fn watching(
    table: &str,
    connection: &LiveConnection,
    topics: &BTreeSet<Topic>,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let own = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(own_key(&connection.connection_id)))
        .condition_expression("attribute_exists(#channel)")
        .expression_attribute_names("#channel", CHANNEL)
        .build()
        .map_err(|_| not_built())?;
    let mut items = vec![(
        Part::Own,
        TransactWriteItem::builder().condition_check(own).build(),
    )];
    for topic in connection.topics() {
        let key = found_key(&Audience::Topic(topic), connection);
        let item = if topics.contains(&topic) {
            put(table, key, connection)?
        } else {
            delete(table, key)?
        };
        items.push((Part::Found, item));
    }
    Ok(items)
}

/// What removes every row that a connection can have. Without its own row nobody knows whether it is a user's or a guest's.
pub(super) fn forgetting(
    table: &str,
    connection_id: &ConnectionId,
    own: Option<&LiveConnection>,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let mut items = vec![(Part::Own, delete(table, own_key(connection_id))?)];
    if let Some(who) = own.and_then(|own| own.connected_as.as_ref()) {
        let channel = channel_of(&Audience::User(who.user_id.clone()));
        items.push((Part::Found, delete(table, key(&channel, connection_id.as_str()))?));
    }
    let in_topics: Vec<(Topic, Block)> = if let Some(own) = own {
        own.topics().map(|topic| (topic, Block::of(own))).collect()
    } else {
        let either = [Block::of_user(connection_id), Block::of_guest(connection_id)];
        Topic::ALL
            .into_iter()
            .flat_map(|topic| either.map(|block| (topic, block)))
            .collect()
    };
    for (topic, block) in in_topics {
        let channel = channel_of(&Audience::Topic(topic));
        let key = key(&channel, &name_in_topic(block, connection_id));
        items.push((Part::Found, delete(table, key)?));
    }
    Ok(items)
}

fn put(table: &str, key: Item, connection: &LiveConnection) -> Result<TransactWriteItem, Fault> {
    let row = ConnectionRow {
        connection_id: connection.connection_id.to_string(),
        connected_as: connection.connected_as.clone(),
        expires_at: connection.expires_at,
    };
    let mut item = to_item("connection", &row)?;
    item.extend(key);
    let ttl_s = connection.expires_at.as_ms().div_euclid(1000) + KEPT_BEYOND_S;
    item.insert("ttl_s".to_owned(), n(ttl_s));
    let put = Put::builder().table_name(table).set_item(Some(item));
    let put = put.build().map_err(|_| not_built())?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn delete(table: &str, key: Item) -> Result<TransactWriteItem, Fault> {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key))
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
    use domain::UserId;
    use domain::user::Email;

    /// A guest's connection, or that of an operator.
    fn connection(user: Option<u8>) -> LiveConnection {
        LiveConnection {
            connection_id: ConnectionId::parse("L0SM9cOFvHcCIhw=").unwrap(),
            connected_as: user.map(|number| ConnectedAs {
                user_id: UserId::from_random([number; 16]),
                session_id: "s1".to_owned(),
                operator: Some(Email::parse("ops@example.com").unwrap()),
            }),
            expires_at: NOW,
        }
    }

    fn all(connection: &LiveConnection) -> BTreeSet<Topic> {
        connection.topics().collect()
    }

    #[test]
    fn a_connection_comes_back_from_each_of_its_rows_as_it_was() {
        for (connection, opened) in [(connection(Some(1)), 2), (connection(None), 1)] {
            let mut items = opening("connections", &connection).unwrap();
            assert_eq!(items.len(), opened);
            items.extend(watching("connections", &connection, &all(&connection)).unwrap());
            let rows = items.iter().filter_map(|(_, item)| item.put());
            let mut found = 0;
            for item in rows.map(|put| put.item().clone()) {
                assert_eq!(item["ttl_s"], n(NOW.as_ms() / 1000 + KEPT_BEYOND_S));
                let topic = Audience::Topic(Topic::Stock);
                let under = item[CHANNEL]
                    .as_s()
                    .unwrap()
                    .starts_with("topic#")
                    .then_some(&topic);
                let row: ConnectionRow = from_item("connection", item).unwrap();
                assert_eq!(row.read(under), Ok(connection.clone()));
                found += 1;
            }
            assert_eq!(found, opened + all(&connection).len());
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
        assert_eq!(
            items.len(),
            1 + Topic::PUBLIC.len(),
            "nothing is written for what a guest cannot watch"
        );
        let operators = connection(Some(1));
        let items = watching("connections", &operators, &topics).unwrap();
        assert_eq!(items[3].1.delete().unwrap().key()[CHANNEL], s("topic#orders"));
        assert_eq!(items.len(), 1 + Topic::ALL.len());
    }

    #[test]
    fn forgetting_removes_every_row_that_opening_and_watching_write() {
        let name = |item: &Item| [CHANNEL, CONNECTION_ID].map(|part| item[part].as_s().unwrap().clone());
        for connection in [connection(Some(1)), connection(None)] {
            let written = opening("connections", &connection)
                .unwrap()
                .into_iter()
                .chain(watching("connections", &connection, &all(&connection)).unwrap());
            let written: BTreeSet<[String; 2]> = written
                .filter_map(|(_, item)| item.put().map(|put| name(put.item())))
                .collect();
            let removed = |own: Option<&LiveConnection>| -> BTreeSet<[String; 2]> {
                forgetting("connections", &connection.connection_id, own)
                    .unwrap()
                    .into_iter()
                    .map(|(_, item)| name(item.delete().unwrap().key()))
                    .collect()
            };
            assert_eq!(written, removed(Some(&connection)));
            // Whoever has lost its own row has no user's row that anybody could name, and loses the rest all the same.
            let of_user = |[channel, _]: &[String; 2]| channel.starts_with("user#");
            let rest: BTreeSet<[String; 2]> = written.into_iter().filter(|row| !of_user(row)).collect();
            assert!(rest.is_subset(&removed(None)));
        }
    }
}
