//! Which runs are wanted, and how they are found: along the list that holds the fewest others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{DeploymentName, RunId, TenantScope, Timestamp};
use signalsync_store::{Listing, StoreError, Table, Transaction};

use super::sees_all;
use crate::error::WorkflowError;
use crate::machine::{Run, RunState};
use crate::rows::{self, damaged};

/// Runs that one page looks at, wanted or not.
const LOOKS_MAX: usize = 1_000;

/// Runs that are looked at together, at least.
const LOOKS_AT_ONCE: usize = 50;

/// Most runs in one part of a list.
const PAGE_MAX: usize = 200;

/// Which runs are wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunFilter")]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Filter {
    pub workflow: Option<DeploymentName>,
    pub state: Option<RunState>,
    /// Needs the workflow; of runs that have not ended.
    pub status: Option<String>,
    pub key: Option<String>,
    /// With which the caller has to do.
    pub mine: bool,
    /// Code of the incident.
    pub incident: Option<String>,
    /// Not started before.
    pub since: Option<Timestamp>,
    /// Started before.
    pub until: Option<Timestamp>,
}

impl Filter {
    pub(crate) fn fits(&self, run: &Run) -> bool {
        self.workflow.as_ref().is_none_or(|workflow| run.workflow == *workflow)
            && self.state.is_none_or(|state| run.state == state)
            && self.status.as_ref().is_none_or(|status| run.status == *status)
            && self.key.as_ref().is_none_or(|key| run.key.as_ref() == Some(key))
            && self.until.is_none_or(|until| run.started_at < until)
            && self.since.is_none_or(|since| run.started_at >= since)
            && self.incident.as_ref().is_none_or(|code| run.incident.as_ref().is_some_and(|now| now.code == *code))
    }

    /// Ids are in the order of time, so that a page begins at `until`.
    fn begins(&self) -> Option<String> {
        self.until.map(|until| format!("{}_{:012x}", RunId::PREFIX, until.0))
    }

    fn list(&self) -> String {
        rows::list(self.workflow.as_ref(), self.state, self.status.as_deref())
    }
}

/// Runs that fit and that the caller may see, newest first.
pub(crate) fn find(
    tx: &mut Transaction,
    scope: &TenantScope,
    filter: &Filter,
    before: Option<&str>,
    limit: usize,
) -> Result<Listing<Run>, WorkflowError> {
    if filter.status.is_some() && filter.workflow.is_none() {
        return Err(WorkflowError::Invalid("a status is one of a workflow; say of which".to_owned()));
    }
    let list = match (filter.mine || !sees_all(scope), scope.caller().rights.person().user) {
        (false, _) => filter.list(),
        (true, Some(me)) => rows::of_person(me),
        (true, None) => return Ok(Listing { items: Vec::new(), next: None }),
    };
    let limit = limit.clamp(1, PAGE_MAX);
    let begins = filter.begins();
    let before = match (before, begins.as_deref()) {
        (Some(before), Some(begins)) => Some(before.min(begins)),
        (before, begins) => before.or(begins),
    };
    let (mut items, mut before, mut left) = (Vec::new(), before.map(str::to_owned), LOOKS_MAX);
    loop {
        let looks = (limit - items.len()).max(LOOKS_AT_ONCE).min(left);
        let page = tx.scan_back(Table::RunIndex, &[&list], "", before.as_deref(), looks, usize::MAX)?;
        for (id, _) in &page.entries {
            let run = found(tx, id)?;
            if filter.since.is_some_and(|since| run.started_at < since) {
                return Ok(Listing { items, next: None });
            }
            if filter.fits(&run) {
                items.push(run);
            }
            if items.len() == limit {
                return Ok(Listing { items, next: Some(id.clone()) });
            }
        }
        left = left.saturating_sub(page.entries.len());
        if page.next.is_none() || left == 0 {
            return Ok(Listing { items, next: page.next });
        }
        before = page.next;
    }
}

fn found(tx: &mut Transaction, id: &str) -> Result<Run, StoreError> {
    let id = id.parse().map_err(|_| damaged("a run's place in a list"))?;
    rows::run(tx, id)?.ok_or_else(|| damaged("a run's place in a list"))
}
