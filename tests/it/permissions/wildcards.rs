//! Every `*` in a policy has its reason.

use super::lines;
use std::collections::BTreeSet;

/// Resource, its actions, and why they cannot be bound to less.
const REASONS: &[(&str, &[&str], &str)] = &[
    (
        "logs:log-group:/aws/lambda/holdfast-*",
        &["logs:FilterLogEvents"],
        "Each group by its name would fill half of the 10,240 characters that a role's policies may have, and it is read only.",
    ),
    (
        "*",
        &["states:ListStateMachines"],
        "Step Functions knows no resource for this question.",
    ),
    (
        "*",
        &["cloudwatch:GetMetricData"],
        "CloudWatch knows no resource for this question.",
    ),
    (
        "*",
        &[
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
        ],
        "CloudWatch Logs' delivery API, by which Step Functions writes logs, knows no resources.",
    ),
];

/// Endings that stand for what is made while the shop runs, so that no template can name it.
const MADE_LATER: &[(&str, &str)] = &[
    ("states:execution:", "executions of one machine"),
    (
        "execute-api:LiveApi/live/POST/@connections/",
        "connections of one stage",
    ),
    (
        "logs:log-group:/aws/vendedlogs/states/",
        "streams of one log group",
    ),
    ("dynamodb:table/", "the one stream of one table"),
];

/// Protection: least privilege. What is left open in a name is open to whoever gets hold of a function.
#[test]
fn every_star_in_a_policy_has_its_reason() {
    let mut open = BTreeSet::new();
    for (whose, lines) in ["functions", "machines", "others"].into_iter().flat_map(lines) {
        for (action, resource) in lines {
            assert!(!action.contains('*'), "{whose} may do {action}");
            if let Some(named) = resource.strip_suffix('*')
                && !named.contains('*')
                && MADE_LATER
                    .iter()
                    .any(|(beginning, _)| is_of_one(named, beginning))
            {
                continue;
            }
            if resource.contains('*') {
                open.insert((resource, action));
            }
        }
    }
    let reasons = REASONS.iter().flat_map(|(resource, actions, _)| {
        let owned = move |action: &&str| ((*resource).to_owned(), (*action).to_owned());
        actions.iter().map(owned)
    });
    assert_eq!(open, reasons.collect());
}

/// Whether a name is this beginning, and whatever is open after it belongs to one thing of the template.
fn is_of_one(named: &str, beginning: &str) -> bool {
    let Some(rest) = named.strip_prefix(beginning) else {
        return false;
    };
    match rest.strip_suffix("/stream/").or(rest.strip_suffix(':')) {
        Some(thing) => !thing.is_empty() && thing.chars().all(char::is_alphanumeric),
        None => rest.is_empty(),
    }
}
