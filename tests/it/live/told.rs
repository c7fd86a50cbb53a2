//! What a batch of changes becomes, and for whom.

use super::scene::{Gateway, Scene, now, user};
use crate::ports_contract::Still;
use domain::live::{ConnectionId, LiveConnection, PAGE_MAX, TOLD_WITHIN_S, Topic};
use domain::ports::{Accounts, Answer, Clock, LiveConnections, LivePages, Sessions, Watched};
use domain::{Fault, OrderId, Timestamp, UserId};
use push_live::{Change, POSTS_AT_ONCE, PushLive};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn change(keys: Value, before: Option<Value>, after: Option<Value>, at: Timestamp) -> Change {
    let change = json!({ "keys": keys, "before": before, "after": after, "at": at });
    serde_json::from_value(change).unwrap()
}

/// An order that was written; it has more fields than anybody may see.
pub(super) fn ordered(of: &UserId, version: u32, at: Timestamp) -> Change {
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

/// Protection: whoever was let in to a topic is told; the bound is kept where places are given, not here.
#[tokio::test]
async fn everybody_who_has_a_place_is_told_page_after_page() {
    let scene = Scene::new();
    let crowd = 2 * PAGE_MAX + 3;
    for number in 0..crowd {
        scene.opened(&format!("page-{number:05}"), None).await;
    }
    let (gateway, outcome) = scene.push(Gateway::default(), vec![posted(1, 1)]).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(gateway.taken.lock().unwrap().len(), crowd);
}

/// Connections that cannot be read.
struct Away;

impl LiveConnections for Away {
    fn find<'a>(&'a self, _: &'a ConnectionId) -> Answer<'a, Option<LiveConnection>> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
    fn open<'a>(&'a self, _: &'a LiveConnection) -> Answer<'a, ()> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
    fn watch<'a>(&'a self, _: &'a ConnectionId, _: &'a BTreeSet<Topic>, _: Timestamp) -> Answer<'a, Watched> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
    fn forget<'a>(&'a self, _: &'a ConnectionId) -> Answer<'a, ()> {
        Box::pin(async { Err(Fault::Transient("away".to_owned())) })
    }
    fn page<'a>(
        &'a self,
        _: &'a domain::live::Audience,
        _: Option<&'a LiveConnection>,
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
        accounts: Arc::clone(&scene.accounts) as Arc<dyn Accounts>,
        clock: Arc::new(Still),
        database_clock: Arc::new(Still),
    };
    let outcome = function.handle(vec![posted(1, 1)]).await;
    assert_eq!(outcome, Err(Fault::Transient("away".to_owned())));
    assert_eq!(
        function.handle(Vec::new()).await,
        Ok(()),
        "nothing to tell needs nobody"
    );
}

/// A quarter of an hour that was let pass, which the database knows nothing of.
struct PutAhead;

impl Clock for PutAhead {
    fn now(&self) -> Timestamp {
        now().plus_s(900)
    }
}

#[tokio::test]
async fn a_change_is_as_old_as_the_clock_says_that_dated_it() {
    let scene = Scene::new();
    scene.opened_until("page", None, now().plus_s(7_200)).await;
    let gateway = Arc::new(Gateway::default());
    let function = PushLive {
        connections: Arc::clone(&scene.connections) as Arc<dyn LiveConnections>,
        pages: Arc::clone(&gateway) as Arc<dyn LivePages>,
        sessions: Arc::clone(&scene.sessions) as Arc<dyn Sessions>,
        accounts: Arc::clone(&scene.accounts) as Arc<dyn Accounts>,
        clock: Arc::new(PutAhead),
        database_clock: Arc::new(Still),
    };
    function.handle(vec![posted(1, 1)]).await.unwrap();
    assert_eq!(gateway.told("page").len(), 1);
}
