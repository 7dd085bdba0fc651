//! A tenant of its own for each test, on an engine of its choice.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and composes a process")]

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use signalsync_core::{
    Authority, Caller, Clock, DepartmentId, KeyId, Origin, Principal, Rights, RoleName, TenantId, TenantScope, Tier,
    Timestamp, UserId,
};
use signalsync_people::StructureError;
use signalsync_people::department::{DepartmentDraft, Departments};
use signalsync_people::key::{self, ApiKey, KeyDraft};
use signalsync_people::rights::RightsCache;
use signalsync_people::role::{RoleDraft, Roles};
use signalsync_people::standing::{self, Standing};
use signalsync_people::team::Teams;
use signalsync_store::{EngineKind, Stores, StoresConfig, Terms, Transaction};
use tempfile::TempDir;

pub(crate) struct Fixture {
    pub(crate) stores: Arc<Stores>,
    pub(crate) roles: Roles,
    pub(crate) departments: Departments,
    pub(crate) teams: Teams,
    pub(crate) cache: RightsCache,
    pub(crate) tenant: TenantId,
    authority: Authority,
    _root: TempDir,
}

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

pub(crate) async fn fixture() -> Fixture {
    on(EngineKind::Memory).await
}

pub(crate) async fn on(engine: EngineKind) -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let stores =
        Stores::open(StoresConfig { root: root.path().to_owned(), engine, open_max: 8.try_into().unwrap() }).unwrap();
    let (authority, tenant, clock) = (Authority::ambient(), TenantId::new(), Arc::new(Still));
    stores.create_tenant(&authority, tenant).await.unwrap();
    Fixture {
        roles: Roles::new(stores.clone(), clock.clone()),
        departments: Departments::new(stores.clone(), clock.clone()),
        teams: Teams::new(stores.clone(), clock),
        cache: RightsCache::default(),
        stores,
        tenant,
        authority,
        _root: root,
    }
}

pub(crate) fn names(roles: &[&str]) -> BTreeSet<RoleName> {
    roles.iter().map(|name| name.parse().unwrap()).collect()
}

pub(crate) fn standing(roles: &[&str], departments: &[DepartmentId]) -> Standing {
    Standing { active: true, roles: names(roles), departments: departments.iter().copied().collect() }
}

pub(crate) fn role(definition: Value) -> RoleDraft {
    serde_json::from_value(definition).unwrap()
}

pub(crate) fn department(name: &str, parent: Option<DepartmentId>) -> DepartmentDraft {
    DepartmentDraft { name: name.to_owned(), parent, lead: None }
}

impl Fixture {
    fn scope(&self, caller: Caller) -> TenantScope {
        self.authority.scope(self.tenant, Arc::new(Tier::default()), caller)
    }

    pub(crate) fn host(&self) -> TenantScope {
        self.scope(Caller::host())
    }

    pub(crate) fn with(&self, rights: Rights) -> TenantScope {
        self.scope(Caller { rights: Arc::new(rights), ..Caller::host() })
    }

    pub(crate) async fn begin(&self) -> Transaction {
        self.stores.tenant(&self.host()).await.unwrap().begin().await.unwrap()
    }

    /// Somebody who stands there.
    pub(crate) async fn person(&self, at: Standing) -> UserId {
        let user = UserId::new();
        self.place(&self.host(), user, Some(&at)).await.unwrap();
        user
    }

    pub(crate) async fn place(
        &self,
        by: &TenantScope,
        user: UserId,
        at: Option<&Standing>,
    ) -> Result<(), StructureError> {
        let mut tx = self.begin().await;
        standing::put(&mut tx, by.caller(), user, at)?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// The scope that the person acts in.
    pub(crate) async fn acting(&self, user: UserId) -> TenantScope {
        let held = self.cache.of_person(&mut self.begin().await, self.tenant, user).unwrap().unwrap();
        let principal = Principal { user: Some(user.to_string()), roles: held.roles, ..Principal::host() };
        self.scope(Caller { principal, rights: held.rights, origin: Origin::default() })
    }

    pub(crate) async fn key(&self, by: &TenantScope, draft: Value) -> Result<ApiKey, StructureError> {
        let draft: KeyDraft = serde_json::from_value(draft).unwrap();
        let mut tx = self.begin().await;
        let made = key::add(&mut tx, by.caller(), KeyId::new(), &draft, NOW)?;
        tx.commit().await.unwrap();
        Ok(made)
    }

    /// The scope that the key acts in, while it is valid.
    pub(crate) async fn acting_key(&self, id: KeyId, now: Timestamp) -> Option<TenantScope> {
        let (held, found) = self.cache.of_key(&mut self.begin().await, self.tenant, id, now).unwrap()?;
        let user = found.owner.map_or(id.to_string(), |owner| owner.to_string());
        let principal = Principal { user: Some(user), roles: held.roles, ..Principal::host() };
        let origin = Origin { key: Some(id), ..Origin::default() };
        Some(self.scope(Caller { principal, rights: held.rights, origin }))
    }

    pub(crate) async fn define(&self, name: &str, definition: Value) {
        self.roles.put(&self.host(), &name.parse().unwrap(), role(definition), Terms::default()).await.unwrap();
    }

    pub(crate) async fn department(&self, name: &str, parent: Option<DepartmentId>) -> DepartmentId {
        self.departments.create(&self.host(), &department(name, parent), None).await.unwrap().value.id
    }
}
