//! What the same orders cost in designs that somebody would write first: `benches/naive/`. Their definitions are run by our own
//! interpreter, with functions that answer as a story tells; what each function reads and writes is stated beside them. The
//! prices and the assumed durations are those of our own orders.

use super::prices::bill;
use super::{Counts, DOCUMENT, keep_in, parts};
use crate::project::root;
use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::{Call, CallKind, Reply};
use states::execution::{LambdaReply, Status};
use states::{Answer, Outside, World};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

const FOLDER: &str = "benches/naive";
const BEGIN_MS: u64 = 1_700_000_000_000;
/// How long a hold lives, seconds.
const HOLD_S: u64 = 900;
/// How long a buyer needs to pay, seconds. It matters only to whom polls.
const PAYS_AFTER_S: u64 = 60;
/// What docs/costs.md gives nearly every function of ours.
const MEMORY_MB: u32 = 256;

/// One order, as its buyer and the shop behave.
#[derive(Clone, Copy, Default)]
struct Story {
    /// The path of docs/costs.md that is the same order.
    path: &'static str,
    kind: &'static str,
    needs: u64,
    short: u64,
    is_taken: bool,
    /// Paid for in the same request.
    pays_at_once: bool,
    never_pays: bool,
    declines: u32,
}

fn stories() -> [Story; 7] {
    let ticket = Story {
        path: "paid",
        kind: "ticket",
        ..Story::default()
    };
    let dish = Story {
        path: "dish",
        kind: "dish",
        needs: 3,
        pays_at_once: true,
        ..Story::default()
    };
    [
        ticket,
        Story {
            path: "expired",
            never_pays: true,
            ..ticket
        },
        Story {
            path: "declined, then paid",
            declines: 1,
            ..ticket
        },
        Story {
            path: "came late",
            is_taken: true,
            ..ticket
        },
        dish,
        Story {
            path: "dish, two short",
            needs: 2,
            short: 2,
            ..dish
        },
        Story {
            path: "product",
            kind: "product",
            ..dish
        },
    ]
}

/// The functions and the buyer of one story.
struct Scene {
    story: Story,
    calls: BTreeMap<String, u32>,
    /// When the buyer pays next.
    pays_at_ms: Option<u64>,
    /// The token that the payment brings back.
    token: Option<String>,
    declines: u32,
}

impl Scene {
    fn set(story: Story) -> Self {
        let pays_at_ms = match (story.never_pays, story.pays_at_once) {
            (true, _) => None,
            (false, true) => Some(BEGIN_MS),
            (false, false) => Some(BEGIN_MS + PAYS_AFTER_S * 1000),
        };
        let mut scene = Self {
            story,
            calls: BTreeMap::new(),
            pays_at_ms,
            token: None,
            declines: story.declines,
        };
        scene.note("create-order");
        for _ in 0..scene.payments() {
            scene.note("pay-order");
        }
        scene
    }

    /// Requests that pay, beside the one that orders.
    fn payments(&self) -> u32 {
        let story = self.story;
        let pays_later = !(story.pays_at_once || story.never_pays || story.is_taken);
        u32::from(pays_later) + story.declines
    }

    fn note(&mut self, function: &str) {
        *self.calls.entry(function.to_owned()).or_default() += 1;
    }

    /// What a function adds to the order, or the name of its refusal.
    fn answer(&mut self, function: &str, item: &Value, now_ms: u64) -> Result<Value, &'static str> {
        let is_short = item["number"]
            .as_u64()
            .is_some_and(|number| number < self.story.short);
        Ok(match function {
            "reserve-ticket" | "reserve-products" if self.story.is_taken => return Err("NotAvailable"),
            "check-ticket" | "check-products" => json!({ "available": !self.story.is_taken }),
            "check-ingredient" => json!({ "enough": !is_short }),
            "give-ingredient" => json!({ "given": true }),
            "check-warehouse" => json!({ "arrived": true }),
            "check-payment" => json!({
                "paid": self.pays_at_ms.is_some_and(|at_ms| at_ms <= now_ms),
                "over": now_ms >= BEGIN_MS + HOLD_S * 1000,
            }),
            "charge-payment" if self.declines > 0 => {
                self.declines -= 1;
                self.pays_at_ms = Some(now_ms + PAYS_AFTER_S * 1000);
                json!({ "charged": false })
            }
            "charge-payment" => json!({ "charged": true }),
            _ => json!({}),
        })
    }
}

impl Outside for Scene {
    fn call(&mut self, call: Call, world: &mut World) -> Answer {
        let CallKind::Lambda {
            function, payload, ..
        } = &call.kind
        else {
            panic!("{} asks for something else than a function", call.state);
        };
        self.note(function);
        if let Some(token) = call.token {
            self.token = Some(token);
            return Answer::Now(Reply::Lambda(LambdaReply::Returned(json!({}))));
        }
        let reply = match self.answer(function, payload, world.now_ms()) {
            Ok(added) => {
                let mut order = payload.clone();
                for (name, value) in added.as_object().expect("an object") {
                    order[name] = value.clone();
                }
                LambdaReply::Returned(order)
            }
            Err(refusal) => LambdaReply::FunctionError(json!({ "errorType": refusal, "errorMessage": "" })),
        };
        Answer::Now(Reply::Lambda(reply))
    }
}

