//! x
use super::Answer;
use crate::server::service::Service;
use serde::Deserialize;
#[derive(Deserialize)]
pub(super) struct TestState {}
pub(super) async fn test_state(_service: &Service, _request: TestState) -> Answer {
    Ok(serde_json::json!({}))
}
