//! What state machines ask for, and the queue: where an invocation is lost or doubled, and a message is late.

use super::tasks::{Event, Outcome, Purpose, Then};
use super::{Asked, Reply as HttpReply, World};
use crate::definitions::START_EXECUTION;
use crate::faults::{Mishap, Rates};
use crate::functions::Functions;
use crate::wire::lock;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use states::engine::{Call, CallKind, Reply};
use states::execution::{AwsReply, LambdaReply, SqsReply, function_name};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// After so many receives without success a message is parked.
const RECEIVES_MAX: u32 = 5;
/// A late message is up to so late.
const LATE_MS_MAX: u64 = 120_000;

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The queue's name.
    pub queue: String,
    /// The text.
    pub body: String,
    /// How often it was received.
    pub receives: u32,
    /// How often whoever received it could not work it off. Two may be at it at once, when it was doubled.
    pub failures: u32,
    /// How many faults whoever worked on it has met.
    pub faults: u32,
    /// Whether it was put there by a test.
    pub is_foreign: bool,
    is_done: bool,
}

/// The queues: messages under way, and dead letters.
#[derive(Debug, Default)]
pub struct Queue {
    messages: BTreeMap<u64, Message>,
    /// How many of them are neither worked off nor parked.
    open: usize,
    /// Messages that were parked.
    pub dead_letters: Vec<Message>,
}

impl Queue {
    pub(super) fn add(&mut self, queue: &str, body: &str, is_foreign: bool) -> u64 {
        let number = self.messages.len() as u64;
        self.open += 1;
        self.messages.insert(
            number,
            Message {
                queue: queue.to_owned(),
                body: body.to_owned(),
                receives: 0,
                failures: 0,
                faults: 0,
                is_foreign,
                is_done: false,
            },
        );
        number
    }

    /// Whether a parked message of ours might have been worked off: not each who failed at it had met a fault.
    pub(crate) fn parked_in_vain(&self) -> Option<&Message> {
        let mut dead = self.dead_letters.iter();
        dead.find(|message| !message.is_foreign && message.faults < message.failures)
    }

    pub(super) fn met_faults(&mut self, number: u64, faults: usize) {
        if let Some(message) = self.messages.get_mut(&number) {
            message.faults += u32::try_from(faults).unwrap_or(u32::MAX);
        }
    }

    /// Messages sent so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.messages.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// A message is worked off, or parked.
    fn finish(&mut self, number: u64) {
        let message = self.messages.get_mut(&number);
        if let Some(message) = message.filter(|message| !message.is_done) {
            message.is_done = true;
            self.open -= 1;
        }
    }
}

impl World {
    /// Takes on what a state asks for.
    pub(super) fn take_call(&mut self, call: Call) {
        let state = call.state.to_string();
        let befell = {
            let mut traffic = lock(&self.traffic);
            traffic.plan.befall(&call.machine_name, &state, &mut self.chance)
        };
        if befell != Mishap::None {
            lock(&self.traffic).strike(befell.name());
            self.trace.add(self.now_ms(), &format!("{state}: {befell:?}"));
        }
        let asked = match &call.kind {
            CallKind::Lambda {
                function, payload, ..
            } => Asked {
                function: function_name(function).to_owned(),
                payload: payload.clone(),
            },
            CallKind::Sqs { queue_url, body, .. } => Asked {
                function: Functions::consumer_of(queue_of(queue_url))
                    .unwrap_or_default()
                    .to_owned(),
                payload: serde_json::from_str(body).unwrap_or_default(),
            },
            CallKind::Aws {
                service, arguments, ..
            } => Asked {
                function: service.resource_type.to_owned(),
                payload: arguments.clone(),
            },
        };
        self.asked
            .entry((call.machine_name.clone(), state))
            .or_insert_with(|| asked.clone());
        match &call.kind {
            CallKind::Lambda { .. } => self.take_invocation(&call, &asked.function, asked.payload, befell),
            CallKind::Sqs { queue_url, body, .. } => self.send(&call, queue_of(queue_url), body, befell),
            CallKind::Aws { .. } => {
                let reason = "simulated: there is no such service".to_owned();
                self.answer(&call, Reply::Aws(AwsReply::Unreachable { reason }));
            }
        }
    }

