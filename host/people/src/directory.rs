//! What everybody of a tenant may know of its people, teams and departments: what they are called.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::{DepartmentId, TeamId, TenantScope, UserId};
use signalsync_store::{Listing, StoreError, Stores, Transaction};

use crate::department::Tree;
use crate::error::PeopleError;
use crate::person::{self, PersonState, fold};
use crate::team;

/// Ids that are asked for at once.
pub const IDS_MAX: usize = 100;

/// Somebody, or a group, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DirectoryEntry")]
#[serde(rename_all = "kebab-case")]
pub struct Named {
    /// `usr_…`, `tea_…` or `dep_…`.
    pub id: String,
    pub name: String,
    /// Whether the person can come in, or the department is open.
    pub active: bool,
}

/// The directories of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Directory {
    stores: Arc<Stores>,
}

impl Directory {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>) -> Self {
        Self { stores }
    }

    /// People who can come in, by the beginning of a word of their names; all of them without one. A page may be short, or
    /// empty, and still have a `next`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn search(
        &self,
        scope: &TenantScope,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Named>, PeopleError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let wanted = person::Find { search: search.map(str::to_owned), state: Some(PersonState::Active) };
        let page = person::list(&mut tx, &wanted, after, limit)?;
        // People are found by their addresses too, which are not for everybody.
        let is_called = |name: &str| search.is_none_or(|search| has_word(name, search));
        let rows = page.items.into_iter().map(|person| person.row).filter(|row| is_called(&row.name));
        let items = rows.map(|row| Named { id: row.id.to_string(), name: row.name, active: true }).collect();
        Ok(Listing { items, next: page.next })
    }

    /// Those with these ids, in their order, also people who do not come in any more. What is not there is left out.
    ///
    /// # Errors
    /// `TooMany`, or the store failed.
    pub async fn names(&self, scope: &TenantScope, ids: &[&str]) -> Result<Listing<Named>, PeopleError> {
        if ids.len() > IDS_MAX {
            return Err(PeopleError::TooMany { what: "ids that are asked for at once", limit: IDS_MAX as u64 });
        }
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let mut items = Vec::with_capacity(ids.len());
        let mut tree = None;
        for id in ids {
            items.extend(named(&mut tx, &mut tree, id)?);
        }
        Ok(Listing { items, next: None })
    }
}

fn named(tx: &mut Transaction, tree: &mut Option<Tree>, id: &str) -> Result<Option<Named>, StoreError> {
    let found = if let Ok(user) = id.parse::<UserId>() {
        person::find(tx, user)?.map(|row| (row.name, row.state == PersonState::Active))
    } else if let Ok(team) = id.parse::<TeamId>() {
        team::find(tx, team)?.map(|team| (team.name, true))
    } else if let Ok(department) = id.parse::<DepartmentId>() {
        if tree.is_none() {
            *tree = Some(Tree::read(tx)?);
        }
        tree.as_ref().and_then(|tree| tree.any(department)).map(|found| (found.name.clone(), !found.closed))
    } else {
        None
    };
    Ok(found.map(|(name, active)| Named { id: id.to_owned(), name, active }))
}

/// Whether the name, or a word of it, begins like this.
fn has_word(name: &str, search: &str) -> bool {
    let (name, search) = (fold(name), fold(search));
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    name.starts_with(&search) || words.any(|word| !word.is_empty() && word.starts_with(&search))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_what_they_are_called() {
        assert!(has_word("Ann-Marie Öztürk", "ozt") && has_word("Ann-Marie Öztürk", "ann-marie ö"));
        assert!(!has_word("Ann-Marie Öztürk", "boss@example.org"), "not by their addresses");
    }
}
