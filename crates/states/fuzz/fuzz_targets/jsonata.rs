//! Any text as a JSONata expression: it yields something or fails.
#![no_main]

use libfuzzer_sys::fuzz_target;
use states_fuzz::run;

// A panic of the evaluator is caught and is an error of the expression; the fuzzer's own hook would end the process.
fuzz_target!(init: { std::panic::set_hook(Box::new(|_| {})) }, |expression: &str| {
    run(&serde_json::json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": {
        "Type": "Pass", "Output": format!("{{% {expression} %}}"), "End": true } } }));
});
