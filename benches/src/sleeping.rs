//! Very many runs that sleep on disk: what they cost a host that starts, and whoever looks at them.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use signalsync_core::{Clock as _, Timestamp};

use crate::Options;
use crate::client::Client;
use crate::flow::{Flow, WORKFLOW, installation};
use crate::measure::compare;
use crate::platform::{Platform, Tenant};
use crate::table::{Table, short};

/// Runs that lists of many are compared with.
const FEW: u64 = 1_000;

/// They are woken in a year.
const ASLEEP_MS: u64 = 365 * 24 * 60 * 60 * 1_000;

/// Starts of the program whose median is shown.
const STARTS: usize = 5;

/// How long the program is left alone before its memory is read: it looks into the stores in the background.
const SETTLED: Duration = Duration::from_secs(2);

/// Starting, and lists and counts.
pub fn sleeping(options: &Options, table: &mut Table) -> Result<()> {
    let (mut few, tenant_of_few) = installation(options, &options.disk)?;
    let (mut many, tenant_of_many) = installation(options, &options.disk)?;
    let empty = starts(&mut few)?;
    let (sleepers, start) = (options.sleepers, Instant::now());
    fill(&mut many, &tenant_of_many, sleepers)?;
    let filled = start.elapsed();
    let full = starts(&mut many)?;
    let ratio = full.ready.div_duration_f64(empty.ready);
    let sides = format!("{} ÷ {}", short(full.ready), short(empty.ready));
    let mib = |kib: u64| format!("{:.0} MiB", kib as f64 / 1024.0);
    let note =
        format!("until it is ready, median of {STARTS}; {sleepers} runs in a store of {} ÷ none", mib(full.disk_kib));
    table.line("start with sleeping runs ÷ without", format!("{ratio:.2}"), sides, &note);
    let sides = format!("{} ÷ {}", mib(full.memory_kib), mib(empty.memory_kib));
    let ratio = full.memory_kib as f64 / empty.memory_kib as f64;
    let note = format!(
        "resident, two seconds after the start; they were begun and took their first step in {}",
        short(filled)
    );
    table.line("memory with sleeping runs ÷ without", format!("{ratio:.2}"), sides, &note);
    fill(&mut few, &tenant_of_few, FEW)?;
    let (mut few, mut many) = (few.client(&tenant_of_few)?, many.client(&tenant_of_many)?);
    let list = format!("/v1/runs?workflow={WORKFLOW}&state=running&limit=50");
    let figures = format!("/v1/workflows/{WORKFLOW}/figures");
    ensure!(few.json("GET", &figures, &json!(null))?["running"] == FEW, "the figures are not exact");
    ensure!(many.json("GET", &figures, &json!(null))?["running"] == sleepers, "the figures are not exact");
    for (what, path) in [
        ("list of runs", "/v1/runs?limit=50"),
        ("list of running runs of a workflow", &list),
        ("counts of a workflow", &figures),
    ] {
        let found = compare(|times| ask(&mut many, path, times), |times| ask(&mut few, path, times));
        let what = format!("{what}, of many ÷ of few");
        table.times(&what, found, &format!("`GET {path}` over HTTP, of {sleepers} ÷ of {FEW} runs"));
    }
    Ok(())
}

/// Runs that took their first step and sleep.
fn fill(platform: &mut Platform, tenant: &Tenant, many: u64) -> Result<()> {
    platform.stop()?;
    let flow = Flow::start(&platform.data(), tenant.id)?;
    let writers = std::thread::available_parallelism()?.get() as u64;
    flow.begin_asleep(many, Timestamp(flow.clock().now().0 + ASLEEP_MS), writers)?;
    flow.until_asleep()?;
    flow.end()?;
    platform.go_on().map(drop)
}

/// What a start is like.
struct Started {
    ready: Duration,
    memory_kib: u64,
    disk_kib: u64,
}

fn starts(platform: &mut Platform) -> Result<Started> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(platform.restart()?);
    }
    times.sort();
    std::thread::sleep(SETTLED);
    let (memory_kib, _) = platform.memory_kib()?;
    Ok(Started { ready: times[STARTS / 2], memory_kib, disk_kib: platform.disk_bytes()? >> 10 })
}

fn ask(client: &mut Client, path: &str, times: u64) {
    for _ in 0..times {
        let (status, body) = client.send("GET", path, "application/json", "".into()).expect("the server answers");
        assert!(status.is_success() && !body.is_empty(), "{path}: {status}");
    }
}
