//! The least that a function in Rust can be: what `cargo xtask bench starts` compares the others with.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(service_fn(|event: LambdaEvent<Value>| async move {
        Ok::<_, Error>(event.payload)
    })))
}
