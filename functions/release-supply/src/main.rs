//! Wiring of `release-supply`.

use release_supply::ReleaseSupply;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReleaseSupply {
            supplies: world.supplies()?,
            ledgers: world.ledgers()?,
            clock: world.clock(),
        };
        run_step("release-supply", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
