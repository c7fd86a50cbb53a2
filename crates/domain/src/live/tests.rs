//! Who is told what, and who is not.

use super::*;
use crate::ledger::{Ingredient, Ledger, MovementKind, Wanted};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

fn ticket_row() -> impl Strategy<Value = TicketRow> {
    let states = [TicketState::Available, TicketState::Held, TicketState::Sold];
    (0..2_u64, 1..3_u32, proptest::sample::select(states.to_vec())).prop_map(|(price, version, state)| {
        TicketRow {
            ticket_id: TicketId::from_random([1; 16]),
            title: "Row 1, seat 2".to_owned(),
            price_minor: PriceMinor::new(price).unwrap(),
            version,
            state,
        }
    })
}

fn order_row() -> impl Strategy<Value = OrderRow> {
    (
        any::<[u8; 16]>(),
        proptest::sample::select(Status::ALL.to_vec()),
        0..3_u32,
    )
        .prop_map(|(user, status, version)| OrderRow {
            order_id: OrderId::from_random([7; 16]),
            user_id: UserId::from_random(user),
            status,
            version,
        })
}

proptest! {
    #[test]
    fn an_order_is_told_to_its_own_user_and_to_operators_and_to_nobody_else(
        before in proptest::option::of(order_row()),
        after in order_row(),
    ) {
        let news = OrderNews { order_id: after.order_id.clone(), version: after.version, status: after.status };
        for (audience, told) in news_of(RowChange::Order { before, after: after.clone() }) {
            match told {
                News::Order(told) => {
                    prop_assert_eq!(audience, Audience::User(after.user_id.clone()));
                    prop_assert_eq!(&told, &news);
                }
                News::AnyOrder(told) => {
                    let Audience::Topic(topic) = audience else {
                        return Err(TestCaseError::fail("somebody's order is told to one user"));
                    };
                    prop_assert!(topic.is_for_operators());
                    prop_assert_eq!(&told, &news);
                }
                other => return Err(TestCaseError::fail(format!("an order became {other:?}"))),
            }
        }
    }

    #[test]
    fn an_order_is_told_exactly_when_status_or_version_changed(
        before in order_row(),
        after in order_row(),
    ) {
        let changed = (before.status, before.version) != (after.status, after.version);
        let told = news_of(RowChange::Order { before: Some(before), after: after.clone() });
        // Once to its own user, and once to whoever watches all of them.
        prop_assert_eq!(told.len(), 2 * usize::from(changed));
        let placed = news_of(RowChange::Order { before: None, after });
        prop_assert_eq!(placed.len(), 2);
    }

    #[test]
    fn a_list_of_tickets_that_follows_the_news_shows_what_can_be_had(
        rows in proptest::collection::vec(proptest::option::of(ticket_row()), 1..12),
    ) {
        let mut before = None;
        // What a page shows, which hears of nothing but the news.
        let mut shown = false;
        for after in rows {
            let was_shown = shown;
            let told = news_of(RowChange::Ticket { before: before.clone(), after: after.clone() });
            for (audience, news) in &told {
                prop_assert_eq!(audience, &Audience::Topic(Topic::Tickets));
                let News::Ticket { is_available, .. } = news else {
                    return Err(TestCaseError::fail("a ticket became other news"));
                };
                shown = *is_available;
            }
            let is_listed = after.as_ref().is_some_and(|row: &TicketRow| row.state == TicketState::Available);
            prop_assert_eq!(shown, is_listed);
            // Nothing is told of what was not and is not on the list, nor of what is there as it was.
            prop_assert_eq!(told.is_empty(), (!was_shown && !is_listed) || (is_listed && before == after));
            before = after;
        }
    }

    #[test]
    fn every_movement_of_a_posting_is_told_once_in_the_order_of_their_numbers(
        quantities in proptest::collection::vec(0..5_u32, 1..8),
    ) {
        let ingredient = Ingredient::parse("pollo").unwrap();
        let wanted = quantities.iter().map(|quantity| Wanted::new(&ingredient, MovementKind::Bought, *quantity));
        let Some(change) = Ledger::empty(Place::Kitchen).post(wanted, "ord", NOW).unwrap() else {
            return Ok(());
        };
        let movements = change.posting.movements.clone();
        let told = news_of(RowChange::Posted(change.posting));
        let expected: Vec<_> = movements
            .into_iter()
            .map(|movement| {
                let news = News::Movement { place: Place::Kitchen, cause: "ord".to_owned(), at: NOW, movement };
                (Audience::Topic(Topic::Stock), news)
            })
            .collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn a_connection_never_outlives_its_session_nor_the_gateway(session_s in 0..2 * CONNECTION_MAX_S) {
        let session_ends = NOW.plus_s(session_s);
        let ends = expires_at(NOW, Some(session_ends));
        prop_assert!(ends <= session_ends && ends <= expires_at(NOW, None));
        prop_assert!(ends == session_ends || ends == expires_at(NOW, None));
    }
}

#[test]
fn what_is_a_minute_old_is_told_and_what_is_older_is_not() {
    let minute = NOW.plus_s(TOLD_WITHIN_S);
    assert!(is_worth_telling(NOW, minute));
    assert!(!is_worth_telling(NOW, minute.plus_ms(1)));
    // A clock that is behind the database's tells all the same.
    assert!(is_worth_telling(minute, NOW));
}

#[test]
fn a_held_ticket_that_is_sold_is_no_news() {
    let held = TicketRow {
        ticket_id: TicketId::from_random([1; 16]),
        title: "Row 1, seat 2".to_owned(),
        price_minor: PriceMinor::new(1).unwrap(),
        version: 1,
        state: TicketState::Held,
    };
    let sold = TicketRow {
        state: TicketState::Sold,
        ..held.clone()
    };
    let change = RowChange::Ticket {
        before: Some(held),
        after: Some(sold),
    };
    assert_eq!(news_of(change), []);
}

#[test]
fn only_what_an_operator_opened_can_watch_what_is_for_operators() {
    let connection = |operator: Option<&str>| LiveConnection {
        connection_id: ConnectionId::parse("a").unwrap(),
        connected_as: Some(ConnectedAs {
            user_id: UserId::from_random([1; 16]),
            session_id: "s1".to_owned(),
            operator: operator.map(|email| Email::parse(email).unwrap()),
        }),
        expires_at: NOW,
    };
    let guest = LiveConnection {
        connected_as: None,
        ..connection(None)
    };
    for buyers in [connection(None), guest] {
        assert_eq!(buyers.operator(), None);
        assert_eq!(buyers.topics().collect::<Vec<_>>(), Topic::PUBLIC);
    }
    let operators = connection(Some("ops@example.com"));
    assert_eq!(operators.topics().collect::<Vec<_>>(), Topic::ALL);
}

#[test]
fn topics_and_connections_are_read_as_written() {
    for topic in Topic::ALL {
        assert_eq!(Topic::parse(topic.as_str()), Some(topic));
    }
    assert_eq!(Topic::parse("Stock"), None);
    let public = Topic::ALL.into_iter().filter(|topic| !topic.is_for_operators());
    assert_eq!(public.collect::<Vec<_>>(), Topic::PUBLIC);
    for good in ["L0SM9cOFvHcCIhw=", "a", &"x".repeat(128)] {
        assert_eq!(ConnectionId::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "a b", "ä", "a\n", &"x".repeat(129)] {
        assert!(ConnectionId::parse(bad).is_err(), "{bad:?}");
    }
}
