//! `?wait=seconds`: answer when the order has left its present status, or when the time is over.

use domain::ports::Orders;
use domain::{Fault, Order, Refusal};
use serde::{Deserialize, Deserializer};
use std::time::Duration;
use utoipa::IntoParams;

/// Longest wait, seconds: a gateway gives up at 30.
pub const WAIT_MAX_S: u8 = 25;
const FIRST_LOOK: Duration = Duration::from_millis(60);
const LOOK_EVERY_MAX: Duration = Duration::from_millis(700);

/// The `wait` parameter.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wait {
    /// Whole seconds to wait at most for the order to leave its present status, 0 to 25.
    #[serde(default, deserialize_with = "seconds")]
    #[param(minimum = 0, maximum = 25)]
    pub wait: u8,
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
    /// does not happen by itself.
    ///
    /// # Errors
    /// What the orders port reports; [`Refusal::NotFound`] when the order is not there.
    pub async fn until(
        self,
        orders: &dyn Orders,
        order: Order,
        is_wanted: &(dyn Fn(&Order) -> bool + Send + Sync),
    ) -> Result<Order, Fault> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(u64::from(self.wait));
        let mut pause = FIRST_LOOK;
        let mut latest = order;
        while !is_wanted(&latest) && tokio::time::Instant::now() < deadline {
            let left = deadline - tokio::time::Instant::now();
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 3 / 2).min(LOOK_EVERY_MAX);
            latest = orders.get(&latest.order_id).await?.ok_or_else(|| Refusal::not_found("order"))?;
        }
        Ok(latest)
    }
}
