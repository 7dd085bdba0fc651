//! Steps of workflows against bare commits of the same store on the same disk, and against a peer.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;

use crate::Options;
use crate::flow::{Flow, installation};
use crate::measure::{Compared, compare, compare_in};
use crate::table::{Table, short};

/// Steps of a run that is compared with commits.
const STEPS: u64 = 10;

/// Runs at once, which take long enough that fewer turns do.
const MANY: u64 = 64;
const TURNS_OF_MANY: usize = 7;

/// Signals whose times are put in order, so that the slowest hundredth is ten of them.
const SIGNALS: usize = 1_000;

/// Steps of a run that is compared with the peer's, as its script has them.
const PEER_STEPS: u64 = 3;

/// The peer and its version, as its requirements have it.
const PEER: &str = "DBOS 3.4.0";

/// Steps one after the other and at once, how long one takes, and the peer.
pub fn workflows(options: &Options, table: &mut Table) -> Result<()> {
    let (mut platform, tenant) = installation(options, &options.disk)?;
    platform.stop()?;
    let flow = Flow::start(&platform.data(), tenant.id)?;
    throughput(&flow, table);
    latency(&flow, table);
    peer(options, &flow, table)?;
    flow.end()
}

fn throughput(flow: &Flow, table: &mut Table) {
    let input = json!({"steps": STEPS});
    let found = compare(|times| flow.bare_commits(times * STEPS), |times| flow.one_after_another(times, &input));
    let note = "runs of ten steps, each started when the one before has ended; a step is a call of a component, with \
                receipt and history; on disk, fsync on both sides";
    table.rates("workflow steps/s ÷ bare commits/s, one run after another", found, STEPS, note);
    let found = compare(|times| flow.bare_commits(times), |times| flow.wide_commits(times));
    let note = "the rows that a step writes, without the step: of the line above, this part is the store's";
    table.rates("commits of a step's rows/s ÷ bare commits/s, one after another", found, 1, note);
    let all = MANY * STEPS;
    let found = compare_in(
        TURNS_OF_MANY,
        |times| flow.bare_commits(times * all),
        |times| (0..times).for_each(|_| flow.at_once(MANY, &input)),
    );
    let note = "64 runs of ten steps at once against commits one after another: steps share an fsync; seven turns";
    table.rates("workflow steps/s ÷ bare commits/s, 64 runs at once", found, all, note);
}

/// A signal's way through arrival, claim and step, in turns with a commit.
fn latency(flow: &Flow, table: &mut Table) {
    let (run, key) = flow.listener();
    let (mut steps, mut commits) = (Vec::with_capacity(SIGNALS), Vec::with_capacity(SIGNALS));
    for _ in 0..SIGNALS {
        let start = Instant::now();
        flow.bare_commits(1);
        commits.push(start.elapsed());
        let before = flow.look(run).1;
        let start = Instant::now();
        flow.signal(&key);
        while flow.look(run).1 == before {
            std::thread::yield_now();
        }
        steps.push(start.elapsed());
    }
    flow.cancel(run);
    let mut ratios: Vec<_> = steps.iter().zip(&commits).map(|(step, commit)| step.div_duration_f64(*commit)).collect();
    ratios.sort_by(f64::total_cmp);
    let [low, ratio, high] = [1, 2, 3].map(|quarter| ratios[SIGNALS * quarter / 4]);
    steps.sort();
    commits.sort();
    let shown = |times: &[Duration]| {
        format!("{} (slowest hundredth {})", short(times[SIGNALS / 2]), short(times[SIGNALS * 99 / 100]))
    };
    let sides = format!("{} ÷ {}", shown(&steps), shown(&commits));
    let note = "from the call that brings a signal to the step that took it: three commits, of the signal, the claim and \
                the step; a thousand of each in turns";
    table.line("latency of a step ÷ bare commit", format!("{ratio:.2} ({low:.2}–{high:.2})"), sides, note);
}

/// A process of three durable steps, ours and the peer's.
fn peer(options: &Options, flow: &Flow, table: &mut Table) -> Result<()> {
    let lines = [
        format!("process of three steps ÷ {PEER}, one after another"),
        format!("process of three steps ÷ {PEER}, 64 at once"),
    ];
    let mut dbos = match Dbos::start(options)? {
        Ok(dbos) => dbos,
        Err(why) => {
            for line in lines {
                table.line(&line, "not measured".to_owned(), String::new(), &why);
            }
            return Ok(());
        }
    };
    let (input, server) = (json!({"steps": PEER_STEPS}), dbos.server.clone());
    let one = compare(
        |times| flow.one_after_another(times, &input),
        |times| dbos.run("one", times).expect("the peer answers"),
    );
    let many = compare_in(
        TURNS_OF_MANY,
        |times| (0..times).for_each(|_| flow.at_once(MANY, &input)),
        |times| (0..times).for_each(|_| dbos.run("many", MANY).expect("the peer answers")),
    );
    let many = Compared { first: many.first / MANY as u32, second: many.second / MANY as u32, ..many };
    let note = format!(
        "start to end of a process; the peer's steps are functions of Python, ours calls of a component; PostgreSQL over \
         TCP on this machine and disk: {server}"
    );
    let [first, second] = lines;
    table.times(&first, one, &note);
    table.times(&second, many, "the same, for each of 64 that are under way at the same time");
    dbos.end()
}

/// The peer's process, which does as many as it is told.
struct Dbos {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Its settings that matter here.
    server: String,
}

impl Dbos {
    /// Or why it cannot be measured.
    fn start(options: &Options) -> Result<Result<Self, String>> {
        let Some(python) = &options.dbos else {
            return Ok(Err("it is not installed: `cargo xtask bench` does that where there is Python".to_owned()));
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/dbos/steps.py");
        let mut process = Command::new(python)
            .args([script, &options.postgres])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", python.display()))?;
        let orders = process.stdin.take().context("a pipe")?;
        let mut answers = BufReader::new(process.stdout.take().context("a pipe")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        match line.trim().split_once(' ') {
            Some(("ready", server)) => Ok(Ok(Self { process, orders, answers, server: server.to_owned() })),
            Some(("absent", why)) => {
                process.wait()?;
                Ok(Err(format!("PostgreSQL was not there at {}: {why}", options.postgres)))
            }
            _ => bail!("the peer does not start: {line}"),
        }
    }

    fn run(&mut self, what: &str, times: u64) -> Result<()> {
        writeln!(self.orders, "{what} {times}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(line.trim() == "done", "the peer answers {line:?}");
        Ok(())
    }

    fn end(self) -> Result<()> {
        let Self { mut process, orders, .. } = self;
        drop(orders);
        ensure!(process.wait()?.success(), "the peer did not end in good order");
        Ok(())
    }
}
