//! What starts by the clock: schedules of a tenant by name, each with something that another crate can start.
//!
//! A schedule is a row, and a piece of work that is named like it and due at its next occurrence. The work starts what
//! is to start, notes it in the row and goes on at the occurrence behind it, all in one transaction: so each occurrence
//! starts exactly once, whatever happens to the process. What becomes of missed ones is decided in `schedule/missed.rs`.

use std::future::ready;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Clock, ScheduleName, TenantScope, Timestamp};
use signalsync_store::lines::Unfit;
use signalsync_store::{
    CommitError, Key, Listing, Precondition, StoreError, Stores, Table, Transaction, Unexpected, row,
};
use signalsync_work::{self as work, Claimed, Handlers, New, Outcome, Policy, Setback, Within, WorkError};

use crate::document::NAME_BYTES_MAX;
use crate::schedule::{Missed, Schedule};

/// Schedules of a tenant.
pub const SCHEDULES_MAX: usize = 200;

/// Bytes of what a schedule starts, as JSON. It says what to start, and is not the thing itself.
pub const WHAT_BYTES_MAX: usize = 16 << 10;

const KIND: &str = "schedule";
pub(crate) const SCHEDULE: &str = "schedule";

/// Who starts what schedules say: a crate above that knows what `What` means.
pub trait Starts: Send + Sync + 'static {
    /// What there is to start; it stands in the schedule.
    type What: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Whether it can be started, before a schedule is kept.
    ///
    /// # Errors
    /// The rule that it breaks, for the one who writes the schedule.
    fn check(&self, scope: &TenantScope, what: &Self::What, tx: &mut Transaction) -> Result<(), String>;

    /// Starts it, in the transaction that notes that it started. Runs again on a new transaction when what it read has
    /// changed.
    fn start<'a>(
        &'a self,
        scope: &'a TenantScope,
        occurrence: Occurrence<'a, Self::What>,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<Transaction, Setback>>;
}

/// Something that starts now.
#[derive(Debug)]
pub struct Occurrence<'a, W> {
    /// By which schedule.
    pub schedule: &'a ScheduleName,
    /// For which time; the time of the start may be later.
    pub at: Timestamp,
    /// What.
    pub what: &'a W,
    /// A person's or a key's id: who set the schedule up.
    pub by: Option<&'a str>,
}

impl<W> Occurrence<'_, W> {
    /// The same for this occurrence whenever it is started: a business key.
    pub fn key(&self) -> String {
        format!("{}@{}", self.schedule, self.at)
    }
}

/// What a schedule is asked to be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScheduleDraft<W> {
    /// The name, when it is left out.
    #[serde(default)]
    pub title: Option<String>,
    /// When.
    pub schedule: Schedule,
    /// What happens to occurrences that are missed; `once` when it is left out.
    #[serde(default)]
    pub missed: Missed,
    /// Whether it starts anything; true when it is left out.
    #[serde(default = "on")]
    pub on: bool,
    /// What to start.
    pub what: W,
}

fn on() -> bool {
    true
}

/// A schedule as it is kept and shown.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Scheduled<W> {
    /// Never changes.
    pub name: ScheduleName,
    /// For people; 1 to 100 bytes.
    pub title: String,
    /// When.
    pub schedule: Schedule,
    /// What happens to occurrences that are missed.
    pub missed: Missed,
    /// Whether it starts anything.
    pub on: bool,
    /// What it starts.
    pub what: W,
    /// A person's or a key's id: who wrote it last.
    pub by: Option<String>,
    /// The occurrence that was started last.
    pub last: Option<Timestamp>,
    /// The occurrence that is next; none when it is off, or when there is none any more.
    pub next: Option<Timestamp>,
    /// Why the last occurrence that was given up did not start.
    pub problem: Option<String>,
}

/// A schedule was not kept, changed or found. The texts are for the one who asked.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The tenant has no such schedule.
    #[error("there is no such schedule")]
    NotFound,
    /// What would be written breaks a rule; the text is the rule.
    #[error("{0}")]
    Invalid(String),
    /// There are as many as there may be.
    #[error("there may be {limit} schedules; delete one first")]
    TooMany {
        /// How many.
        limit: usize,
    },
    /// The schedule is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// Its next start could not be planned.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// Others changed the same at the same time, again and again.
    #[error("others changed the same at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for ScheduleError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// The schedules of all tenants, each tenant's behind its scope.
pub struct Schedules<S> {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
    starts: Arc<S>,
}

impl<S> Clone for Schedules<S> {
    fn clone(&self) -> Self {
        Self { stores: self.stores.clone(), clock: self.clock.clone(), starts: self.starts.clone() }
    }
}

