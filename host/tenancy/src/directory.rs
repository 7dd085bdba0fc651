//! The directory: the one way from a host name and a token to a scope.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use serde::Serialize;
use signalsync_audit::{Action, Denials, Event, record};
use signalsync_core::{
    Authority, Caller, Clock, KeyId, Origin, Principal, TenantId, TenantScope, TenantSlug, Tier, Timestamp,
};
use signalsync_people::PeopleError;
use signalsync_people::key::{KeyDraft, USE_NOTED_EVERY_MS};
use signalsync_people::keys::{Keys, Removal};
use signalsync_people::rights::RightsCache;
use signalsync_store::{RequestKey, Store, StoreError, Stores, Terms, Transaction};
use tokio::sync::RwLock;

use crate::error::{AuthError, TenancyError};
use crate::key::{Issued, KeyRow, Made, Owner, Token, check_name};
use crate::life::Life;
use crate::rate::{Counted, Rates};
use crate::registry;
use crate::tenant::{Tenant, TenantDraft, TenantPage};

/// What classes of tenants may use, by name.
pub type Tiers = BTreeMap<String, Arc<Tier>>;

/// Tenants, and proofs of keys, that are known without asking the store.
const CACHED_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");

/// How long a tenant that was deleted can be restored, unless it is configured: thirty days.
pub const GRACE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Puts what a new tenant has from the beginning into the first transaction of its store.
pub type Furnish<'a> = &'a (dyn Fn(&mut Transaction, &TenantScope) -> Result<(), PeopleError> + Send + Sync);

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

/// What the audit says about a request that was refused.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Refusal<'a> {
    /// A stable word for why.
    code: &'a str,
    /// Why, as the caller was told.
    reason: &'a str,
    /// Refusals of the minute before that were only counted.
    unrecorded_before: u32,
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
    proofs: Mutex<LruCache<String, Arc<KeyRow>>>,
    keys: Keys,
    rights: RightsCache,
    /// When the use of a key was noted last.
    used: Mutex<LruCache<KeyId, Timestamp>>,
    denials: Denials,
    rates: Rates,
    grace_ms: u64,
}

impl Directory {
    /// Nothing is read yet.
    pub fn new(authority: Authority, stores: Arc<Stores>, clock: Arc<dyn Clock>, tiers: Tiers) -> Self {
        Self {
            keys: Keys::new(Arc::clone(&stores), Arc::clone(&clock)),
            authority,
            stores,
            clock,
            tiers,
            changing: RwLock::new(()),
            tenants: Mutex::new(LruCache::new(CACHED_MAX)),
            proofs: Mutex::new(LruCache::new(CACHED_MAX)),
            rights: RightsCache::default(),
            used: Mutex::new(LruCache::new(CACHED_MAX)),
            denials: Denials::default(),
            rates: Rates::default(),
            grace_ms: GRACE_MS,
        }
    }

    /// With another time in which a tenant that was deleted can be restored.
    #[must_use]
    pub fn with_grace(self, grace_ms: u64) -> Self {
        Self { grace_ms, ..self }
    }

    /// Whether the platform's store can be read.
    ///
    /// # Errors
    /// It cannot.
    pub async fn check(&self) -> Result<(), TenancyError> {
        self.list(None, 1).await.map(drop)
    }

    /// Who it is that sends this token to this address, from where.
    ///
    /// # Errors
    /// See [`AuthError`]. `NoTenant` comes first: where nobody is, no key is looked at.
    pub async fn authenticate(
        &self,
        host: &HostLabel,
        token: Option<&str>,
        origin: Origin,
    ) -> Result<Actor, AuthError> {
        let tenant = match host {
            HostLabel::Console => None,
            HostLabel::Tenant(slug) => Some(self.open_tenant(slug).await?),
        };
        let key = self.proved(token.ok_or(AuthError::Unauthenticated)?).await?;
        match (key.owner, tenant) {
            (Owner::Operator, None) => Ok(Actor::Operator(key.id)),
            (Owner::Tenant(owner), Some(tenant)) if owner == tenant.id => {
                let of_key = self.of_key(&tenant, key.id, origin).await?;
                let (scope, per_minute) = of_key.ok_or(AuthError::Unauthenticated)?;
                if let Some(per_minute) = per_minute {
                    self.count("the key", Counted::Key(key.id), per_minute)?;
                }
                self.count_for(&scope)?;
                Ok(Actor::Tenant(scope))
            }
            (Owner::Operator, Some(_)) | (Owner::Tenant(_), _) => Err(AuthError::Foreign),
        }
    }

