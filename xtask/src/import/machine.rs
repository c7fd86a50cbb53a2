//! The machine `import-products`, over the Step Functions API of an engine on this machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use ureq::Agent;

use crate::deployment::{ACCOUNT, REGION};
use crate::failure::{Failure, Result, While};

const NAME: &str = "holdfast-import-products";
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// The latest events of an execution among which its last step is found: a step has five.
const EVENTS: u32 = 20;

/// The machine, at one engine.
pub(super) struct Machine {
    agent: Agent,
    url: String,
}

/// How an execution stands.
pub(super) struct State {
    pub status: Status,
    /// The output of the step that ended last; none before the first one has.
    pub latest: Option<Value>,
}

pub(super) enum Status {
    Running,
    Succeeded,
    /// With what it says about that.
    Failed(String),
}

impl Machine {
    pub(super) fn at(url: &str) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(ANSWER_MAX))
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            url: url.to_owned(),
        }
    }

    /// Starts an execution and returns its ARN.
    pub(super) fn start(&self, input: &Value) -> Result<String> {
        let started = self.call(
            "StartExecution",
            &json!({
                "stateMachineArn": format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}"),
                "name": fresh_name(),
                "input": input.to_string(),
            }),
        )?;
        let arn = started["executionArn"].as_str();
        arn.map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("StartExecution answered without an ARN: {started}")))
    }

    pub(super) fn look(&self, arn: &str) -> Result<State> {
        // The execution first: when it has ended, its events are all there.
        let execution = self.call("DescribeExecution", &json!({ "executionArn": arn }))?;
        let history = self.call(
            "GetExecutionHistory",
            &json!({ "executionArn": arn, "reverseOrder": true, "maxResults": EVENTS }),
        )?;
        let text = |name: &str| execution[name].as_str().unwrap_or_default();
        let status = match text("status") {
            "RUNNING" | "PENDING_REDRIVE" => Status::Running,
            "SUCCEEDED" => Status::Succeeded,
            other => Status::Failed(match text("cause") {
                "" => format!("The execution ended as {other}: {}.", text("error")),
                cause => in_words(cause),
            }),
        };
        Ok(State {
            status,
            latest: latest_output(&history),
        })
    }

    fn call(&self, action: &str, body: &Value) -> Result<Value> {
        let doing = format!("ask {} to {action}", self.url);
        let scope = format!("test/20260101/{REGION}/states/aws4_request");
        let request = ureq::http::Request::builder()
            .method("POST")
            .uri(&self.url)
            // Engines on this machine look at the service's name and at no signature.
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
            .header("x-amz-target", format!("AWSStepFunctions.{action}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.to_string())
            .while_doing(&doing)?;
        let mut answer = self.agent.run(request).while_doing(&doing)?;
        let status = answer.status();
        let text = answer.body_mut().read_to_string().while_doing(&doing)?;
        if !status.is_success() {
            return Err(Failure::new(format!(
                "cannot {doing}: {} {text}",
                status.as_u16()
            )));
        }
        serde_json::from_str(&text).while_doing(&doing)
    }
}

/// The output of the latest `ImportPage` among these events, which stand newest first.
fn latest_output(history: &Value) -> Option<Value> {
    let events = history["events"].as_array()?;
    let details = events.iter().map(|event| &event["stateExitedEventDetails"]);
    let mut outputs = details
        .filter(|details| details["name"] == "ImportPage")
        .filter_map(|details| serde_json::from_str(details["output"].as_str()?).ok());
    // A step whose source was busy, or that failed, hands on no count: the one before it does.
    outputs.find(|output: &Value| output["tally"].is_object())
}

/// A cause for people: where it ends in what a function said, which is JSON within JSON, that is put in words.
fn in_words(cause: &str) -> String {
    let Some(at) = cause.find('{') else {
        return cause.to_owned();
    };
    let (sentences, said) = cause.split_at(at);
    let said = serde_json::from_str::<Value>(said).ok();
    let Some(message) = said.as_ref().and_then(|said| said["errorMessage"].as_str()) else {
        return cause.to_owned();
    };
    let refusal: Value = serde_json::from_str(message).unwrap_or_default();
    let fields = refusal["errors"].as_array().into_iter().flatten();
    let fields: Vec<String> = fields
        .map(|error| [&error["field"], &error["message"]].map(|part| part.as_str().unwrap_or_default()))
        .map(|[field, message]| format!("`{field}` {message}"))
        .collect();
    let words = match refusal["why"].as_str() {
        Some(why) => why.to_owned(),
        None if fields.is_empty() => message.to_owned(),
        None => fields.join("; "),
    };
    format!("{sentences}{words}.")
}

fn fresh_name() -> String {
    let now_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!("import-{now_ms}-{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(message: &str) -> String {
        format!(
            "It stopped. Name: {}",
            json!({ "errorType": "Name", "errorMessage": message })
        )
    }

    #[test]
    fn what_a_function_said_is_put_in_words() {
        let refused = json!({ "code": "SourceDown", "tries": 7, "why": "it answered 500" });
        assert_eq!(
            in_words(&cause(&refused.to_string())),
            "It stopped. Name: it answered 500."
        );
        let invalid = json!({ "code": "InvalidInput", "errors": [
            { "field": "from", "message": "must be 1 to 100" },
            { "field": "to", "message": "must not be before `from`" },
        ] });
        assert_eq!(
            in_words(&cause(&invalid.to_string())),
            "It stopped. Name: `from` must be 1 to 100; `to` must not be before `from`."
        );
        assert_eq!(
            in_words(&cause("transient: busy")),
            "It stopped. Name: transient: busy."
        );
        for plain in ["", "It stopped.", "It stopped at {", "It stopped: {\"a\":1}"] {
            assert_eq!(in_words(plain), plain);
        }
    }

    #[test]
    fn the_latest_count_is_found_behind_what_counts_nothing() {
        let exited = |name: &str, output: Value| json!({ "stateExitedEventDetails": { "name": name, "output": output.to_string() } });
        let history = json!({ "events": [
            { "type": "WaitStateEntered" },
            exited("AwaitTurn", json!({ "tally": {}, "from": 9 })),
            exited("ImportPage", json!({ "from": 2, "stopped_by": {} })),
            exited("ImportPage", json!({ "from": 2, "tally": {} })),
            exited("ImportPage", json!({ "from": 1, "tally": {} })),
        ] });
        assert_eq!(
            latest_output(&history).map(|output| output["from"].clone()),
            Some(json!(2))
        );
        assert_eq!(latest_output(&json!({})), None);
    }
}
