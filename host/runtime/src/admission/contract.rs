//! Imports and exports of the whole component, against the contract.

use std::collections::BTreeMap;

use signalsync_core::{Import, Kind, Refusal};
use wasmparser::{ComponentExport, ComponentExternalKind, ComponentImport, ComponentTypeRef, TypeBounds};

use super::shown;

/// A package of the contract, in the version that this host offers.
struct Package {
    name: &'static str,
    version: &'static str,
    /// Its interfaces, and whether a deployment has to be granted them.
    interfaces: &'static [(&'static str, bool)],
}

/// What every component asks of the host, and the worlds of validations and mappings.
const PLUGIN: Package = Package {
    name: "signalsync:plugin",
    version: "0.1.0",
    interfaces: &[
        ("types", false),
        ("context", false),
        ("log", false),
        ("storage", true),
        ("files", true),
        ("http", true),
    ],
};

/// The world of workflows. What a workflow is asked and decides is made of its types, so every workflow imports them.
const WORKFLOW: Package = Package { name: "signalsync:workflow", version: "0.1.0", interfaces: &[("types", false)] };

/// What the standard libraries of guest languages import. All of it is linked in a locked form:
/// no files, no environment, no sockets, the call's clock and random stream.
const WASI: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("clocks", &["monotonic-clock", "wall-clock"]),
    ("filesystem", &["types", "preopens"]),
    ("io", &["error", "poll", "streams"]),
    ("random", &["random", "insecure", "insecure-seed"]),
];

/// The minor version of WASI that is linked.
const WASI_VERSION: &str = "0.2.";

/// Longest name of an import or export of the whole component, in bytes.
const NAME_BYTES_MAX: usize = 512;

/// What the component asks for and what it answers.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    imports: Vec<Import>,
    seen: BTreeMap<String, String>,
    exports: Vec<&'static str>,
}

impl Surface {
    /// Notes one import of the whole component.
    pub(crate) fn import(&mut self, import: &ComponentImport<'_>) -> Result<(), Refusal> {
        let name = import.name.name;
        self.refuse_twins(name)?;
        match import.ty {
            // Types that the world itself defines: names for shapes, they give nothing.
            ComponentTypeRef::Type(TypeBounds::Eq(_)) if !name.contains([':', '/']) => Ok(()),
            ComponentTypeRef::Instance(_) => {
                let capability = known(name)?;
                self.imports.push(Import { name: name.to_owned(), capability: capability.map(str::to_owned) });
                Ok(())
            }
            _ => Err(unknown(name)),
        }
    }

    /// Notes one export of the whole component.
    pub(crate) fn export(&mut self, export: &ComponentExport<'_>) {
        const ANSWERS: [&str; 4] = ["validate", "transform", "describe", "advance"];
        if export.kind == ComponentExternalKind::Func {
            self.exports.extend(ANSWERS.into_iter().find(|answer| *answer == export.name.name));
        }
    }

    /// What it asks for.
    pub(crate) fn into_imports(self) -> Vec<Import> {
        self.imports
    }

    /// Which question it answers, and the version of the package that asks it.
    pub(crate) fn kind(&self) -> Result<(Kind, &'static str), Refusal> {
        match self.answers()? {
            Kind::Workflow if !self.imports_of(&WORKFLOW) => Err(old_workflow()),
            Kind::Workflow => Ok((Kind::Workflow, WORKFLOW.version)),
            kind => Ok((kind, PLUGIN.version)),
        }
    }

    fn imports_of(&self, package: &Package) -> bool {
        self.imports.iter().any(|import| package_of(&import.name) == Some(package.name))
    }

    fn answers(&self) -> Result<Kind, Refusal> {
        let has = |name| self.exports.contains(&name);
        match (has("validate"), has("transform"), has("describe"), has("advance")) {
            (true, false, false, false) => Ok(Kind::Validation),
            (false, true, false, false) => Ok(Kind::Mapping),
            (false, false, true, true) => Ok(Kind::Workflow),
            (false, false, false, false) => Err(unknown_kind("exports none of the functions that the host calls")),
            (false, false, true, false) => Err(unknown_kind("exports `describe` but not `advance`")),
            (false, false, false, true) => Err(unknown_kind("exports `advance` but not `describe`")),
            _ => Err(unknown_kind("exports the functions of more than one kind")),
        }
    }

    fn refuse_twins(&mut self, name: &str) -> Result<(), Refusal> {
        if name.len() > NAME_BYTES_MAX {
            return Err(unknown(name));
        }
        match self.seen.insert(name.to_lowercase(), name.to_owned()) {
            None => Ok(()),
            Some(twin) => {
                let why = format!("it imports {} and {}", shown(&twin), shown(name));
                Err(Refusal::new("malformed", format!("{why}, names that differ by case at most; import each once")))
            }
        }
    }
}

