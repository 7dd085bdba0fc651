//! Calendars as people change and read them.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::Arc;

use jiff::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{CalendarName, Clock, DepartmentId, TenantScope, Timestamp};
use signalsync_store::lines::Unfit;
use signalsync_store::{Listing, Precondition, StoreError, Stores, Table, Transaction, row};

use super::error::CalendarError;
use super::rows::{self, CALENDAR, CALENDARS_MAX, DEPARTMENTS_MAX, Kept, find};
use super::uses;
use crate::calendar::Calendar;
use crate::day::Preview;
use crate::document::{Holiday, NAME_BYTES_MAX};
use crate::ics::{self, Found, Window};
use crate::zone::Zone;

/// Years of holidays that an import writes out before and behind the day of the import, where they do not come every
/// year on the same day.
const YEARS_BACK: i64 = 1;
const YEARS_AHEAD: i64 = 10;

/// What a calendar is asked to be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CalendarDraft {
    /// The name, when it is left out.
    #[serde(default)]
    pub title: Option<String>,
    /// Left out, it stays as it is; a tenant's first calendar is the default.
    #[serde(default)]
    pub default: Option<bool>,
    /// At most 1,000, none of which has another calendar.
    #[serde(default)]
    pub departments: BTreeSet<DepartmentId>,
    /// Hours, holidays and exceptions.
    pub calendar: Calendar,
}

/// A calendar in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ListedCalendar")]
#[serde(rename_all = "kebab-case")]
pub struct Listed {
    /// Its name.
    pub name: CalendarName,
    /// For people.
    pub title: String,
    /// Whether it is for whoever has no other one.
    pub default: bool,
    /// Departments whose own it is.
    pub departments: BTreeSet<DepartmentId>,
    /// In which its hours are meant.
    pub zone: Zone,
    /// Its `ETag`.
    pub version: u64,
}

/// What an import does, or would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Imported {
    /// Events that were read.
    pub events: usize,
    /// Holidays that the calendar did not have.
    pub added: Vec<Holiday>,
    /// Holidays that it had: the same day, and the same part of it.
    pub present: usize,
    /// What was skipped, by the name of the component or property.
    pub skipped: BTreeMap<String, usize>,
    /// Between which days events are written out that do not come every year on the same day.
    pub window: Window,
}

