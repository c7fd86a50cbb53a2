//! Functions and services as a case scripts them, for engines that ask over HTTP.
//!
//! Every case has a desk; which one a request is for stands in its credential, where an account's number is the
//! access key. With a single desk, everything is for that one.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::wire::{Message, serve};

/// Longer than any case is watched.
const NEVER: Duration = Duration::from_secs(600);

/// Calls that arrive within this time were made at the same time.
const TOGETHER: Duration = Duration::from_millis(150);

type Answer = Option<(u16, String, Vec<u8>)>;

/// Stands in for functions and services. Its threads end with the program.
#[derive(Clone)]
pub struct StandIn {
    pub address: SocketAddr,
    desks: Arc<Mutex<HashMap<String, Arc<Desk>>>>,
}

impl StandIn {
    /// Listens on this port; 0 takes a free one.
    pub fn start(port: u16) -> io::Result<StandIn> {
        let desks: Arc<Mutex<HashMap<String, Arc<Desk>>>> = Arc::default();
        let known = Arc::clone(&desks);
        let address = serve(port, move |asked| {
            let desk = desk_for(&locked(&known), asked)?;
            desk.answer(asked)
        })?;
        Ok(StandIn { address, desks })
    }

    /// Opens the desk of a case.
    pub fn open(&self, account: &str, answers: &Value) -> Arc<Desk> {
        let desk = Arc::new(Desk {
            answers: answers.clone(),
            book: Mutex::default(),
        });
        locked(&self.desks).insert(account.to_owned(), Arc::clone(&desk));
        desk
    }

    pub fn close(&self, account: &str) {
        locked(&self.desks).remove(account);
    }
}

fn desk_for(desks: &HashMap<String, Arc<Desk>>, asked: &Message) -> Option<Arc<Desk>> {
    let credential = asked
        .header("authorization")
        .and_then(|text| text.split("Credential=").nth(1));
    let account = credential
        .and_then(|text| text.split('/').next())
        .unwrap_or_default();
    let only = || desks.values().next().filter(|_| desks.len() == 1);
    desks.get(account).or_else(only).cloned()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One case's functions and services.
pub struct Desk {
    answers: Value,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    asked: HashMap<String, usize>,
    together: HashMap<String, Arc<Mutex<Together>>>,
    calls: Vec<Call>,
    tokens: Vec<String>,
}

/// Something was asked.
#[derive(Clone)]
pub struct Call {
    pub name: String,
    pub at: Instant,
    /// What was asked, where it goes over the wire as JSON.
    pub payload: Option<Value>,
}

impl Desk {
    /// Everything that was asked so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        locked(&self.book).calls.clone()
    }

    /// Writes a call down; a token in its payload is handed out by it.
    pub fn note(&self, name: &str, payload: Option<Value>) {
        let mut book = locked(&self.book);
        book.tokens.extend(payload.as_ref().and_then(token_in));
        book.calls.push(Call {
            name: name.to_owned(),
            at: Instant::now(),
            payload,
        });
    }

    /// A token that came some other way.
    pub fn hand_out(&self, token: &str) {
        locked(&self.book).tokens.push(token.to_owned());
    }

    /// The token that was handed out as this one, counted from 0.
    pub fn token(&self, number: usize) -> Option<String> {
        locked(&self.book).tokens.get(number).cloned()
    }

    fn answer(&self, asked: &Message) -> Answer {
        let (mut name, payload) = named(asked)?;
        if name == "sqs:SendMessage" && self.answers.get("sqs").is_some() {
            name = "sqs".to_owned();
            self.note(
                &name,
                payload.as_ref().map(|message| message["MessageBody"].clone()),
            );
        } else {
            self.note(&name, payload.clone());
        }
        let list = self.answers[&name].as_array()?;
        let turn = match list.len() {
            1 => 0,
            _ => self.turn(&name, payload.as_ref().map(Value::to_string).unwrap_or_default()),
        };
        let answer = list.get(turn).or(list.last())?;
        let after = answer["after_ms"].as_u64().map(Duration::from_millis);
        thread::sleep(after.unwrap_or_default());
        match asked.first.contains("/functions/") {
            true => function_says(answer, payload.unwrap_or_default()),
            false if name.starts_with("s3:") => bucket_says(answer),
            false => service_says(&name, answer, &payload.unwrap_or_default()),
        }
    }
}

/// Calls that came together, and what each of them was asked, until it is known which is whose turn.
#[derive(Default)]
struct Together {
    asked: Vec<String>,
    turns: Vec<usize>,
}

impl Desk {
    /// Which of the calls of a function this one is. Branches and iterations ask at the same time, and which request
    /// arrives first is chance; so calls that come together are counted in the order of their payloads.
    fn turn(&self, name: &str, payload: String) -> usize {
        let place = {
            let mut book = locked(&self.book);
            let together = book.together.entry(name.to_owned()).or_default();
            let mut group = locked(together);
            let place = (Arc::clone(together), group.asked.len());
            group.asked.push(payload);
            place
        };
        thread::sleep(TOGETHER);
        let mut book = locked(&self.book);
        let (group, index) = place;
        let mut group = locked(&group);
        if group.turns.is_empty() {
            book.together.remove(name);
            let before = book.asked.entry(name.to_owned()).or_default();
            let mut order: Vec<usize> = (0..group.asked.len()).collect();
            order.sort_by_key(|index| group.asked[*index].clone());
            group.turns = vec![0; order.len()];
            for (rank, index) in order.into_iter().enumerate() {
                group.turns[index] = *before + rank;
            }
            *before += group.turns.len();
        }
        group.turns[index]
    }
}

