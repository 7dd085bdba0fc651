//! Writing records: rights, definition, unique fields and references first; then the record with its indexes, history and audit.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signalsync_audit::{Action, Event};
use signalsync_core::rights::{RecordAction, Veil};
use signalsync_core::{CollectionName, DepartmentId, RecordId, UserId, json as checked};
use signalsync_store::{Precondition, StoreError, Transaction};

use super::{Change, Gate, Open};
use crate::compiled::{VIOLATIONS_MAX, fault};
use crate::error::DataError;
use crate::history::{self, Act, Kept, Remains, Version};
use crate::index::{self, Indexed};
use crate::reference;
use crate::row::{About, Stored, key};
use crate::{access, attached};

/// A write that is in the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// What was stored before, all of it; none when the record is new.
    pub before: Option<String>,
    /// What is stored now, all of it.
    pub after: String,
}

/// A new state of a record that was found acceptable.
pub(crate) struct Accepted {
    pub(crate) about: About,
    pub(crate) text: String,
    pub(crate) value: Value,
}

impl Gate {
    /// Creates or replaces a record. Fields that the caller does not see stay as they are.
    ///
    /// # Errors
    /// Why it may not be written; the transaction is as it was before.
    pub fn put(&self, tx: &mut Transaction, change: &Change) -> Result<Staged, DataError> {
        self.check_body(&change.body)?;
        let value = parsed(&change.body)?;
        let open = self.open(tx, &change.collection)?;
        match Self::stored(tx, open.name(), &change.id)? {
            None => {
                change.precondition.check(None)?;
                self.create(tx, &open, &change.id, value, &change.body)
            }
            Some(before) => self.replace(tx, &open, change, before, value),
        }
    }

    /// Creates a record under an id that nobody has chosen. Whoever may not create any is told so, because that shows
    /// nothing of what is there.
    ///
    /// # Errors
    /// Why it may not be written; the transaction is as it was before.
    pub fn add(&self, tx: &mut Transaction, change: &Change) -> Result<Staged, DataError> {
        let open = self.open(tx, &change.collection)?;
        if self.rights().on(open.name()).creation().is_none() {
            return Err(access::may_not_create());
        }
        self.put(tx, change)
    }

    /// Changes parts of a record: a merge patch (RFC 7396).
    ///
    /// # Errors
    /// Why it may not be written; the transaction is as it was before.
    pub fn patch(&self, tx: &mut Transaction, change: &Change) -> Result<Staged, DataError> {
        self.check_body(&change.body)?;
        let patch = parsed(&change.body)?;
        let open = self.open(tx, &change.collection)?;
        let (before, veil) = self.seen(tx, open.name(), &change.id)?.ok_or(DataError::NotFound)?;
        // The patch meets what the caller sees: it cannot find out what it does not see.
        let mut value = access::without(&before.value, &veil.hidden).unwrap_or_else(|| before.value.clone());
        json_patch::merge(&mut value, &patch);
        let body = value.to_string();
        self.check_body(&body)?;
        self.replace(tx, &open, &Change { body, ..change.clone() }, before, value)
    }

    /// Gives a record to somebody else.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, `Precondition`, `Forbidden`, or the store failed.
    pub fn hand_over(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
        (owner, department): (Option<UserId>, Option<DepartmentId>),
        precondition: Precondition,
    ) -> Result<Staged, DataError> {
        let open = self.open(tx, collection)?;
        let (before, _) = self.seen(tx, collection, id)?.ok_or(DataError::NotFound)?;
        precondition.check(Some(before.version))?;
        let rights = self.rights().on(collection);
        self.veil(&open, RecordAction::Change, &before)?;
        let about = About { owner, department, ..self.changed(&before.about) };
        access::stays_within(&rights, &about, &before.value)?;
        let accepted = Accepted { about, text: before.text.clone(), value: before.value.clone() };
        self.store(tx, &open, id, (Some(&before), accepted), Act::HandedOver)
    }

    pub(crate) fn check_body(&self, body: &str) -> Result<(), DataError> {
        let (bytes, limit) = (body.len() as u64, self.asker.record_bytes_max);
        if bytes > limit {
            return Err(DataError::TooLarge { bytes, limit });
        }
        Ok(checked::check(body)?)
    }

    /// What the caller may not do with a record that it may do this with.
    pub(crate) fn veil(&self, open: &Open, action: RecordAction, stored: &Stored) -> Result<Veil, DataError> {
        let rights = self.rights().on(open.name());
        let what = if action == RecordAction::Delete { "delete" } else { "change" };
        rights
            .veil(action, &stored.facts())
            .ok_or_else(|| DataError::Forbidden(format!("you see this record, and may not {what} it")))
    }

