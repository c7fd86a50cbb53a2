//! The two functions of the live path over connections in memory and a gateway that does as it is told: what no running
//! system can be made to do at will.

use crate::ports_contract::Still;
use axum::http::{HeaderMap, StatusCode, header};
use contract::live::{LiveMessage, SocketEvent, SocketRequest};
use contract::{Gate, PublicBase, SessionSecret, Signed};
use domain::live::{
    AUDIENCE_MAX, CONNECTIONS_PER_USER_MAX, ConnectedAs, ConnectionId, LiveConnection, TOLD_WITHIN_S, Topic,
    expires_at,
};
use domain::ports::{Answer, Clock, LiveConnections, LivePages, Posted, Sessions};
use domain::user::Role;
use domain::{Fault, OrderId, Timestamp, UserId};
use live_api::LiveApi;
use push_live::{Change, POSTS_AT_ONCE, PushLive};
use serde_json::{Value, json};
use simulation::memory::{MemoryLiveConnections, MemoryRequests, MemorySessions, SharedTables};
use simulation::wire::Wire;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What happens to frames.
#[derive(Default)]
struct Gateway {
    /// Every frame that was taken, by connection.
    taken: Mutex<BTreeMap<String, Vec<Vec<LiveMessage>>>>,
    gone: BTreeSet<String>,
    busy: BTreeSet<String>,
    /// Connections that are only told once so many others were.
    slow: BTreeMap<String, usize>,
    now: AtomicUsize,
    most: AtomicUsize,
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
    fn frames(&self, id: &str) -> Vec<Vec<LiveMessage>> {
        self.taken.lock().unwrap().get(id).cloned().unwrap_or_default()
    }

    /// What a connection was told, all frames together: kind and number.
    fn told(&self, id: &str) -> Vec<(String, u64)> {
        let messages = self.frames(id).into_iter().flatten();
        messages.map(|told| (told.kind, told.seq)).collect()
    }
}

fn user(number: u8) -> UserId {
    UserId::from_random([number; 16])
}

fn id(name: &str) -> ConnectionId {
    ConnectionId::parse(name).unwrap()
}

fn now() -> Timestamp {
    Still.now()
}

/// Connections that are open, by memory.
struct Scene {
    connections: Arc<MemoryLiveConnections>,
    sessions: Arc<MemorySessions>,
    tables: SharedTables,
}

impl Scene {
    fn new() -> Self {
        let (tables, wire) = (SharedTables::default(), Wire::default());
        Self {
            connections: Arc::new(MemoryLiveConnections::new(tables.clone(), wire.clone())),
            sessions: Arc::new(MemorySessions::new(tables.clone(), wire)),
            tables,
        }
    }

    /// A connection that is open until then and watches everything, by this user or by a guest.
    async fn opened_until(&self, name: &str, user_id: Option<UserId>, expires_at: Timestamp) {
        let connected_as = user_id.map(|user_id| ConnectedAs {
            session_id: format!("session of {name}"),
            user_id,
        });
        let connection = LiveConnection {
            connection_id: id(name),
            connected_as,
            expires_at,
        };
        self.connections.open(&connection).await.unwrap();
        let all = BTreeSet::from(Topic::ALL);
        assert!(self.connections.watch(&id(name), &all).await.unwrap());
    }

    async fn opened(&self, name: &str, user_id: Option<UserId>) {
        self.opened_until(name, user_id, now().plus_s(60)).await;
    }

    fn is_known(&self, name: &str) -> bool {
        self.tables.lock().unwrap().connections.contains_key(&id(name))
    }

    async fn push(&self, gateway: Gateway, changes: Vec<Change>) -> (Arc<Gateway>, Result<(), Fault>) {
        let gateway = Arc::new(gateway);
        let function = PushLive {
            connections: Arc::clone(&self.connections) as Arc<dyn LiveConnections>,
            pages: Arc::clone(&gateway) as Arc<dyn LivePages>,
            sessions: Arc::clone(&self.sessions) as Arc<dyn Sessions>,
            clock: Arc::new(Still),
        };
        let outcome = function.handle(changes).await;
        (gateway, outcome)
    }

    fn api(&self, gateway: Gateway, base: Option<&str>) -> (Arc<Gateway>, LiveApi) {
        let gateway = Arc::new(gateway);
        let gate = Gate {
            sessions: Arc::clone(&self.sessions) as Arc<dyn Sessions>,
            requests: Arc::new(MemoryRequests::new(self.tables.clone(), Wire::default())),
            clock: Arc::new(Still),
            secret: secret(),
        };
        let function = LiveApi {
            gate,
            connections: Arc::clone(&self.connections) as Arc<dyn LiveConnections>,
            pages: Arc::clone(&gateway) as Arc<dyn LivePages>,
            base: base.map(|base| PublicBase::parse(base).unwrap()),
        };
        (gateway, function)
    }
}

