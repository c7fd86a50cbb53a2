//! The provider's webhooks on their way: late, twice, out of order, lost, or before the call's own answer.

use super::World;
use super::tasks::{Event, Purpose, Work};
use crate::provider::news::News;
use crate::wire::lock;
use axum::body::Body;
use axum::http::{Method, Request, header};
use domain::OrderId;

/// How long the provider waits before it sends a webhook again that was not taken, milliseconds; after the last it
/// gives up. Stripe tries for three days.
const AGAIN_MS: [u64; 7] = [
    10_000, 60_000, 300_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000,
];
/// A webhook takes up to so long.
const TRAVEL_MS_MAX: u64 = 3_000;

/// One message of the provider.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    news: News,
    is_signed: bool,
    /// How often it came and was not taken.
    refused: usize,
}

impl World {
    /// Takes down what happened at the provider, and sends it on its way.
    pub(super) fn follow_provider(&mut self) {
        let news = std::mem::take(&mut lock(&self.ledger).news);
        for news in news {
            let order = news.order_id.as_str();
            let order = order.get(..8).unwrap_or(order);
            self.trace
                .add(self.now_ms(), &format!("the provider: {} of {order}", news.kind));
            self.send_webhook(news);
        }
    }

    fn send_webhook(&mut self, news: News) {
        let webhooks = lock(&self.traffic).plan.webhooks;
        if !webhooks.are_sent {
            return;
        }
        let number = self.keep_webhook(news, true);
        let mut happens = |per_mille: u64| per_mille > 0 && self.chance.up_to(999) < per_mille;
        if happens(webhooks.lost) {
            lock(&self.traffic).strike("webhook lost");
            self.trace.add(self.now_ms(), "its webhook is lost");
            return;
        }
        let copies = 1 + u32::from(happens(webhooks.doubled));
        if copies > 1 {
            lock(&self.traffic).strike("webhook doubled");
        }
        for _ in 0..copies {
            let is_late = webhooks.late > 0 && self.chance.up_to(999) < webhooks.late;
            if is_late {
                lock(&self.traffic).strike("webhook late");
            }
            let travel_ms = match (is_late, self.chance.up_to(2)) {
                (true, _) => self.chance.up_to(webhooks.late_ms_max),
                // Before the answer to the call that it is about.
                (false, 0) => 0,
                (false, _) => self.chance.up_to(TRAVEL_MS_MAX),
            };
            self.plan_at(self.now_ms() + travel_ms, Event::Webhook(number));
        }
    }

    /// Sends a message as the provider does, at this time: for tests that choose the moment.
    pub fn tell_at(&mut self, at_ms: u64, news: News) {
        let number = self.keep_webhook(news, true);
        self.plan_at(at_ms, Event::Webhook(number));
    }

    fn keep_webhook(&mut self, news: News, is_signed: bool) -> usize {
        self.webhooks.push(Webhook {
            news,
            is_signed,
            refused: 0,
        });
        self.webhooks.len() - 1
    }

    /// A message that the provider never sent: some intent, and some order.
    pub(super) fn forge_webhook(&mut self) {
        let intents: Vec<String> = lock(&self.ledger).intents.keys().cloned().collect();
        let orders: Vec<OrderId> = lock(&self.tables).orders.keys().cloned().collect();
        let (Some(intent), Some(order_id)) = (self.one_of(&intents), self.one_of(&orders)) else {
            return;
        };
        let is_about_refund = self.chance.up_to(2) == 0;
        let news = News {
            id: format!("evt_forged_{}", self.webhooks.len()),
            kind: match is_about_refund {
                true => "refund.updated",
                false => "payment_intent.succeeded",
            },
            intent,
            order_id,
            refund: is_about_refund.then_some(1),
        };
        lock(&self.traffic).strike("webhook forged");
        let is_signed = self.chance.up_to(1) == 1;
        let number = self.keep_webhook(news, is_signed);
        self.plan_at(self.now_ms(), Event::Webhook(number));
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let last = (all.len() as u64).checked_sub(1)?;
        let chosen = usize::try_from(self.chance.up_to(last)).ok()?;
        all.get(chosen).cloned()
    }

    pub(super) fn deliver_webhook(&mut self, number: usize) {
        let Some(webhook) = self.webhooks.get(number) else {
            return;
        };
        let signature = match webhook.is_signed {
            true => News::signature(),
            false => "forged",
        };
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/payments/webhook")
            .header(header::CONTENT_TYPE, "application/json")
            .header("stripe-signature", signature)
            .body(Body::from(webhook.news.body().to_string()));
        let working = request
            .ok()
            .and_then(|request| self.functions.serve("receive-webhook", request));
        if let Some(working) = working {
            self.start("receive-webhook", Work::Serve(working), Purpose::Webhook(number));
        }
    }

    pub(super) fn webhook_ended(&mut self, number: usize, status: u16) {
        self.trace
            .add(self.now_ms(), &format!("receive-webhook answers {status}"));
        let Some(webhook) = self.webhooks.get_mut(number).filter(|_| status >= 300) else {
            return;
        };
        let again_ms = AGAIN_MS.get(webhook.refused).copied();
        webhook.refused += 1;
        if let Some(again_ms) = again_ms {
            self.plan_at(self.now_ms() + again_ms, Event::Webhook(number));
        }
    }
}
