//! The figures of the README: builds what is compared, measures it in one run, prints a table.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::guests::encode;
use crate::workspace::{Workspace, root};
use crate::{guests, shell, tools};

/// The peer that serves HTTP, in the version of wasmtime that the host is built on.
const WASMTIME_VERSION: &str = "48.0.8";

/// The group that has the peer for workflows.
const WORKFLOWS: &str = "workflows";

/// Where the table stands in the README.
const MARKERS: [&str; 2] = ["<!-- figures: written by `cargo xtask bench --write` -->", "<!-- end of figures -->"];

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Put the table into the README; with `--only`, just the lines of these groups.
    #[arg(long)]
    write: bool,
    /// Only this group: calls, pieces, invoices, extism, writes, serve, records, sign-in, density, workflows, timers, sleeping
    /// or imports. May stand several times.
    #[arg(long)]
    only: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
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
    let wanted = options.only.is_empty() || options.only.iter().any(|only| only == WORKFLOWS);
    if wanted && let Some(python) = dbos(&target)? {
        command.arg("--dbos").arg(python);
    }
    let figures = shell::output(&mut command)?;
    println!("{figures}");
    if options.write { write(&figures, &options.only) } else { Ok(()) }
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
    for name in ["component", "workflow"] {
        let component = encode::component(&build(name, "wasm32-unknown-unknown")?)?;
        fs::write(folder.join(format!("bench-guest-{name}.wasm")), component)?;
    }
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

/// The Python that has the peer for workflows, installed where it is missing; none where there is no Python.
fn dbos(target: &Path) -> Result<Option<PathBuf>> {
    let folder = target.join("peers/dbos");
    let (python, installed) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let wanted = root().join("benches/peers/dbos/requirements.txt");
    let pinned = fs::read(&wanted)?;
    if fs::read(&installed).is_ok_and(|installed| installed == pinned) {
        return Ok(Some(python));
    }
    let Ok(made) = shell::command("python3").args(["-m", "venv", "--clear"]).arg(&folder).status() else {
        eprintln!("There is no `python3`, so the peer for workflows is not measured; its lines will say so.");
        return Ok(None);
    };
    ensure!(made.success(), "`python3 -m venv` failed; install Python's package for environments");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    shell::run(shell::command(&python).args(pip).arg(&wanted))?;
    fs::write(&installed, pinned)?;
    Ok(Some(python))
}

/// Replaces what stands between the markers, or the lines of some groups in it.
fn write(figures: &str, groups: &[String]) -> Result<()> {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path)?;
    let [begin, end] = MARKERS;
    let (before, rest) = text.split_once(begin).context("the README has lost the beginning of its figures")?;
    let (known, after) = rest.split_once(end).context("the README has lost the end of its figures")?;
    let figures = if groups.is_empty() { figures.trim().to_owned() } else { merged(known, figures, groups)? };
    fs::write(&path, format!("{before}{begin}\n\n{figures}\n\n{end}{after}"))?;
    Ok(())
}

/// The figures that are known, with lines that were measured anew in the place of those with the same name, or else at the
/// end, and what they were measured on.
fn merged(known: &str, figures: &str, groups: &[String]) -> Result<String> {
    let ((caption, lines), (measured, new)) = (parts(known)?, parts(figures)?);
    let same = |among: &[&'_ str], line: &str| among.iter().position(|other| name(other) == name(line));
    let mut all: Vec<_> = lines.iter().map(|line| same(&new, line).map_or(*line, |at| new[at])).collect();
    all.extend(new.iter().filter(|line| same(&lines, line).is_none()));
    let mut notes: Vec<_> = caption.split("\n\n").map(str::to_owned).collect();
    for group in groups {
        let of = format!("`{group}`: ");
        notes.retain(|note| !note.starts_with(&of));
        notes.push(format!("{of}{measured}"));
    }
    Ok(format!("{}\n\n{}", notes.join("\n\n"), all.join("\n")))
}

/// What stands above a table, and its lines.
fn parts(figures: &str) -> Result<(&str, Vec<&str>)> {
    let table = figures.find("| what |").context("the figures have lost their table")?;
    let (caption, table) = figures.split_at(table);
    Ok((caption.trim(), table.trim().lines().collect()))
}

/// What a line of the table is about.
fn name(line: &str) -> Option<&str> {
    line.split('|').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_group_are_replaced_or_added() -> Result<()> {
        let head = "| what | ratio |\n| --- | ---: |";
        let known = format!("Measured before.\n\n`b`: Measured then.\n\n{head}\n| one | 1 |\n| two | 2 |\n");
        let figures = format!("Measured now.\n\n{head}\n| two | 3 |\n| three | 4 |\n");
        let wanted =
            format!("Measured before.\n\n`b`: Measured now.\n\n{head}\n| one | 1 |\n| two | 3 |\n| three | 4 |");
        assert_eq!(merged(&known, &figures, &["b".to_owned()])?, wanted);
        Ok(())
    }
}