/// Plays a story on a definition and counts.
fn play(definition: &str, story: Story, functions: &Value) -> Counts {
    let mut world = World::new(BEGIN_MS, 1);
    let machine = world.create_machine("naive", definition, MachineType::Standard);
    let machine = machine.expect("the definition is good");
    let numbered = |count: u64| {
        (0..count)
            .map(|number| json!({ "number": number }))
            .collect::<Vec<_>>()
    };
    let order = json!({ "kind": story.kind, "needs": numbered(story.needs), "short": numbered(story.short) });
    let arn = world.start_execution(&machine, None, &order).expect("it starts");
    let mut scene = Scene::set(story);
    loop {
        world.run_until(world.now_ms(), &mut scene);
        if let (Some(token), Some(at_ms)) = (scene.token.clone(), scene.pays_at_ms) {
            scene.token = None;
            world.run_until(at_ms.max(world.now_ms()), &mut scene);
            world
                .send_task_success(&token, &json!({}))
                .expect("somebody waits");
            continue;
        }
        let Some(due_ms) = world.next_due() else { break };
        world.run_until(due_ms, &mut scene);
    }
    let ends_well = world.status(&arn) == Some(Status::Succeeded);
    assert_eq!(ends_well, !story.is_taken, "{}", story.path);
    let units = |kind: &str| -> f64 {
        let each = scene.calls.iter().map(|(function, times)| {
            let units = functions[function][kind].as_f64();
            f64::from(*times) * units.unwrap_or_else(|| panic!("functions.json does not know {function}"))
        });
        each.sum()
    };
    let transitions = world.execution(&arn).expect("it ran").transitions();
    Counts {
        transitions: u32::try_from(transitions).expect("a few"),
        executions: 1,
        read_units: units("read_units"),
        write_units: units("write_units"),
        http_requests: 1 + scene.payments(),
        by_function: scene.calls,
        ..Counts::default()
    }
}

fn dollars(counts: &Counts) -> f64 {
    let memory_mb = counts.by_function.keys().map(|name| (name.clone(), MEMORY_MB));
    bill(counts, &memory_mb.collect())
        .iter()
        .map(|(_, dollars)| dollars)
        .sum()
}

/// What our own orders cost, by path, as docs/costs.md says.
fn ours() -> BTreeMap<String, f64> {
    let (_, text, _) = parts(DOCUMENT, "counted");
    let cells = |beginning: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(beginning));
        let line = line.expect("the document has its tables");
        let inner = line.trim_matches('|').split('|').skip(1);
        inner
            .map(|cell| cell.trim().trim_matches('*').to_owned())
            .collect()
    };
    let sums = cells("| **Together**");
    let sums = sums.iter().map(|sum| sum.parse().expect("a sum is a number"));
    cells("| US dollars per million").into_iter().zip(sums).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(FOLDER).join(name)).expect("it is there")
}

#[test]
fn the_same_orders_in_naive_designs_cost_what_the_document_says() {
    let functions: Value = serde_json::from_str(&read("functions.json")).expect("it is JSON");
    let (lean, polling) = (read("lean.asl.json"), read("polling.asl.json"));
    let ours = ours();
    let mut text = "| | ours | lean: transitions | functions | $ | ours / lean | polling: transitions | functions | $ | ours / polling |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    let mut of_lean = BTreeMap::new();
    for story in stories() {
        let own = ours[story.path];
        let _ = write!(text, "| {} | {own:.2} |", story.path);
        for definition in [&lean, &polling] {
            let counts = play(definition, story, &functions);
            let (naive, steps, calls) = (dollars(&counts), counts.transitions, counts.invocations());
            let _ = write!(text, " {steps} | {calls} | {naive:.2} | {:.2} |", own / naive);
            of_lean.entry(story.path).or_insert(naive);
            assert!(own < naive, "{}: ours is dearer than a naive design", story.path);
        }
        text.push('\n');
    }
    let losers = losers_for_a_third(&ours, &of_lean);
    let _ = writeln!(
        text,
        "\nWith {losers} losers for each ticket that is paid, the whole sale costs a third of the lean design's."
    );
    keep_in(DOCUMENT, "naive", &text);
}

/// How many must come late for each ticket that is paid, until both together cost a third.
fn losers_for_a_third(ours: &BTreeMap<String, f64>, naive: &BTreeMap<&str, f64>) -> u32 {
    let share = |losers: u32| {
        let losers = f64::from(losers);
        (ours["paid"] + losers * ours["came late"]) / (naive["paid"] + losers * naive["came late"])
    };
    (0..1_000)
        .find(|losers| share(*losers) <= 1.0 / 3.0)
        .expect("a loser costs us far less than a third")
}
