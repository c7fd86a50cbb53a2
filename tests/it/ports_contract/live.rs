//! The connections of open pages: found by everything they are told of, and by nothing else.

use super::{NOW, Ports};
use domain::Timestamp;
use domain::UserId;
use domain::live::{Audience, BLOCK_MAX, Block, ConnectedAs, ConnectionId, LiveConnection, PAGE_MAX, Topic};
use domain::ports::Watched;
use domain::user::Email;
use std::collections::BTreeSet;

const STOCK: Audience = Audience::Topic(Topic::Stock);
const TICKETS: Audience = Audience::Topic(Topic::Tickets);
const ORDERS: Audience = Audience::Topic(Topic::Orders);

impl Ports<'_> {
    /// A connection that was opened, by this user, who is an operator, or by a guest.
    async fn opens(&self, user_id: Option<&UserId>) -> LiveConnection {
        let connection = LiveConnection {
            connection_id: ConnectionId::parse(&self.word("connection")).unwrap(),
            connected_as: user_id.map(|user_id| ConnectedAs {
                user_id: user_id.clone(),
                session_id: "s1".to_owned(),
                operator: Some(Email::parse("ops@example.com").unwrap()),
            }),
            expires_at: NOW.plus_s(60),
        };
        assert_eq!(self.connections.open(&connection).await, Ok(()));
        connection
    }

    async fn watches(&self, connection: &LiveConnection, topics: &[Topic]) -> bool {
        self.watches_at(NOW, connection, topics).await == Watched::FromNow
    }

    async fn watches_at(&self, now: Timestamp, connection: &LiveConnection, topics: &[Topic]) -> Watched {
        let topics: BTreeSet<Topic> = topics.iter().copied().collect();
        let id = &connection.connection_id;
        self.connections.watch(id, &topics, now).await.unwrap()
    }

    /// A guest's connection of this block, not yet open.
    fn named_in(&self, block: Block) -> LiveConnection {
        loop {
            let connection = LiveConnection {
                connection_id: ConnectionId::parse(&self.word("connection")).unwrap(),
                connected_as: None,
                expires_at: NOW.plus_s(60),
            };
            if Block::of(&connection) == block {
                return connection;
            }
        }
    }

    /// Every connection of an audience, page by page.
    async fn audience(&self, audience: &Audience) -> Vec<LiveConnection> {
        let mut all: Vec<LiveConnection> = Vec::new();
        loop {
            let page = self.connections.page(audience, all.last()).await.unwrap();
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
    for open in [&page, &guest] {
        let found = ports.connections.find(&open.connection_id).await;
        assert_eq!(found, Ok(Some(open.clone())));
    }
    let nobody = ConnectionId::parse(&ports.word("connection")).unwrap();
    assert_eq!(ports.connections.find(&nobody).await, Ok(None));
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
    assert!(ports.watches(&page, &[Topic::Orders]).await);
    assert!(ports.is_in(&ORDERS, &page).await && !ports.is_in(&TICKETS, &page).await);
    // Another set takes the place of the one before; opened again, as after a lost answer, it is what it was.
    assert!(ports.watches(&page, &[Topic::Tickets]).await);
    assert_eq!(ports.connections.open(&page).await, Ok(()));
    assert!(!ports.is_in(&STOCK, &page).await && ports.is_in(&TICKETS, &page).await);
    assert!(!ports.is_in(&ORDERS, &page).await);
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
        assert_eq!(ports.connections.find(&left.connection_id).await, Ok(None));
        for audience in [&STOCK, &TICKETS, &ORDERS, &Audience::User(ana.clone())] {
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

pub async fn a_block_takes_so_many_and_no_more_until_one_leaves_or_is_over(ports: &Ports<'_>) {
    let first = ports.opens(None).await;
    let block = Block::of(&first);
    let mut opened = vec![first];
    while opened.len() <= BLOCK_MAX {
        let guest = ports.named_in(block);
        assert_eq!(ports.connections.open(&guest).await, Ok(()));
        opened.push(guest);
    }
    let late = opened.pop().unwrap();
    for guest in &opened {
        assert!(ports.watches(guest, &[Topic::Stock]).await);
    }
    assert_eq!(
        ports.watches_at(NOW, &late, &Topic::PUBLIC).await,
        Watched::Full(Topic::Stock)
    );
    assert!(!ports.is_in(&TICKETS, &late).await, "all of it or nothing");
    assert!(
        ports.watches(&opened[0], &Topic::PUBLIC).await,
        "whoever watches keeps the place"
    );
    let user = ports.opens(Some(&ports.user())).await;
    assert!(
        ports.watches(&user, &[Topic::Stock]).await,
        "users have places of their own"
    );

    assert_eq!(ports.connections.forget(&opened[0].connection_id).await, Ok(()));
    assert!(ports.watches(&late, &[Topic::Stock]).await);
    // Others than those of this test are left as they were found.
    for connection in opened.iter().chain([&late, &user]) {
        assert_eq!(ports.connections.forget(&connection.connection_id).await, Ok(()));
    }
}

pub async fn whoever_has_expired_watches_nothing_and_takes_no_place(ports: &Ports<'_>) {
    let over = ports.opens(None).await;
    assert!(ports.watches(&over, &[Topic::Tickets]).await);
    let after = over.expires_at;
    assert_eq!(
        ports.watches_at(after, &over, &[Topic::Stock]).await,
        Watched::Unknown
    );
    assert!(!ports.is_in(&STOCK, &over).await);
    assert_eq!(ports.connections.forget(&over.connection_id).await, Ok(()));
}
