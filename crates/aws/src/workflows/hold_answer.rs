//! What comes out of the `hold-order` machine.
//!
//! On success `{"order_id": ..., "decision": "held"}`, or `{"decision": "refused", "error": <name>, "cause": <text>}`
//! where the cause is what Lambda reported: JSON whose `errorMessage` is the JSON of the refusal.

use domain::ports::HoldAnswer;
use domain::{Fault, OrderId, Refusal};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
enum Output {
    Held {
        #[serde(rename = "order_id")]
        _order_id: OrderId,
    },
    Refused {
        error: String,
        cause: String,
    },
}

#[derive(Deserialize)]
struct Cause {
    #[serde(rename = "errorMessage")]
    message: String,
}

/// Reads the output of an execution that succeeded.
///
/// # Errors
/// [`Fault::Defect`] for anything else than the two forms above.
pub(super) fn read(output: &str) -> Result<HoldAnswer, Fault> {
    match serde_json::from_str(output) {
        Ok(Output::Held { .. }) => Ok(HoldAnswer::Held),
        Ok(Output::Refused { error, cause }) => refusal(&error, &cause).map(HoldAnswer::Refused),
        Err(_) => Err(Fault::Defect(
            "hold-order: the output is not a decision".to_owned(),
        )),
    }
}

fn refusal(error: &str, cause: &str) -> Result<Refusal, Fault> {
    serde_json::from_str::<Cause>(cause)
        .and_then(|cause| serde_json::from_str::<Refusal>(&cause.message))
        .ok()
        .filter(|refusal| refusal.name() == error)
        .ok_or_else(|| Fault::Defect(format!("hold-order: {error} came without its refusal")))
}

/// An execution that did not succeed.
pub(super) fn failed(status: &str, error: Option<&str>) -> Fault {
    let text = format!(
        "hold-order: {status} {}",
        error.unwrap_or("without an error name")
    );
    if error == Some("Defect") {
        Fault::Defect(text)
    } else {
        Fault::Transient(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TicketId;
    use serde_json::json;

    fn refused(error: &str, refusal: &Refusal) -> String {
        let message = serde_json::to_string(refusal).unwrap();
        let cause = json!({ "errorType": error, "errorMessage": message }).to_string();
        json!({ "decision": "refused", "error": error, "cause": cause }).to_string()
    }

    #[test]
    fn both_decisions_are_read() {
        let held = json!({ "decision": "held", "order_id": OrderId::from_random([1; 16]) }).to_string();
        assert_eq!(read(&held), Ok(HoldAnswer::Held));
        for refusal in [
            Refusal::TicketAlreadyHeld {
                ticket_id: TicketId::from_random([1; 16]),
            },
            Refusal::TooManyHolds { holds_max: 10 },
            Refusal::not_found("ticket"),
        ] {
            assert_eq!(
                read(&refused(refusal.name(), &refusal)),
                Ok(HoldAnswer::Refused(refusal))
            );
        }
    }

    #[test]
    fn anything_else_is_a_defect() {
        for output in [
            String::new(),
            "{}".to_owned(),
            json!({ "decision": "held" }).to_string(),
            json!({ "decision": "refused", "error": "TicketSold", "cause": "text" }).to_string(),
            json!({ "decision": "refused", "error": "TicketSold", "cause": "{\"errorMessage\":\"text\"}" })
                .to_string(),
            refused("TicketSold", &Refusal::TooManyHolds { holds_max: 10 }),
        ] {
            assert!(matches!(read(&output), Err(Fault::Defect(_))), "{output}");
        }
    }

    #[test]
    fn only_a_defect_is_not_worth_another_try() {
        assert!(matches!(failed("FAILED", Some("Defect")), Fault::Defect(_)));
        assert!(matches!(failed("FAILED", Some("Transient")), Fault::Transient(_)));
        assert!(matches!(failed("TIMED_OUT", None), Fault::Transient(_)));
    }
}