fn change(keys: Value, before: Option<Value>, after: Option<Value>, at: Timestamp) -> Change {
    let change = json!({ "keys": keys, "before": before, "after": after, "at": at });
    serde_json::from_value(change).unwrap()
}

/// An order that was written; it has more fields than anybody may see.
fn ordered(of: &UserId, version: u32, at: Timestamp) -> Change {
    let order_id = OrderId::from_random([9; 16]);
    let row = |version: u32| json!({ "order_id": order_id, "user_id": of, "status": "held", "version": version, "card": "tok_secret" });
    change(
        json!({ "order_id": order_id }),
        Some(row(version - 1)),
        Some(row(version)),
        at,
    )
}

fn posted(seq: u64, movements: u64) -> Change {
    let movement = |seq: u64| {
        json!({ "seq": seq, "ingredient": "pollo", "kind": "bought", "quantity": 1,
                "balance": { "on_hand": 1, "held": 0 } })
    };
    let all: Vec<Value> = (seq + 1 - movements..=seq).map(movement).collect();
    let row = json!({ "place": "kitchen", "seq": seq, "cause": "seed", "at": now(), "movements": all });
    change(json!({ "place": "kitchen", "seq": seq }), None, Some(row), now())
}

#[tokio::test]
async fn a_batch_is_one_frame_for_each_page_in_the_order_of_what_happened() {
    let scene = Scene::new();
    scene.opened("guest", None).await;
    scene.opened("ana", Some(user(1))).await;
    let (gateway, outcome) = scene
        .push(Gateway::default(), vec![posted(2, 2), posted(3, 1), posted(5, 2)])
        .await;
    assert_eq!(outcome, Ok(()));
    for page in ["guest", "ana"] {
        assert_eq!(gateway.frames(page).len(), 1);
        let numbers: Vec<u64> = gateway.told(page).into_iter().map(|(_, seq)| seq).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
    }
}

#[tokio::test]
async fn an_order_is_told_to_every_page_of_its_user_and_to_no_other() {
    let scene = Scene::new();
    scene.opened("guest", None).await;
    scene.opened("ana-1", Some(user(1))).await;
    scene.opened("ana-2", Some(user(1))).await;
    scene.opened("bob", Some(user(2))).await;
    let changes = vec![
        ordered(&user(1), 2, now()),
        ordered(&user(2), 7, now()),
        ordered(&user(1), 3, now()),
    ];
    let (gateway, _) = scene.push(Gateway::default(), changes).await;
    let order = |seq| ("order".to_owned(), seq);
    assert_eq!(gateway.told("ana-1"), [order(2), order(3)]);
    assert_eq!(gateway.told("ana-2"), [order(2), order(3)]);
    assert_eq!(gateway.told("bob"), [order(7)]);
    assert_eq!(gateway.told("guest"), []);
    let said = serde_json::to_string(&gateway.frames("ana-1")).unwrap();
    assert!(!said.contains("tok_secret") && !said.contains("usr_"), "{said}");
}

#[tokio::test]
async fn whoever_signed_out_or_whose_time_is_over_is_told_nothing() {
    let scene = Scene::new();
    scene.opened("open", Some(user(1))).await;
    scene.opened("signed-out", Some(user(1))).await;
    scene.opened_until("over", Some(user(1)), now()).await;
    scene
        .sessions
        .end("session of signed-out", now().plus_s(60))
        .await
        .unwrap();
    let (gateway, _) = scene
        .push(Gateway::default(), vec![ordered(&user(1), 2, now())])
        .await;
    assert_eq!(gateway.told("open").len(), 1);
    assert_eq!(gateway.told("signed-out"), []);
    assert_eq!(gateway.told("over"), []);
    // What is public it is told all the same, until it is closed.
    let (gateway, _) = scene.push(Gateway::default(), vec![posted(1, 1)]).await;
    assert_eq!(gateway.told("signed-out").len(), 1);
    assert_eq!(gateway.told("over"), []);
}