/// Who is asked, as `answers` of a case names them, and what.
fn named(asked: &Message) -> Option<(String, Option<Value>)> {
    let payload = serde_json::from_slice(&asked.body).ok();
    if let Some((_, rest)) = asked.first.split_once("/functions/") {
        let function = rest.split("/invocations").next()?.replace("%3A", ":");
        let name = function.split(":function:").last()?.split(':').next()?;
        return Some((name.to_owned(), Some(payload.unwrap_or_else(|| json!({})))));
    }
    let Some(target) = asked.header("x-amz-target") else {
        return Some((plainly_named(asked).to_owned(), None));
    };
    let (service, action) = target.split_once('.')?;
    let service = match service {
        "DynamoDB_20120810" => "dynamodb",
        "AmazonSQS" => "sqs",
        "AWSEvents" => "eventbridge",
        other => other,
    };
    Some((format!("{service}:{action}"), payload))
}

/// Services that name no target: S3 and SNS.
fn plainly_named(asked: &Message) -> &'static str {
    let scope = asked.header("authorization").unwrap_or_default();
    match asked.first.split(' ').next() {
        _ if !scope.contains("/s3/aws4_request") => "sns:Publish",
        Some("PUT") => "s3:PutObject",
        _ if asked.first.contains("list-type=2") => "s3:ListObjectsV2",
        _ => "s3:GetObject",
    }
}

fn function_says(answer: &Value, payload: Value) -> Answer {
    let members = answer.as_object()?;
    let version = "X-Amz-Executed-Version: $LATEST\r\n";
    let good = |value: &Value| Some((200, version.to_owned(), value.to_string().into_bytes()));
    if let Some(value) = members.get("returns") {
        return good(value);
    }
    if members.contains_key("echo") {
        return good(&payload);
    }
    if let Some(bytes) = members.get("fills").and_then(Value::as_u64) {
        return good(&json!("x".repeat(usize::try_from(bytes).ok()?)));
    }
    if let Some(failure) = members.get("fails") {
        let headers = format!("{version}X-Amz-Function-Error: Unhandled\r\n");
        return Some((200, headers, failure.to_string().into_bytes()));
    }
    if let Some(error) = members.get("service_error") {
        let name = error[0].as_str()?.trim_start_matches("Lambda.");
        let headers = format!("x-amzn-RequestId: request-1\r\nx-amzn-ErrorType: {name}\r\n");
        let body = json!({ "message": error[1] }).to_string();
        return Some((429, headers, body.into_bytes()));
    }
    thread::sleep(NEVER);
    None
}

fn service_says(name: &str, answer: &Value, payload: &Value) -> Answer {
    let members = answer.as_object()?;
    let in_xml = name.starts_with("sns:");
    let kind = match in_xml {
        true => "text/xml",
        false => "application/x-amz-json-1.0",
    };
    let headers = format!("x-amzn-RequestId: request-1\r\nContent-Type: {kind}\r\n");
    let good = |value: Value| {
        let text = match in_xml {
            true => format!(
                "<PublishResponse xmlns=\"https://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>{}\
                 </MessageId></PublishResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>\
                 </PublishResponse>",
                value["MessageId"].as_str().unwrap_or_default()
            ),
            false => value.to_string(),
        };
        Some((200, headers.clone(), text.into_bytes()))
    };
    if members.contains_key("sent") {
        let body = payload["MessageBody"].as_str().unwrap_or_default();
        let digest: String = Md5::digest(body)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        return good(json!({ "MessageId": "message-1", "MD5OfMessageBody": digest }));
    }
    if let Some(result) = members.get("result") {
        return good(result.clone());
    }
    if let Some(refused) = members.get("refused") {
        let [code, message] = [refused[0].as_str()?, refused[1].as_str()?];
        let text = match in_xml {
            true => format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>request-1</RequestId></ErrorResponse>"
            ),
            false => json!({ "__type": code, "message": message }).to_string(),
        };
        return Some((400, headers, text.into_bytes()));
    }
    if members.contains_key("never") {
        thread::sleep(NEVER);
    }
    None
}

/// Objects are what they are; lists and refusals are XML.
fn bucket_says(answer: &Value) -> Answer {
    let headers = "x-amz-request-id: request-1\r\n".to_owned();
    if let Some(refused) = answer.get("refused") {
        let [code, message] = [refused[0].as_str()?, refused[1].as_str()?];
        let text = format!(
            "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>request-1</RequestId></Error>"
        );
        return Some((400, headers, text.into_bytes()));
    }
    let result = answer.get("result")?;
    let text = match result["Body"].as_str() {
        Some(body) => body.to_owned(),
        None => format!("<ListBucketResult>{}</ListBucketResult>", in_elements(result)),
    };
    Some((200, headers, text.into_bytes()))
}

/// Members as elements; a list is its element again and again.
fn in_elements(value: &Value) -> String {
    let Some(members) = value.as_object() else {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    };
    let element = |name: &str, value: &Value| format!("<{name}>{}</{name}>", in_elements(value));
    members
        .iter()
        .map(|(name, value)| match value.as_array() {
            Some(list) => list.iter().map(|item| element(name, item)).collect(),
            None => element(name, value),
        })
        .collect()
}

/// The token in what a function or queue was given: the cases pass it on as a member `token` or as the whole text.
fn token_in(payload: &Value) -> Option<String> {
    let text = payload.as_str().or(payload["MessageBody"].as_str());
    let inner: Option<Value> = text.and_then(|text| serde_json::from_str(text).ok());
    let member = inner.as_ref().unwrap_or(payload)["token"].as_str();
    let whole = text.filter(|text| text.len() > 20 && !text.contains(['{', ' ']));
    member.or(whole).map(str::to_owned)
}
