//! The directory on a store in memory.

use signalsync_audit::{Filter, Outcome};
use signalsync_core::{Permission, SystemClock};
use signalsync_people::StructureError;
use signalsync_people::key::ApiKey;
use signalsync_store::{EngineKind, StoresConfig};
use tempfile::TempDir;

use super::*;
use crate::OPERATOR_KEYS_MAX;

struct Fixture {
    directory: Directory,
    root: TempDir,
}

fn fixture() -> Fixture {
    at(Arc::new(SystemClock))
}

fn at(clock: Arc<dyn Clock>) -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let config =
        StoresConfig { root: root.path().to_owned(), engine: EngineKind::Memory, open_max: 8.try_into().unwrap() };
    let tiers = Tiers::from([("standard".to_owned(), Arc::new(Tier::default()))]);
    let stores = Stores::open(config).unwrap();
    let directory = Directory::new(Authority::ambient(), stores, clock, tiers);
    Fixture { directory, root }
}

fn slug(text: &str) -> TenantSlug {
    text.parse().unwrap()
}

fn host(text: &str) -> HostLabel {
    HostLabel::Tenant(slug(text))
}

fn with_roles(roles: &[&str]) -> KeyDraft {
    let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
    KeyDraft { name: "ci".to_owned(), roles, ..KeyDraft::default() }
}

impl Fixture {
    async fn tenant(&self, name: &str) -> Tenant {
        self.directory.create(TenantDraft::new(slug(name), "standard"), None, None).await.unwrap()
    }

    async fn visit(&self, tenant: &Tenant) -> TenantScope {
        self.directory.visit(&tenant.slug, KeyId::new()).await.unwrap()
    }

    async fn key(&self, tenant: &Tenant, roles: &[&str]) -> Issued<ApiKey> {
        let made = self.directory.issue_key(&self.visit(tenant).await, &with_roles(roles), None).await.unwrap();
        Issued { info: made.key.value, token: made.token.unwrap() }
    }

    async fn operator(&self) -> Issued<KeyId> {
        self.directory.issue_operator_key("ci").await.unwrap()
    }
}

#[tokio::test]
async fn a_key_opens_its_own_door_and_no_other() {
    let f = fixture();
    let (acme, globex) = (f.tenant("acme").await, f.tenant("globex").await);
    let key = f.key(&acme, &["member", "developer"]).await;
    let operator = f.operator().await;
    let ask =
        async |host: HostLabel, token: &str| f.directory.authenticate(&host, Some(token), Origin::default()).await;

    let Actor::Tenant(scope) = ask(host("acme"), &key.token).await.unwrap() else { unreachable!("a tenant's key") };
    assert_eq!(scope.tenant(), acme.id);
    assert_eq!(scope.caller().principal.roles, ["developer", "member"]);
    assert_eq!(scope.caller().principal.user, Some(key.info.id.to_string()));
    assert_eq!(scope.caller().origin.key, Some(key.info.id));
    assert!(scope.caller().rights.allows(Permission::ComponentsManage));
    assert!(!scope.caller().rights.allows(Permission::RolesManage));
    assert!(matches!(ask(HostLabel::Console, &operator.token).await, Ok(Actor::Operator(id)) if id == operator.info));

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
    let (key, other) = (f.key(&acme, &[]).await, f.key(&acme, &[]).await);
    let mixed = format!("{}{}", &key.token[..16], &other.token[16..]);
    for token in ["", "sk_", "x", &key.token.to_uppercase(), &mixed, &Token::random().unwrap().text()] {
        let answer = f.directory.authenticate(&host("acme"), Some(token), Origin::default()).await;
        assert!(matches!(answer, Err(AuthError::Unauthenticated)), "{token}");
    }
    assert!(matches!(
        f.directory.authenticate(&host("acme"), None, Origin::default()).await,
        Err(AuthError::Unauthenticated)
    ));
}

#[tokio::test]
async fn a_revoked_key_is_worthless_at_once() {
    let f = fixture();
    let (acme, globex) = (f.tenant("acme").await, f.tenant("globex").await);
    let key = f.key(&acme, &["administrator"]).await;
    let enter = async || f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await;
    assert!(enter().await.is_ok());

    let revoke = async |tenant: &Tenant, removal| {
        f.directory.revoke_key(&f.visit(tenant).await, key.info.id, removal, Terms::default()).await
    };
    let elsewhere = revoke(&globex, Removal::AtAnyPrice).await;
    assert!(matches!(elsewhere, Err(TenancyError::Structure(StructureError::NoSuchKey(_)))));
    let last = revoke(&acme, Removal::Guarded).await;
    assert!(matches!(last, Err(TenancyError::Structure(StructureError::LastAdministrator))));
    assert!(enter().await.is_ok());
    revoke(&acme, Removal::AtAnyPrice).await.unwrap();
    assert!(matches!(enter().await, Err(AuthError::Unauthenticated)));
}

