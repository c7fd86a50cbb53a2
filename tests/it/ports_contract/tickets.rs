//! Tickets are listed, edited and deleted by their owner, and only while nobody holds them.

use super::{NOW, Ports, first_page, is_refusal, price, soon, walk};
use domain::ticket::TicketEdit;
use domain::{Cursor, Fault, PageRequest, Refusal, Ticket, TicketId, Timestamp};

fn edit(ticket: &Ticket, seen_version: u32) -> TicketEdit {
    TicketEdit {
        ticket_id: ticket.ticket_id.clone(),
        user_id: ticket.owner_id.clone(),
        seen_version,
        title: format!("Edited after {seen_version}"),
        price_minor: price(9_900),
    }
}

pub async fn a_listing_can_be_repeated(ports: &Ports<'_>) {
    let ticket = ports.listed(1).await.remove(0);
    assert_eq!(ports.read_ticket(&ticket.ticket_id).await, ticket);
    assert_eq!(ports.tickets.create(&ticket).await, Ok(()));
    // Whoever worked on the request was killed; a minute later it is repeated, by the clock of then.
    let later = Ticket {
        created_at: ticket.created_at.plus_s(61),
        ..ticket.clone()
    };
    assert_eq!(ports.tickets.create(&later).await, Ok(()));
    assert_eq!(
        ports.read_ticket(&ticket.ticket_id).await,
        ticket,
        "the first one counts"
    );
    let unknown = TicketId::from_random(ports.bytes16());
    assert_eq!(ports.tickets.get(&unknown).await, Ok(None));
}

/// Ids are made of Idempotency-Keys, and a key's record is gone after a day: another listing under it is the seller's to mend.
pub async fn another_listing_under_the_same_id_is_refused(ports: &Ports<'_>) {
    let ticket = ports.listed(1).await.remove(0);
    for another in [
        Ticket {
            event: Some("Another event".to_owned()),
            ..ticket.clone()
        },
        Ticket {
            price_minor: price(1),
            ..ticket.clone()
        },
    ] {
        assert_eq!(
            ports.tickets.create(&another).await,
            Err(Fault::Refused(Refusal::KeyReused))
        );
    }
    assert_eq!(ports.read_ticket(&ticket.ticket_id).await, ticket);
}

pub async fn an_edit_names_what_was_not_so(ports: &Ports<'_>) {
    let ticket = ports.listed(1).await.remove(0);
    let edited = ports.tickets.edit(&edit(&ticket, 1)).await.unwrap();
    let expected = Ticket {
        title: "Edited after 1".to_owned(),
        price_minor: price(9_900),
        version: 2,
        ..ticket.clone()
    };
    assert_eq!(edited, expected);
    assert_eq!(ports.read_ticket(&ticket.ticket_id).await, expected);
    let stale = ports.tickets.edit(&edit(&ticket, 1)).await;
    let changed = Refusal::TicketChanged {
        ticket_id: ticket.ticket_id.clone(),
        seen: 1,
        present: 2,
    };
    assert_eq!(stale, Err(Fault::Refused(changed)));
    let mut foreign = edit(&ticket, 2);
    foreign.user_id = ports.user();
    assert_eq!(
        ports.tickets.edit(&foreign).await,
        Err(Fault::Refused(Refusal::NotYours))
    );
    let unknown = ports
        .tickets
        .edit(&edit(&ports.ticket(&ticket.owner_id, NOW), 1))
        .await;
    assert_eq!(unknown, Err(Fault::Refused(Refusal::not_found("ticket"))));
    // Held: no edit, whatever version was seen.
    let decision = ports.placing(&ports.user(), std::slice::from_ref(&expected), NOW);
    assert_eq!(ports.orders.commit(&decision).await, Ok(()));
    let held = ports.tickets.edit(&edit(&ticket, 2)).await;
    assert!(is_refusal(&held, |refusal| matches!(
        refusal,
        Refusal::TicketAlreadyHeld { .. }
    )));
    assert_eq!(ports.read_ticket(&ticket.ticket_id).await.title, expected.title);
}

