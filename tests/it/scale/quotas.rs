//! Quotas as AWS publishes them for us-east-1, and what one order takes of each.

use super::counted::Path;
use crate::project::root;
use std::fs;

/// Orders a second that the page asks about.
pub const RATES: [f64; 3] = [100.0, 1_000.0, 10_000.0];
/// Environments that Lambda adds to one function in a second.
pub const ENVIRONMENTS_PER_S: f64 = 100.0;

/// Where a quota is published: what it is called, and its address.
pub struct Source(pub &'static str, pub &'static str);

/// Something of which there is so much a second.
pub struct Quota {
    pub name: &'static str,
    /// How much, and of what.
    pub amount: fn() -> f64,
    pub unit: &'static str,
    /// What is kept in hand for a moment, where there is a bucket.
    pub bucket: Option<f64>,
    pub raised: &'static str,
    pub source: Source,
    /// What one order takes of it.
    pub taken: fn(&Path) -> f64,
}

impl Quota {
    /// How many orders of this path it allows in a second; `None` when they take nothing of it.
    pub fn orders_per_s(&self, path: &Path) -> Option<f64> {
        let taken = (self.taken)(path);
        (taken > 0.0).then(|| (self.amount)() / taken)
    }
}

const STEP_FUNCTIONS: Source = Source(
    "Step Functions",
    "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
);
const LAMBDA: Source = Source(
    "Lambda",
    "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
);
const API_GATEWAY: Source = Source(
    "API Gateway",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
);
const DYNAMODB: Source = Source(
    "DynamoDB",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html",
);
const WARM: Source = Source(
    "DynamoDB",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html",
);
const ASKED: &str = "on request";

/// Every quota that an order can meet. What is so large that no rate of the page comes near it stands in the prose.
pub const QUOTAS: &[Quota] = &[
    Quota {
        name: "our own throttle",
        amount: own_throttle,
        unit: "requests",
        bucket: None,
        raised: "`ThrottlingRateLimit`",
        source: Source("template.yaml", "../template.yaml"),
        taken: |path| path.of("API Gateway HTTP API requests"),
    },
    Quota {
        name: "HTTP API",
        amount: || 10_000.0,
        unit: "requests",
        bucket: None,
        raised: ASKED,
        source: API_GATEWAY,
        taken: |path| path.of("API Gateway HTTP API requests"),
    },
    Quota {
        name: "Express at a time",
        amount: || 1_000.0,
        unit: "synchronous executions at a time",
        bucket: None,
        raised: "grows with load, and on request",
        source: STEP_FUNCTIONS,
        taken: |path| path.of("Step Functions Express requests") * EXPRESS_S,
    },
    Quota {
        name: "StartExecution",
        amount: || 300.0,
        unit: "Standard executions started",
        bucket: Some(1_300.0),
        raised: ASKED,
        source: STEP_FUNCTIONS,
        taken: |path| path.of("Step Functions Standard executions"),
    },
    Quota {
        name: "StateTransition",
        amount: || 1_500.0,
        unit: "Standard transitions",
        bucket: Some(5_000.0),
        raised: ASKED,
        source: STEP_FUNCTIONS,
        taken: |path| path.of("Step Functions Standard transitions"),
    },
    Quota {
        name: "SendTaskSuccess",
        amount: || 500.0,
        unit: "tasks answered",
        bucket: Some(3_000.0),
        raised: ASKED,
        source: STEP_FUNCTIONS,
        taken: |path| path.of("Step Functions tasks answered"),
    },
    Quota {
        name: "open executions",
        amount: || 1_000_000.0,
        unit: "Standard executions open at a time",
        bucket: None,
        raised: ASKED,
        source: STEP_FUNCTIONS,
        taken: open_s,
    },
    Quota {
        name: "Lambda at a time",
        amount: || 1_000.0,
        unit: "environments at a time, all functions",
        bucket: None,
        raised: ASKED,
        source: LAMBDA,
        taken: |path| path.busy().map(|(_, environments)| environments).sum(),
    },
    Quota {
        name: "a young table",
        amount: || 4_000.0,
        unit: "write units to one table or index that is new",
        bucket: None,
        raised: "grows by itself, or is warmed (`WarmThroughput`)",
        source: WARM,
        taken: busiest_place,
    },
    Quota {
        name: "any table",
        amount: || 40_000.0,
        unit: "write units to one table or index",
        bucket: None,
        raised: ASKED,
        source: DYNAMODB,
        taken: busiest_place,
    },
];

/// How long `hold-order` runs, as docs/costs.md assumes.
const EXPRESS_S: f64 = 0.1;

/// Requests a second that the stage of the HTTP API lets through.
fn own_throttle() -> f64 {
    let template = fs::read_to_string(root().join("template.yaml")).expect("there is a template");
    let stage = template
        .split_once("  HttpApiStage:\n")
        .and_then(|(_, after)| after.split_once("ThrottlingRateLimit:"));
    let rate = stage.and_then(|(_, after)| after.lines().next()?.trim().parse().ok());
    rate.expect("the stage has a rate limit")
}

/// For how many seconds executions of one order are open, together, at most: a buyer may take the whole time of a hold, and a
/// supplier and a parcel four minutes each, during which the order waits for its delivery. A dish is eaten at once.
fn open_s(path: &Path) -> f64 {
    match path.name.as_str() {
        "came late" | "lost the race" => 0.0,
        "dish" | "dish, two short" => 10.0,
        "product" => 2.0 * 480.0,
        _ => 900.0,
    }
}

/// Write units of the table or index that takes most of them.
fn busiest_place(path: &Path) -> f64 {
    path.written().map(|(_, units)| units).fold(0.0, f64::max)
}
