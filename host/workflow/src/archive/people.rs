//! What people set and were told. Whoever is named was, and may not be any more: they are not looked for.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalsync_core::UserId;
use signalsync_store::lines::{Lines, Sink, Unfit, on_one_line, parse, put};
use signalsync_store::{StoreError, Table, Transaction, row};

use super::{parsed, parts};
use crate::absence::{self, Absence};
use crate::deliver::{self, NoticeSettings};
use crate::notices::{self, Notice};
use crate::rows::{damaged, write};

/// Who is away, and who stands in.
pub fn absences() -> impl Lines {
    Absences
}

/// How people want to be told.
pub fn notice_settings() -> impl Lines {
    Settings
}

/// What people were told.
pub fn notices() -> impl Lines {
    Notices
}

/// Something of somebody.
#[derive(Serialize, Deserialize)]
struct Of<T> {
    user: UserId,
    what: T,
}

struct Absences;

impl Lines for Absences {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Absences, &[absence::PERSON], &mut |key, found| {
            let [_, user] = parts(key)?;
            put(to, &Of::<Absence> { user: parsed(user)?, what: row::read(&found.body)? })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Of { user, what } = parse(line)?;
        absence::bring(tx, user, &what).map_err(Unfit::because)
    }
}

struct Settings;

impl Lines for Settings {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::NoticeSettings, &[], &mut |key, found| {
            let [user] = parts(key)?;
            put(to, &Of::<NoticeSettings> { user: parsed(user)?, what: row::read(&found.body)? })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Of::<NoticeSettings> { user, what } = parse(line)?;
        Ok(write(tx, deliver::settings_key(user), &what)?)
    }
}

struct Notices;

impl Lines for Notices {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Notices, &[], &mut |key, found| {
            let [user, _] = parts(key)?;
            let notice: Notice = row::read(&found.body)?;
            let data = RawValue::from_string(on_one_line(notice.data.get())).map_err(|_| damaged("a notice"))?;
            put(to, &Of { user: parsed(user)?, what: Notice { data, ..notice } })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Of { user, what } = parse(line)?;
        Ok(notices::keep(tx, user, &what)?)
    }
}
