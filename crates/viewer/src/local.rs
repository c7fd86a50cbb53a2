//! What only a stack on this machine can do: let time pass, and let things go wrong on purpose.

mod conditions;

use crate::Changed;
use crate::problem::{Reply, Trouble, missing};
use aws::LocalEngine;
use axum::extract::State;
use axum::{Extension, Json};
use contract::problem::ProblemBody;
use contract::{Body, Query};
use domain::Refusal;
use domain::ports::Clock;
use laptop::ConditionsFile;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A day; so much at once is enough to try things, and a slip of the finger ends no execution of a month.
const PASS_S_MAX: u32 = 86_400;

/// What the routes need.
#[derive(Clone)]
pub struct Local {
    /// The Step Functions on this machine; none on AWS.
    pub engine: Option<LocalEngine>,
    /// What is made to go wrong around this stack; nothing on AWS.
    pub conditions: Option<ConditionsFile>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Local {
    fn engine(&self) -> Reply<&LocalEngine> {
        self.engine.as_ref().ok_or_else(elsewhere)
    }

    fn conditions(&self) -> Reply<&ConditionsFile> {
        self.conditions.as_ref().ok_or_else(elsewhere)
    }
}

fn elsewhere() -> Trouble {
    missing(
        "NotLocal",
        "Only a stack on one's own machine, as `cargo xtask up` starts it, lets time pass or things go wrong on purpose. This one runs elsewhere.",
    )
}

/// The routes, before an engine is filled in.
pub fn api() -> OpenApiRouter<Local> {
    OpenApiRouter::new()
        .routes(routes!(show_clock, pass_time))
        .routes(routes!(list_faults, set_fault, remove_faults))
        .routes(routes!(conditions::show_conditions, conditions::set_conditions))
}

/// The routes over an engine.
pub fn router(local: Local) -> axum::Router {
    let (router, _) = api().split_for_parts();
    router.with_state(local)
}

/// How much time is to pass.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = PassingOfTime)]
pub(crate) struct PassBody {
    /// Seconds, a day at most.
    #[schema(maximum = 86_400)]
    pass_s: u32,
}

/// The stack's clock.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LocalClock)]
pub struct ClockBody {
    /// What it shows, milliseconds since 1970.
    pub now: i64,
    /// How far it is ahead of the machine's, seconds.
    pub ahead_s: f64,
    /// What to know about it, in words.
    pub notes: Vec<String>,
}

/// What does the clock of this stack show?
#[utoipa::path(
    get, path = "/api/ops/local/clock", tag = "local",
    responses(
        (status = 200, body = ClockBody, description = "The clock."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or not on this machine."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn show_clock(State(local): State<Local>) -> Reply<Json<ClockBody>> {
    let told = local.engine()?.call("GET", "/_local/clock", None).await?;
    Ok(Json(clock(&told)))
}

/// Let time pass for the whole stack: what waits in Step Functions is rung in its order, and functions see the same time.
///
/// So much more passes with each request: whoever got no answer looks at the clock before asking again.
///
/// The clock never goes back. What belongs to the engine around them goes by the machine's clock: when messages are delivered again, when
/// schedules come, when rows are removed.
#[utoipa::path(
    post, path = "/api/ops/local/clock", tag = "local", request_body = PassBody,
    responses(
        (status = 200, body = ClockBody, description = "The clock afterwards."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or not on this machine."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken. Time may have passed all the same: look at the clock before asking again."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn pass_time(
    State(local): State<Local>,
    Body(asked): Body<PassBody>,
) -> Reply<(Extension<Changed>, Json<ClockBody>)> {
    let engine = local.engine()?;
    if asked.pass_s > PASS_S_MAX {
        return Err(Refusal::invalid("passS", "a day (86400) may pass at once at most").into());
    }
    let passing = json!({ "pass_s": asked.pass_s });
    let told = engine.call("POST", "/_local/clock", Some(&passing)).await?;
    let changed = Changed(format!("{} s were let pass", asked.pass_s));
    Ok((Extension(changed), Json(clock(&told))))
}

fn clock(told: &Value) -> ClockBody {
    let ahead_s = told["ahead_s"].as_f64().unwrap_or_default();
    let now = told["now"].as_f64().unwrap_or_default();
    let notes = if ahead_s > 0.0 {
        vec![
            "Functions, Step Functions and the pages of this stack share this clock. It stays ahead, also after a restart; only `cargo xtask up --fresh` forgets it, with everything else.".to_owned(),
            "The engine around them did not move: messages are delivered again, schedules come and rows are removed by the machine's clock, and what queues and log lines say of time is the machine's too.".to_owned(),
        ]
    } else {
        Vec::new()
    };
    ClockBody {
        now: (now * 1_000.0).round() as i64,
        ahead_s,
        notes,
    }
}

/// A fault to set.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LocalFault)]
pub(crate) struct FaultBody {
    /// The machine's name, or `*`.
    machine: String,
    /// The state's name, or `*`.
    state: String,
    /// `{"fail": {"error", "cause"}}`, `{"delay": {"seconds"}}`, `"lose_answer"`, `"abort"`, `"lose_callback"`,
    /// `"double_callback"`, and for states that send a message `"lose_message"` or `"double_message"`.
    #[serde(rename = "do")]
    action: Value,
    /// It strikes so many times at most; for ever without.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    /// How likely it is to strike each time, from 0 to 1; always without.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    /// Of its draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
}

/// The faults that are set.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LocalFaults)]
pub struct FaultsBody {
    /// Each as it was set, with its `id` and how often it has `struck`.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<Value>,
}

/// Which faults.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichFault {
    /// One of them; all without.
    id: Option<u64>,
}

/// Which faults are set?
#[utoipa::path(
    get, path = "/api/ops/local/faults", tag = "local",
    responses(
        (status = 200, body = FaultsBody, description = "The faults; a restart of Step Functions forgets them."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or not on this machine."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn list_faults(State(local): State<Local>) -> Reply<Json<FaultsBody>> {
    listed(local.engine()?).await
}

/// Let something go wrong on purpose.
#[utoipa::path(
    post, path = "/api/ops/local/faults", tag = "local", request_body = FaultBody,
    responses(
        (status = 200, body = FaultsBody, description = "All faults that are set now."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or not on this machine."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn set_fault(
    State(local): State<Local>,
    Body(fault): Body<FaultBody>,
) -> Reply<(Extension<Changed>, Json<FaultsBody>)> {
    let engine = local.engine()?;
    let fault = json!(fault);
    engine.call("POST", "/_local/faults", Some(&fault)).await?;
    let changed = Changed(format!("fault set: {}", in_words(&fault)));
    Ok((Extension(changed), listed(engine).await?))
}

/// Remove one fault, or all.
#[utoipa::path(
    delete, path = "/api/ops/local/faults", tag = "local", params(WhichFault),
    responses(
        (status = 200, body = FaultsBody, description = "The faults that are left."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused, or not on this machine."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn remove_faults(
    State(local): State<Local>,
    Query(which): Query<WhichFault>,
) -> Reply<(Extension<Changed>, Json<FaultsBody>)> {
    let engine = local.engine()?;
    let Json(before) = listed(engine).await?;
    let path = match which.id {
        Some(id) => format!("/_local/faults/{id}"),
        None => "/_local/faults".to_owned(),
    };
    engine.call("DELETE", &path, None).await?;
    let removed: Vec<String> = before
        .faults
        .iter()
        .filter(|fault| which.id.is_none_or(|id| fault["id"] == id))
        .map(in_words)
        .collect();
    let changed = Changed(format!("faults removed: {}", removed.join(", ")));
    Ok((Extension(changed), listed(engine).await?))
}

/// Where a fault strikes, and what it does there.
fn in_words(fault: &Value) -> String {
    let name = |name: &str| fault[name].as_str().unwrap_or_default();
    format!("{}/{} {}", name("machine"), name("state"), fault["do"])
}

async fn listed(engine: &LocalEngine) -> Reply<Json<FaultsBody>> {
    let mut told = engine.call("GET", "/_local/faults", None).await?;
    let faults = match told["faults"].take() {
        Value::Array(faults) => faults,
        _ => Vec::new(),
    };
    Ok(Json(FaultsBody { faults }))
}
