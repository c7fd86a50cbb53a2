//! Example events, one for each function, for whoever runs a function by itself: each is what the function reads.

use crate::deployed::{named, of_type, resources};
use crate::engine::{Aws, Shop};
use crate::project::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The event of each function, by the function's name.
fn events() -> BTreeMap<String, Value> {
    fs::read_dir(root().join("tests/events"))
        .expect("there are events")
        .map(|entry| {
            let path = entry.expect("it can be listed").path();
            let text = fs::read_to_string(&path).expect("it can be read");
            let event = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            let name = path.file_stem().expect("it has a name").to_string_lossy();
            (name.into_owned(), event)
        })
        .collect()
}

/// `lock-ticket` of `LockTicketFunction`.
fn folder(function: &str) -> &str {
    resources()[function]["Properties"]["FunctionName"]["Fn::Sub"]
        .as_str()
        .and_then(|name| name.strip_prefix("${AWS::StackName}-"))
        .unwrap_or_else(|| panic!("{function} has no name"))
}

#[test]
fn every_function_has_an_example_event_and_every_event_a_function() {
    let functions: BTreeSet<String> = of_type("AWS::Lambda::Function")
        .map(|(name, _)| folder(name).to_owned())
        .collect();
    assert_eq!(events().into_keys().collect::<BTreeSet<_>>(), functions);
}

/// A request that the API would never hand to this function shows nothing.
#[test]
fn every_request_comes_by_a_route_that_leads_to_its_function() {
    let events = events();
    let mut requests = 0;
    for (name, event) in events.iter().filter(|(_, event)| event["version"] == "2.0") {
        let route = of_type("AWS::ApiGatewayV2::Route")
            .find(|(_, route)| route["RouteKey"] == event["routeKey"])
            .unwrap_or_else(|| panic!("{name}: there is no route {}", event["routeKey"]));
        let target = route.1["Target"]["Fn::Sub"].as_str().unwrap_or_default();
        let integration = target
            .strip_prefix("integrations/${")
            .and_then(|rest| rest.strip_suffix('}'))
            .expect("a route leads to an integration");
        let uri = &resources()[integration]["Properties"]["IntegrationUri"];
        assert_eq!(folder(named(uri).expect("it leads to a function")), name);
        assert_eq!(
            event["rawPath"], event["requestContext"]["http"]["path"],
            "{name}"
        );
        requests += 1;
    }
    assert!(requests >= 15, "{requests}");
}

/// A queue's consumer gives back what it cannot read, as it gives back what it cannot do now; so its types are asked.
#[test]
fn every_message_is_what_its_consumer_reads() {
    let events = events();
    let body = |name: &str| {
        let text = events[name]["Records"][0]["body"]
            .as_str()
            .expect("a message has a body");
        text.to_owned()
    };
    serde_json::from_str::<request_payment::Message>(&body("request-payment")).expect("it is read");
    serde_json::from_str::<supply_ingredient::Message>(&body("supply-ingredient")).expect("it is read");
    serde_json::from_str::<receive_ingredient::Message>(&body("receive-ingredient")).expect("it is read");
    let event: Value = serde_json::from_str(&body("send-webhook")).expect("an event is JSON");
    assert!(event["id"].is_string());
    for (name, event) in &events {
        let source = event["Records"][0]["eventSourceARN"].as_str().unwrap_or_default();
        let tested = [
            "receive-ingredient",
            "request-payment",
            "send-webhook",
            "supply-ingredient",
        ];
        assert_eq!(
            source.contains(":sqs:"),
            tested.contains(&name.as_str()),
            "{name}"
        );
    }
}

/// What a function says of an event that it cannot read (`crates/shell`, and its libraries).
const UNREAD: [&str; 4] = [
    "is not what the step reads",
    "is not JSON",
    "missing field",
    "invalid type",
];

/// How a function took its event; a refusal of what is in it is as good as anything.
async fn takes(aws: &Aws, name: &str, event: &Value) -> Result<(), String> {
    match aws.invoke(name, event).await {
        Err((kind, message)) if UNREAD.iter().any(|words| message.contains(words)) => {
            Err(format!("{name} cannot read its event: {kind}: {message}"))
        }
        Ok(answer) if event["requestContext"].is_object() => match answer["statusCode"].as_u64() {
            Some(200..500) => Ok(()),
            _ => Err(format!("{name} answers {answer}")),
        },
        _ => Ok(()),
    }
}

#[tokio::test]
async fn every_example_event_is_read_by_its_function() {
    let shop = Shop::patient();
    let mut broken = Vec::new();
    for (name, event) in events() {
        let function = resources().iter().find(|(_, made)| {
            made["Properties"]["FunctionName"]["Fn::Sub"] == format!("${{AWS::StackName}}-{name}")
        });
        // The generator is deployed only where it is wanted.
        if function.is_none_or(|(_, made)| made.get("Condition").is_some()) {
            continue;
        }
        broken.extend(takes(&shop.aws, &name, &event).await.err());
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
