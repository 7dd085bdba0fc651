//! The tenant's log of mails.

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{MailId, Timestamp, WorkId};
use signalsync_store::{Key, Listing, StoreError, Table, Transaction, row};

use crate::address::MailAddress;
use crate::error::MailError;
use crate::templates::Template;

/// Most entries in one part of a list.
const PAGE_MAX: usize = 100;

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MailStatus")]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It waits, or is tried again.
    Queued,
    /// The relay took it.
    Sent,
    /// The relay took it, for the address that all mails of the tenant are forwarded to.
    Diverted,
    /// It was given up; `problem` says why.
    Failed,
    /// It went nowhere, because nothing leaves the tenant.
    Held,
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "queued" => Ok(Self::Queued),
            "sent" => Ok(Self::Sent),
            "diverted" => Ok(Self::Diverted),
            "failed" => Ok(Self::Failed),
            "held" => Ok(Self::Held),
            _ => Err("it is `queued`, `sent`, `diverted`, `failed` or `held`".to_owned()),
        }
    }
}

/// A mail in the log. Secret links are shortened in all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MailEntry")]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// Also its `Message-ID`, before the `@`.
    pub id: MailId,
    /// Whom it is for.
    pub to: MailAddress,
    /// Who got it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverted_to: Option<MailAddress>,
    /// From what it was written.
    pub template: Template,
    /// In which language.
    pub language: String,
    /// What it was filled with.
    pub data: BTreeMap<String, String>,
    /// What it says.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What became of it.
    pub status: Status,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it was sent or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it was not sent, or not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    pub(crate) work: WorkId,
}

/// Adds an entry; it never conflicts.
pub(crate) fn add(tx: &mut Transaction, entry: &Entry, keep: u32) -> Result<(), StoreError> {
    tx.append(Table::Mails, &entry.id.to_string(), row::write(entry)?, keep);
    Ok(())
}

/// Changes an entry that is still kept.
pub(crate) fn change(tx: &mut Transaction, id: MailId, edit: impl FnOnce(&mut Entry)) -> Result<(), StoreError> {
    let Some(mut entry) = read(tx, id)? else { return Ok(()) };
    edit(&mut entry);
    tx.put(key(id), row::write(&entry)?);
    Ok(())
}

/// One mail, with the reason why it has not been sent yet.
///
/// # Errors
/// `NotFound`, or the store failed.
pub fn get(tx: &mut Transaction, id: MailId) -> Result<Entry, MailError> {
    let entry = read(tx, id)?.ok_or(MailError::NotFound)?;
    if entry.status != Status::Queued {
        return Ok(entry);
    }
    let problem = signalsync_work::get(tx, entry.work)?.and_then(|work| work.problem);
    Ok(Entry { problem, ..entry })
}

/// Mails, newest first, also of one status alone. A page may be short, or empty, and still have a `next`.
///
/// # Errors
/// The store failed.
pub fn list(
    tx: &Transaction,
    status: Option<Status>,
    before: Option<MailId>,
    limit: usize,
) -> Result<Listing<Entry>, MailError> {
    let before = before.map(|id| id.to_string());
    let page = tx.newest(Table::Mails, before.as_deref(), limit.clamp(1, PAGE_MAX), |found| {
        status.is_none_or(|status| row::read::<Entry>(&found.body).is_ok_and(|entry| entry.status == status))
    })?;
    Ok(Listing::of(page)?)
}

fn read(tx: &mut Transaction, id: MailId) -> Result<Option<Entry>, StoreError> {
    tx.get(&key(id))?.map(|found| row::read(&found.body)).transpose()
}

fn key(id: MailId) -> Key {
    Key::new(Table::Mails, &[&id.to_string()])
}
