//! Imports and exports of the whole component, against the contract.

use std::collections::BTreeMap;

use signalsync_core::{Import, Kind, Refusal};
use wasmparser::{ComponentExport, ComponentExternalKind, ComponentImport, ComponentTypeRef, TypeBounds};

use super::shown;

/// Version of the contract that this host offers.
const VERSION: &str = "0.1.0";

/// Our interfaces, and whether a deployment has to be granted them.
const PLUGIN: &[(&str, bool)] =
    &[("types", false), ("context", false), ("log", false), ("storage", true), ("files", true), ("http", true)];

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

    /// What it asks for, and the contract's version.
    pub(crate) fn into_imports(self) -> (Vec<Import>, String) {
        (self.imports, VERSION.to_owned())
    }

    /// Which question it answers.
    pub(crate) fn kind(&self) -> Result<Kind, Refusal> {
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
        format!("use the interfaces of `signalsync:plugin@{VERSION}`")
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

/// The capability that an import needs a grant for.
fn known(name: &str) -> Result<Option<&'static str>, Refusal> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let Some((package, interface)) = path.split_once('/') else { return Err(unknown(name)) };
    if package == "signalsync:plugin" {
        return plugin(name, interface, version);
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

fn plugin(name: &str, interface: &str, version: &str) -> Result<Option<&'static str>, Refusal> {
    let Some((interface, granted)) = PLUGIN.iter().find(|(known, _)| *known == interface) else {
        return Err(if version == VERSION { unknown(name) } else { other_version(name, VERSION) });
    };
    if version == VERSION { Ok(granted.then_some(interface)) } else { Err(other_version(name, VERSION)) }
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
        for unknown in [
            "signalsync:plugin/secrets@0.1.0",
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