    fn create(
        &self,
        tx: &mut Transaction,
        open: &Open,
        id: &RecordId,
        value: Value,
        body: &str,
    ) -> Result<Staged, DataError> {
        let rights = self.rights().on(open.name());
        let hidden = match access::created(&rights, &value) {
            // Whoever may not create learns nothing about what is there.
            Err(DataError::Forbidden(_)) if rights.creation().is_none() && rights.sees_any() => {
                return Err(DataError::NotFound);
            }
            hidden => hidden?,
        };
        let number = history::newest(tx, open.name(), id)?.map_or(0, |kept| kept.version.number) + 1;
        if number > 1 {
            // What hung on the deleted record is not this one's.
            attached::forget(tx, open.name(), id)?;
        }
        let about = self.new_about(number);
        let accepted = self.accept(tx, open, id, None, about, (value, body), &hidden)?;
        self.leave_bin(tx, open, id)?;
        self.store(tx, open, id, (None, accepted), Act::Created)
    }

    fn replace(
        &self,
        tx: &mut Transaction,
        open: &Open,
        change: &Change,
        before: Stored,
        mut value: Value,
    ) -> Result<Staged, DataError> {
        let rights = self.rights().on(open.name());
        access::seen(&rights, &before).ok_or(DataError::NotFound)?;
        change.precondition.check(Some(before.version))?;
        let veil = self.veil(open, RecordAction::Change, &before)?;
        let given = value.clone();
        access::keep_fixed(&veil, &before.value, &mut value, &calculated(open))?;
        let text = if given == value { change.body.clone() } else { value.to_string() };
        let about = self.changed(&before.about);
        let accepted = self.accept(tx, open, &change.id, Some(&before), about, (value, &text), &veil.hidden)?;
        access::stays_within(&rights, &accepted.about, &accepted.value)?;
        self.store(tx, open, &change.id, (Some(&before), accepted), Act::Changed)
    }

