//! What must be true of every history, whatever its machine does.

use std::collections::BTreeMap;
use std::fmt::Display;

use states::execution::{EVENTS_MAX, Execution, Status};
use states::history::Details;
use states::{EventType, HistoryEvent};

/// How often the retriers of one state try again, all together.
const RETRIES_MAX: usize = 3;

/// Fails unless the history of an execution that has ended is one that could have happened. `shows_all` says that its
/// machine has no paths: of one that leads nowhere there is no event, so what is tried again then cannot be seen.
pub fn check(execution: &Execution, shows_all: bool, about: &dyn Display) {
    let history = execution.history();
    let ended = execution.ended().unwrap_or_else(|| panic!("it goes on: {about}"));
    assert!(history.len() <= EVENTS_MAX, "{about}");
    check_order(history, about);
    let retries = retries(history);
    let entered = count(history, |event| event.event_type.name().ends_with("StateEntered"));
    let transitions = usize::try_from(execution.transitions()).unwrap();
    let is_counted = match shows_all {
        true => transitions == entered + retries,
        false => (entered + retries..=entered * (1 + RETRIES_MAX)).contains(&transitions),
    };
    assert!(
        is_counted,
        "{transitions} transitions, {entered} states entered, {retries} tried again: {about}"
    );
    // What ends all of an execution at once leaves its states and iterations as they are.
    let failure = ended
        .failure
        .as_ref()
        .and_then(|failure| failure.error.as_deref());
    let is_whole = match ended.status {
        Status::Succeeded => true,
        Status::Failed => failure != Some("States.Runtime"),
        _ => false,
    };
    check_iterations(history, is_whole, about);
    check_map_runs(history, is_whole, about);
    let is_smooth = transitions == entered && !history.iter().any(is_failure);
    check_states(history, is_whole && (shows_all || is_smooth), about);
}

fn count(history: &[HistoryEvent], is: impl Fn(&&HistoryEvent) -> bool) -> usize {
    history.iter().filter(is).count()
}

fn check_order(history: &[HistoryEvent], about: &dyn Display) {
    let mut at_ms = 0;
    for (event, id) in history.iter().zip(1..) {
        assert_eq!(event.id, id, "{about}");
        assert!(event.previous_id < id, "event {id}: {about}");
        assert!(event.at_ms >= at_ms, "time goes back before event {id}: {about}");
        at_ms = event.at_ms;
        let is_end = matches!(
            event.event_type,
            EventType::ExecutionSucceeded
                | EventType::ExecutionFailed
                | EventType::ExecutionTimedOut
                | EventType::ExecutionAborted
        );
        assert_eq!(is_end, id as usize == history.len(), "event {id}: {about}");
    }
}

fn is_failure(event: &HistoryEvent) -> bool {
    let name = event.event_type.name();
    ["Failed", "TimedOut", "Aborted"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// How often something was tried again: its work begins, or its fields fail, not right after the state was entered.
fn retries(history: &[HistoryEvent]) -> usize {
    count(history, |event| {
        let Some(before) = history.get((event.previous_id as usize).wrapping_sub(1)) else {
            return false;
        };
        match event.event_type {
            EventType::LambdaFunctionScheduled
            | EventType::TaskScheduled
            | EventType::MapStateStarted
            | EventType::ParallelStateStarted => !before.event_type.name().ends_with("StateEntered"),
            EventType::EvaluationFailed => is_failure(before),
            _ => false,
        }
    })
}

/// Every iteration that was started has one end.
fn check_iterations(history: &[HistoryEvent], is_whole: bool, about: &dyn Display) {
    let mut open: BTreeMap<(&str, usize), i64> = BTreeMap::new();
    for event in history {
        let Details::Iteration { name, index } = &event.details else {
            continue;
        };
        let open = open.entry((&**name, *index)).or_default();
        *open += match event.event_type {
            EventType::MapIterationStarted => 1,
            _ => -1,
        };
        assert!(*open >= 0, "iteration {index} of {name} ends twice: {about}");
    }
    open.retain(|_, open| *open > 0);
    assert!(!is_whole || open.is_empty(), "no end of {open:?}: {about}");
}

fn check_map_runs(history: &[HistoryEvent], is_whole: bool, about: &dyn Display) {
    let started = count(history, |event| event.event_type == EventType::MapRunStarted);
    let ended = count(history, |event| {
        matches!(
            event.event_type,
            EventType::MapRunSucceeded | EventType::MapRunFailed | EventType::MapRunAborted
        )
    });
    assert!(ended <= started, "{about}");
    assert!(
        !is_whole || ended == started,
        "{ended} of {started} map runs: {about}"
    );
}

/// Every state that was entered is exited, or failed, or was aborted.
fn check_states(history: &[HistoryEvent], is_whole: bool, about: &dyn Display) {
    let mut open: BTreeMap<&str, i64> = BTreeMap::new();
    for event in history {
        let (name, more) = match &event.details {
            Details::StateEntered { name, .. } => (name, 1),
            Details::StateExited { name, .. } => (name, -1),
            _ => continue,
        };
        let open = open.entry(&**name).or_default();
        *open += more;
        assert!(*open >= 0, "{name} is exited and was not entered: {about}");
    }
    if !is_whole {
        return;
    }
    let of_type = |name: &str| count(history, |event| event.event_type.name() == name);
    let of_any = |ends: &[&str]| {
        count(history, |event| {
            let name = event.event_type.name();
            !name.starts_with("Map")
                && !name.starts_with("Execution")
                && ends.iter().any(|end| name.ends_with(end))
        })
    };
    for kind in ["Task", "Wait", "Map", "Parallel", "Pass", "Choice", "Succeed"] {
        let unexited = of_type(&format!("{kind}StateEntered")) - of_type(&format!("{kind}StateExited"));
        let aborted = of_type(&format!("{kind}StateAborted"));
        let failed = match kind {
            "Task" => of_any(&["Failed", "TimedOut"]),
            "Map" | "Parallel" => of_type(&format!("{kind}StateFailed")) + of_type("EvaluationFailed"),
            _ => of_type("EvaluationFailed"),
        };
        assert!(
            (aborted..=aborted + failed).contains(&unexited),
            "{kind}: {unexited} were not exited, {aborted} aborted, {failed} failed: {about}"
        );
    }
}
