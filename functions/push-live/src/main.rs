//! Wiring of `push-live`.

use push_live::PushLive;
use shell::{StartError, run_stream, start};
use wiring::World;

fn main() -> Result<(), StartError> {
    start(async {
        let world = World::connect()?;
        let function = PushLive {
            connections: world.live_connections()?,
            pages: world.live_pages()?,
            sessions: world.sessions()?,
            accounts: world.accounts()?,
            clock: world.clock(),
            database_clock: world.engine_clock(),
        };
        run_stream("push-live", move |changes| {
            let function = function.clone();
            async move { function.handle(changes).await }
        })
        .await
    })
}