#[tokio::test]
async fn what_is_stale_or_cannot_be_read_is_passed_over_and_the_rest_is_told() {
    let scene = Scene::new();
    scene.opened("guest", None).await;
    scene.opened("ana", Some(user(1))).await;
    let long_ago = Timestamp::from_ms(now().as_ms() - i64::from(TOLD_WITHIN_S) * 1000 - 1);
    let head = json!({ "place": "kitchen", "seq": 0, "last_seq": 9, "balances": {} });
    let changes = vec![
        ordered(&user(1), 2, long_ago),
        change(
            json!({ "order_id": "ord_x" }),
            None,
            Some(json!({ "order_id": "ord_x" })),
            now(),
        ),
        change(json!({ "other": 1 }), None, Some(json!({})), now()),
        change(
            json!({ "place": "kitchen", "seq": 0 }),
            Some(head.clone()),
            Some(head),
            now(),
        ),
        change(
            json!({ "place": "kitchen#stocked#seed", "seq": 0 }),
            None,
            Some(json!({})),
            now(),
        ),
        // Nobody removes orders; if somebody does, there is nothing to tell.
        change(json!({ "order_id": "ord_x" }), None, None, now()),
        posted(1, 1),
        ordered(&user(1), 3, now()),
    ];
    let (gateway, outcome) = scene.push(Gateway::default(), changes).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(gateway.told("guest"), [("movement".to_owned(), 1)]);
    assert_eq!(
        gateway.told("ana"),
        [("order".to_owned(), 3), ("movement".to_owned(), 1)]
    );
}

#[tokio::test]
async fn a_page_that_is_gone_is_forgotten_and_one_that_fails_is_kept() {
    let scene = Scene::new();
    for page in ["a-gone", "b-busy", "c-open"] {
        scene.opened(page, None).await;
    }
    let gateway = Gateway {
        gone: BTreeSet::from(["a-gone".to_owned()]),
        busy: BTreeSet::from(["b-busy".to_owned()]),
        ..Gateway::default()
    };
    let (gateway, outcome) = scene.push(gateway, vec![posted(1, 1)]).await;
    assert_eq!(outcome, Ok(()), "what was not told is not told again");
    assert_eq!(gateway.told("c-open"), [("movement".to_owned(), 1)]);
    assert!(!scene.is_known("a-gone"));
    assert!(scene.is_known("b-busy") && scene.is_known("c-open"));
}

#[tokio::test]
async fn a_slow_page_holds_up_nobody_and_only_so_many_are_told_at_once() {
    let scene = Scene::new();
    // The slow one is the first that is told, and is only done when all others are.
    scene.opened("0-slow", None).await;
    let others = 3 * POSTS_AT_ONCE;
    for number in 0..others {
        scene.opened(&format!("page-{number:03}"), None).await;
    }
    let gateway = Gateway {
        slow: BTreeMap::from([("0-slow".to_owned(), others)]),
        ..Gateway::default()
    };
    let (gateway, outcome) = scene.push(gateway, vec![posted(1, 1)]).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(gateway.taken.lock().unwrap().len(), others + 1, "each was told");
    let most = gateway.most.load(Ordering::SeqCst);
    assert!((2..=POSTS_AT_ONCE).contains(&most), "{most} at once");
}

#[tokio::test]
async fn of_a_crowd_only_so_many_are_told_and_the_rest_have_to_read() {
    let scene = Scene::new();
    for number in 0..AUDIENCE_MAX + 300 {
        scene.opened(&format!("page-{number:05}"), None).await;
    }
    let (gateway, outcome) = scene.push(Gateway::default(), vec![posted(1, 1)]).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(gateway.taken.lock().unwrap().len(), AUDIENCE_MAX);
}

/// Connections that cannot be read.
struct Away;

impl LiveConnections for Away {
    fn open<'a>(&'a self, _: &'a LiveConnection) -> Answer<'a, ()> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
    fn watch<'a>(&'a self, _: &'a ConnectionId, _: &'a BTreeSet<Topic>) -> Answer<'a, bool> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
    fn forget<'a>(&'a self, _: &'a ConnectionId) -> Answer<'a, ()> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
    fn page<'a>(
        &'a self,
        _: &'a domain::live::Audience,
        _: Option<&'a ConnectionId>,
    ) -> Answer<'a, Vec<LiveConnection>> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
}

#[tokio::test]
async fn a_batch_comes_again_when_nobody_knows_whom_to_tell() {
    let scene = Scene::new();
    let function = PushLive {
        connections: Arc::new(Away),
        pages: Arc::new(Gateway::default()),
        sessions: Arc::clone(&scene.sessions) as Arc<dyn Sessions>,
        clock: Arc::new(Still),
    };
    let outcome = function.handle(vec![posted(1, 1)]).await;
    assert_eq!(outcome, Err(Fault::Transient("away".to_owned())));
    assert_eq!(
        function.handle(Vec::new()).await,
        Ok(()),
        "nothing to tell needs nobody"
    );
}

