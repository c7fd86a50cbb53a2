//! One thing after the other: the loop that everything runs in.

use super::tasks::{Event, Outcome, Purpose, Task, Work};
use super::{Ask, RequestId, World};
use crate::functions::limit_ms;
use crate::invariants::{Violation, promises};
use crate::wire::{Current, TaskId, lock};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use states::engine::Call;
use states::execution::Status;
use states::{Answer, Outside};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Calls are taken one by one before time moves, so that the engine never asks anybody by itself.
struct Nobody;

impl Outside for Nobody {
    fn call(&mut self, _: Call, _: &mut states::World) -> Answer {
        Answer::Later
    }
}

impl World {
    pub(super) fn plan_at(&mut self, at_ms: u64, event: Event) {
        self.agenda_last += 1;
        // What falls on the same millisecond comes in any order, where time passes at all.
        let lot = match self.setup.plan.latency_ms_max {
            0 => 0,
            _ => self.chance.next_u64(),
        };
        let at_ms = at_ms.max(self.now_ms());
        self.agenda.insert((at_ms, lot, self.agenda_last), event);
    }

    /// Does one thing that is due until this time. Says whether there was anything to do.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn step(&mut self, until_ms: u64) -> Result<bool, Box<Violation>> {
        let call = lock(&self.engine).next_call();
        let did = match call {
            Some(call) => {
                self.take_call(call);
                true
            }
            None => self.next_event(until_ms),
        };
        self.follow_executions();
        self.follow_provider();
        self.check()?;
        Ok(did)
    }

    fn next_event(&mut self, until_ms: u64) -> bool {
        let timer_ms = lock(&self.engine).next_due();
        let agenda_ms = self.agenda.keys().next().map(|(at_ms, _, _)| *at_ms);
        let books_ms = lock(&self.ledger).next_due();
        let Some(due_ms) = [timer_ms, agenda_ms, books_ms].into_iter().flatten().min() else {
            return false;
        };
        if due_ms > until_ms {
            return false;
        }
        let due_ms = due_ms.max(self.now_ms());
        lock(&self.traffic).now_ms = due_ms;
        if books_ms.is_some_and(|at_ms| at_ms <= due_ms) {
            // What was given up long ago happens after all.
            lock(&self.ledger).advance(due_ms);
            return true;
        }
        if timer_ms.is_some_and(|at_ms| at_ms <= due_ms) {
            // One step only: what the timer sets off is asked of us, not of nobody.
            lock(&self.engine).step(due_ms, &mut Nobody);
            return true;
        }
        lock(&self.engine).run_until(due_ms, &mut Nobody);
        if let Some((_, event)) = self.agenda.pop_first() {
            self.happen(event);
        }
        true
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Resume(task, polls) => {
                if self.tasks.get(&task).is_some_and(|task| task.polls == polls) {
                    self.poll(task);
                }
            }
            Event::Limit(id) => {
                if let Some(task) = self.tasks.remove(&id) {
                    self.ended(&task.function, task.purpose, Outcome::OutOfTime);
                }
            }
            Event::Complete(call, reply) => {
                lock(&self.engine).complete(call, reply);
            }
            Event::Deliver(message) => self.deliver(message),
            Event::Request { id, token, ask } => self.serve(id, &token, &ask),
            Event::Webhook(number) => self.deliver_webhook(number),
            Event::Reconcile => {
                self.start_step("reconcile-orders", json!({}), Purpose::Schedule);
                if !lock(&self.tables).devices.is_empty() {
                    self.start_step("reorder-products", json!({}), Purpose::Schedule);
                }
                if let Some(every_s) = self.setup.reconcile_every_s {
                    self.plan_at(self.now_ms() + u64::from(every_s) * 1000, Event::Reconcile);
                }
            }
            Event::AbortOne(machine) => self.abort_one(machine.as_deref()),
            Event::Stall(ms) => {
                // Whoever works on a message meanwhile may be out of time before it goes on.
                for task in self.tasks.values() {
                    if let Purpose::Message(number) = task.purpose {
                        self.queue.met_faults(number, 1);
                    }
                }
                let mut traffic = lock(&self.traffic);
                traffic.now_ms += ms;
                traffic.strike("clock of the world jumped");
                let now_ms = traffic.now_ms;
                drop(traffic);
                self.trace.add(now_ms, &format!("{ms} ms have passed at once"));
            }
            Event::Forgery => self.forge_webhook(),
        }
    }

    fn abort_one(&mut self, machine: Option<&str>) {
        let running = self.running.values();
        let running: Vec<String> = running
            .filter(|identity| machine.is_none_or(|machine| machine == identity.machine_name))
            .map(|identity| identity.arn.clone())
            .filter(|arn| arn.contains(":execution:"))
            .collect();
        let Some(last) = (running.len() as u64).checked_sub(1) else {
            return;
        };
        let chosen = usize::try_from(self.chance.up_to(last)).unwrap_or_default();
        if let Some(arn) = running.get(chosen) {
            // An execution that ended by itself meanwhile needs no stopping.
            lock(&self.engine)
                .stop_execution(arn, "States.Runtime", "simulated: it died whole")
                .ok();
            lock(&self.traffic).strike("execution dead as a whole");
        }
    }

    fn serve(&mut self, id: RequestId, token: &str, ask: &Ask) {
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(&ask.path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key);
        }
        let body = ask
            .body
            .as_ref()
            .map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let working = request
            .body(body)
            .ok()
            .and_then(|request| self.functions.serve(ask.function, request));
        match working {
            Some(working) => self.start(ask.function, Work::Serve(working), Purpose::Request(id)),
            None => self.ended(ask.function, Purpose::Request(id), Outcome::Died),
        }
    }

    /// Starts a function; `false` when there is none of this name.
    pub(super) fn start_step(&mut self, function: &str, payload: Value, purpose: Purpose) -> bool {
        let Some(working) = self.functions.call(function, payload) else {
            return false;
        };
        self.start(function, Work::Step(working), purpose);
        true
    }

    pub(super) fn start(&mut self, function: &str, work: Work, purpose: Purpose) {
        self.task_last += 1;
        let id = TaskId(self.task_last);
        let skew_ms = {
            let mut traffic = lock(&self.traffic);
            let skew_ms = traffic.plan.skew_ms(&mut self.chance);
            if skew_ms.unsigned_abs() > traffic.plan.skew_ms_max {
                traffic.strike("clock of a function jumped");
            }
            skew_ms
        };
        *self.invocations.entry(function.to_owned()).or_default() += 1;
        let ends_at_ms = self.now_ms() + limit_ms(function);
        self.tasks.insert(
            id,
            Task {
                function: function.to_owned(),
                skew_ms,
                polls: 0,
                ends_at_ms,
                work,
                purpose,
            },
        );
        let latency_ms = {
            let traffic = lock(&self.traffic);
            traffic
                .plan
                .latency_ms(crate::faults::Verdict::Pass, &mut self.chance)
        };
        self.plan_at(self.now_ms() + latency_ms, Event::Resume(id, 0));
        self.plan_at(ends_at_ms, Event::Limit(id));
    }

    fn poll(&mut self, id: TaskId) {
        let Some(mut task) = self.tasks.remove(&id) else {
            return;
        };
        {
            let mut traffic = lock(&self.traffic);
            traffic.died = false;
            traffic.current = Some(Current {
                task: id,
                function: task.function.clone(),
                skew_ms: task.skew_ms,
            });
        }
        let mut context = Context::from_waker(Waker::noop());
        let polled = match &mut task.work {
            Work::Step(working) => working.as_mut().poll(&mut context).map(Outcome::Step),
            Work::Serve(working) => working.as_mut().poll(&mut context).map(Outcome::Served),
        };
        task.polls += 1;
        let (wakes, waits, died, notes, refusals) = {
            let mut traffic = lock(&self.traffic);
            traffic.current = None;
            let wakes = std::mem::take(&mut traffic.wakes);
            let waits = std::mem::take(&mut traffic.waits);
            let refusals = std::mem::take(&mut traffic.refusals);
            let notes = std::mem::take(&mut traffic.notes);
            (wakes, waits, traffic.died, notes, refusals)
        };
        if let Purpose::Message(number) = task.purpose {
            // Who was slower than another has met one too, and comes again.
            self.queue.met_faults(number, notes.len() + refusals);
        }
        for note in notes {
            self.trace.add(self.now_ms(), &note);
        }
        match polled {
            Poll::Ready(outcome) => self.ended(&task.function, task.purpose, outcome),
            Poll::Pending if died => self.bury(task),
            Poll::Pending => {
                for (at_ms, task_id) in wakes {
                    self.plan_at(at_ms, Event::Resume(task_id, task.polls));
                }
                for (arn, task_id) in waits {
                    self.waiting.entry(arn).or_default().push((task_id, task.polls));
                }
                self.tasks.insert(id, task);
            }
        }
    }

    /// A function died: it may be known at once, or only when its time is over.
    fn bury(&mut self, task: Task) {
        let is_random = self.setup.plan.rates.death > 0;
        if is_random && self.chance.up_to(1) == 1 {
            self.task_last += 1;
            let id = TaskId(self.task_last);
            let ends_at_ms = task.ends_at_ms;
            self.tasks.insert(
                id,
                Task {
                    work: Work::Step(Box::pin(std::future::pending())),
                    ..task
                },
            );
            self.plan_at(ends_at_ms, Event::Limit(id));
        } else {
            self.ended(&task.function, task.purpose, Outcome::Died);
        }
    }

    fn follow_executions(&mut self) {
        let ended = {
            let mut engine = lock(&self.engine);
            for (id, execution) in engine.take_stirred() {
                self.trace.follow(id, execution);
                match execution.status() {
                    Status::Running => self.running.insert(id, Arc::clone(execution.identity())),
                    _ => self.running.remove(&id),
                };
            }
            engine.take_ended()
        };
        for arn in ended {
            for (task, polls) in self.waiting.remove(&arn).unwrap_or_default() {
                self.plan_at(self.now_ms(), Event::Resume(task, polls));
            }
        }
    }

    fn check(&mut self) -> Result<(), Box<Violation>> {
        let now_ms = self.now_ms();
        let mut tables = lock(&self.tables);
        let changes = std::mem::take(&mut tables.changes);
        for change in &changes {
            self.trace.add_change(now_ms, change);
        }
        let news = std::mem::take(&mut tables.news);
        for news in &news {
            self.trace.add_news(now_ms, news);
        }
        let grace_ms = self.setup.plan.off_ms_max();
        self.watch
            .check(&mut tables, &mut lock(&self.ledger), &changes, now_ms, grace_ms)
            .map_err(|broken| Box::new(Violation::new(broken, self.setup.seed, &self.trace)))
    }

    /// Lets everything happen that is due until this time.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn run_until(&mut self, until_ms: u64) -> Result<(), Box<Violation>> {
        let until_ms = until_ms.max(self.now_ms());
        while self.step(until_ms)? {}
        lock(&self.traffic).now_ms = until_ms;
        lock(&self.engine).run_until(until_ms, &mut Nobody);
        Ok(())
    }

    /// Lets so many seconds pass.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn run_for_s(&mut self, seconds: u64) -> Result<(), Box<Violation>> {
        self.run_until(self.now_ms() + seconds * 1000)
    }

    /// From now on nothing goes wrong: lets time pass until nothing is left to do, and checks that everything ended.
    ///
    /// # Errors
    /// The first invariant that does not hold, or what has not ended after `limit_s` seconds.
    pub fn come_to_rest(&mut self, limit_s: u64) -> Result<(), Box<Violation>> {
        self.weather(crate::faults::FaultPlan::calm_down);
        lock(&self.ledger).calm_down();
        let limit_ms = self.now_ms() + limit_s * 1000;
        self.check()?;
        while !self.is_at_rest() && self.step(limit_ms)? {}
        let running = self.running.values().next();
        let running = running.map(|identity| identity.name.as_str());
        let outcome = self
            .watch
            .check_rest(&lock(&self.tables), &lock(&self.ledger), running, &self.queue);
        let outcome = outcome.and_then(|()| promises::check(self.replies(), &lock(&self.tables)));
        outcome.map_err(|broken| Box::new(Violation::new(broken, self.setup.seed, &self.trace)))
    }

    fn is_at_rest(&self) -> bool {
        let is_idle = self.tasks.is_empty()
            && self.queue.is_empty()
            && lock(&self.ledger).next_due().is_none()
            && self
                .agenda
                .values()
                .all(|event| matches!(event, Event::Reconcile | Event::Limit(_)));
        is_idle && self.running.is_empty() && self.watch.is_settled()
    }
}
