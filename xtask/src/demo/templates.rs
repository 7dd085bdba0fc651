//! What new tenants can begin with: the configuration of the demo's own tenants.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::state::State;
use crate::api::Api;

/// Templates by name, and the tenant whose configuration each is.
const TEMPLATES: [(&str, &str); 2] = [("e-invoicing", "globex"), ("processes", "acme")];

/// How long packing one may take.
const PACKED_WITHIN: Duration = Duration::from_secs(60);

/// How often it is looked whether it is packed.
const TICK: Duration = Duration::from_millis(100);

/// Packs those that are not in the folder yet.
pub(super) fn keep(state: &State, folder: &Path) -> Result<()> {
    for (name, slug) in TEMPLATES {
        let path = folder.join(name).with_extension("zip");
        if path.exists() {
            continue;
        }
        let archive = pack(&state.api(slug)).with_context(|| format!("the template {name}"))?;
        fs::write(&path, archive).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn pack(api: &Api) -> Result<Vec<u8>> {
    let job = api.post("/v1/archives?extent=configuration", &serde_json::Value::Null)?.good("the archive")?;
    let id = job["id"].as_str().context("the job has no id")?;
    let start = Instant::now();
    while start.elapsed() < PACKED_WITHIN {
        let job = api.get(&format!("/v1/jobs/{id}"))?.good("the job")?;
        match job["state"].as_str() {
            Some("done") => return api.download(&format!("/v1/archives/{id}")),
            Some("failed" | "cancelled") => bail!("the archive was not packed: {job}"),
            _ => sleep(TICK),
        }
    }
    bail!("the archive is not packed after {} s", PACKED_WITHIN.as_secs())
}
