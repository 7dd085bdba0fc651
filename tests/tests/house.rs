//! The law of the house, as a test: layers, lints, length and headers of files, what never appears.
//!
//! Each failure says what to do. Exemptions carry a reason, and one that is not needed any more fails too:
//! the lists only shrink.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// Who may depend on whom, of our own crates. A new edge is a decision: see ARCHITECTURE.md.
const LAYERS: &[(&str, &[&str])] = &[
    ("signalsync-core", &[]),
    ("signalsync-store", &["signalsync-core"]),
    ("signalsync-egress", &["signalsync-core"]),
    ("signalsync-audit", &["signalsync-core", "signalsync-store"]),
    ("signalsync-work", &["signalsync-core", "signalsync-store"]),
    ("signalsync-mail", &["signalsync-core", "signalsync-store", "signalsync-audit", "signalsync-work"]),
    ("signalsync-calendar", &["signalsync-core", "signalsync-store", "signalsync-audit", "signalsync-work"]),
    ("signalsync-data", &["signalsync-core", "signalsync-store", "signalsync-audit"]),
    (
        "signalsync-runtime",
        &["signalsync-core", "signalsync-store", "signalsync-egress", "signalsync-data", "signalsync-generated"],
    ),
    ("signalsync-components", &["signalsync-core", "signalsync-store", "signalsync-audit"]),
    ("signalsync-people", &["signalsync-core", "signalsync-store", "signalsync-audit"]),
    ("signalsync-tenancy", &["signalsync-core", "signalsync-store", "signalsync-audit", "signalsync-people"]),
    (
        "signalsync-records",
        &[
            "signalsync-core",
            "signalsync-store",
            "signalsync-audit",
            "signalsync-work",
            "signalsync-components",
            "signalsync-data",
        ],
    ),
    (
        "signalsync-integration",
        &[
            "signalsync-core",
            "signalsync-store",
            "signalsync-components",
            "signalsync-data",
            "signalsync-records",
            "signalsync-workflow",
        ],
    ),
    (
        "signalsync-workflow",
        &[
            "signalsync-core",
            "signalsync-store",
            "signalsync-audit",
            "signalsync-calendar",
            "signalsync-work",
            "signalsync-mail",
            "signalsync-components",
            "signalsync-data",
            "signalsync-people",
            "signalsync-records",
        ],
    ),
    (
        "signalsync-archive",
        &[
            "signalsync-core",
            "signalsync-store",
            "signalsync-audit",
            "signalsync-work",
            "signalsync-calendar",
            "signalsync-components",
            "signalsync-data",
            "signalsync-people",
            "signalsync-workflow",
        ],
    ),
    (
        "signalsync-server",
        &[
            "signalsync-archive",
            "signalsync-core",
            "signalsync-store",
            "signalsync-egress",
            "signalsync-runtime",
            "signalsync-components",
            "signalsync-people",
            "signalsync-tenancy",
            "signalsync-work",
            "signalsync-mail",
            "signalsync-calendar",
            "signalsync-audit",
            "signalsync-data",
            "signalsync-records",
            "signalsync-integration",
            "signalsync-workflow",
        ],
    ),
    // Its test player only, and not in components: see the decision about the contract of workflows.
    ("signalsync-sdk", &["signalsync-core"]),
    ("signalsync-generated", &[]),
    ("signalsync-hostile", &["signalsync-sdk"]),
    ("signalsync-probes", &["signalsync-sdk"]),
    ("signalsync-wasi", &["signalsync-sdk"]),
    ("e-invoicing-model", &[]),
    ("e-invoicing-mapping", &["signalsync-sdk", "e-invoicing-model"]),
    ("e-invoicing-validation", &["signalsync-sdk", "e-invoicing-model"]),
    ("invoice-approval", &["signalsync-sdk", "e-invoicing-model"]),
    ("maintenance", &["signalsync-sdk"]),
    ("example-setup", &[]),
    ("signalsync-tests", &["e-invoicing-model", "example-setup", "signalsync-generated"]),
    ("xtask", &["e-invoicing-model", "example-setup"]),
];

