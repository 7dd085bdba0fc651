//! Many timers that are due at the same instant.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use signalsync_core::{Clock as _, Timestamp};
use signalsync_workflow::RunState;

use crate::Options;
use crate::flow::{Flow, installation};
use crate::machine::{forget_peak, memory_kib};
use crate::table::{Table, short};

/// How far ahead they are due: longer than it takes to set them.
const AHEAD_MS: u64 = 24 * 60 * 60 * 1_000;

/// How long until all have rung, in which order, and what that costs.
pub fn timers(options: &Options, table: &mut Table) -> Result<()> {
    let (mut platform, tenant) = installation(options, &options.disk)?;
    platform.stop()?;
    let flow = Flow::start(&platform.data(), tenant.id)?;
    let timers = options.timers;
    flow.begin_asleep(timers, Timestamp(flow.clock().now().0 + AHEAD_MS), 1)?;
    flow.until_asleep()?;
    let before = own_memory("VmRSS:")?;
    ensure!(flow.rang().is_empty(), "a timer rang too early");
    forget_peak()?;
    let start = Instant::now();
    flow.clock().by(AHEAD_MS);
    flow.until_none(RunState::Running);
    let (took, peak) = (start.elapsed(), own_memory("VmHWM:")?);
    let rang = flow.rang();
    flow.end()?;

    let (calls, rang) = (rang.len(), firsts(rang)?);
    ensure!(rang.len() as u64 == timers, "{} of {timers} timers rang", rang.len());
    let mut late: Vec<_> = rang.iter().map(|(_, at)| at.duration_since(start)).collect();
    late.sort();
    let of = |hundredths: usize| short(late[(late.len() - 1) * hundredths / 100]);
    let rate = |time: Duration| format!("{:.0}/s", timers as f64 / time.as_secs_f64());
    let sides =
        format!("{timers} in {}, {}; heard after {} (median), {} (last)", short(took), rate(took), of(50), of(100));
    let again = calls as u64 - timers;
    let note =
        format!("each is a run that was asleep, is called and ends; {again} called twice after a conflict; on disk");
    table.line("timers due at the same instant", "–".to_owned(), sides, &note);
    let sides = format!("{} places of {timers}", displaced(&rang));
    let note = "the most by which a timer was heard before or behind its place in the order in which they were set: by due \
                time, then by age; 16 are done at a time";
    table.line("how far timers ring out of turn", "–".to_owned(), sides, note);
    let mib = |kib: u64| format!("{:.0} MiB", kib as f64 / 1024.0);
    let note = "resident, of the whole process; the peak while they rang";
    table.line("memory before and while they ring", "–".to_owned(), format!("{}, {}", mib(before), mib(peak)), note);
    Ok(())
}

fn own_memory(name: &str) -> Result<u64> {
    memory_kib(std::process::id(), name)
}

/// The number of each timer with when it was heard first, in the order in which they were. A call is repeated when others
/// changed meanwhile what it read.
fn firsts(rang: Vec<(String, Instant)>) -> Result<Vec<(usize, Instant)>> {
    let (mut seen, mut firsts) = (HashSet::new(), Vec::new());
    for (id, at) in rang {
        let number: usize = id.strip_prefix('t').context("timers are numbered")?.parse()?;
        if seen.insert(number) {
            firsts.push((number, at));
        }
    }
    Ok(firsts)
}

/// The most places between when a timer was heard and its number.
fn displaced(rang: &[(usize, Instant)]) -> usize {
    rang.iter().enumerate().map(|(place, (number, _))| place.abs_diff(*number)).max().unwrap_or_default()
}
