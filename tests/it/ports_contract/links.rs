//! Short links: one id, one address, for good.

use super::{NOW, Ports, all_at_once};
use domain::Fault;
use domain::link::{Link, LinkId, TRIES_MAX};
use domain::ports::{PutLink, shorten};

impl Ports<'_> {
    /// An address that only this call has.
    fn address(&self) -> String {
        format!("https://example.com/{}", self.word("page"))
    }

    /// Lets another address have an id that this one would like.
    async fn takes(&self, target: &str, attempt: u32) -> Link {
        let link = Link {
            link_id: LinkId::of_target(target, attempt),
            target: self.address(),
            owner_id: self.user(),
            created_at: NOW,
            taken_down_at: None,
        };
        assert_eq!(self.links.put(&link).await, Ok(PutLink::Fresh));
        link
    }
}

pub async fn a_link_is_written_once_and_keeps_its_first_owner(ports: &Ports<'_>) {
    let (target, ana, bob) = (ports.address(), ports.user(), ports.user());
    let (made, is_fresh) = shorten(ports.links, &target, &ana, NOW).await.unwrap();
    assert_eq!(made.link_id, LinkId::of_target(&target, 0));
    assert_eq!((&made.target, &made.owner_id, is_fresh), (&target, &ana, true));
    assert_eq!(ports.links.get(&made.link_id).await, Ok(Some(made.clone())));
    // The same write again, as after a lost answer.
    assert_eq!(ports.links.put(&made).await, Ok(PutLink::Fresh));
    for asker in [&ana, &bob] {
        let again = shorten(ports.links, &target, asker, NOW.plus_s(1)).await;
        assert_eq!(again, Ok((made.clone(), false)));
    }
    assert_eq!(ports.links.get(&made.link_id).await, Ok(Some(made)));
    let nobodys = LinkId::of_target(&ports.address(), 0);
    assert_eq!(ports.links.get(&nobodys).await, Ok(None));
}

pub async fn an_address_whose_id_is_taken_has_the_next(ports: &Ports<'_>) {
    let (target, owner) = (ports.address(), ports.user());
    let others = [ports.takes(&target, 0).await, ports.takes(&target, 1).await];
    let (made, is_fresh) = shorten(ports.links, &target, &owner, NOW).await.unwrap();
    assert_eq!((&made.link_id, is_fresh), (&LinkId::of_target(&target, 2), true));
    for other in others {
        assert_eq!(ports.links.get(&other.link_id).await, Ok(Some(other)));
    }
    let again = shorten(ports.links, &target, &ports.user(), NOW.plus_s(1)).await;
    assert_eq!(again, Ok((made, false)));
}

pub async fn a_link_that_is_taken_down_keeps_its_id_and_the_first_moment(ports: &Ports<'_>) {
    let (target, owner) = (ports.address(), ports.user());
    let link_id = LinkId::of_target(&target, 0);
    assert_eq!(ports.links.take_down(&link_id, NOW).await, Ok(None));
    assert_eq!(ports.links.get(&link_id).await, Ok(None), "nothing was made");
    let (made, _) = shorten(ports.links, &target, &owner, NOW).await.unwrap();
    let down = Link {
        taken_down_at: Some(NOW.plus_s(5)),
        ..made.clone()
    };
    for second in [5, 6] {
        let taken = ports.links.take_down(&link_id, NOW.plus_s(second)).await;
        assert_eq!(taken, Ok(Some(down.clone())));
    }
    assert_eq!(ports.links.get(&link_id).await, Ok(Some(down.clone())));
    // Neither the write that made it nor a new one brings it back.
    assert_eq!(ports.links.put(&made).await, Ok(PutLink::Taken(down.clone())));
    let again = shorten(ports.links, &target, &ports.user(), NOW.plus_s(9)).await;
    assert_eq!(again, Ok((down, false)));
}

pub async fn many_who_shorten_one_address_get_one_link(ports: &Ports<'_>) {
    let target = ports.address();
    ports.takes(&target, 0).await;
    let askers: Vec<_> = (0..8).map(|_| ports.user()).collect();
    let asked = askers
        .iter()
        .map(|asker| shorten(ports.links, &target, asker, NOW));
    let answers: Vec<(Link, bool)> = all_at_once(asked).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|(_, is_fresh)| *is_fresh).count(), 1);
    assert!(
        answers.iter().all(|(link, _)| *link == answers[0].0),
        "{answers:?}"
    );
}

pub async fn where_every_id_is_taken_nothing_is_written(ports: &Ports<'_>) {
    let target = ports.address();
    for attempt in 0..TRIES_MAX {
        ports.takes(&target, attempt).await;
    }
    let made = shorten(ports.links, &target, &ports.user(), NOW).await;
    assert!(matches!(made, Err(Fault::Defect(_))), "{made:?}");
}