/// Crates that call components through `Invoke` and are called by the front door, but know neither.
const DOMAIN: &[&str] = &[
    "signalsync-audit",
    "signalsync-work",
    "signalsync-mail",
    "signalsync-calendar",
    "signalsync-components",
    "signalsync-people",
    "signalsync-data",
    "signalsync-tenancy",
    "signalsync-records",
    "signalsync-workflow",
    "signalsync-integration",
    "signalsync-archive",
];

/// What a domain crate has no business with; a name covers all that begin with it.
const FRONT_DOOR_AND_SANDBOX: &[&str] = &["wasmtime", "wasmparser", "hyper", "axum", "http", "tower"];

/// Lines of a file. A longer one holds two things.
const LINES_MAX: usize = 600;

/// Files that may be longer, or have no header: path and reason. They are generated.
const GENERATED: &[(&str, &str)] = &[("sdk/rust/src/bindings/", "written from wit/ by the test `bindings`")];

/// Files that may hold `unsafe`: path and reason.
const UNSAFE: &[(&str, &str)] = &[
    ("host/runtime/src/images.rs", "compiled images are mapped from disk, after their MAC was checked"),
    ("sdk/rust/src/bindings/", "generated"),
];

/// Where sources are.
const SOURCES: &[&str] = &["examples", "guests", "host", "sdk", "tests", "xtask"];

#[derive(Deserialize)]
struct Workspace {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn packages() -> Vec<Package> {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(["metadata", "--no-deps", "--format-version=1"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Workspace>(&output.stdout).unwrap().packages
}

/// A file of ours: its path from the root, with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines of code with their numbers: what stands behind `//` is no code.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line.split("//").next().unwrap()))
    }
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in SOURCES {
        collect(&root().join(folder), &mut sources);
    }
    assert!(sources.len() > 100, "only {} sources are found", sources.len());
    sources
}

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "target" && name != "node_modules" {
            collect(&path, sources);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            sources.push(Source { path, text });
        }
    }
}

/// Fails with all that is wrong at once.
fn nothing_is_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

