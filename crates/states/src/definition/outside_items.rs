//! Reading where a distributed Map state's items come from, and where its results go: `ItemReader` and `ResultWriter`.

use super::fields::{Fields, complain};
use super::flows::FlowReader;
use super::forks::ITEMS_MAX;
use super::resource::missing;
use super::{Code, Language, Template};

const GET_OBJECT: &str = "arn:aws:states:::s3:getObject";
const LIST_OBJECTS: &str = "arn:aws:states:::s3:listObjectsV2";
const PUT_OBJECT: &str = "arn:aws:states:::s3:putObject";

/// `ItemReader`: the items are in S3.
#[derive(Debug)]
pub struct Reader {
    /// What is read.
    pub source: Source,
    /// Bucket, and key or prefix; evaluates to an object.
    pub arguments: Template,
    /// How many items at most; the rest is left out. 0 or absent means all.
    pub items_max: Option<Template>,
}

/// What a [`Reader`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One object with items in it: `s3:getObject`.
    Object(Format),
    /// Objects below a prefix, of which each one's metadata is an item: `s3:listObjectsV2`.
    Listing,
    /// Objects below a prefix, each with items in it: `s3:listObjectsV2` with `LOAD_AND_FLATTEN`.
    Objects(Format),
}

/// How items are written in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with a delimiter between fields.
    Csv {
        /// The names of the fields; the first row has them if absent.
        headers: Option<Vec<String>>,
        /// What stands between two fields.
        delimiter: u8,
    },
    /// A JSON array, or an object whose members are the items.
    Json {
        /// A JSON pointer to the array or object; the whole text if empty.
        pointer: String,
    },
    /// A JSON value on each line.
    JsonLines,
}

/// `ResultWriter`: how the results are shaped, and whether they go to S3.
#[derive(Debug)]
pub struct Writer {
    /// Bucket and prefix; evaluates to an object. Absent if the results are the state's own.
    pub arguments: Option<Template>,
    /// What of each result is written.
    pub transformation: Transformation,
    /// How it is written.
    pub output_type: OutputType,
}

/// What of a child execution's result is written. Of those that failed it is always everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transformation {
    /// The execution as it would be described, with its output in it.
    None,
    /// The output.
    Compact,
    /// The output or, if that is a list, each of its entries.
    Flatten,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputType {
    /// One JSON array.
    Json,
    /// A JSON value on each line.
    JsonLines,
}

/// What CSVDelimiter may say.
const DELIMITERS: &[(&str, u8)] = &[
    ("COMMA", b','),
    ("PIPE", b'|'),
    ("SEMICOLON", b';'),
    ("SPACE", b' '),
    ("TAB", b'\t'),
];

/// "Currently, Step Functions supports CSV headers of up to 10 KiB" (Developer Guide, "ItemReader").
pub(crate) const HEADER_BYTES_MAX: usize = 10_240;

impl FlowReader {
    /// Reads a Map state's `ItemReader`. The state must be a distributed one.
    pub(super) fn read_reader(&mut self, fields: Fields<'_>) -> Option<Reader> {
        let (place, within) = (fields.place("ItemReader"), fields.field("ItemReader") + "/");
        let own = fields.inner(fields.raw("ItemReader")?, &place, &within, &mut self.report)?;
        let arguments_name = arguments_name(own);
        own.allow(
            &["Resource", "ReaderConfig", arguments_name],
            &[],
            &mut self.report,
        );
        let resource = own.needed_text("Resource", &mut self.report);
        let (known, needed): (&[&str], &[&str]) = match resource {
            Some(LIST_OBJECTS) => (&["Bucket", "Prefix"], &["Bucket"]),
            _ => (&["Bucket", "Key", "VersionId"], &["Bucket", "Key"]),
        };
        let arguments = self.read_place(own, known, needed);
        let config_place = own.place("ReaderConfig");
        let config_within = own.field("ReaderConfig") + "/";
        let config = match own.raw("ReaderConfig") {
            Some(config) => Some(own.inner(config, &config_place, &config_within, &mut self.report)?),
            None => None,
        };
        if let Some(config) = config {
            self.allow_config(config, resource == Some(LIST_OBJECTS));
        }
        let source = match resource? {
            GET_OBJECT => {
                let Some(config) = config else {
                    let message = "The field \"ReaderConfig\" is missing";
                    complain(&mut self.report, Code::Schema, &place, message);
                    return None;
                };
                Source::Object(self.read_format(config)?)
            }
            LIST_OBJECTS => match config.and_then(|config| config.text("Transformation", &mut self.report)) {
                None | Some("NONE") => Source::Listing,
                Some("LOAD_AND_FLATTEN") => Source::Objects(self.read_format(config?)?),
                Some(_) => {
                    self.refuse_value(config?, "Transformation", "NONE or LOAD_AND_FLATTEN");
                    return None;
                }
            },
            other => {
                let message = format!(
                    "{other:?} cannot be an ItemReader's Resource; use {GET_OBJECT:?} or {LIST_OBJECTS:?}"
                );
                complain(&mut self.report, Code::Schema, &own.place("Resource"), &message);
                return None;
            }
        };
        let items_max = config.and_then(|config| self.read_number(config, "MaxItems", 0, ITEMS_MAX));
        Some(Reader {
            source,
            arguments: arguments?,
            items_max,
        })
    }

