//! What `/api/users/...` answers.

use crate::{UsersApi, password};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use contract::input::FieldErrors;
use contract::problem::ProblemBody;
use contract::session::{SESSION_TTL_S, end_cookie, start_cookie};
use contract::{Body, Reply, Signed};
use domain::user::{Account, Email, PASSWORD_MAX, PASSWORD_MIN, Role};
use domain::{Fault, Refusal, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// An e-mail address and a password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The address that signs in.
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    /// 5 to 72 characters.
    #[schema(format = "password", min_length = 5, max_length = 72)]
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Their id.
    pub id: String,
    /// Their e-mail address.
    pub email: String,
    /// `buyer`, or `operator` for whoever looks after the shop. A page may show more to an operator; what an operator
    /// may do is decided anew with each request.
    pub role: String,
}

/// A user who has just signed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignedInUser {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// The session, for `Authorization: Bearer`; browsers have it in the cookie `session`.
    pub token: String,
}

/// Who is signed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrentUser {
    /// The user; null when nobody is signed in.
    pub current_user: Option<User>,
}

type Cookie = [(HeaderName, String); 1];

fn check(credentials: &Credentials) -> Result<Email, Refusal> {
    let mut errors = FieldErrors::default();
    let email = Email::parse(&credentials.email);
    if let Err(error) = &email {
        errors.add("email", error.to_string());
    }
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&credentials.password.chars().count()) {
        errors.add(
            "password",
            format!("must be {PASSWORD_MIN} to {PASSWORD_MAX} characters"),
        );
    }
    errors.check()?;
    email.map_err(|error| Refusal::invalid("email", error.to_string()))
}

impl UsersApi {
    /// Starts a session: its token, and the cookie that carries it.
    fn sign_in(
        &self,
        user_id: UserId,
        email: &Email,
        role: Role,
        headers: &HeaderMap,
    ) -> Result<(Cookie, SignedInUser), Fault> {
        let session_id: String = self
            .entropy
            .bytes16()?
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let signed = Signed {
            user_id,
            email: email.as_str().to_owned(),
            role,
            session_id,
            expires_at: self.clock.now().plus_s(SESSION_TTL_S),
        };
        let token = signed
            .sign(&self.gate.secret)
            .ok_or_else(|| Fault::Defect("the session could not be signed".to_owned()))?;
        // A browser keeps a Secure cookie only over TLS; on a laptop there is none.
        let secure = headers
            .get("x-forwarded-proto")
            .is_some_and(|proto| proto.as_bytes() == b"https");
        let user = User {
            id: signed.user_id.to_string(),
            email: signed.email,
            role: role.as_str().to_owned(),
        };
        Ok((
            [(header::SET_COOKIE, start_cookie(&token, secure))],
            SignedInUser { user, token },
        ))
    }
}

/// Sign up
#[utoipa::path(
    post, path = "/api/users/signup", tag = "users", request_body = Credentials,
    responses(
        (status = 201, body = SignedInUser, description = "Signed up and in."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused; nothing was written."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn sign_up(
    State(function): State<UsersApi>,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Reply<(StatusCode, Cookie, Json<SignedInUser>)> {
    let email = check(&credentials)?;
    let account = Account {
        email: email.clone(),
        user_id: UserId::from_random(function.entropy.bytes16()?),
        password_hash: password::hash(&credentials.password, function.entropy.bytes16()?)?,
        // Nobody signs up as an operator; `appoint-operator` makes one of an account.
        role: Role::Buyer,
        created_at: function.clock.now(),
    };
    function.accounts.create(&account).await?;
    let (cookie, user) = function.sign_in(account.user_id, &email, account.role, &headers)?;
    Ok((StatusCode::CREATED, cookie, Json(user)))
}

/// Sign in
///
/// At most ten attempts a minute per address.
#[utoipa::path(
    post, path = "/api/users/signin", tag = "users", request_body = Credentials,
    responses(
        (status = 200, body = SignedInUser, description = "Signed in."),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json", description = "Refused."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn sign_in(
    State(function): State<UsersApi>,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Reply<(Cookie, Json<SignedInUser>)> {
    let email = check(&credentials)?;
    function
        .accounts
        .count_sign_in(&email, function.clock.now())
        .await?;
    let account = function.accounts.find(&email).await?;
    // Without an account a hash is checked all the same, so that the time taken does not tell which addresses have one.
    let is_right = password::verify(
        &credentials.password,
        account.as_ref().map(|account| &*account.password_hash),
    )?;
    let account = account.filter(|_| is_right).ok_or(Refusal::BadCredentials)?;
    let (cookie, user) = function.sign_in(account.user_id, &email, account.role, &headers)?;
    Ok((cookie, Json(user)))
}

/// Sign out
///
/// Ends the session for good, wherever its token may have gone. Harmless when nobody is signed in.
#[utoipa::path(
    post, path = "/api/users/signout", tag = "users",
    responses(
        (status = 200, body = CurrentUser, description = "Nobody is signed in any more."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn sign_out(
    State(function): State<UsersApi>,
    headers: HeaderMap,
) -> Reply<(Cookie, Json<CurrentUser>)> {
    if let Some(session) = function.gate.who(&headers).await? {
        function
            .gate
            .sessions
            .end(&session.session_id, session.expires_at)
            .await?;
    }
    Ok((
        [(header::SET_COOKIE, end_cookie())],
        Json(CurrentUser { current_user: None }),
    ))
}

/// Who is signed in
#[utoipa::path(
    get, path = "/api/users/currentuser", tag = "users",
    responses(
        (status = 200, body = CurrentUser, description = "The user, or null."),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json", description = "Busy or broken."),
    )
)]
pub(crate) async fn current_user(
    State(function): State<UsersApi>,
    headers: HeaderMap,
) -> Reply<Json<CurrentUser>> {
    let session = function.gate.who(&headers).await?;
    let current_user = session.map(|session| User {
        id: session.user_id.to_string(),
        email: session.email,
        role: session.role.as_str().to_owned(),
    });
    Ok(Json(CurrentUser { current_user }))
}
