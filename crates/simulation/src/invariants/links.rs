//! What is kept between two looks, so that a look costs what was written and not what exists.

use std::collections::{BTreeMap, BTreeSet};

/// Who points to what, and by whom something is pointed to.
#[derive(Debug)]
pub(super) struct Links<A, B> {
    to: BTreeMap<A, BTreeSet<B>>,
    from: BTreeMap<B, BTreeSet<A>>,
}

impl<A, B> Default for Links<A, B> {
    fn default() -> Self {
        Self {
            to: BTreeMap::new(),
            from: BTreeMap::new(),
        }
    }
}

impl<A: Ord + Clone, B: Ord + Clone> Links<A, B> {
    /// From now on `one` points to these. Returns all that it points to now or has pointed to until now.
    pub fn put(&mut self, one: &A, now: BTreeSet<B>) -> BTreeSet<B> {
        let before = self.to.remove(one).unwrap_or_default();
        for gone in before.difference(&now) {
            if let Some(from) = self.from.get_mut(gone) {
                from.remove(one);
                if from.is_empty() {
                    self.from.remove(gone);
                }
            }
        }
        for fresh in now.difference(&before) {
            self.from.entry(fresh.clone()).or_default().insert(one.clone());
        }
        let both = before.union(&now).cloned().collect();
        if !now.is_empty() {
            self.to.insert(one.clone(), now);
        }
        both
    }

    /// Who points there.
    pub fn from(&self, other: &B) -> impl Iterator<Item = &A> {
        self.from.get(other).into_iter().flatten()
    }
}

/// Sums of what many have each a part in.
#[derive(Debug)]
pub(super) struct Sums<A, B> {
    parts: BTreeMap<A, Vec<(B, i64)>>,
    sums: BTreeMap<B, i64>,
}

impl<A, B> Default for Sums<A, B> {
    fn default() -> Self {
        Self {
            parts: BTreeMap::new(),
            sums: BTreeMap::new(),
        }
    }
}

impl<A: Ord + Clone, B: Ord + Clone> Sums<A, B> {
    /// From now on `one` has these parts. Says of which sums it has or had any.
    pub fn put(&mut self, one: &A, now: Vec<(B, i64)>) -> BTreeSet<B> {
        let before = self.parts.remove(one).unwrap_or_default();
        let mut touched = BTreeSet::new();
        let lost = before.into_iter().map(|(of, part)| (of, -part));
        for (of, part) in lost.chain(now.iter().cloned()) {
            *self.sums.entry(of.clone()).or_default() += part;
            touched.insert(of);
        }
        if !now.is_empty() {
            self.parts.insert(one.clone(), now);
        }
        touched
    }

    /// The sum of all parts.
    pub fn of(&self, what: &B) -> i64 {
        self.sums.get(what).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_changes_leaves_nothing_behind() {
        let mut sums: Sums<u8, char> = Sums::default();
        sums.put(&1, vec![('a', 2), ('b', 3)]);
        sums.put(&2, vec![('a', 5)]);
        assert_eq!((sums.of(&'a'), sums.of(&'b')), (7, 3));
        assert_eq!(sums.put(&1, vec![('c', 1)]), BTreeSet::from(['a', 'b', 'c']));
        assert_eq!((sums.of(&'a'), sums.of(&'b'), sums.of(&'c')), (5, 0, 1));
    }

    #[test]
    fn a_link_is_seen_from_both_ends() {
        let mut links: Links<u8, char> = Links::default();
        links.put(&1, BTreeSet::from(['a', 'b']));
        links.put(&2, BTreeSet::from(['b']));
        assert_eq!(links.from(&'b').collect::<Vec<_>>(), [&1, &2]);
        assert_eq!(
            links.put(&1, BTreeSet::from(['c'])),
            BTreeSet::from(['a', 'b', 'c'])
        );
        assert_eq!(links.from(&'b').collect::<Vec<_>>(), [&2]);
        assert_eq!(links.from(&'a').count(), 0);
    }
}
