//! People in the directory: who shows a session, and who is nobody yet.

use std::collections::BTreeSet;

use signalsync_core::rights::Person;
use signalsync_core::{
    Caller, KeyId, Origin, Principal, Rights, SessionId, TenantScope, TenantSlug, Timestamp, UserId,
};
use signalsync_people::session::{self, Due, Proved, SessionToken};
use signalsync_people::{PeopleError, person, policy};
use signalsync_store::Transaction;

use super::Directory;
use crate::error::{AuthError, TenancyError};
use crate::registry;
use crate::tenant::Tenant;

/// Somebody who showed a session.
#[derive(Debug)]
pub struct Entered {
    /// What they may touch, and how far.
    pub scope: TenantScope,
    /// Who.
    pub person: UserId,
    /// By which session.
    pub session: SessionId,
    /// Whether they have to set up a second factor before anything else.
    pub owes_factor: bool,
    /// The session's new token, when it got one.
    pub renewed: Option<SessionToken>,
}

impl Directory {
    /// Access for somebody who is nobody yet: to sign in, and to follow links. Without any right.
    ///
    /// # Errors
    /// `NoTenant`, or the store failed.
    pub async fn guest(&self, slug: &TenantSlug, origin: Origin) -> Result<TenantScope, AuthError> {
        let tenant = self.open_tenant(slug).await?;
        let rights = Rights::of(BTreeSet::new(), Vec::new(), Person::default());
        Ok(self.scope(&tenant, Caller { principal: Principal::host(), rights: rights.into(), origin })?)
    }

    /// Who it is that shows this session at this tenant's address. What they may do is worked out anew each time.
    ///
    /// # Errors
    /// `NoTenant`, `Unauthenticated`, `TooManyRequests`, or the store failed.
    pub async fn enter(&self, slug: &TenantSlug, token: &SessionToken, origin: Origin) -> Result<Entered, AuthError> {
        let tenant = self.open_tenant(slug).await?;
        let entered = self.of_session(&tenant, token, origin).await?.ok_or(AuthError::Unauthenticated)?;
        self.count_for(&entered.scope)?;
        Ok(entered)
    }

    /// Access for somebody of a tenant, for what they started and what goes on without them: a person, or what came with
    /// a key. With the rights that they have now; none when they may not come in any more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn stand_in(
        &self,
        tenant: &TenantScope,
        by: &str,
        key: Option<KeyId>,
    ) -> Result<Option<TenantScope>, TenancyError> {
        let Some(tenant) = registry::tenant_by_id(&mut self.begin().await?, tenant.tenant())? else { return Ok(None) };
        if let Some(key) = key {
            let held = self.of_key(&tenant, key, Origin::default()).await?;
            return Ok(held.map(|(scope, _)| scope));
        }
        let Ok(person) = by.parse::<UserId>() else { return Ok(None) };
        let host = self.scope(&tenant, Caller::host())?;
        let mut tx = self.stores.tenant(&host).await?.begin().await?;
        self.of_person(&mut tx, &tenant, person, Origin::default())
    }

    fn of_person(
        &self,
        tx: &mut Transaction,
        tenant: &Tenant,
        person: UserId,
        origin: Origin,
    ) -> Result<Option<TenantScope>, TenancyError> {
        let Some(held) = self.rights.of_person(tx, tenant.id, person)? else { return Ok(None) };
        let language = person::find(tx, person)?.map_or_else(String::new, |row| row.language.to_string());
        let principal = Principal { user: Some(person.to_string()), roles: held.roles, language };
        self.scope(tenant, Caller { principal, rights: held.rights, origin }).map(Some)
    }

    async fn of_session(
        &self,
        tenant: &Tenant,
        token: &SessionToken,
        origin: Origin,
    ) -> Result<Option<Entered>, TenancyError> {
        let (host, now) = (self.scope(tenant, Caller::host())?, self.clock.now());
        let mut tx = self.stores.tenant(&host).await?.begin().await?;
        let Some(Proved { session, person, due }) = session::prove(&mut tx, token, now)? else { return Ok(None) };
        let Some(scope) = self.of_person(&mut tx, tenant, person, origin)? else { return Ok(None) };
        let owes_factor = policy::owes_factor(&mut tx, person)?;
        let renewed = settle(tx, session, due, now).await;
        Ok(Some(Entered { scope, person, session, owes_factor, renewed }))
    }
}

/// Writes what is due. When others wrote at the same time, it stays due; the request goes on.
async fn settle(mut tx: Transaction, session: SessionId, due: Due, now: Timestamp) -> Option<SessionToken> {
    let written: Result<Option<SessionToken>, PeopleError> = match due {
        Due::Nothing => return None,
        Due::Touch => session::touch(&mut tx, session, now).map(|()| None).map_err(PeopleError::from),
        Due::Renew => session::renew(&mut tx, session, now).map(Some),
    };
    let committed = match written {
        Ok(token) => tx.commit().await.map(|_| token).map_err(PeopleError::from),
        Err(error) => Err(error),
    };
    committed
        .inspect_err(|error| tracing::debug!(%error, %session, "the use of a session was not noted"))
        .ok()
        .flatten()
}
