//! Reading Parallel and Map states.

use super::fields::{Fields, complain, warn};
use super::flows::FlowReader;
use super::kinds::{FAULTS, TRANSITION, only_jsonata};
use super::{Batches, Code, Kind, Language, MapOver, Template};

/// More items than this could not finish within the history's 25,000 events.
const CONCURRENCY_MAX: u64 = 100_000;

/// A map run has at most 100 million items on AWS.
pub(super) const ITEMS_MAX: u64 = 100_000_000;

/// The input of an iteration is at most 256 KiB on AWS.
const BATCH_BYTES_MAX: u64 = 262_144;

impl FlowReader {
    pub(super) fn read_parallel(&mut self, fields: Fields<'_>) -> Option<Kind> {
        self.allow(
            fields,
            &[
                TRANSITION,
                FAULTS,
                &["Branches"],
                only_jsonata(fields, &["Arguments"]),
            ],
            &["Parameters", "ResultSelector", "ResultPath"],
            &[],
        );
        if fields.raw("Branches").is_none() {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"Branches\" is missing",
            );
        }
        let arguments = self.read_arguments(fields);
        let mut branches = Vec::new();
        for (index, branch) in fields.list("Branches", &mut self.report)?.iter().enumerate() {
            let place = format!("{}/Branches/{index}", fields.path);
            let Some(fields) = Fields::of(branch, &place, &mut self.report) else {
                continue;
            };
            fields.allow(&["StartAt", "States", "Comment"], &[], &mut self.report);
            branches.push(self.read_flow(fields));
        }
        Some(Kind::Parallel { arguments, branches })
    }

    pub(super) fn read_map(&mut self, fields: Fields<'_>) -> Option<Kind> {
        let own = [
            "ItemSelector",
            "ItemBatcher",
            "MaxConcurrency",
            "ToleratedFailureCount",
            "ToleratedFailurePercentage",
            "ItemProcessor",
            "ItemReader",
            "ResultWriter",
            "Label",
        ];
        // Iterator and Parameters are the names that ItemProcessor and ItemSelector had first.
        let in_paths = [
            "ItemsPath",
            "MaxConcurrencyPath",
            "ToleratedFailureCountPath",
            "ToleratedFailurePercentagePath",
            "ResultSelector",
            "ResultPath",
            "Iterator",
            "Parameters",
        ];
        let refused = [("Iterator", "Iterator is the old name; use ItemProcessor")];
        self.allow(
            fields,
            &[TRANSITION, FAULTS, &own, only_jsonata(fields, &["Items"])],
            &in_paths,
            &refused,
        );
        let items = self.read_items(fields);
        let item_selector = match (fields.language, fields.raw("ItemSelector")) {
            (Language::Jsonata, _) => fields.template("ItemSelector", &mut self.report),
            (Language::JsonPath, Some(_)) => fields.payload("ItemSelector", &mut self.report),
            (Language::JsonPath, None) => fields.payload("Parameters", &mut self.report),
        };
        self.refuse_both(fields, "ItemSelector", "Parameters");
        self.refuse_both(fields, "ItemProcessor", "Iterator");
        let batches = self.read_batches(fields);
        let concurrency_max = self.read_number(fields, "MaxConcurrency", 0, CONCURRENCY_MAX);
        let tolerated_count = self.read_number(fields, "ToleratedFailureCount", 0, ITEMS_MAX);
        let tolerated_percentage = self.read_percentage(fields, "ToleratedFailurePercentage");
        let body_name = match fields.raw("ItemProcessor") {
            None if fields.language == Language::JsonPath && fields.raw("Iterator").is_some() => "Iterator",
            _ => "ItemProcessor",
        };
        let Some(processor) = fields.raw(body_name) else {
            complain(
                &mut self.report,
                Code::Schema,
                fields.path,
                "The field \"ItemProcessor\" is missing",
            );
            return None;
        };
        let place = fields.place(body_name);
        let body = Fields::of(processor, &place, &mut self.report)?;
        body.allow(
            &["StartAt", "States", "Comment", "ProcessorConfig"],
            &[],
            &mut self.report,
        );
        let distributed = self.read_mode(fields, body);
        let outer_type = self.machine_type;
        match &distributed {
            Some(distributed) => self.machine_type = distributed.child_type,
            None => self.warn_of_an_inline_map(fields),
        }
        let processor = self.read_flow(body);
        self.machine_type = outer_type;
        Some(Kind::Map(Box::new(MapOver {
            items,
            item_selector,
            batches,
            concurrency_max,
            tolerated_count,
            tolerated_percentage,
            processor,
            distributed,
        })))
    }

    /// The States Language has these fields for every Map state, the service for distributed ones.
    fn warn_of_an_inline_map(&mut self, fields: Fields<'_>) {
        let known = [
            "ItemBatcher",
            "ToleratedFailureCount",
            "ToleratedFailurePercentage",
        ];
        for name in fields.names() {
            if known.contains(&name.strip_suffix("Path").unwrap_or(name)) {
                let message =
                    format!("AWS takes {name} in distributed mode only; here an inline map has it as well");
                warn(&mut self.warnings, &fields.place(name), &message);
            }
        }
    }

    fn read_batches(&mut self, fields: Fields<'_>) -> Option<Batches> {
        let place = fields.place("ItemBatcher");
        let within = fields.field("ItemBatcher") + "/";
        let own = fields.inner(fields.raw("ItemBatcher")?, &place, &within, &mut self.report)?;
        let mut known = vec!["MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"];
        if own.language == Language::JsonPath {
            known.extend(["MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath"]);
        }
        own.allow(&known, &[], &mut self.report);
        let items_max = self.read_number(own, "MaxItemsPerBatch", 1, ITEMS_MAX);
        let bytes_max = self.read_number(own, "MaxInputBytesPerBatch", 1, BATCH_BYTES_MAX);
        let is_limit = |name: &&str| name.starts_with("Max");
        if !known
            .iter()
            .filter(|name| is_limit(name))
            .any(|name| own.raw(name).is_some())
        {
            let message = "ItemBatcher needs MaxItemsPerBatch, MaxInputBytesPerBatch or both";
            complain(&mut self.report, Code::Schema, &place, message);
        }
        Some(Batches {
            items_max,
            bytes_max,
            input: own.payload("BatchInput", &mut self.report),
        })
    }

    /// A number, an expression or, in JSONPath, a path to one under a name of its own.
    pub(super) fn read_number(
        &mut self,
        fields: Fields<'_>,
        name: &str,
        least: u64,
        most: u64,
    ) -> Option<Template> {
        let read =
            |fields: &Fields<'_>, report: &mut _| fields.number_or_expression(name, least, most, report);
        fields.or_path(name, read, &mut self.report)
    }

    fn read_percentage(&mut self, fields: Fields<'_>, name: &str) -> Option<Template> {
        let read = |fields: &Fields<'_>, report: &mut _| fields.percentage_or_expression(name, report);
        fields.or_path(name, read, &mut self.report)
    }

    fn read_items(&mut self, fields: Fields<'_>) -> Option<Template> {
        if fields.language == Language::JsonPath {
            fields.raw("ItemsPath")?;
            let query = fields.path_query("ItemsPath", &mut self.report)?;
            return Some(Template::Path(Box::new(query)));
        }
        let body = fields.raw("ItemProcessor");
        let mode = body.and_then(|body| body.pointer("/ProcessorConfig/Mode"));
        let is_distributed = mode.is_some_and(|mode| mode == "DISTRIBUTED");
        match fields.raw("Items")? {
            serde_json::Value::Array(_) => fields.template("Items", &mut self.report),
            serde_json::Value::Object(_) if is_distributed => fields.template("Items", &mut self.report),
            _ => fields.expression("Items", &mut self.report),
        }
    }

    fn refuse_both(&mut self, fields: Fields<'_>, name: &str, old_name: &str) {
        let both = fields.raw(name).is_some() && fields.raw(old_name).is_some();
        if both && fields.language == Language::JsonPath {
            let message = format!("{old_name} is the old name of {name}; only one may stand here");
            complain(&mut self.report, Code::Schema, &fields.place(old_name), &message);
        }
    }
}
