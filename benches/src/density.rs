//! Start-up and resident memory with many deployed components.
//!
//! Ten thousand distinct components are left out: compiling them, one after the other, takes most of an hour, and more
//! than `components_loaded_max` are not mapped at the same time anyway.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::Result;
use serde_json::json;

use crate::Options;
use crate::platform::{Platform, Tenant, collection, upload};
use crate::table::{Table, short};

/// Deployments of one tenant.
const EACH: usize = 100;

/// Few distinct components, and all distinct.
pub fn measure(options: &Options, table: &mut Table) -> Result<()> {
    for (deployments, distinct) in [(10, 1), (1_000, 1), (10_000, 1), (10, 10), (1_000, 1_000)] {
        point(options, table, deployments, distinct)?;
    }
    Ok(())
}

fn point(options: &Options, table: &mut Table, deployments: usize, distinct: usize) -> Result<()> {
    let limits = "[runtime]\ncomponents_loaded_max = 2000\n\
        [tiers.standard]\ncomponents_max = 1000\nrequests_per_minute = 1000000000\n";
    let mut platform = Platform::start(&options.program, &options.memory, limits)?;
    let wasm = options.component("bench-guest-component.wasm")?;
    let mut tenants = Vec::new();
    for first in (0..deployments).step_by(EACH) {
        let tenant = platform.tenant(&format!("t{}", first / EACH))?;
        let names = first..deployments.min(first + EACH);
        set_up(&platform, &tenant, &wasm, names.clone(), distinct)?;
        tenants.push((tenant, names));
    }
    let ready = platform.restart()?;
    let (idle, idle_own) = platform.memory_kib()?;
    for (tenant, names) in &tenants {
        let mut client = platform.client(tenant)?;
        let subject = json!({"collection": "c", "id": "1", "before": null, "after": bench_rule::input()});
        for name in names.clone() {
            client.json("POST", &format!("/v1/deployments/d{name}/trial"), &json!({"input": {"validate": subject}}))?;
        }
    }
    let (used, used_own) = platform.memory_kib()?;
    let what = format!("{deployments} deployments of {distinct} distinct component(s)");
    let mib = |kib: u64| format!("{:.0} MiB", kib as f64 / 1024.0);
    let sides = format!("ready in {}; {}, {} after a call of each", short(ready), mib(idle), mib(used));
    let note = format!("not backed by files: {} and {}; data on a file system in memory", mib(idle_own), mib(used_own));
    table.line(&what, "–".to_owned(), sides, &note);
    Ok(())
}

fn set_up(
    platform: &Platform,
    tenant: &Tenant,
    wasm: &[u8],
    names: std::ops::Range<usize>,
    distinct: usize,
) -> Result<()> {
    let mut client = platform.client(tenant)?;
    collection(&mut client, "c")?;
    let mut digests = HashMap::new();
    for name in names {
        let number = name % distinct;
        let digest = match digests.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(upload(&mut client, &variant(wasm, number))?),
        };
        let draft = json!({"component": digest, "validates": ["c"], "on-failure": "closed"});
        client.json("POST", &format!("/v1/deployments/d{name}/versions"), &draft)?;
    }
    Ok(())
}

/// The component with other bytes: a custom section with a number at its end.
fn variant(wasm: &[u8], number: usize) -> Vec<u8> {
    let (name, content) = (b"bench", (number as u64).to_le_bytes());
    let mut section = vec![0, (1 + name.len() + content.len()) as u8, name.len() as u8];
    section.extend_from_slice(name);
    section.extend_from_slice(&content);
    [wasm, &section].concat()
}