#[tokio::test]
async fn a_key_that_is_refused_leaves_nothing() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    let refused = f.directory.issue_key(&f.visit(&acme).await, &with_roles(&["nothing"]), None).await;
    assert!(matches!(refused, Err(TenancyError::Structure(StructureError::NoSuchRole(_)))));
    let rows =
        f.directory.begin().await.unwrap().scan(signalsync_store::Table::Keys, &["prefix"], "", None, 10, 10_000);
    assert!(rows.unwrap().entries.is_empty());
}

#[tokio::test]
async fn a_refusal_is_in_the_audit_with_who_asked_for_what() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    let key = f.key(&acme, &["member"]).await;
    let Actor::Tenant(scope) =
        f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await.unwrap()
    else {
        unreachable!("a tenant's key")
    };
    for _ in 0..200 {
        f.directory.note_denial(&scope, "GET /v1/keys", ("not-allowed", "why")).await;
    }
    let tx = f.directory.stores.tenant(&scope).await.unwrap().begin().await.unwrap();
    let filter = Filter { outcome: Some(Outcome::Denied), ..Filter::default() };
    let found = signalsync_audit::list(&tx, &filter, None, 1_000).unwrap().items;
    assert_eq!(found.len(), 60, "of a flood only the number is kept");
    let entry = serde_json::to_value(&found[0].entry).unwrap();
    assert_eq!(
        (&entry["subject"], &entry["actor"]["id"]),
        (&"route/GET /v1/keys".into(), &key.info.id.to_string().into())
    );
    assert_eq!(entry["after"]["value"]["code"], "not-allowed");
}

#[tokio::test]
async fn use_is_noted_with_the_first_request() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    let key = f.key(&acme, &[]).await;
    let last = async || f.directory.keys.get(&f.visit(&acme).await, key.info.id).await.unwrap().0.last_used_at;
    assert_eq!(last().await, None);
    for _ in 0..2 {
        f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await.unwrap();
    }
    assert!(last().await.is_some());
}

#[tokio::test]
async fn names_and_tiers_are_checked() {
    let f = fixture();
    f.tenant("acme").await;
    let again = f.directory.create(TenantDraft::new(slug("acme"), "standard"), None, None).await;
    assert!(matches!(again, Err(TenancyError::SlugTaken(_))));
    let tier = f.directory.create(TenantDraft::new(slug("other"), "golden"), None, None).await;
    assert!(matches!(tier, Err(TenancyError::NoSuchTier(_))));
    assert!(matches!(f.directory.get(&slug("other")).await, Err(TenancyError::NoSuchTenant)));
}

#[tokio::test]
async fn a_tenants_tier_is_found_by_its_id() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    let standing = f.directory.standing_of(acme.id).await.unwrap();
    assert_eq!(standing, Some((Arc::new(Tier::default()), Life::Active)));
    assert_eq!(f.directory.standing_of(signalsync_core::TenantId::new()).await.unwrap(), None);
}

#[tokio::test]
async fn a_repeated_request_creates_one_tenant() {
    let f = fixture();
    let request = |asked: &str| RequestKey::new("once", [asked.as_bytes()]).ok();
    let create =
        async |name: &str| f.directory.create(TenantDraft::new(slug(name), "standard"), None, request(name)).await;
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
async fn the_operator_has_a_bounded_number_of_keys() {
    let f = fixture();
    for _ in 0..OPERATOR_KEYS_MAX {
        f.operator().await;
    }
    let surplus = f.directory.issue_operator_key("more").await;
    assert!(matches!(surplus, Err(TenancyError::TooManyKeys { limit: OPERATOR_KEYS_MAX })));
}

fn because(reason: &str, state: &str) -> TenantChange {
    serde_json::from_value(serde_json::json!({"state": state, "reason": reason})).unwrap()
}

fn renamed(to: &str) -> TenantChange {
    TenantChange { slug: Some(slug(to)), ..TenantChange::default() }
}

#[tokio::test]
async fn a_suspended_tenant_lets_nobody_in_and_says_why() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    let key = f.key(&acme, &["administrator"]).await;
    let enter = async || f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await;
    f.directory.change(&acme.slug, &because("unpaid", "suspended"), None, Terms::default()).await.unwrap();
    assert!(matches!(enter().await, Err(AuthError::Suspended { reason }) if reason == "unpaid"));
    assert!(f.directory.guest(&acme.slug, Origin::default()).await.is_err());
    let (_, life) = f.directory.standing_of(acme.id).await.unwrap().unwrap();
    assert!(!life.is_active());
    let resumed = serde_json::from_value(serde_json::json!({"state": "active"})).unwrap();
    f.directory.change(&acme.slug, &resumed, None, Terms::default()).await.unwrap();
    assert!(enter().await.is_ok());

    f.directory.change(&acme.slug, &because("moving", "read-only"), None, Terms::default()).await.unwrap();
    assert!(enter().await.is_ok());
    let changes = f.directory.check_changes(&acme.slug).await;
    assert!(matches!(changes, Err(AuthError::ReadOnly { reason }) if reason == "moving"));
}

