//! The host in this process: the real runtime, with one component at work.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use signalsync_core::contract::Subject;
use signalsync_core::{
    Admission, Admit as _, Authority, Call, Caller, Deployed, Grants, Input, Invoke as _, Output, SystemClock,
    TenantId, TenantScope, Tier, Timestamp,
};
use signalsync_egress::{Egress, EgressConfig};
use signalsync_runtime::{AdmissionLimits, PoolLimits, Runtime, RuntimeConfig};
use signalsync_store::{EngineKind, Stores, StoresConfig};

/// A host and one deployed component.
pub struct Host {
    tokio: tokio::runtime::Runtime,
    runtime: Arc<Runtime>,
    stores: Arc<Stores>,
    scope: TenantScope,
    deployed: Arc<Deployed>,
}

impl Host {
    /// Starts the runtime in this folder and admits the component.
    pub fn start(folder: &Path, wasm: &[u8]) -> Result<Self> {
        let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let authority = Authority::ambient();
        let scope = authority.scope(TenantId::new(), Arc::new(Tier::default()), Caller::host());
        let (runtime, stores, deployed) = tokio.block_on(async {
            let config = StoresConfig {
                root: folder.join("stores"),
                engine: EngineKind::Memory,
                open_max: NonZeroUsize::new(8).context("eight")?,
            };
            let stores = Stores::open(config)?;
            stores.create_tenant(&authority, scope.tenant()).await?;
            let egress = Arc::new(Egress::new(EgressConfig::default()));
            let runtime = Runtime::start(settings(folder.join("runtime"))?, egress, Arc::new(SystemClock))?;
            let admitted = match runtime.admit(&scope, wasm.to_vec().into()).await {
                Admission::Ready(admitted) => admitted,
                other => bail!("the component is not ready: {other:?}"),
            };
            let deployed = Deployed {
                deployment: "measured".parse()?,
                version: 1,
                component: admitted.digest,
                kind: admitted.kind,
                grants: Grants::default(),
                settings: "{}".to_owned(),
            };
            Ok((runtime, stores, Arc::new(deployed)))
        })?;
        Ok(Self { tokio, runtime, stores, scope, deployed })
    }

    /// Judges a document so many times, one after the other: transaction, call, receipt; nothing is committed.
    pub fn validate(&self, document: &str, times: u64) {
        self.tokio.block_on(async {
            for _ in 0..times {
                self.once(document).await;
            }
        });
    }

    async fn once(&self, document: &str) {
        let store = self.stores.tenant(&self.scope).await.expect("the store is open");
        let tx = store.begin().await.expect("memory does not fail");
        let subject = Subject {
            collection: "invoices".to_owned(),
            id: "one".to_owned(),
            before: None,
            after: document.to_owned(),
        };
        let call =
            Call { deployed: Arc::clone(&self.deployed), input: Input::Validate(subject), now: Timestamp(0), seed: 0 };
        let completed = self.runtime.invoke(&self.scope, call, tx).await;
        let Ok(Output::Violations(violations)) = &completed.answer else { panic!("{:?}", completed.answer) };
        std::hint::black_box(violations);
    }
}

/// How components run, with what is compiled in this folder.
pub(crate) fn settings(data: PathBuf) -> Result<RuntimeConfig> {
    Ok(RuntimeConfig {
        data,
        compiler: std::env::current_exe()?,
        guest_threads: std::thread::available_parallelism()?.get(),
        compile_workers: 1,
        guest_memory_bytes_max: 1 << 30,
        components_loaded_max: NonZeroUsize::new(100).context("a hundred")?,
        pool: PoolLimits::default(),
        admission: AdmissionLimits::default(),
    })
}
