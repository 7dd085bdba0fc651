//! Which validations judge a collection: one row for each collection that has any, kept with the deployments.

use std::collections::BTreeMap;
use std::sync::Arc;

use signalsync_core::{CollectionName, Deployed, DeploymentName};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::deployment::{self, Deployment};
use crate::version::{OnFailure, version};

/// Beside the names of collections: whether the rows are kept. A store that was written before they were has none.
const KEPT: &str = "";

/// Beside the names of deployments: no name has this sign.
pub(crate) const VALIDATED: &str = "@validated";

/// A validation that judges a collection.
#[derive(Debug, Clone)]
pub struct Validation {
    pub deployed: Arc<Deployed>,
    pub on_failure: OnFailure,
}

/// Active versions by the names of their deployments.
type Judges = BTreeMap<DeploymentName, u32>;

/// The active validations of a collection in the order of their names, read in the caller's transaction: a write
/// that commits was judged by exactly the versions that were active at its commit.
///
/// # Errors
/// The store failed.
pub fn validations_of(tx: &mut Transaction, collection: &CollectionName) -> Result<Vec<Validation>, StoreError> {
    let judges = if is_kept(tx)? { judges(tx, collection)? } else { counted(tx)?.remove(collection).unwrap_or_default() };
    let mut found = Vec::new();
    for (name, number) in judges {
        let Some(version) = version(tx, &name, number)? else { continue };
        let on_failure = version.on_failure.unwrap_or(OnFailure::Closed);
        found.push(Validation { deployed: Arc::new(version.deployed), on_failure });
    }
    Ok(found)
}

/// Says which collections a deployment judges now, and with which version. None: it was not there, or is not any more.
pub(crate) fn reindex(
    tx: &mut Transaction,
    before: Option<&Deployment>,
    after: Option<&Deployment>,
) -> Result<(), StoreError> {
    if !is_kept(tx)? {
        for (collection, judges) in counted(tx)? {
            tx.put(key(&collection), row::write(&judges)?);
        }
        tx.put(Key::new(Table::DeploymentVersions, &[VALIDATED, KEPT]), "");
    }
    if let Some(deployment) = before {
        edit(tx, deployment, |judges| _ = judges.remove(&deployment.name))?;
    }
    if let Some((deployment, number)) = after.and_then(|deployment| Some((deployment, deployment.active?))) {
        edit(tx, deployment, |judges| _ = judges.insert(deployment.name.clone(), number))?;
    }
    Ok(())
}

fn edit(tx: &mut Transaction, of: &Deployment, change: impl Fn(&mut Judges)) -> Result<(), StoreError> {
    for collection in &of.validates {
        let mut judges = judges(tx, collection)?;
        change(&mut judges);
        if judges.is_empty() {
            tx.delete(&key(collection))?;
        } else {
            tx.put(key(collection), row::write(&judges)?);
        }
    }
    Ok(())
}

fn is_kept(tx: &mut Transaction) -> Result<bool, StoreError> {
    Ok(tx.get(&Key::new(Table::DeploymentVersions, &[VALIDATED, KEPT]))?.is_some())
}

/// What the rows say, from the deployments themselves.
fn counted(tx: &mut Transaction) -> Result<BTreeMap<CollectionName, Judges>, StoreError> {
    let mut all = BTreeMap::<CollectionName, Judges>::new();
    for deployment in deployment::all(tx)? {
        let Some(number) = deployment.active else { continue };
        for collection in deployment.validates {
            all.entry(collection).or_default().insert(deployment.name.clone(), number);
        }
    }
    Ok(all)
}

fn judges(tx: &mut Transaction, collection: &CollectionName) -> Result<Judges, StoreError> {
    Ok(tx.get(&key(collection))?.map(|found| row::read(&found.body)).transpose()?.unwrap_or_default())
}

fn key(collection: &CollectionName) -> Key {
    Key::new(Table::DeploymentVersions, &[VALIDATED, collection.as_str()])
}