fn unknown_kind(why: &str) -> Refusal {
    Refusal::new(
        "unknown-kind",
        format!(
            "the component {why}; export `validate` for a validation, `transform` for a mapping, or `describe` and \
             `advance` for a workflow, as functions of the component itself"
        ),
    )
}

fn unknown(name: &str) -> Refusal {
    let advice = if name.starts_with("wasi:") {
        "of WASI only cli, clocks, filesystem, io and random exist, in a locked form (for Python build with \
         `--stub-wasi`, for JavaScript with `--disable all`)"
            .to_owned()
    } else {
        format!("use the interfaces of `{}@{}`", PLUGIN.name, PLUGIN.version)
    };
    Refusal::new(
        "unknown-import",
        format!("the component imports {}, which does not exist here; {advice}", shown(name)),
    )
}

fn other_version(name: &str, offered: &str) -> Refusal {
    Refusal::new(
        "contract-version",
        format!("the component imports {}; this host offers version {offered}; build it against that", shown(name)),
    )
}

/// `signalsync:plugin@0.1.0` has a world of workflows of its own, which was replaced before any host ran it.
fn old_workflow() -> Refusal {
    let Package { name, version, .. } = WORKFLOW;
    Refusal::new(
        "contract-version",
        format!(
            "the component exports `describe` and `advance`, but not of `{name}@{version}`, the contract of workflows; \
             build it with the current SDK"
        ),
    )
}

fn package_of(name: &str) -> Option<&str> {
    name.split_once('/').map(|(package, _)| package)
}

/// The capability that an import needs a grant for.
fn known(name: &str) -> Result<Option<&'static str>, Refusal> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let Some((package, interface)) = path.split_once('/') else { return Err(unknown(name)) };
    if let Some(ours) = [PLUGIN, WORKFLOW].into_iter().find(|ours| ours.name == package) {
        return capability(name, &ours, interface, version);
    }
    let known = package.strip_prefix("wasi:").and_then(|package| WASI.iter().find(|(known, _)| *known == package));
    match known {
        Some((_, interfaces)) if interfaces.contains(&interface) => {
            if is_wasi_version(version) {
                Ok(None)
            } else {
                Err(other_version(name, "0.2 of WASI"))
            }
        }
        _ => Err(unknown(name)),
    }
}

fn capability(name: &str, package: &Package, interface: &str, version: &str) -> Result<Option<&'static str>, Refusal> {
    let known = package.interfaces.iter().find(|(known, _)| *known == interface);
    match known {
        _ if version != package.version => Err(other_version(name, package.version)),
        Some((interface, granted)) => Ok(granted.then_some(*interface)),
        None => Err(unknown(name)),
    }
}

fn is_wasi_version(version: &str) -> bool {
    let patch = version.strip_prefix(WASI_VERSION).unwrap_or_default();
    !patch.is_empty() && patch.len() <= 3 && patch.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str) -> Result<Option<&'static str>, String> {
        known(name).map_err(|refusal| refusal.code)
    }

    #[test]
    fn only_exact_names_and_versions_are_known() {
        assert_eq!(code("signalsync:plugin/storage@0.1.0"), Ok(Some("storage")));
        assert_eq!(code("signalsync:plugin/log@0.1.0"), Ok(None));
        assert_eq!(code("wasi:io/streams@0.2.6"), Ok(None));
        assert_eq!(code("signalsync:workflow/types@0.1.0"), Ok(None));
        for unknown in [
            "signalsync:plugin/secrets@0.1.0",
            "signalsync:workflow/storage@0.1.0",
            "signalsync:plugin/Storage@0.1.0",
            "wasi:sockets/tcp@0.2.6",
            "wasi:http/outgoing-handler@0.2.6",
            "wasi:io/secrets@0.2.6",
            "storage",
            "evil:plugin/storage@0.1.0",
            "",
        ] {
            assert_eq!(code(unknown), Err("unknown-import".to_owned()), "{unknown}");
        }
        for version in [
            "signalsync:plugin/storage@0.2.0",
            "signalsync:plugin/storage",
            "signalsync:plugin/later@0.2.0",
            "signalsync:workflow/types@0.2.0",
            "wasi:io/streams@0.3.0",
            "wasi:io/streams@0.2.",
            "wasi:io/streams@0.2.6-rc",
            "wasi:io/streams",
        ] {
            assert_eq!(code(version), Err("contract-version".to_owned()), "{version}");
        }
    }

    #[test]
    fn a_refusal_shows_no_control_characters() {
        let refusal = unknown("\u{1b}[31mred\r\n");
        assert!(!refusal.detail.contains(['\u{1b}', '\r', '\n']), "{}", refusal.detail);
    }
}
