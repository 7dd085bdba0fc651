//! Reading the audit, newest first.

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::Timestamp;
use signalsync_store::{Listing, StoreError, Table, Transaction, row};

use crate::entry::{Entry, Outcome};

/// Which entries are wanted. Everything that is set must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Filter {
    /// Beginning of `noun.verb`, e.g. `person.`.
    pub action: Option<String>,
    /// Id of the person or key.
    pub actor: Option<String>,
    /// Beginning of the subject, e.g. `record/invoices/`.
    pub subject: Option<String>,
    /// Done or denied.
    pub outcome: Option<Outcome>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Filter {
    fn holds(&self, entry: &Entry) -> bool {
        let begins = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|start| text.starts_with(start));
        begins(&self.action, entry.action.as_str())
            && begins(&self.subject, &entry.subject)
            && self.actor.as_ref().is_none_or(|actor| entry.actor.id.as_ref() == Some(actor))
            && self.outcome.is_none_or(|outcome| entry.outcome == outcome)
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

/// An entry in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "NumberedEntry")]
#[serde(rename_all = "kebab-case")]
pub struct Numbered {
    /// Counted from 1, without gaps.
    pub number: u64,
    /// Of this entry and all before it, as 64 hexadecimal digits.
    pub hash: String,
    #[serde(flatten)]
    pub entry: Entry,
}

pub(crate) fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Entries that fit, newest first, from before the number `before`. A page may be short, or empty, and still have a
/// `next`: only so many are looked at.
///
/// # Errors
/// The store cannot be read.
pub fn list(
    tx: &Transaction,
    filter: &Filter,
    before: Option<u64>,
    limit: usize,
) -> Result<Listing<Numbered>, StoreError> {
    let wanted = |body: &[u8]| row::read::<Entry>(body).is_ok_and(|entry| filter.holds(&entry));
    let found = tx.links(Table::Audit, before, limit, |link| wanted(&link.body))?;
    let items = found
        .links
        .into_iter()
        .map(|link| Ok(Numbered { number: link.number, hash: hexadecimal(&link.hash), entry: row::read(&link.body)? }));
    Ok(Listing { items: items.collect::<Result<_, StoreError>>()?, next: found.next.map(|number| number.to_string()) })
}
