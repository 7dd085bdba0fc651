//! The directory on a store in memory.

use signalsync_core::SystemClock;
use signalsync_store::{EngineKind, StoresConfig};
use tempfile::TempDir;

use super::*;
use crate::KEYS_PER_OWNER_MAX;

struct Fixture {
    directory: Directory,
    root: TempDir,
}

fn fixture() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let config =
        StoresConfig { root: root.path().to_owned(), engine: EngineKind::Memory, open_max: 8.try_into().unwrap() };
    let tiers = Tiers::from([("standard".to_owned(), Arc::new(Tier::default()))]);
    let stores = Stores::open(config).unwrap();
    let directory = Directory::new(Authority::ambient(), stores, Arc::new(SystemClock), tiers);
    Fixture { directory, root }
}

fn slug(text: &str) -> TenantSlug {
    text.parse().unwrap()
}

fn host(text: &str) -> HostLabel {
    HostLabel::Tenant(slug(text))
}

fn named(name: &str) -> NewKey {
    NewKey { name: name.to_owned(), roles: vec!["b".to_owned(), "a".to_owned(), "b".to_owned()] }
}

impl Fixture {
    async fn tenant(&self, name: &str) -> Tenant {
        self.directory.create(slug(name), "standard".to_owned(), None).await.unwrap()
    }

    async fn key(&self, owner: Owner) -> IssuedKey {
        self.directory.issue_key(owner, named("ci")).await.unwrap()
    }
}

#[tokio::test]
async fn a_key_opens_its_own_door_and_no_other() {
    let f = fixture();
    let (acme, globex) = (f.tenant("acme").await, f.tenant("globex").await);
    let key = f.key(Owner::Tenant(acme.id)).await;
    let operator = f.key(Owner::Operator).await;
    let ask = async |host: HostLabel, token: &str| f.directory.authenticate(&host, Some(token)).await;

    let Actor::Tenant(scope) = ask(host("acme"), &key.token).await.unwrap() else { unreachable!("a tenant's key") };
    assert_eq!(scope.tenant(), acme.id);
    assert_eq!(scope.caller().principal.roles, ["a", "b"]);
    assert!(
        matches!(ask(HostLabel::Console, &operator.token).await, Ok(Actor::Operator(id)) if id == operator.info.id)
    );

    assert!(matches!(ask(host("globex"), &key.token).await, Err(AuthError::Foreign)));
    assert!(matches!(ask(HostLabel::Console, &key.token).await, Err(AuthError::Foreign)));
    assert!(matches!(ask(host("globex"), &operator.token).await, Err(AuthError::Foreign)));
    assert!(matches!(ask(host("nobody"), &key.token).await, Err(AuthError::NoTenant)));
    assert_ne!(acme.id, globex.id);
}

#[tokio::test]
async fn what_is_not_exactly_a_key_is_nobody() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    let key = f.key(Owner::Tenant(acme.id)).await;
    let other = f.key(Owner::Tenant(acme.id)).await;
    let mixed = format!("{}{}", &key.token[..16], &other.token[16..]);
    for token in ["", "sk_", "x", &key.token.to_uppercase(), &mixed, &Token::random().unwrap().text()] {
        let answer = f.directory.authenticate(&host("acme"), Some(token)).await;
        assert!(matches!(answer, Err(AuthError::Unauthenticated)), "{token}");
    }
    assert!(matches!(f.directory.authenticate(&host("acme"), None).await, Err(AuthError::Unauthenticated)));
}

#[tokio::test]
async fn a_revoked_key_is_worthless_at_once() {
    let f = fixture();
    let (acme, globex) = (f.tenant("acme").await, f.tenant("globex").await);
    let key = f.key(Owner::Tenant(acme.id)).await;
    assert!(f.directory.authenticate(&host("acme"), Some(&key.token)).await.is_ok());

    let elsewhere = f.directory.revoke_key(Owner::Tenant(globex.id), key.info.id).await;
    assert!(matches!(elsewhere, Err(TenancyError::NoSuchKey)));
    f.directory.revoke_key(Owner::Tenant(acme.id), key.info.id).await.unwrap();
    let answer = f.directory.authenticate(&host("acme"), Some(&key.token)).await;
    assert!(matches!(answer, Err(AuthError::Unauthenticated)));
    assert!(f.directory.keys(Owner::Tenant(acme.id)).await.unwrap().is_empty());
}

#[tokio::test]
async fn names_and_tiers_are_checked() {
    let f = fixture();
    f.tenant("acme").await;
    let again = f.directory.create(slug("acme"), "standard".to_owned(), None).await;
    assert!(matches!(again, Err(TenancyError::SlugTaken(_))));
    let tier = f.directory.create(slug("other"), "golden".to_owned(), None).await;
    assert!(matches!(tier, Err(TenancyError::NoSuchTier(_))));
    assert!(matches!(f.directory.get(&slug("other")).await, Err(TenancyError::NoSuchTenant)));
}

#[tokio::test]
async fn a_tenants_tier_is_found_by_its_id() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    assert_eq!(f.directory.tier_of(acme.id).await.unwrap().as_deref(), Some(&Tier::default()));
    assert_eq!(f.directory.tier_of(signalsync_core::TenantId::new()).await.unwrap(), None);
}

#[tokio::test]
async fn a_repeated_request_creates_one_tenant() {
    let f = fixture();
    let request = |asked: &str| RequestKey::new("once", [asked.as_bytes()]).ok();
    let create = async |name: &str| f.directory.create(slug(name), "standard".to_owned(), request(name)).await;
    let first = create("acme").await.unwrap();
    assert_eq!(create("acme").await.unwrap(), first);
    assert!(matches!(create("globex").await, Err(TenancyError::Reused(_))));
    assert_eq!(f.directory.list(None, 10).await.unwrap().tenants, [first]);
    assert_eq!(f.root.path().join("tenants").read_dir().unwrap().count(), 1, "no store is left over");
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let f = fixture();
    let created = [f.tenant("b").await, f.tenant("a").await, f.tenant("c").await];
    let first = f.directory.list(None, 2).await.unwrap();
    assert_eq!(first.tenants, created[..2]);
    let rest = f.directory.list(first.next, 2).await.unwrap();
    assert_eq!((rest.tenants.as_slice(), rest.next), (&created[2..], None));
}

#[tokio::test]
async fn an_owner_has_a_bounded_number_of_keys() {
    let f = fixture();
    for _ in 0..KEYS_PER_OWNER_MAX {
        f.key(Owner::Operator).await;
    }
    let surplus = f.directory.issue_key(Owner::Operator, named("more")).await;
    assert!(matches!(surplus, Err(TenancyError::TooManyKeys { limit: KEYS_PER_OWNER_MAX })));
    assert_eq!(f.directory.keys(Owner::Operator).await.unwrap().len(), KEYS_PER_OWNER_MAX);
}
