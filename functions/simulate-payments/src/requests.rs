//! What may be asked, read from a form and checked. Nothing here looks at state: what fails here has not begun to
//! execute, so no idempotency key remembers it.
//!
//! Parameters: <https://docs.stripe.com/api/payment_intents>, <https://docs.stripe.com/api/refunds>. Those that
//! Stripe knows and the simulator does not are refused as unknown rather than ignored in silence.

use crate::cards::{self, Card};
use crate::currencies::{check_chargeable, read_currency, read_positive};
use crate::errors::ApiError;
use crate::form::Form;
use std::collections::BTreeMap;

/// A checked request.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    CreateIntent(Box<NewIntent>),
    FindIntent { id: String, with_charge: bool },
    ConfirmIntent(Confirmation),
    CancelIntent { id: String, reason: Option<String> },
    FindCharge { id: String },
    CreateRefund(NewRefund),
    FindRefund { id: String },
    ListRefunds(WantedRefunds),
}

/// An intent to be.
#[derive(Clone, Debug)]
pub(crate) struct NewIntent {
    pub amount: u64,
    pub currency: String,
    pub metadata: BTreeMap<String, String>,
    pub description: Option<String>,
    pub receipt_email: Option<String>,
    pub statement_descriptor: Option<String>,
    pub statement_descriptor_suffix: Option<String>,
    pub capture_method: String,
    pub automatic_redirects: Option<bool>,
    pub confirm: bool,
    pub card: Option<&'static Card>,
    pub has_return_url: bool,
    pub with_charge: bool,
}

/// A confirmation.
#[derive(Clone, Debug)]
pub(crate) struct Confirmation {
    pub id: String,
    pub card: Option<&'static Card>,
    pub has_return_url: bool,
    pub with_charge: bool,
}

/// A refund to be.
#[derive(Clone, Debug)]
pub(crate) struct NewRefund {
    /// `pi_...` or `ch_...`.
    pub of: String,
    /// `None`: all that is left.
    pub amount: Option<u64>,
    pub reason: Option<String>,
    pub metadata: BTreeMap<String, String>,
}

/// A page of refunds.
#[derive(Clone, Debug)]
pub(crate) struct WantedRefunds {
    /// `pi_...` or `ch_...`.
    pub of: String,
    /// At most so many, 1 to 100.
    pub limit: usize,
    /// The refund before the page, `re_...`.
    pub starting_after: Option<String>,
}

/// The first version of the API that refuses `payment_method_types`.
const WITHOUT_PAYMENT_METHOD_TYPES: &str = "2026-09-30";

/// Refuses what the version of the API that the client asks for (`Stripe-Version`) no longer has. Of all that
/// changes between versions, this is the one change that touches what the simulator speaks.
///
/// Source: <https://docs.stripe.com/changelog/endive/2026-09-30/removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents>.
pub(crate) fn check_version(form: &Form, version: &str) -> Result<(), ApiError> {
    // Versions begin with a date, and compare like one.
    if version < WITHOUT_PAYMENT_METHOD_TYPES || !form.has_list("payment_method_types") {
        return Ok(());
    }
    Err(ApiError::invalid(
        "The payment_method_types parameter is no longer supported in this API version. Use dynamic payment methods instead.",
    )
    .code("payment_method_types_no_longer_supported")
    .param("payment_method_types"))
}

/// Reads a request from its form; the text is the id in the URL, empty where there is none.
pub(crate) type Reader = fn(&mut Form, String) -> Result<Request, ApiError>;

/// `POST /v1/payment_intents`.
pub(crate) fn create_intent(form: &mut Form, _: String) -> Result<Request, ApiError> {
    let amount = read_positive("amount", &form.take_required("amount")?)?;
    let currency = read_currency(&form.take_required("currency")?)?;
    check_chargeable(amount, &currency)?;
    let automatic_redirects = read_kinds(form)?;
    Ok(Request::CreateIntent(Box::new(NewIntent {
        amount,
        currency,
        metadata: form.take_metadata()?,
        description: form.take("description")?,
        receipt_email: form.take("receipt_email")?,
        statement_descriptor: form.take("statement_descriptor")?,
        statement_descriptor_suffix: form.take("statement_descriptor_suffix")?,
        capture_method: read_capture_method(form)?.unwrap_or_else(|| "automatic_async".to_owned()),
        automatic_redirects,
        confirm: form.take_flag("confirm")?.unwrap_or_default(),
        card: read_card(form)?,
        has_return_url: read_confirmation_options(form)?,
        with_charge: read_expand(form)?,
    })))
}

/// `GET /v1/payment_intents/{id}`.
pub(crate) fn find_intent(form: &mut Form, id: String) -> Result<Request, ApiError> {
    // Lets a page retrieve with its publishable key; a server sends it for nothing.
    form.take("client_secret")?;
    Ok(Request::FindIntent {
        id,
        with_charge: read_expand(form)?,
    })
}

/// `POST /v1/payment_intents/{id}/confirm`.
pub(crate) fn confirm_intent(form: &mut Form, id: String) -> Result<Request, ApiError> {
    read_capture_method(form)?;
    form.take("receipt_email")?;
    Ok(Request::ConfirmIntent(Confirmation {
        id,
        card: read_card(form)?,
        has_return_url: read_confirmation_options(form)?,
        with_charge: read_expand(form)?,
    }))
}

/// `POST /v1/payment_intents/{id}/cancel`.
pub(crate) fn cancel_intent(form: &mut Form, id: String) -> Result<Request, ApiError> {
    let reasons = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"];
    let reason = form.take_word("cancellation_reason", &reasons)?;
    Ok(Request::CancelIntent { id, reason })
}

