//! How values that are shared in memory are written to a snapshot and shared again when they are read.
//!
//! Each module here is for a field's `#[serde(with = "..")]`. Sharing is remembered for as long as a [`Session`]
//! lasts, on its thread: a machine's record is written in full once and by number afterwards, and the same text in
//! neighbouring events, or the same short name anywhere, is one allocation.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::engine::MachineRecord;

/// Names are shared across executions; payloads of executions are rarely the same.
const NAME_BYTES_MAX: usize = 64;
/// An output is the next state's input: it stands a few events away.
const RECENT: usize = 8;

#[derive(Default)]
struct Sharing {
    names: HashSet<Arc<str>>,
    recent: VecDeque<Arc<str>>,
    written: HashMap<usize, u64>,
    /// Kept, so that no address is used twice meanwhile.
    alive: Vec<Arc<MachineRecord>>,
    read: HashMap<u64, Arc<MachineRecord>>,
}

thread_local! {
    /// Nothing is shared outside of a session, so nothing is kept for ever.
    static SHARING: RefCell<Option<Sharing>> = const { RefCell::new(None) };
}

/// The time in which one snapshot is written or read. One inside another is a matter of its own.
pub(crate) struct Session {
    outer: Option<Sharing>,
    /// It belongs to its thread.
    _here: PhantomData<*const ()>,
}

impl Session {
    /// Nothing is shared yet.
    pub fn begin() -> Session {
        Session {
            outer: SHARING.replace(Some(Sharing::default())),
            _here: PhantomData,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        SHARING.set(self.outer.take());
    }
}

fn shared(text: String) -> Arc<str> {
    SHARING.with_borrow_mut(|sharing| {
        let Some(sharing) = sharing else {
            return Arc::from(text);
        };
        if text.len() <= NAME_BYTES_MAX {
            if let Some(name) = sharing.names.get(text.as_str()) {
                return Arc::clone(name);
            }
            let name: Arc<str> = Arc::from(text);
            sharing.names.insert(Arc::clone(&name));
            return name;
        }
        if let Some(known) = sharing.recent.iter().find(|known| ***known == *text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = Arc::from(text);
        if sharing.recent.len() == RECENT {
            sharing.recent.pop_front();
        }
        sharing.recent.push_back(Arc::clone(&text));
        text
    })
}

/// `Arc<str>`.
pub(crate) mod text {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(super::shared)
    }
}

/// `Option<Arc<str>>`; the field needs `default`.
pub(crate) mod text_if_any {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
        text.as_deref().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<str>>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(super::shared))
    }
}

/// `Arc<T>` of what is not worth sharing again.
pub(crate) mod whole {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}

/// `Option<Arc<T>>`; the field needs `default`.
pub(crate) mod whole_if_any {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Arc<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_deref().serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<T>>, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map(Arc::new))
    }
}

/// The variables of a strand.
pub(crate) mod variables {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::Value;

    use crate::query::Variables;

