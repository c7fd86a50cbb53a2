//! Opening what there is, and what is left of it after a crash.

use super::*;
use crate::definition::MachineType;
use crate::engine::NewMachine;
use crate::execution::Status;

const WAITING: &str = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},
    "B":{"Type":"Pass","Output":"{% $uuid() %}","End":true}}}"#;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("states-journal-{}-{name}", std::process::id()));
    let _absent = fs::remove_dir_all(&folder).err();
    folder
}

fn record(engine: &mut Engine, journal: &mut Journal, operation: &Operation, at_ms: u64) {
    operation.apply(engine, at_ms).unwrap();
    engine.take_ended();
    let line = operation_line(operation, at_ms).unwrap();
    journal.write(&line, engine.take_events_new()).unwrap();
}

fn started(folder: &Path) -> (Engine, Journal, String) {
    let (mut engine, mut journal) = Journal::open(folder, &Place::default()).unwrap();
    let new = NewMachine {
        name: "m".to_owned(),
        definition: WAITING.to_owned(),
        role_arn: String::new(),
        machine_type: MachineType::Standard,
    };
    record(&mut engine, &mut journal, &Operation::Create(new.into()), 1_000);
    let machine_arn = Place::default().machine_arn("m");
    let start = Operation::Start {
        machine_arn,
        name: Some("e".to_owned()),
        input: "{}".to_owned(),
        trace_header: None,
    };
    record(&mut engine, &mut journal, &start, 2_000);
    (engine, journal, Place::default().execution_arn("m", "e"))
}

