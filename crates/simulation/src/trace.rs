//! What happened, line by line: states entered, errors met, statuses of orders, faults. Enough to see a failure in.

use crate::memory::{KitchenNews, OrderChange};
use domain::Order;
use domain::ledger::Ingredient;
use states::engine::ExecutionId;
use states::execution::Execution;
use states::history::{Details, EventType};
use std::collections::BTreeMap;
use std::fmt;

/// The story of one world.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    lines: Vec<(u64, String)>,
    /// How many events of each execution are told already.
    told: BTreeMap<ExecutionId, usize>,
}

impl Trace {
    /// Adds a line.
    pub(crate) fn add(&mut self, at_ms: u64, line: &str) {
        self.lines.push((at_ms, line.to_owned()));
    }

    /// Adds a write of an order.
    pub(crate) fn add_change(&mut self, at_ms: u64, change: &OrderChange) {
        let after = &change.after;
        let before = change.before.as_ref();
        let what = if before.map(|order| order.status) != Some(after.status) {
            format!("is {}", after.status)
        } else if before.is_some_and(|order| order.waiter != after.waiter) {
            "keeps its token".to_owned()
        } else if let Some(ingredient) = before.and_then(|order| waited_for(order, after)) {
            format!("keeps its token for {ingredient}")
        } else if before.is_some_and(|order| order.pay_with != after.pay_with) {
            "keeps its card".to_owned()
        } else if before.is_some_and(|order| order.intent_id != after.intent_id) {
            "keeps its intent".to_owned()
        } else if before.is_some_and(|order| order.reentries != after.reentries) {
            "is entered again".to_owned()
        } else if before.is_some_and(|order| order.events.len() != after.events.len()) {
            after
                .events
                .last()
                .map(|event| event.what.clone())
                .unwrap_or_default()
        } else {
            "is looked at".to_owned()
        };
        self.add(at_ms, &format!("{} {what}", name_of(after.order_id.as_str())));
    }

    /// Adds what happened in kitchen and warehouse.
    pub(crate) fn add_news(&mut self, at_ms: u64, news: &KitchenNews) {
        let line = match news {
            KitchenNews::Posted(posting) => {
                let moved = posting.movements.iter();
                let moved = moved.map(|m| format!("{} {} {}", m.quantity, m.ingredient, m.kind.as_str()));
                format!("{}: {}", posting.place, moved.collect::<Vec<_>>().join(", "))
            }
            KitchenNews::Supplied { before, after } => {
                let before = before.as_ref();
                let what = if before.is_none() {
                    format!("asks for {} {}", after.wanted, after.ingredient)
                } else if before.map(|supply| supply.status) != Some(after.status) {
                    format!("is {:?}", after.status).to_lowercase()
                } else if before.is_some_and(|supply| supply.reentries != after.reentries) {
                    "is entered again".to_owned()
                } else {
                    format!("has {} of {}", after.held, after.wanted)
                };
                format!("{} {what}", name_of(after.supply_id.as_str()))
            }
        };
        self.add(at_ms, &line);
    }

    /// Adds what an execution did since the last time.
    pub(crate) fn follow(&mut self, id: ExecutionId, execution: &Execution) {
        let identity = execution.identity();
        let history = execution.history();
        let told = self.told.entry(id).or_default();
        let machine = match identity.name.split_once('-') {
            // An Express execution has a name of its own making.
            Some((_, number)) if identity.machine_name != "hold-order" => {
                format!("{}#{number}", identity.machine_name)
            }
            _ => identity.machine_name.clone(),
        };
        for event in history.iter().skip(*told) {
            let line = match &event.details {
                Details::StateEntered { name, .. } => format!("{machine} > {name}"),
                Details::TaskError { error, .. } => {
                    let error = error.as_deref().unwrap_or("an error without a name");
                    format!("{machine}   {error}")
                }
                Details::Evaluation { error, cause, .. } => format!("{machine}   {error}: {cause}"),
                _ if event.event_type == EventType::ExecutionAborted => format!("{machine} aborted"),
                _ if event.event_type == EventType::ExecutionTimedOut => format!("{machine} timed out"),
                _ => continue,
            };
            self.lines.push((event.at_ms, line));
        }
        *told = history.len();
    }

    /// The lines with the whole seconds that had passed, for comparing; milliseconds would change with every call.
    #[must_use]
    pub fn in_seconds(&self) -> String {
        self.told_by(|ms| format!("{:>5} s", ms / 1000))
    }

    fn told_by(&self, time: impl Fn(u64) -> String) -> String {
        let begin_ms = crate::world::BEGIN_MS;
        self.lines
            .iter()
            .map(|(at_ms, line)| format!("{}  {line}\n", time(at_ms.saturating_sub(begin_ms))))
            .collect()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told_by(|ms| format!("{:>6}.{:03}", ms / 1000, ms % 1000)))
    }
}

/// The ingredient of which somebody began to wait between these two.
fn waited_for(before: &Order, after: &Order) -> Option<Ingredient> {
    let mut needs = after.needs.iter();
    needs
        .find(|(ingredient, need)| {
            let kept = before
                .needs
                .get(*ingredient)
                .and_then(|need| need.waiter.as_ref());
            kept != need.waiter.as_ref()
        })
        .map(|(ingredient, _)| ingredient.clone())
}

/// Orders are told apart by the first letters of their ids.
fn name_of(order_id: &str) -> &str {
    order_id.get(..8).unwrap_or(order_id)
}
