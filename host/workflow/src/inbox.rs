//! What happened to a run and waits for its turn: events in the order in which they came.

use serde::{Deserialize, Serialize};
use signalsync_core::contract::workflow::Event;
use signalsync_core::{EventId, RunId, Timestamp};
use signalsync_store::{StoreError, Table, Transaction, row};
use signalsync_work::{New, schedule};

use crate::error::work;
use crate::machine::Cause;
use crate::rows::{self, INBOX};

/// Events of one run that wait. Those beyond are refused where somebody outside sends them.
pub const INBOX_MAX: usize = 1_000;

/// The kind of work that is a step of a run; its name is the run.
pub(crate) const STEP: &str = "workflow-step";

/// Events of a run that has ended that one step removes.
const CLEARED_PER_STEP: usize = 500;

/// An event that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Waiting {
    pub(crate) event: Event,
    pub(crate) cause: Option<Cause>,
    /// Who caused it, when it was somebody.
    pub(crate) by: Option<String>,
    pub(crate) at: Timestamp,
}

impl Waiting {
    pub(crate) fn new(event: Event, at: Timestamp) -> Self {
        Self { event, cause: None, by: None, at }
    }

    pub(crate) fn because_of(self, cause: Cause) -> Self {
        Self { cause: Some(cause), ..self }
    }

    pub(crate) fn by(self, by: Option<impl ToString>) -> Self {
        Self { by: by.map(|by| by.to_string()), ..self }
    }
}

/// Where the start of a run waits: before all ids, which begin with a letter. Ids follow the clock, and a clock that is set
/// back must not let anything be heard before the start.
const FIRST: &str = "0";

/// Whether an event can wait there.
pub(crate) fn is_place(text: &str) -> bool {
    text == FIRST || text.parse::<EventId>().is_ok()
}

/// Puts in the start of a run, with the step that takes it.
pub(crate) fn begin(tx: &mut Transaction, run: RunId, started: &Waiting) -> Result<(), StoreError> {
    tx.put(rows::item_key(run, INBOX, FIRST), row::write(started)?);
    wake(tx, run, started.at)
}

/// Puts an event behind those that wait, with the step that takes it. Nothing of the run itself is read, so that those who
/// tell it something stand in nobody's way.
pub(crate) fn post(tx: &mut Transaction, run: RunId, waiting: &Waiting) -> Result<(), StoreError> {
    tx.put(rows::item_key(run, INBOX, &EventId::new().to_string()), row::write(waiting)?);
    wake(tx, run, waiting.at)
}

/// Has the next event taken, if there is one.
pub(crate) fn wake(tx: &mut Transaction, run: RunId, now: Timestamp) -> Result<(), StoreError> {
    let work_of = New::of(STEP, &run, now).and_then(|new| new.named(run.to_string()));
    work_of.and_then(|new| schedule(tx, new)).map(drop).map_err(work)
}

/// The event whose turn it is.
pub(crate) fn first(tx: &mut Transaction, run: RunId) -> Result<Option<(String, Waiting)>, StoreError> {
    let page = tx.scan(Table::RunItems, &[&run.to_string(), INBOX], "", None, 1, usize::MAX)?;
    page.entries.into_iter().next().map(|(id, found)| Ok((id, row::read(&found.body)?))).transpose()
}

/// Takes an event out.
pub(crate) fn take(tx: &mut Transaction, run: RunId, id: &str) -> Result<(), StoreError> {
    tx.delete(&rows::item_key(run, INBOX, id)).map(drop)
}

/// How many wait; no more than one above the limit are counted.
pub(crate) fn count(tx: &mut Transaction, run: RunId) -> Result<usize, StoreError> {
    let page = tx.scan(Table::RunItems, &[&run.to_string(), INBOX], "", None, INBOX_MAX + 1, usize::MAX)?;
    Ok(page.entries.len())
}

/// Removes what a run that has ended will never hear; true when nothing is left.
pub(crate) fn clear(tx: &mut Transaction, run: RunId) -> Result<bool, StoreError> {
    let page = tx.scan(Table::RunItems, &[&run.to_string(), INBOX], "", None, CLEARED_PER_STEP, usize::MAX)?;
    for (id, _) in &page.entries {
        take(tx, run, id)?;
    }
    Ok(page.next.is_none())
}