    fn take_invocation(&mut self, call: &Call, function: &str, payload: Value, befell: Mishap) {
        let lost = || {
            Reply::Lambda(LambdaReply::ServiceError {
                error: match function {
                    START_EXECUTION => "StepFunctions.ThrottlingException".to_owned(),
                    _ => "Lambda.TooManyRequestsException".to_owned(),
                },
                cause: "simulated".to_owned(),
            })
        };
        let thens: &[Then] = match befell {
            Mishap::None => &[Then::Answer],
            Mishap::FailsBefore => {
                self.answer(call, lost());
                return;
            }
            Mishap::NeverBegun => return,
            Mishap::FailsAfter => &[Then::Fail],
            Mishap::NoAnswer => &[Then::Silence],
            Mishap::Twice => &[Then::Again],
            Mishap::TwiceAtOnce => &[Then::Answer, Then::Answer],
        };
        if function == START_EXECUTION {
            self.start_execution(call, &payload, thens);
            return;
        }
        for then in thens {
            let purpose = Purpose::Call {
                call: call.id,
                payload: payload.clone(),
                then: *then,
            };
            if !self.start_step(function, payload.clone(), purpose) {
                let error = LambdaReply::ServiceError {
                    error: "Lambda.ResourceNotFoundException".to_owned(),
                    cause: format!("simulated: there is no function {function}"),
                };
                self.answer(call, Reply::Lambda(error));
            }
        }
    }

    fn start_execution(&mut self, call: &Call, payload: &Value, thens: &[Then]) {
        let mut started = self.started(payload);
        if thens.len() > 1 || thens == [Then::Again] {
            started = self.started(payload);
        }
        let reply = match thens.first() {
            Some(Then::Silence) => return,
            Some(Then::Fail) => LambdaReply::ServiceError {
                error: "StepFunctions.SdkClientException".to_owned(),
                cause: "simulated: the answer was lost".to_owned(),
            },
            _ => started.unwrap_or(LambdaReply::Returned(Value::Null)),
        };
        self.answer(call, Reply::Lambda(reply));
    }

    /// Starts an execution as `states:startExecution` does.
    pub(super) fn started(&self, payload: &Value) -> Option<LambdaReply> {
        let arn = payload["StateMachineArn"].as_str()?;
        let started = lock(&self.engine).start_execution(arn, payload["Name"].as_str(), &payload["Input"]);
        Some(match started {
            Ok(arn) => LambdaReply::Returned(json!({ "ExecutionArn": arn })),
            Err(error) => LambdaReply::ServiceError {
                error: format!(
                    "StepFunctions.{}Exception",
                    error.name().trim_end_matches("Exception")
                ),
                cause: error.to_string(),
            },
        })
    }

    fn answer(&mut self, call: &Call, reply: Reply) {
        self.plan_at(self.now_ms(), Event::Complete(call.id, reply));
    }

    fn send(&mut self, call: &Call, queue: &str, body: &str, befell: Mishap) {
        let copies = match befell {
            Mishap::FailsBefore | Mishap::NeverBegun => 0,
            Mishap::Twice | Mishap::TwiceAtOnce => 2,
            Mishap::None | Mishap::FailsAfter | Mishap::NoAnswer => 1,
        };
        for _ in 0..copies {
            let message = self.queue.add(queue, body, false);
            self.post(message);
        }
        let reply = match befell {
            Mishap::NeverBegun | Mishap::NoAnswer => return,
            Mishap::FailsBefore | Mishap::FailsAfter => SqsReply::ServiceError {
                error: "SQS.SdkClientException".to_owned(),
                cause: "simulated".to_owned(),
            },
            Mishap::None | Mishap::Twice | Mishap::TwiceAtOnce => SqsReply::sent("simulated", body),
        };
        self.answer(call, Reply::Sqs(reply));
    }

    /// A message sets out: perhaps twice, perhaps late, and so perhaps after one that was sent later.
    fn post(&mut self, message: u64) {
        let mut delays_ms = vec![];
        {
            let mut traffic = lock(&self.traffic);
            let Rates { doubled, late, .. } = traffic.plan.rates;
            let copies = 1 + u32::from(traffic.plan.strikes(doubled, &mut self.chance));
            if copies > 1 {
                traffic.strike("message doubled");
            }
            for _ in 0..copies {
                delays_ms.push(if traffic.plan.strikes(late, &mut self.chance) {
                    traffic.strike("message late");
                    self.chance.up_to(LATE_MS_MAX)
                } else {
                    self.chance.up_to(traffic.plan.latency_ms_max)
                });
            }
        }
        for delay_ms in delays_ms {
            self.plan_at(self.now_ms() + delay_ms, Event::Deliver(message));
        }
    }

