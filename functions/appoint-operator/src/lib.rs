//! `AppointOperator`: gives an account a role, or takes it away again.
//!
//! Invoked by whoever may invoke functions in the AWS account, never over HTTP: no request of the shop's own can make
//! an operator. What somebody has to do is in docs/runbook.md, "Operators". Its undo is itself, with the role that the
//! account had. Repeating it changes nothing.

use domain::ports::Accounts;
use domain::user::{Email, Role};
use domain::{Fault, Refusal};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct AppointOperator {
    /// Accounts.
    pub accounts: Arc<dyn Accounts>,
}

/// Who becomes what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The address of an account that is there.
    pub email: String,
    /// `operator`, or `buyer` to take it away.
    pub role: Role,
}

/// What the account may do from now on. A session says what it was signed for: to use a new role, sign in again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// The address as it is stored.
    pub email: Email,
    /// Its role.
    pub role: Role,
}

impl AppointOperator {
    /// Gives the account the role.
    ///
    /// # Errors
    /// [`Refusal::InvalidInput`] for what is no address, [`Refusal::NotFound`] for one without an account, and what the
    /// port reports.
    pub async fn handle(&self, input: Input) -> Result<Output, Fault> {
        let email =
            Email::parse(&input.email).map_err(|error| Refusal::invalid("email", error.to_string()))?;
        self.accounts.appoint(&email, input.role).await?;
        Ok(Output {
            email,
            role: input.role,
        })
    }
}