#[test]
fn an_engine_comes_back_as_it_was_with_the_same_random_values() {
    let folder = folder("same");
    let (mut engine, mut journal, arn) = started(&folder);
    record(&mut engine, &mut journal, &Operation::Wake, 62_000);
    let output = engine.execution(&arn).unwrap().ended().unwrap().output.clone();
    drop(journal);
    let (again, journal) = Journal::open(&folder, &Place::default()).unwrap();
    assert_eq!(journal.last_ms, 62_000);
    assert_eq!(again.execution(&arn).unwrap().ended().unwrap().output, output);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_half_written_line_is_cut_off_wherever_it_was_cut() {
    let folder = folder("torn");
    let (_, journal, arn) = started(&folder);
    drop(journal);
    let path = folder.join("operations.jsonl");
    let whole = fs::read(&path).unwrap();
    let torn = operation_line(&Operation::Wake, 62_000).unwrap();
    for cut in 0..torn.len() {
        fs::write(&path, [&whole, &torn[..cut]].concat()).unwrap();
        let (engine, _) = Journal::open(&folder, &Place::default()).unwrap();
        assert_eq!(engine.execution(&arn).unwrap().status(), Status::Running);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn two_processes_cannot_have_one_journal() {
    let folder = folder("in-use");
    let (_engine, journal, _) = started(&folder);
    assert!(matches!(
        Journal::open(&folder, &Place::default()),
        Err(JournalError::InUse(_))
    ));
    drop(journal);
    assert!(Journal::open(&folder, &Place::default()).is_ok());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn another_region_and_a_damaged_line_are_refused_by_name() {
    let folder = folder("other");
    let (_, journal, _) = started(&folder);
    drop(journal);
    let elsewhere = Place {
        region: "eu-west-1".to_owned(),
        ..Place::default()
    };
    assert!(matches!(
        Journal::open(&folder, &elsewhere),
        Err(JournalError::Other(..))
    ));
    let path = folder.join("operations.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"not a line\n");
    fs::write(&path, bytes).unwrap();
    assert!(matches!(
        Journal::open(&folder, &Place::default()),
        Err(JournalError::Damaged(_, 4, _))
    ));
    fs::remove_dir_all(folder).unwrap();
}

fn long(journal: &mut Journal) {
    if let Some(disk) = &mut journal.disk {
        disk.bytes = CUT_BYTES_MIN + 1;
    }
}

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

fn saved(engine: &Engine) -> String {
    let mut text = Vec::new();
    engine.save(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_snapshot_takes_the_place_of_the_operations_before_it() {
    let folder = folder("cut");
    let (mut engine, mut journal, arn) = started(&folder);
    long(&mut journal);
    journal.cut(engine.clone(), 2_000, 7_000).unwrap();
    record(&mut engine, &mut journal, &Operation::Wake, 62_000);
    drop(journal);
    assert_eq!(names(&folder), ["lock", "operations-1.jsonl", "snapshot-1.jsonl"]);
    let (again, journal) = Journal::open(&folder, &Place::default()).unwrap();
    assert_eq!((journal.last_ms, journal.ahead_ms), (62_000, 7_000));
    assert_eq!(again.execution(&arn).unwrap().status(), Status::Succeeded);
    assert_eq!(saved(&again), saved(&engine));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_few_short_lines_that_led_to_much_are_worth_a_snapshot() {
    let folder = folder("events");
    let (mut engine, mut journal) = Journal::open(&folder, &Place::default()).unwrap();
    let map = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Map","Items":"{% [1..5000] %}","End":true,
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"B",
        "States":{"B":{"Type":"Pass","End":true}}}}}}"#;
    let new = NewMachine {
        name: "m".to_owned(),
        definition: map.to_owned(),
        role_arn: String::new(),
        machine_type: MachineType::Standard,
    };
    record(&mut engine, &mut journal, &Operation::Create(new.into()), 1_000);
    let start = Operation::Start {
        machine_arn: Place::default().machine_arn("m"),
        name: None,
        input: "{}".to_owned(),
        trace_header: None,
    };
    record(&mut engine, &mut journal, &start, 2_000);
    for at_ms in 2_001..2_004 {
        record(&mut engine, &mut journal, &Operation::Wake, at_ms);
        assert!(!journal.is_long(), "{at_ms}");
    }
    record(&mut engine, &mut journal, &Operation::Wake, 2_004);
    assert!(journal.is_long());
    drop(journal);
    // It is counted again when they are done again.
    let (engine, mut journal) = Journal::open(&folder, &Place::default()).unwrap();
    assert!(journal.is_long());
    journal.cut(engine, 2_004, 0).unwrap();
    assert!(!journal.is_long());
    drop(journal);
    assert_eq!(names(&folder), ["lock", "operations-1.jsonl", "snapshot-1.jsonl"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn whatever_files_a_crash_leaves_the_engine_is_the_same() {
    let (folder, before, after) = (folder("states"), folder("before"), folder("after"));
    let (mut engine, mut journal, _) = started(&folder);
    copy(&folder, &before);
    long(&mut journal);
    journal.cut(engine.clone(), 2_000, 0).unwrap();
    let wake = Operation::Wake;
    record(&mut engine, &mut journal, &wake, 62_000);
    drop(journal);
    copy(&folder, &after);
    let expected = saved(&engine);
    let snapshot = fs::read(after.join("snapshot-1.jsonl")).unwrap();
    let whole = |at: &Path, which: &str| fs::copy(after.join(which), at.join(which)).map(drop).unwrap();
    // Both generations of operations and no snapshot; one that was being written; one that is there although nothing
    // was removed yet; and one of whose predecessors half was removed.
    for leave in 0..4 {
        let crashed = folder.with_extension(leave.to_string());
        copy(&before, &crashed);
        whole(&crashed, "operations-1.jsonl");
        match leave {
            0 => {}
            1 => fs::write(
                crashed.join("snapshot-1.jsonl.new"),
                &snapshot[..snapshot.len() / 2],
            )
            .unwrap(),
            _ => whole(&crashed, "snapshot-1.jsonl"),
        }
        if leave == 3 {
            fs::remove_file(crashed.join("operations.jsonl")).unwrap();
        }
        let (again, journal) = Journal::open(&crashed, &Place::default()).unwrap();
        assert_eq!(saved(&again), expected, "{leave}");
        assert_eq!(journal.last_ms, 62_000);
        drop(journal);
        fs::remove_dir_all(crashed).unwrap();
    }
    for folder in [folder, before, after] {
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_file_that_is_missing_or_torn_in_the_middle_is_refused_by_name() {
    let folder = folder("gap");
    let (_, journal, _) = started(&folder);
    drop(journal);
    let first = fs::read(folder.join("operations.jsonl")).unwrap();
    fs::write(
        folder.join("operations-1.jsonl"),
        first.split_inclusive(|byte| *byte == b'\n').next().unwrap(),
    )
    .unwrap();
    assert!(Journal::open(&folder, &Place::default()).is_ok());
    fs::write(folder.join("operations.jsonl"), &first[..first.len() - 1]).unwrap();
    assert!(matches!(
        Journal::open(&folder, &Place::default()),
        Err(JournalError::Damaged(_, 3, _))
    ));
    fs::remove_file(folder.join("operations.jsonl")).unwrap();
    assert!(matches!(
        Journal::open(&folder, &Place::default()),
        Err(JournalError::Missing(_))
    ));
    fs::remove_dir_all(folder).unwrap();
}
