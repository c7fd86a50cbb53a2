//! How an import goes on, waits and ends, without a source.

use super::*;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_ms(1_000_000);

fn import(kind: &str) -> Import {
    let owner_id = UserId::from_random([1; 16]);
    serde_json::from_value(json!({
        "source": { "kind": kind, "url": "http://127.0.0.1:1/x" }, "owner_id": owner_id,
    }))
    .unwrap()
}

fn retry_ms(refusal: &Refusal) -> i64 {
    let Refusal::SourceBusy { retry_at, .. } = refusal else {
        panic!("{refusal:?}");
    };
    Timestamp::parse_rfc3339(retry_at).unwrap().as_ms() - NOW.as_ms()
}

#[test]
fn a_source_and_an_owner_are_enough_to_begin() {
    let import = import("api");
    assert_eq!(import.check(), Ok(()));
    assert_eq!((import.from, import.to, import.stock_each), (1, None, 100));
    assert!(!import.is_done);
}

#[test]
fn each_field_out_of_bounds_is_named() {
    let wrong = Import {
        source: Source {
            kind: Kind::Api,
            url: "file:///etc/passwd".to_owned(),
        },
        from: PAGES_MAX + 1,
        to: Some(2),
        stock_each: u32::MAX,
        rows_each: 0,
        pause_ms: Some(u32::MAX),
        ..import("api")
    };
    let Err(Refusal::InvalidInput { errors }) = wrong.check() else {
        panic!("it is wrong");
    };
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["source.url", "from", "to", "stock_each", "rows_each", "pause_ms"]
    );
}

