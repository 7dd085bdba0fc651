//! A host with its own directory, whose compiler is a script that counts.

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use signalsync_core::contract::Subject;
use signalsync_core::{
    Admission, Admit as _, Admitted, Authority, Call, Caller, Deployed, Failure, Grants, Input, Invoke as _, Output,
    Refusal, SystemClock, TenantId, TenantScope, Tier, Timestamp,
};
use signalsync_egress::{Egress, EgressConfig};
use signalsync_runtime::{AdmissionLimits, PoolLimits, Runtime, RuntimeConfig};
use signalsync_store::{EngineKind, Stores, StoresConfig};
use tempfile::TempDir;

/// One host. Its files go with it.
pub(crate) struct Host {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) dir: TempDir,
    authority: Authority,
}

/// What the script does in place of `exec "$@"`, where `$WORKER` is the real compiler.
pub(crate) const HONEST: &str = "exec $WORKER";

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

impl Host {
    /// A host with the usual limits and compiler. Call it inside of [`block_on`].
    pub(crate) fn start() -> Self {
        Self::with(HONEST, AdmissionLimits::default())
    }

    pub(crate) fn with(script: &str, limits: AdmissionLimits) -> Self {
        Self::open(tempfile::tempdir().unwrap(), script, limits)
    }

    /// The same directory after a restart.
    pub(crate) fn restart(self) -> Self {
        self.restart_with(AdmissionLimits::default())
    }

    pub(crate) fn restart_with(self, limits: AdmissionLimits) -> Self {
        let Self { runtime, dir, .. } = self;
        drop(runtime);
        Self::open(dir, HONEST, limits)
    }

    fn open(dir: TempDir, script: &str, admission: AdmissionLimits) -> Self {
        let config = config(dir.path(), script, admission);
        let runtime = start(config).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test composes its own host")]
        let authority = Authority::ambient();
        Self { runtime, dir, authority }
    }

    pub(crate) fn tenant(&self) -> TenantScope {
        self.tenant_of(Tier::default())
    }

    pub(crate) fn tenant_of(&self, tier: Tier) -> TenantScope {
        self.authority.scope(TenantId::new(), Arc::new(tier), Caller::host())
    }

    pub(crate) fn inspect(&self, wasm: &[u8]) -> Result<Admitted, Refusal> {
        self.runtime.inspect(wasm)
    }

    pub(crate) async fn admit(&self, wasm: &[u8]) -> Admission {
        self.runtime.admit(&self.tenant(), wasm.to_vec().into()).await
    }

    /// Admits it for a new tenant.
    pub(crate) async fn ready(&self, wasm: &[u8]) -> Admitted {
        match self.admit(wasm).await {
            Admission::Ready(admitted) => admitted,
            other => panic!("not ready: {other:?}"),
        }
    }

    pub(crate) async fn refused(&self, wasm: &[u8]) -> Refusal {
        match self.admit(wasm).await {
            Admission::Refused(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// What a deployed validation answers.
    pub(crate) async fn validate(&self, admitted: &Admitted) -> Result<Output, Failure> {
        let scope = self.tenant();
        let stores = Stores::open(StoresConfig {
            root: self.path("stores"),
            engine: EngineKind::Memory,
            open_max: NonZeroUsize::MIN,
        });
        let stores = stores.unwrap();
        stores.create_tenant(&self.authority, scope.tenant()).await.unwrap();
        let tx = stores.tenant(&scope).await.unwrap().begin().await.unwrap();
        self.runtime.invoke(&scope, call(admitted), tx).await.answer
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn components(&self) -> PathBuf {
        self.path("data/components")
    }

    /// Names in a directory, sorted.
    pub(crate) fn list(&self, dir: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(dir))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Process ids of the compilers that were started.
    pub(crate) fn started(&self) -> Vec<u32> {
        let log = fs::read_to_string(self.path("started")).unwrap_or_default();
        log.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// No compiler is left, and no file of one.
    pub(crate) fn is_clean(&self) {
        for pid in self.started() {
            assert!(!is_alive(pid), "compiler {pid} is still there");
        }
        let left: Vec<String> =
            self.list("data/components").into_iter().filter(|name| name.starts_with(".tmp")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn call(admitted: &Admitted) -> Call {
    let deployed = Deployed {
        deployment: "tried".parse().unwrap(),
        version: 1,
        component: admitted.digest,
        kind: admitted.kind,
        grants: Grants::default(),
        settings: "{}".to_owned(),
    };
    let subject =
        Subject { collection: "things".to_owned(), id: "one".to_owned(), before: None, after: "{}".to_owned() };
    Call { deployed: Arc::new(deployed), input: Input::Validate(subject), now: Timestamp(0), seed: 0 }
}

/// Whether a process exists and is more than an entry that waits for its parent.
pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with(['Z', 'X']))
}

pub(crate) fn start(config: RuntimeConfig) -> Result<Arc<Runtime>, signalsync_runtime::RuntimeError> {
    Runtime::start(config, Arc::new(Egress::new(EgressConfig::default())), Arc::new(SystemClock))
}

pub(crate) fn config(dir: &Path, script: &str, admission: AdmissionLimits) -> RuntimeConfig {
    RuntimeConfig {
        data: dir.join("data"),
        compiler: write_script(dir, script),
        guest_threads: 1,
        compile_workers: 1,
        guest_memory_bytes_max: 1 << 30,
        components_loaded_max: NonZeroUsize::MIN,
        pool: PoolLimits { calls: 16, ..PoolLimits::default() },
        admission,
    }
}

fn write_script(dir: &Path, script: &str) -> PathBuf {
    let path = dir.join("compiler");
    let worker = std::env::current_exe().unwrap();
    let text = format!(
        "#!/bin/sh\nDIR='{}'\nWORKER='{} compile-worker'\necho $$ >> \"$DIR/started\"\n{script}\n",
        dir.display(),
        worker.display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}
