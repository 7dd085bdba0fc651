//! Calendars and schedules on their way out of a tenant and into another one.
//!
//! Whom a calendar leads to it follows from the calendars, and the next start from the schedule: they are made anew.

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_store::lines::{Lines, Rows, Sink, Unfit, parse, put};
use signalsync_store::{StoreError, Table, Transaction, row};

use crate::starts::{self, SCHEDULE, Scheduled};
use crate::stored;

/// Calendars. Take all departments first.
pub fn calendars() -> impl Lines {
    Rows { table: Table::Calendars, parents: &[stored::CALENDAR], take: stored::bring }
}

/// Whether what a schedule starts can be started, or the rule that it breaks.
pub type Check<W> = fn(&mut Transaction, &W) -> Result<(), String>;

/// Schedules, with who wrote them and when they started something last, if people go along; else each has its next start
/// from then on when it is taken. Take last what begins by itself: what is started may need everything else.
pub fn schedules<W: Serialize + DeserializeOwned + 'static>(with_people: bool, check: Check<W>) -> impl Lines {
    Schedules { with_people, check }
}

struct Schedules<W> {
    with_people: bool,
    check: Check<W>,
}

impl<W: Serialize + DeserializeOwned + 'static> Lines for Schedules<W> {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Schedules, &[SCHEDULE], &mut |_, found| {
            let scheduled: Scheduled<W> = row::read(&found.body)?;
            match self.with_people {
                true => put(to, &scheduled),
                false => put(to, &Scheduled { by: None, last: None, next: None, problem: None, ..scheduled }),
            }
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let scheduled: Scheduled<W> = parse(line)?;
        (self.check)(tx, &scheduled.what).map_err(Unfit::Line)?;
        starts::bring(tx, &scheduled)
    }
}
