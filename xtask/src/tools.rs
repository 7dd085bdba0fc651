//! What has to be on the machine; added where it is missing.

use std::path::Path;

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

/// Makes sure that tests can set the clock of a running program, by installing the Debian package `libfaketime`.
pub(crate) fn ensure_settable_clock() -> Result<()> {
    let library = format!("/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1", std::env::consts::ARCH);
    if Path::new(&library).exists() {
        return Ok(());
    }
    eprintln!("libfaketime is missing; it is installed once.");
    let install = ["install", "--yes", "--no-install-recommends", "libfaketime"];
    let as_root = shell::succeeds(shell::command("test").args(["-w", "/var/lib/dpkg"]));
    let mut apt = shell::command(if as_root { "apt-get" } else { "sudo" });
    let apt = if as_root { &mut apt } else { apt.arg("apt-get") };
    shell::run(apt.args(install)).with_context(|| {
        format!(
            "Tests set the clock of the program through {library}, which is not there. Install the package libfaketime by \
             hand, with `apt-get update` before that where there is none."
        )
    })
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
