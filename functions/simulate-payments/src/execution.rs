//! What a checked request does, and how it ends.

use crate::cards::{Behaviour, Card, DECLINED_TOO_OFTEN, GENERIC, INSUFFICIENT_FUNDS};
use crate::errors::ApiError;
use crate::idempotency::{Answer, Claim};
use crate::intents::{self, ENTRIES_MAX, Intent, Method, Status};
use crate::odds::Roll;
use crate::refunds::{create_refund, find_charge, find_refund, list_refunds};
use crate::requests::{Confirmation, NewIntent, Request};
use crate::{Simulator, events, shapes};
use domain::ids::fingerprint;
use serde_json::Value;

/// Ids tried for one new intent; a second one is needed only when a key is used again after days.
const IDS_MAX: u64 = 10;

/// How a request ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// With an answer.
    Answered(Answer),
    /// In silence. What was done is answered to repeats under the same key; `None`: nothing was done.
    Silence(Option<Answer>),
}

/// Does what a request asks. `claim` is its idempotency key, if it has one.
///
/// # Errors
/// The refusal that is to be answered.
pub(crate) async fn execute(
    simulator: &Simulator,
    request: Request,
    claim: Option<&Claim>,
) -> Result<Ending, ApiError> {
    match request {
        Request::CreateIntent(new) => create_intent(simulator, *new, claim).await,
        Request::FindIntent { id, with_charge } => {
            let (intent, _) = find_intent(simulator, &id).await?;
            Ok(answered(shapes::intent(&intent, with_charge)))
        }
        Request::ConfirmIntent(confirmation) => confirm_intent(simulator, confirmation, claim).await,
        Request::CancelIntent { id, reason } => cancel_intent(simulator, &id, reason, claim).await,
        Request::FindCharge { id } => find_charge(simulator, &id).await,
        Request::CreateRefund(new) => create_refund(simulator, new, claim).await,
        Request::FindRefund { id } => find_refund(simulator, &id).await,
        Request::ListRefunds(wanted) => list_refunds(simulator, &wanted).await,
    }
}

/// 200 with this body.
pub(crate) fn answered(body: Value) -> Ending {
    Ending::Answered(Answer { status: 200, body })
}

/// Now, whole seconds since 1970, as Stripe writes moments.
pub(crate) fn now_s(simulator: &Simulator) -> i64 {
    simulator.clock.now().as_ms().div_euclid(1000)
}

/// Whether a request died under this key after it had changed the intent: then the change is not made again.
pub(crate) fn died_after_change(claim: Option<&Claim>, changed_by: Option<&String>) -> bool {
    claim.is_some_and(|claim| claim.taken_over && changed_by == Some(&claim.document_key))
}

async fn find_intent(simulator: &Simulator, id: &str) -> Result<(Intent, u64), ApiError> {
    intents::find(simulator, id)
        .await?
        .ok_or_else(|| ApiError::missing(404, "payment_intent", id, "intent"))
}

async fn create_intent(
    simulator: &Simulator,
    new: NewIntent,
    claim: Option<&Claim>,
) -> Result<Ending, ApiError> {
    for number in 0..IDS_MAX {
        let id = new_intent_id(simulator, claim, number)?;
        if let Some((existing, _)) = intents::find(simulator, &id).await? {
            if died_after_change(claim, existing.created_by.as_ref()) {
                tell_confirmation(simulator, &existing, claim).await;
                return Ok(Ending::Answered(answer_of(&existing, new.with_charge)));
            }
            continue;
        }
        let created_s = now_s(simulator);
        let secret = fingerprint(&["secret", &simulator.settings.seed, &id]);
        let mut intent = Intent {
            client_secret: format!("{id}_secret_{}", secret.get(..25).unwrap_or(&secret)),
            method: new.card.map(|card| new_method(&id, card, 0, created_s)),
            status: match new.card {
                Some(_) => Status::RequiresConfirmation,
                None => Status::RequiresPaymentMethod,
            },
            id,
            amount: new.amount,
            currency: new.currency,
            created_s,
            metadata: new.metadata,
            description: new.description,
            receipt_email: new.receipt_email,
            statement_descriptor: new.statement_descriptor,
            statement_descriptor_suffix: new.statement_descriptor_suffix,
            capture_method: new.capture_method,
            automatic_redirects: new.automatic_redirects,
            charges: Vec::new(),
            refunds: Vec::new(),
            canceled_at_s: None,
            cancellation_reason: None,
            attempts: 0,
            refund_attempts: 0,
            created_by: claim.map(|claim| claim.document_key.clone()),
            changed_by: claim.map(|claim| claim.document_key.clone()),
        };
        if !new.confirm {
            intents::put(simulator, &intent, None).await?;
            return Ok(answered(shapes::intent(&intent, new.with_charge)));
        }
        let attempt = attempt(simulator, &mut intent, new.card, new.has_return_url)?;
        // Lost on its way here, such a request created nothing either.
        if attempt.is_settled {
            intents::put(simulator, &intent, None).await?;
            tell_confirmation(simulator, &intent, claim).await;
        }
        return Ok(attempt.ending(&intent, new.with_charge));
    }
    Err(ApiError::provider(
        503,
        "No free id was found for the new PaymentIntent.",
    ))
}

