//! Teams: people who work together, whatever their departments. A team gives no rights.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Clock, TeamId, TenantScope, UserId};
use signalsync_store::{Key, Listing, StoreError, Stores, Table, Transaction};

use crate::standing;
use crate::structure::{Desk, StructureError, changed, check_name, read, write};

/// Teams of a tenant.
pub const TEAMS_MAX: usize = 1_000;

/// Members of a team.
pub const MEMBERS_MAX: usize = 200;

/// Teams of one person.
pub const TEAMS_PER_PERSON_MAX: usize = 100;

const TEAM: &str = "team";
const MEMBER: &str = "member";

/// One team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Team {
    pub id: TeamId,
    /// For people; no two teams share it.
    pub name: String,
    /// One of the members.
    pub lead: Option<UserId>,
    /// Who belongs to it.
    pub members: BTreeSet<UserId>,
}

/// What a team is asked to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TeamDraft {
    /// 1 to 100 bytes.
    pub name: String,
    /// One of the members.
    #[serde(default)]
    pub lead: Option<UserId>,
    /// At most 200.
    #[serde(default)]
    pub members: BTreeSet<UserId>,
}

impl TeamDraft {
    fn check(&self, tx: &mut Transaction, id: TeamId) -> Result<Team, StructureError> {
        check_name("a team's name", &self.name)?;
        if self.members.len() > MEMBERS_MAX {
            return Err(StructureError::TooMany { what: "members of a team", limit: MEMBERS_MAX });
        }
        if self.lead.is_some_and(|lead| !self.members.contains(&lead)) {
            return Err(StructureError::Invalid("a team's lead is one of its members".to_owned()));
        }
        for member in &self.members {
            standing::find(tx, *member)?.ok_or(StructureError::NoSuchPerson(*member))?;
        }
        let teams = all(tx)?;
        if teams.iter().any(|team| team.id != id && team.name.to_lowercase() == self.name.to_lowercase()) {
            return Err(StructureError::NameTaken(self.name.clone()));
        }
        if teams.len() >= TEAMS_MAX && teams.iter().all(|team| team.id != id) {
            return Err(StructureError::TooMany { what: "teams", limit: TEAMS_MAX });
        }
        Ok(Team { id, name: self.name.clone(), lead: self.lead, members: self.members.clone() })
    }
}

/// The teams of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Teams(Desk);

impl Teams {
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self(Desk { stores, clock })
    }

    /// Teams behind `after`, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Team>, StructureError> {
        let mut tx = self.0.begin(scope).await?;
        Ok(Listing::of(tx.scan(Table::Teams, &[TEAM], "", after, limit, usize::MAX)?)?)
    }

    /// One team.
    ///
    /// # Errors
    /// `NoSuchTeam`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: TeamId) -> Result<Team, StructureError> {
        require(&mut self.0.begin(scope).await?, id)
    }

    /// Makes a team.
    ///
    /// # Errors
    /// `Invalid`, `NoSuchPerson`, `NameTaken`, `TooMany`, `Conflict`, or the store failed.
    pub async fn create(&self, scope: &TenantScope, draft: &TeamDraft) -> Result<Team, StructureError> {
        let id = TeamId::new();
        self.0
            .edit(scope, |tx| {
                let team = draft.check(tx, id)?;
                self.put(tx, scope, None, team)
            })
            .await
    }

    /// Changes a team.
    ///
    /// # Errors
    /// `NoSuchTeam`, `Invalid`, `NoSuchPerson`, `NameTaken`, `TooMany`, `Conflict`, or the store failed.
    pub async fn change(&self, scope: &TenantScope, id: TeamId, draft: &TeamDraft) -> Result<Team, StructureError> {
        self.0
            .edit(scope, |tx| {
                let before = require(tx, id)?;
                let team = draft.check(tx, id)?;
                self.put(tx, scope, Some(before), team)
            })
            .await
    }

    fn put(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        before: Option<Team>,
        team: Team,
    ) -> Result<Team, StructureError> {
        let event = changed(Action::TeamChanged, format!("team/{}", team.id), before.as_ref(), &team)?;
        save(tx, before.as_ref(), &team)?;
        record(tx, scope.caller(), self.0.clock.now(), event)?;
        Ok(team)
    }

    /// Deletes a team; its members stay.
    ///
    /// # Errors
    /// `NoSuchTeam`, `Conflict`, or the store failed.
    pub async fn delete(&self, scope: &TenantScope, id: TeamId) -> Result<(), StructureError> {
        self.0
            .edit(scope, |tx| {
                let before = require(tx, id)?;
                for person in &before.members {
                    tx.delete(&member(*person, id))?;
                }
                tx.delete(&key(id))?;
                let event = Event::new(Action::TeamDeleted, format!("team/{id}")).before(&before)?;
                Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
            })
            .await
    }
}

/// Takes a person who is removed out of all teams.
pub(crate) fn leave_all(tx: &mut Transaction, person: UserId) -> Result<(), StructureError> {
    for id in of(tx, person)? {
        let before = require(tx, id)?;
        let mut team = before.clone();
        team.members.remove(&person);
        team.lead = team.lead.filter(|lead| *lead != person);
        save(tx, Some(&before), &team)?;
    }
    Ok(())
}

/// Teams of a person.
pub(crate) fn of(tx: &mut Transaction, person: UserId) -> Result<BTreeSet<TeamId>, StoreError> {
    let rows = tx.scan(Table::Teams, &[MEMBER, &person.to_string()], "", None, TEAMS_PER_PERSON_MAX, usize::MAX)?;
    Ok(Listing::<TeamId>::of(rows)?.items.into_iter().collect())
}

/// Members of a team; nobody when there is no such team.
pub(crate) fn members(tx: &mut Transaction, team: TeamId) -> Result<Vec<UserId>, StoreError> {
    let team = read::<Team>(tx, &key(team))?;
    Ok(team.map(|team| team.members.into_iter().collect()).unwrap_or_default())
}

fn save(tx: &mut Transaction, before: Option<&Team>, team: &Team) -> Result<(), StructureError> {
    let none = BTreeSet::new();
    let old = before.map_or(&none, |before| &before.members);
    for gone in old.difference(&team.members) {
        tx.delete(&member(*gone, team.id))?;
    }
    for come in team.members.difference(old) {
        let teams = tx.scan(Table::Teams, &[MEMBER, &come.to_string()], "", None, TEAMS_PER_PERSON_MAX, usize::MAX)?;
        if teams.entries.len() >= TEAMS_PER_PERSON_MAX {
            return Err(StructureError::TooMany { what: "teams of one person", limit: TEAMS_PER_PERSON_MAX });
        }
        write(tx, member(*come, team.id), &team.id)?;
    }
    Ok(write(tx, key(team.id), team)?)
}

fn all(tx: &mut Transaction) -> Result<Vec<Team>, StoreError> {
    Ok(Listing::of(tx.scan(Table::Teams, &[TEAM], "", None, TEAMS_MAX, usize::MAX)?)?.items)
}

fn require(tx: &mut Transaction, id: TeamId) -> Result<Team, StructureError> {
    read(tx, &key(id))?.ok_or(StructureError::NoSuchTeam(id))
}

fn key(id: TeamId) -> Key {
    Key::new(Table::Teams, &[TEAM, &id.to_string()])
}

fn member(person: UserId, team: TeamId) -> Key {
    Key::new(Table::Teams, &[MEMBER, &person.to_string(), &team.to_string()])
}