    pub fn serialize<S: Serializer>(variables: &Variables, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(variables.iter().map(|(name, value)| (name, value.as_ref())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Variables, D::Error> {
        let members = BTreeMap::<String, Value>::deserialize(deserializer)?;
        Ok(Arc::new(
            members
                .into_iter()
                .map(|(name, value)| (name, Arc::new(value)))
                .collect(),
        ))
    }
}

/// Maps whose keys JSON cannot have.
pub(crate) mod pairs {
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<'a, K, V, M, S>(map: &'a M, serializer: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize + 'a,
        V: Serialize + 'a,
        &'a M: IntoIterator<Item = (&'a K, &'a V)>,
        S: Serializer,
    {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, K, V, M, D>(deserializer: D) -> Result<M, D::Error>
    where
        K: DeserializeOwned,
        V: DeserializeOwned,
        M: FromIterator<(K, V)>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// `&'static Service`, by its name.
pub(crate) mod service {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::definition::integrations::SERVICES;
    use crate::definition::services::Service;

    pub fn serialize<S: Serializer>(service: &&'static Service, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(service.name)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static Service, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = SERVICES.iter().find(|service| service.name == name);
        known
            .copied()
            .ok_or_else(|| D::Error::custom(format!("there is no service {name:?}")))
    }
}

/// The `resourceType` of events, which is one of a few.
pub(crate) mod resource_type {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::definition::integrations::{INTEGRATIONS, SERVICES};

    pub fn serialize<S: Serializer>(name: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
        let name = String::deserialize(deserializer)?;
        let optimized = INTEGRATIONS.iter().map(|integration| integration.resource_type);
        let others = SERVICES.iter().map(|service| service.resource_type);
        optimized
            .chain(others)
            .chain(["lambda", "activity"])
            .find(|known| *known == name)
            .ok_or_else(|| D::Error::custom(format!("there is no resource type {name:?}")))
    }
}

/// `Arc<MachineRecord>`: in full the first time, by number afterwards.
pub(crate) mod record {
    use std::sync::Arc;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::definition::{Machine, MachineType};
    use crate::engine::MachineRecord;

    use super::SHARING;

    #[derive(Serialize)]
    struct Write<'a> {
        number: u64,
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        machine_type: Option<MachineType>,
        #[serde(skip_serializing_if = "Option::is_none")]
        record: Option<&'a MachineRecord>,
    }

    #[derive(Deserialize)]
    struct Read {
        number: u64,
        #[serde(rename = "type", default)]
        machine_type: Option<MachineType>,
        #[serde(default)]
        record: Option<MachineRecord>,
    }

    pub fn serialize<S: Serializer>(record: &Arc<MachineRecord>, serializer: S) -> Result<S::Ok, S::Error> {
        let (number, is_new) = SHARING.with_borrow_mut(|sharing| {
            let sharing = sharing.get_or_insert_default();
            let next = sharing.written.len() as u64;
            let mut is_new = false;
            let number = *sharing
                .written
                .entry(Arc::as_ptr(record).addr())
                .or_insert_with(|| {
                    is_new = true;
                    next
                });
            if is_new {
                sharing.alive.push(Arc::clone(record));
            }
            (number, is_new)
        });
        Write {
            number,
            machine_type: is_new.then_some(record.machine.machine_type),
            record: is_new.then_some(record),
        }
        .serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<MachineRecord>, D::Error> {
        let read = Read::deserialize(deserializer)?;
        let Some(mut record) = read.record else {
            let known = SHARING.with_borrow(|sharing| sharing.as_ref()?.read.get(&read.number).cloned());
            return known.ok_or_else(|| D::Error::custom(format!("there is no machine {}", read.number)));
        };
        let machine_type = read.machine_type.unwrap_or(MachineType::Standard);
        let machine = Machine::parse(&record.definition, machine_type).map_err(|complaints| {
            let first = complaints.first().map(ToString::to_string).unwrap_or_default();
            D::Error::custom(format!("the machine {:?} is not sound: {first}", record.name))
        })?;
        record.machine = Arc::new(machine);
        let record = Arc::new(record);
        SHARING.with_borrow_mut(|sharing| {
            let sharing = sharing.get_or_insert_default();
            sharing.read.insert(read.number, Arc::clone(&record))
        });
        Ok(record)
    }
}

/// Levels of a value and of what is written around it need this much stack at most.
const STACK_BYTES: usize = 64 * 1_048_576;

/// Reads what was written here. Values of a run may be deeper than the 128 levels that are read from outside.
pub(crate) fn read<T: serde::de::DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    stacker::maybe_grow(STACK_BYTES / 64, STACK_BYTES, || {
        let mut reader = serde_json::Deserializer::from_slice(text);
        reader.disable_recursion_limit();
        let value = T::deserialize(&mut reader)?;
        reader.end()?;
        Ok(value)
    })
}
