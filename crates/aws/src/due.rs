//! What somebody has to look at: rows of a sparse index, spread over a few partitions, whose time has come.

use crate::faults::fault;
use crate::items::{Item, n};
use aws_sdk_dynamodb::Client;
use domain::{Fault, Timestamp};

/// Where such rows are found.
pub(crate) struct Due<'a> {
    pub(crate) client: &'a Client,
    pub(crate) table: &'a str,
    pub(crate) index: &'a str,
    /// The attribute that names the partition.
    pub(crate) shard_name: &'a str,
}

impl Due<'_> {
    /// At most `limit` rows of one partition that are due, longest due first. The index may lag a little behind.
    pub(crate) async fn rows(&self, shard: u8, now: Timestamp, limit: u16) -> Result<Vec<Item>, Fault> {
        let answer = self
            .client
            .query()
            .table_name(self.table)
            .index_name(self.index)
            .key_condition_expression("#shard = :shard AND due_at <= :now")
            .expression_attribute_names("#shard", self.shard_name)
            .expression_attribute_values(":shard", n(shard))
            .expression_attribute_values(":now", n(now.as_ms()))
            .limit(i32::from(limit.max(1)))
            .send()
            .await
            .map_err(|error| fault(&format!("Query {}", self.index), &error))?;
        Ok(answer.items.unwrap_or_default())
    }
}
