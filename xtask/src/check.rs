//! What must hold before a change is merged, beside the tests.

use anyhow::Result;

use crate::{shell, tools, workspace};

pub(crate) fn run() -> Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))?;
    shell::run(shell::cargo().args(["fmt", "--all", "--check", "--manifest-path", "benches/Cargo.toml"]))?;
    shell::run(shell::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    if workspace::root().join("deny.toml").exists() {
        tools::ensure_subcommand("deny")?;
        shell::run(shell::cargo().args(["deny", "check", "bans", "licenses", "sources"]))?;
    }
    Ok(())
}
