//! The components of `guests/` and `examples/`.
//!
//! Every `cdylib` of the workspace is a component, and so is every `.wat` file below `guests/`. They
//! end up as `target/components/NAME.wasm`, NAME being the target's or the file's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::{Package, Target, Workspace, files, root};
use crate::{shell, tools};

pub(crate) mod encode;
#[cfg(test)]
mod imports;
mod text;

/// What components are built for unless their package says otherwise.
const TARGET: &str = "wasm32-unknown-unknown";

/// How components are built unless their package says otherwise.
const PROFILE: &str = "guest";

/// Builds all components and returns the folder that they are in.
pub(crate) fn build() -> Result<PathBuf> {
    let workspace = Workspace::load()?;
    let folder = workspace.components();
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be created", folder.display()))?;
    let mut built = BTreeSet::new();
    for ((target, profile), crates) in crates(&workspace)? {
        tools::ensure_target(&target)?;
        compile(&target, &profile, &crates)?;
        for crated in crates {
            let module = fs::read(crated.module(&workspace, &target, &profile))?;
            let component =
                encode::component(&module).with_context(|| format!("{} is not a component", crated.name))?;
            built.insert(store(&folder, &crated.name, &component)?);
        }
    }
    for file in texts()? {
        let component = text::component(&file).with_context(|| format!("{} is not a component", file.display()))?;
        built.insert(store(&folder, &stem(&file)?, &component)?);
    }
    remove_others(&folder, &built)?;
    eprintln!("{} components are in {}.", built.len(), folder.display());
    Ok(folder)
}

/// A `cdylib` of the workspace.
struct Crate {
    package: String,
    name: String,
    is_example: bool,
}

impl Crate {
    fn module(&self, workspace: &Workspace, target: &str, profile: &str) -> PathBuf {
        let folder = workspace.target_directory.join(target).join(profile);
        let folder = if self.is_example { folder.join("examples") } else { folder };
        folder.join(self.name.replace('-', "_")).with_extension("wasm")
    }
}

/// The crates to build, by target and profile.
fn crates(workspace: &Workspace) -> Result<BTreeMap<(String, String), Vec<Crate>>> {
    let mut groups: BTreeMap<_, Vec<Crate>> = BTreeMap::new();
    for package in &workspace.packages {
        check_that_all_are_listed(package)?;
        let how = package.metadata.as_ref().and_then(|metadata| metadata.component.clone()).unwrap_or_default();
        let key = (how.target.unwrap_or_else(|| TARGET.into()), how.profile.unwrap_or_else(|| PROFILE.into()));
        for target in package.targets.iter().filter(|target| target.crate_types.iter().any(|kind| kind == "cdylib")) {
            groups.entry(key.clone()).or_default().push(Crate::new(package, target));
        }
    }
    Ok(groups)
}

impl Crate {
    fn new(package: &Package, target: &Target) -> Self {
        let is_example = target.kind.iter().any(|kind| kind == "example");
        let name = if is_example { &target.name } else { &package.name };
        Self { package: package.name.clone(), name: name.clone(), is_example }
    }
}

/// A file in `examples/` that the manifest does not list would not be built.
fn check_that_all_are_listed(package: &Package) -> Result<()> {
    let folder = package.manifest_path.with_file_name("examples");
    for file in files(&folder, "rs")? {
        let name = stem(&file)?;
        if !package.targets.iter().any(|target| target.name == name) {
            bail!("{} is not listed in {}", file.display(), package.manifest_path.display());
        }
    }
    Ok(())
}

fn compile(target: &str, profile: &str, crates: &[Crate]) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["build", "--target", target, "--profile", profile]);
    for package in crates.iter().map(|crated| &crated.package).collect::<BTreeSet<_>>() {
        command.args(["--package", package]);
    }
    if crates.iter().any(|crated| !crated.is_example) {
        command.arg("--lib");
    }
    for crated in crates.iter().filter(|crated| crated.is_example) {
        command.args(["--example", &crated.name]);
    }
    shell::run(&mut command)
}

/// The components that are written by hand.
fn texts() -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root().join("guests"))? {
        all.extend(files(&entry?.path(), "wat")?);
    }
    Ok(all)
}

fn stem(file: &Path) -> Result<String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    Ok(stem.with_context(|| format!("{} has no name", file.display()))?.to_owned())
}

/// Writes a component, unless it is there already: its time is when it last changed.
fn store(folder: &Path, name: &str, component: &[u8]) -> Result<PathBuf> {
    let path = folder.join(name).with_extension("wasm");
    if !fs::read(&path).is_ok_and(|before| before == component) {
        fs::write(&path, component).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(path)
}

/// Removes what was built from sources that are gone.
fn remove_others(folder: &Path, built: &BTreeSet<PathBuf>) -> Result<()> {
    for file in files(folder, "wasm")?.into_iter().filter(|file| !built.contains(file)) {
        fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))?;
    }
    Ok(())
}
