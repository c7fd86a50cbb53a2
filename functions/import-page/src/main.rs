//! Wiring of `import-page`.

use import_page::ImportPage;
use shell::{StartError, run_step, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let step = ImportPage {
            source: world.product_source()?,
            products: world.products()?,
            categories: world.categories()?,
            clock: world.clock(),
            pause_ms: world.settings().value("IMPORT_PAUSE_MS", "a whole number")?,
        };
        run_step("import-page", move |input| {
            let step = step.clone();
            async move { step.handle(input).await }
        })
        .await
    })
}
