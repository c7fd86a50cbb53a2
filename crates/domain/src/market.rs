//! The market: where the warehouse buys what it lacks.

use crate::ids::{SupplyId, fingerprint};
use crate::ledger::Ingredient;
use crate::ports::{Answer, Market};
use crate::timestamp::Timestamp;

/// The most that one purchase yields (product.md: a uniform random 0..10).
pub const YIELD_MAX: u32 = 10;

/// The id under which a purchase is made and booked: the same request and round, the same purchase.
#[must_use]
pub fn purchase_id(supply: &SupplyId, round: u32) -> String {
    format!("{supply}-{round}")
}

/// The simulated market: every purchase yields 0 to 10, drawn from the seed and the purchase's id, so that asking again
/// for the same purchase yields the same.
#[derive(Clone, Debug)]
pub struct SimulatedMarket {
    /// The same seed, the same luck.
    pub seed: String,
    /// Of a hundred purchases so many find the market empty, 0 to 100.
    pub scarcity_percent: u8,
}

impl SimulatedMarket {
    /// What a purchase yields, 0 to [`YIELD_MAX`].
    #[must_use]
    pub fn yield_of(&self, ingredient: &Ingredient, purchase_id: &str) -> u32 {
        let draw = |what: &str, below: u32| {
            let print = fingerprint(&["market", what, &self.seed, ingredient.as_str(), purchase_id]);
            // 60 of 128 bits: the bias of the remainder is far below what anybody could measure.
            let bits = print
                .get(..15)
                .and_then(|hex| u64::from_str_radix(hex, 16).ok())
                .unwrap_or_default();
            u32::try_from(bits % u64::from(below)).unwrap_or_default()
        };
        if draw("scarcity", 100) < u32::from(self.scarcity_percent) {
            return 0;
        }
        draw("yield", YIELD_MAX + 1)
    }
}

impl Market for SimulatedMarket {
    fn buy<'a>(
        &'a self,
        ingredient: &'a Ingredient,
        purchase_id: &'a str,
        _opened_at: Timestamp,
    ) -> Answer<'a, u32> {
        let quantity = self.yield_of(ingredient, purchase_id);
        Box::pin(async move { Ok(quantity) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_yield_from_0_to_10_occurs_about_equally_often_and_the_same_purchase_yields_the_same() {
        let market = SimulatedMarket {
            seed: "s".to_owned(),
            scarcity_percent: 0,
        };
        let lettuce = Ingredient::parse("lechuga").unwrap();
        let mut seen = [0_u32; 11];
        for purchase in 0..11_000 {
            let quantity = market.yield_of(&lettuce, &purchase.to_string());
            assert_eq!(quantity, market.yield_of(&lettuce, &purchase.to_string()));
            seen[quantity as usize] += 1;
        }
        // 1,000 expected of each; five standard deviations are 150.
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
    }

    #[test]
    fn an_empty_market_never_yields_anything() {
        let market = SimulatedMarket {
            seed: "s".to_owned(),
            scarcity_percent: 100,
        };
        let lettuce = Ingredient::parse("lechuga").unwrap();
        assert!((0..1000).all(|purchase| market.yield_of(&lettuce, &purchase.to_string()) == 0));
    }
}
