//! Wiring of `reconcile-orders`.

use reconcile_orders::ReconcileOrders;
use shell::{StartError, run_step, start, stood_still};
use std::sync::Arc;
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ReconcileOrders {
            orders: world.orders()?,
            supplies: world.supplies()?,
            ledgers: world.ledgers()?,
            workflows: world.workflows()?,
            truth: world.truth()?,
            clock: world.clock(),
            tell: Arc::new(|found| stood_still("reconcile-orders", found.stuck, found.late)),
        };
        run_step("reconcile-orders", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
