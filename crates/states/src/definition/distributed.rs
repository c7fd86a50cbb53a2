//! Reading what only a Map state in distributed mode has.

use super::fields::{Fields, complain};
use super::flows::FlowReader;
use super::{Code, Distributed, MachineType};

/// Of a label ("Label", in the Developer Guide's "Using Map state in Distributed mode").
const LABEL_CHARS_MAX: usize = 40;

impl FlowReader {
    /// What `ProcessorConfig` says of a Map state whose iterations are executions of their own; nothing if they are not.
    pub(super) fn read_mode(&mut self, fields: Fields<'_>, body: Fields<'_>) -> Option<Distributed> {
        let config_place = body.place("ProcessorConfig");
        let config = match body.raw("ProcessorConfig") {
            Some(config) => Some(Fields::of(config, &config_place, &mut self.report)?),
            None => None,
        };
        let mode = config.and_then(|config| {
            config.allow(&["Mode", "ExecutionType"], &[], &mut self.report);
            config.text("Mode", &mut self.report)
        });
        let (Some(config), Some("DISTRIBUTED")) = (config, mode) else {
            self.refuse_inline(fields, config, mode);
            return None;
        };
        let child_type = match config.needed_text("ExecutionType", &mut self.report) {
            Some("EXPRESS") => MachineType::Express,
            Some("STANDARD") | None => MachineType::Standard,
            Some(_) => {
                let message = "ExecutionType must be STANDARD or EXPRESS";
                complain(
                    &mut self.report,
                    Code::Schema,
                    &config.place("ExecutionType"),
                    message,
                );
                MachineType::Standard
            }
        };
        if self.machine_type == MachineType::Express {
            let message = "Express executions have no distributed maps";
            complain(&mut self.report, Code::Schema, &config.place("Mode"), message);
        }
        let reader = self.read_reader(fields);
        for name in ["Items", "ItemsPath"] {
            if fields.raw("ItemReader").is_some() && fields.raw(name).is_some() {
                let message = format!("Either {name} or ItemReader may stand here, not both");
                complain(&mut self.report, Code::Schema, &fields.place(name), &message);
            }
        }
        Some(Distributed {
            label: self.read_label(fields),
            child_type,
            reader,
            writer: self.read_writer(fields),
        })
    }

    /// Complains about what only distributed maps have.
    fn refuse_inline(&mut self, fields: Fields<'_>, config: Option<Fields<'_>>, mode: Option<&str>) {
        if let (Some(config), Some(mode)) = (config, mode.filter(|mode| *mode != "INLINE")) {
            let message = format!("The mode {mode:?} is not known; there are INLINE and DISTRIBUTED");
            complain(&mut self.report, Code::Schema, &config.place("Mode"), &message);
        }
        let own = ["ItemReader", "ResultWriter", "Label"].map(|name| (fields, name));
        let of_config = config.map(|config| (config, "ExecutionType"));
        for (fields, name) in own.into_iter().chain(of_config) {
            if fields.raw(name).is_some() {
                let message = format!("{name} needs the mode DISTRIBUTED");
                complain(&mut self.report, Code::Schema, &fields.place(name), &message);
            }
        }
    }

    fn read_label(&mut self, fields: Fields<'_>) -> Option<String> {
        let label = fields.text("Label", &mut self.report)?;
        let is_sound =
            |letter: char| letter.is_ascii_graphic() && !"?*<>{}[]:;,\\|^~$#%&`\"/".contains(letter);
        let message = if label.is_empty() || label.len() > LABEL_CHARS_MAX || !label.chars().all(is_sound) {
            format!(
                "A Label has 1 to {LABEL_CHARS_MAX} ASCII letters, digits and signs, without white space, wildcards, \
                 brackets and special characters"
            )
        } else if !self.labels.insert(label.to_owned()) {
            format!("The Label {label:?} stands twice in this machine; labels must be unique")
        } else {
            return Some(label.to_owned());
        };
        complain(&mut self.report, Code::Schema, &fields.place("Label"), &message);
        None
    }
}
