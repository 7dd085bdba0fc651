//! The interface, tried by a program that makes requests up out of its document: no answer may be a failure of the host's,
//! and none may be one that the document does not know.

use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::api::Api;
use crate::demo::{self, Setting};
use crate::workspace::{Workspace, root};
use crate::{shell, tools};

/// What an answer is held against.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance";

/// Requests of a tenant in a minute: as many as can be made up.
const REQUESTS_PER_MINUTE: u32 = 10_000_000;

/// What would end the session that the requests are made with.
const ENDS_SESSIONS: &str = "^/v1/(sign-out|sessions|password|me/second-factor)";

/// How long to try.
#[derive(Args)]
pub(crate) struct Options {
    /// How many requests are made up for each operation, at most.
    #[arg(long, default_value_t = 20)]
    max_examples: u32,
    /// For the same requests as before.
    #[arg(long)]
    seed: Option<u64>,
}

/// Somebody who asks.
struct Visit {
    label: &'static str,
    api: Api,
    /// Which operations.
    only: [&'static str; 2],
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let target = Workspace::load()?.target_directory;
    let tools = tools::ensure_python(&target.join("schemathesis"), &folder().join("requirements.txt"))?;
    shell::run(shell::command(tools.join("openapi-spec-validator")).arg("docs/openapi.json"))?;
    let data = tempfile::tempdir()?;
    let setting =
        Setting { port: free_port()?, data: data.path().to_owned(), requests_per_minute: Some(REQUESTS_PER_MINUTE) };
    let running = demo::begin(&setting)?;
    let document = format!("http://{}/openapi.json", running.state.address());
    let acme = running.state.api("acme");
    let person = acme.signed_in(&demo::administrator("acme"), demo::PASSWORD)?;
    let console = running.state.console();
    let visits = [
        Visit { label: "acme", api: acme, only: ["--exclude-tag", "platform"] },
        Visit { label: "acme", api: person, only: ["--exclude-path-regex", ENDS_SESSIONS] },
        Visit { label: "console", api: console, only: ["--include-tag", "platform"] },
    ];
    for visit in visits {
        let mut command = shell::command(tools.join("schemathesis"));
        // It keeps notes of its runs where it runs.
        command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", folder()).current_dir(&tools);
        command.args([
            "run",
            &document,
            "--checks",
            CHECKS,
            "--phases",
            "coverage,fuzzing",
            "--warnings",
            "off",
            "--suppress-health-check",
            "all",
        ]);
        command.args(["--header", &format!("Host: {}", running.state.name(visit.label)), "--no-color"]);
        for (name, value) in visit.api.proof() {
            command.args(["--header", &format!("{name}: {value}")]);
        }
        command.args(visit.only).args(["--continue-on-failure", "--max-examples", &options.max_examples.to_string()]);
        if let Some(seed) = options.seed {
            command.args(["--seed", &seed.to_string()]);
        }
        // The command is not shown: there are keys in it.
        let status = command.status().context("schemathesis cannot be started")?;
        anyhow::ensure!(status.success(), "the interface does not answer as its document says (as {})", visit.label);
    }
    Ok(())
}

fn folder() -> PathBuf {
    root().join("xtask/schemathesis")
}

/// Free a moment ago; nobody else asks for ports here.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