    /// Creates a tenant with its own store, and puts into it what it is to have from the beginning. A request that is
    /// repeated gets the same tenant. Interrupted anywhere, there is a whole tenant or none.
    ///
    /// # Errors
    /// `SlugTaken`, `LooksLike`, `NoSuchTier`, `NotFurnished`, `Reused`, `Conflict`, or the store failed.
    pub async fn create(
        &self,
        wanted: TenantDraft,
        furnish: Option<Furnish<'_>>,
        request: Option<RequestKey>,
    ) -> Result<Tenant, TenancyError> {
        let TenantDraft { slug, tier, neutral } = wanted;
        self.tier(&tier)?;
        let now = self.clock.now();
        let new = Tenant { id: TenantId::new(), slug, tier, neutral, created_at: now, life: Life::Active };
        let _changing = self.changing.write().await;
        // The store comes first: a tenant that is listed can be used, whatever happens in between.
        self.stores.create_tenant(&self.authority, new.id).await?;
        if let Err(error) = self.furnish(&new, furnish).await {
            self.stores.destroy_tenant(&self.authority, new.id).await?;
            return Err(error);
        }
        let add = |tx: &mut Transaction| {
            let added = registry::add_tenant(tx, &new)?;
            let event = Event::new(Action::TenantCreated, format!("tenant/{}", new.id)).after(&new)?;
            record(tx, &Caller::host(), now, event)?;
            Ok(added)
        };
        let added = self.store().await?.once(request.as_ref(), now, add).await;
        let is_unused = match &added {
            Ok(done) => done.before,
            Err(
                TenancyError::SlugTaken(_)
                | TenancyError::LooksLike(_)
                | TenancyError::Reused(_)
                | TenancyError::Conflict,
            ) => true,
            // A commit that failed otherwise may be found done when the platform's store is opened again.
            Err(_) => false,
        };
        if is_unused {
            self.stores.destroy_tenant(&self.authority, new.id).await?;
        }
        let tenant = added?.value;
        // What waits in its store could not be done before the tenant was listed.
        self.stores.due().note(tenant.id, now);
        Ok(tenant)
    }

    async fn furnish(&self, new: &Tenant, furnish: Option<Furnish<'_>>) -> Result<(), TenancyError> {
        let Some(furnish) = furnish else { return Ok(()) };
        let scope = self.scope(new, Caller::host())?;
        let store = self.stores.tenant(&scope).await?;
        store.transact(|tx| furnish(tx, &scope).map_err(TenancyError::from)).await
    }