/// `GET /v1/charges/{id}`.
pub(crate) fn find_charge(_: &mut Form, id: String) -> Result<Request, ApiError> {
    Ok(Request::FindCharge { id })
}

/// `POST /v1/refunds`.
pub(crate) fn create_refund(form: &mut Form, _: String) -> Result<Request, ApiError> {
    let of = read_refundable(form)?;
    let amount = match form.take("amount")? {
        Some(text) => Some(read_positive("amount", &text)?),
        None => None,
    };
    let reasons = ["duplicate", "fraudulent", "requested_by_customer"];
    Ok(Request::CreateRefund(NewRefund {
        of,
        amount,
        reason: form.take_word("reason", &reasons)?,
        metadata: form.take_metadata()?,
    }))
}

/// `GET /v1/refunds/{id}`.
pub(crate) fn find_refund(_: &mut Form, id: String) -> Result<Request, ApiError> {
    Ok(Request::FindRefund { id })
}

/// `GET /v1/refunds`.
pub(crate) fn list_refunds(form: &mut Form, _: String) -> Result<Request, ApiError> {
    const LIMIT_MAX: u64 = 100;
    let limit = match form.take("limit")? {
        None => 10,
        Some(text) => read_positive("limit", &text)?,
    };
    if limit > LIMIT_MAX {
        return Err(
            ApiError::invalid(format!("This value must be less than or equal to {LIMIT_MAX}."))
                .code("parameter_invalid_integer")
                .param("limit"),
        );
    }
    Ok(Request::ListRefunds(WantedRefunds {
        of: read_refundable(form)?,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        starting_after: form.take("starting_after")?,
    }))
}

/// Whose refund it is to be, or whose refunds are asked for.
fn read_refundable(form: &mut Form) -> Result<String, ApiError> {
    match (form.take("payment_intent")?, form.take("charge")?) {
        (Some(of), None) | (None, Some(of)) => Ok(of),
        _ => Err(ApiError::invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
        )),
    }
}

/// The card, named as a token or as a ready-made payment method.
fn read_card(form: &mut Form) -> Result<Option<&'static Card>, ApiError> {
    const TOKEN: &str = "payment_method_data[card][token]";
    let kind = form.take_word("payment_method_data[type]", &["card"])?;
    let token = form.take(TOKEN)?;
    let method = form.take("payment_method")?;
    match (method, kind, token) {
        (None, None, None) => Ok(None),
        (Some(id), None, None) => cards::of_payment_method(&id)
            .map(Some)
            .ok_or_else(|| ApiError::missing(400, "PaymentMethod", &id, "payment_method")),
        (None, Some(_), Some(token)) => cards::of_token(&token)
            .map(Some)
            .ok_or_else(|| ApiError::missing(400, "token", &token, TOKEN)),
        (None, None, Some(_)) => Err(missing("payment_method_data[type]")),
        (None, Some(_), None) => Err(missing("payment_method_data[card]")),
        (Some(_), ..) => Err(ApiError::invalid(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
        )
        .code("parameter_invalid")
        .param("payment_method")),
    }
}

fn missing(param: &str) -> ApiError {
    ApiError::invalid(format!("Missing required param: {param}."))
        .code("parameter_missing")
        .param(param)
}

/// Which kinds of payment an intent accepts: see `Intent::automatic_redirects`.
fn read_kinds(form: &mut Form) -> Result<Option<bool>, ApiError> {
    let kinds = form.take_list("payment_method_types");
    let enabled = form.take_flag("automatic_payment_methods[enabled]")?;
    let redirects = form.take_word("automatic_payment_methods[allow_redirects]", &["always", "never"])?;
    if let Some(kind) = kinds.iter().find(|kind| *kind != "card") {
        return Err(ApiError::invalid(format!(
            "The payment method type \"{kind}\" is invalid. The simulator knows cards only."
        ))
        .param("payment_method_types"));
    }
    match (kinds.is_empty(), enabled) {
        (false, Some(true)) => Err(ApiError::invalid(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
        )
        .param("automatic_payment_methods")),
        (false, _) => Ok(None),
        // Left out, it is what the account's dashboard allows. Source:
        // https://docs.stripe.com/upgrades/manage-payment-methods ("automatic payment methods by default").
        (true, None | Some(true)) => Ok(Some(redirects.as_deref() != Some("never"))),
        (true, Some(false)) => Ok(None),
    }
}

fn read_capture_method(form: &mut Form) -> Result<Option<String>, ApiError> {
    form.take_word("capture_method", &["automatic", "automatic_async"])
}

/// Options of a confirmation that change nothing here: no test card of the simulator asks its owner for anything.
/// Answers whether there is a return URL.
fn read_confirmation_options(form: &mut Form) -> Result<bool, ApiError> {
    form.take_flag("error_on_requires_action")?;
    form.take_flag("off_session")?;
    form.take_flag("use_stripe_sdk")?;
    Ok(form.take("return_url")?.is_some())
}

/// Whether the latest charge is to be shown whole. Source: <https://docs.stripe.com/api/expanding_objects>.
fn read_expand(form: &mut Form) -> Result<bool, ApiError> {
    let wanted = form.take_list("expand");
    match wanted.iter().find(|property| *property != "latest_charge") {
        Some(other) => {
            Err(ApiError::invalid(format!("This property cannot be expanded ({other}).")).param("expand"))
        }
        None => Ok(!wanted.is_empty()),
    }
}
