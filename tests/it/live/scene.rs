//! The two functions of the live path over connections in memory, and a gateway that does as it is told: what no running system
//! can be made to do at will.

use crate::ports_contract::Still;
use contract::live::LiveMessage;
use contract::{Gate, PublicBase, SessionSecret};
use domain::live::{ConnectedAs, ConnectionId, LiveConnection, Topic};
use domain::ports::{Accounts, Answer, Clock, LiveConnections, LivePages, Posted, Sessions, Watched};
use domain::user::{Account, Email, Role};
use domain::{Fault, Timestamp, UserId};
use live_api::LiveApi;
use push_live::{Change, PushLive};
use simulation::memory::{
    MemoryAccounts, MemoryLiveConnections, MemoryRequests, MemorySessions, SharedTables,
};
use simulation::wire::Wire;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What happens to frames.
#[derive(Default)]
pub(super) struct Gateway {
    /// Every frame that was taken, by connection.
    pub(super) taken: Mutex<BTreeMap<String, Vec<Vec<LiveMessage>>>>,
    pub(super) gone: BTreeSet<String>,
    pub(super) busy: BTreeSet<String>,
    /// Connections that are only told once so many others were.
    pub(super) slow: BTreeMap<String, usize>,
    pub(super) now: AtomicUsize,
    pub(super) most: AtomicUsize,
}

impl LivePages for Gateway {
    fn post<'a>(&'a self, connection_id: &'a ConnectionId, frame: &'a str) -> Answer<'a, Posted> {
        Box::pin(async move {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            let id = connection_id.as_str();
            if let Some(others) = self.slow.get(id) {
                while self.taken.lock().unwrap().len() < *others {
                    tokio::task::yield_now().await;
                }
            }
            tokio::task::yield_now().await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            if self.gone.contains(id) {
                return Ok(Posted::Gone);
            }
            if self.busy.contains(id) {
                return Err(Fault::Transient(
                    "PostToConnection: LimitExceededException".to_owned(),
                ));
            }
            let messages = serde_json::from_str(frame).unwrap();
            let mut taken = self.taken.lock().unwrap();
            taken.entry(id.to_owned()).or_default().push(messages);
            Ok(Posted::Taken)
        })
    }
}

impl Gateway {
    /// The frames that a connection took.
    pub(super) fn frames(&self, id: &str) -> Vec<Vec<LiveMessage>> {
        self.taken.lock().unwrap().get(id).cloned().unwrap_or_default()
    }

    /// What a connection was told, all frames together: kind and number.
    pub(super) fn told(&self, id: &str) -> Vec<(String, u64)> {
        let messages = self.frames(id).into_iter().flatten();
        messages.map(|told| (told.kind, told.seq)).collect()
    }
}

pub(super) fn user(number: u8) -> UserId {
    UserId::from_random([number; 16])
}

pub(super) fn id(name: &str) -> ConnectionId {
    ConnectionId::parse(name).unwrap()
}

pub(super) fn now() -> Timestamp {
    Still.now()
}

/// Connections that are open, by memory.
pub(super) struct Scene {
    pub(super) connections: Arc<MemoryLiveConnections>,
    pub(super) sessions: Arc<MemorySessions>,
    pub(super) accounts: Arc<MemoryAccounts>,
    pub(super) tables: SharedTables,
}

impl Scene {
    pub(super) fn new() -> Self {
        let (tables, wire) = (SharedTables::default(), Wire::default());
        Self {
            connections: Arc::new(MemoryLiveConnections::new(tables.clone(), wire.clone())),
            sessions: Arc::new(MemorySessions::new(tables.clone(), wire.clone())),
            accounts: Arc::new(MemoryAccounts::new(tables.clone(), wire)),
            tables,
        }
    }

    /// A connection that is open until then and watches everything that anybody may, by this user or by a guest.
    pub(super) async fn opened_until(&self, name: &str, user_id: Option<UserId>, expires_at: Timestamp) {
        let connected_as = user_id.map(|user_id| ConnectedAs {
            session_id: format!("session of {name}"),
            user_id,
            operator: None,
        });
        self.opened_as(name, connected_as, expires_at).await;
    }

    /// A connection that watches everything there is, opened by somebody who is an operator.
    pub(super) async fn opened_by_operator(&self, name: &str, number: u8) {
        let operator = self.operator(number).await;
        let connected_as = ConnectedAs {
            session_id: format!("session of {name}"),
            user_id: user(number),
            operator: Some(operator),
        };
        self.opened_as(name, Some(connected_as), now().plus_s(60)).await;
    }

    async fn opened_as(&self, name: &str, connected_as: Option<ConnectedAs>, expires_at: Timestamp) {
        let connection = LiveConnection {
            connection_id: id(name),
            connected_as,
            expires_at,
        };
        self.connections.open(&connection).await.unwrap();
        let all: BTreeSet<Topic> = connection.topics().collect();
        // Before anything can be over.
        let watched = self
            .connections
            .watch(&id(name), &all, Timestamp::from_ms(0))
            .await;
        assert_eq!(watched, Ok(Watched::FromNow), "{name}");
    }

    pub(super) async fn opened(&self, name: &str, user_id: Option<UserId>) {
        self.opened_until(name, user_id, now().plus_s(60)).await;
    }

    /// The address of somebody who is an operator from now on.
    pub(super) async fn operator(&self, number: u8) -> Email {
        let email = Email::parse(&format!("ops-{number}@example.com")).unwrap();
        let account = Account {
            email: email.clone(),
            user_id: user(number),
            password_hash: String::new(),
            role: Role::Operator,
            created_at: now(),
        };
        self.accounts.create(&account).await.unwrap();
        email
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        self.tables.lock().unwrap().connections.contains_key(&id(name))
    }

    pub(super) async fn push(
        &self,
        gateway: Gateway,
        changes: Vec<Change>,
    ) -> (Arc<Gateway>, Result<(), Fault>) {
        let gateway = Arc::new(gateway);
        let function = PushLive {
            connections: Arc::clone(&self.connections) as Arc<dyn LiveConnections>,
            pages: Arc::clone(&gateway) as Arc<dyn LivePages>,
            sessions: Arc::clone(&self.sessions) as Arc<dyn Sessions>,
            accounts: Arc::clone(&self.accounts) as Arc<dyn Accounts>,
            clock: Arc::new(Still),
            database_clock: Arc::new(Still),
        };
        let outcome = function.handle(changes).await;
        (gateway, outcome)
    }

    pub(super) fn api(&self, gateway: Gateway) -> (Arc<Gateway>, LiveApi) {
        let gateway = Arc::new(gateway);
        let gate = Gate {
            sessions: Arc::clone(&self.sessions) as Arc<dyn Sessions>,
            requests: Arc::new(MemoryRequests::new(self.tables.clone(), Wire::default())),
            clock: Arc::new(Still),
            secret: secret(),
        };
        let function = LiveApi {
            gate,
            accounts: Arc::clone(&self.accounts) as Arc<dyn Accounts>,
            connections: Arc::clone(&self.connections) as Arc<dyn LiveConnections>,
            pages: Arc::clone(&gateway) as Arc<dyn LivePages>,
            base: PublicBase::parse("https://shop.example").unwrap(),
        };
        (gateway, function)
    }
}

pub(super) fn secret() -> SessionSecret {
    SessionSecret::new(&"k".repeat(32)).unwrap()
}
