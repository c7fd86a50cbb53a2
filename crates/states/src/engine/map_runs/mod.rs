//! Map runs: the executions of Map states in distributed mode, from the first to the last.
//!
//! A map run belongs to the execution that has the Map state, and its children belong to it. [`driving`] starts as many
//! as may run and says when all is over, [`children`] starts, redrives and stops one, [`queries`] answers the API.

mod children;
mod driving;
mod queries;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::execution::{ChildInput, MapRunSettings, Status, TaskId};

use super::ExecutionId;

pub(super) use driving::STARTS_AT_ONCE_MAX;
pub use queries::{Counts, MapRunChange};

/// Names a map run within its engine, in the order they were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct MapRunId(pub(super) u64);

/// One run of a Map state in distributed mode.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct MapRun {
    /// Its ARN.
    #[serde(with = "crate::saved::text")]
    pub arn: Arc<str>,
    /// What it is to be, as it was changed last.
    pub settings: MapRunSettings,
    /// Where it stands; it never times out.
    pub status: Status,
    /// When it was started, milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended, milliseconds since 1970.
    pub stopped_ms: Option<u64>,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// When it was redriven last, milliseconds since 1970.
    pub redriven_ms: Option<u64>,
    id: MapRunId,
    parent: ExecutionId,
    /// What the parent's strand calls it, as long as that waits for it.
    task: Option<TaskId>,
    /// In the order of the items; `None` until they are known.
    children: Option<Vec<Child>>,
    /// Those that are to be started or redriven.
    queue: VecDeque<usize>,
    running: usize,
    /// Items in children that failed or timed out and are not to be redriven.
    items_failed: usize,
    items_total: usize,
    /// Nothing is started any more.
    is_over: bool,
    /// When the rest is to be started, if that has to wait.
    due_ms: Option<u64>,
}

/// One execution of a map run.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Child {
    /// Until it is started.
    #[serde(
        default,
        with = "crate::saved::text_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    input: Option<Arc<str>>,
    /// How many items are in its input.
    items: usize,
    /// Once it is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<ExecutionId>,
    stands: Stands,
}

/// Where an execution of a map run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Stands {
    Pending,
    /// It ended badly and goes on when there is room.
    AwaitsRedrive,
    /// As the execution says.
    Is(Status),
}

impl MapRun {
    fn children(&self) -> &[Child] {
        self.children.as_deref().unwrap_or_default()
    }

    fn child_mut(&mut self, index: usize) -> Option<&mut Child> {
        self.children.as_mut()?.get_mut(index)
    }

    /// Whether more items failed than may; none may if no threshold is stated.
    fn has_failed(&self) -> bool {
        let failed_max = self.settings.tolerance.failed_max(self.items_total);
        self.items_failed > failed_max.unwrap_or(0)
    }

    fn set_children(&mut self, children: Vec<ChildInput>) {
        let child = |child: ChildInput| Child {
            input: Some(child.input),
            items: child.items,
            id: None,
            stands: Stands::Pending,
        };
        self.items_total = children.iter().map(|child| child.items).sum();
        self.queue = (0..children.len()).collect();
        self.children = Some(children.into_iter().map(child).collect());
    }
}

/// All map runs. A copy shares every one of them until one of the two changes it.
#[derive(Clone, Debug, Default)]
pub(super) struct MapRuns {
    runs: BTreeMap<MapRunId, Arc<MapRun>>,
    last: u64,
    by_arn: HashMap<Arc<str>, MapRunId>,
    by_task: HashMap<(ExecutionId, TaskId), MapRunId>,
    by_parent: HashMap<ExecutionId, Vec<MapRunId>>,
    due: BTreeSet<(u64, MapRunId)>,
    /// Those of which something has happened to a child.
    touched: VecDeque<MapRunId>,
}

impl MapRuns {
    fn get(&self, id: MapRunId) -> Option<&MapRun> {
        self.runs.get(&id).map(Arc::as_ref)
    }

    fn get_mut(&mut self, id: MapRunId) -> Option<&mut MapRun> {
        self.runs.get_mut(&id).map(Arc::make_mut)
    }

    /// All of them, in the order they were started.
    pub fn all(&self) -> impl Iterator<Item = &MapRun> {
        self.runs.values().map(Arc::as_ref)
    }

    /// Those of an execution, in the order they were started.
    pub fn of(&self, parent: ExecutionId) -> impl DoubleEndedIterator<Item = &MapRun> {
        let ids = self.by_parent.get(&parent).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.get(*id))
    }

    /// Takes one in, new or from a snapshot.
    pub fn take_in(&mut self, run: MapRun) {
        let id = run.id;
        self.last = self.last.max(id.0);
        self.by_arn.insert(Arc::clone(&run.arn), id);
        if let Some(task) = run.task {
            self.by_task.insert((run.parent, task), id);
        }
        self.by_parent.entry(run.parent).or_default().push(id);
        if let Some(due_ms) = run.due_ms {
            self.due.insert((due_ms, id));
        }
        self.runs.insert(id, Arc::new(run));
    }

    /// Drops those of an execution. Returns their children.
    pub fn forget_of(&mut self, parent: ExecutionId) -> Vec<ExecutionId> {
        let mut children = Vec::new();
        for id in self.by_parent.remove(&parent).unwrap_or_default() {
            let Some(run) = self.runs.remove(&id) else {
                continue;
            };
            self.by_arn.remove(&run.arn);
            if let Some(task) = run.task {
                self.by_task.remove(&(parent, task));
            }
            if let Some(due_ms) = run.due_ms {
                self.due.remove(&(due_ms, id));
            }
            children.extend(run.children().iter().filter_map(|child| child.id));
        }
        children
    }

    /// How many executions belong to one, itself among them, and not those of its children.
    pub fn weight(&self, parent: ExecutionId) -> usize {
        let started = |run: &MapRun| run.children().iter().filter(|child| child.id.is_some()).count();
        1 + self.of(parent).map(started).sum::<usize>()
    }

    /// When something is due next, milliseconds since 1970.
    pub fn next_due_ms(&self) -> Option<u64> {
        self.due.first().map(|(due_ms, _)| *due_ms)
    }

    fn set_due(&mut self, id: MapRunId, due_ms: Option<u64>) {
        let Some(run) = self.get_mut(id).filter(|run| run.due_ms != due_ms) else {
            return;
        };
        let old_ms = std::mem::replace(&mut run.due_ms, due_ms);
        if let Some(old_ms) = old_ms {
            self.due.remove(&(old_ms, id));
        }
        if let Some(due_ms) = due_ms {
            self.due.insert((due_ms, id));
        }
    }
}
