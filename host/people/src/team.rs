//! Teams: people who work together, whatever their departments. A team gives no rights.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, Clock, TeamId, TenantScope, Timestamp, UserId};
use signalsync_store::lines::Unfit;
use signalsync_store::{Done, Key, Listing, RequestKey, StoreError, Stores, Table, Terms, Transaction};

use crate::standing;
use crate::structure::{Desk, StructureError, changed, check_name, read, versioned, write};

/// Teams of a tenant.
pub const TEAMS_MAX: usize = 1_000;

/// Members of a team.
pub const MEMBERS_MAX: usize = 200;

/// Teams of one person.
pub const TEAMS_PER_PERSON_MAX: usize = 100;

pub(crate) const TEAM: &str = "team";
const MEMBER: &str = "member";

/// One team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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

    /// One team and its version.
    ///
    /// # Errors
    /// `NoSuchTeam`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: TeamId) -> Result<(Team, u64), StructureError> {
        let mut tx = self.0.begin(scope).await?;
        let team = require(&mut tx, id)?;
        Ok(versioned(&mut tx, team, &[key(id)])?)
    }

    /// Makes a team.
    ///
    /// # Errors
    /// `Invalid`, `NoSuchPerson`, `NameTaken`, `TooMany`, `Reused`, `Conflict`, or the store failed.
    pub async fn create(
        &self,
        scope: &TenantScope,
        draft: &TeamDraft,
        request: Option<&RequestKey>,
    ) -> Result<Done<Team>, StructureError> {
        let id = TeamId::new();
        self.0
            .edit(scope, request, |tx| {
                let team = draft.check(tx, id)?;
                self.put(tx, scope, None, team)
            })
            .await
    }

    /// Changes a team.
    ///
    /// # Errors
    /// `NoSuchTeam`, `Invalid`, `NoSuchPerson`, `NameTaken`, `TooMany`, `Precondition`, `Conflict`, or the store
    /// failed.
    pub async fn change(
        &self,
        scope: &TenantScope,
        id: TeamId,
        draft: &TeamDraft,
        terms: Terms<'_>,
    ) -> Result<Done<Team>, StructureError> {
        self.0
            .edit(scope, terms.request, |tx| {
                let before = require(tx, id)?;
                terms.check::<StructureError>(tx, &[key(id)])?;
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
    /// `NoSuchTeam`, `Precondition`, `Conflict`, or the store failed.
    pub async fn delete(&self, scope: &TenantScope, id: TeamId, terms: Terms<'_>) -> Result<(), StructureError> {
        let deleted = self
            .0
            .edit(scope, terms.request, |tx| {
                let before = require(tx, id)?;
                terms.check::<StructureError>(tx, &[key(id)])?;
                for person in &before.members {
                    tx.delete(&member(*person, id))?;
                }
                tx.delete(&key(id))?;
                let event = Event::new(Action::TeamDeleted, format!("team/{id}")).before(&before)?;
                Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
            })
            .await;
        deleted.map(|done| done.value)
    }
}

/// Puts somebody at the head of the teams that another one led.
///
/// # Errors
/// `TooMany`, or the store failed.
pub(crate) fn succeed(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    from: UserId,
    to: UserId,
) -> Result<(), StructureError> {
    for before in of(tx, from)?.into_iter().filter(|team| team.lead == Some(from)) {
        let mut team = Team { lead: Some(to), ..before.clone() };
        team.members.insert(to);
        if team.members.len() > MEMBERS_MAX {
            return Err(StructureError::TooMany { what: "members of a team", limit: MEMBERS_MAX });
        }
        save(tx, Some(&before), &team)?;
        record(tx, by, now, changed(Action::TeamChanged, format!("team/{}", team.id), Some(&before), &team)?)?;
    }
    Ok(())
}

/// The teams of a person.
fn of(tx: &mut Transaction, person: UserId) -> Result<Vec<Team>, StructureError> {
    let rows = tx.scan(Table::Teams, &[MEMBER, &person.to_string()], "", None, TEAMS_PER_PERSON_MAX, usize::MAX)?;
    Listing::<TeamId>::of(rows)?.items.into_iter().map(|id| require(tx, id)).collect()
}

/// Takes a person who is removed out of all teams.
pub(crate) fn leave_all(tx: &mut Transaction, person: UserId) -> Result<(), StructureError> {
    for before in of(tx, person)? {
        let mut team = before.clone();
        team.members.remove(&person);
        team.lead = team.lead.filter(|lead| *lead != person);
        save(tx, Some(&before), &team)?;
    }
    Ok(())
}

/// Ids of the teams of a person.
pub(crate) fn ids_of(tx: &mut Transaction, person: UserId) -> Result<BTreeSet<TeamId>, StoreError> {
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

/// Puts a team of another tenant into one that has none. Its members are there already.
pub(crate) fn bring(tx: &mut Transaction, team: Team) -> Result<(), Unfit> {
    let Team { id, name, lead, members } = team;
    let team = TeamDraft { name, lead, members }.check(tx, id).map_err(Unfit::because)?;
    save(tx, None, &team).map_err(Unfit::because)
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