/// With a key, the id follows from the key; without, from chance.
fn new_intent_id(simulator: &Simulator, claim: Option<&Claim>, number: u64) -> Result<String, ApiError> {
    let digest = match claim {
        Some(claim) => {
            let number = number.to_string();
            fingerprint(&["intent", &simulator.settings.seed, &claim.document_key, &number])
        }
        None => {
            let random = u128::from_be_bytes(simulator.entropy.bytes16()?);
            format!("{random:032x}")
        }
    };
    Ok(format!("pi_3{}", digest.get(..24).unwrap_or(&digest)))
}

fn new_method(intent_id: &str, card: &Card, attempt: u32, created_s: i64) -> Method {
    let digest = fingerprint(&["method", intent_id, &attempt.to_string()]);
    Method {
        id: format!("pm_1{}", digest.get(..24).unwrap_or(&digest)),
        card: card.name.to_owned(),
        created_s,
    }
}

async fn confirm_intent(
    simulator: &Simulator,
    confirmation: Confirmation,
    claim: Option<&Claim>,
) -> Result<Ending, ApiError> {
    let Confirmation {
        id,
        card,
        has_return_url,
        with_charge,
    } = confirmation;
    let (mut intent, revision) = find_intent(simulator, &id).await?;
    if died_after_change(claim, intent.changed_by.as_ref()) {
        tell_confirmation(simulator, &intent, claim).await;
        return Ok(Ending::Answered(answer_of(&intent, with_charge)));
    }
    let attempt = attempt(simulator, &mut intent, card, has_return_url)?;
    if attempt.is_settled {
        intent.changed_by = claim.map(|claim| claim.document_key.clone());
    }
    // The one write that takes money: under the revision that was read, so that of two parallel confirmations one
    // charges and the other finds the intent changed.
    intents::put(simulator, &intent, Some(revision)).await?;
    if attempt.is_settled {
        tell_confirmation(simulator, &intent, claim).await;
    }
    Ok(attempt.ending(&intent, with_charge))
}

/// Tells what a confirmation came to. One that died between its change and this is told by who takes it over.
async fn tell_confirmation(simulator: &Simulator, intent: &Intent, claim: Option<&Claim>) {
    let changes = events::of_confirmation(intent, now_s(simulator));
    events::announce(simulator, changes, claim.map(Claim::key)).await;
}

/// What a request's client gets to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// What was done.
    Truth,
    /// Nothing, for as long as it listens.
    Silence,
    /// 500, whatever was done.
    Error,
}

impl Told {
    /// The ending of a request that was to be answered so; `None`: it had no effect.
    pub fn ending(self, truth: Option<Answer>) -> Ending {
        match (self, truth) {
            (Self::Truth, Some(answer)) => Ending::Answered(answer),
            (Self::Silence, answer) => Ending::Silence(answer),
            (Self::Error, _) | (Self::Truth, None) => Ending::Answered(ApiError::broke_off().into()),
        }
    }
}

/// How an attempt to charge went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempt {
    /// Whether the bank has answered: money taken, or declined.
    is_settled: bool,
    told: Told,
}

impl Attempt {
    fn ending(self, intent: &Intent, with_charge: bool) -> Ending {
        self.told
            .ending(self.is_settled.then(|| answer_of(intent, with_charge)))
    }
}

/// What a confirmation is answered with, from where the intent stands.
fn answer_of(intent: &Intent, with_charge: bool) -> Answer {
    match intent.last_decline() {
        Some((charge, decline)) => shapes::decline_error(charge, decline)
            .with("payment_intent", shapes::intent(intent, false))
            .into(),
        None => Answer {
            status: 200,
            body: shapes::intent(intent, with_charge),
        },
    }
}

