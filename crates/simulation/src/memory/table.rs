//! A table that knows which of its rows were written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Deref;

/// Rows by key. It reads like a map; every way to change a row goes through a method that writes down its key, so that
/// whoever checks the rows can look at those that were written since the last look and miss none.
#[derive(Clone)]
pub struct Table<K, V> {
    rows: BTreeMap<K, V>,
    written: BTreeSet<K>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            written: BTreeSet::new(),
        }
    }
}

/// What is stored, and not who has looked at it.
impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.fmt(f)
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// Puts a row there, in place of what was there.
    pub fn insert(&mut self, key: K, row: V) -> Option<V> {
        self.written.insert(key.clone());
        self.rows.insert(key, row)
    }

    /// Takes a row away.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.written.insert(key.clone());
        self.rows.remove(key)
    }

    /// A row, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        self.written.insert(key.clone());
        Some(row)
    }

    /// A row, to be changed; this one if there is none.
    pub fn row_or(&mut self, key: K, fresh: impl FnOnce() -> V) -> &mut V {
        self.written.insert(key.clone());
        self.rows.entry(key).or_insert_with(fresh)
    }

    /// Puts many rows there.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = (K, V)>) {
        for (key, row) in rows {
            self.insert(key, row);
        }
    }

    /// Every row, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, row)| row)
    }

    /// Every row with its key, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.written.extend(self.rows.keys().cloned());
        self.rows.iter_mut()
    }

    /// The keys of the rows that were written, or taken away, since the last call.
    pub fn take_written(&mut self) -> BTreeSet<K> {
        std::mem::take(&mut self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One way to change a row.
    type Write = fn(&mut Table<u8, u32>);

    #[test]
    fn every_way_to_write_is_written_down() {
        let ways: [(Write, &[u8]); 7] = [
            (|table| assert!(table.insert(1, 10).is_some()), &[1]),
            (|table| assert!(table.insert(3, 30).is_none()), &[3]),
            (|table| assert!(table.remove(&2).is_some()), &[2]),
            (|table| *table.get_mut(&1).unwrap() += 1, &[1]),
            (|table| *table.row_or(2, || 0) += 1, &[2]),
            (|table| table.extend([(1, 5), (4, 5)]), &[1, 4]),
            (|table| table.values_mut().for_each(|row| *row += 1), &[1, 2]),
        ];
        for (write, written) in ways {
            let mut table = Table::default();
            table.extend([(1, 1), (2, 2)]);
            table.take_written();
            assert!(table.contains_key(&1) && table.take_written().is_empty());
            write(&mut table);
            assert_eq!(table.take_written().into_iter().collect::<Vec<_>>(), written);
        }
    }
}
