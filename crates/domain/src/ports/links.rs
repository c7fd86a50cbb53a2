//! The port to short links.

use super::Answer;
use crate::fault::Fault;
use crate::ids::UserId;
use crate::link::{Link, LinkId, TRIES_MAX, check_target};
use crate::timestamp::Timestamp;

/// What became of a link that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutLink {
    /// Written.
    Fresh,
    /// Nothing was written: this link has the id already. It may lead to the same address, or to another.
    Taken(Link),
}

/// Short links. One is written once; where it leads never changes, and the only edit is that it is taken down.
pub trait Links: Send + Sync {
    /// Writes a link under the condition that nothing has its id. "There already, the same" is [`PutLink::Fresh`], so that
    /// a repeated write says the same.
    fn put<'a>(&'a self, link: &'a Link) -> Answer<'a, PutLink>;

    /// The link with this id, as written.
    fn get<'a>(&'a self, link_id: &'a LinkId) -> Answer<'a, Option<Link>>;

    /// Takes a link down, under the condition that it is there, and says what it is now; `None` when nothing has the id. One
    /// that was taken down before keeps the moment of the first time.
    fn take_down<'a>(&'a self, link_id: &'a LinkId, at: Timestamp) -> Answer<'a, Option<Link>>;
}

/// The short link of an address, and whether it was made just now. If there is one already, it is given back with the owner
/// that it has.
///
/// Each candidate is written under the condition that its id is free. Where another address has it, the next is tried;
/// since an id once taken stays so, everybody who comes with this address ends at the same one. That may have been taken
/// down; whether that matters, the caller says.
///
/// # Errors
/// [`crate::Refusal::InvalidInput`] for an address that is none; what the port reports; [`Fault::Defect`] when every candidate
/// leads elsewhere.
pub async fn shorten(
    links: &dyn Links,
    target: &str,
    owner_id: &UserId,
    now: Timestamp,
) -> Result<(Link, bool), Fault> {
    check_target(target)?;
    for attempt in 0..TRIES_MAX {
        let link = Link {
            link_id: LinkId::of_target(target, attempt),
            target: target.to_owned(),
            owner_id: owner_id.clone(),
            created_at: now,
            taken_down_at: None,
        };
        match links.put(&link).await? {
            PutLink::Fresh => return Ok((link, true)),
            PutLink::Taken(there) if there.target == target => return Ok((there, false)),
            PutLink::Taken(_) => {}
        }
    }
    Err(Fault::Defect(format!(
        "{TRIES_MAX} short links for one address are all taken by others"
    )))
}
