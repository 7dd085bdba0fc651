//! The directory: the one way from a host name and a token to a scope.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use signalsync_core::{Authority, Caller, Clock, KeyId, Principal, TenantId, TenantScope, TenantSlug, Tier};
use signalsync_store::{RequestKey, Store, StoreError, Stores, Transaction};
use tokio::sync::RwLock;

use crate::error::{AuthError, TenancyError};
use crate::key::{IssuedKey, KeyInfo, KeyRow, NewKey, Owner, Token};
use crate::registry;
use crate::tenant::{Tenant, TenantPage};

/// What classes of tenants may use, by name.
pub type Tiers = BTreeMap<String, Arc<Tier>>;

/// Tenants, and keys, that are known without asking the store.
const CACHED_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");

/// Which address of the platform a request was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostLabel {
    /// The operator's.
    Console,
    /// A tenant's, which may or may not be there.
    Tenant(TenantSlug),
}

/// Who asks, after the proof.
#[derive(Debug)]
pub enum Actor {
    /// The platform's operator.
    Operator(KeyId),
    /// Somebody of a tenant.
    Tenant(TenantScope),
}

/// Tenants and keys.
pub struct Directory {
    authority: Authority,
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
    tiers: Tiers,
    /// Whoever fills the caches holds it for reading, whoever changes rows for writing: what is in the caches
    /// is what is in the store.
    changing: RwLock<()>,
    tenants: Mutex<LruCache<TenantSlug, Arc<Tenant>>>,
    keys: Mutex<LruCache<String, Arc<KeyRow>>>,
}

impl Directory {
    /// Nothing is read yet.
    pub fn new(authority: Authority, stores: Arc<Stores>, clock: Arc<dyn Clock>, tiers: Tiers) -> Self {
        Self {
            authority,
            stores,
            clock,
            tiers,
            changing: RwLock::new(()),
            tenants: Mutex::new(LruCache::new(CACHED_MAX)),
            keys: Mutex::new(LruCache::new(CACHED_MAX)),
        }
    }

    /// Whether the platform's store can be read.
    ///
    /// # Errors
    /// It cannot.
    pub async fn check(&self) -> Result<(), TenancyError> {
        self.list(None, 1).await.map(drop)
    }

    /// Who it is that sends this token to this address.
    ///
    /// # Errors
    /// See [`AuthError`]. `NoTenant` comes first: where nobody is, no key is looked at.
    pub async fn authenticate(&self, host: &HostLabel, token: Option<&str>) -> Result<Actor, AuthError> {
        let tenant = match host {
            HostLabel::Console => None,
            HostLabel::Tenant(slug) => Some(self.known_tenant(slug).await?.ok_or(AuthError::NoTenant)?),
        };
        let key = self.proved(token.ok_or(AuthError::Unauthenticated)?).await?;
        match (key.owner, tenant) {
            (Owner::Operator, None) => Ok(Actor::Operator(key.id)),
            (Owner::Tenant(owner), Some(tenant)) if owner == tenant.id => Ok(Actor::Tenant(self.scope(&tenant, &key)?)),
            (Owner::Operator, Some(_)) | (Owner::Tenant(_), _) => Err(AuthError::Foreign),
        }
    }

    /// Creates a tenant with its own empty store. A request that is repeated gets the same tenant.
    ///
    /// # Errors
    /// `SlugTaken`, `NoSuchTier`, `Reused`, `Conflict`, or the store failed.
    pub async fn create(
        &self,
        slug: TenantSlug,
        tier: String,
        request: Option<RequestKey>,
    ) -> Result<Tenant, TenancyError> {
        self.tier(&tier)?;
        let now = self.clock.now();
        let new = Tenant { id: TenantId::new(), slug, tier, created_at: now };
        let _changing = self.changing.write().await;
        // The store comes first: a tenant that is listed can be used, whatever happens in between.
        self.stores.create_tenant(&self.authority, new.id).await?;
        let added = self.store().await?.once(request.as_ref(), now, |tx| registry::add_tenant(tx, &new)).await;
        let is_unused = match &added {
            Ok(done) => done.before,
            Err(TenancyError::SlugTaken(_) | TenancyError::Reused(_) | TenancyError::Conflict) => true,
            // A commit that failed otherwise may be found done when the platform's store is opened again.
            Err(_) => false,
        };
        if is_unused {
            self.stores.destroy_tenant(&self.authority, new.id).await?;
        }
        added.map(|done| done.value)
    }

