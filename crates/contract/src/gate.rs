//! Who is asking: the session of a request, from its cookie or bearer token.

use crate::problem::Problem;
use crate::session::{COOKIE, SessionSecret, Signed};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::live::LiveConnection;
use domain::ports::{Accounts, Clock, Requests, Sessions};
use domain::user::{Email, Role};
use domain::{Fault, Refusal, UserId};
use std::sync::Arc;

/// What every HTTP function needs to know who asks and whether it was asked before.
#[derive(Clone)]
pub struct Gate {
    /// Sessions that were ended.
    pub sessions: Arc<dyn Sessions>,
    /// Requests that were answered.
    pub requests: Arc<dyn Requests>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What signs sessions.
    pub secret: SessionSecret,
}

impl Gate {
    /// Who sent these headers; `None` when nobody is signed in.
    ///
    /// # Errors
    /// Only what the sessions port reports; a bad token is nobody, not an error.
    pub async fn who(&self, headers: &HeaderMap) -> Result<Option<Signed>, Fault> {
        let Some(signed) =
            token(headers).and_then(|token| Signed::verify(token, &self.secret, self.clock.now()))
        else {
            return Ok(None);
        };
        let was_ended = self.sessions.was_ended(&signed.session_id).await?;
        Ok((!was_ended).then_some(signed))
    }

    /// Who opens something that goes on without being asked again: unlike for one request, a session that is no good is not
    /// the same as none.
    ///
    /// # Errors
    /// Only what the sessions port reports.
    pub async fn visitor(&self, headers: &HeaderMap) -> Result<Visitor, Fault> {
        // An empty cookie is what signing out leaves behind.
        if token(headers).is_none_or(str::is_empty) {
            return Ok(Visitor::Guest);
        }
        let signed = self.who(headers).await?;
        Ok(signed.map_or(Visitor::Refused, Visitor::SignedIn))
    }
}

/// Who sent some headers.
#[derive(Clone, Debug)]
pub enum Visitor {
    /// Nobody who says who they are.
    Guest,
    /// The user of this session.
    SignedIn(Signed),
    /// Somebody whose session is forged, over, or was ended.
    Refused,
}

/// The token in the `Authorization: Bearer` header, else in the session cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
    bearer.or_else(|| {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
    })
}

/// A signed-in user. As an argument of a handler it refuses everybody else with 401.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user.
    pub user_id: UserId,
    /// The whole session.
    pub session: Signed,
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Gate: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // The idempotency layer in front has asked already.
        if let Some(signed_in) = parts.extensions.get::<Self>() {
            return Ok(signed_in.clone());
        }
        let session = Gate::from_ref(state)
            .who(&parts.headers)
            .await?
            .ok_or(Refusal::NotSignedIn)?;
        Ok(Self {
            user_id: session.user_id.clone(),
            session,
        })
    }
}

/// A signed-in operator. As an argument of a handler it refuses strangers with 401 and buyers with 403.
///
/// The session says who was an operator when they signed in; the account says who is one now, and it is read with each
/// request. A session lives for a week, and whoever has been dismissed must not stop executions or read queues for the
/// rest of it. Giving operators short sessions would only shorten that time, and make everybody who is on call sign in
/// again in the middle of an alarm. Operators ask seldom, so the read costs nothing that counts; buyers' requests never
/// make it. A function without accounts cannot have operators' routes: it does not compile.
#[derive(Clone, Debug)]
pub struct OperatorOnly {
    /// The operator.
    pub user_id: UserId,
    /// The whole session.
    pub session: Signed,
}

impl<S> FromRequestParts<S> for OperatorOnly
where
    S: Send + Sync,
    Gate: FromRef<S>,
    Arc<dyn Accounts>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let SignedIn { user_id, session } = SignedIn::from_request_parts(parts, state).await?;
        if !is_operator(&session, &*<Arc<dyn Accounts>>::from_ref(state)).await? {
            return Err(Refusal::NotAnOperator.into());
        }
        Ok(Self { user_id, session })
    }
}

/// Whether a session is an operator's at this moment, as [`OperatorOnly`] reads it; for what operators may do beside others.
/// The account is read only where the session says so.
///
/// # Errors
/// Only what the accounts port reports.
pub async fn is_operator(session: &Signed, accounts: &dyn Accounts) -> Result<bool, Fault> {
    Ok(operator(session, accounts).await?.is_some())
}

/// The address of the operator whose session it is at this moment; `None` of everybody else's. For what is kept of a session that
/// goes on without being shown again.
///
/// # Errors
/// Only what the accounts port reports.
pub async fn operator(session: &Signed, accounts: &dyn Accounts) -> Result<Option<Email>, Fault> {
    let email = Email::parse(&session.email).ok();
    let Some(email) = email.filter(|_| session.role == Role::Operator) else {
        return Ok(None);
    };
    let is_one = accounts.role_of(&email).await? == Some(Role::Operator);
    Ok(is_one.then_some(email))
}

/// Whether a connection is an operator's at this moment: opened by one who has not been dismissed since, with a session that was
/// not ended. Nothing is read of a connection that anybody else opened.
///
/// # Errors
/// Only what the ports report.
pub async fn is_operators(
    connection: &LiveConnection,
    accounts: &dyn Accounts,
    sessions: &dyn Sessions,
) -> Result<bool, Fault> {
    let Some(who) = &connection.connected_as else {
        return Ok(false);
    };
    let Some(email) = &who.operator else {
        return Ok(false);
    };
    Ok(
        accounts.role_of(email).await? == Some(Role::Operator)
            && !sessions.was_ended(&who.session_id).await?,
    )
}
