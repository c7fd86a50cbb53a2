//! What there is to look at: this server, the state machines, map runs.

use crate::Viewer;
use crate::arn::checked;
use crate::problem::Reply;
use aws::{Account, AccountError, Api};
use axum::Json;
use axum::extract::State;
use contract::Query;
use contract::problem::ProblemBody;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// As many as AWS lists at once.
const PAGE: u32 = 1_000;
/// An account may have 10,000 machines.
const PAGES_MAX: usize = 10;

/// Which thing, by its ARN.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Its ARN, percent-encoded.
    pub(crate) arn: String,
}

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageOf {
    /// Where to go on, from the page before.
    cursor: Option<String>,
}

/// Where the account is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ViewedAccount)]
pub struct AccountBody {
    /// Its region, if one is configured.
    pub region: Option<String>,
    /// Where Step Functions answer, if that is not AWS itself.
    pub endpoint: Option<String>,
}

/// What this server is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Viewer)]
pub struct ViewerBody {
    /// Whose machines it shows.
    pub account: AccountBody,
    /// Whether that is an engine on this machine.
    pub is_local: bool,
    /// What it can do beside the routes that every viewer has.
    pub features: Vec<String>,
}

/// State machines.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Machines)]
pub struct MachinesBody {
    /// ListStateMachines' items: `stateMachineArn`, `name`, `type`, `creationDate`.
    #[schema(value_type = Vec<Object>)]
    pub machines: Vec<Value>,
    /// Where to go on, if there are more.
    pub next_cursor: Option<String>,
}

/// Which account is shown, and what can be done?
#[utoipa::path(
    get, path = "/api/ops/viewer", tag = "viewer",
    responses(
        (status = 200, body = ViewerBody, description = "This server."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn describe_viewer(State(viewer): State<Viewer>) -> Json<ViewerBody> {
    let endpoint = viewer.account.endpoint(Api::States);
    Json(ViewerBody {
        account: AccountBody {
            region: viewer.account.region().map(str::to_owned),
            endpoint: endpoint.clone(),
        },
        is_local: endpoint.is_some_and(|url| url.starts_with("http://")),
        features: viewer.features.iter().map(|&name| name.to_owned()).collect(),
    })
}

/// Which state machines are there?
#[utoipa::path(
    get, path = "/api/ops/machines", tag = "viewer", params(PageOf),
    responses(
        (status = 200, body = MachinesBody, description = "A page of them."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn list_machines(
    State(viewer): State<Viewer>,
    Query(page): Query<PageOf>,
) -> Reply<Json<MachinesBody>> {
    let (machines, next_cursor) = page_of_machines(&viewer.account, page.cursor).await?;
    Ok(Json(MachinesBody {
        machines,
        next_cursor,
    }))
}

async fn page_of_machines(
    account: &Account,
    token: Option<String>,
) -> Result<(Vec<Value>, Option<String>), AccountError> {
    let mut input = json!({ "maxResults": PAGE });
    if let Some(token) = token {
        input["nextToken"] = token.into();
    }
    let mut answer = account.call(Api::States, "ListStateMachines", &input).await?;
    let next = answer["nextToken"].as_str().map(str::to_owned);
    let machines = match answer["stateMachines"].take() {
        Value::Array(machines) => machines,
        _ => Vec::new(),
    };
    Ok((machines, next))
}

/// All of an account's machines, as ListStateMachines lists them.
pub(crate) async fn all_machines(account: &Account) -> Result<Vec<Value>, AccountError> {
    let mut machines = Vec::new();
    let mut token = None;
    for _ in 0..PAGES_MAX {
        let (page, next) = page_of_machines(account, token).await?;
        machines.extend(page);
        token = next;
        if token.is_none() {
            break;
        }
    }
    Ok(machines)
}

/// What is this machine?
///
/// DescribeStateMachine's answer, with its definition.
#[utoipa::path(
    get, path = "/api/ops/machine", tag = "viewer", params(Which),
    responses(
        (status = 200, body = Object, description = "DescribeStateMachine's answer."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn describe_machine(
    State(viewer): State<Viewer>,
    Query(which): Query<Which>,
) -> Reply<Json<Value>> {
    let input = json!({ "stateMachineArn": checked(&which.arn)? });
    let answer = viewer
        .account
        .call(Api::States, "DescribeStateMachine", &input)
        .await?;
    Ok(Json(answer))
}

/// How does this map run fare?
///
/// DescribeMapRun's answer.
#[utoipa::path(
    get, path = "/api/ops/map-run", tag = "viewer", params(Which),
    responses(
        (status = 200, body = Object, description = "DescribeMapRun's answer."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    ),
    security(("session" = []), ("bearer" = []))
)]
pub(crate) async fn describe_map_run(
    State(viewer): State<Viewer>,
    Query(which): Query<Which>,
) -> Reply<Json<Value>> {
    let input = json!({ "mapRunArn": checked(&which.arn)? });
    let answer = viewer.account.call(Api::States, "DescribeMapRun", &input).await?;
    Ok(Json(answer))
}
