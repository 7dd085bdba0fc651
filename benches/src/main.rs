//! Measures the host against what it is built on and against its peers, and prints a table.
//!
//! Everything that is compared runs in this one process's run, in turns; the figures are ratios of medians.
//! `cargo xtask bench` builds what is needed and starts this.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
#![allow(clippy::disallowed_methods, reason = "a composition of its own")]

mod bare;
mod calls;
mod client;
mod density;
mod flow;
mod host;
mod http;
mod imports;
mod machine;
mod measure;
mod peers;
mod platform;
mod records;
mod sign_in;
mod sleeping;
mod table;
mod timers;
mod workflows;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::table::Table;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile one component; the host starts this itself.
    #[command(hide = true)]
    CompileWorker,
    /// Measure.
    Run(Options),
}

/// Where everything is, and what is measured.
#[derive(clap::Args)]
pub struct Options {
    /// The program `signalsync`, built for release.
    #[arg(long)]
    program: PathBuf,
    /// The program `wasmtime`.
    #[arg(long)]
    wasmtime: PathBuf,
    /// The folder with the components.
    #[arg(long)]
    components: PathBuf,
    /// The Python that has the peer for workflows; without it, the peer is not measured.
    #[arg(long)]
    dbos: Option<PathBuf>,
    /// The database that the peer for workflows uses. It makes a schema of its own there, and removes it.
    #[arg(long, default_value = "postgresql://postgres@127.0.0.1:5432/test")]
    postgres: String,
    /// A folder on a disk that lasts.
    #[arg(long)]
    disk: PathBuf,
    /// A folder in memory.
    #[arg(long, default_value = "/dev/shm")]
    memory: PathBuf,
    /// Runs that sleep on disk.
    #[arg(long, default_value_t = 1_000_000)]
    sleepers: u64,
    /// Timers that are due at the same instant.
    #[arg(long, default_value_t = 100_000)]
    timers: u64,
    /// Figures whose group has one of these names; all when there is none.
    #[arg(long)]
    only: Vec<String>,
}

impl Options {
    /// The bytes of a component.
    fn component(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.components.join(name);
        std::fs::read(&path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
    }
}

/// A group of figures.
type Group = (&'static str, fn(&Options, &mut Table) -> Result<()>);

const GROUPS: &[Group] = &[
    ("calls", calls::isolated),
    ("pieces", calls::pieces),
    ("invoices", calls::invoices),
    ("extism", peers::extism),
    ("writes", http::writes),
    ("serve", peers::serve),
    ("records", records::records),
    ("sign-in", sign_in::sign_in),
    ("density", density::measure),
    ("workflows", workflows::workflows),
    ("timers", timers::timers),
    ("sleeping", sleeping::sleeping),
    ("imports", imports::imports),
];

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::CompileWorker => signalsync_runtime::compile_worker(),
        Command::Run(options) => match run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:?}");
                ExitCode::FAILURE
            }
        },
    }
}

fn run(options: &Options) -> Result<()> {
    let mut table = Table::default();
    for (name, group) in GROUPS {
        if options.only.is_empty() || options.only.iter().any(|only| only == name) {
            group(options, &mut table)?;
        }
    }
    println!("{}\n\n{}", machine::describe()?, table.markdown());
    Ok(())
}