fn refused(import: &Import) -> Vec<String> {
    match import.check() {
        Ok(()) => Vec::new(),
        Err(Refusal::InvalidInput { errors }) => errors.into_iter().map(|error| error.field).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

/// Protection: an execution that has 25,000 events, or is over its day, ends without saying at which row.
#[test]
fn an_import_that_would_need_too_many_rounds_or_too_long_pauses_is_refused_at_its_beginning() {
    let dump = |from, to, rows_each, pause_ms| {
        refused(&Import {
            from,
            to,
            rows_each,
            pause_ms,
            ..import("dump")
        })
    };
    let none = Vec::<String>::new();
    assert_eq!(dump(1, None, ROWS_EACH_MAX, None), none);
    assert_eq!(dump(1, None, 500, None), none);
    assert_eq!(dump(1, None, 499, None), ["rows_each"]);
    // Near the end there are fewer left, and what began well goes on well.
    assert_eq!(dump(ROWS_MAX - 9, None, 1, None), none);
    assert_eq!(dump(1, Some(1_000), 1, None), none);
    assert_eq!(dump(1, Some(1_001), 1, None), ["rows_each"]);
    assert_eq!(dump(1, None, 5_000, Some(600_000)), none);
    assert_eq!(dump(1, None, 4_999, Some(600_000)), ["pause_ms"]);
    let pauses = |pause_ms, backoff_ms| {
        refused(&Import {
            pause_ms: Some(pause_ms),
            backoff_ms,
            ..import("api")
        })
    };
    assert_eq!(pauses(600_000, 600_000), none);
    assert_eq!(pauses(600_001, 0), ["pause_ms"]);
    assert_eq!(pauses(0, 600_001), ["pause_ms"]);
}

/// Protection: as above. The sums, so that nobody changes one number alone.
#[test]
fn rounds_and_pauses_fit_into_a_history_and_a_day() {
    let definition = include_str!("../../../../workflows/import-products.asl.json");
    let definition: serde_json::Value = serde_json::from_str(definition).unwrap();
    let day_s = definition["TimeoutSeconds"].as_u64().unwrap();
    assert!(PAUSES_MS_MAX / 1_000 <= day_s * 3 / 4);
    // A call that runs out of time has stored for a minute.
    let rounds = SLICES_MAX + day_s / 60;
    assert!(rounds * 9 < 25_000, "{rounds}");
    assert!(ROWS_MAX / u64::from(ROWS_EACH_MAX) <= SLICES_MAX);
    let template = include_str!("../../../../template.yaml");
    let parameter = template.split("  ImportPauseMs:").nth(1).unwrap();
    let bound = parameter.split("MaxValue: ").nth(1).unwrap();
    assert!(bound.starts_with(&format!("{PAUSE_MS_MAX}\n")));
}

#[test]
fn a_field_that_does_not_exist_is_refused() {
    let mut json = serde_json::to_value(import("api")).unwrap();
    json["from_page"] = json!(7);
    assert!(serde_json::from_value::<Import>(json).is_err());
}

#[test]
fn pages_are_apart_and_slices_of_a_dump_are_not() {
    let turn = |import: Import| import.go_on(Some(2), NOW, 6_000).turn_at.unwrap();
    assert_eq!(turn(import("api")), NOW.plus_ms(6_000).to_rfc3339());
    assert_eq!(turn(import("dump")), NOW.to_rfc3339());
    let hasty = Import {
        pause_ms: Some(0),
        ..import("api")
    };
    assert_eq!(turn(hasty), NOW.to_rfc3339());
}

#[test]
fn an_import_ends_at_the_page_that_was_asked_for_and_at_the_latest_at_the_hundredth() {
    let asked = Import {
        to: Some(3),
        ..import("api")
    };
    assert!(!asked.clone().go_on(Some(3), NOW, 0).is_done);
    let done = asked.go_on(Some(4), NOW, 0);
    assert!(done.is_done && done.turn_at.is_none());
    let greedy = Import {
        to: Some(1_000),
        ..import("api")
    };
    assert!(!greedy.clone().go_on(Some(100), NOW, 0).is_done);
    assert!(greedy.go_on(Some(101), NOW, 0).is_done);
}

#[test]
fn a_dump_is_read_no_further_than_asked_for() {
    let asked = Import {
        from: 991,
        to: Some(1_000),
        ..import("dump")
    };
    assert_eq!(asked.rows_max(), 10);
    assert_eq!(import("dump").rows_max(), ROWS_EACH_MAX);
}

/// Protection: a dump that is longer than can be imported does not end as if it had been imported whole.
#[test]
fn a_dump_that_is_too_long_says_so_behind_its_last_possible_row() {
    let further = import("dump").go_on(Some(ROWS_MAX + 1), NOW, 0);
    assert!(!further.is_done);
    let refused = further.check_reach();
    assert!(
        matches!(&refused, Err(Refusal::SourceUnusable { why }) if why.contains("split the file")),
        "{refused:?}"
    );
    let last = import("dump").go_on(Some(ROWS_MAX), NOW, 0);
    assert_eq!(
        (last.check_reach(), last.check(), last.rows_max()),
        (Ok(()), Ok(()), 1)
    );
    let asked = Import {
        to: Some(ROWS_MAX),
        ..import("dump")
    };
    assert!(asked.go_on(Some(ROWS_MAX + 1), NOW, 0).is_done);
}

#[test]
fn each_wait_for_a_busy_source_is_twice_the_last_and_the_seventh_try_is_the_last() {
    let waits: Vec<i64> = (0..TRIES_MAX - 1)
        .map(|tries| {
            let import = Import {
                tries,
                ..import("api")
            };
            retry_ms(&import.refuse_for_now("503".to_owned(), None, NOW))
        })
        .collect();
    assert_eq!(waits, [5_000, 10_000, 20_000, 40_000, 80_000, 160_000]);
    let last = Import {
        tries: TRIES_MAX - 1,
        ..import("api")
    };
    assert_eq!(
        last.refuse_for_now("503".to_owned(), None, NOW),
        Refusal::SourceDown {
            tries: TRIES_MAX,
            why: "503".to_owned()
        }
    );
}

#[test]
fn a_source_that_says_when_is_believed_within_an_hour() {
    let wait = |retry_after| retry_ms(&import("api").refuse_for_now(String::new(), Some(retry_after), NOW));
    assert_eq!(wait(RetryAfter::Seconds(120)), 120_000);
    // Sooner than we would have come by ourselves.
    assert_eq!(wait(RetryAfter::Seconds(0)), 5_000);
    assert_eq!(wait(RetryAfter::Seconds(u32::MAX)), 3_600_000);
    assert_eq!(wait(RetryAfter::At(NOW.plus_s(60))), 60_000);
    assert_eq!(wait(RetryAfter::At(Timestamp::from_ms(0))), 5_000);
}
