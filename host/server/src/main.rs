//! The program: `signalsync serve`, and what its operator does beside it.

mod operate;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use signalsync_core::{RunId, TenantSlug};
use signalsync_server::config::{Authored, Resolved};
use signalsync_server::{offline_directory, run};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

/// A platform on which tenants extend their applications with WebAssembly components.
#[derive(Parser)]
#[command(name = "signalsync", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT.
    Serve {
        /// The configuration. Without it, everything has its default.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Make an API key for the operator and print it, once. The server must not be running.
    OperatorKey {
        /// The configuration. Without it, everything has its default.
        #[arg(long)]
        config: Option<PathBuf>,
        /// What the key is for.
        #[arg(long)]
        name: String,
    },
    /// Look at tenants and change them. The server must not be running: while it is, use its API.
    Tenant {
        /// The configuration. Without it, everything has its default.
        #[arg(long, global = true)]
        config: Option<PathBuf>,
        #[command(subcommand)]
        act: operate::Act,
    },
    /// Look at audits. The server must not be running.
    Audit {
        /// The configuration. Without it, everything has its default.
        #[arg(long, global = true)]
        config: Option<PathBuf>,
        #[command(subcommand)]
        act: operate::AuditAct,
    },
    /// Play what a run of a workflow has heard once more, and say where the decisions differ; a difference ends it with 1.
    /// Nothing is written or sent. The server must not be running: while it is, use its API.
    Replay {
        /// Which run.
        run: RunId,
        /// Whose.
        #[arg(long)]
        tenant: TenantSlug,
        /// The version to play it on. Without it, each step is played on its own.
        #[arg(long)]
        version: Option<u32>,
        /// The configuration. Without it, everything has its default.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Say whether a configuration can be used.
    CheckConfig {
        /// The configuration.
        #[arg(long)]
        config: PathBuf,
    },
    /// Compile one component; the server starts this itself.
    #[command(hide = true)]
    CompileWorker,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::CompileWorker => return signalsync_runtime::compile_worker(),
        Command::Serve { config } => serve(config),
        Command::OperatorKey { config, name } => operator_key(config, name),
        Command::Tenant { config, act } => tenant(config, act),
        Command::Audit { config, act } => audit(config, act),
        Command::Replay { run, tenant, version, config } => match replay(config, run, &tenant, version) {
            Ok(false) => return ExitCode::FAILURE,
            done => done.map(drop),
        },
        Command::CheckConfig { config } => resolved(Some(config)).map(drop),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_wrong(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn resolved(config: Option<PathBuf>) -> anyhow::Result<Resolved> {
    let authored = config.map_or_else(|| Ok(Authored::default()), |path| Authored::read(&path))?;
    Ok(authored.resolve()?)
}

fn serve(config: Option<PathBuf>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let config = resolved(config)?;
    serving_runtime(config.runtime.guest_threads)?.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let shutdown = async {
            tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
        };
        let scheme = if config.certificates.is_some() { "https" } else { "http" };
        let (ready, address) = oneshot::channel();
        tokio::spawn(async move {
            if let Ok(address) = address.await {
                say(&format!("listening on {scheme}://{address}"));
            }
        });
        Ok(run(config, ready, shutdown).await?)
    })
}

fn operator_key(config: Option<PathBuf>, name: String) -> anyhow::Result<()> {
    let config = resolved(config)?;
    let key = serving_runtime(0)?.block_on(async {
        let directory = offline_directory(&config)?;
        directory.issue_operator_key(&name).await.context("no key was made")
    })?;
    say(&key.token);
    Ok(())
}

fn tenant(config: Option<PathBuf>, act: operate::Act) -> anyhow::Result<()> {
    let config = resolved(config)?;
    let lines = serving_runtime(0)?.block_on(operate::operate(&config, act))?;
    lines.iter().for_each(|line| say(line));
    Ok(())
}

fn audit(config: Option<PathBuf>, act: operate::AuditAct) -> anyhow::Result<()> {
    let config = resolved(config)?;
    let lines = serving_runtime(0)?.block_on(operate::audit(&config, act))?;
    lines.iter().for_each(|line| say(line));
    Ok(())
}

/// Whether the decisions are the same.
fn replay(config: Option<PathBuf>, run: RunId, tenant: &TenantSlug, version: Option<u32>) -> anyhow::Result<bool> {
    let config = resolved(config)?;
    let threads = config.runtime.guest_threads;
    let found = serving_runtime(threads)?.block_on(operate::replay(&config, tenant, run, version))?;
    operate::told(&found).iter().for_each(|line| say(line));
    Ok(found.different == 0)
}

/// One thread for each processor, and as many more as components may hold for a slice.
fn serving_runtime(guest_threads: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get) + guest_threads;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().context("no threads could be started")
}

#[expect(clippy::print_stdout, reason = "this is what the program is asked for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the program ends with it")]
fn say_wrong(line: &str) {
    eprintln!("signalsync: {line}");
}
