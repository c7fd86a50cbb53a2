//! The account's lists of executions: of which machines, in which status.

use crate::arn;
use crate::ask::Asker;
use crate::executions::merge::{Lists, Page, Paging};
use crate::executions::wanted::Wanted;
use crate::machines::all_machines;
use crate::problem::{Trouble, is_denied, is_missing, missing};
use aws::{Account, Api};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of one page.
const PAGE: u32 = 100;

/// Lists that one request merges: each costs a question at least.
const LISTS_MAX: usize = 100;

/// One list of ListExecutions.
#[derive(Clone, Debug)]
struct List {
    /// `stateMachineArn` or `mapRunArn`.
    by: &'static str,
    arn: String,
    status: Option<String>,
    /// Whether it was asked for by name, so that it must be there.
    is_named: bool,
}

/// The lists that a request is about.
#[derive(Clone, Debug)]
pub(crate) struct AccountLists {
    asker: Asker,
    page: u32,
    lists: Vec<List>,
    notes: Arc<Mutex<Vec<String>>>,
}

impl AccountLists {
    /// Finds the machines that are meant. Without any it is all Standard ones: Step Functions lists no Express executions.
    pub(crate) async fn find(account: &Account, asker: &Asker, wanted: &Wanted) -> Result<Self, Trouble> {
        let machines = match &wanted.map_run {
            Some(map_run) => vec![("mapRunArn", arn::checked(map_run)?.to_owned())],
            None => machines(account, &wanted.machines).await?,
        };
        let mut statuses: Vec<Option<String>> = wanted.listed().into_iter().map(Some).collect();
        if statuses.is_empty() {
            statuses.push(None);
        }
        let is_named = wanted.map_run.is_some() || !wanted.machines.is_empty();
        let mut lists = Vec::new();
        for (by, arn) in machines {
            for status in &statuses {
                lists.push(List {
                    by,
                    arn: arn.clone(),
                    status: status.clone(),
                    is_named,
                });
            }
        }
        let mut notes = Vec::new();
        if lists.len() > LISTS_MAX {
            notes.push(format!(
                "These are {} lists, and only {LISTS_MAX} of them are looked at: choose fewer machines or statuses.",
                lists.len()
            ));
            lists.truncate(LISTS_MAX);
        }
        Ok(Self {
            asker: asker.clone(),
            page: PAGE,
            lists,
            notes: Arc::new(Mutex::new(notes)),
        })
    }

    /// The same in longer pages, for whoever only counts.
    pub(crate) fn in_pages_of(mut self, rows: u32) -> Self {
        self.page = rows;
        self
    }

    /// The machines, each once.
    pub(crate) fn machines(&self) -> Vec<String> {
        let of_machines = self.lists.iter().filter(|list| list.by == "stateMachineArn");
        let mut arns: Vec<String> = of_machines.map(|list| list.arn.clone()).collect();
        arns.dedup();
        arns
    }

    /// What could not be looked at, in words.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The machines of these names or ARNs, or all Standard ones.
async fn machines(account: &Account, named: &[String]) -> Result<Vec<(&'static str, String)>, Trouble> {
    let is_arn = |name: &String| name.starts_with("arn:");
    let by = "stateMachineArn";
    if !named.is_empty() && named.iter().all(is_arn) {
        return named
            .iter()
            .map(|name| Ok((by, arn::checked(name)?.to_owned())))
            .collect();
    }
    let known = all_machines(account).await?;
    let text = |machine: &Value, name: &str| machine[name].as_str().unwrap_or_default().to_owned();
    if named.is_empty() {
        let standard = known.iter().filter(|machine| machine["type"] != "EXPRESS");
        return Ok(standard
            .map(|machine| (by, text(machine, "stateMachineArn")))
            .collect());
    }
    let mut found = Vec::new();
    for name in named {
        if is_arn(name) {
            found.push((by, arn::checked(name)?.to_owned()));
            continue;
        }
        let machine = known.iter().find(|machine| machine["name"] == name.as_str());
        let machine = machine.ok_or_else(|| {
            missing(
                "StateMachineDoesNotExist",
                format!("There is no state machine `{name}` in this account and region."),
            )
        })?;
        found.push((by, text(machine, "stateMachineArn")));
    }
    Ok(found)
}

impl Lists for AccountLists {
    fn names(&self) -> Vec<String> {
        self.lists
            .iter()
            .map(|list| format!("{} {}", list.arn, list.status.as_deref().unwrap_or("all")))
            .collect()
    }

    fn page(&self, list: usize, token: Option<String>) -> Paging {
        let (asker, notes, page) = (self.asker.clone(), Arc::clone(&self.notes), self.page);
        let list = self.lists.get(list).cloned();
        Box::pin(async move {
            let Some(list) = list else {
                return Ok(Page::default());
            };
            let mut input = json!({ (list.by): list.arn, "maxResults": page });
            if let Some(status) = list.status {
                input["statusFilter"] = status.into();
            }
            if let Some(token) = token {
                input["nextToken"] = token.into();
            }
            let note = match asker.ask(Api::States, "ListExecutions", input).await {
                Ok(mut answer) => {
                    let next = answer["nextToken"].as_str().map(str::to_owned);
                    let rows = match answer["executions"].take() {
                        Value::Array(rows) => rows,
                        _ => Vec::new(),
                    };
                    return Ok(Page { rows, next });
                }
                Err(error) => match error.code() {
                    Some("StateMachineTypeNotSupported") => format!(
                        "{} is an Express machine: Step Functions keeps no list of its executions. What they did is in the machine's log group.",
                        arn::last(&list.arn)
                    ),
                    Some(code) if is_denied(code) => format!(
                        "The executions of {} may not be listed by the role that this runs under.",
                        arn::last(&list.arn)
                    ),
                    // Deleted since the machines were listed.
                    Some(code) if is_missing(code) && !list.is_named => return Ok(Page::default()),
                    _ => return Err(error),
                },
            };
            let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
            if !notes.contains(&note) {
                notes.push(note);
            }
            Ok(Page::default())
        })
    }

    fn may_read(&self, pages: usize) -> bool {
        self.asker.may(pages)
    }
}