    /// Computes fields, then checks the document against all that the collection asks for.
    #[expect(
        clippy::too_many_arguments,
        reason = "what is accepted, for which record, and what its writer may hear of it"
    )]
    pub(crate) fn accept(
        &self,
        tx: &mut Transaction,
        open: &Open,
        id: &RecordId,
        before: Option<&Stored>,
        about: About,
        (value, text): (Value, &str),
        hidden: &BTreeSet<String>,
    ) -> Result<Accepted, DataError> {
        let mut computed = value.clone();
        let not_valid = |violations| DataError::NotValid { violations: access::shown_violations(violations, hidden) };
        if let Err(faults) = open.compiled.calculate(&mut computed) {
            // What a formula cannot work with is often a fault of its own, and the one that its writer can mend.
            let calculated = calculated(open);
            let mut own = open.compiled.check(&value);
            own.retain(|violation| !calculated.contains(violation.path.trim_start_matches('/')));
            return Err(not_valid(if own.is_empty() { faults } else { own }));
        }
        let text = if computed == value { text.to_owned() } else { computed.to_string() };
        self.check_body(&text)?;
        let violations = open.compiled.check(&computed);
        if !violations.is_empty() {
            return Err(not_valid(violations));
        }
        self.check_references(tx, open, id, before, &computed)?;
        if let Some(index) = index::broken_unique(tx, &open.compiled, open.name(), id, &computed)? {
            return Err(DataError::NotUnique {
                fields: index.fields.iter().map(|field| format!("/{}", field.name)).collect(),
            });
        }
        Ok(Accepted { about, text, value: computed })
    }

    /// Every new reference leads to a record that the caller sees.
    fn check_references(
        &self,
        tx: &mut Transaction,
        open: &Open,
        id: &RecordId,
        before: Option<&Stored>,
        value: &Value,
    ) -> Result<(), DataError> {
        let mut violations = Vec::new();
        for field in &open.compiled.references {
            let old = before.map(|before| field.made(&before.value)).unwrap_or_default();
            for made in field.made(value) {
                let known = old.iter().any(|old| old.id == made.id)
                    || (made.collection == open.name() && made.id == id.as_str());
                if !known
                    && violations.len() < VIOLATIONS_MAX
                    && !self.leads_to_something(tx, made.collection, made.id)?
                {
                    let message = format!("there is no such record in `{}`", made.collection);
                    violations.push(fault("reference", made.path, message));
                }
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(DataError::NotValid { violations }) }
    }

    fn leads_to_something(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &str,
    ) -> Result<bool, StoreError> {
        let Ok(id) = id.parse() else { return Ok(false) };
        Ok(self.seen(tx, collection, &id)?.is_some())
    }

    /// Puts an accepted state into the transaction, with all that follows from it.
    pub(crate) fn store(
        &self,
        tx: &mut Transaction,
        open: &Open,
        id: &RecordId,
        (before, after): (Option<&Stored>, Accepted),
        act: Act,
    ) -> Result<Staged, DataError> {
        let Accepted { about, text, value } = after;
        let old = before.map(|before| Indexed { about: &before.about, body: &before.value });
        index::maintain(tx, &open.compiled, open.name(), id, (old, Some(Indexed { about: &about, body: &value })));
        refer(tx, open, id, (before.map(|before| &before.value), Some(&value)));
        tx.put(key(open.name(), id), Stored::write(&about, &text)?);
        let changes = before.filter(|_| act == Act::Changed).and_then(|before| history::changes(&before.value, &value));
        self.remember(tx, open, id, (about.number, act, changes), None)?;
        Ok(Staged { before: before.map(|before| before.text.clone()), after: text })
    }

    /// Takes a record out of the transaction, with all that follows from it; its remains stay in the history.
    pub(crate) fn remove(
        &self,
        tx: &mut Transaction,
        open: &Open,
        id: &RecordId,
        before: &Stored,
    ) -> Result<(), DataError> {
        let old = Indexed { about: &before.about, body: &before.value };
        index::maintain(tx, &open.compiled, open.name(), id, (Some(old), None));
        refer(tx, open, id, (Some(&before.value), None));
        tx.erase(key(open.name(), id));
        let number = before.about.number + 1;
        let remains = Remains { about: before.about.clone(), body: before.text.clone() };
        self.remember(tx, open, id, (number, Act::Deleted, None), Some(remains))
    }

    /// History and audit.
    fn remember(
        &self,
        tx: &mut Transaction,
        open: &Open,
        id: &RecordId,
        (number, act, changes): (u32, Act, Option<Vec<Value>>),
        remains: Option<Remains>,
    ) -> Result<(), DataError> {
        let (by, via) = (self.asker.caller.principal.user.clone(), self.asker.via.clone());
        let action = match act {
            Act::Created => Action::RecordCreated,
            Act::Changed => Action::RecordChanged,
            Act::Deleted => Action::RecordDeleted,
            Act::Restored => Action::RecordRestored,
            Act::HandedOver => Action::RecordHandedOver,
        };
        let event = Event::new(action, format!("record/{}/{id}", open.name()));
        let event = event.after(&json!({"number": number, "via": via, "changes": changes}))?;
        let version = Version { number, act, at: self.now(), by, via, changes };
        history::add(tx, open.name(), id, &Kept { version, remains })?;
        Ok(self.audit(tx, event)?)
    }

    fn new_about(&self, number: u32) -> About {
        let person = self.asker.caller.rights.person();
        let by = self.asker.caller.principal.user.clone();
        About {
            number,
            owner: person.user,
            department: person.home,
            created_at: self.now(),
            created_by: by.clone(),
            changed_at: self.now(),
            changed_by: by,
        }
    }

    pub(crate) fn changed(&self, before: &About) -> About {
        let changed_by = self.asker.caller.principal.user.clone();
        About { number: before.number + 1, changed_at: self.now(), changed_by, ..before.clone() }
    }
}

impl Remains {
    pub(crate) fn stored(&self) -> Result<Stored, StoreError> {
        let value = serde_json::from_str(&self.body).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Stored { version: 0, about: self.about.clone(), text: self.body.clone(), value })
    }
}

/// Fields that nobody writes, so that nobody can be refused to.
fn calculated(open: &Open) -> BTreeSet<&str> {
    let fields = open.compiled.calculations.iter().filter(|calculation| calculation.table.is_none());
    fields.map(|calculation| calculation.field.as_str()).collect()
}

fn parsed(text: &str) -> Result<Value, DataError> {
    serde_json::from_str(text).map_err(|error| DataError::Store(StoreError::Corrupt(error.to_string())))
}

/// Changes the rows that say to whom a record refers.
fn refer(tx: &mut Transaction, open: &Open, id: &RecordId, (before, after): (Option<&Value>, Option<&Value>)) {
    let made = |body: Option<&Value>| {
        let fields = open.compiled.references.iter();
        let made = fields.flat_map(|field| body.map(|body| field.made(body)).unwrap_or_default());
        made.map(|made| (made.collection.clone(), made.id.to_owned())).collect::<BTreeSet<_>>()
    };
    let (before, after) = (made(before), made(after));
    for (collection, to) in before.difference(&after) {
        tx.erase(reference::key((collection, to), (open.name(), id)));
    }
    for (collection, to) in after.difference(&before) {
        tx.put(reference::key((collection, to), (open.name(), id)), "");
    }
}
