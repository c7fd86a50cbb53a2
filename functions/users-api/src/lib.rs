//! `/api/users`: sign up, in and out, and who is signed in.

mod password;
mod routes;

use axum::extract::FromRef;
use contract::Gate;
use domain::ports::{Accounts, Clock, Entropy};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use routes::{Credentials, CurrentUser, SignedInUser, User};

/// What the function needs.
#[derive(Clone)]
pub struct UsersApi {
    /// Who asks.
    pub gate: Gate,
    /// Accounts.
    pub accounts: Arc<dyn Accounts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where fresh ids and salts come from.
    pub entropy: Arc<dyn Entropy>,
}

impl FromRef<UsersApi> for Gate {
    fn from_ref(function: &UsersApi) -> Self {
        function.gate.clone()
    }
}

/// The routes, before the function's needs are filled in.
pub fn api() -> OpenApiRouter<UsersApi> {
    OpenApiRouter::new()
        .routes(routes!(routes::sign_up))
        .routes(routes!(routes::sign_in))
        .routes(routes!(routes::sign_out))
        .routes(routes!(routes::current_user))
}

/// The routes with everything filled in.
pub fn router(function: UsersApi) -> axum::Router {
    let (router, _) = api().split_for_parts();
    router.with_state(function)
}
