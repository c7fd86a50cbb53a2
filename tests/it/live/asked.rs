//! Who is let in, what is said to whoever watches, and how many may.

use super::scene::{Gateway, Scene, id, now, secret, user};
use axum::http::{HeaderMap, StatusCode, header};
use contract::Signed;
use contract::live::{SocketEvent, SocketRequest};
use domain::Timestamp;
use domain::live::{BLOCK_MAX, Block, CONNECTIONS_PER_USER_MAX, GUEST_BLOCKS, expires_at};
use domain::ports::{LiveConnections, Sessions};
use domain::user::Role;
use live_api::LiveApi;
use std::collections::BTreeSet;

const WATCH: &str = r#"{"action":"watch","topics":["stock"]}"#;

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

pub(super) async fn connects(api: &LiveApi, name: &str, headers: HeaderMap) -> StatusCode {
    let request = SocketRequest {
        connection_id: id(name),
        event: SocketEvent::Connect(headers),
    };
    api.handle(request).await.unwrap()
}

pub(super) async fn says(api: &LiveApi, name: &str, text: &str) {
    let request = SocketRequest {
        connection_id: id(name),
        event: SocketEvent::Message(text.to_owned()),
    };
    assert_eq!(api.handle(request).await, Ok(StatusCode::OK));
}

#[tokio::test]
async fn a_connection_lives_no_longer_than_its_session() {
    let scene = Scene::new();
    let (_, api) = scene.api(Gateway::default());
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
async fn whoever_signed_out_is_not_let_in() {
    let scene = Scene::new();
    let (_, api) = scene.api(Gateway::default());
    let until = now().plus_s(600);
    scene.sessions.end("s1", until).await.unwrap();
    assert_eq!(
        connects(&api, "signed-out", signed_in(1, until)).await,
        StatusCode::UNAUTHORIZED
    );
    assert!(!scene.is_known("signed-out"));
}

#[tokio::test]
async fn one_user_has_so_many_connections_and_those_that_are_over_do_not_count() {
    let scene = Scene::new();
    let (_, api) = scene.api(Gateway::default());
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
async fn a_foreign_page_is_refused_and_what_is_no_browser_is_let_in() {
    let scene = Scene::new();
    let from = |origin: &str| HeaderMap::from_iter([(header::ORIGIN, origin.parse().unwrap())]);
    let (_, api) = scene.api(Gateway::default());
    assert_eq!(
        connects(&api, "a", from("https://evil.example")).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        connects(&api, "b", from("https://shop.example")).await,
        StatusCode::OK
    );
    assert_eq!(connects(&api, "c", HeaderMap::new()).await, StatusCode::OK);
}

/// Protection: whoever is told `watching` is told of changes, so nobody is told so whom no push would reach.
#[tokio::test]
async fn a_connection_whose_session_is_over_watches_nothing_any_more() {
    let scene = Scene::new();
    scene.opened_until("over", Some(user(1)), now()).await;
    let (gateway, api) = scene.api(Gateway::default());
    says(&api, "over", WATCH).await;
    assert_eq!(gateway.told("over"), [("refused".to_owned(), 0)]);
}

/// Protection: guests are anybody's script. However many of them there are, users find a place, and whoever finds none is told so
/// and reads.
#[tokio::test]
async fn a_crowd_of_guests_is_refused_in_time_and_takes_no_place_of_a_user() {
    let scene = Scene::new();
    let (gateway, api) = scene.api(Gateway::default());
    let places = BLOCK_MAX * usize::from(GUEST_BLOCKS);
    let crowd: Vec<String> = (0..places + 600)
        .map(|number| format!("guest-{number}"))
        .collect();
    for guest in &crowd {
        connects(&api, guest, HeaderMap::new()).await;
        says(&api, guest, WATCH).await;
    }
    let answered = |name: &str, kind: &str| gateway.told(name) == [(kind.to_owned(), 0)];
    let let_in = crowd.iter().filter(|guest| answered(guest, "watching")).count();
    let refused = crowd.iter().filter(|guest| answered(guest, "refused")).count();
    assert_eq!(let_in + refused, crowd.len(), "nobody is left without an answer");
    assert!(let_in <= places, "{let_in}");
    assert!(
        let_in > places - places / 20,
        "places are not given away half empty: {let_in}"
    );

    let user = signed_in(1, now().plus_s(600));
    connects(&api, "ana", user).await;
    says(&api, "ana", WATCH).await;
    assert!(answered("ana", "watching"));
    // Whoever has a place keeps it, and whoever leaves makes one free.
    let has_place = crowd.iter().find(|guest| answered(guest, "watching")).unwrap();
    says(&api, has_place, WATCH).await;
    assert_eq!(gateway.told(has_place).last(), Some(&("watching".to_owned(), 0)));
    let waits = crowd.iter().find(|guest| answered(guest, "refused")).unwrap();
    let same_block = |guest: &&String| Block::of_guest(&id(guest)) == Block::of_guest(&id(waits));
    let leaves = crowd
        .iter()
        .filter(same_block)
        .find(|guest| answered(guest, "watching"));
    scene.connections.forget(&id(leaves.unwrap())).await.unwrap();
    says(&api, waits, WATCH).await;
    assert_eq!(gateway.told(waits).last(), Some(&("watching".to_owned(), 0)));
}

#[tokio::test]
async fn a_page_that_is_not_known_any_more_is_told_so_and_one_that_is_gone_is_forgotten() {
    let scene = Scene::new();
    scene.opened("left", Some(user(1))).await;
    let gateway = Gateway {
        gone: BTreeSet::from(["left".to_owned()]),
        ..Gateway::default()
    };
    let (gateway, api) = scene.api(gateway);
    says(&api, "stranger", WATCH).await;
    assert_eq!(gateway.told("stranger"), [("refused".to_owned(), 0)]);
    says(&api, "left", r#"{"action":"ping"}"#).await;
    assert!(!scene.is_known("left"));
}