    pub(super) fn deliver(&mut self, number: u64) {
        let Some(message) = self.queue.messages.get_mut(&number) else {
            return;
        };
        // A copy may still be under way after the message was worked off, just as with SQS.
        message.receives += 1;
        let (queue, body) = (message.queue.clone(), message.body.clone());
        let payload = serde_json::from_str(&body);
        let function = Functions::consumer_of(&queue).unwrap_or_default();
        let began = payload.is_ok_and(|payload| self.start_step(function, payload, Purpose::Message(number)));
        if !began {
            self.return_message(number);
        }
    }

    /// A message was not worked off: it shows again after its time, or is parked.
    fn return_message(&mut self, number: u64) {
        let now_ms = self.now_ms();
        let Some(message) = self
            .queue
            .messages
            .get_mut(&number)
            .filter(|message| !message.is_done)
        else {
            return;
        };
        message.failures += 1;
        if message.receives >= RECEIVES_MAX {
            let parked = message.clone();
            self.queue.finish(number);
            self.queue.dead_letters.push(parked);
            lock(&self.traffic).strike("message parked");
            self.trace.add(now_ms, "a message is parked");
        } else {
            let hidden_ms = visibility_ms(&message.queue);
            self.plan_at(now_ms + hidden_ms, Event::Deliver(number));
        }
    }

    /// A function has ended, somehow.
    pub(super) fn ended(&mut self, function: &str, purpose: Purpose, outcome: Outcome) {
        match (purpose, outcome) {
            (Purpose::Call { call, payload, then }, outcome) => {
                let reply = match (then, outcome) {
                    (Then::Silence, _) => return,
                    (Then::Again, _) => {
                        let purpose = Purpose::Call {
                            call,
                            payload: payload.clone(),
                            then: Then::Answer,
                        };
                        self.start_step(function, payload, purpose);
                        return;
                    }
                    (Then::Answer, Outcome::Step(reply)) => reply,
                    (_, Outcome::OutOfTime) => crashed("Sandbox.Timedout"),
                    _ => crashed("Runtime.ExitError"),
                };
                self.plan_at(self.now_ms(), Event::Complete(call, Reply::Lambda(reply)));
            }
            (Purpose::Message(number), Outcome::Step(LambdaReply::Returned(_))) => {
                self.queue.finish(number);
            }
            (Purpose::Message(number), _) => self.return_message(number),
            (Purpose::Webhook(number), outcome) => {
                let status = match outcome {
                    Outcome::Served(response) => response.status().as_u16(),
                    Outcome::OutOfTime | Outcome::Died | Outcome::Step(_) => 502,
                };
                self.webhook_ended(number, status);
            }
            (Purpose::Schedule, _) => {}
            (Purpose::Direct, Outcome::Step(reply)) => self.answered = Some(reply),
            (Purpose::Direct, _) => self.answered = Some(crashed("Runtime.ExitError")),
            (Purpose::Request(id), outcome) => {
                let reply = match outcome {
                    Outcome::Served(response) => HttpReply {
                        status: response.status().as_u16(),
                        body: body_of(response),
                    },
                    Outcome::OutOfTime => HttpReply {
                        status: 504,
                        body: Value::Null,
                    },
                    Outcome::Died | Outcome::Step(_) => HttpReply {
                        status: 502,
                        body: Value::Null,
                    },
                };
                let code = reply.body["code"].as_str().map(str::to_owned).unwrap_or_default();
                self.trace.add(
                    self.now_ms(),
                    format!("{function} answers {} {code}", reply.status).trim_end(),
                );
                self.requests.insert(id, Some(reply));
            }
        }
    }
}

/// A message that was received is hidden for so long: six times its consumer's limit, as in the template.
fn visibility_ms(queue: &str) -> u64 {
    match queue {
        "payment-requests" => 60_000,
        _ => 120_000,
    }
}

/// The name of a queue, from its URL.
fn queue_of(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or_default()
}

fn crashed(error_type: &str) -> LambdaReply {
    LambdaReply::FunctionError(json!({ "errorType": error_type, "errorMessage": "simulated" }))
}

/// A body that is there already is read in one go.
fn body_of(response: axum::response::Response) -> Value {
    let reading = pin!(response.into_body().collect());
    match reading.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(body)) => serde_json::from_slice(&body.to_bytes()).unwrap_or_default(),
        _ => Value::Null,
    }
}