impl<S: Starts> Schedules<S> {
    /// Over these stores; what is due is started by `starts`.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>, starts: Arc<S>) -> Self {
        Self { stores, clock, starts }
    }

    /// With what is done when a schedule is due.
    #[must_use]
    pub fn register(self, handlers: Handlers) -> Handlers {
        handlers.within(KIND, Starting { clock: self.clock, starts: self.starts })
    }

    /// All schedules by name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, scope: &TenantScope) -> Result<Listing<Scheduled<S::What>>, ScheduleError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        Ok(Listing::of(tx.scan(Table::Schedules, &[SCHEDULE], "", None, SCHEDULES_MAX, usize::MAX)?)?)
    }

    /// One schedule, with its version.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(
        &self,
        scope: &TenantScope,
        name: &ScheduleName,
    ) -> Result<(Scheduled<S::What>, u64), ScheduleError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        find(&mut tx, name)?.ok_or(ScheduleError::NotFound)
    }

    /// Sets a schedule up, or changes it: from now on it is due as it says. With its version, and true when it is new.
    ///
    /// # Errors
    /// `Precondition`, `Invalid`, `TooMany`, `Conflict`, or the store failed.
    pub async fn put(
        &self,
        scope: &TenantScope,
        name: &ScheduleName,
        draft: ScheduleDraft<S::What>,
        precondition: Precondition,
    ) -> Result<(Scheduled<S::What>, u64, bool), ScheduleError> {
        let edit = |tx: &mut Transaction| {
            let before = expected(tx, name, precondition)?;
            let after = self.resolve(tx, scope, name, draft.clone(), before.as_ref())?;
            plan(tx, &after)?;
            save(tx, &after)?;
            let event = Event::new(Action::ScheduleChanged, subject(name)).after(&after)?;
            let event = match &before {
                Some(before) => event.before(before)?,
                None => event,
            };
            record(tx, scope.caller(), self.clock.now(), event)?;
            Ok((after, before.is_none()))
        };
        let work = |mut tx| ready(edit(&mut tx).map(|done| (tx, done)));
        let store = self.stores.tenant(scope).await?;
        let ((after, created), committed) = store.transact_async::<_, ScheduleError, _>(work).await?;
        Ok((after, committed.version, created))
    }

    /// Deletes a schedule. What it started goes on.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, `Conflict`, or the store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        name: &ScheduleName,
        precondition: Precondition,
    ) -> Result<(), ScheduleError> {
        let edit = |tx: &mut Transaction| {
            let before = expected::<S::What>(tx, name, precondition)?.ok_or(ScheduleError::NotFound)?;
            unplan(tx, name)?;
            tx.delete(&key(name))?;
            let event = Event::new(Action::ScheduleDeleted, subject(name)).before(&before)?;
            Ok(record(tx, scope.caller(), self.clock.now(), event)?)
        };
        self.stores.tenant(scope).await?.transact(edit).await
    }

    fn resolve(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        name: &ScheduleName,
        draft: ScheduleDraft<S::What>,
        before: Option<&Scheduled<S::What>>,
    ) -> Result<Scheduled<S::What>, ScheduleError> {
        let ScheduleDraft { title, schedule, missed, on, what } = draft;
        let title = title.unwrap_or_else(|| name.to_string());
        check(tx, &title, &what, before.is_none())?;
        self.starts.check(scope, &what, tx).map_err(ScheduleError::Invalid)?;
        let next = if on { schedule.next_after(self.clock.now()) } else { None };
        let (by, last) = (scope.caller().principal.user.clone(), before.and_then(|before| before.last));
        Ok(Scheduled { name: name.clone(), title, schedule, missed, on, what, by, last, next, problem: None })
    }
}

fn check<W: Serialize>(tx: &mut Transaction, title: &str, what: &W, is_new: bool) -> Result<(), ScheduleError> {
    if !(1..=NAME_BYTES_MAX).contains(&title.len()) || title.chars().any(char::is_control) {
        let rule = format!("a schedule's title is 1 to {NAME_BYTES_MAX} bytes without control characters");
        return Err(ScheduleError::Invalid(rule));
    }
    if row::write(what)?.len() > WHAT_BYTES_MAX {
        return Err(ScheduleError::Invalid(format!("what is started has at most {WHAT_BYTES_MAX} bytes as JSON")));
    }
    if is_new && count(tx)? >= SCHEDULES_MAX {
        return Err(ScheduleError::TooMany { limit: SCHEDULES_MAX });
    }
    Ok(())
}

/// Takes a schedule that comes from another tenant. One that is on and does not say what is next finds out at once.
pub(crate) fn bring<W: Serialize + DeserializeOwned>(
    tx: &mut Transaction,
    scheduled: &Scheduled<W>,
) -> Result<(), Unfit> {
    if find::<W>(tx, &scheduled.name)?.is_some() {
        return Err(Unfit::because("there are two schedules with this name"));
    }
    check(tx, &scheduled.title, &scheduled.what, true).map_err(Unfit::because)?;
    if scheduled.on {
        plan_at(tx, &scheduled.name, scheduled.next.unwrap_or(Timestamp(0))).map_err(Unfit::because)?;
    }
    Ok(save(tx, scheduled)?)
}

