//! All tests, with all that they need.

use anyhow::Result;
use clap::Args;

use crate::workspace::Workspace;
use crate::{guests, shell, tools, web};

/// What to test.
#[derive(Args)]
pub(crate) struct Options {
    /// Handed on to `cargo nextest run`, e.g. the part of a test's name; then nothing else is tested.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    nextest: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    tools::ensure_subcommand("nextest")?;
    tools::ensure_settable_clock()?;
    guests::build()?;
    web::build()?;
    // The server's own tests make cargo build the program too, with the features that the tests were built with.
    let program = Workspace::load()?.program();
    // Not the examples: the components are tested as WebAssembly.
    let targets = ["--lib", "--bins", "--tests"];
    shell::run(
        shell::cargo()
            .args(["nextest", "run", "--workspace"])
            .args(targets)
            .args(&options.nextest)
            .env("SIGNALSYNC_PROGRAM", program),
    )?;
    if !options.nextest.is_empty() {
        return Ok(());
    }
    shell::run(shell::cargo().args(["test", "--workspace", "--doc"]))?;
    web::test()
}
