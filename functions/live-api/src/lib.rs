//! `LiveApi`: the WebSocket API. Who may open a connection, what it watches, and that it is gone.
//!
//! A connection is authorised once, when it is opened, and what it is told depends on that: a guest watches public topics, a
//! user is told of their own orders as well, and an operator may watch everybody's. Who is an operator is asked again with each
//! wish to watch, and before each push. Answers are posted like everything else that a page is told: to return them
//! from the function would need route responses, which not every engine has.

use axum::http::{HeaderMap, StatusCode, header};
use contract::live::{LiveMessage, Said, SocketEvent, SocketRequest, frames};
use contract::{Gate, PublicBase, Visitor, is_operators, operator};
use domain::Fault;
use domain::live::{
    Audience, CONNECTIONS_PER_USER_MAX, ConnectedAs, ConnectionId, LiveConnection, Topic, expires_at,
};
use domain::ports::{Accounts, LiveConnections, LivePages, Posted, Watched};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the function needs.
#[derive(Clone)]
pub struct LiveApi {
    /// Who asks, and what time it is.
    pub gate: Gate,
    /// Who is an operator now.
    pub accounts: Arc<dyn Accounts>,
    /// The connections.
    pub connections: Arc<dyn LiveConnections>,
    /// The way to them.
    pub pages: Arc<dyn LivePages>,
    /// Where people reach the shop: pages of other places are refused.
    pub base: PublicBase,
}

impl LiveApi {
    /// Answers one event of a connection; of a handshake, with the status that the client gets.
    ///
    /// # Errors
    /// What the ports report. A handshake fails with it; whatever else it was, the page may repeat it.
    pub async fn handle(&self, request: SocketRequest) -> Result<StatusCode, Fault> {
        let SocketRequest { connection_id, event } = request;
        match event {
            SocketEvent::Connect(headers) => self.connect(connection_id, &headers).await,
            SocketEvent::Disconnect => {
                self.connections.forget(&connection_id).await?;
                Ok(StatusCode::OK)
            }
            SocketEvent::Message(text) => {
                let answer = match Said::read(&text) {
                    Ok(Said::Watch(topics)) => self.watch(&connection_id, topics).await?,
                    Ok(Said::Ping) => LiveMessage::pong(),
                    Err(why) => LiveMessage::refused(&why),
                };
                self.answer(&connection_id, &answer).await?;
                Ok(StatusCode::OK)
            }
        }
    }

    async fn connect(&self, connection_id: ConnectionId, headers: &HeaderMap) -> Result<StatusCode, Fault> {
        if !self.is_own_page(headers) {
            return Ok(refused(StatusCode::FORBIDDEN, "a page of another origin"));
        }
        let session = match self.gate.visitor(headers).await? {
            Visitor::Guest => None,
            Visitor::SignedIn(session) => Some(session),
            Visitor::Refused => return Ok(refused(StatusCode::UNAUTHORIZED, "a session that is no good")),
        };
        let now = self.gate.clock.now();
        if let Some(session) = &session {
            let audience = Audience::User(session.user_id.clone());
            // Several that open at one instant may all be let in; the cap is against pages that are left open.
            let open = self.connections.page(&audience, None).await?;
            let alive = open.iter().filter(|other| other.is_told_at(now)).count();
            if alive >= CONNECTIONS_PER_USER_MAX {
                return Ok(refused(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too many connections of one user",
                ));
            }
        }
        let session_ends = session.as_ref().map(|session| session.expires_at);
        let connected_as = match session {
            None => None,
            Some(session) => Some(ConnectedAs {
                operator: operator(&session, &*self.accounts).await?,
                user_id: session.user_id,
                session_id: session.session_id,
            }),
        };
        let connection = LiveConnection {
            connection_id,
            expires_at: expires_at(now, session_ends),
            connected_as,
        };
        self.connections.open(&connection).await?;
        Ok(StatusCode::OK)
    }

    /// A browser says which page opens a connection, and sends the cookie along whoever's page that is; what is no browser says
    /// nothing, and has no cookie that is not its own.
    fn is_own_page(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::ORIGIN)
            .is_none_or(|origin| origin.to_str().is_ok_and(|origin| self.base.is_origin(origin)))
    }

    async fn watch(
        &self,
        connection_id: &ConnectionId,
        topics: BTreeSet<Topic>,
    ) -> Result<LiveMessage, Fault> {
        if let Some(topic) = topics.iter().find(|topic| topic.is_for_operators())
            && self.is_kept_out(connection_id).await?
        {
            return Ok(LiveMessage::refused(&format!(
                "Only operators may watch {topic:?}, so nothing was changed. Whoever has just been appointed signs in again first.",
                topic = topic.as_str()
            )));
        }
        let now = self.gate.clock.now();
        Ok(match self.connections.watch(connection_id, &topics, now).await? {
            Watched::FromNow => LiveMessage::watching(&topics),
            Watched::Unknown => {
                LiveMessage::refused("This connection is not known any more. Open a new one.")
            }
            Watched::Full(topic) => {
                // Whoever runs the shop sees by this line that its pages are crowded out.
                tracing::warn!(%connection_id, %topic, "a topic has no place left");
                LiveMessage::refused(&format!(
                    "As many pages watch {topic:?} as can be told at once, so nothing was changed. Read over the API, and \
                     open a new connection in a few minutes.",
                    topic = topic.as_str()
                ))
            }
        })
    }

    /// Whether somebody else than an operator opened this. One that is not known is told that instead.
    async fn is_kept_out(&self, connection_id: &ConnectionId) -> Result<bool, Fault> {
        let Some(connection) = self.connections.find(connection_id).await? else {
            return Ok(false);
        };
        let is_operators = is_operators(&connection, &*self.accounts, &*self.gate.sessions).await?;
        Ok(!is_operators)
    }

    async fn answer(&self, connection_id: &ConnectionId, answer: &LiveMessage) -> Result<(), Fault> {
        for frame in frames(std::slice::from_ref(answer)) {
            if self.pages.post(connection_id, &frame).await? == Posted::Gone {
                return self.connections.forget(connection_id).await;
            }
        }
        Ok(())
    }
}

/// A handshake that is refused, with a line that says why: the client gets the status and nothing else.
fn refused(status: StatusCode, why: &str) -> StatusCode {
    tracing::info!(status = status.as_u16(), why, "a connection was refused");
    status
}
