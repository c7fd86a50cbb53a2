//! What schemathesis is told for one person's run: the session, what is known of the shop, what is left out and why.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::asked::Asked;
use super::scene::{Scene, Who};
use crate::failure::{Result, While};

/// Which parameter or field takes which known values. The rest of the time it takes whatever is made up.
const TAKES: [(&str, &str); 22] = [
    ("path.ticket_id", "ticket"),
    ("path.order_id", "order"),
    ("path.device_id", "device"),
    ("path.product_id", "product"),
    ("path.link_id", "link"),
    ("path.code", "code"),
    ("path.place", "place"),
    ("path.ingredient", "ingredient"),
    ("query.arn", "execution"),
    ("query.queue", "queue"),
    ("query.category", "category"),
    ("body.lines[*].ticketId", "ticket"),
    ("body.lines[*].productId", "product"),
    ("body.lines[*].dishId", "dish"),
    ("body.watches[*].productId", "product"),
    ("body.productId", "product"),
    ("body.categoryIds[*]", "category"),
    ("body.deviceId", "device"),
    ("body.payment.token", "card"),
    ("body.token", "card"),
    ("body.stateMachineArn", "machine"),
    ("body.queue", "queue"),
];

/// Where one person's settings lie.
pub(super) struct Settings {
    pub options: PathBuf,
    pub description: PathBuf,
}

/// Writes them into a folder.
pub(super) fn write(
    folder: &Path,
    description: &Value,
    scene: &Scene,
    who: Who,
    asked: &Asked,
) -> Result<Settings> {
    let settings = Settings {
        options: folder.join("schemathesis.toml"),
        description: folder.join("openapi.json"),
    };
    let described = with_examples(description.clone(), scene).to_string();
    for (path, text) in [
        (&settings.options, options(scene, who, asked)),
        (&settings.description, described),
    ] {
        fs::write(path, text).while_doing(format!("write {}", path.display()))?;
    }
    Ok(settings)
}

fn options(scene: &Scene, who: Who, asked: &Asked) -> String {
    let mut text = format!(
        r#"warnings = false
# Longer than a gateway gives a function.
request-timeout = 40

[checks]
# Much of what the shape of a request allows is refused for what it says: a cursor that is none of ours, an id of nothing.
positive_data_acceptance.enabled = false
# Which methods a path has, on AWS the gateway knows and not the function that answers for paths without a route: 404.
unsupported_method.enabled = false

[phases.coverage]
unexpected-methods = {}
"#,
        json!(asked.unexpected_methods())
    );
    if let Some(token) = &scene.token {
        // Said as what it is, so that it is left out where a request without a session is to be refused.
        let _ = writeln!(text, "\n[auth.openapi]\nbearer = {{ bearer = {} }}", json!(token));
    }
    if who != Who::Stranger {
        // Whoever signs out is somebody else for the rest of the run.
        text += "\n[[operations]]\ninclude-operation-id = \"sign_out\"\nenabled = false\n";
    }
    if who == Who::Operator {
        // What they do when asked rightly is to break things; asked wrongly they must not.
        text += "\n[[operations]]\ninclude-operation-id = [\"set_fault\", \"pass_time\", \"set_conditions\"]\n\
            generation.mode = \"negative\"\n";
    }
    if scene.known.contains_key("machine") {
        text += "\n[[operations]]\ninclude-operation-id = \"describe_machine\"\n\
            parameters = { \"query.arn\" = { dictionary = \"machine\", probability = 0.6 } }\n";
    }
    for (name, values) in &scene.known {
        let _ = writeln!(text, "\n[dictionaries.{name}]\nvalues = {}", json!(values));
    }
    text += "\n[parameters]\n";
    for (place, name) in TAKES {
        if scene.known.contains_key(name) {
            let _ = writeln!(
                text,
                "{} = {{ dictionary = \"{name}\", probability = 0.6 }}",
                json!(place)
            );
        }
    }
    text
}

/// The description with bodies of this shop as its examples, where nothing made up would do.
fn with_examples(mut description: Value, scene: &Scene) -> Value {
    let paths = description["paths"].as_object_mut().into_iter().flatten();
    let operations =
        paths.flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten().map(|(_, one)| one));
    for operation in operations {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if let Some(body) = scene.bodies.get(id.as_str()) {
            operation["requestBody"]["content"]["application/json"]["example"] = body.clone();
        }
        // Who asks to wait is let wait, up to 25 s; what that is worth, other tests say.
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            parameters.retain(|parameter| parameter["name"] != "wait");
        }
        for parameter in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            let place = format!(
                "{}.{}",
                parameter["in"].as_str().unwrap_or_default(),
                parameter["name"].as_str().unwrap_or_default()
            );
            // The one ARN that is not an execution's.
            let taken = match (id.as_str(), TAKES.iter().find(|(taker, _)| *taker == place)) {
                ("describe_machine", Some(_)) => Some("machine"),
                (_, taken) => taken.map(|(_, name)| *name),
            };
            let known = taken.and_then(|name| scene.known.get(name));
            if let Some(values) = known
                && parameter["required"] == true
            {
                let examples = values
                    .iter()
                    .enumerate()
                    .map(|(number, value)| (format!("known{number}"), json!({ "value": value })));
                parameter["examples"] = Value::Object(examples.collect());
            }
        }
    }
    description
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn scene() -> Scene {
        Scene {
            token: Some("v1.a.b".to_owned()),
            known: BTreeMap::from([("ticket", vec!["tkt_1".to_owned(), "tkt_2".to_owned()])]),
            bodies: BTreeMap::from([("create_ticket", json!({ "title": "Seat" }))]),
        }
    }

    #[test]
    fn what_is_known_stands_in_the_description_as_examples() {
        let description = json!({ "paths": { "/api/tickets/{ticket_id}": { "put": {
            "operationId": "create_ticket",
            "parameters": [
                { "name": "ticket_id", "in": "path", "required": true },
                { "name": "Idempotency-Key", "in": "header" },
            ],
            "requestBody": { "content": { "application/json": {} } },
        } } } });
        let described = with_examples(description, &scene());
        let operation = &described["paths"]["/api/tickets/{ticket_id}"]["put"];
        assert_eq!(
            operation["requestBody"]["content"]["application/json"]["example"]["title"],
            "Seat"
        );
        assert_eq!(operation["parameters"][0]["examples"]["known1"]["value"], "tkt_2");
        assert_eq!(operation["parameters"][1].get("examples"), None);
        let without = json!({ "paths": { "/api/shop": { "get": { "operationId": "describe_shop" } } } });
        assert_eq!(with_examples(without.clone(), &scene()), without);
    }

    #[test]
    fn a_buyer_stays_signed_in_and_an_operator_breaks_nothing() {
        let said = |who| options(&scene(), who, &Asked::default());
        let (buyer, operator) = (said(Who::Buyer), said(Who::Operator));
        assert!(
            buyer.contains("bearer = { bearer = \"v1.a.b\" }") && buyer.contains("\"sign_out\""),
            "{buyer}"
        );
        assert!(
            buyer.contains("\"path.ticket_id\" = { dictionary = \"ticket\""),
            "{buyer}"
        );
        assert!(
            !buyer.contains("set_fault") && operator.contains("\"set_fault\""),
            "{operator}"
        );
    }
}
