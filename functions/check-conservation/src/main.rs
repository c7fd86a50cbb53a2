//! Wiring of `check-conservation`.

use check_conservation::CheckConservation;
use shell::{StartError, difference, run_step, start};
use std::sync::Arc;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = CheckConservation {
            sources: world.conservation()?,
            reports: world.reports()?,
            tell: Arc::new(|found| difference("check-conservation", found)),
        };
        run_step("check-conservation", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
