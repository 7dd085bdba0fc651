//! Configuration: what the operator writes ([`Authored`]), and what follows from it ([`Resolved`]).
//!
//! Units are in the names. Every setting has a default; `signalsync.example.toml` lists them all.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signalsync_core::Tier;
use signalsync_egress::EgressConfig;
use signalsync_mail::MailConfig;
use signalsync_people::HashCost;
use signalsync_runtime::{AdmissionLimits, PoolLimits, RuntimeConfig};
use signalsync_store::{EngineKind, StoresConfig};
use signalsync_tenancy::Tiers;
use signalsync_work::DriverLimits;

pub use crate::sweep::SweepConfig;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Unreadable { path: PathBuf, error: std::io::Error },
    /// The file is not TOML, or has fields that are not known, or a value is not of its kind.
    #[error("{path}: {error}")]
    Invalid { path: PathBuf, error: Box<toml::de::Error> },
    /// A value is not possible.
    #[error("{field}: {why}")]
    Impossible { field: &'static str, why: &'static str },
    /// The path of this program is not known.
    #[error("the path of this program is not known: {0}")]
    Program(std::io::Error),
}

/// The configuration as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authored {
    /// Where requests are taken. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// Folder of certificates. Without it, requests are taken on loopback or from proxies only.
    pub certificates: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub proxies: Vec<IpAddr>,
    /// Tenants are at `{name}.{base_domain}`, the operator at `console.{base_domain}`.
    pub base_domain: String,
    /// How people reach this program, where that does not follow from `listen`, `certificates` and `proxies`: a URL whose
    /// host is the base domain, e.g. `https://example.com:8443`. Links that are mailed begin like it.
    pub public_url: Option<String>,
    /// Everything that is kept is below this folder.
    pub data: PathBuf,
    /// Folder of templates for new tenants: archives, each `NAME.zip`. Without it, there are none.
    pub templates: Option<PathBuf>,
    /// What keeps the rows.
    pub engine: EngineKind,
    /// Stores of tenants that are open at the same time.
    pub stores_open_max: NonZeroUsize,
    /// How requests are taken.
    pub listener: ListenerConfig,
    /// What checking a password costs, and how many are checked at the same time.
    pub passwords: HashCost,
    /// What runs components.
    pub runtime: AuthoredRuntime,
    /// What components reach outside.
    pub egress: EgressConfig,
    /// How components are removed that nobody keeps.
    pub sweep: SweepConfig,
    /// Hours in which a tenant that was deleted can be restored; then it is destroyed.
    pub grace_hours: u32,
    /// How much work that waited for its time is done at once.
    pub work: DriverLimits,
    /// How mail leaves.
    pub mail: MailConfig,
    /// What classes of tenants may use, by name. Without any, `standard` has the defaults.
    pub tiers: BTreeMap<String, Tier>,
}

impl Default for Authored {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            certificates: None,
            proxies: Vec::new(),
            base_domain: "localhost".to_owned(),
            public_url: None,
            data: PathBuf::from("data"),
            templates: None,
            engine: EngineKind::Redb,
            stores_open_max: NonZeroUsize::new(256).unwrap_or(NonZeroUsize::MIN),
            listener: ListenerConfig::default(),
            passwords: HashCost::default(),
            runtime: AuthoredRuntime::default(),
            egress: EgressConfig::default(),
            sweep: SweepConfig::default(),
            grace_hours: 30 * 24,
            work: DriverLimits::default(),
            mail: MailConfig::default(),
            tiers: BTreeMap::new(),
        }
    }
}

/// How requests are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenerConfig {
    /// Connections at the same time; more wait to be accepted.
    pub connections_max: u32,
    /// Connections from one address at the same time; more are closed.
    pub connections_per_address_max: u32,
    /// From the first byte of a request, or the end of the one before, to the end of its head.
    pub header_ms: u64,
    /// Header fields of a request.
    pub headers_max: usize,
    /// All header fields of a request together.
    pub header_bytes_max: usize,
    /// How long a body may take before its rate counts.
    pub body_grace_ms: u64,
    /// The rate that a body needs from its first byte on, once the grace is over.
    pub body_bytes_per_second_min: u64,
    /// A JSON document that is not a record, e.g. a deployment.
    pub document_bytes_max: u64,
    /// The longest that an upload of a component waits for its check (`Prefer: wait`).
    pub upload_wait_ms: u64,
    /// How long /readyz says that the process is going away before it takes no more connections.
    pub drain_notice_ms: u64,
    /// How long requests that have begun may take after that.
    pub drain_ms: u64,
}