    /// Reads a Map state's `ResultWriter`. The state must be a distributed one.
    pub(super) fn read_writer(&mut self, fields: Fields<'_>) -> Option<Writer> {
        let (place, within) = (fields.place("ResultWriter"), fields.field("ResultWriter") + "/");
        let own = fields.inner(fields.raw("ResultWriter")?, &place, &within, &mut self.report)?;
        let arguments_name = arguments_name(own);
        own.allow(
            &["Resource", "WriterConfig", arguments_name],
            &[],
            &mut self.report,
        );
        let (resource, config) = (own.raw("Resource"), own.raw("WriterConfig"));
        if resource.is_none() && config.is_none() {
            let message =
                format!("ResultWriter needs Resource and {arguments_name}, WriterConfig or all of them");
            complain(&mut self.report, Code::Schema, &place, &message);
            return None;
        }
        let arguments = match own.text("Resource", &mut self.report) {
            Some(PUT_OBJECT) => self.read_place(own, &["Bucket", "Prefix"], &["Bucket", "Prefix"]),
            Some(other) => {
                let message = format!("{other:?} cannot be a ResultWriter's Resource; use {PUT_OBJECT:?}");
                complain(&mut self.report, Code::Schema, &own.place("Resource"), &message);
                None
            }
            None => {
                if resource.is_none() && own.raw(arguments_name).is_some() {
                    let message = "The field \"Resource\" is missing";
                    complain(&mut self.report, Code::Schema, &place, message);
                }
                None
            }
        };
        // "Default when exporting ... and WriterConfig isn't specified" and "default when ResultWriter isn't specified".
        let mut writer = Writer {
            transformation: match resource {
                Some(_) => Transformation::None,
                None => Transformation::Compact,
            },
            output_type: OutputType::Json,
            arguments,
        };
        if let Some(config) = config {
            let (place, within) = (own.place("WriterConfig"), own.field("WriterConfig") + "/");
            let config = own.inner(config, &place, &within, &mut self.report)?;
            config.allow(&["Transformation", "OutputType"], &[], &mut self.report);
            match config.text("Transformation", &mut self.report) {
                None => {}
                Some("NONE") => writer.transformation = Transformation::None,
                Some("COMPACT") => writer.transformation = Transformation::Compact,
                Some("FLATTEN") => writer.transformation = Transformation::Flatten,
                Some(_) => self.refuse_value(config, "Transformation", "NONE, COMPACT or FLATTEN"),
            }
            match config.text("OutputType", &mut self.report) {
                None => {}
                Some("JSON") => writer.output_type = OutputType::Json,
                Some("JSONL") => writer.output_type = OutputType::JsonLines,
                Some(_) => self.refuse_value(config, "OutputType", "JSON or JSONL"),
            }
        }
        Some(writer)
    }

    /// `Arguments` or `Parameters`: which bucket, and where in it.
    fn read_place(&mut self, fields: Fields<'_>, known: &[&str], needed: &[&str]) -> Option<Template> {
        let name = arguments_name(fields);
        let Some(template) = self.read_arguments(fields) else {
            if fields.raw(name).is_none() {
                complain(&mut self.report, Code::Schema, fields.path, &missing(name));
            }
            return None;
        };
        if matches!(template, Template::Expression(_)) {
            // Known only at run time.
            return Some(template);
        }
        let names = template.member_names();
        for other in names.iter().filter(|other| !known.contains(&other.as_str())) {
            let place = format!("{}/{other}", fields.place(name));
            let message = format!("{other} is not supported here; what is are {}", known.join(", "));
            complain(&mut self.report, Code::NotSupported, &place, &message);
        }
        for needed in needed
            .iter()
            .filter(|needed| !names.iter().any(|name| name == *needed))
        {
            complain(
                &mut self.report,
                Code::Schema,
                &fields.place(name),
                &missing(needed),
            );
        }
        Some(template)
    }

    fn allow_config(&mut self, config: Fields<'_>, is_listing: bool) {
        let mut known = vec![
            "InputType",
            "CSVHeaderLocation",
            "CSVHeaders",
            "CSVDelimiter",
            "ItemsPointer",
            "MaxItems",
        ];
        if config.language == Language::JsonPath {
            known.push("MaxItemsPath");
        }
        if is_listing {
            known.push("Transformation");
        }
        let manifests = "Manifests are not supported; list the objects, or read one that has the items in it";
        config.allow(&known, &[("ManifestType", manifests)], &mut self.report);
    }

