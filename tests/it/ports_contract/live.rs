//! The connections of open pages: found by everything they are told of, and by nothing else.

use super::{NOW, Ports};
use domain::UserId;
use domain::live::{Audience, ConnectedAs, ConnectionId, LiveConnection, PAGE_MAX, Topic};
use std::collections::BTreeSet;

const STOCK: Audience = Audience::Topic(Topic::Stock);
const TICKETS: Audience = Audience::Topic(Topic::Tickets);

impl Ports<'_> {
    /// A connection that was opened, by this user or by a guest.
    async fn opens(&self, user_id: Option<&UserId>) -> LiveConnection {
        let connection = LiveConnection {
            connection_id: ConnectionId::parse(&self.word("connection")).unwrap(),
            connected_as: user_id.map(|user_id| ConnectedAs {
                user_id: user_id.clone(),
                session_id: "s1".to_owned(),
            }),
            expires_at: NOW,
        };
        assert_eq!(self.connections.open(&connection).await, Ok(()));
        connection
    }

    async fn watches(&self, connection: &LiveConnection, topics: &[Topic]) -> bool {
        let topics: BTreeSet<Topic> = topics.iter().copied().collect();
        let watched = self.connections.watch(&connection.connection_id, &topics).await;
        watched.unwrap()
    }

    /// Every connection of an audience, page by page.
    async fn audience(&self, audience: &Audience) -> Vec<LiveConnection> {
        let mut all: Vec<LiveConnection> = Vec::new();
        loop {
            let after = all.last().map(|connection| connection.connection_id.clone());
            let page = self.connections.page(audience, after.as_ref()).await.unwrap();
            assert!(page.len() <= PAGE_MAX);
            let is_last = page.len() < PAGE_MAX;
            all.extend(page);
            if is_last {
                return all;
            }
        }
    }

    async fn is_in(&self, audience: &Audience, connection: &LiveConnection) -> bool {
        self.audience(audience).await.contains(connection)
    }
}

pub async fn a_connection_is_found_by_what_it_watches_and_by_its_user(ports: &Ports<'_>) {
    let (ana, bob) = (ports.user(), ports.user());
    let (page, guest) = (ports.opens(Some(&ana)).await, ports.opens(None).await);
    let of_ana = Audience::User(ana.clone());
    assert_eq!(ports.audience(&of_ana).await, std::slice::from_ref(&page));
    assert_eq!(ports.audience(&Audience::User(bob)).await, []);
    assert!(!ports.is_in(&STOCK, &page).await, "it watches nothing yet");

    assert!(ports.watches(&page, &[Topic::Stock, Topic::Tickets]).await);
    assert!(ports.watches(&guest, &[Topic::Tickets]).await);
    for (audience, connection, is_in) in [
        (&STOCK, &page, true),
        (&STOCK, &guest, false),
        (&TICKETS, &page, true),
        (&TICKETS, &guest, true),
    ] {
        assert_eq!(
            ports.is_in(audience, connection).await,
            is_in,
            "{audience:?} {connection:?}"
        );
    }
    // Another set takes the place of the one before; opened again, as after a lost answer, it is what it was.
    assert!(ports.watches(&page, &[Topic::Tickets]).await);
    assert_eq!(ports.connections.open(&page).await, Ok(()));
    assert!(!ports.is_in(&STOCK, &page).await && ports.is_in(&TICKETS, &page).await);
    assert_eq!(ports.audience(&of_ana).await, [page]);
}

pub async fn a_connection_that_is_forgotten_is_found_nowhere_and_watches_nothing(ports: &Ports<'_>) {
    let ana = ports.user();
    let (left, open) = (ports.opens(Some(&ana)).await, ports.opens(Some(&ana)).await);
    assert!(ports.watches(&left, &Topic::ALL).await && ports.watches(&open, &Topic::ALL).await);
    // Twice, as when the page leaves while it is found gone.
    for _ in 0..2 {
        assert_eq!(ports.connections.forget(&left.connection_id).await, Ok(()));
        assert!(
            !ports.watches(&left, &Topic::ALL).await,
            "nobody comes back by watching"
        );
        for audience in [&STOCK, &TICKETS, &Audience::User(ana.clone())] {
            assert!(!ports.is_in(audience, &left).await && ports.is_in(audience, &open).await);
        }
    }
    assert_eq!(ports.connections.forget(&open.connection_id).await, Ok(()));
}

pub async fn an_audience_is_read_to_its_end_and_each_connection_once(ports: &Ports<'_>) {
    let ana = ports.user();
    let mut opened = Vec::new();
    for _ in 0..PAGE_MAX + 3 {
        opened.push(ports.opens(Some(&ana)).await);
    }
    opened.sort_by(|one, other| one.connection_id.cmp(&other.connection_id));
    assert_eq!(ports.audience(&Audience::User(ana)).await, opened);
}