    /// Tenants behind `after`, oldest first, at most 1,000 at once.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, after: Option<TenantId>, limit: usize) -> Result<TenantPage, TenancyError> {
        Ok(registry::tenants(&mut self.begin().await?, after, limit)?)
    }

    /// One tenant.
    ///
    /// # Errors
    /// `NoSuchTenant`, or the store failed.
    pub async fn get(&self, slug: &TenantSlug) -> Result<Arc<Tenant>, TenancyError> {
        self.known_tenant(slug).await?.ok_or(TenancyError::NoSuchTenant)
    }

    /// What a tenant may use; none when there is no such tenant.
    ///
    /// # Errors
    /// `NoSuchTier` when its tier is configured no more, or the store failed.
    pub async fn tier_of(&self, id: TenantId) -> Result<Option<Arc<Tier>>, TenancyError> {
        let tenant = registry::tenant_by_id(&mut self.begin().await?, id)?;
        tenant.map(|tenant| self.tier(&tenant.tier)).transpose()
    }

    /// The tenant as the owner of keys.
    ///
    /// # Errors
    /// `NoSuchTenant`, or the store failed.
    pub async fn owner(&self, slug: &TenantSlug) -> Result<Owner, TenancyError> {
        Ok(Owner::Tenant(self.get(slug).await?.id))
    }

    /// Makes a key. A request that is repeated makes another one, because a secret is not remembered.
    ///
    /// # Errors
    /// `InvalidKey`, `TooManyKeys`, `Conflict`, `Entropy`, or the store failed.
    pub async fn issue_key(&self, owner: Owner, new: NewKey) -> Result<IssuedKey, TenancyError> {
        let NewKey { name, roles } = new.check()?;
        let token = Token::random()?;
        let row = KeyRow { id: KeyId::new(), owner, name, hash: token.hash(), created_at: self.clock.now(), roles };
        let _changing = self.changing.write().await;
        self.store().await?.transact(|tx| registry::add_key(tx, &token.prefix, &row)).await?;
        Ok(IssuedKey { info: row.info(), token: token.text() })
    }

    /// The owner's keys, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keys(&self, owner: Owner) -> Result<Vec<KeyInfo>, TenancyError> {
        Ok(registry::keys(&mut self.begin().await?, owner)?)
    }

    /// Makes a key worthless, from the moment that this returns.
    ///
    /// # Errors
    /// `NoSuchKey`, `Conflict`, or the store failed.
    pub async fn revoke_key(&self, owner: Owner, id: KeyId) -> Result<(), TenancyError> {
        let _changing = self.changing.write().await;
        let prefix = self.store().await?.transact(|tx| registry::remove_key(tx, owner, id)).await?;
        self.keys.lock().pop(&prefix);
        Ok(())
    }

    fn scope(&self, tenant: &Tenant, key: &KeyRow) -> Result<TenantScope, TenancyError> {
        let principal = Principal { user: Some(key.id.to_string()), roles: key.roles.clone(), ..Principal::host() };
        Ok(self.authority.scope(tenant.id, self.tier(&tenant.tier)?, Caller { principal, ..Caller::host() }))
    }

    fn tier(&self, name: &str) -> Result<Arc<Tier>, TenancyError> {
        self.tiers.get(name).cloned().ok_or_else(|| TenancyError::NoSuchTier(name.to_owned()))
    }

    async fn known_tenant(&self, slug: &TenantSlug) -> Result<Option<Arc<Tenant>>, TenancyError> {
        if let Some(tenant) = self.tenants.lock().get(slug) {
            return Ok(Some(Arc::clone(tenant)));
        }
        let _unchanged = self.changing.read().await;
        let Some(tenant) = registry::tenant(&mut self.begin().await?, slug)?.map(Arc::new) else { return Ok(None) };
        self.tenants.lock().put(slug.clone(), Arc::clone(&tenant));
        Ok(Some(tenant))
    }

    async fn proved(&self, token: &str) -> Result<Arc<KeyRow>, AuthError> {
        let token = Token::parse(token).ok_or(AuthError::Unauthenticated)?;
        let key = self.known_key(&token.prefix).await?.filter(|key| key.is_proved_by(&token));
        key.ok_or(AuthError::Unauthenticated)
    }

    async fn known_key(&self, prefix: &str) -> Result<Option<Arc<KeyRow>>, TenancyError> {
        if let Some(key) = self.keys.lock().get(prefix) {
            return Ok(Some(Arc::clone(key)));
        }
        let _unchanged = self.changing.read().await;
        let Some(key) = registry::key(&mut self.begin().await?, prefix)?.map(Arc::new) else { return Ok(None) };
        self.keys.lock().put(prefix.to_owned(), Arc::clone(&key));
        Ok(Some(key))
    }

    async fn begin(&self) -> Result<Transaction, StoreError> {
        self.store().await?.begin().await
    }

    async fn store(&self) -> Result<Store, StoreError> {
        self.stores.platform(&self.authority).await
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and composes a process")]
mod tests;
