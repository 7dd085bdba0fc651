//! What has to be on the machine; added where it is missing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell;

/// Makes sure that Rust can compile for `target`.
pub(crate) fn ensure_target(target: &str) -> Result<()> {
    if has_target(target) {
        return Ok(());
    }
    shell::run(shell::command("rustup").args(["target", "add", target])).with_context(|| {
        format!(
            "Rust cannot compile for {target} here. Run `rustup target add {target}` by hand; where Rust comes \
             from a distribution, install its package for that target (Debian: libstd-rust-dev-wasm32)."
        )
    })
}

fn has_target(target: &str) -> bool {
    let print = ["--print", "target-libdir", "--target", target];
    shell::output(shell::command("rustc").args(print)).is_ok_and(|path| Path::new(path.trim()).is_dir())
}

/// Makes sure that what `requirements` lists is in this virtual environment of Python, and says where its programs are.
pub(crate) fn ensure_python(environment: &Path, requirements: &Path) -> Result<PathBuf> {
    let programs = environment.join("bin");
    if !programs.join("pip").exists() {
        shell::run(shell::command("python3").args(["-m", "venv"]).arg(environment))
            .context("Install Python 3 with its module venv (Debian: python3-venv).")?;
    }
    let mut install = shell::command(programs.join("pip"));
    shell::run(install.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements))?;
    Ok(programs)
}

/// Makes sure that a program is here, by installing the package of Debian that has it.
pub(crate) fn ensure_program(name: &str, package: &str) -> Result<()> {
    if shell::succeeds(shell::command(name).arg("--version")) {
        return Ok(());
    }
    eprintln!("{name} is missing; its package {package} is installed.");
    let by_hand = || format!("{name} is missing. Install its package by hand (Debian: apt-get install {package}).");
    // The lists of packages may be older than what the servers have.
    shell::run(shell::command("apt-get").arg("update")).with_context(by_hand)?;
    shell::run(shell::command("apt-get").args(["install", "--yes", "--no-install-recommends", package]))
        .with_context(by_hand)
}

/// Makes sure that `cargo NAME` exists, by installing the package `cargo-NAME`.
pub(crate) fn ensure_subcommand(name: &str) -> Result<()> {
    if shell::succeeds(shell::cargo().args([name, "--version"])) {
        return Ok(());
    }
    let package = format!("cargo-{name}");
    eprintln!("{package} is missing; installing it once takes some minutes.");
    // Not optimised, which halves the wait for a program that only starts others. In its own target folder: it is
    // built for this machine, whatever is set for the workspace.
    shell::run(shell::cargo().args(["install", "--locked", "--debug", &package]).env_remove("CARGO_TARGET_DIR"))
        .with_context(|| format!("Run `cargo install --locked {package}` by hand."))
}
