//! Lists in memory: whatever they hold and however they are paged, all of it comes out once, in order.

use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Lists whose pages have `size` rows and whose tokens are indexes, padded to a length.
struct InMemory {
    lists: Vec<Vec<Value>>,
    size: usize,
    padding: usize,
    pages_left: AtomicUsize,
}

impl Lists for &InMemory {
    fn names(&self) -> Vec<String> {
        (0..self.lists.len())
            .map(|index| format!("list {index}"))
            .collect()
    }

    fn page(&self, list: usize, token: Option<String>) -> Paging {
        self.pages_left.fetch_sub(1, Ordering::Relaxed);
        let start = token.map_or(0, |token| token.trim_start_matches('0').parse().unwrap_or(0));
        let all = &self.lists[list];
        let end = (start + self.size).min(all.len());
        let page = Page {
            rows: all[start..end].to_vec(),
            next: (end < all.len()).then(|| format!("{end:0>width$}", width = self.padding)),
        };
        Box::pin(async move { Ok(page) })
    }

    fn may_read(&self, pages: usize) -> bool {
        self.pages_left.load(Ordering::Relaxed) >= pages
    }
}

fn row(name: &str, status: &str, started_s: i64, ended_s: i64) -> Value {
    json!({ "executionArn": name, "status": status, "startDate": started_s, "stopDate": ended_s })
}

fn in_memory(lists: Vec<Vec<Value>>, size: usize, padding: usize) -> InMemory {
    InMemory {
        lists,
        size,
        padding,
        pages_left: AtomicUsize::new(100),
    }
}

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

/// All rows, over as many requests as it takes: `each` at a time, `pages` pages at most a request.
fn walk(lists: &mut InMemory, each: usize, pages: usize) -> Vec<Value> {
    let mut place = Place::default();
    let mut all = Vec::new();
    for _ in 0..2_000 {
        *lists.pages_left.get_mut() = pages;
        let mut merge = Merge::new(&*lists, place, None);
        all.extend(now(merge.take(each)).unwrap());
        // As it goes through a client.
        let text = serde_json::to_string(&merge.place()).unwrap();
        place = serde_json::from_str(&text).unwrap();
        if merge.has_ended() {
            return all;
        }
    }
    panic!("it does not end: {place:?}");
}

fn arns(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| arn(row).to_owned()).collect()
}

fn sorted(mut arns: Vec<String>) -> Vec<String> {
    arns.sort();
    arns
}

/// Lists with many equal moments, each sorted as AWS sorts.
fn some_lists() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let row_of = (0_i64..30, 0_i64..5, any::<bool>());
    proptest::collection::vec(proptest::collection::vec(row_of, 0..40), 0..6).prop_map(|lists| {
        let named = lists.into_iter().enumerate().map(|(list, rows)| {
            let rows = rows.into_iter().enumerate();
            let mut rows: Vec<Value> = rows
                .map(|(index, (start, took, runs))| {
                    let status = if runs { "RUNNING" } else { "FAILED" };
                    row(&format!("{list}/{index}"), status, start, start + took)
                })
                .collect();
            rows.sort_by_key(|row| std::cmp::Reverse(moment(row)));
            rows
        });
        named.collect()
    })
}

proptest! {
    #[test]
    fn nothing_is_lost_or_doubled_and_the_newest_comes_first(
        lists in some_lists(),
        size in 1_usize..12,
        each in 1_usize..9,
        // Such that tokens fit into a cursor, or do not.
        padding in prop_oneof![Just(1_usize), Just(1_500)],
    ) {
        let expected = arns(&lists.concat());
        // A list whose token did not fit is read from its start, so a request may need all pages.
        let found = walk(&mut in_memory(lists, size, padding), each, 400);
        let moments: Vec<i64> = found.iter().map(moment).collect();
        prop_assert!(moments.is_sorted_by(|newer, older| newer >= older), "{:?}", moments);
        prop_assert_eq!(sorted(arns(&found)), sorted(expected));
    }

    #[test]
    fn few_pages_a_request_only_make_it_more_requests(lists in some_lists(), each in 1_usize..9) {
        // One page of each list, and one page more.
        let few = lists.len() + 1;
        let found = walk(&mut in_memory(lists.clone(), 3, 1), each, few);
        prop_assert_eq!(arns(&found), arns(&walk(&mut in_memory(lists, 3, 1), each, 400)));
    }

    #[test]
    fn lists_in_another_order_still_come_out_whole(
        mut lists in some_lists(), size in 1_usize..12, each in 1_usize..9,
    ) {
        for list in &mut lists {
            list.sort_by_key(|row| std::cmp::Reverse(row["startDate"].as_i64()));
        }
        let expected = arns(&lists.concat());
        let found = walk(&mut in_memory(lists, size, 1), each, 400);
        prop_assert_eq!(sorted(arns(&found)), sorted(expected));
    }
}

#[test]
fn what_begins_meanwhile_moves_nothing() {
    let old: Vec<Value> = (0..10)
        .map(|n| row(&format!("old {n}"), "FAILED", 0, 100 - n))
        .collect();
    let mut lists = in_memory(vec![old.clone()], 4, 1);
    let mut merge = Merge::new(&lists, Place::default(), None);
    let first = now(merge.take(3)).unwrap();
    let place = merge.place();
    let new = (0..3).map(|n| row(&format!("new {n}"), "RUNNING", 200, 200));
    lists.lists[0].splice(0..0, new);
    let rest = now(Merge::new(&lists, place, None).take(100)).unwrap();
    assert_eq!(arns(&[first, rest].concat()), arns(&old));
}

#[test]
fn what_is_older_than_wanted_is_not_read() {
    let old: Vec<Value> = (0..100)
        .map(|n| row(&format!("{n}"), "FAILED", 0, 1_000 - n))
        .collect();
    let lists = in_memory(vec![old], 10, 1);
    let mut merge = Merge::new(&lists, Place::default(), Some(micros(985.0)));
    assert_eq!(now(merge.take(100)).unwrap().len(), 16);
    assert!(merge.has_ended());
    assert_eq!(lists.pages_left.load(Ordering::Relaxed), 98);
}

#[test]
fn a_cursor_does_not_grow_with_what_was_shown() {
    let rows: Vec<Value> = (0..100)
        .map(|n| row(&format!("{n}"), "FAILED", 0, 1_000 - n))
        .collect();
    let lists = in_memory(vec![rows], 10, 1);
    let mut merge = Merge::new(&lists, Place::default(), None);
    assert_eq!(now(merge.take(55)).unwrap().len(), 55);
    assert_eq!(merge.place().seen.len(), 1);
}
