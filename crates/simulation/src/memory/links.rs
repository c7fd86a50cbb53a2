//! Short links in memory.

use super::SharedTables;
use crate::wire::{Access, Wire, lock};
use domain::Timestamp;
use domain::link::{Link, LinkId};
use domain::ports::{Answer, Links, PutLink};
use std::collections::btree_map::Entry;

/// [`Links`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryLinks {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryLinks {
    /// Short links in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Links for MemoryLinks {
    fn put<'a>(&'a self, link: &'a Link) -> Answer<'a, PutLink> {
        Box::pin(async move {
            let passage = self.wire.there("Links.put", Access::Write).await;
            passage.admit()?;
            let put = match lock(&self.tables).links.entry(link.link_id.to_string()) {
                Entry::Vacant(free) => {
                    free.insert(link.clone());
                    PutLink::Fresh
                }
                // The same in everything: the same write, repeated.
                Entry::Occupied(there) if there.get() == link => PutLink::Fresh,
                Entry::Occupied(there) => PutLink::Taken(there.get().clone()),
            };
            passage.back().await?;
            Ok(put)
        })
    }

    fn get<'a>(&'a self, link_id: &'a LinkId) -> Answer<'a, Option<Link>> {
        Box::pin(async move {
            let passage = self.wire.there("Links.get", Access::Read).await;
            passage.admit()?;
            let link = lock(&self.tables).links.get(link_id.as_str()).cloned();
            passage.back().await?;
            Ok(link)
        })
    }

    fn take_down<'a>(&'a self, link_id: &'a LinkId, at: Timestamp) -> Answer<'a, Option<Link>> {
        Box::pin(async move {
            let passage = self.wire.there("Links.take_down", Access::Write).await;
            passage.admit()?;
            let link = lock(&self.tables).links.get_mut(link_id.as_str()).map(|link| {
                link.taken_down_at.get_or_insert(at);
                link.clone()
            });
            passage.back().await?;
            Ok(link)
        })
    }
}
