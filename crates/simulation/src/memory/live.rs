//! The connections of open pages in memory.

use super::SharedTables;
use crate::wire::{Access, Wire, lock};
use domain::live::{Audience, ConnectionId, LiveConnection, PAGE_MAX, Topic};
use domain::ports::{Answer, LiveConnections};
use std::collections::BTreeSet;

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

    fn watch<'a>(&'a self, connection_id: &'a ConnectionId, topics: &'a BTreeSet<Topic>) -> Answer<'a, bool> {
        Box::pin(async move {
            let passage = self.wire.there("LiveConnections.watch", Access::Write).await;
            passage.admit()?;
            let is_known = match lock(&self.tables).connections.get_mut(connection_id) {
                Some(row) => {
                    row.topics.clone_from(topics);
                    true
                }
                None => false,
            };
            passage.back().await?;
            Ok(is_known)
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
        after: Option<&'a ConnectionId>,
    ) -> Answer<'a, Vec<LiveConnection>> {
        Box::pin(async move {
            let passage = self.wire.there("LiveConnections.page", Access::Read).await;
            passage.admit()?;
            let page = lock(&self.tables)
                .connections
                .iter()
                .filter(|(id, row)| after.is_none_or(|after| *id > after) && row.is_of(audience))
                .map(|(_, row)| row.connection.clone())
                .take(PAGE_MAX)
                .collect();
            passage.back().await?;
            Ok(page)
        })
    }
}
