//! What DynamoDB bills for a call, by AWS's published rules, from the items before and after it.
//!
//! An engine's own `ConsumedCapacity` is not used: the local one charges every index on every write, AWS only those
//! whose entry changes. Sources: "DynamoDB read and write operations", "DynamoDB item sizes and formats", and "Write
//! operations and global secondary indexes" in <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/>.
//! Where they are silent, the dearer reading is taken.

use serde_json::{Map, Value};

/// Bytes of one write unit.
const WRITE_UNIT_BYTES: u64 = 1_024;
/// Bytes of one read unit.
const READ_UNIT_BYTES: u64 = 4_096;

/// Key attributes of a table and of each of its indexes.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub table: Vec<String>,
    pub indexes: Vec<Index>,
}

/// A global secondary index.
#[derive(Clone, Debug)]
pub struct Index {
    pub name: String,
    pub keys: Vec<String>,
    /// Whether an entry is the whole item; else it is the keys only, the other projection this project uses.
    pub projects_all: bool,
}

impl Keys {
    /// From the answer to DescribeTable.
    pub fn read(described: &Value) -> Self {
        let table = &described["Table"];
        let keys = |schema: &Value| {
            let parts = schema["KeySchema"].as_array().into_iter().flatten();
            parts
                .filter_map(|part| part["AttributeName"].as_str().map(str::to_owned))
                .collect()
        };
        let indexes = table["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
        Self {
            table: keys(table),
            indexes: indexes
                .map(|index| Index {
                    name: index["IndexName"].as_str().unwrap_or_default().to_owned(),
                    keys: keys(index),
                    projects_all: match index["Projection"]["ProjectionType"].as_str() {
                        Some("ALL") => true,
                        Some("KEYS_ONLY") => false,
                        other => {
                            panic!("an index that projects {other:?}: teach this module what that costs")
                        }
                    },
                })
                .collect(),
        }
    }

    /// The key of an item, as requests carry it.
    pub fn of(&self, item: &Value) -> Value {
        let key: Map<String, Value> = self
            .table
            .iter()
            .map(|name| (name.clone(), item[name].clone()))
            .collect();
        Value::Object(key)
    }

    /// Write units of a write that turned `before` into `after` (null: not there), of the table itself and then of each
    /// index by its name. `times` is 2 in a transaction.
    pub fn written(&self, before: &Value, after: &Value, times: u64) -> Vec<(Option<&str>, f64)> {
        let table = write_units(size(before).max(size(after)));
        let indexes = self
            .indexes
            .iter()
            .map(|index| (Some(index.name.as_str()), index.written(self, before, after)));
        std::iter::once((None, table))
            .chain(indexes)
            .map(|(index, units)| (index, as_units(units * times)))
            .collect()
    }
}

impl Index {
    /// The entry of an item in this index; null when it has none.
    fn entry(&self, table: &Keys, item: &Value) -> Value {
        if self.keys.iter().any(|name| item[name].is_null()) {
            return Value::Null;
        }
        if self.projects_all {
            return item.clone();
        }
        let names = self.keys.iter().chain(&table.table);
        Value::Object(names.map(|name| (name.clone(), item[name].clone())).collect())
    }

