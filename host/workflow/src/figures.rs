//! Figures of each workflow and step: how much began, ended and waits, and how long it takes.
//!
//! A step notes what changed in a row of its own, so that nobody waits for a counter; a piece of work adds the notes up
//! some seconds later.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{DeploymentName, EventId, Timestamp};
use signalsync_store::{Key, StoreError, Table, Transaction, row};
use signalsync_work::{New, schedule};

use crate::error::{WorkflowError, work};
use crate::machine::{Run, RunState, Task, TaskState};
use crate::rows::{read, write};
use crate::types;

/// The kind of work that adds notes up.
pub(crate) const ADDS_UP: &str = "workflow-figures";

/// Between a note and its being added up.
const PAUSE_MS: u64 = 5_000;

/// Notes that one transaction adds up.
const NOTES_MAX: usize = 1_000;

/// Classes of durations: two for each doubling, up to some ten thousand years.
const CLASSES: u32 = 100;

const NOTE: &str = "note";
const SUM: &str = "sum";

/// Something that changed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Note {
    Began { status: String },
    Moved { from: String, to: String },
    Stopped,
    Ended { status: String, state: RunState, ms: u64 },
    Opened { step: String },
    Done { step: String, chosen: bool, ms: u64 },
}

/// How long something takes: how often each class of durations came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Durations(BTreeMap<u32, u64>);

impl Durations {
    fn add(&mut self, ms: u64) {
        *self.0.entry(class(ms)).or_default() += 1;
    }

    /// The longest of so many hundredths of them, at most 42 % too long.
    fn percentile(&self, percent: u64) -> Option<u64> {
        let count: u64 = self.0.values().sum();
        let wanted = (count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let reached = |(class, times): (&u32, &u64)| {
            seen += times;
            (seen >= wanted).then(|| longest(*class))
        };
        self.0.iter().find_map(reached)
    }
}

/// Two for each doubling.
fn class(ms: u64) -> u32 {
    let doublings = 64 - ms.leading_zeros();
    let upper_half = doublings >= 2 && ms >> (doublings - 2) == 3;
    (2 * doublings + u32::from(upper_half)).min(CLASSES)
}

fn longest(class: u32) -> u64 {
    let (doublings, upper_half) = (class / 2, class % 2 == 1);
    match doublings {
        0 => 0,
        1 => 1,
        _ if upper_half => (1 << doublings) - 1,
        _ => (3 << (doublings - 2)) - 1,
    }
}

/// All that was added up for a workflow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sum {
    began: u64,
    incidents: u64,
    ended: BTreeMap<RunState, u64>,
    at: BTreeMap<String, u64>,
    took: Durations,
    steps: BTreeMap<String, StepSum>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StepSum {
    opened: u64,
    done: u64,
    closed: u64,
    took: Durations,
}

impl Sum {
    fn add(&mut self, note: Note) {
        match note {
            Note::Began { status } => {
                self.began += 1;
                *self.at.entry(status).or_default() += 1;
            }
            Note::Moved { from, to } => {
                self.leave(&from);
                *self.at.entry(to).or_default() += 1;
            }
            Note::Stopped => self.incidents += 1,
            Note::Ended { status, state, ms } => {
                self.leave(&status);
                *self.ended.entry(state).or_default() += 1;
                self.took.add(ms);
            }
            Note::Opened { step } => self.steps.entry(step).or_default().opened += 1,
            Note::Done { step, chosen, ms } => {
                let step = self.steps.entry(step).or_default();
                match chosen {
                    true => {
                        step.done += 1;
                        step.took.add(ms);
                    }
                    false => step.closed += 1,
                }
            }
        }
    }

    fn leave(&mut self, status: &str) {
        if let Some(there) = self.at.get_mut(status) {
            *there = there.saturating_sub(1);
            if *there == 0 {
                self.at.remove(status);
            }
        }
    }
}

/// What is shown of a workflow. It is some seconds old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WorkflowFigures")]
#[serde(rename_all = "kebab-case")]
pub struct Figures {
    pub began: u64,
    /// How often a run could not go on.
    pub incidents: u64,
    pub running: u64,
    /// By how they ended.
    pub ended: BTreeMap<RunState, u64>,
    /// Where runs stand that have not ended.
    pub at: BTreeMap<String, u64>,
    pub took: Took,
    pub steps: BTreeMap<String, StepFigures>,
}

/// What is shown of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StepFigures {
    pub opened: u64,
    pub done: u64,
    /// Those that the run did not need any more.
    pub closed: u64,
    pub open: u64,
    pub took: Took,
}

/// How long something took, from its begin to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Took {
    pub median_ms: Option<u64>,
    pub p95_ms: Option<u64>,
}

impl Took {
    fn of(durations: &Durations) -> Self {
        Self { median_ms: durations.percentile(50), p95_ms: durations.percentile(95) }
    }
}

