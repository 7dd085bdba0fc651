//! The figures of the README: builds what is compared, measures it in one run, prints a table.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::guests::encode;
use crate::workspace::{Workspace, root};
use crate::{guests, shell, tools};

/// The peer that serves HTTP, in the version of wasmtime that the host is built on.
const WASMTIME_VERSION: &str = "48.0.8";

/// Where the table stands in the README.
const MARKERS: [&str; 2] = ["<!-- figures: written by `cargo xtask bench --write` -->", "<!-- end of figures -->"];

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Put the table into the README.
    #[arg(long)]
    write: bool,
    /// Only this group: calls, pieces, invoices, extism, writes, serve, records, sign-in or density. May stand several times.
    #[arg(long)]
    only: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.write && !options.only.is_empty() {
        bail!("`--write` replaces the whole table, so it goes without `--only`");
    }
    let workspace = Workspace::load()?;
    let target = workspace.target_directory.join("benches");
    let components = components(&target)?;
    shell::run(shell::cargo().args(["build", "--release", "--package", "signalsync-server"]))?;
    shell::run(benches(&target).args(["build", "--release"]))?;
    let mut command = shell::command(target.join("release/signalsync-benches"));
    command.arg("run").arg("--program").arg(workspace.target_directory.join("release/signalsync"));
    command.arg("--wasmtime").arg(wasmtime(&target)?).arg("--components").arg(components).arg("--disk").arg(&target);
    for only in &options.only {
        command.args(["--only", only]);
    }
    let figures = shell::output(&mut command)?;
    println!("{figures}");
    if options.write { write(&figures) } else { Ok(()) }
}

/// A cargo for the workspace of the benches.
fn benches(target: &Path) -> std::process::Command {
    let mut command = shell::cargo();
    command.current_dir(root().join("benches")).env("CARGO_TARGET_DIR", target);
    command
}

/// Everything that runs inside of something: ours and the peers'.
fn components(target: &Path) -> Result<PathBuf> {
    let folder = target.join("components");
    fs::create_dir_all(&folder)?;
    fs::copy(guests::build()?.join("e-invoicing-validation.wasm"), folder.join("e-invoicing-validation.wasm"))?;
    let build = |name: &str, triple: &str| -> Result<Vec<u8>> {
        tools::ensure_target(triple)?;
        let package = format!("bench-guest-{name}");
        shell::run(benches(target).args(["build", "--profile", "guest", "--target", triple, "--package", &package]))?;
        let module = target.join(triple).join("guest").join(format!("bench_guest_{name}.wasm"));
        fs::read(&module).with_context(|| format!("{} was not built", module.display()))
    };
    let component = encode::component(&build("component", "wasm32-unknown-unknown")?)?;
    fs::write(folder.join("bench-guest-component.wasm"), component)?;
    fs::write(folder.join("bench-guest-extism.wasm"), build("extism", "wasm32-unknown-unknown")?)?;
    fs::write(folder.join("bench-guest-http.wasm"), build("http", "wasm32-wasip2")?)?;
    Ok(folder)
}

/// The program `wasmtime`, installed where it is missing.
fn wasmtime(target: &Path) -> Result<PathBuf> {
    let folder = target.join("tools");
    let program = folder.join("bin/wasmtime");
    if !program.exists() {
        eprintln!("wasmtime {WASMTIME_VERSION} is missing; installing it once takes some minutes.");
        let mut install = shell::cargo();
        install.args(["install", "wasmtime-cli", "--locked", "--version", WASMTIME_VERSION, "--no-default-features"]);
        install
            .args(["--features", "run,serve,cranelift,pooling-allocator,component-model,component-model-async"])
            .arg("--root")
            .arg(&folder);
        shell::run(install.env("CARGO_TARGET_DIR", target.join("wasmtime")))?;
    }
    Ok(program)
}

/// Replaces what stands between the markers.
fn write(figures: &str) -> Result<()> {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path)?;
    let [begin, end] = MARKERS;
    let (before, rest) = text.split_once(begin).context("the README has lost the beginning of its figures")?;
    let (_, after) = rest.split_once(end).context("the README has lost the end of its figures")?;
    fs::write(&path, format!("{before}{begin}\n\n{}\n\n{end}{after}", figures.trim()))?;
    Ok(())
}
