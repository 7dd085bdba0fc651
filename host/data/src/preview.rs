//! What a definition would do to the records that are there: asked before it is published.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::contract::Violation;
use signalsync_core::{CollectionName, RecordId};
use signalsync_store::{StoreError, Table, Transaction};

use crate::access;
use crate::compiled::Compiled;
use crate::definition::Definition;
use crate::error::DataError;
use crate::gate::Gate;
use crate::kind::Kind;
use crate::row::Stored;

/// Records that a preview looks at.
pub const PREVIEWED_MAX: usize = 1_000;

/// Bytes of records that a preview looks at.
const PREVIEWED_BYTES: usize = 16 << 20;

/// Records that a preview shows, and what is wrong with each.
const EXAMPLES_MAX: usize = 20;
const VIOLATIONS_SHOWN: usize = 3;

/// What a definition would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PublishPreview")]
#[serde(rename_all = "kebab-case")]
pub struct Preview {
    /// What is wrong with the definition itself. Then nothing else is known.
    pub faults: Vec<Violation>,
    /// Fields that were there and are not any more, or that are of another kind.
    pub changed: BTreeMap<String, Change>,
    /// Records that were looked at: the first ones, in the order of their ids.
    pub looked_at: usize,
    /// Whether that is all of them. If not, the numbers are a sample and no more.
    pub complete: bool,
    /// Of these, those that would not fit.
    pub invalid: usize,
    /// Of these, those that have the same values as another one in a unique index.
    pub doubles: usize,
    /// Some that would not fit, of those that the caller sees.
    pub examples: Vec<Example>,
}

/// What becomes of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RecordChange")]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    pub was: Option<Kind>,
    /// None with `gone`, and for a field without a kind.
    pub becomes: Option<Kind>,
    pub gone: bool,
}

/// A record that would not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Example {
    pub id: RecordId,
    pub violations: Vec<Violation>,
}

impl Gate {
    /// What would happen if this definition were published now.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub fn preview(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        definition: &Definition,
    ) -> Result<Preview, DataError> {
        let open = self.open(tx, collection)?;
        let compiled = match Compiled::of(definition) {
            Ok(compiled) => compiled,
            Err(faults) => return Ok(Preview::refused(faults)),
        };
        let page = tx.scan(Table::Records, &[collection.as_str()], "", None, PREVIEWED_MAX, PREVIEWED_BYTES)?;
        let mut preview = Preview { changed: changed(&open.compiled, &compiled), ..Preview::refused(Vec::new()) };
        (preview.looked_at, preview.complete) = (page.entries.len(), page.next.is_none());
        let mut heads = BTreeSet::new();
        for (id, found) in page.entries {
            let id = id.parse().map_err(|_| StoreError::Corrupt("no id of a record".to_owned()))?;
            self.look(&compiled, (collection, &id), Stored::read(&found)?, &mut heads, &mut preview);
        }
        Ok(preview)
    }

    fn look(
        &self,
        compiled: &Compiled,
        (collection, id): (&CollectionName, &RecordId),
        stored: Stored,
        heads: &mut BTreeSet<String>,
        preview: &mut Preview,
    ) {
        let veil = access::seen(&self.rights().on(collection), &stored);
        let mut value = stored.value;
        let violations = compiled.calculate(&mut value).err().unwrap_or_else(|| compiled.check(&value));
        let unique = compiled.indexes.iter().filter(|index| index.unique && index.is_full(&value));
        let rows: Vec<_> = unique
            .flat_map(|index| index.values(&value).into_iter().map(|head| format!("{}\0{head}", index.name)))
            .collect();
        preview.doubles += usize::from(rows.into_iter().map(|row| heads.insert(row)).filter(|new| !new).count() > 0);
        preview.invalid += usize::from(!violations.is_empty());
        if let Some(veil) = veil.filter(|_| !violations.is_empty() && preview.examples.len() < EXAMPLES_MAX) {
            let mut violations = access::shown_violations(violations, &veil.hidden);
            violations.truncate(VIOLATIONS_SHOWN);
            preview.examples.push(Example { id: id.clone(), violations });
        }
    }
}

impl Preview {
    fn refused(faults: Vec<Violation>) -> Self {
        let (changed, examples) = (BTreeMap::new(), Vec::new());
        Self { faults, changed, looked_at: 0, complete: false, invalid: 0, doubles: 0, examples }
    }
}

fn changed(before: &Compiled, after: &Compiled) -> BTreeMap<String, Change> {
    let changes = before.fields.iter().filter_map(|(name, field)| {
        let found = after.fields.get(name);
        let becomes = found.and_then(|field| field.kind);
        let is_same = found.is_some() && becomes == field.kind;
        (!is_same).then(|| (name.clone(), Change { was: field.kind, becomes, gone: found.is_none() }))
    });
    changes.collect()
}
