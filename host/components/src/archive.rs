//! Components and deployments on their way out of a tenant and into another one. The bytes of components go beside them.

use std::collections::BTreeSet;

use serde_json::Value;
use signalsync_core::{Deployed, Digest};
use signalsync_store::lines::{Lines, Rows, Sink, Unfit, parse, put};
use signalsync_store::{StoreError, Table, Transaction, row};

use crate::component::{self, Component, State};
use crate::deployment::{self, Deployment};
use crate::draft::SETTINGS_BYTES_MAX;
use crate::validations::{VALIDATED, reindex};
use crate::version::{Version, version, version_key};

/// Components, but those that are refused, or not checked to the end.
pub fn components() -> impl Lines {
    Ready
}

/// Versions of deployments. Take all components first.
pub fn versions() -> impl Lines {
    Versions
}

/// Deployments. Take all their versions first.
pub fn deployments() -> impl Lines {
    Rows { table: Table::Deployments, parents: &[], take: settle }
}

/// The components whose bytes go along.
///
/// # Errors
/// The store failed.
pub fn digests(tx: &Transaction) -> Result<Vec<Digest>, StoreError> {
    let mut digests = Vec::new();
    ready(tx, &mut |component| {
        digests.push(component.digest);
        Ok(())
    })?;
    Ok(digests)
}

/// What has to hold of something that is deployed, wherever its component is.
///
/// # Errors
/// The rule that it breaks.
pub fn check_deployed(Deployed { settings, .. }: &Deployed) -> Result<(), Unfit> {
    match settings.len() <= SETTINGS_BYTES_MAX
        && serde_json::from_str(settings).is_ok_and(|value: Value| value.is_object())
    {
        true => Ok(()),
        false => Err(Unfit::because(format!("its settings are no JSON object of at most {SETTINGS_BYTES_MAX} bytes"))),
    }
}

struct Ready;

fn ready(tx: &Transaction, visit: &mut dyn FnMut(Component) -> Result<(), StoreError>) -> Result<(), StoreError> {
    tx.each(Table::Components, &[], &mut |_, found| {
        let component: Component = row::read(&found.body)?;
        if matches!(component.state, State::Ready { .. }) { visit(component) } else { Ok(()) }
    })
}

impl Lines for Ready {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        ready(tx, &mut |component| put(to, &component))
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let component: Component = parse(line)?;
        if !matches!(component.state, State::Ready { .. }) {
            return Err(Unfit::because("only components that are ready go from one tenant to another"));
        }
        tx.put(component::key(component.digest), row::write(&component)?);
        Ok(())
    }
}

struct Versions;

impl Lines for Versions {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::DeploymentVersions, &[], &mut |key, found| {
            // Which of them judge a collection follows from the deployments.
            let is_version = key.parts(1).is_none_or(|parts| parts.first() != Some(&VALIDATED));
            if is_version { put(to, &row::read::<Version>(&found.body)?) } else { Ok(()) }
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        settle_version(tx, parse(line)?)
    }
}

fn settle_version(tx: &mut Transaction, new: Version) -> Result<(), Unfit> {
    let Deployed { deployment, version: number, component, kind, .. } = &new.deployed;
    let found = tx.get(&component::key(*component))?;
    let found = found.ok_or_else(|| Unfit::because("its component is not among the components"))?;
    if !matches!(row::read::<Component>(&found.body)?.state, State::Ready { kind: its, .. } if its == *kind) {
        return Err(Unfit::because("its component is of another kind"));
    }
    check_deployed(&new.deployed)?;
    if version(tx, deployment, *number)?.is_some() {
        return Err(Unfit::because("there are two with this number"));
    }
    tx.put(version_key(deployment, *number), row::write(&new)?);
    Ok(())
}

fn settle(tx: &mut Transaction, deployment: Deployment) -> Result<(), Unfit> {
    let used = deployment.history.iter().chain(&deployment.active).chain(Some(&deployment.newest));
    for number in used.copied().collect::<BTreeSet<_>>() {
        if version(tx, &deployment.name, number)?.is_none_or(|version| version.deployed.kind != deployment.kind) {
            return Err(Unfit::because(format!("its version {number} is missing or of another kind")));
        }
    }
    if deployment::find(tx, &deployment.name)?.is_some() {
        return Err(Unfit::because("there are two with this name"));
    }
    reindex(tx, None, Some(&deployment))?;
    tx.put(deployment::key(&deployment.name), row::write(&deployment)?);
    Ok(())
}
