//! The connections of open pages in memory.

use super::SharedTables;
use crate::wire::{Access, Wire, lock};
use domain::Timestamp;
use domain::live::{Audience, BLOCK_MAX, Block, ConnectionId, LiveConnection, PAGE_MAX, Topic};
use domain::ports::{Answer, LiveConnections, Watched};
use std::collections::{BTreeMap, BTreeSet};

/// A connection, and what it watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// The connection.
    pub connection: LiveConnection,
    /// What it watches.
    pub topics: BTreeSet<Topic>,
}

impl Watching {
    fn is_of(&self, audience: &Audience) -> bool {
        match audience {
            Audience::Topic(topic) => self.topics.contains(topic),
            Audience::User(user_id) => {
                let who = self.connection.connected_as.as_ref();
                who.is_some_and(|who| who.user_id == *user_id)
            }
        }
    }
}

/// [`LiveConnections`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryLiveConnections {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryLiveConnections {
    /// Connections in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl LiveConnections for MemoryLiveConnections {
    fn open<'a>(&'a self, connection: &'a LiveConnection) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("LiveConnections.open", Access::Write).await;
            passage.admit()?;
            let id = connection.connection_id.clone();
            lock(&self.tables)
                .connections
                .entry(id)
                .or_insert_with(|| Watching {
                    connection: connection.clone(),
                    topics: BTreeSet::new(),
                });
            passage.back().await
        })
    }

    fn find<'a>(&'a self, connection_id: &'a ConnectionId) -> Answer<'a, Option<LiveConnection>> {
        Box::pin(async move {
            let passage = self.wire.there("LiveConnections.find", Access::Read).await;
            passage.admit()?;
            let row = lock(&self.tables).connections.get(connection_id).cloned();
            passage.back().await?;
            Ok(row.map(|row| row.connection))
        })
    }

    fn watch<'a>(
        &'a self,
        connection_id: &'a ConnectionId,
        topics: &'a BTreeSet<Topic>,
        now: Timestamp,
    ) -> Answer<'a, Watched> {
        Box::pin(async move {
            let passage = self.wire.there("LiveConnections.watch", Access::Write).await;
            passage.admit()?;
            let watched = take_places(&mut lock(&self.tables).connections, connection_id, topics, now);
            passage.back().await?;
            Ok(watched)
        })
    }

    fn forget<'a>(&'a self, connection_id: &'a ConnectionId) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("LiveConnections.forget", Access::Write).await;
            passage.admit()?;
            lock(&self.tables).connections.remove(connection_id);
            passage.back().await
        })
    }

    fn page<'a>(
        &'a self,
        audience: &'a Audience,
        after: Option<&'a LiveConnection>,
    ) -> Answer<'a, Vec<LiveConnection>> {
        Box::pin(async move {
            let passage = self.wire.there("LiveConnections.page", Access::Read).await;
            passage.admit()?;
            let page = lock(&self.tables)
                .connections
                .iter()
                .filter(|(id, row)| {
                    after.is_none_or(|after| **id > after.connection_id) && row.is_of(audience)
                })
                .map(|(_, row)| row.connection.clone())
                .take(PAGE_MAX)
                .collect();
            passage.back().await?;
            Ok(page)
        })
    }
}

/// Lets a connection watch these topics, if it is known and all of them have a place for it.
fn take_places(
    connections: &mut BTreeMap<ConnectionId, Watching>,
    connection_id: &ConnectionId,
    topics: &BTreeSet<Topic>,
    now: Timestamp,
) -> Watched {
    let own = connections.get(connection_id);
    let Some(own) = own.filter(|row| row.connection.is_told_at(now)) else {
        return Watched::Unknown;
    };
    let block = Block::of(&own.connection);
    let taken = |topic: &Topic| {
        let others = connections.iter().filter(|(id, row)| {
            *id != connection_id
                && row.topics.contains(topic)
                && row.connection.is_told_at(now)
                && Block::of(&row.connection) == block
        });
        others.count()
    };
    if let Some(full) = topics.iter().find(|topic| taken(topic) >= BLOCK_MAX) {
        return Watched::Full(*full);
    }
    if let Some(own) = connections.get_mut(connection_id) {
        own.topics.clone_from(topics);
    }
    Watched::FromNow
}
