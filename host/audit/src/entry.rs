//! One entry: what is written, and how.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{Caller, Digest, Origin, Timestamp};
use signalsync_store::{StoreError, Table, Transaction, row};

use crate::action::Action;

/// Bytes of what a thing was before, and of what it is after. A longer one is named by its digest.
pub const VALUE_BYTES_MAX: usize = 16 << 10;

/// Whether it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditOutcome")]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It happened, with the commit that holds the entry.
    Done,
    /// It was asked for and refused.
    Denied,
}

impl FromStr for Outcome {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "done" => Ok(Self::Done),
            "denied" => Ok(Self::Denied),
            _ => Err("it is `done` or `denied`"),
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditActor")]
#[serde(rename_all = "kebab-case")]
pub struct Actor {
    /// A person's or a key's id; none when the host itself acts.
    pub id: Option<String>,
    /// Request, address, and the real person when somebody acts as somebody else.
    #[serde(flatten)]
    pub origin: Origin,
}

/// What a thing was or is, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditValue")]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// All of it. Secrets are never in it: whoever writes the event leaves them out.
    Value(Value),
    /// Only its digest, because it is longer than [`VALUE_BYTES_MAX`].
    Digest {
        /// Of its JSON text.
        digest: Digest,
        /// Of its JSON text.
        bytes: u64,
    },
}

impl Kept {
    fn of(value: &impl Serialize) -> Result<Self, StoreError> {
        let text = row::write(value)?;
        if text.len() <= VALUE_BYTES_MAX {
            return Ok(Self::Value(row::read(&text)?));
        }
        Ok(Self::Digest { digest: Digest::of(&text), bytes: text.len() as u64 })
    }
}

/// An entry, as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// When it was asked for, by the host's clock.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what: a kind and a name or an id, e.g. `record/invoices/4711`.
    pub subject: String,
    /// Whether it happened.
    pub outcome: Outcome,
    /// What the thing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Kept>,
    /// What the thing is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Kept>,
}

/// Something that is to be recorded.
#[derive(Debug)]
#[must_use = "an event is nothing until `record` writes it"]
pub struct Event {
    action: Action,
    subject: String,
    outcome: Outcome,
    before: Option<Kept>,
    after: Option<Kept>,
}

impl Event {
    /// Something that happens with the transaction that it is recorded in.
    pub fn new(action: Action, subject: impl Into<String>) -> Self {
        Self { action, subject: subject.into(), outcome: Outcome::Done, before: None, after: None }
    }

    /// Something that was refused.
    pub fn denied(action: Action, subject: impl Into<String>) -> Self {
        Self { outcome: Outcome::Denied, ..Self::new(action, subject) }
    }

    /// With what the thing was. Leave secrets out.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn before(self, value: &impl Serialize) -> Result<Self, StoreError> {
        Ok(Self { before: Some(Kept::of(value)?), ..self })
    }

    /// With what the thing is now. Leave secrets out.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn after(self, value: &impl Serialize) -> Result<Self, StoreError> {
        Ok(Self { after: Some(Kept::of(value)?), ..self })
    }
}

/// Puts an entry into the transaction of the change. It never conflicts with other entries.
///
/// # Errors
/// The entry cannot be written as JSON.
pub fn record(tx: &mut Transaction, by: &Caller, at: Timestamp, event: Event) -> Result<(), StoreError> {
    let Event { action, subject, outcome, before, after } = event;
    let actor = Actor { id: by.principal.user.clone(), origin: by.origin.clone() };
    tx.chain(Table::Audit, row::write(&Entry { at, actor, action, subject, outcome, before, after })?);
    Ok(())
}
