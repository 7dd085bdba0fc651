//! Looking before a run is put on another version: its events are played on that version first.

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::{RunId, TenantScope};
use signalsync_store::{Listing, StoreError, Transaction};

use super::{Act, Bulk, Runs, act, list};
use crate::error::WorkflowError;
use crate::machine::Run;
use crate::replay::{Bounds, Compared, Replay, replay};
use crate::rows;

/// Runs that a rehearsal plays; of those beyond, it only says that there are more.
const PLAYED_MAX: usize = 100;

/// Runs that a rehearsal names, each with its first difference.
const NAMED_MAX: usize = 20;

/// Runs of one look.
const LOOK: usize = 50;

/// What would happen if a run were put on another version.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MigrationTrial")]
#[serde(rename_all = "kebab-case")]
pub struct Trial {
    /// Why the run cannot be put on that version; none when it can.
    pub refused: Option<String>,
    /// What it has heard so far, played on that version.
    pub replay: Replay,
}

/// What would happen if runs were put on another version.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "MigrationRehearsal")]
#[serde(rename_all = "kebab-case")]
pub struct Rehearsal {
    /// Runs that would have gone the same way.
    pub equal: usize,
    /// Runs that would have gone another way, or would remember something else.
    pub different: usize,
    /// Runs of which that cannot be said, or not up to their end.
    pub not_replayed: usize,
    /// Runs that cannot be put on that version.
    pub refused: usize,
    /// Whether there are more runs than were played.
    pub more: bool,
    /// Some of those that are not equal.
    pub runs: Vec<Rehearsed>,
}

/// A run that would not go the same way.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RehearsedRun")]
#[serde(rename_all = "kebab-case")]
pub struct Rehearsed {
    pub run: RunId,
    /// Why it cannot be put on that version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Its first step that is not the same, or of which nothing can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Compared>,
}

impl Runs {
    /// Plays the events of a run on its own versions, or on this one; nothing is done.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a version that is not there, or the store failed.
    pub async fn replay(
        &self,
        scope: &TenantScope,
        id: RunId,
        version: Option<u32>,
        bounds: Bounds,
    ) -> Result<Replay, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        let run = rows::run(&mut tx, id)?.ok_or(WorkflowError::NotFound)?;
        if let Some(version) = version {
            act::check_version(&mut tx, &run.workflow, version)?;
        }
        Ok(self.play(scope, &mut tx, &run, (version, bounds)).await?)
    }

    /// What would happen if a run were put on this version; nothing is done.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a version that is not there, or the store failed.
    pub async fn try_migration(&self, scope: &TenantScope, id: RunId, version: u32) -> Result<Trial, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        let run = rows::run(&mut tx, id)?.ok_or(WorkflowError::NotFound)?;
        act::check_version(&mut tx, &run.workflow, version)?;
        let refused = refusal(&mut tx, &run, version)?;
        Ok(Trial { refused, replay: self.play(scope, &mut tx, &run, (Some(version), Bounds::REQUEST)).await? })
    }

    /// What would happen if a bulk put runs on this version; nothing is done.
    pub(super) async fn rehearse(
        &self,
        scope: &TenantScope,
        tx: &mut Transaction,
        bulk: &Bulk,
        version: u32,
    ) -> Result<Rehearsal, WorkflowError> {
        let (mut found, mut before, mut played) = (Rehearsal::default(), None, 0);
        let bounds = Bounds { fuel: Bounds::REQUEST.fuel / 4, ..Bounds::REQUEST };
        let mut left = Bounds::REQUEST.steps * 4;
        loop {
            let Listing { items, next } = list::find(tx, scope, &bulk.filter, before.as_deref(), LOOK)?;
            for run in items.into_iter().filter(|run| bulk.act.fits(run.state)) {
                if played == PLAYED_MAX || left == 0 {
                    found.more = true;
                    return Ok(found);
                }
                played += 1;
                let refused = match act::check_version(tx, &run.workflow, version) {
                    Ok(()) => refusal(tx, &run, version)?,
                    Err(WorkflowError::Invalid(rule)) => Some(rule),
                    Err(error) => return Err(error),
                };
                if let Some(refused) = refused {
                    found.refused += 1;
                    found.name(Rehearsed { run: run.id, refused: Some(refused), first: None });
                    continue;
                }
                let bounds = Bounds { steps: bounds.steps.min(left), ..bounds };
                let replay = self.play(scope, tx, &run, (Some(version), bounds)).await?;
                left = left.saturating_sub(replay.steps.len().max(1));
                found.add(replay);
            }
            before = next;
            if before.is_none() {
                return Ok(found);
            }
        }
    }

    async fn play(
        &self,
        scope: &TenantScope,
        tx: &mut Transaction,
        run: &Run,
        how: (Option<u32>, Bounds),
    ) -> Result<Replay, StoreError> {
        replay(self.judge.invoke(), scope, tx, run, how).await
    }
}

impl Rehearsal {
    fn add(&mut self, replay: Replay) {
        let run = replay.run;
        let not_replayed = replay.not_replayed > 0 || replay.more;
        if replay.different == 0 && !not_replayed {
            self.equal += 1;
            return;
        }
        let first = match replay.different {
            0 => replay.steps.into_iter().find(|step| step.comparison != crate::replay::Comparison::Same),
            _ => replay.steps.into_iter().find(|step| step.comparison.is_different()),
        };
        match replay.different {
            0 => self.not_replayed += 1,
            _ => self.different += 1,
        }
        self.name(Rehearsed { run, refused: None, first });
    }

    fn name(&mut self, run: Rehearsed) {
        if self.runs.len() < NAMED_MAX {
            self.runs.push(run);
        }
    }
}

/// Why the run cannot be put on the version.
fn refusal(tx: &mut Transaction, run: &Run, version: u32) -> Result<Option<String>, WorkflowError> {
    if !Act::Migrate(version).fits(run.state) {
        return Ok(Some(format!("the run has ended: it is {}", run.state.as_str())));
    }
    match act::check_migration(tx, run, version) {
        Ok(()) => Ok(None),
        Err(WorkflowError::Invalid(rule)) => Ok(Some(rule)),
        Err(error) => Err(error),
    }
}