impl Default for ListenerConfig {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            connections_per_address_max: 1_024,
            header_ms: 10_000,
            headers_max: 100,
            header_bytes_max: 32 << 10,
            body_grace_ms: 10_000,
            body_bytes_per_second_min: 1_000,
            document_bytes_max: 1 << 20,
            upload_wait_ms: 30_000,
            drain_notice_ms: 250,
            drain_ms: 10_000,
        }
    }
}

/// What runs components.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthoredRuntime {
    /// Threads that run components; 0 stands for one for each processor.
    pub guest_threads: usize,
    /// Compilations at the same time.
    pub compile_workers: usize,
    /// Sum of the memories of all calls.
    pub guest_memory_bytes_max: u64,
    /// Compiled components that are kept mapped.
    pub components_loaded_max: NonZeroUsize,
    /// The program that compiles, started as `<compiler> compile-worker`. Default: this one.
    pub compiler: Option<PathBuf>,
    /// Size of the pool of instances.
    pub pool: PoolLimits,
    /// What a component may look like.
    pub admission: AdmissionLimits,
}

impl Default for AuthoredRuntime {
    fn default() -> Self {
        Self {
            guest_threads: 0,
            compile_workers: 1,
            guest_memory_bytes_max: 4 << 30,
            components_loaded_max: NonZeroUsize::new(1_000).unwrap_or(NonZeroUsize::MIN),
            compiler: None,
            pool: PoolLimits::default(),
            admission: AdmissionLimits::default(),
        }
    }
}

/// What links to this program begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// `http` or `https`.
    pub scheme: String,
    /// None for the scheme's own.
    pub port: Option<u16>,
}

/// The configuration as it is used.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Where requests are taken.
    pub listen: SocketAddr,
    /// Folder of certificates. None: without TLS.
    pub certificates: Option<PathBuf>,
    /// Proxies whose word about their clients is believed.
    pub proxies: Vec<IpAddr>,
    /// Lower case, without dots at its ends.
    pub base_domain: String,
    /// How people reach this program; none: as it listens.
    pub public: Option<PublicUrl>,
    /// How requests are taken.
    pub listener: ListenerConfig,
    pub passwords: HashCost,
    /// Where stores are.
    pub stores: StoresConfig,
    /// Folder of templates. None: there are none.
    pub templates: Option<PathBuf>,
    /// What runs components.
    pub runtime: RuntimeConfig,
    /// What components reach outside; never this installation itself.
    pub egress: EgressConfig,
    /// How components are removed that nobody keeps.
    pub sweep: SweepConfig,
    /// How long a tenant that was deleted can be restored.
    pub grace_ms: u64,
    /// How much work is done at once.
    pub work: DriverLimits,
    /// How mail leaves.
    pub mail: MailConfig,
    /// Where mails are files while there is no relay.
    pub mail_folder: PathBuf,
    /// At least one.
    pub tiers: Tiers,
}

impl Authored {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or is not a configuration. The text says where.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
        let invalid = |error| ConfigError::Invalid { path: path.to_owned(), error: Box::new(error) };
        toml::from_str(&text).map_err(invalid)
    }

    /// Fills in what follows from the rest.
    ///
    /// # Errors
    /// A value is not possible.
    pub fn resolve(self) -> Result<Resolved, ConfigError> {
        let base_domain = base_domain(&self.base_domain)?;
        let public = self.public_url.as_deref().map(|url| public_url(url, &base_domain)).transpose()?;
        let mut tiers = self.tiers;
        if tiers.is_empty() {
            tiers.insert("standard".to_owned(), Tier::default());
        }
        check(&self.listener)?;
        if self.certificates.is_none() && self.proxies.is_empty() && !self.listen.ip().is_loopback() {
            return Err(ConfigError::Impossible {
                field: "listen",
                why: "passwords and keys must not travel in the clear: set `certificates`, or `proxies` if one of them \
                      ends TLS before this program, or listen on 127.0.0.1",
            });
        }
        check_sweep(self.sweep)?;
        let own_domain = self.egress.own_domain.clone().or_else(|| Some(base_domain.clone()));
        let stores =
            StoresConfig { root: self.data.join("stores"), engine: self.engine, open_max: self.stores_open_max };
        Ok(Resolved {
            listen: self.listen,
            certificates: self.certificates,
            proxies: self.proxies,
            base_domain,
            public,
            listener: self.listener,
            passwords: self.passwords,
            stores,
            templates: self.templates,
            runtime: self.runtime.resolve(&self.data)?,
            egress: EgressConfig { own_domain, ..self.egress },
            sweep: self.sweep,
            grace_ms: u64::from(self.grace_hours) * 60 * 60 * 1_000,
            work: self.work,
            mail: self.mail,
            mail_folder: self.data.join("mails"),
            tiers: tiers.into_iter().map(|(name, tier)| (name, Arc::new(tier))).collect(),
        })
    }
}

