//! Operators: appointed and dismissed by a function, never by a request; asked anew with each request.

use crate::engine::{Person, Shop, fresh};
use contract::{SessionSecret, Signed, is_operator};
use domain::ports::Accounts;
use domain::user::{Account, Email, Role};
use domain::{Timestamp, UserId};
use serde_json::{Value, json};
use simulation::memory::{MemoryAccounts, SharedTables};
use simulation::wire::Wire;

const OPERATIONS: &str = "/api/ops/conservation";

/// Appoints or dismisses somebody, as whoever runs the shop does.
pub async fn appoint(shop: &Shop, email: &str, role: &str) -> Result<Value, (String, String)> {
    let input = json!({ "email": email, "role": role });
    shop.aws.invoke("appoint-operator", &input).await
}

/// The same person, signed in anew.
async fn signed_in_again(shop: &Shop, person: &Person) -> Person {
    let credentials = json!({ "email": person.email, "password": "correct horse battery" });
    let session = shop.stranger().post("/api/users/signin", &credentials).await;
    person.with_token(session.expect(200).str("/token"))
}

/// Somebody new, signed in as an operator.
pub async fn operator(shop: &Shop) -> Person {
    let person = shop.person("operator").await;
    appoint(shop, &person.email, "operator")
        .await
        .expect("they are appointed");
    signed_in_again(shop, &person).await
}

async fn role_of(person: &Person) -> String {
    let who = person.get("/api/users/currentuser").await.expect(200);
    who.str("/currentUser/role").to_owned()
}

/// Protection: the extractor of every operators' route wants a session that says operator and an account that does.
#[tokio::test]
async fn operations_are_for_operators() {
    let shop = Shop::patient();
    shop.stranger().get(OPERATIONS).await.refused(401, "NotSignedIn");
    let person = shop.person("ops").await;
    person.get(OPERATIONS).await.refused(403, "NotAnOperator");
    assert_eq!(role_of(&person).await, "buyer");

    let appointed = appoint(&shop, &person.email.to_uppercase(), "operator").await;
    assert_eq!(
        appointed,
        Ok(json!({ "email": person.email, "role": "operator" }))
    );
    // A session says what it was signed for.
    person.get(OPERATIONS).await.refused(403, "NotAnOperator");
    let operator = signed_in_again(&shop, &person).await;
    assert_eq!(role_of(&operator).await, "operator");
    operator.get(OPERATIONS).await.expect(200);
    // Whoever else is signed in gains nothing by it.
    let other = shop.person("other").await;
    other.get(OPERATIONS).await.refused(403, "NotAnOperator");
}

/// Protection: the account is read with each request for operators, so a session that lives on does not keep the role.
#[tokio::test]
async fn who_is_dismissed_is_out_at_once() {
    let shop = Shop::patient();
    let operator = operator(&shop).await;
    operator.get(OPERATIONS).await.expect(200);
    appoint(&shop, &operator.email, "buyer")
        .await
        .expect("they are dismissed");
    operator.get(OPERATIONS).await.refused(403, "NotAnOperator");
    // Still a person, and still signed in.
    operator.get("/api/orders").await.expect(200);

    // Even a session that says operator, signed with the true secret, is not enough.
    let secret = shop.aws.setting("users-api", "SESSION_SECRET").await;
    let secret = SessionSecret::new(&secret).expect("it is long enough");
    let forged = Signed {
        user_id: UserId::parse(&operator.id).expect("an id"),
        email: operator.email.clone(),
        role: Role::Operator,
        session_id: fresh(),
        expires_at: Timestamp::from_ms(4_000_000_000_000),
    };
    let forger = operator.with_token(&forged.sign(&secret).expect("it signs"));
    forger.get(OPERATIONS).await.refused(403, "NotAnOperator");
}

#[tokio::test]
async fn only_an_account_can_be_appointed() {
    let shop = Shop::patient();
    let nobody = format!("nobody-{}@example.com", fresh());
    let refused = |answer: Result<Value, (String, String)>| answer.map_err(|(name, _)| name);
    assert_eq!(
        refused(appoint(&shop, &nobody, "operator").await),
        Err("NotFound".to_owned())
    );
    assert_eq!(
        refused(appoint(&shop, "nobody", "operator").await),
        Err("InvalidInput".to_owned())
    );
    assert_eq!(
        refused(appoint(&shop, &nobody, "owner").await),
        Err("Defect".to_owned())
    );
    // No row was made on the way: the address can still sign up, as a buyer.
    let person = shop.stranger().sign_up(&nobody, "correct horse battery").await;
    assert_eq!(role_of(&person).await, "buyer");
}

/// Protection: what the extractor asks, each half by itself; over accounts in memory, without a running shop.
#[tokio::test]
async fn a_session_and_its_account_must_both_say_operator() {
    let accounts = MemoryAccounts::new(SharedTables::default(), Wire::default());
    for (number, in_session, in_account) in [
        (1, Role::Operator, Role::Operator),
        (2, Role::Operator, Role::Buyer),
        (3, Role::Buyer, Role::Operator),
    ] {
        let email = Email::parse(&format!("operator-{number}@example.com")).unwrap();
        let session = Signed {
            user_id: UserId::from_random([number; 16]),
            email: email.as_str().to_owned(),
            role: in_session,
            session_id: "s1".to_owned(),
            expires_at: Timestamp::from_ms(1),
        };
        let account = Account {
            email,
            user_id: session.user_id.clone(),
            password_hash: String::new(),
            role: in_account,
            created_at: Timestamp::from_ms(0),
        };
        assert_eq!(accounts.create(&account).await, Ok(()));
        let both = in_session == Role::Operator && in_account == Role::Operator;
        assert_eq!(is_operator(&session, &accounts).await, Ok(both), "{number}");
    }
}
