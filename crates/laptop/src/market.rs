//! The market of a local stack, which can be made scarce.

use crate::ConditionsFile;
use domain::ledger::Ingredient;
use domain::ports::{Answer, Market};
use domain::{Fault, Timestamp};
use std::sync::Arc;

/// A market that yields nothing for purchases that are opened while it is scarce.
///
/// A purchase is decided by what was set when it was opened, not when it is asked for: so it yields the same when it is asked for
/// again, though the market has become scarce in between, or is no longer.
pub struct LaptopMarket {
    /// What it yields otherwise.
    pub market: Arc<dyn Market>,
    /// What is set.
    pub conditions: ConditionsFile,
}

impl Market for LaptopMarket {
    fn buy<'a>(
        &'a self,
        ingredient: &'a Ingredient,
        purchase_id: &'a str,
        opened_at: Timestamp,
    ) -> Answer<'a, u32> {
        Box::pin(async move {
            let is_scarce = self.conditions.was_scarce_at(opened_at);
            if is_scarce.map_err(|error| Fault::Transient(error.to_string()))? {
                return Ok(0);
            }
            self.market.buy(ingredient, purchase_id, opened_at).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Conditions;
    use domain::market::SimulatedMarket;

    #[tokio::test]
    async fn a_purchase_yields_the_same_though_the_market_becomes_scarce_before_it_is_asked_for_again() {
        let name = format!("laptop-market-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let conditions = crate::conditions_file(&folder);
        let market = SimulatedMarket {
            seed: "s".to_owned(),
            scarcity_percent: 0,
        };
        let lettuce = Ingredient::parse("lechuga").unwrap();
        // One that yields something.
        let ids = (0..100).map(|number| format!("sup-{number}"));
        let id = ids
            .into_iter()
            .find(|id| market.yield_of(&lettuce, id) > 0)
            .unwrap();
        let plenty = market.yield_of(&lettuce, &id);
        let market = LaptopMarket {
            market: Arc::new(market),
            conditions: conditions.clone(),
        };
        let at = Timestamp::from_ms;
        let bought = async |opened_ms| market.buy(&lettuce, &id, at(opened_ms)).await.unwrap();
        let scarce = Conditions {
            market_is_scarce: true,
            ..Conditions::default()
        };

        assert_eq!(bought(1_000).await, plenty);
        conditions.set(scarce, at(2_000)).unwrap();
        assert_eq!((bought(1_000).await, bought(2_001).await), (plenty, 0));
        conditions.set(Conditions::default(), at(3_000)).unwrap();
        assert_eq!((bought(2_001).await, bought(3_001).await), (0, plenty));

        std::fs::write(folder.join("conditions.json"), "").unwrap();
        let refused = market.buy(&lettuce, &id, at(1_000)).await;
        assert!(matches!(refused, Err(Fault::Transient(_))), "{refused:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
