//! `?wait=seconds`: answer when the order has left its present status, or when the time is over.

use domain::Order;
use domain::ports::Orders;
use serde::{Deserialize, Deserializer};
use std::time::Duration;
use tokio::time::Instant;
use utoipa::IntoParams;

/// Longest wait, seconds: a gateway gives up at 30.
pub const WAIT_MAX_S: u8 = 25;
const FIRST_LOOK: Duration = Duration::from_millis(60);
const LOOK_EVERY_MAX: Duration = Duration::from_millis(700);

/// The `wait` parameter.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wait {
    /// Whole seconds to wait at most for the order to leave its present status, 0 to 25.
    #[serde(default, deserialize_with = "seconds")]
    #[param(minimum = 0, maximum = 25)]
    pub wait: u8,
    /// When the request came in.
    #[serde(skip, default = "Instant::now")]
    #[param(ignore)]
    came_in: Instant,
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<u8>() {
        Ok(seconds) if seconds <= WAIT_MAX_S => Ok(seconds),
        _ => Err(serde::de::Error::custom(format!(
            "wait: must be a whole number from 0 to {WAIT_MAX_S}"
        ))),
    }
}

impl Wait {
    /// Looks at the order again and again, ever more seldom, until it is as wanted or time is over.
    ///
    /// This is a read that holds the connection open; no decision hangs on it, and nothing is waited for that
    /// does not happen by itself. Time is counted from the moment the request came in, so that whatever was done
    /// before the wait does not make the answer come too late for the gateway. A look that fails shows nothing new:
    /// what was done before the wait is done, and must not be told as an error.
    pub async fn until(
        self,
        orders: &dyn Orders,
        order: Order,
        is_wanted: &(dyn Fn(&Order) -> bool + Send + Sync),
    ) -> Order {
        let deadline = self.came_in + Duration::from_secs(u64::from(self.wait));
        let mut pause = FIRST_LOOK;
        let mut latest = order;
        // What has ended goes nowhere by itself, so there is nothing to wait for, unless money is on its way back.
        let is_at_rest = |order: &Order| order.status.is_end() && order.open_refund().is_none();
        while !is_wanted(&latest) && !is_at_rest(&latest) && Instant::now() < deadline {
            let left = deadline - Instant::now();
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 3 / 2).min(LOOK_EVERY_MAX);
            if let Ok(Some(found)) = orders.get(&latest.order_id).await {
                latest = found;
            }
        }
        latest
    }
}
