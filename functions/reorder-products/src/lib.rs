//! `ReorderProducts`: every minute, finds what is due at devices and carries it out.
//!
//! Whoever takes a reading carries out at once what the reading has decided. This is for whoever died on the way, for orders
//! that have ended since, for pauses that are over, and for thresholds that were raised. No undo: doing any of it again is
//! harmless.

use domain::Fault;
use domain::device::{DUE_SHARDS, Reorders};
use serde::{Deserialize, Serialize};

/// Rows looked at per shard and run. What is left comes next minute.
const ROWS_PER_SHARD_MAX: u16 = 100;
/// After so long a run begins nothing new, milliseconds: the function's own limit is 60 s, and a look may take as long as the
/// one hold that it asks for, 26 s, and a few reads and writes. What is left comes next minute.
const RUN_LIMIT_MS: i64 = 25_000;
/// Rows named in the error when some could not be helped.
const TROUBLES_NAMED: usize = 10;

/// What the step needs.
#[derive(Clone)]
pub struct ReorderProducts {
    /// Carries out reorders.
    pub reorders: Reorders,
}

/// The schedule's event. Nothing in it matters.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Input {}

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Output {
    /// Rows that were due.
    pub looked_at: u32,
    /// Of these, rows with an order under way afterwards.
    pub under_way: u32,
}

impl ReorderProducts {
    /// Looks at every shard once, beginning with another one every minute.
    ///
    /// # Errors
    /// [`Fault::Defect`] naming rows that could not be helped, after all others were: the function's errors are alarmed.
    /// They come again later, behind the others.
    pub async fn handle(&self, _: Input) -> Result<Output, Fault> {
        let (devices, clock) = (&self.reorders.devices, &self.reorders.clock);
        let mut output = Output::default();
        let mut troubles = Vec::new();
        let began_ms = clock.now().as_ms();
        let minute = u64::try_from(began_ms / 60_000).unwrap_or_default();
        let is_over = || clock.now().as_ms() - began_ms > RUN_LIMIT_MS;
        for turn in 0..DUE_SHARDS {
            if is_over() {
                break;
            }
            let shard = (minute + u64::from(turn)) % u64::from(DUE_SHARDS);
            let shard = u8::try_from(shard).unwrap_or_default();
            let due = match devices.list_due(shard, clock.now(), ROWS_PER_SHARD_MAX).await {
                Ok(due) => due,
                Err(fault) => {
                    troubles.push(format!("shard {shard}: {fault}"));
                    continue;
                }
            };
            for (device_id, product_id) in due {
                if is_over() {
                    break;
                }
                output.looked_at += 1;
                match self.reorders.look(&device_id, &product_id).await {
                    Ok(row) => {
                        let is_open = row.is_some_and(|row| row.reorder.is_some());
                        output.under_way += u32::from(is_open);
                    }
                    Err(fault) => {
                        troubles.push(format!("{product_id} at {device_id}: {fault}"));
                        self.reorders.put_off(&device_id, &product_id).await.ok();
                    }
                }
            }
        }
        if troubles.is_empty() {
            return Ok(output);
        }
        let named: Vec<String> = troubles.iter().take(TROUBLES_NAMED).cloned().collect();
        Err(Fault::Defect(format!(
            "{} of {} could not be helped: {}",
            troubles.len(),
            output.looked_at,
            named.join("; ")
        )))
    }
}
