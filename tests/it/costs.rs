//! What one order costs: counts, never seconds. A count that grows fails, and docs/costs.md follows the code.
//!
//! The stack is this test's own, because what other tests do must not be counted. Its functions reach DynamoDB and
//! Step Functions through proxies that count (see [`wire`]); transitions come from the execution's history,
//! invocations from the functions' logs. The payment simulator is left out: with a real provider it is not there.

mod dishes;
mod limits;
mod naive;
pub mod prices;
mod products;
mod queues;
mod units;
mod walks;
mod wire;

use crate::engine::{Shop, start};
use crate::project::root;
use limits::{LIMITS, grown};
use queues::Queues;
use std::collections::BTreeMap;
use std::fs;
use walks::Count;
use wire::{Tap, Wire};
use xtask::ports::Port;
use xtask::project::Project;
use xtask::test_stacks::Kind;

/// What one walk of a path took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Billed transitions of Standard executions: states entered, and retries.
    pub transitions: u32,
    /// Standard executions started.
    pub executions: u32,
    /// Answers to tasks that wait, by their tokens.
    pub task_answers: u32,
    pub express_requests: u32,
    pub by_function: BTreeMap<String, u32>,
    pub read_units: f64,
    pub write_units: f64,
    /// The same by the table, or the index, where they are written.
    pub written: BTreeMap<String, f64>,
    pub sqs_requests: u32,
    /// Requests of the buyer to the HTTP API.
    pub http_requests: u32,
}

impl Counts {
    /// Lambda invocations.
    pub fn invocations(&self) -> u32 {
        self.by_function.values().sum()
    }
}

const DOCUMENT: &str = "docs/costs.md";
/// Set to write the document anew from the counts.
const WRITE: &str = "HOLDFAST_WRITE_COSTS";

#[tokio::test]
async fn an_order_costs_no_more_than_this() {
    let engine = Port::Any.choose().expect("a port is free");
    let states = Port::Any.choose().expect("a port is free");
    let (dynamodb, sfn) = (Tap::new(), Tap::new());
    let at = |port: u16| format!("http://127.0.0.1:{port}");
    let wire = Wire::start(&[(&dynamodb, at(engine)), (&sfn, at(states))]);
    // Every function inherits the engine's environment, so the template need not know that it is counted.
    let stack = start(Kind::Counted, |options| {
        (options.engine, options.states) = (Port::Fixed(engine), Port::Fixed(states));
        for (name, tap) in [
            ("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb),
            ("AWS_ENDPOINT_URL_SFN", &sfn),
        ] {
            options.environment.push((name.to_owned(), tap.url.clone()));
        }
    });
    let shop = Shop::at(stack.addresses());
    let apart = [
        shop.aws
            .setting("simulate-payments", "TABLE_SIMULATED_PAYMENTS")
            .await,
        shop.aws.setting("push-live", "TABLE_CONNECTIONS").await,
    ];
    let count = Count {
        functions: Project::here()
            .and_then(|project| project.functions())
            .expect("there are functions"),
        seller: shop.person("seller").await,
        apart,
        shop,
        wire,
        queues: Queues::at(at(engine)),
    };
    let menu = count.stock().await;
    let product = count.offer().await;
    let paths = [
        ("paid", count.paid().await),
        ("expired", count.expired().await),
        ("came late", count.came_late().await),
        ("lost the race", count.lost_the_race().await),
        ("dish", count.dish(&menu).await),
        ("dish, two short", count.dish_two_short(&menu).await),
        ("product", count.product(&product).await),
        ("declined, then paid", count.declined_then_paid().await),
    ];
    let table = prices::table(&paths);
    println!("{table}");
    let grown: Vec<String> = paths
        .iter()
        .zip(&LIMITS)
        .flat_map(|(path, limit)| grown(path, limit))
        .collect();
    assert!(grown.is_empty(), "{}\n{table}", grown.join("\n"));
    assert!(paths[0].1.transitions <= 5, "the aim of the design");
    assert!(
        paths[4].1.transitions <= 5,
        "a dish that lacks nothing costs what a ticket does"
    );
    assert!(
        paths[6].1.transitions <= 10,
        "a product costs what a ticket does, and five more for its way"
    );
    assert_eq!(paths[3].1.transitions, 0, "a loser costs no Standard execution");

    let memory_mb = count.memory_mb().await;
    let dollars = prices::dollars(&paths, &memory_mb);
    let document = format!("{table}\n{dollars}\n{}", count.heads().await);
    keep_in(DOCUMENT, "counted", &document);
    // Stopped here, where a blocking end is no harm, and not while the runtime unwinds.
    std::thread::spawn(move || drop(stack))
        .join()
        .expect("the stack stops");
}

/// Compares a generated part of a document with what was counted or computed.
pub fn keep_in(document: &str, part: &str, counted: &str) {
    let (before, kept, after) = parts(document, part);
    if std::env::var_os(WRITE).is_some() {
        let text = format!("{before}{counted}{after}");
        fs::write(root().join(document), text).expect("it can be written");
    } else {
        assert_eq!(
            kept, counted,
            "{document} says something else: run this test with {WRITE}=1"
        );
    }
}

/// What stands before a generated part, the part itself, and what stands after it.
pub fn parts(document: &str, part: &str) -> (String, String, String) {
    let (begin, end) = (
        format!("<!-- {part}: begin -->\n"),
        format!("<!-- {part}: end -->\n"),
    );
    let text = fs::read_to_string(root().join(document)).expect("the document is there");
    let (before, rest) = text.split_once(&begin).expect("the part has a beginning");
    let (kept, after) = rest.split_once(&end).expect("the part has an end");
    (
        format!("{before}{begin}"),
        kept.to_owned(),
        format!("{end}{after}"),
    )
}
