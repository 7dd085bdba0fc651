//! Where things are, and what the workspace consists of.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::shell;

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// What `cargo metadata` says of the workspace.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

/// One package of ours.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
    #[serde(default)]
    pub(crate) metadata: Option<Metadata>,
    pub(crate) manifest_path: PathBuf,
}

/// One thing that a package builds.
#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) crate_types: Vec<String>,
}

/// `[package.metadata]`.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) component: Option<Component>,
}

/// `[package.metadata.component]`: how the package's components are built.
#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    pub(crate) target: Option<String>,
    pub(crate) profile: Option<String>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self> {
        let text = shell::output(shell::cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
        serde_json::from_str(&text).context("cargo metadata is not understood")
    }

    /// Where the components are.
    pub(crate) fn components(&self) -> PathBuf {
        self.target_directory.join("components")
    }

    /// The host's program, as the profile `dev` builds it.
    pub(crate) fn program(&self) -> PathBuf {
        self.target_directory.join("debug").join("signalsync")
    }
}

/// The files of a folder with this extension, sorted; none where there is no such folder.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(vec![]);
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", folder.display())),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
