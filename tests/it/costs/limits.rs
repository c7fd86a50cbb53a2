//! No count may be above its limit. Lower a limit when a count falls; raise one only with a reason in the commit.

use super::Counts;

/// The limits of one path.
pub struct Limit {
    path: &'static str,
    transitions: u32,
    express_requests: u32,
    invocations: u32,
    read_units: f64,
    write_units: f64,
    sqs_requests: u32,
    http_requests: u32,
}

/// In the order of the paths.
pub const LIMITS: [Limit; 8] = [
    Limit {
        path: "paid",
        transitions: 5,
        express_requests: 1,
        invocations: 6,
        read_units: 11.0,
        write_units: 33.0,
        sqs_requests: 3,
        http_requests: 2,
    },
    Limit {
        path: "expired",
        transitions: 3,
        express_requests: 1,
        invocations: 4,
        read_units: 6.0,
        write_units: 25.0,
        sqs_requests: 3,
        http_requests: 1,
    },
    Limit {
        path: "came late",
        transitions: 0,
        express_requests: 1,
        invocations: 2,
        read_units: 2.0,
        write_units: 2.0,
        sqs_requests: 0,
        http_requests: 1,
    },
    Limit {
        path: "lost the race",
        transitions: 0,
        express_requests: 1,
        invocations: 2,
        read_units: 2.0,
        write_units: 8.0,
        sqs_requests: 0,
        http_requests: 1,
    },
    Limit {
        path: "dish",
        transitions: 5,
        express_requests: 1,
        invocations: 5,
        read_units: 12.0,
        write_units: 37.0,
        sqs_requests: 3,
        http_requests: 1,
    },
    Limit {
        path: "dish, two short",
        transitions: 14,
        express_requests: 1,
        invocations: 11,
        read_units: 27.0,
        write_units: 71.0,
        sqs_requests: 15,
        http_requests: 1,
    },
    Limit {
        path: "product",
        transitions: 10,
        express_requests: 1,
        invocations: 7,
        read_units: 13.0,
        write_units: 49.0,
        sqs_requests: 3,
        http_requests: 1,
    },
    Limit {
        path: "declined, then paid",
        transitions: 7,
        express_requests: 1,
        invocations: 9,
        read_units: 17.0,
        write_units: 47.0,
        sqs_requests: 6,
        http_requests: 3,
    },
];

/// What has grown above its limit, said in words.
pub fn grown((path, counts): &(&str, Counts), limit: &Limit) -> Vec<String> {
    assert_eq!(*path, limit.path);
    let whole = |count: u32| f64::from(count);
    [
        ("transitions", whole(counts.transitions), whole(limit.transitions)),
        (
            "Express requests",
            whole(counts.express_requests),
            whole(limit.express_requests),
        ),
        (
            "invocations",
            whole(counts.invocations()),
            whole(limit.invocations),
        ),
        ("read units", counts.read_units, limit.read_units),
        ("write units", counts.write_units, limit.write_units),
        (
            "SQS requests",
            whole(counts.sqs_requests),
            whole(limit.sqs_requests),
        ),
        (
            "HTTP requests",
            whole(counts.http_requests),
            whole(limit.http_requests),
        ),
    ]
    .into_iter()
    .filter(|(_, count, limit)| count > limit)
    .map(|(what, count, limit)| format!("{path}: {count} {what}, and {limit} is the limit"))
    .collect()
}
