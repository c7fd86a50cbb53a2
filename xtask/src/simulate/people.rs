//! The people of a run: signed up once, at a pace that a password hash allows, and then buying again and again.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::client::{Call, Client};
use crate::failure::{Failure, Result};

/// Sign-ups at the same time. A password hash keeps a processor busy for a while, on purpose.
const SIGN_UPS_AT_ONCE: usize = 4;
/// A buyer may have ten unpaid orders; one place is left for an order whose answer was lost, one for a device's own.
pub const HOLDS_EACH: usize = 8;

/// Somebody who has signed up.
#[derive(Debug)]
pub struct Person {
    /// Their place in the list.
    pub index: usize,
    /// Their session.
    pub token: String,
    /// How many more orders they may have under way.
    holds: Arc<Semaphore>,
}

/// Room for one more order of somebody; free again when dropped.
pub type Room = OwnedSemaphorePermit;

/// Everybody.
#[derive(Clone, Debug)]
pub struct People(Vec<Arc<Person>>);

impl People {
    /// Signs `count` people up, a few at a time; `tell` hears how many there are.
    ///
    /// # Errors
    /// Somebody could not sign up.
    pub async fn sign_up(client: &Client, count: usize, mut tell: impl FnMut(usize)) -> Result<Self> {
        let mut people = Vec::with_capacity(count);
        let mut signing_up = JoinSet::new();
        let mut next = 0;
        while people.len() < count {
            while next < count && signing_up.len() < SIGN_UPS_AT_ONCE {
                let client = client.clone();
                let index = next;
                signing_up.spawn(async move { sign_up(&client, index).await });
                next += 1;
            }
            match signing_up.join_next().await {
                Some(Ok(person)) => people.push(Arc::new(person?)),
                _ => return Err(Failure::new("A sign-up ended without a word.")),
            }
            tell(people.len());
        }
        people.sort_by_key(|person| person.index);
        Ok(Self(people))
    }

    /// Somebody of the first `among` with room for one more order, beginning at the one whom `luck` names; none when
    /// nobody has.
    #[must_use]
    pub fn somebody_free(&self, luck: u64, among: usize) -> Option<(Arc<Person>, Room)> {
        let these = self.0.get(..among.min(self.0.len())).unwrap_or_default();
        let first = place(luck, these.len());
        let mut in_turn = these.iter().cycle().skip(first).take(these.len());
        in_turn.find_map(|person| {
            let room = Arc::clone(&person.holds).try_acquire_owned().ok()?;
            Some((Arc::clone(person), room))
        })
    }

    /// The one whom `luck` names.
    #[must_use]
    pub fn somebody(&self, luck: u64) -> Option<&Arc<Person>> {
        self.0.get(place(luck, self.0.len()))
    }

    /// The one at this place.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Arc<Person>> {
        self.0.get(index)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Person>> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

fn place(luck: u64, of: usize) -> usize {
    let of = u64::try_from(of).unwrap_or(1).max(1);
    usize::try_from(luck % of).unwrap_or_default()
}

async fn sign_up(client: &Client, index: usize) -> Result<Person> {
    let email = format!("{}-{index}@example.com", client.run());
    // Nobody signs in with it again; it is as long as a password must be, and says what it is.
    let body = json!({ "email": email, "password": format!("simulated {}", client.run()) });
    let send = async |what, path: &str| {
        let answer = client.insist(&Call::post(what, path, body.clone())).await;
        answer.map_err(|lost| Failure::new(format!("Nobody can sign up: {}.", lost.why)))
    };
    let mut answer = send("sign up", "/api/users/signup").await?;
    // The repeat of a sign-up whose answer was lost; that it was lost is noted already.
    if answer.code() == "EmailTaken" {
        answer = send("sign in", "/api/users/signin").await?;
    }
    if answer.status != 201 && answer.status != 200 {
        return Err(Failure::new(format!("Nobody can sign up: {}", answer.in_words())));
    }
    Ok(Person {
        index,
        token: answer.text("/token").to_owned(),
        holds: Arc::new(Semaphore::new(HOLDS_EACH)),
    })
}