/// Charges in memory; the caller writes.
fn attempt(
    simulator: &Simulator,
    intent: &mut Intent,
    card: Option<&'static Card>,
    has_return_url: bool,
) -> Result<Attempt, ApiError> {
    if !intent.is_confirmable() {
        return Err(cannot_confirm(intent));
    }
    let stored = intent
        .method
        .as_ref()
        .and_then(|method| crate::cards::named(&method.card));
    let Some(card) = card.or(stored) else {
        return Err(ApiError::unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
        )
        .with("payment_intent", shapes::intent(intent, false)));
    };
    if intent.automatic_redirects == Some(true) && !has_return_url {
        return Err(ApiError::invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
        )
        .param("return_url"));
    }
    if intent.charges.len() >= ENTRIES_MAX {
        return Err(ApiError::card(DECLINED_TOO_OFTEN.message).code(DECLINED_TOO_OFTEN.code));
    }
    let number = intent.attempts + 1;
    let now_s = now_s(simulator);
    let method = new_method(&intent.id, card, number, now_s);
    let behaviour = behave(simulator, card, &intent.id, number)?;
    if behaviour == Behaviour::Unavailable {
        return Err(ApiError::provider(
            503,
            "The provider is unavailable. Try again later.",
        ));
    }
    intent.attempts = number;
    let (settlement, told) = match behaviour {
        Behaviour::Succeed => (Some(None), Told::Truth),
        Behaviour::Decline(decline) => (Some(Some(decline)), Told::Truth),
        Behaviour::SucceedAfter { declines } => {
            let before = intent.charges.iter();
            let before = before.filter(|charge| charge.method.card == card.name).count();
            let decline = (before < declines).then_some(&INSUFFICIENT_FUNDS);
            (Some(decline), Told::Truth)
        }
        Behaviour::TimeoutAfter => (Some(None), Told::Silence),
        Behaviour::ErrorAfter => (Some(None), Told::Error),
        // Only the number of the attempt is remembered, so that chance does not repeat itself for ever.
        Behaviour::ErrorBefore => (None, Told::Error),
        Behaviour::TimeoutBefore | Behaviour::Unavailable => (None, Told::Silence),
    };
    if let Some(decline) = settlement {
        intent.settle(method, decline, now_s);
    }
    Ok(Attempt {
        is_settled: settlement.is_some(),
        told,
    })
}

/// What the card does, or what chance does with a card that promises nothing special. Banks that decline every card come first.
fn behave(simulator: &Simulator, card: &Card, intent_id: &str, number: u32) -> Result<Behaviour, ApiError> {
    if let Some(banks) = &simulator.banks
        && banks.decline_all()?
    {
        return Ok(Behaviour::Decline(&GENERIC));
    }
    let settings = &simulator.settings;
    let Some(odds) = settings.odds.filter(|_| card.is_left_to_chance()) else {
        return Ok(card.behaviour);
    };
    Ok(match odds.roll(&settings.seed, intent_id, number) {
        Roll::Success => Behaviour::Succeed,
        Roll::InsufficientFunds => Behaviour::Decline(&INSUFFICIENT_FUNDS),
        Roll::TimeoutBefore => Behaviour::TimeoutBefore,
        Roll::TimeoutAfter => Behaviour::TimeoutAfter,
    })
}

fn cannot_confirm(intent: &Intent) -> ApiError {
    let why = match intent.status {
        Status::Succeeded => "it has already succeeded after being previously confirmed".to_owned(),
        status => format!("it has a status of {}", status.name()),
    };
    ApiError::unexpected_state(format!("You cannot confirm this PaymentIntent because {why}."))
        .with("payment_intent", shapes::intent(intent, false))
}

async fn cancel_intent(
    simulator: &Simulator,
    id: &str,
    reason: Option<String>,
    claim: Option<&Claim>,
) -> Result<Ending, ApiError> {
    let (mut intent, revision) = find_intent(simulator, id).await?;
    if intent.status == Status::Canceled && died_after_change(claim, intent.changed_by.as_ref()) {
        tell_cancellation(simulator, &intent, claim).await;
        return Ok(answered(shapes::intent(&intent, false)));
    }
    if !intent.is_confirmable() {
        return Err(ApiError::unexpected_state(format!(
            "You cannot cancel this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.",
            intent.status.name()
        ))
        .with("payment_intent", shapes::intent(&intent, false)));
    }
    intent.status = Status::Canceled;
    intent.canceled_at_s = Some(now_s(simulator));
    intent.cancellation_reason = reason;
    intent.changed_by = claim.map(|claim| claim.document_key.clone());
    intents::put(simulator, &intent, Some(revision)).await?;
    tell_cancellation(simulator, &intent, claim).await;
    Ok(answered(shapes::intent(&intent, false)))
}

async fn tell_cancellation(simulator: &Simulator, intent: &Intent, claim: Option<&Claim>) {
    let changes = events::of_cancellation(intent, now_s(simulator));
    events::announce(simulator, changes, claim.map(Claim::key)).await;
}
