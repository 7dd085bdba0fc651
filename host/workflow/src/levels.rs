//! Working time of runs: when something is due, and how much of a service level is used up.

use serde::{Deserialize, Serialize};
use signalsync_calendar::{Calendar, NeverEnough, Reach};
use signalsync_core::contract::workflow::{
    Action, Broken, Decision, Definition, Event, Moment, ServiceLevel, ServiceLevelReached,
};
use signalsync_core::{RunId, Timestamp};
use signalsync_people::circle;
use signalsync_store::{StoreError, Transaction};
use signalsync_work::{Claimed, Setback, cancel};

use crate::apply::{Stop, later};
use crate::error::work;
use crate::inbox::{self, Waiting};
use crate::machine::{Cause, Run};

/// The kind of work that tells a run how much of a service level is used up.
pub(crate) const LEVEL: &str = "workflow-service-level";

/// An alert that is to come.
#[derive(Serialize, Deserialize)]
pub(crate) struct Alert {
    pub(crate) run: RunId,
    pub(crate) id: String,
    percent: u32,
}

/// When a moment is, by the calendar that holds for the run.
pub(crate) fn due(moment: Moment, now: Timestamp, calendar: Option<&Calendar>) -> Result<Timestamp, Broken> {
    match moment {
        Moment::At(at) => Ok(at),
        Moment::After(ms) => Ok(Timestamp(now.0.saturating_add(ms))),
        Moment::Working(minutes) => required(calendar)?.add_working(now, minutes).map_err(never),
    }
}

fn required(calendar: Option<&Calendar>) -> Result<&Calendar, Broken> {
    calendar.ok_or_else(|| Broken::new("no-calendar", "the tenant has no calendar of working time; make one"))
}

fn never(error: NeverEnough) -> Broken {
    Broken::new("never-due", error.to_string())
}

/// The calendar of the department of whoever started the run, or else the tenant's, when the decision needs one.
pub(crate) fn calendar(
    tx: &mut Transaction,
    run: &Run,
    definition: &Definition,
    decision: &Decision,
) -> Result<Option<Calendar>, StoreError> {
    if definition.service_levels.is_empty() && !looks_at_working_time(definition, decision) {
        return Ok(None);
    }
    of(tx, run)
}

fn of(tx: &mut Transaction, run: &Run) -> Result<Option<Calendar>, StoreError> {
    let path = run.starter.map(|starter| circle::home_and_above(tx, starter)).transpose()?.unwrap_or_default();
    Ok(signalsync_calendar::stored::of(tx, &path)?.map(|kept| kept.calendar))
}

fn looks_at_working_time(definition: &Definition, decision: &Decision) -> bool {
    let works = |moment: &Moment| matches!(moment, Moment::Working(_));
    let by_action = decision.actions.iter().any(|action| match action {
        Action::OpenTask(task) => task.due.as_ref().is_some_and(works),
        Action::SetTimer(timer) => works(&timer.at),
        _ => false,
    });
    by_action || definition.steps.iter().any(|step| step.due.as_ref().is_some_and(works))
}

/// Lets the clocks of the service levels run or stand still as the run's status says, and plans the next alert of each.
pub(crate) fn follow(
    tx: &mut Transaction,
    run: &mut Run,
    definition: &Definition,
    calendar: Option<&Calendar>,
    now: Timestamp,
) -> Result<(), Stop> {
    for level in &definition.service_levels {
        one(tx, run, level, required(calendar)?, now)?;
    }
    Ok(())
}

fn one(
    tx: &mut Transaction,
    run: &mut Run,
    level: &ServiceLevel,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<(), Stop> {
    let (counts, id) = (!run.state.has_ended() && level.counts_in.contains(&run.status), run.id);
    let kept = run.level(&level.id, level.target);
    let counted = kept.clock.running_since.is_some();
    match counts {
        true => kept.clock.start(now),
        false => kept.clock.pause(calendar, now),
    }
    if counts == counted && kept.alert.is_some() {
        return Ok(());
    }
    if let Some(alert) = kept.alert.take() {
        cancel(tx, alert).map_err(work)?;
    }
    let mut left: Vec<_> = level.alerts.iter().copied().filter(|percent| !kept.told.contains(percent)).collect();
    left.sort_unstable();
    let Some(percent) = left.first().copied().filter(|_| counts) else { return Ok(()) };
    let at = match kept.clock.when_reached(calendar, percent).map_err(never)? {
        Reach::At(at) => at,
        Reach::Already => now,
        Reach::Paused => return Ok(()),
    };
    kept.alert = Some(later(tx, LEVEL, &Alert { run: id, id: level.id.clone(), percent }, at)?);
    Ok(())
}

/// It is time: the run is told.
pub(crate) fn reached(tx: &mut Transaction, claimed: &Claimed, now: Timestamp) -> Result<(), Setback> {
    let Alert { run, id, percent } = claimed.payload()?;
    let reached = Event::ServiceLevel(ServiceLevelReached { id, percent });
    Ok(inbox::post(tx, run, &Waiting::new(reached, now).because_of(Cause::Work(claimed.id)))?)
}
