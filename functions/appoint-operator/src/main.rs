//! Wiring of `appoint-operator`.

use appoint_operator::AppointOperator;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = AppointOperator {
            accounts: world.accounts()?,
        };
        run_step("appoint-operator", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
