//! What a demo remembers: its address and its keys, in `demo.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::api::Api;

/// The file below the demo's folder.
const FILE: &str = "demo.json";

/// The domain above the tenants.
pub(crate) const BASE_DOMAIN: &str = "localhost";

/// Address and keys of a demo.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct State {
    pub(crate) port: u16,
    pub(crate) operator_key: String,
    /// Keys by tenant.
    pub(crate) tenants: BTreeMap<String, String>,
}

impl State {
    /// Reads what an earlier demo left.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read: is `cargo xtask demo` running?", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not understood", path.display()))
    }

    /// Goes on with the keys of an earlier demo, or starts with a new operator's key.
    pub(crate) fn load_or_create(folder: &Path, port: u16, new_key: impl FnOnce() -> Result<String>) -> Result<Self> {
        if folder.join(FILE).exists() {
            return Ok(Self { port, ..Self::load(folder)? });
        }
        let state = Self { port, operator_key: new_key()?, tenants: BTreeMap::new() };
        state.save(folder)?;
        Ok(state)
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        fs::write(&path, serde_json::to_string_pretty(self)?)
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Where the host listens.
    pub(crate) fn address(&self) -> String {
        address(self.port)
    }

    /// The address of a tenant, or of `console`.
    pub(crate) fn url(&self, label: &str) -> String {
        format!("http://{}", self.name(label))
    }

    /// The tenant's key; empty while it has none.
    pub(crate) fn tenant(&self, slug: &str) -> &str {
        self.tenants.get(slug).map(String::as_str).unwrap_or_default()
    }

    /// The host as a tenant sees it.
    pub(crate) fn api(&self, slug: &str) -> Api {
        Api::new(&self.address(), &self.name(slug), self.tenant(slug))
    }

    /// The host as its operator sees it.
    pub(crate) fn console(&self) -> Api {
        Api::new(&self.address(), &self.name("console"), &self.operator_key)
    }

    /// The name that a tenant, or `console`, is asked by.
    pub(crate) fn name(&self, label: &str) -> String {
        format!("{label}.{BASE_DOMAIN}:{}", self.port)
    }
}

/// Where a host with this port listens.
pub(crate) fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}
