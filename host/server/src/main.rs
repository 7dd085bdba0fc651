//! The program: `signalsync serve`, and what its operator does beside it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
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
    tokio_runtime()?.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let shutdown = async {
            tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
        };
        let (ready, address) = oneshot::channel();
        tokio::spawn(async {
            if let Ok(address) = address.await {
                say(&format!("listening on http://{address}"));
            }
        });
        Ok(run(config, ready, shutdown).await?)
    })
}

fn operator_key(config: Option<PathBuf>, name: String) -> anyhow::Result<()> {
    let config = resolved(config)?;
    let key = tokio_runtime()?.block_on(async {
        let directory = offline_directory(&config)?;
        directory.issue_operator_key(&name).await.context("no key was made")
    })?;
    say(&key.token);
    Ok(())
}

fn tokio_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads could be started")
}

#[expect(clippy::print_stdout, reason = "this is what the program is asked for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the program ends with it")]
fn say_wrong(line: &str) {
    eprintln!("signalsync: {line}");
}