    fn read_format(&mut self, config: Fields<'_>) -> Option<Format> {
        let input_type = config.needed_text("InputType", &mut self.report)?;
        for (name, of) in [
            ("CSVHeaderLocation", "CSV"),
            ("CSVHeaders", "CSV"),
            ("CSVDelimiter", "CSV"),
            ("ItemsPointer", "JSON"),
        ] {
            if config.raw(name).is_some() && input_type != of {
                let message = format!("{name} needs the InputType {of:?}");
                complain(&mut self.report, Code::Schema, &config.place(name), &message);
            }
        }
        match input_type {
            "CSV" => self.read_csv(config),
            "JSON" => self.read_pointer(config).map(|pointer| Format::Json { pointer }),
            "JSONL" => Some(Format::JsonLines),
            "PARQUET" | "MANIFEST" => {
                let message =
                    format!("The InputType {input_type:?} is not supported; use CSV, JSON or JSONL");
                let place = config.place("InputType");
                complain(&mut self.report, Code::NotSupported, &place, &message);
                None
            }
            _ => {
                self.refuse_value(config, "InputType", "CSV, JSON or JSONL");
                None
            }
        }
    }

    fn read_csv(&mut self, config: Fields<'_>) -> Option<Format> {
        let delimiter = match config.text("CSVDelimiter", &mut self.report) {
            None => b',',
            Some(name) => match DELIMITERS.iter().find(|(known, _)| *known == name) {
                Some((_, delimiter)) => *delimiter,
                None => {
                    self.refuse_value(config, "CSVDelimiter", "COMMA, PIPE, SEMICOLON, SPACE or TAB");
                    return None;
                }
            },
        };
        let headers = match config.needed_text("CSVHeaderLocation", &mut self.report)? {
            "FIRST_ROW" => {
                if config.raw("CSVHeaders").is_some() {
                    let message = "CSVHeaders needs the CSVHeaderLocation \"GIVEN\"";
                    complain(
                        &mut self.report,
                        Code::Schema,
                        &config.place("CSVHeaders"),
                        message,
                    );
                }
                None
            }
            "GIVEN" => Some(self.read_headers(config)?),
            _ => {
                self.refuse_value(config, "CSVHeaderLocation", "FIRST_ROW or GIVEN");
                return None;
            }
        };
        Some(Format::Csv { headers, delimiter })
    }

    fn read_headers(&mut self, config: Fields<'_>) -> Option<Vec<String>> {
        if config.raw("CSVHeaders").is_none() {
            let message = missing("CSVHeaders");
            complain(&mut self.report, Code::Schema, config.path, &message);
        }
        let names = config.list("CSVHeaders", &mut self.report)?;
        let headers: Option<Vec<String>> = names
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect();
        let is_long = |headers: &Vec<String>| {
            headers.iter().map(|name| name.len() + 1).sum::<usize>() > HEADER_BYTES_MAX
        };
        let message = match &headers {
            Some(headers) if is_long(headers) => "CSVHeaders may have 10 KiB together",
            Some(_) => return headers,
            None => "CSVHeaders must be texts",
        };
        complain(
            &mut self.report,
            Code::Schema,
            &config.place("CSVHeaders"),
            message,
        );
        None
    }

    fn read_pointer(&mut self, config: Fields<'_>) -> Option<String> {
        if config.raw("ItemsPointer").is_none() {
            return Some(String::new());
        }
        let pointer = config.text("ItemsPointer", &mut self.report)?;
        // A tilde stands for itself only as ~0, and for a slash in a name as ~1 (RFC 6901).
        let is_escaped = |rest: &str| rest.starts_with('0') || rest.starts_with('1');
        let is_sound =
            pointer.is_empty() || pointer.starts_with('/') && pointer.split('~').skip(1).all(is_escaped);
        if !is_sound {
            let message = "ItemsPointer must be a JSON pointer such as /shop/tickets";
            complain(
                &mut self.report,
                Code::Schema,
                &config.place("ItemsPointer"),
                message,
            );
            return None;
        }
        Some(pointer.to_owned())
    }

    fn refuse_value(&mut self, fields: Fields<'_>, name: &str, values: &str) {
        let message = format!("{name} must be {values}");
        complain(&mut self.report, Code::Schema, &fields.place(name), &message);
    }
}

/// What the arguments of a call are called in the state's language.
fn arguments_name(fields: Fields<'_>) -> &'static str {
    match fields.language {
        Language::Jsonata => "Arguments",
        Language::JsonPath => "Parameters",
    }
}
