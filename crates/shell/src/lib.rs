//! Everything around a handler when it runs as a Lambda function: settings from the environment, structured
//! logs, refusals as Step Functions error names, SQS batches, streams, HTTP, sockets.
//!
//! Handlers come in boxed, so that the runtime's code is compiled here once and not again in every function.
//! Knows no AWS client and no step.

mod http;
mod log;
mod queue;
mod settings;
mod socket;
mod start;
mod step;
mod stream;

pub use http::run_http;
pub use log::{difference, stood_still};
pub use queue::run_queue;
pub use settings::{SettingError, Settings};
pub use socket::run_socket;
pub use start::{StartError, start};
pub use step::run_step;
pub use stream::run_stream;
