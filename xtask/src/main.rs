//! The project's own commands: `cargo xtask up | down | test | demo`.
fn main() {}
