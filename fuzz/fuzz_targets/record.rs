//! Any text as a recorded execution: played, or refused by the place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use states::replay::replay;

// A panic of the evaluator is caught and is an error of the expression; the fuzzer's own hook would end the process.
fuzz_target!(init: { std::panic::set_hook(Box::new(|_| {})) }, |text: &str| {
    match replay(text, None) {
        Ok(played) => assert!(!played.made.is_empty()),
        Err(refused) => assert!(!refused.why.is_empty()),
    }
});