/// The calendars of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Calendars {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Calendars {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// All calendars by name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, scope: &TenantScope) -> Result<Listing<Listed>, CalendarError> {
        let mut tx = self.begin(scope).await?;
        let page = tx.scan(Table::Calendars, &[CALENDAR], "", None, CALENDARS_MAX, usize::MAX)?;
        let listed = page.entries.iter().map(|(_, found)| Ok(listed(row::read(&found.body)?, found.version)));
        Ok(Listing { items: listed.collect::<Result<_, StoreError>>()?, next: None })
    }

    /// One calendar, with its version.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &CalendarName) -> Result<(Kept, u64), CalendarError> {
        find(&mut self.begin(scope).await?, name)?.ok_or(CalendarError::NotFound)
    }

    /// When so much working time has passed, and which days on the way did not work as usual. Without a time, from now on.
    ///
    /// # Errors
    /// `NotFound`, `NeverEnough`, or the store failed.
    pub async fn preview(
        &self,
        scope: &TenantScope,
        name: &CalendarName,
        from: Option<Timestamp>,
        minutes: u32,
    ) -> Result<Preview, CalendarError> {
        let (kept, _) = self.get(scope, name).await?;
        Ok(kept.calendar.preview(from.unwrap_or_else(|| self.clock.now()), minutes)?)
    }

    /// Makes or changes a calendar; with its version, and true when it is new.
    ///
    /// # Errors
    /// `Precondition`, `Invalid`, `TooMany`, `Taken`, `IsDefault`, `Conflict`, or the store failed.
    pub async fn put(
        &self,
        scope: &TenantScope,
        name: &CalendarName,
        draft: CalendarDraft,
        precondition: Precondition,
    ) -> Result<(Kept, u64, bool), CalendarError> {
        let edit = |tx: &mut Transaction| {
            let before = expected(tx, name, precondition)?;
            let kept = resolve(tx, name, draft.clone(), before.as_ref())?;
            self.save(tx, scope, before.as_ref(), &kept)?;
            Ok((kept, before.is_none()))
        };
        let ((kept, created), version) = self.edit(scope, edit).await?;
        Ok((kept, version, created))
    }

    /// Adds the holidays of an iCalendar file. A dry run tells what that would do.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, `BadFile`, `NotACalendar` when they become too many, `Conflict`, or the store failed.
    pub async fn import(
        &self,
        scope: &TenantScope,
        name: &CalendarName,
        file: &[u8],
        (precondition, dry_run): (Precondition, bool),
    ) -> Result<Imported, CalendarError> {
        let window = window(self.clock.now());
        let edit = |tx: &mut Transaction| {
            let before = expected(tx, name, precondition)?.ok_or(CalendarError::NotFound)?;
            let found = ics::holidays(file, before.calendar.zone(), window)?;
            let (calendar, imported) = merge(&before.calendar, found, window)?;
            if !dry_run && !imported.added.is_empty() {
                self.save(tx, scope, Some(&before), &Kept { calendar, ..before.clone() })?;
            }
            Ok(imported)
        };
        Ok(self.edit(scope, edit).await?.0)
    }

    /// Deletes a calendar that nobody uses.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, `InUse`, `IsDefault` while there are others, `Conflict`, or the store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        name: &CalendarName,
        precondition: Precondition,
    ) -> Result<(), CalendarError> {
        let edit = |tx: &mut Transaction| {
            let before = expected(tx, name, precondition)?.ok_or(CalendarError::NotFound)?;
            if let Some(by) = used_by(tx, &before)? {
                return Err(CalendarError::InUse { calendar: name.clone(), by });
            }
            if before.default && count(tx)? > 1 {
                return Err(CalendarError::IsDefault);
            }
            rows::remove(tx, &before)?;
            let event = Event::new(Action::CalendarDeleted, subject(name)).before(&before)?;
            Ok(record(tx, scope.caller(), self.clock.now(), event)?)
        };
        self.edit(scope, edit).await.map(drop)
    }

    async fn begin(&self, scope: &TenantScope) -> Result<Transaction, StoreError> {
        self.stores.tenant(scope).await?.begin().await
    }

    /// Runs an edit until it commits, a few times; with the version of what it wrote.
    async fn edit<T>(
        &self,
        scope: &TenantScope,
        edit: impl Fn(&mut Transaction) -> Result<T, CalendarError>,
    ) -> Result<(T, u64), CalendarError> {
        let work = |mut tx| ready(edit(&mut tx).map(|done| (tx, done)));
        let (done, committed) = self.stores.tenant(scope).await?.transact_async(work).await?;
        Ok((done, committed.version))
    }

    /// Writes a calendar; the one that was the default before is not any more, if this one is.
    fn save(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        before: Option<&Kept>,
        kept: &Kept,
    ) -> Result<(), CalendarError> {
        if kept.default
            && let Some(name) = rows::default(tx)?.filter(|name| *name != kept.name)
            && let Some((other, _)) = find(tx, &name)?
        {
            self.write(tx, scope, Some(&other), &Kept { default: false, ..other.clone() })?;
        }
        self.write(tx, scope, before, kept)
    }

    fn write(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        before: Option<&Kept>,
        kept: &Kept,
    ) -> Result<(), CalendarError> {
        rows::save(tx, before, kept)?;
        let event = Event::new(Action::CalendarChanged, subject(&kept.name)).after(kept)?;
        let event = match before {
            Some(before) => event.before(before)?,
            None => event,
        };
        Ok(record(tx, scope.caller(), self.clock.now(), event)?)
    }
}

fn subject(name: &CalendarName) -> String {
    format!("calendar/{name}")
}

/// The calendar, when it is as the caller expects.
fn expected(
    tx: &mut Transaction,
    name: &CalendarName,
    precondition: Precondition,
) -> Result<Option<Kept>, CalendarError> {
    let found = find(tx, name)?;
    precondition.check(found.as_ref().map(|(_, version)| *version))?;
    Ok(found.map(|(kept, _)| kept))
}

