//! The browser app: built where Node.js is, and left out of the program where it is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, root};
use crate::{guests, shell, tools};

/// What the app is made of, below its folder.
const SOURCES: [&str; 7] =
    ["src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "scripts"];

/// What the app's dependencies are installed by, and where it is noted what was installed.
const DEPENDENCIES: [&str; 2] = ["package-lock.json", "node_modules/.package-lock.json"];

/// The browser that the tests drive.
const CHROMIUM: &str = "chromium";

/// Builds the app if it changed since it was built. Without Node.js the program says on a page what is missing.
pub(crate) fn build() -> Result<()> {
    if !has_node() {
        eprintln!(
            "Node.js is missing: the program is built without the browser app, and says so. Install Node.js 20 or \
             newer with npm (Debian: nodejs npm) to have it."
        );
        return Ok(());
    }
    install()?;
    let built = changed(&folder().join("dist/index.html"))?;
    let sources = SOURCES.map(|name| newest(&folder().join(name)));
    if sources.into_iter().collect::<Result<Vec<_>>>()?.into_iter().max().flatten() > built {
        shell::run(npm().args(["run", "build"]))?;
    }
    Ok(())
}

/// The app's types and logic.
pub(crate) fn test() -> Result<()> {
    if !has_node() {
        bail!(
            "the browser app cannot be tested without Node.js: install Node.js 20 or newer with npm (Debian: nodejs npm)"
        );
    }
    shell::run(npm().args(["run", "check"]))?;
    shell::run(npm().arg("test"))
}

/// What people do, in a real browser against the real program.
pub(crate) fn journeys() -> Result<()> {
    guests::build()?;
    build()?;
    tools::ensure_program(CHROMIUM, CHROMIUM)?;
    shell::run(shell::cargo().args(["build", "--workspace", "--bin", "signalsync", "--test", "door"]))?;
    let program = Workspace::load()?.program();
    shell::run(npm().args(["run", "e2e"]).env("SIGNALSYNC_PROGRAM", program))
}

fn has_node() -> bool {
    shell::succeeds(shell::command("npm").arg("--version"))
}

fn install() -> Result<()> {
    let [wanted, there] = DEPENDENCIES.map(|name| changed(&folder().join(name)));
    if wanted? > there? {
        shell::run(npm().args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    }
    Ok(())
}

fn npm() -> std::process::Command {
    let mut command = shell::command("npm");
    command.current_dir(folder());
    command
}

fn folder() -> PathBuf {
    root().join("host/web")
}

/// When a file was changed; none when it is not there.
fn changed(path: &Path) -> Result<Option<SystemTime>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(found.modified()?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// When a file, or any file of a folder, was changed last.
fn newest(path: &Path) -> Result<Option<SystemTime>> {
    if !path.is_dir() {
        return changed(path);
    }
    let mut last = None;
    for entry in fs::read_dir(path)? {
        last = last.max(newest(&entry?.path())?);
    }
    Ok(last)
}