    fn written(&self, table: &Keys, before: &Value, after: &Value) -> u64 {
        let (old, new) = (self.entry(table, before), self.entry(table, after));
        let moved = self.keys.iter().any(|name| old[name] != new[name]);
        match (old.is_null(), new.is_null()) {
            (true, true) => 0,
            (true, false) => write_units(size(&new)),
            (false, true) => write_units(size(&old)),
            (false, false) if moved => write_units(size(&old)) + write_units(size(&new)),
            (false, false) if old == new => 0,
            (false, false) => write_units(size(&old).max(size(&new))),
        }
    }
}

/// Write units of a conditional write that was refused: by the size of the item that is there, at least one.
pub fn refused(before: &Value, times: u64) -> f64 {
    as_units(write_units(size(before)) * times)
}

/// Read units of a read that looked at items of so many bytes in all.
pub fn read(bytes: u64, consistent: bool) -> f64 {
    let units = as_units(bytes.div_ceil(READ_UNIT_BYTES).max(1));
    if consistent { units } else { units / 2.0 }
}

fn write_units(bytes: u64) -> u64 {
    bytes.div_ceil(WRITE_UNIT_BYTES).max(1)
}

fn as_units(units: u64) -> f64 {
    f64::from(u32::try_from(units).expect("one call costs fewer than four billion units"))
}

/// Bytes of an item in DynamoDB's JSON; 0 for null.
pub fn size(item: &Value) -> u64 {
    let attributes = item.as_object().into_iter().flatten();
    attributes
        .map(|(name, value)| length(name) + value_size(value))
        .sum()
}

fn value_size(value: &Value) -> u64 {
    let Some((kind, inner)) = value.as_object().and_then(|typed| typed.iter().next()) else {
        return 0;
    };
    let text = inner.as_str().unwrap_or_default();
    let parts = || inner.as_array().into_iter().flatten();
    match kind.as_str() {
        "S" => length(text),
        // One byte for two significant digits, and one more.
        "N" => length(text.trim_start_matches('-')).div_ceil(2) + 1,
        "B" => length(text) / 4 * 3,
        "BOOL" | "NULL" => 1,
        "SS" => parts()
            .map(|part| length(part.as_str().unwrap_or_default()))
            .sum(),
        // Three bytes of overhead, and one for each member.
        "L" => 3 + parts().map(|part| value_size(part) + 1).sum::<u64>(),
        "M" => {
            let members = inner.as_object().into_iter().flatten();
            3 + members
                .map(|(name, member)| length(name) + value_size(member) + 1)
                .sum::<u64>()
        }
        other => panic!("an attribute of type {other}: teach this module its size"),
    }
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys() -> Keys {
        Keys {
            table: vec!["id".to_owned()],
            indexes: vec![Index {
                name: "due".to_owned(),
                keys: vec!["due".to_owned()],
                projects_all: false,
            }],
        }
    }

    fn written(before: &Value, after: &Value, times: u64) -> f64 {
        keys()
            .written(before, after, times)
            .iter()
            .map(|(_, units)| units)
            .sum()
    }

    #[test]
    fn an_index_is_written_only_when_its_entry_changes() {
        let item = |due: Option<u32>, note: &str| {
            let mut item = json!({ "id": { "S": "a" }, "note": { "S": note } });
            if let Some(due) = due {
                item["due"] = json!({ "N": due.to_string() });
            }
            item
        };
        let none = Value::Null;
        for (before, after, units) in [
            (&none, &item(None, "x"), 1.0),
            (&none, &item(Some(1), "x"), 2.0),
            (&item(Some(1), "x"), &item(Some(1), "y"), 1.0),
            (&item(Some(1), "x"), &item(Some(2), "x"), 3.0),
            (&item(Some(1), "x"), &item(None, "x"), 2.0),
            (&item(Some(1), "x"), &none, 2.0),
            (&item(None, &"x".repeat(1_100)), &none, 2.0),
        ] {
            assert!(
                (written(before, after, 1) - units).abs() < 0.1,
                "{before} -> {after}"
            );
            assert!(
                (written(before, after, 2) - 2.0 * units).abs() < 0.1,
                "in a transaction"
            );
        }
    }

    #[test]
    fn reads_are_counted_by_four_kilobytes_and_cost_half_when_they_may_be_old() {
        for (bytes, consistent, units) in [
            (0, true, 1.0),
            (4_096, true, 1.0),
            (4_097, true, 2.0),
            (10, false, 0.5),
        ] {
            assert!((read(bytes, consistent) - units).abs() < 0.1, "{bytes}");
        }
        assert_eq!(
            size(
                &json!({ "ab": { "S": "cde" }, "n": { "N": "1234" }, "m": { "M": { "x": { "BOOL": true } } } })
            ),
            5 + 4 + 7
        );
    }
}