/// What a draft comes to.
fn resolve(
    tx: &mut Transaction,
    name: &CalendarName,
    draft: CalendarDraft,
    before: Option<&Kept>,
) -> Result<Kept, CalendarError> {
    let title = draft.title.unwrap_or_else(|| name.to_string());
    check(tx, name, (&title, &draft.departments), before.is_none())?;
    let was_default = rows::default(tx)?.is_none_or(|default| default == *name);
    if was_default && draft.default == Some(false) {
        return Err(CalendarError::IsDefault);
    }
    let default = draft.default.unwrap_or(was_default);
    Ok(Kept { name: name.clone(), title, default, departments: draft.departments, calendar: draft.calendar })
}

fn check(
    tx: &mut Transaction,
    name: &CalendarName,
    (title, departments): (&str, &BTreeSet<DepartmentId>),
    is_new: bool,
) -> Result<(), CalendarError> {
    if !(1..=NAME_BYTES_MAX).contains(&title.len()) || title.chars().any(char::is_control) {
        let rule = format!("a calendar's title is 1 to {NAME_BYTES_MAX} bytes without control characters");
        return Err(CalendarError::Invalid(rule));
    }
    if is_new && count(tx)? >= CALENDARS_MAX {
        return Err(CalendarError::TooMany { what: "calendars", limit: CALENDARS_MAX });
    }
    if departments.len() > DEPARTMENTS_MAX {
        return Err(CalendarError::TooMany { what: "departments of a calendar", limit: DEPARTMENTS_MAX });
    }
    for department in departments {
        if let Some(calendar) = rows::of_department(tx, *department)?.filter(|found| found != name) {
            return Err(CalendarError::Taken { department: *department, calendar });
        }
    }
    Ok(())
}

/// Takes a calendar that comes from another tenant.
pub(crate) fn bring(tx: &mut Transaction, kept: Kept) -> Result<(), Unfit> {
    if find(tx, &kept.name)?.is_some() {
        return Err(Unfit::because("there are two calendars with this name"));
    }
    if kept.default && rows::default(tx)?.is_some() {
        return Err(Unfit::because("there are two calendars that are the default"));
    }
    check(tx, &kept.name, (&kept.title, &kept.departments), true).map_err(Unfit::because)?;
    Ok(rows::save(tx, None, &kept)?)
}

/// One of those who would be without the calendar.
fn used_by(tx: &mut Transaction, kept: &Kept) -> Result<Option<String>, CalendarError> {
    let department = kept.departments.first().map(|id| format!("department/{id}"));
    if department.is_some() { Ok(department) } else { Ok(uses::user(tx, &kept.name)?) }
}

fn count(tx: &mut Transaction) -> Result<usize, StoreError> {
    Ok(tx.scan(Table::Calendars, &[CALENDAR], "", None, CALENDARS_MAX, usize::MAX)?.entries.len())
}

fn listed(kept: Kept, version: u64) -> Listed {
    let Kept { name, title, default, departments, calendar } = kept;
    Listed { name, title, default, departments, zone: calendar.zone().clone(), version }
}

fn window(now: Timestamp) -> Window {
    let today = crate::walk::instant(now).to_zoned(jiff::tz::TimeZone::UTC).date();
    let (first, last) = (Span::new().years(YEARS_BACK), Span::new().years(YEARS_AHEAD));
    Window { first: today.saturating_sub(first), last: today.saturating_add(last) }
}

/// The calendar with the holidays that it did not have.
fn merge(calendar: &Calendar, found: Found, window: Window) -> Result<(Calendar, Imported), CalendarError> {
    let mut document = calendar.document().clone();
    let known: BTreeSet<_> = document.holidays.iter().map(|holiday| (holiday.on, holiday.hours)).collect();
    let Found { holidays, events, skipped } = found;
    let all = holidays.len();
    let added: Vec<_> = holidays.into_iter().filter(|found| !known.contains(&(found.on, found.hours))).collect();
    document.holidays.extend(added.iter().cloned());
    let present = all - added.len();
    Ok((Calendar::new(document)?, Imported { events, added, present, skipped, window }))
}