/// Starts what is due.
struct Starting<S> {
    clock: Arc<dyn Clock>,
    starts: Arc<S>,
}

impl<S: Starts> Starting<S> {
    async fn start(
        &self,
        scope: &TenantScope,
        claimed: &Claimed,
        mut tx: Transaction,
    ) -> Result<(Transaction, Outcome), Setback> {
        let name: ScheduleName = claimed.payload()?;
        let Some((mut scheduled, _)) = find::<S::What>(&mut tx, &name)? else { return Ok((tx, Outcome::Done)) };
        let now = self.clock.now();
        let Some(planned) = scheduled.next else {
            scheduled.next = scheduled.schedule.next_after(now).filter(|_| scheduled.on);
            let Some(at) = scheduled.next else { return Ok((tx, Outcome::Done)) };
            save(&mut tx, &scheduled)?;
            return Ok((tx, Outcome::GoesOn { at }));
        };
        let step = scheduled.schedule.step(scheduled.missed, planned, now);
        if let Some(at) = step.start {
            let (what, by) = (&scheduled.what, scheduled.by.as_deref());
            tx = self.starts.start(scope, Occurrence { schedule: &name, at, what, by }, tx).await?;
            scheduled.last = Some(at);
        }
        scheduled.next = step.next;
        save(&mut tx, &scheduled)?;
        Ok((tx, step.next.map_or(Outcome::Done, |at| Outcome::GoesOn { at })))
    }

    /// What cannot be started is left to whoever looks at dead letters, and the schedule goes on with the occurrence
    /// behind it.
    fn pass_over(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        let Ok(name) = claimed.payload::<ScheduleName>() else { return Ok(()) };
        let Some((mut scheduled, _)) = find::<S::What>(tx, &name)? else { return Ok(()) };
        scheduled.next = scheduled.next.and_then(|planned| scheduled.schedule.next_after(planned));
        scheduled.problem = Some(why.to_owned());
        plan(tx, &scheduled).map_err(|error| match error {
            WorkError::Store(error) => error,
            other => StoreError::Corrupt(other.to_string()),
        })?;
        save(tx, &scheduled)
    }
}

impl<S: Starts> Within for Starting<S> {
    fn policy(&self) -> Policy {
        Policy { by_itself: true, ..Policy::default() }
    }

    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        self.start(scope, claimed, tx).boxed()
    }

    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        self.pass_over(claimed, why, tx)
    }
}

/// Has the next occurrence started when it is due, in place of the one that was planned before.
fn plan<W>(tx: &mut Transaction, scheduled: &Scheduled<W>) -> Result<(), WorkError> {
    unplan(tx, &scheduled.name)?;
    scheduled.next.map_or(Ok(()), |next| plan_at(tx, &scheduled.name, next))
}

fn plan_at(tx: &mut Transaction, name: &ScheduleName, at: Timestamp) -> Result<(), WorkError> {
    work::schedule(tx, New::of(KIND, name, at)?.named(name.as_str())?).map(drop)
}

fn unplan(tx: &mut Transaction, name: &ScheduleName) -> Result<(), WorkError> {
    let Some(planned) = work::find(tx, KIND, name.as_str())? else { return Ok(()) };
    work::cancel(tx, planned).map(drop)
}

fn find<W: DeserializeOwned>(
    tx: &mut Transaction,
    name: &ScheduleName,
) -> Result<Option<(Scheduled<W>, u64)>, StoreError> {
    tx.get(&key(name))?.map(|found| Ok((row::read(&found.body)?, found.version))).transpose()
}

fn expected<W: DeserializeOwned>(
    tx: &mut Transaction,
    name: &ScheduleName,
    precondition: Precondition,
) -> Result<Option<Scheduled<W>>, ScheduleError> {
    let found = find(tx, name)?;
    precondition.check(found.as_ref().map(|(_, version)| *version))?;
    Ok(found.map(|(scheduled, _)| scheduled))
}

fn save<W: Serialize>(tx: &mut Transaction, scheduled: &Scheduled<W>) -> Result<(), StoreError> {
    tx.put(key(&scheduled.name), row::write(scheduled)?);
    Ok(())
}

fn count(tx: &mut Transaction) -> Result<usize, StoreError> {
    Ok(tx.scan(Table::Schedules, &[SCHEDULE], "", None, SCHEDULES_MAX, usize::MAX)?.entries.len())
}

fn key(name: &ScheduleName) -> Key {
    Key::new(Table::Schedules, &[SCHEDULE, name.as_str()])
}

fn subject(name: &ScheduleName) -> String {
    format!("schedule/{name}")
}
