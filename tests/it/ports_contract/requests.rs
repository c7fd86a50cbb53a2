//! An idempotency key is worked on once and answered the same ever after.

use super::{NOW, Ports};
use domain::Timestamp;
use domain::ports::{RequestState, SavedAnswer};

fn answer(body: &str) -> SavedAnswer {
    SavedAnswer {
        status: 201,
        content_type: "application/json".to_owned(),
        location: None,
        body: body.to_owned(),
    }
}

/// One user's request with one key.
struct Asked<'a> {
    ports: &'a Ports<'a>,
    user: String,
    key: String,
}

impl<'a> Asked<'a> {
    fn new(ports: &'a Ports<'a>) -> Self {
        Self {
            ports,
            user: ports.user().to_string(),
            key: ports.word("key"),
        }
    }

    async fn claim(&self, fingerprint: &str, now: Timestamp) -> RequestState {
        let claim = self.ports.requests.claim(&self.user, &self.key, fingerprint, now);
        claim.await.unwrap()
    }

    async fn answer(&self, body: &str, now: Timestamp) {
        let answer = answer(body);
        let answered = self.ports.requests.answer(&self.user, &self.key, &answer, now);
        assert_eq!(answered.await, Ok(()));
    }

    async fn give_up(&self) {
        assert_eq!(self.ports.requests.give_up(&self.user, &self.key).await, Ok(()));
    }
}

pub async fn a_key_is_claimed_once(ports: &Ports<'_>) {
    let asked = Asked::new(ports);
    assert_eq!(asked.claim("same", NOW).await, RequestState::Fresh);
    assert_eq!(asked.claim("same", NOW).await, RequestState::InFlight);
    assert_eq!(asked.claim("other", NOW).await, RequestState::Mismatch);
    // The same key of another user is another key.
    let other = ports
        .requests
        .claim(ports.user().as_str(), &asked.key, "other", NOW)
        .await;
    assert_eq!(other, Ok(RequestState::Fresh));
    asked.give_up().await;
    assert_eq!(asked.claim("other", NOW).await, RequestState::Fresh);
}

pub async fn an_answer_is_given_again(ports: &Ports<'_>) {
    let asked = Asked::new(ports);
    assert_eq!(asked.claim("same", NOW).await, RequestState::Fresh);
    asked.answer("{}", NOW).await;
    for later in [NOW, NOW.plus_s(3_600)] {
        assert_eq!(
            asked.claim("same", later).await,
            RequestState::Answered(answer("{}"))
        );
        assert_eq!(asked.claim("other", later).await, RequestState::Mismatch);
    }
    // Neither a second answer nor giving up takes it back.
    asked.answer("{\"late\":true}", NOW).await;
    asked.give_up().await;
    assert_eq!(
        asked.claim("same", NOW).await,
        RequestState::Answered(answer("{}"))
    );
}

pub async fn a_claim_left_behind_is_free_after_a_minute(ports: &Ports<'_>) {
    let asked = Asked::new(ports);
    assert_eq!(asked.claim("same", NOW).await, RequestState::Fresh);
    assert_eq!(asked.claim("same", NOW.plus_s(59)).await, RequestState::InFlight);
    assert_eq!(asked.claim("same", NOW.plus_s(61)).await, RequestState::Fresh);
    assert_eq!(asked.claim("same", NOW.plus_s(62)).await, RequestState::InFlight);
}

pub async fn a_key_is_forgotten_after_a_day(ports: &Ports<'_>) {
    let asked = Asked::new(ports);
    assert_eq!(asked.claim("same", NOW).await, RequestState::Fresh);
    asked.answer("{}", NOW).await;
    assert_eq!(
        asked.claim("other", NOW.plus_s(25 * 3_600)).await,
        RequestState::Fresh
    );
    assert_eq!(
        asked.claim("other", NOW.plus_s(25 * 3_600)).await,
        RequestState::InFlight
    );
}
