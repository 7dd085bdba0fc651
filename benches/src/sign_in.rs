//! Signing in, with what hashing the password costs set apart.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use argon2::{Algorithm, Argon2, Params, Version};
use serde_json::json;
use signalsync_core::{Authority, Caller, SystemClock, TenantId, TenantScope, Tier};
use signalsync_people::change::ProfileChange;
use signalsync_people::doorman::Queue;
use signalsync_people::invitation::{self, Invite};
use signalsync_people::{Credentials, Doorman, HashCost, Place, Secret};
use signalsync_store::{EngineKind, Key, Store, Stores, StoresConfig, Table as Rows, Transaction};

use crate::Options;
use crate::measure::compare;
use crate::table::Table;

const MAIL: &str = "ann@example.org";
const PASSWORD: &str = "fleeting blue moons";
const PLACE: Place<'static> = Place { name: "Acme", url: "https://acme.example.org" };

/// As little as the algorithm takes.
const CHEAP: u32 = 64;

/// A tenant with one person.
struct House {
    tokio: tokio::runtime::Runtime,
    doorman: Doorman,
    scope: TenantScope,
    store: Store,
    _folder: tempfile::TempDir,
}

impl House {
    fn build(options: &Options, cost: HashCost) -> Result<Self> {
        let folder = tempfile::tempdir_in(&options.memory)?;
        let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let open_max = NonZeroUsize::new(8).context("eight")?;
        let stores = Stores::open(StoresConfig { root: folder.path().to_owned(), engine: EngineKind::Redb, open_max })?;
        let (authority, tenant) = (Authority::ambient(), TenantId::new());
        let scope = authority.scope(tenant, Arc::new(Tier::default()), Caller::host());
        let nobody_writes: Queue = Arc::new(|_, _, _, _| Ok(()));
        let doorman = Doorman::new(Arc::clone(&stores), Arc::new(SystemClock), cost, u32::MAX, nobody_writes)?;
        let store = tokio.block_on(async {
            stores.create_tenant(&authority, tenant).await?;
            let invite: Invite = serde_json::from_value(json!({"mail": MAIL, "roles": ["administrator"]}))?;
            let now = signalsync_core::Clock::now(&SystemClock);
            let invited = |tx: &mut Transaction| invitation::invite(tx, &scope, now, PLACE, invite.clone());
            let (_, mail) = doorman.edit(&scope, invited).await?;
            let link = mail.data["link"].as_str().context("an invitation has a link")?;
            let (_, secret) = link.split_once('#').context("the secret stands behind the address")?;
            let secret = Secret::parse(secret).context("a secret")?;
            let profile = ProfileChange::default();
            doorman.activate(&scope, PLACE, &secret, &PASSWORD.into(), &profile, "bench").await?;
            anyhow::Ok(stores.tenant(&scope).await?)
        })?;
        Ok(Self { tokio, doorman, scope, store, _folder: folder })
    }

    fn sign_in(&self, times: u64) {
        self.tokio.block_on(async {
            for _ in 0..times {
                let shown = Credentials { mail: MAIL, password: &PASSWORD.into(), code: None, client: "bench" };
                let signed_in = self.doorman.sign_in(&self.scope, PLACE, shown).await;
                assert!(signed_in.is_ok(), "the password is right");
            }
        });
    }

    fn commit(&self, times: u64) {
        self.tokio.block_on(async {
            for _ in 0..times {
                let mut tx = self.store.begin().await.expect("the store is open");
                tx.put(Key::new(Rows::Records, &["bare", "row"]), "{}");
                tx.commit().await.expect("nobody else writes it");
            }
        });
    }
}

/// With the usual hash, against the hash alone; and with next to none, against a bare commit.
pub fn sign_in(options: &Options, table: &mut Table) -> Result<()> {
    let usual = HashCost::default();
    let house = House::build(options, usual)?;
    let params = Params::new(usual.memory_kib, usual.passes, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = |times| {
        for _ in 0..times {
            let mut out = [0; 32];
            argon2.hash_password_into(PASSWORD.as_bytes(), b"sixteen bytes ok", &mut out).expect("it has memory");
            std::hint::black_box(out);
        }
    };
    let all = compare(|times| house.sign_in(times), hash);
    table.times("sign-in ÷ its hash alone", all, "argon2id with 19 MiB and two passes");
    let house = House::build(options, HashCost { memory_kib: CHEAP, passes: 1, ..usual })?;
    let rest = compare(|times| house.sign_in(times), |times| house.commit(times));
    let note = "the hash set apart: throttling, session, audit; in memory, where fsync costs nothing";
    table.times("sign-in without its hash ÷ a bare commit", rest, note);
    Ok(())
}