impl AuthoredRuntime {
    fn resolve(self, data: &Path) -> Result<RuntimeConfig, ConfigError> {
        let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let compiler = match self.compiler {
            Some(compiler) => compiler,
            None => std::env::current_exe().map_err(ConfigError::Program)?,
        };
        Ok(RuntimeConfig {
            data: data.join("components"),
            compiler,
            guest_threads: if self.guest_threads == 0 { processors() } else { self.guest_threads },
            compile_workers: self.compile_workers.max(1),
            guest_memory_bytes_max: self.guest_memory_bytes_max,
            components_loaded_max: self.components_loaded_max,
            pool: self.pool,
            admission: self.admission,
        })
    }
}

fn base_domain(text: &str) -> Result<String, ConfigError> {
    let name = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if name.len() <= 200 && name.split('.').all(is_label) {
        return Ok(name);
    }
    Err(ConfigError::Impossible { field: "base_domain", why: "it is a domain name without port, e.g. `example.com`" })
}

fn public_url(text: &str, base_domain: &str) -> Result<PublicUrl, ConfigError> {
    let why = "it is http:// or https://, the base domain, and a port if it is not the usual one";
    let impossible = || ConfigError::Impossible { field: "public_url", why };
    let url = url::Url::parse(text).map_err(|_| impossible())?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let fits = matches!(url.scheme(), "http" | "https") && url.host_str() == Some(base_domain) && is_bare;
    fits.then(|| PublicUrl { scheme: url.scheme().to_owned(), port: url.port() }).ok_or_else(impossible)
}

fn check(listener: &ListenerConfig) -> Result<(), ConfigError> {
    let impossible = |field, why| Err(ConfigError::Impossible { field, why });
    if listener.connections_max == 0 || listener.connections_per_address_max == 0 {
        return impossible("listener.connections_max", "without connections there are no requests");
    }
    if listener.header_bytes_max < 8 << 10 {
        return impossible("listener.header_bytes_max", "less than 8,192 bytes refuse ordinary requests");
    }
    if listener.body_bytes_per_second_min == 0 {
        return impossible("listener.body_bytes_per_second_min", "a body without a rate never ends");
    }
    Ok(())
}

fn check_sweep(sweep: SweepConfig) -> Result<(), ConfigError> {
    match sweep {
        SweepConfig { pause_ms: 0, .. } => {
            Err(ConfigError::Impossible { field: "sweep.pause_ms", why: "without a pause nothing else is done" })
        }
        SweepConfig { tenants_per_round: 0, .. } => {
            Err(ConfigError::Impossible { field: "sweep.tenants_per_round", why: "a round asks at least one tenant" })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Authored, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn the_example_says_the_defaults() {
        let example = parse(include_str!("../signalsync.example.toml")).unwrap().resolve().unwrap();
        let default = Authored::default().resolve().unwrap();
        assert_eq!(format!("{example:?}"), format!("{default:?}"));
    }

    #[test]
    fn what_is_not_known_or_not_possible_is_refused() {
        for unknown in
            ["listn = 1", "[listener]\nheader_s = 1", "[tiers.a]\nfuel = 1", "[egress]\nx = 1", "[runtime]\nx = 1"]
        {
            assert!(parse(unknown).is_err(), "{unknown}");
        }
        for impossible in [
            "listen = \"0.0.0.0:80\"",
            "base_domain = \"a..b\"",
            "base_domain = \"localhost:80\"",
            "public_url = \"https://elsewhere\"",
            "public_url = \"ftp://localhost\"",
            "public_url = \"https://localhost/path\"",
            "public_url = \"localhost:8443\"",
            "[listener]\nconnections_max = 0",
            "[listener]\nbody_bytes_per_second_min = 0",
            "[listener]\nheader_bytes_max = 100",
            "[sweep]\npause_ms = 0",
            "[sweep]\ntenants_per_round = 0",
        ] {
            assert!(parse(impossible).unwrap().resolve().is_err(), "{impossible}");
        }
    }
}
