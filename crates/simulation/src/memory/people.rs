//! Accounts and sessions in memory.

use super::{SharedTables, Tables};
use crate::wire::{Access, Wire, lock};
use domain::ports::{Accounts, Answer, Sessions};
use domain::user::{Account, Email, Role, SIGN_IN_WINDOW_S, SIGN_INS_PER_WINDOW};
use domain::{Fault, Refusal, Timestamp};

impl Tables {
    fn create_account(&mut self, account: &Account) -> Result<(), Fault> {
        match self.accounts.get(account.email.as_str()) {
            // The same user id: the same write, repeated.
            Some(present) if present.user_id == account.user_id => Ok(()),
            Some(_) => Err(Refusal::EmailTaken.into()),
            None => {
                self.accounts
                    .insert(account.email.as_str().to_owned(), account.clone());
                Ok(())
            }
        }
    }

    fn count_sign_in(&mut self, email: &Email, now: Timestamp) -> Result<(), Fault> {
        let length_ms = 1000 * i64::from(SIGN_IN_WINDOW_S);
        let window = now.as_ms().div_euclid(length_ms);
        let attempts = self
            .sign_ins
            .entry((email.as_str().to_owned(), window))
            .or_default();
        if *attempts >= SIGN_INS_PER_WINDOW {
            let ends_at = Timestamp::from_ms((window + 1) * length_ms);
            return Err(Refusal::TooManyAttempts {
                retry_after_s: now.seconds_until(ends_at).max(1),
            }
            .into());
        }
        *attempts += 1;
        Ok(())
    }
}

/// [`Accounts`] in memory.
#[derive(Clone, Debug)]
pub struct MemoryAccounts {
    tables: SharedTables,
    wire: Wire,
}

impl MemoryAccounts {
    /// Accounts in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Accounts for MemoryAccounts {
    fn create<'a>(&'a self, account: &'a Account) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Accounts.create", Access::Write).await;
            passage.admit()?;
            let created = lock(&self.tables).create_account(account);
            passage.back().await?;
            created
        })
    }

    fn find<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Account>> {
        Box::pin(async move {
            let passage = self.wire.there("Accounts.find", Access::Read).await;
            passage.admit()?;
            let account = lock(&self.tables).accounts.get(email.as_str()).cloned();
            passage.back().await?;
            Ok(account)
        })
    }

    fn role_of<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Role>> {
        Box::pin(async move {
            let passage = self.wire.there("Accounts.role_of", Access::Read).await;
            passage.admit()?;
            let role = lock(&self.tables)
                .accounts
                .get(email.as_str())
                .map(|account| account.role);
            passage.back().await?;
            Ok(role)
        })
    }

    fn appoint<'a>(&'a self, email: &'a Email, role: Role) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Accounts.appoint", Access::Write).await;
            passage.admit()?;
            let appointed = match lock(&self.tables).accounts.get_mut(email.as_str()) {
                Some(account) => {
                    account.role = role;
                    Ok(())
                }
                None => Err(Refusal::not_found("account").into()),
            };
            passage.back().await?;
            appointed
        })
    }

    fn count_sign_in<'a>(&'a self, email: &'a Email, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Accounts.count_sign_in", Access::Write).await;
            passage.admit()?;
            let counted = lock(&self.tables).count_sign_in(email, now);
            passage.back().await?;
            counted
        })
    }
}

/// [`Sessions`] in memory.
#[derive(Clone, Debug)]
pub struct MemorySessions {
    tables: SharedTables,
    wire: Wire,
}

impl MemorySessions {
    /// Ended sessions in these tables, reached over this wire.
    #[must_use]
    pub fn new(tables: SharedTables, wire: Wire) -> Self {
        Self { tables, wire }
    }
}

impl Sessions for MemorySessions {
    fn end<'a>(&'a self, session_id: &'a str, _: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            let passage = self.wire.there("Sessions.end", Access::Write).await;
            passage.admit()?;
            lock(&self.tables).ended_sessions.insert(session_id.to_owned());
            passage.back().await
        })
    }

    fn was_ended<'a>(&'a self, session_id: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let passage = self.wire.there("Sessions.was_ended", Access::Read).await;
            passage.admit()?;
            let was_ended = lock(&self.tables).ended_sessions.contains(session_id);
            passage.back().await?;
            Ok(was_ended)
        })
    }
}