/// Whether the list exempts the path; remembers that the exemption is needed.
fn is_exempt(path: &str, list: &[(&'static str, &str)], needed: &mut BTreeSet<&'static str>) -> bool {
    let found = list.iter().find(|(exempt, _)| path.starts_with(exempt));
    needed.extend(found.map(|(exempt, _)| *exempt));
    found.is_some()
}

fn unneeded(list: &[(&'static str, &str)], needed: &BTreeSet<&'static str>) -> impl Iterator<Item = String> {
    let unneeded = list.iter().filter(|(exempt, _)| !needed.contains(exempt));
    unneeded.map(|(exempt, _)| format!("{exempt} needs its exemption no more: remove it from tests/tests/house.rs"))
}

#[test]
fn layers_point_one_way() {
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let packages = packages();
    let ours: BTreeSet<_> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &packages {
        let Some(allowed) = layers.get(package.name.as_str()) else {
            wrong.push(format!("{} has no place yet: add it to LAYERS and to ARCHITECTURE.md", package.name));
            continue;
        };
        for Dependency { name } in package.dependencies.iter().filter(|found| ours.contains(found.name.as_str())) {
            if !allowed.contains(&name.as_str()) {
                wrong.push(format!(
                    "{} may not depend on {name}: hand it in through a trait of signalsync-core, or change LAYERS \
                     together with ARCHITECTURE.md and say why in docs/adr/",
                    package.name
                ));
            }
        }
    }
    nothing_is_wrong(&wrong);
}

#[test]
fn no_layer_is_above_itself() {
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let mut settled = BTreeSet::new();
    while settled.len() < layers.len() {
        let before = settled.len();
        let ready = layers.iter().filter(|(_, below)| below.iter().all(|name| settled.contains(name)));
        let ready: Vec<_> = ready.map(|(name, _)| *name).collect();
        settled.extend(ready);
        assert!(settled.len() > before, "LAYERS has a circle, or names a crate that it does not list");
    }
}

#[test]
fn domain_crates_know_neither_the_sandbox_nor_the_front_door() {
    let mut wrong = Vec::new();
    for package in packages().iter().filter(|package| DOMAIN.contains(&package.name.as_str())) {
        for Dependency { name } in &package.dependencies {
            if FRONT_DOOR_AND_SANDBOX.iter().any(|banned| name.starts_with(banned)) {
                wrong.push(format!(
                    "{} depends on {name}: call components through `Invoke`, leave HTTP to signalsync-server",
                    package.name
                ));
            }
        }
    }
    nothing_is_wrong(&wrong);
}

#[test]
fn every_crate_takes_the_lints_of_the_house() {
    let mut wrong = Vec::new();
    for package in packages() {
        let manifest: toml::Table = fs::read_to_string(&package.manifest_path).unwrap().parse().unwrap();
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            wrong.push(format!("add `[lints] workspace = true` to {}", package.manifest_path.display()));
        }
    }
    nothing_is_wrong(&wrong);
}

#[test]
fn files_say_what_they_are_and_are_short() {
    let (mut wrong, mut needed) = (Vec::new(), BTreeSet::new());
    for Source { path, text } in sources() {
        let lines = text.lines().count();
        if !text.starts_with("//! ") && !is_exempt(&path, GENERATED, &mut needed) {
            wrong.push(format!("{path}: begin with a line `//! …` that says what the file is for"));
        }
        if lines > LINES_MAX && !is_exempt(&path, GENERATED, &mut needed) {
            wrong
                .push(format!("{path} has {lines} lines: more than {LINES_MAX} hold two things, so make it two files"));
        }
    }
    wrong.extend(unneeded(GENERATED, &needed));
    nothing_is_wrong(&wrong);
}

#[test]
fn nothing_is_left_for_later() {
    let banned = [
        (concat!("todo", "!("), "finish it, or open an issue"),
        (concat!("unimplemented", "!("), "finish it, or leave it out"),
        (concat!("#[ign", "ore"), "a test that is not run tests nothing: move it to the nightly profile or delete it"),
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            for (text, advice) in banned.iter().filter(|(text, _)| line.contains(text)) {
                wrong.push(format!("{}:{number}: `{text}`: {advice}", source.path));
            }
        }
    }
    nothing_is_wrong(&wrong);
}

#[test]
fn unsafe_code_is_rare_and_says_why_it_is_sound() {
    let (mut wrong, mut needed) = (Vec::new(), BTreeSet::new());
    for source in sources() {
        let places: Vec<_> = source.code().filter(|(_, line)| is_unsafe(line)).map(|(number, _)| number).collect();
        if places.is_empty() {
            continue;
        }
        if !is_exempt(&source.path, UNSAFE, &mut needed) {
            wrong.push(format!("{}:{}: do it in safe Rust", source.path, places[0]));
        } else if !is_exempt(&source.path, GENERATED, &mut BTreeSet::new()) {
            let silent = places.iter().filter(|number| !is_justified(&source.text, **number));
            wrong.extend(silent.map(|number| format!("{}:{number}: write `// SAFETY: …` above it", source.path)));
        }
    }
    wrong.extend(unneeded(UNSAFE, &needed));
    nothing_is_wrong(&wrong);
}

fn is_unsafe(line: &str) -> bool {
    let keyword = concat!("uns", "afe");
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == keyword)
}

/// Whether one of the eight lines above says why.
fn is_justified(text: &str, number: usize) -> bool {
    let above = text.lines().take(number - 1).skip(number.saturating_sub(9));
    above.into_iter().any(|line| line.contains("// SAFETY: "))
}

/// `deny.toml` exempts advisories "until CRATE VERSION".
#[test]
fn exemptions_from_advisories_end() {
    let deny: toml::Table = fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let lock: toml::Table = fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let mut wrong = Vec::new();
    for exemption in deny["advisories"]["ignore"].as_array().unwrap() {
        let (id, reason) = (&exemption["id"], exemption["reason"].as_str().unwrap());
        let Some((name, fixed)) = reason.rsplit_once("until ").and_then(|(_, until)| until.split_once(' ')) else {
            wrong.push(format!(
                "deny.toml: say in the reason of {id} until which version it holds: `until CRATE VERSION`"
            ));
            continue;
        };
        if locked(&lock, name).is_none_or(|version| numbers(&version) >= numbers(fixed)) {
            wrong.push(format!("deny.toml: {name} {fixed} is here, so remove the exemption for {id}"));
        }
    }
    nothing_is_wrong(&wrong);
}

fn locked(lock: &toml::Table, name: &str) -> Option<String> {
    let packages = lock["package"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"].as_str() == Some(name))?;
    package["version"].as_str().map(ToOwned::to_owned)
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap()).collect()
}