pub async fn only_what_was_never_held_can_be_deleted(ports: &Ports<'_>) {
    let ticket = ports.listed(1).await.remove(0);
    let (id, owner) = (&ticket.ticket_id, &ticket.owner_id);
    let foreign = ports.tickets.delete(id, &ports.user()).await;
    assert_eq!(foreign, Err(Fault::Refused(Refusal::NotYours)));
    assert_eq!(ports.tickets.delete(id, owner).await, Ok(()));
    assert_eq!(ports.tickets.get(id).await, Ok(None));
    let gone = ports.tickets.delete(id, owner).await;
    assert_eq!(gone, Err(Fault::Refused(Refusal::not_found("ticket"))));
    // Held, and then free again, but ordered once.
    let order = ports.placed(1).await;
    let held = ports.tickets_of(&order).await.remove(0);
    let refused = ports.tickets.delete(&held.ticket_id, &held.owner_id).await;
    assert!(is_refusal(&refused, |refusal| matches!(
        refusal,
        Refusal::TicketAlreadyHeld { .. }
    )));
    let cancelling = super::change(order.cancel(NOW));
    assert_eq!(ports.orders.commit(&cancelling).await, Ok(()));
    let refused = ports.tickets.delete(&held.ticket_id, &held.owner_id).await;
    assert!(is_refusal(&refused, |refusal| matches!(
        refusal,
        Refusal::TicketWasHeld { .. }
    )));
}

pub async fn lists_lose_nothing_between_pages(ports: &Ports<'_>) {
    let owner = ports.user();
    // Newer than anything else in the store; and pairs listed at one moment, which a cursor must not confuse.
    let base = Timestamp::from_ms(4_000_000_000_000);
    let mut ours = Vec::new();
    for number in 0..7 {
        let ticket = ports.ticket(&owner, base.plus_s(number / 2));
        assert_eq!(ports.tickets.create(&ticket).await, Ok(()));
        ours.push(ticket);
    }
    // One of them is held: it stays in its owner's list and leaves the shop's.
    let decision = ports.placing(&ports.user(), &ours[3..4], NOW);
    assert_eq!(ports.orders.commit(&decision).await, Ok(()));
    let held = ports.read_ticket(&ours[3].ticket_id).await;
    let free: Vec<Ticket> = ours
        .iter()
        .filter(|ticket| ticket.ticket_id != held.ticket_id)
        .cloned()
        .collect();
    ours[3] = held;
    for limit in [1, 2, 3, 7, 100] {
        soon("an owner's tickets are listed", async || {
            let rows = walk(limit, &|request| {
                Box::pin(async { ports.tickets.list_of(&owner, &{ request }).await.unwrap() })
            })
            .await;
            is_newest_first(&rows, &ours).then_some(())
        })
        .await;
        soon("free tickets are listed", async || {
            let mut rows = walk(limit.max(3), &|request| {
                Box::pin(async { ports.tickets.list_available(&{ request }).await.unwrap() })
            })
            .await;
            rows.retain(|ticket| ticket.owner_id == owner);
            is_newest_first(&rows, &free).then_some(())
        })
        .await;
    }
    let exactly = ports.tickets.list_of(&owner, &first_page(7)).await.unwrap();
    assert!(exactly.next.is_none(), "the last page says that it is the last");
    for ticket in &free {
        assert_eq!(ports.tickets.delete(&ticket.ticket_id, &owner).await, Ok(()));
    }
}

/// Whether the rows are these tickets, each once and newest first; of one moment in any order.
fn is_newest_first(rows: &[Ticket], tickets: &[Ticket]) -> bool {
    rows.len() == tickets.len()
        && tickets.iter().all(|ticket| rows.contains(ticket))
        && rows.is_sorted_by(|newer, older| newer.created_at >= older.created_at)
}

pub async fn a_forged_cursor_is_refused(ports: &Ports<'_>) {
    let user = ports.user();
    for text in ["", "x", "eyJ9", "../../etc", "\u{1f600}", &"A".repeat(5_000)] {
        let page = PageRequest {
            limit: 5,
            cursor: Some(Cursor(text.to_owned())),
        };
        let about_cursor = |refusal: &Refusal| match refusal {
            Refusal::InvalidInput { errors } => errors.iter().all(|error| error.field == "cursor"),
            _ => false,
        };
        assert!(
            is_refusal(&ports.tickets.list_available(&page).await, about_cursor),
            "{text}"
        );
        assert!(
            is_refusal(&ports.tickets.list_of(&user, &page).await, about_cursor),
            "{text}"
        );
        assert!(
            is_refusal(&ports.orders.list_of(&user, &page).await, about_cursor),
            "{text}"
        );
    }
}
