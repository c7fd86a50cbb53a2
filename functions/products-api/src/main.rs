//! Wiring of `products-api`.

use products_api::ProductsApi;
use shell::{StartError, run_http, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = ProductsApi {
            gate: world.gate()?,
            products: world.products()?,
            categories: world.categories()?,
            clock: world.clock(),
            entropy: world.entropy(),
            currency: world.settings().currency()?,
        };
        run_http("products-api", products_api::router(function)).await
    })
}