impl From<Sum> for Figures {
    fn from(sum: Sum) -> Self {
        let step = |step: &StepSum| StepFigures {
            opened: step.opened,
            done: step.done,
            closed: step.closed,
            open: step.opened.saturating_sub(step.done + step.closed),
            took: Took::of(&step.took),
        };
        Self {
            began: sum.began,
            incidents: sum.incidents,
            running: sum.at.values().sum(),
            took: Took::of(&sum.took),
            steps: sum.steps.iter().map(|(id, sum)| (id.clone(), step(sum))).collect(),
            ended: sum.ended,
            at: sum.at,
        }
    }
}

/// Notes what changes of a run.
pub(crate) fn of_run(tx: &mut Transaction, before: Option<&Run>, after: &Run) -> Result<(), StoreError> {
    let note = match before {
        None => Note::Began { status: after.status.clone() },
        Some(before) if after.state.has_ended() && !before.state.has_ended() => {
            let ms = after.changed_at.0.saturating_sub(after.started_at.0);
            Note::Ended { status: before.status.clone(), state: after.state, ms }
        }
        Some(before) if before.status != after.status => {
            Note::Moved { from: before.status.clone(), to: after.status.clone() }
        }
        Some(before) if after.state == RunState::Incident && before.state != RunState::Incident => Note::Stopped,
        Some(_) => return Ok(()),
    };
    add(tx, &after.workflow, &note, after.changed_at)
}

/// Notes what changes of a task.
pub(crate) fn of_task(tx: &mut Transaction, before: Option<&Task>, after: &Task) -> Result<(), StoreError> {
    let step = after.step.id.clone();
    let (note, at) = match (before.map(|before| before.state), after.state, &after.end) {
        (None, _, _) => (Note::Opened { step }, after.opened_at),
        (Some(TaskState::Open), TaskState::Done | TaskState::Closed, Some(end)) => {
            let (chosen, ms) = (after.state == TaskState::Done, end.at.0.saturating_sub(after.opened_at.0));
            (Note::Done { step, chosen, ms }, end.at)
        }
        _ => return Ok(()),
    };
    add(tx, &after.workflow, &note, at)
}

/// Notes that a run could not go on.
pub(crate) fn stopped(tx: &mut Transaction, workflow: &DeploymentName, at: Timestamp) -> Result<(), StoreError> {
    add(tx, workflow, &Note::Stopped, at)
}

fn add(tx: &mut Transaction, workflow: &DeploymentName, note: &Note, at: Timestamp) -> Result<(), StoreError> {
    let key = Key::new(Table::WorkflowFigures, &[NOTE, workflow.as_str(), &EventId::new().to_string()]);
    write(tx, key, note)?;
    let adds_up = New::of(ADDS_UP, workflow, Timestamp(at.0.saturating_add(PAUSE_MS)));
    let named = adds_up.and_then(|new| new.named(workflow.to_string()));
    named.and_then(|new| schedule(tx, new)).map(drop).map_err(work)
}

/// Adds up what was noted; true when there is more.
pub(crate) fn add_up(tx: &mut Transaction, workflow: &DeploymentName) -> Result<bool, StoreError> {
    let page = tx.scan(Table::WorkflowFigures, &[NOTE, workflow.as_str()], "", None, NOTES_MAX, usize::MAX)?;
    let mut sum: Sum = read(tx, &sum_key(workflow))?.unwrap_or_default();
    for (id, found) in &page.entries {
        sum.add(row::read(&found.body)?);
        tx.delete(&Key::new(Table::WorkflowFigures, &[NOTE, workflow.as_str(), id]))?;
    }
    write(tx, sum_key(workflow), &sum)?;
    Ok(page.next.is_some())
}

/// The figures of a workflow.
///
/// # Errors
/// `NotFound`, or the store failed.
pub(crate) fn figures(tx: &mut Transaction, workflow: &DeploymentName) -> Result<Figures, WorkflowError> {
    types::require(tx, workflow)?;
    let sum: Sum = read(tx, &sum_key(workflow))?.unwrap_or_default();
    Ok(sum.into())
}

fn sum_key(workflow: &DeploymentName) -> Key {
    Key::new(Table::WorkflowFigures, &[SUM, workflow.as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_a_class_that_is_not_shorter_and_not_much_longer() {
        for ms in (0..5_000).chain([1 << 20, (1 << 30) + 7, 1 << 45]) {
            let shown = longest(class(ms));
            assert!(shown >= ms && shown <= ms + ms / 2, "{ms} is shown as {shown}");
        }
    }

    #[test]
    fn percentiles_are_those_of_what_was_added() {
        let mut durations = Durations::default();
        assert_eq!(durations.percentile(50), None);
        (1..=100).for_each(|seconds| durations.add(seconds * 1_000));
        let (median, p95) = (durations.percentile(50).unwrap_or(0), durations.percentile(95).unwrap_or(0));
        assert!((50_000..75_000).contains(&median) && (95_000..143_000).contains(&p95), "{median} {p95}");
    }
}
