//! Where a distributed map's items come from and where its results go.

use serde_json::{Value, json};

use super::super::{
    Code, Format, HEADER_BYTES_MAX, Kind, Machine, MachineType, OutputType, Reader, Source, Template,
    Transformation, Writer,
};

const GET_OBJECT: &str = "arn:aws:states:::s3:getObject";
const LIST_OBJECTS: &str = "arn:aws:states:::s3:listObjectsV2";
const PUT_OBJECT: &str = "arn:aws:states:::s3:putObject";

/// What comes of a distributed map's ItemReader and ResultWriter, and the complaints with their places.
fn read(fields: &Value, language: &str) -> (Option<Reader>, Option<Writer>, Vec<(Code, String)>) {
    let mut map = json!({ "Type": "Map", "QueryLanguage": language, "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "X", "States": { "X": { "Type": "Succeed" } } } });
    for (name, value) in fields.as_object().unwrap() {
        map[name] = value.clone();
    }
    let definition = json!({ "StartAt": "M", "States": { "M": map } }).to_string();
    let machine = match Machine::parse(&definition, MachineType::Standard) {
        Ok(machine) => machine,
        Err(found) => {
            let complaints = found.into_iter().map(|found| (found.code, found.location));
            return (None, None, complaints.collect());
        }
    };
    let mut states = machine.flows.into_iter().flat_map(|flow| flow.states);
    let distributed = states.find_map(|state| match state.kind {
        Kind::Map(map) => map.distributed,
        _ => None,
    });
    let distributed = distributed.unwrap();
    (distributed.reader, distributed.writer, Vec::new())
}

fn reader(resource: &str, config: Value, arguments: Value) -> Value {
    json!({ "ItemReader": { "Resource": resource, "ReaderConfig": config, "Arguments": arguments } })
}

fn of_object(config: Value) -> Value {
    reader(GET_OBJECT, config, json!({ "Bucket": "b", "Key": "{% $k %}" }))
}

#[test]
fn every_source_is_read_in_both_languages() {
    for (state, source) in [
        (
            of_object(json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" })),
            Source::Object(Format::Csv {
                headers: None,
                delimiter: b',',
            }),
        ),
        (
            of_object(
                json!({ "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"],
                "CSVDelimiter": "TAB", "MaxItems": "{% $n %}" }),
            ),
            Source::Object(Format::Csv {
                headers: Some(vec!["a".to_owned(), "b".to_owned()]),
                delimiter: b'\t',
            }),
        ),
        (
            of_object(json!({ "InputType": "JSON", "ItemsPointer": "/a~1b/0" })),
            Source::Object(Format::Json {
                pointer: "/a~1b/0".to_owned(),
            }),
        ),
        (
            json!({ "ItemReader": { "Resource": LIST_OBJECTS, "Arguments": "{% $where %}" } }),
            Source::Listing,
        ),
        (
            reader(
                LIST_OBJECTS,
                json!({ "InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN" }),
                json!({ "Bucket": "b", "Prefix": "p/" }),
            ),
            Source::Objects(Format::JsonLines),
        ),
    ] {
        let (found, _, complaints) = read(&state, "JSONata");
        assert_eq!(complaints, [], "{state}");
        assert_eq!(found.unwrap().source, source);
    }
    let paths = json!({ "ItemReader": { "Resource": GET_OBJECT,
        "ReaderConfig": { "InputType": "JSON", "MaxItemsPath": "$.n" },
        "Parameters": { "Bucket.$": "$.b", "Key": "k" } } });
    let (found, _, complaints) = read(&paths, "JSONPath");
    assert_eq!(complaints, []);
    let found = found.unwrap();
    assert_eq!(found.arguments.member_names(), ["Bucket", "Key"]);
    assert!(matches!(found.items_max, Some(Template::Path(_))));
}

#[test]
fn what_a_reader_cannot_have_is_refused_at_its_place() {
    let config = |name: &str| format!("/States/M/ItemReader/ReaderConfig{name}");
    let own = |name: &str| format!("/States/M/ItemReader{name}");
    let csv = |more: Value| {
        let mut config = json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        of_object(config)
    };
    let place = json!({ "Bucket": "b", "Key": "k" });
    let with = |config: Value| reader(GET_OBJECT, config, place.clone());
    let json_lines = json!({ "InputType": "JSONL" });
    for (state, code, location) in [
        (
            with(json!({ "InputType": "PARQUET" })),
            Code::NotSupported,
            config("/InputType"),
        ),
        (
            with(json!({ "InputType": "MANIFEST" })),
            Code::NotSupported,
            config("/InputType"),
        ),
        (
            with(json!({ "InputType": "JSONL", "ManifestType": "ATHENA_DATA" })),
            Code::NotSupported,
            config("/ManifestType"),
        ),
        (
            with(json!({ "InputType": "XML" })),
            Code::Schema,
            config("/InputType"),
        ),
        (with(json!({})), Code::Schema, config("")),
        (with(json!({ "InputType": "CSV" })), Code::Schema, config("")),
        (
            csv(json!({ "CSVHeaderLocation": "LAST_ROW" })),
            Code::Schema,
            config("/CSVHeaderLocation"),
        ),
        (
            csv(json!({ "CSVHeaderLocation": "GIVEN" })),
            Code::Schema,
            config(""),
        ),
        (
            csv(json!({ "CSVHeaderLocation": "GIVEN", "CSVHeaders": [1] })),
            Code::Schema,
            config("/CSVHeaders"),
        ),
        (
            csv(json!({ "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x".repeat(HEADER_BYTES_MAX)] })),
            Code::Schema,
            config("/CSVHeaders"),
        ),
        (
            csv(json!({ "CSVHeaders": ["a"] })),
            Code::Schema,
            config("/CSVHeaders"),
        ),
        (
            csv(json!({ "CSVDelimiter": ";" })),
            Code::Schema,
            config("/CSVDelimiter"),
        ),
        (
            csv(json!({ "ItemsPointer": "/a" })),
            Code::Schema,
            config("/ItemsPointer"),
        ),
        (csv(json!({ "MaxItems": -1 })), Code::Schema, config("/MaxItems")),
        (
            csv(json!({ "MaxItemsPath": "$.n" })),
            Code::Schema,
            config("/MaxItemsPath"),
        ),
        (
            csv(json!({ "Transformation": "NONE" })),
            Code::Schema,
            config("/Transformation"),
        ),
        (
            with(json!({ "InputType": "JSON", "ItemsPointer": "a" })),
            Code::Schema,
            config("/ItemsPointer"),
        ),
        (
            with(json!({ "InputType": "JSON", "ItemsPointer": "/a~2" })),
            Code::Schema,
            config("/ItemsPointer"),
        ),
        (
            reader(
                "arn:aws:states:::s3:headObject",
                json_lines.clone(),
                place.clone(),
            ),
            Code::Schema,
            own("/Resource"),
        ),
        (
            reader(GET_OBJECT, json_lines.clone(), json!({ "Bucket": "b" })),
            Code::Schema,
            own("/Arguments"),
        ),
        (
            reader(
                GET_OBJECT,
                json_lines.clone(),
                json!({ "Bucket": "b", "Key": "k", "Range": "1" }),
            ),
            Code::NotSupported,
            own("/Arguments/Range"),
        ),
        (
            reader(
                LIST_OBJECTS,
                json!({ "Transformation": "FLATTEN" }),
                json!({ "Bucket": "b" }),
            ),
            Code::Schema,
            config("/Transformation"),
        ),
        (
            reader(
                LIST_OBJECTS,
                json!({ "Transformation": "LOAD_AND_FLATTEN" }),
                json!({ "Bucket": "b" }),
            ),
            Code::Schema,
            config(""),
        ),
        (
            json!({ "ItemReader": { "Resource": GET_OBJECT, "Arguments": place } }),
            Code::Schema,
            own(""),
        ),
        (
            json!({ "ItemReader": { "Resource": GET_OBJECT, "ReaderConfig": json_lines, "Parameters": {} } }),
            Code::Schema,
            own("/Parameters"),
        ),
    ] {
        let (_, _, complaints) = read(&state, "JSONata");
        let expected = (code, location);
        assert!(complaints.contains(&expected), "{state}: {complaints:?}");
    }
}

#[test]
fn a_writer_shapes_results_or_exports_them_or_both() {
    let place = json!({ "Bucket": "b", "Prefix": "p" });
    for (fields, expected, is_exported) in [
        (
            json!({ "WriterConfig": { "Transformation": "FLATTEN", "OutputType": "JSONL" } }),
            (Transformation::Flatten, OutputType::JsonLines),
            false,
        ),
        (
            json!({ "WriterConfig": {} }),
            (Transformation::Compact, OutputType::Json),
            false,
        ),
        (
            json!({ "Resource": PUT_OBJECT, "Arguments": place }),
            (Transformation::None, OutputType::Json),
            true,
        ),
        (
            json!({ "Resource": PUT_OBJECT, "Arguments": place, "WriterConfig": { "Transformation": "COMPACT" } }),
            (Transformation::Compact, OutputType::Json),
            true,
        ),
    ] {
        let (_, writer, complaints) = read(&json!({ "ResultWriter": fields }), "JSONata");
        assert_eq!(complaints, [], "{fields}");
        let writer = writer.unwrap();
        assert_eq!((writer.transformation, writer.output_type), expected);
        assert_eq!(writer.arguments.is_some(), is_exported);
    }
    for (fields, location) in [
        (json!({}), ""),
        (json!({ "Arguments": place }), ""),
        (json!({ "Arguments": place, "WriterConfig": {} }), ""),
        (json!({ "Resource": PUT_OBJECT }), ""),
        (
            json!({ "Resource": PUT_OBJECT, "Arguments": { "Bucket": "b" } }),
            "/Arguments",
        ),
        (json!({ "Resource": GET_OBJECT, "Arguments": place }), "/Resource"),
        (
            json!({ "WriterConfig": { "Transformation": "ALL" } }),
            "/WriterConfig/Transformation",
        ),
        (
            json!({ "WriterConfig": { "OutputType": "CSV" } }),
            "/WriterConfig/OutputType",
        ),
    ] {
        let (_, _, complaints) = read(&json!({ "ResultWriter": fields }), "JSONata");
        let expected = (Code::Schema, format!("/States/M/ResultWriter{location}"));
        assert!(complaints.contains(&expected), "{fields}: {complaints:?}");
    }
}