fn secret() -> SessionSecret {
    SessionSecret::new(&"k".repeat(32)).unwrap()
}

/// The headers of somebody who is signed in until then.
fn signed_in(number: u8, until: Timestamp) -> HeaderMap {
    let session = Signed {
        user_id: user(number),
        email: "ana@example.com".to_owned(),
        role: Role::Buyer,
        session_id: "s1".to_owned(),
        expires_at: until,
    };
    let token = session.sign(&secret()).unwrap();
    HeaderMap::from_iter([(header::COOKIE, format!("session={token}").parse().unwrap())])
}

async fn connects(api: &LiveApi, name: &str, headers: HeaderMap) -> StatusCode {
    let request = SocketRequest {
        connection_id: id(name),
        event: SocketEvent::Connect(headers),
    };
    api.handle(request).await.unwrap()
}

async fn says(api: &LiveApi, name: &str, text: &str) {
    let request = SocketRequest {
        connection_id: id(name),
        event: SocketEvent::Message(text.to_owned()),
    };
    assert_eq!(api.handle(request).await, Ok(StatusCode::OK));
}

#[tokio::test]
async fn a_connection_lives_no_longer_than_its_session() {
    let scene = Scene::new();
    let (_, api) = scene.api(Gateway::default(), None);
    let soon = now().plus_s(600);
    assert_eq!(connects(&api, "short", signed_in(1, soon)).await, StatusCode::OK);
    assert_eq!(
        connects(&api, "long", signed_in(1, now().plus_s(99_999))).await,
        StatusCode::OK
    );
    assert_eq!(connects(&api, "guest", HeaderMap::new()).await, StatusCode::OK);
    assert_eq!(
        connects(&api, "over", signed_in(1, now())).await,
        StatusCode::UNAUTHORIZED
    );
    let tables = scene.tables.lock().unwrap();
    let ends = |name: &str| {
        tables
            .connections
            .get(&id(name))
            .map(|row| row.connection.expires_at)
    };
    assert_eq!(ends("short"), Some(soon));
    assert_eq!(ends("long"), Some(expires_at(now(), None)));
    assert_eq!(ends("guest"), Some(expires_at(now(), None)));
    assert_eq!(ends("over"), None);
}

#[tokio::test]
async fn one_user_has_so_many_connections_and_those_that_are_over_do_not_count() {
    let scene = Scene::new();
    let (_, api) = scene.api(Gateway::default(), None);
    scene.opened_until("over", Some(user(1)), now()).await;
    let mine = || signed_in(1, now().plus_s(600));
    for number in 0..CONNECTIONS_PER_USER_MAX {
        assert_eq!(
            connects(&api, &format!("page-{number}"), mine()).await,
            StatusCode::OK
        );
    }
    assert_eq!(
        connects(&api, "one-more", mine()).await,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert!(!scene.is_known("one-more"));
    assert_eq!(
        connects(&api, "bob", signed_in(2, now().plus_s(600))).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_foreign_page_is_refused_where_it_is_known_what_is_foreign() {
    let scene = Scene::new();
    let from = |origin: &str| HeaderMap::from_iter([(header::ORIGIN, origin.parse().unwrap())]);
    let (_, api) = scene.api(Gateway::default(), Some("https://shop.example"));
    assert_eq!(
        connects(&api, "a", from("https://evil.example")).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        connects(&api, "b", from("https://shop.example")).await,
        StatusCode::OK
    );
    assert_eq!(connects(&api, "c", HeaderMap::new()).await, StatusCode::OK);
    let (_, api) = scene.api(Gateway::default(), None);
    assert_eq!(
        connects(&api, "d", from("https://evil.example")).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_page_that_is_not_known_any_more_is_told_so_and_one_that_is_gone_is_forgotten() {
    let scene = Scene::new();
    scene.opened("left", Some(user(1))).await;
    let gateway = Gateway {
        gone: BTreeSet::from(["left".to_owned()]),
        ..Gateway::default()
    };
    let (gateway, api) = scene.api(gateway, None);
    says(&api, "stranger", r#"{"action":"watch","topics":["stock"]}"#).await;
    assert_eq!(gateway.told("stranger"), [("refused".to_owned(), 0)]);
    says(&api, "left", r#"{"action":"ping"}"#).await;
    assert!(!scene.is_known("left"));
}
