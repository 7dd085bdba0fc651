//! What the rights of a caller make of a record: what is shown of it, and what may become of it.

use std::collections::BTreeSet;

use serde_json::Value;
use signalsync_core::contract::Violation;
use signalsync_core::rights::{CollectionRights, RecordAction, Veil};

use crate::compiled::fault;
use crate::error::DataError;
use crate::row::{About, Stored, facts};

/// What the caller does not see of a record; none when it does not see the record.
pub(crate) fn seen(rights: &CollectionRights<'_>, stored: &Stored) -> Option<Veil> {
    rights.veil(RecordAction::See, &stored.facts())
}

/// A document without the hidden fields; the same text when there is nothing to hide.
pub(crate) fn shown(text: String, value: &Value, hidden: &BTreeSet<String>) -> String {
    match without(value, hidden) {
        Some(value) => value.to_string(),
        None => text,
    }
}

/// The document without these fields; none when it has none of them.
pub(crate) fn without(value: &Value, hidden: &BTreeSet<String>) -> Option<Value> {
    let fields = value.as_object()?;
    if !hidden.iter().any(|field| fields.contains_key(field)) {
        return None;
    }
    let kept = fields.iter().filter(|(name, _)| !hidden.contains(*name));
    Some(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

/// The difference without what concerns hidden fields.
pub(crate) fn shown_changes(changes: Vec<Value>, hidden: &BTreeSet<String>) -> Vec<Value> {
    if hidden.is_empty() {
        return changes;
    }
    let touches = |pointer: Option<&Value>| {
        let pointer = pointer.and_then(Value::as_str).unwrap_or("");
        // The whole document holds the hidden fields, too.
        pointer.is_empty() || hidden.contains(&first_part(pointer))
    };
    let is_shown =
        |change: &Value| !touches(change.get("path")) && change.get("from").is_none_or(|from| !touches(Some(from)));
    changes.into_iter().filter(is_shown).collect()
}

/// The violations, without naming fields that the caller does not see.
pub(crate) fn shown_violations(violations: Vec<Violation>, hidden: &BTreeSet<String>) -> Vec<Violation> {
    let shown = |violation: Violation| {
        if !hidden.contains(&first_part(&violation.path)) {
            return violation;
        }
        let message = "with this change, a field that you do not see is not acceptable".to_owned();
        fault("hidden-field", String::new(), message)
    };
    violations.into_iter().map(shown).collect()
}

fn first_part(pointer: &str) -> String {
    let part = pointer.trim_start_matches('/').split('/').next().unwrap_or("");
    part.replace("~1", "/").replace("~0", "~")
}

/// Takes over what the caller does not see, and refuses to change what it may not.
///
/// # Errors
/// `Forbidden`.
pub(crate) fn keep_fixed(
    veil: &Veil,
    before: &Value,
    after: &mut Value,
    calculated: &BTreeSet<&str>,
) -> Result<(), DataError> {
    for field in veil.fixed.union(&veil.hidden) {
        let old = before.get(field);
        let is_hidden = veil.hidden.contains(field);
        if calculated.contains(field.as_str()) || (!is_hidden && after.get(field) == old) {
            continue;
        }
        if !is_hidden || after.get(field).is_some() {
            return Err(DataError::Forbidden(format!("you may not change the field `{field}`")));
        }
        let Some(old) = old else { continue };
        let Some(after) = after.as_object_mut() else {
            return Err(DataError::Forbidden(
                "the record has fields that you do not see, so it stays an object".to_owned(),
            ));
        };
        after.insert(field.clone(), old.clone());
    }
    Ok(())
}

/// Refuses a new record with fields that its creator may not fill.
///
/// # Errors
/// `Forbidden`.
pub(crate) fn created(rights: &CollectionRights<'_>, body: &Value) -> Result<BTreeSet<String>, DataError> {
    let Some(hidden) = rights.creation() else {
        return Err(may_not_create());
    };
    match hidden.iter().find(|field| body.get(field.as_str()).is_some()) {
        Some(field) => Err(DataError::Forbidden(format!("you may not fill the field `{field}`"))),
        None => Ok(hidden),
    }
}

/// For whoever has no rule that lets records be created.
pub(crate) fn may_not_create() -> DataError {
    DataError::Forbidden("you may not create records in this collection".to_owned())
}

/// Refuses a change that leads a record out of what the caller may change.
///
/// # Errors
/// `Forbidden`.
pub(crate) fn stays_within(rights: &CollectionRights<'_>, about: &About, body: &Value) -> Result<(), DataError> {
    if rights.veil(RecordAction::Change, &facts(about, body)).is_some() {
        return Ok(());
    }
    Err(DataError::Forbidden(
        "after this change you could not change the record any more; ask somebody who can".to_owned(),
    ))
}
