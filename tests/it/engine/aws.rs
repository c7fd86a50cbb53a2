//! The AWS APIs behind a shop: what only a test may do, because it wants to break things or to count them.
//!
//! Plain HTTP, without an SDK: an engine on this machine looks at no signature, and a test that speaks the wire
//! format itself shares no mistake with the code it tests.

use reqwest::Client;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use xtask::stack::Addresses;

/// The stack's name, which is where the names of its functions begin.
const STACK: &str = "holdfast";
/// Engines route by the service in the credential's scope; the signature itself is not checked.
const SIGNATURE: &str =
    "Credential=test/20260101/eu-central-1/SERVICE/aws4_request, SignedHeaders=host, Signature=0";

/// One stack's AWS APIs.
#[derive(Clone, Debug)]
pub struct Aws {
    http: Client,
    engine: String,
    states: String,
}

impl Aws {
    pub(super) fn at(addresses: &Addresses, http: Client) -> Self {
        Self {
            http,
            engine: addresses.engine.clone(),
            states: addresses
                .states
                .clone()
                .unwrap_or_else(|| addresses.engine.clone()),
        }
    }

    /// Where the engine answers.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// Where Step Functions answer.
    pub fn states_url(&self) -> &str {
        &self.states
    }

    /// Runs a step as its workflow would. `Err` is the error it ended with: its name and message.
    pub async fn invoke(&self, function: &str, payload: &Value) -> Result<Value, (String, String)> {
        let url = format!(
            "{}/2015-03-31/functions/{STACK}-{function}/invocations",
            self.engine
        );
        let response = self
            .http
            .post(url)
            .header("authorization", signature("lambda"))
            .json(payload)
            .send()
            .await
            .expect("the engine answers");
        let failed = response.headers().contains_key("x-amz-function-error");
        assert!(
            response.status().is_success(),
            "invoke {function}: {}",
            response.status()
        );
        let body: Value = response.json().await.unwrap_or_default();
        if failed {
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            return Err((text("errorType"), text("errorMessage")));
        }
        Ok(body)
    }

    /// How a function is deployed.
    pub async fn configuration(&self, function: &str) -> Value {
        let url = format!(
            "{}/2015-03-31/functions/{STACK}-{function}/configuration",
            self.engine
        );
        let response = self
            .http
            .get(url)
            .header("authorization", signature("lambda"))
            .send()
            .await
            .expect("the engine answers");
        response
            .json()
            .await
            .expect("the configuration of a function is JSON")
    }

    /// One of the environment variables of a function; they name the tables and machines it uses.
    pub async fn setting(&self, function: &str, name: &str) -> String {
        let configuration = self.configuration(function).await;
        configuration["Environment"]["Variables"][name]
            .as_str()
            .unwrap_or_else(|| panic!("{function} has no {name}: {configuration}"))
            .to_owned()
    }

    /// Calls DynamoDB.
    pub async fn dynamodb(&self, action: &str, body: &Value) -> Value {
        self.call(
            &self.engine,
            "dynamodb",
            &format!("DynamoDB_20120810.{action}"),
            body,
        )
        .await
        .unwrap_or_else(|(status, body)| panic!("{action}: {status} {body}"))
    }

    /// Calls Step Functions. `Err` is its refusal.
    pub async fn states(&self, action: &str, body: &Value) -> Result<Value, (u16, Value)> {
        self.call(
            &self.states,
            "states",
            &format!("AWSStepFunctions.{action}"),
            body,
        )
        .await
    }

    /// Calls CloudWatch Logs.
    pub async fn logs(&self, action: &str, body: &Value) -> Result<Value, (u16, Value)> {
        self.call(&self.engine, "logs", &format!("Logs_20140328.{action}"), body)
            .await
    }

    /// Calls SQS.
    pub async fn sqs(&self, action: &str, body: &Value) -> Value {
        self.call(&self.engine, "sqs", &format!("AmazonSQS.{action}"), body)
            .await
            .unwrap_or_else(|(status, body)| panic!("{action}: {status} {body}"))
    }

    async fn call(
        &self,
        base: &str,
        service: &str,
        target: &str,
        body: &Value,
    ) -> Result<Value, (u16, Value)> {
        let version = if service == "logs" { "1.1" } else { "1.0" };
        let response = self
            .http
            .post(base)
            .header("authorization", signature(service))
            .header("x-amz-target", target)
            .header("content-type", format!("application/x-amz-json-{version}"))
            .body(body.to_string())
            .send()
            .await
            .unwrap_or_else(|error| panic!("{target}: no answer: {error:?}"));
        let status = response.status();
        let body: Value = response.json().await.unwrap_or_default();
        if status.is_success() {
            Ok(body)
        } else {
            Err((status.as_u16(), body))
        }
    }

