//! `kill -9` at any moment: every acknowledged piece of work takes effect once, and a job's counts are true.
//!
//! This program is also the victim that its tests start, as `<itself> victim <root> <engine> <tenant> <first>`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod victim;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};
use signalsync_core::TenantId;
use signalsync_store::EngineKind;
use signalsync_work::jobs;

use victim::{Lab, block_on, count, counted, numbers};

/// How often the victim is killed, unless `SIGNALSYNC_CRASH_ROUNDS` says otherwise.
const ROUNDS: usize = 6;

/// More than a victim schedules before it is killed.
const NUMBERS_PER_ROUND: usize = 1_000_000;

#[expect(clippy::disallowed_methods, reason = "the nightly run asks for more rounds")]
fn rounds() -> usize {
    std::env::var("SIGNALSYNC_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [victim, rest @ ..] = arguments.get(1..).unwrap_or_default()
        && victim == "victim"
    {
        block_on(victim::run(rest));
        return ExitCode::SUCCESS;
    }
    let engines = [("redb", EngineKind::Redb), ("sled", EngineKind::Sled)];
    let trials = engines.map(|(name, engine)| {
        Trial::test(format!("{name}::what_was_acknowledged_happens_once"), move || {
            what_was_acknowledged_happens_once(engine);
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

/// What the victims said.
#[derive(Default)]
struct Heard {
    /// Scheduled, durably.
    scheduled: BTreeSet<u64>,
    /// Keys under which each effect was delivered, and how often.
    delivered: BTreeMap<u64, (BTreeSet<String>, usize)>,
}

impl Heard {
    fn line(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["scheduled", n] => drop(self.scheduled.insert(n.parse().unwrap())),
            ["delivered", n, key] => {
                let (keys, times) = self.delivered.entry(n.parse().unwrap()).or_default();
                keys.insert(key.to_owned());
                *times += 1;
            }
            _ => panic!("{line}"),
        }
    }
}

fn what_was_acknowledged_happens_once(engine: EngineKind) {
    let (root, tenant, mut heard) = (tempfile::tempdir().unwrap(), TenantId::new(), Heard::default());
    for round in 0..rounds() {
        // Numbers that no earlier victim can have scheduled, acknowledged or not.
        let victim = start(root.path(), engine, tenant, &(round * NUMBERS_PER_ROUND).to_string());
        // Another moment each time, from right after the start to some hundred lines later.
        listen(victim, Some(1 + round * 67 % 300), &mut heard);
        block_on(counts_are_true(root.path(), engine, tenant));
    }
    // One more, which schedules nothing and ends when all is done.
    listen(start(root.path(), engine, tenant, "none"), None, &mut heard);
    block_on(check(root.path(), engine, tenant, &heard));
}

fn start(root: &Path, engine: EngineKind, tenant: TenantId, first: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let engine = if engine == EngineKind::Sled { "sled" } else { "redb" };
    command.arg("victim").arg(root).args([engine, &tenant.to_string(), first]);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

fn listen(mut victim: Child, lines: Option<usize>, heard: &mut Heard) {
    let mut told = BufReader::new(victim.stdout.take().unwrap()).lines();
    for line in told.by_ref().take(lines.unwrap_or(usize::MAX)) {
        heard.line(&line.unwrap());
    }
    if lines.is_some() {
        victim.kill().unwrap();
    }
    told.for_each(|line| heard.line(&line.unwrap()));
    let status = victim.wait().unwrap();
    assert!(lines.is_some() || status.success());
}

async fn counts_are_true(root: &Path, engine: EngineKind, tenant: TenantId) {
    let lab = Lab::open(root, engine, tenant).await;
    let mut tx = lab.store().await.begin().await.unwrap();
    for (_, job) in jobs::list(&tx, None, 10).unwrap().items {
        assert_eq!(job.done, numbers(&mut tx), "as many as the job says");
    }
}

async fn check(root: &Path, engine: EngineKind, tenant: TenantId, heard: &Heard) {
    assert!(heard.scheduled.len() > rounds(), "{} were scheduled", heard.scheduled.len());
    let lab = Lab::open(root, engine, tenant).await;
    let mut tx = lab.store().await.begin().await.unwrap();
    for n in &heard.scheduled {
        assert_eq!(count(&mut tx, "within", *n), 1, "{n} happened once");
        assert_eq!(count(&mut tx, "noted", *n), 1, "the effect of {n} was noted once");
    }
    // The last one of a round may be there without its acknowledgement.
    let (within, noted) = (counted(&mut tx, "within"), counted(&mut tx, "noted"));
    assert_eq!(within, noted, "what one transaction wanted happened, or none of it");
    assert!(within.values().chain(noted.values()).all(|times| *times == 1));
    for n in noted.keys() {
        let (keys, times) = &heard.delivered[n];
        assert!(keys.len() == 1 && *times >= 1, "{n} was delivered under one key");
    }
    let (id, job) = jobs::list(&tx, None, 10).unwrap().items.remove(0);
    assert_eq!(
        (job.state, job.done, numbers(&mut tx)),
        (jobs::JobState::Done, victim::JOB_ITEMS, victim::JOB_ITEMS),
        "{id}"
    );
}
