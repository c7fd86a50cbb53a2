//! The dashboard names only what is there, and leaves nothing out that somebody on call looks for.

use crate::deployed::{names_in, of_type, resources};
use serde_json::Value;
use std::collections::BTreeSet;

/// What CloudFormation fills in: a text with `${Name}` and `${Name.Attribute}`.
fn body() -> &'static str {
    resources()["ShopDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        .as_str()
        .expect("the dashboard is a text to be filled in")
}

/// Every name in the text, without its attribute.
fn names() -> BTreeSet<&'static str> {
    let mut names = Vec::new();
    names_in(
        &resources()["ShopDashboard"]["Properties"]["DashboardBody"],
        &mut names,
    );
    names.into_iter().collect()
}

#[test]
fn the_dashboard_is_json_whose_widgets_lie_beside_each_other() {
    let board: Value = serde_json::from_str(body()).expect("it is JSON");
    let mut taken = BTreeSet::new();
    for widget in board["widgets"].as_array().expect("it has widgets") {
        let at = |side: &str| widget[side].as_u64().unwrap_or_else(|| panic!("{widget}"));
        for x in at("x")..at("x") + at("width") {
            for y in at("y")..at("y") + at("height") {
                assert!(x < 24, "{widget} is too wide");
                assert!(taken.insert((x, y)), "{widget} lies on another");
            }
        }
    }
    assert!(taken.len() > 500, "{}", taken.len());
}

#[test]
fn the_dashboard_names_only_what_is_always_there() {
    for name in names().into_iter().filter(|name| !name.starts_with("AWS::")) {
        let resource = resources()
            .get(name)
            .unwrap_or_else(|| panic!("there is no {name}"));
        assert!(resource.get("Condition").is_none(), "{name} may not be there");
    }
}

#[test]
fn the_dashboard_has_every_alarm_queue_machine_table_and_api() {
    let names = names();
    let missing: Vec<&str> = [
        "AWS::CloudWatch::Alarm",
        "AWS::SQS::Queue",
        "AWS::StepFunctions::StateMachine",
        "AWS::DynamoDB::Table",
        "AWS::ApiGatewayV2::Api",
    ]
    .into_iter()
    .flat_map(of_type)
    .map(|(name, _)| name)
    .filter(|name| resources()[*name].get("Condition").is_none() && !names.contains(name))
    .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Orders are counted by the lines that say what became of them, so the logs of whoever may write orders have to be read.
#[test]
fn orders_are_counted_wherever_they_are_written() {
    let names = names();
    let mut writers = 0;
    for (role, properties) in of_type("AWS::IAM::Role") {
        let Some(function) = role.strip_suffix("Role") else {
            continue;
        };
        let statements = properties["Policies"].as_array().into_iter().flatten();
        let mut writes = false;
        for statement in statements
            .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array())
            .flatten()
        {
            let mut on = Vec::new();
            names_in(&statement["Resource"], &mut on);
            writes |= on.contains(&"OrdersTable") && statement["Action"].to_string().contains("PutItem");
        }
        if writes && resources()[function].get("Condition").is_none() {
            let group = format!("{function}LogGroup");
            assert!(
                names.contains(group.as_str()),
                "{function} writes orders and is not read"
            );
            writers += 1;
        }
    }
    assert!(writers >= 20, "{writers}");
}