    /// Tenants behind `after`, oldest first, at most 1,000 at once.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, after: Option<TenantId>, limit: usize) -> Result<TenantPage, TenancyError> {
        Ok(registry::tenants(&mut self.begin().await?, after, limit)?)
    }

    /// A scope for each of some tenants in the order of [`Directory::list`], in which the host itself acts; and where
    /// to go on. For what the host has to do for all tenants, whoever asks.
    ///
    /// # Errors
    /// The store failed.
    pub async fn scopes(
        &self,
        after: Option<TenantId>,
        limit: usize,
    ) -> Result<(Vec<TenantScope>, Option<TenantId>), TenancyError> {
        let page = self.list(after, limit).await?;
        // A tier that is no longer configured keeps people out, but not the host.
        let scope =
            |tenant: &Tenant| self.authority.scope(tenant.id, self.tier_of(tenant).unwrap_or_default(), Caller::host());
        Ok((page.tenants.iter().map(scope).collect(), page.next))
    }

    /// One tenant.
    ///
    /// # Errors
    /// `NoSuchTenant`, or the store failed.
    pub async fn get(&self, slug: &TenantSlug) -> Result<Arc<Tenant>, TenancyError> {
        self.known_tenant(slug).await?.ok_or(TenancyError::NoSuchTenant)
    }

    /// One tenant as it is in the store, and its version.
    ///
    /// # Errors
    /// `NoSuchTenant`, or the store failed.
    pub async fn look(&self, slug: &TenantSlug) -> Result<(Tenant, u64), TenancyError> {
        let mut tx = self.begin().await?;
        let tenant = registry::tenant(&mut tx, slug)?.ok_or(TenancyError::NoSuchTenant)?;
        let version = registry::version(&mut tx, tenant.id)?;
        Ok((tenant, version))
    }

    /// What a tenant may use, and how it stands with it; none when there is no such tenant.
    ///
    /// # Errors
    /// `NoSuchTier` when its tier is configured no more, or the store failed.
    pub async fn standing_of(&self, id: TenantId) -> Result<Option<(Arc<Tier>, Life)>, TenancyError> {
        let tenant = registry::tenant_by_id(&mut self.begin().await?, id)?;
        tenant.map(|tenant| Ok((self.tier_of(&tenant)?, tenant.life))).transpose()
    }

    /// The host's own access to a tenant by its id, for what goes on without anybody asking; none when there is none.
    ///
    /// # Errors
    /// `NoSuchTier` when its tier is configured no more, or the store failed.
    pub async fn lend(&self, id: TenantId) -> Result<Option<TenantScope>, TenancyError> {
        let tenant = registry::tenant_by_id(&mut self.begin().await?, id)?;
        tenant.map(|tenant| self.scope(&tenant, Caller::host())).transpose()
    }

    /// The host's own access to a tenant, for its operator.
    ///
    /// # Errors
    /// `NoSuchTenant`, or the store failed.
    pub async fn visit(&self, slug: &TenantSlug, by: KeyId) -> Result<TenantScope, TenancyError> {
        let origin = Origin { key: Some(by), ..Origin::default() };
        self.scope(&*self.get(slug).await?, Caller { origin, ..Caller::host() })
    }

    /// Makes a key for the operator. A request that is repeated makes another one, because a secret is not remembered.
    ///
    /// # Errors
    /// `InvalidKey`, `TooManyKeys`, `Conflict`, `Entropy`, or the store failed.
    pub async fn issue_operator_key(&self, name: &str) -> Result<Issued<KeyId>, TenancyError> {
        check_name(name)?;
        let (id, token) = (KeyId::new(), Token::random()?);
        self.prove(id, Owner::Operator, Some(name.to_owned()), &token).await?;
        Ok(Issued { info: id, token: token.text() })
    }

    /// Makes a key for the tenant, on behalf of the scope's caller. A request that is repeated gets the same key, without
    /// its secret: secrets are not remembered.
    ///
    /// # Errors
    /// What `people` says of the key; `Reused`, `Conflict`, `Entropy`, or the store failed.
    pub async fn issue_key(
        &self,
        scope: &TenantScope,
        draft: &KeyDraft,
        request: Option<&RequestKey>,
    ) -> Result<Made, TenancyError> {
        let (id, token, owner) = (KeyId::new(), Token::random()?, Owner::Tenant(scope.tenant()));
        // The proof comes first: without the tenant's row it proves a key that is worth nothing.
        self.prove(id, owner, None, &token).await?;
        let added = self.keys.add(scope, id, draft, request).await;
        if added.as_ref().map_or(true, |key| key.before) {
            self.forget(owner, id).await;
        }
        let key = added?;
        Ok(Made { token: (!key.before).then(|| token.text()), key })
    }

    /// Makes a tenant's key worthless, from the moment that this returns.
    ///
    /// # Errors
    /// What `people` says; `Conflict`, or the store failed.
    pub async fn revoke_key(
        &self,
        scope: &TenantScope,
        id: KeyId,
        removal: Removal,
        terms: Terms<'_>,
    ) -> Result<(), TenancyError> {
        self.keys.remove(scope, id, removal, terms).await?;
        self.forget(Owner::Tenant(scope.tenant()), id).await;
        Ok(())
    }

    /// Writes into the tenant's audit that a caller lacked a right for something, with a word and a sentence that say which;
    /// of a flood only the number is kept. Whether it can be written makes no difference to the caller.
    pub async fn note_denial(&self, scope: &TenantScope, asked: &str, (code, reason): (&str, &str)) {
        let Some(unrecorded) = self.denials.admit(scope.tenant(), self.clock.now()) else { return };
        let refusal = Refusal { code, reason, unrecorded_before: unrecorded };
        if let Err(error) = self.deny(scope, asked, &refusal).await {
            tracing::warn!(%error, "a refusal was not recorded");
        }
    }

    async fn deny(&self, scope: &TenantScope, asked: &str, refusal: &Refusal<'_>) -> Result<(), TenancyError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let event = Event::denied(Action::RequestDenied, format!("route/{asked}")).after(refusal)?;
        record(&mut tx, scope.caller(), self.clock.now(), event)?;
        tx.commit().await?;
        Ok(())
    }

    async fn prove(&self, id: KeyId, owner: Owner, name: Option<String>, token: &Token) -> Result<(), TenancyError> {
        let row = KeyRow { id, owner, name, hash: token.hash(), created_at: self.clock.now() };
        let _changing = self.changing.write().await;
        self.store().await?.transact(|tx| registry::add_key(tx, &token.prefix, &row)).await
    }

    /// Removes the proof of a key that is worth nothing. One that stays does no harm.
    async fn forget(&self, owner: Owner, id: KeyId) {
        let _changing = self.changing.write().await;
        match self.disprove(owner, id).await {
            Ok(prefix) => drop(prefix.map(|prefix| self.proofs.lock().pop(&prefix))),
            Err(error) => tracing::warn!(%error, key = %id, "the proof of a key stays behind"),
        }
    }

    async fn disprove(&self, owner: Owner, id: KeyId) -> Result<Option<String>, TenancyError> {
        self.store().await?.transact(|tx| registry::remove_key(tx, owner, id)).await
    }

    /// What a key may do in its tenant, and its own limit of requests in a minute; none when it is not valid now.
    async fn of_key(
        &self,
        tenant: &Tenant,
        id: KeyId,
        origin: Origin,
    ) -> Result<Option<(TenantScope, Option<NonZeroU32>)>, TenancyError> {
        let host = self.scope(tenant, Caller::host())?;
        let now = self.clock.now();
        let mut tx = self.stores.tenant(&host).await?.begin().await?;
        let Some((held, key)) = self.rights.of_key(&mut tx, tenant.id, id, now)? else { return Ok(None) };
        drop(tx);
        self.note_use(&host, id, now).await;
        let user = key.owner.map_or_else(|| id.to_string(), |owner| owner.to_string());
        let principal = Principal { user: Some(user), roles: held.roles, ..Principal::host() };
        let origin = Origin { key: Some(id), ..origin };
        let scope = self.scope(tenant, Caller { principal, rights: held.rights, origin })?;
        Ok(Some((scope, key.requests_per_minute)))
    }

    /// At most once an hour, whether it succeeds or not: what fails here must not keep a key from its work.
    async fn note_use(&self, host: &TenantScope, id: KeyId, now: Timestamp) {
        let noted = self.used.lock().put(id, now);
        if let Some(last) = noted.filter(|last| now.0.abs_diff(last.0) < USE_NOTED_EVERY_MS) {
            self.used.lock().put(id, last);
        } else if let Err(error) = self.keys.note_use(host, id).await {
            tracing::warn!(%error, key = %id, "the use of a key was not noted");
        }
    }

    /// Counts a request of somebody who was recognised.
    fn count_for(&self, scope: &TenantScope) -> Result<(), AuthError> {
        self.count("this tenant", Counted::Tenant(scope.tenant()), scope.tier().requests_per_minute)
    }

    fn count(&self, whose: &'static str, who: Counted, per_minute: NonZeroU32) -> Result<(), AuthError> {
        self.rates.admit(who, per_minute, self.clock.now()).map_err(|retry_after_ms| AuthError::TooManyRequests {
            whose,
            per_minute: per_minute.get(),
            retry_after_ms,
        })
    }

    fn scope(&self, tenant: &Tenant, caller: Caller) -> Result<TenantScope, TenancyError> {
        Ok(self.authority.scope(tenant.id, self.tier_of(tenant)?, caller))
    }

    /// What a tenant may use.
    fn tier_of(&self, tenant: &Tenant) -> Result<Arc<Tier>, TenancyError> {
        let tier = self.tier(&tenant.tier)?;
        Ok(if tenant.neutral { Arc::new(Tier { reaches_outside: false, ..(*tier).clone() }) } else { tier })
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
        if let Some(key) = self.proofs.lock().get(prefix) {
            return Ok(Some(Arc::clone(key)));
        }
        let _unchanged = self.changing.read().await;
        let Some(key) = registry::key(&mut self.begin().await?, prefix)?.map(Arc::new) else { return Ok(None) };
        self.proofs.lock().put(prefix.to_owned(), Arc::clone(&key));
        Ok(Some(key))
    }

    async fn begin(&self) -> Result<Transaction, StoreError> {
        self.store().await?.begin().await
    }

    async fn store(&self) -> Result<Store, StoreError> {
        self.stores.platform(&self.authority).await
    }
}

mod audit;
mod life;
mod people;

pub use life::TenantChange;
pub use people::Entered;

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and composes a process")]
mod tests;
