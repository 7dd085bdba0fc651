//! Compiled definitions, kept while there is room: one store of them for all tenants, by content.

use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use signalsync_core::{CollectionName, Digest};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::collection::{Collection, Published};
use crate::compiled::Compiled;
use crate::definition::Definition;

/// About how much memory the kept definitions may take. One that does not fit alone is compiled for each use.
const WEIGHT_MAX: usize = 64 << 20;

/// Definitions that were compiled. A definition is found by its digest, so equal ones are the same and none is old.
#[derive(Debug)]
pub struct Schemas {
    kept: Mutex<Kept>,
    undefined: Arc<Compiled>,
}

#[derive(Debug)]
struct Kept {
    compiled: LruCache<Digest, Arc<Compiled>>,
    weight: usize,
}

impl Default for Schemas {
    fn default() -> Self {
        let kept = Kept { compiled: LruCache::unbounded(), weight: 0 };
        Self { kept: Mutex::new(kept), undefined: Arc::new(Compiled::default()) }
    }
}

impl Schemas {
    /// The definition that holds for a collection's records now.
    pub(crate) fn of(&self, tx: &mut Transaction, collection: &Collection) -> Result<Arc<Compiled>, StoreError> {
        let Some(published) = &collection.published else { return Ok(Arc::clone(&self.undefined)) };
        if let Some(compiled) = self.kept.lock().compiled.get(&published.digest) {
            return Ok(Arc::clone(compiled));
        }
        let definition = read(tx, &collection.name, published)?;
        let compiled = Compiled::of(&definition);
        let compiled = Arc::new(compiled.map_err(|violations| {
            let why = violations.first().map_or("", |violation| &violation.message);
            StoreError::Corrupt(format!("a published definition is not acceptable: {why}"))
        })?);
        self.kept.lock().keep(published.digest, &compiled);
        Ok(compiled)
    }
}

impl Kept {
    fn keep(&mut self, digest: Digest, compiled: &Arc<Compiled>) {
        if compiled.weight > WEIGHT_MAX {
            return;
        }
        if let Some(before) = self.compiled.put(digest, Arc::clone(compiled)) {
            self.weight -= before.weight;
        }
        self.weight += compiled.weight;
        while self.weight > WEIGHT_MAX
            && let Some((_, old)) = self.compiled.pop_lru()
        {
            self.weight -= old.weight;
        }
    }
}

fn read(tx: &mut Transaction, name: &CollectionName, published: &Published) -> Result<Definition, StoreError> {
    let found = tx.get(&version_key(name, published.version))?;
    let found = found.ok_or_else(|| StoreError::Corrupt("a published definition is gone".to_owned()))?;
    row::read(&found.body)
}

/// Numbers have one length, so that versions are in order.
pub(crate) fn version_key(name: &CollectionName, number: u32) -> Key {
    Key::new(Table::CollectionVersions, &[name.as_str(), &format!("{number:08}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_by_its_weight() {
        let schemas = Schemas::default();
        let mut kept = schemas.kept.lock();
        let heavy = |weight| Arc::new(Compiled { weight, ..Compiled::default() });
        for n in 0..10_u8 {
            kept.keep(Digest::of(&[n]), &heavy(WEIGHT_MAX / 4));
        }
        assert_eq!((kept.compiled.len(), kept.weight), (4, WEIGHT_MAX / 4 * 4));
        kept.keep(Digest::of(b"large"), &heavy(WEIGHT_MAX + 1));
        assert!(!kept.compiled.contains(&Digest::of(b"large")));
        kept.keep(Digest::of(&[9]), &heavy(1));
        assert_eq!(kept.weight, WEIGHT_MAX / 4 * 3 + 1, "the same digest is counted once");
    }
}