    /// The name that the stack gave to a resource of the template.
    pub async fn resource(&self, logical: &str) -> String {
        let asked = [
            ("Action", "DescribeStackResource"),
            ("Version", "2010-05-15"),
            ("StackName", STACK),
            ("LogicalResourceId", logical),
        ];
        let response = self
            .http
            .post(&self.engine)
            .header("authorization", signature("cloudformation"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(asked.map(|(name, value)| format!("{name}={value}")).join("&"))
            .send()
            .await
            .expect("the engine answers");
        let told = response.text().await.unwrap_or_default();
        let after = told.split("<PhysicalResourceId>").nth(1);
        after
            .and_then(|rest| rest.split('<').next())
            .unwrap_or_else(|| panic!("no resource {logical}: {told}"))
            .to_owned()
    }

    /// An object of S3: its headers, and its content as text if it is there.
    pub async fn object(&self, bucket: &str, key: &str) -> (HeaderMap, Option<String>) {
        let response = self
            .http
            .get(format!("{}/{bucket}/{key}", self.engine))
            .header("authorization", signature("s3"))
            .send()
            .await
            .expect("the engine answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let content = response.text().await.unwrap_or_default();
        (headers, status.is_success().then_some(content))
    }

    /// One row of a table, or null. `table` is the variable of `function` that names it.
    pub async fn row(&self, function: &str, table: &str, key: &str, id: &str) -> Value {
        let table = self.setting(function, table).await;
        let body = json!({ "TableName": table, "Key": { key: { "S": id } }, "ConsistentRead": true });
        self.dynamodb("GetItem", &body).await["Item"].clone()
    }

    /// An order as stored.
    pub async fn order(&self, order_id: &str) -> Value {
        self.row("place-order", "TABLE_ORDERS", "order_id", order_id)
            .await
    }

    /// A ticket as stored.
    pub async fn ticket(&self, ticket_id: &str) -> Value {
        self.row("tickets-api", "TABLE_TICKETS", "ticket_id", ticket_id)
            .await
    }

    /// Forgets what would wake the execution of this order, as if the message with it had been lost.
    pub async fn lose_token(&self, order_id: &str) {
        let change = json!({ "UpdateExpression": "REMOVE waiter" });
        self.change_order(order_id, change).await;
    }

    /// Makes the reconciler look at this order now instead of when its time comes.
    pub async fn make_due(&self, order_id: &str) {
        let change = json!({
            "UpdateExpression": "SET due_at = :past",
            "ExpressionAttributeValues": { ":past": { "N": "1" } },
        });
        self.change_order(order_id, change).await;
    }

    /// Moves the moment at which this order's time to pay is over.
    pub async fn move_deadline(&self, order_id: &str, to: domain::Timestamp) {
        let change = json!({
            "UpdateExpression": "SET #hold.expires_at = :to",
            "ExpressionAttributeNames": { "#hold": "hold" },
            "ExpressionAttributeValues": { ":to": { "N": to.as_ms().to_string() } },
        });
        self.change_order(order_id, change).await;
    }

    async fn change_order(&self, order_id: &str, mut change: Value) {
        change["TableName"] = json!(self.setting("place-order", "TABLE_ORDERS").await);
        change["Key"] = json!({ "order_id": { "S": order_id } });
        change["ConditionExpression"] = json!("attribute_exists(order_id)");
        self.dynamodb("UpdateItem", &change).await;
    }

    /// The reconciler's run, outside its schedule.
    pub async fn reconcile(&self) -> Value {
        self.invoke("reconcile-orders", &json!({}))
            .await
            .unwrap_or_else(|error| panic!("reconcile-orders: {error:?}"))
    }

    /// The ARN of the execution that carries an order.
    pub async fn execution_of(&self, name: &str) -> String {
        let machine = self.setting("reconcile-orders", "ORDER_MACHINE_ARN").await;
        format!("{}:{name}", machine.replace(":stateMachine:", ":execution:"))
    }

    /// How the execution of this name stands: `RUNNING`, `SUCCEEDED` ...; none if there is no such execution.
    pub async fn execution_status(&self, name: &str) -> Option<String> {
        let arn = self.execution_of(name).await;
        match self
            .states("DescribeExecution", &json!({ "executionArn": arn }))
            .await
        {
            Ok(found) => found["status"].as_str().map(str::to_owned),
            Err((_, refusal)) if refusal.to_string().contains("ExecutionDoesNotExist") => None,
            Err(other) => panic!("DescribeExecution {name}: {other:?}"),
        }
    }

    /// Every row of a table. `table` is the variable of `function` that names it.
    pub async fn rows(&self, function: &str, table: &str) -> Vec<Value> {
        let table = self.setting(function, table).await;
        let mut rows = Vec::new();
        let mut start = Value::Null;
        loop {
            let mut body = json!({ "TableName": table, "ConsistentRead": true });
            if !start.is_null() {
                body["ExclusiveStartKey"] = start;
            }
            let page = self.dynamodb("Scan", &body).await;
            rows.extend(page["Items"].as_array().cloned().unwrap_or_default());
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                return rows;
            }
        }
    }
}

fn signature(service: &str) -> String {
    format!("AWS4-HMAC-SHA256 {}", SIGNATURE.replace("SERVICE", service))
}
