//! Accounts, sign-in attempts and ended sessions.

use super::{NOW, Ports};
use domain::user::{Account, Email, Role, SIGN_IN_WINDOW_S, SIGN_INS_PER_WINDOW};
use domain::{Fault, Refusal};

impl Ports<'_> {
    pub(super) fn email(&self) -> Email {
        Email::parse(&format!("{}@example.org", self.word("ada"))).unwrap()
    }
}

pub async fn an_address_has_one_account(ports: &Ports<'_>) {
    let account = Account {
        email: ports.email(),
        user_id: ports.user(),
        password_hash: "$argon2id$v=19$...".to_owned(),
        role: Role::Buyer,
        created_at: NOW,
    };
    assert_eq!(ports.accounts.find(&account.email).await, Ok(None));
    assert_eq!(ports.accounts.create(&account).await, Ok(()));
    assert_eq!(
        ports.accounts.find(&account.email).await,
        Ok(Some(account.clone()))
    );
    let usurper = Account {
        user_id: ports.user(),
        ..account.clone()
    };
    let refused = ports.accounts.create(&usurper).await;
    assert_eq!(refused, Err(Fault::Refused(Refusal::EmailTaken)));
    assert_eq!(ports.accounts.find(&account.email).await, Ok(Some(account)));
}

pub async fn a_role_is_given_to_accounts_that_are_there(ports: &Ports<'_>) {
    let email = ports.email();
    let nobody = Err(Fault::Refused(Refusal::not_found("account")));
    assert_eq!(ports.accounts.appoint(&email, Role::Operator).await, nobody);
    assert_eq!(ports.accounts.role_of(&email).await, Ok(None));
    let account = Account {
        email: email.clone(),
        user_id: ports.user(),
        password_hash: "$argon2id$v=19$...".to_owned(),
        role: Role::Buyer,
        created_at: NOW,
    };
    assert_eq!(ports.accounts.create(&account).await, Ok(()));
    // Again is success; and what was given can be taken away.
    for role in [Role::Operator, Role::Operator, Role::Buyer] {
        assert_eq!(ports.accounts.appoint(&email, role).await, Ok(()));
        assert_eq!(ports.accounts.role_of(&email).await, Ok(Some(role)));
        let stored = Account {
            role,
            ..account.clone()
        };
        assert_eq!(ports.accounts.find(&email).await, Ok(Some(stored)));
    }
}

pub async fn sign_ins_are_counted_per_window(ports: &Ports<'_>) {
    let email = ports.email();
    let into_window_ms = NOW.as_ms().rem_euclid(i64::from(SIGN_IN_WINDOW_S) * 1000);
    let start = domain::Timestamp::from_ms(NOW.as_ms() - into_window_ms);
    for _ in 0..SIGN_INS_PER_WINDOW {
        assert_eq!(ports.accounts.count_sign_in(&email, start).await, Ok(()));
    }
    for (into_s, retry_after_s) in [(0, SIGN_IN_WINDOW_S), (SIGN_IN_WINDOW_S - 1, 1)] {
        let refused = ports.accounts.count_sign_in(&email, start.plus_s(into_s)).await;
        let refusal = Refusal::TooManyAttempts { retry_after_s };
        assert_eq!(refused, Err(Fault::Refused(refusal)));
    }
    assert_eq!(ports.accounts.count_sign_in(&ports.email(), start).await, Ok(()));
    let next_window = start.plus_s(SIGN_IN_WINDOW_S);
    assert_eq!(ports.accounts.count_sign_in(&email, next_window).await, Ok(()));
}

pub async fn an_ended_session_stays_ended(ports: &Ports<'_>) {
    let (session, other) = (ports.word("session"), ports.word("session"));
    assert_eq!(ports.sessions.was_ended(&session).await, Ok(false));
    for _ in 0..2 {
        assert_eq!(ports.sessions.end(&session, NOW.plus_s(3_600)).await, Ok(()));
        assert_eq!(ports.sessions.was_ended(&session).await, Ok(true));
    }
    assert_eq!(ports.sessions.was_ended(&other).await, Ok(false));
}