#[tokio::test]
async fn a_renamed_tenant_keeps_its_keys_and_a_new_one_under_its_old_name_sees_nothing_of_it() {
    let f = fixture();
    let acme = f.tenant("acme").await;
    let key = f.key(&acme, &["administrator"]).await;
    let enter = async |name: &str| f.directory.authenticate(&host(name), Some(&key.token), Origin::default()).await;
    assert!(enter("acme").await.is_ok());
    let after = f.directory.change(&acme.slug, &renamed("apex"), None, Terms::default()).await.unwrap().value;
    assert_eq!((after.id, after.slug.as_str()), (acme.id, "apex"));
    assert!(matches!(enter("acme").await, Err(AuthError::NoTenant)));
    assert!(enter("apex").await.is_ok());

    let other = f.tenant("acme").await;
    assert_ne!(other.id, acme.id);
    assert!(matches!(enter("acme").await, Err(AuthError::Foreign)));
    let taken = f.directory.change(&other.slug, &renamed("apex"), None, Terms::default()).await;
    assert!(matches!(taken, Err(TenancyError::SlugTaken(_))));
    let alike = f.directory.change(&other.slug, &renamed("ap-ex"), None, Terms::default()).await;
    assert!(matches!(alike, Err(TenancyError::LooksLike(name)) if name.as_str() == "apex"));
    f.directory.change(&other.slug, &renamed("ac-me"), None, Terms::default()).await.unwrap();
}

#[tokio::test]
async fn a_deleted_tenant_is_destroyed_after_its_grace_and_leaves_a_receipt() {
    let clock = Arc::new(signalsync_core::SimulatedClock::at(Timestamp(1_000)));
    let f = at(clock.clone());
    let (acme, globex) = (f.tenant("acme").await, f.tenant("globex").await);
    let key = f.key(&acme, &["administrator"]).await;
    f.directory.delete(&acme.slug, Some("they left"), None, Terms::default()).await.unwrap();
    let enter = f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await;
    assert!(matches!(enter, Err(AuthError::Deleted { .. })));
    f.directory.restore(&acme.slug, None, Terms::default()).await.unwrap();
    f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await.unwrap();

    f.directory.delete(&acme.slug, Some("they left again"), None, Terms::default()).await.unwrap();
    clock.advance(GRACE_MS - 1);
    assert_eq!(f.directory.destroy_due().await.unwrap(), 0);
    clock.advance(1);
    assert!(matches!(f.directory.restore(&acme.slug, None, Terms::default()).await, Err(TenancyError::WrongState(_))));
    assert_eq!(f.directory.destroy_due().await.unwrap(), 1);
    assert_eq!(f.directory.destroy_due().await.unwrap(), 0);
    let enter = f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await;
    assert!(matches!(enter, Err(AuthError::NoTenant)));
    let receipts = f.directory.receipts(None, 10).await.unwrap();
    assert_eq!((receipts.items.len(), receipts.items[0].tenant.id), (1, acme.id));
    assert_eq!(receipts.items[0].reason, "they left again");
    f.directory.get(&globex.slug).await.unwrap();

    let again = f.tenant("acme").await;
    assert_ne!(again.id, acme.id, "the name is free, and nothing of the old tenant comes with it");
    let enter = f.directory.authenticate(&host("acme"), Some(&key.token), Origin::default()).await;
    assert!(matches!(enter, Err(AuthError::Unauthenticated)), "its keys are no keys any more");
}

#[tokio::test]
async fn names_that_look_like_anothers_are_refused() {
    let f = fixture();
    f.tenant("globex").await;
    let alike = f.directory.create(TenantDraft::new(slug("gl0bex"), "standard"), None, None).await;
    assert!(matches!(alike, Err(TenancyError::LooksLike(name)) if name.as_str() == "globex"));
    assert_eq!(
        std::fs::read_dir(f.root.path().join("tenants")).map_or(0, Iterator::count),
        1,
        "no store is left behind"
    );
}
