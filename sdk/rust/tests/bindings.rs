//! The kept bindings are those of the contract.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use wit_bindgen_core::wit_parser::{Resolve, UnresolvedPackageGroup};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::{Opts, WithOption};

/// The capabilities of all worlds together; generated once.
const CAPABILITIES: &str = "
    package signalsync:sdk@0.1.0;
    world capabilities {
        import signalsync:plugin/types@0.1.0;
        import signalsync:plugin/storage@0.1.0;
        import signalsync:plugin/files@0.1.0;
        import signalsync:plugin/http@0.1.0;
        import signalsync:plugin/log@0.1.0;
        import signalsync:plugin/context@0.1.0;
    }
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn generate(world: &str, derived: &[&str], with: &[(&str, &str)]) -> String {
    let mut resolve = Resolve::default();
    let (plugin, _) = resolve.push_path(root().join("../../wit/0.1.0")).unwrap();
    let (workflow, _) = resolve.push_path(root().join("../../wit/workflow/0.1.0")).unwrap();
    let own = resolve.push_group(UnresolvedPackageGroup::parse("capabilities.wit", CAPABILITIES).unwrap()).unwrap();
    let package = match world {
        "capabilities" => own,
        "workflow" => workflow,
        _ => plugin,
    };
    let world_id = resolve.select_world(&[package], Some(world)).unwrap();
    let options = Opts {
        format: true,
        additional_derive_attributes: derived.iter().map(|name| (*name).to_owned()).collect(),
        pub_export_macro: true,
        generate_all: true,
        with: with.iter().map(|(wit, rust)| ((*wit).to_owned(), WithOption::Path((*rust).to_owned()))).collect(),
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world_id, &mut files).unwrap();
    let (_, source) = files.iter().next().unwrap();
    without_import_section(std::str::from_utf8(source).unwrap())
}

/// Cuts out the static that describes the imports; see `src/bindings.rs`.
fn without_import_section(source: &str) -> String {
    let start = source.rfind("#[rustfmt::skip]\n#[cfg(target_arch = \"wasm32\")]").expect("the section's static");
    let section = &source[start..];
    assert!(section.contains(":encoded world\""), "another static was found");
    let end = start + section.find("#[inline(never)]").expect("the function behind the section");
    format!("{}{}", &source[..start], &source[end..])
}

#[test]
fn the_bindings_are_those_of_the_contract() {
    let interfaces = ["types", "storage", "files", "http", "log", "context"];
    let names = interfaces.map(|name| (format!("signalsync:plugin/{name}@0.1.0"), format!("crate::bindings::{name}")));
    let of_world = |has_files: bool| {
        let wanted = names.iter().filter(move |(wit, _)| has_files || !wit.contains("/files@"));
        wanted.map(|(wit, rust)| (wit.as_str(), rust.as_str())).collect::<Vec<_>>()
    };
    let compared = ["PartialEq"];
    // What a workflow decides is part of what it remembers: who is to be asked next, and when.
    let remembered = ["PartialEq", "serde::Serialize", "serde::Deserialize"];
    check("capabilities", &compared, &[("signalsync:plugin/types@0.1.0/denied", "crate::Denied")]);
    check("validation", &compared, &of_world(false));
    check("mapping", &compared, &of_world(true));
    check("workflow", &remembered, &of_world(true));
}

fn check(world: &str, derived: &[&str], with: &[(&str, &str)]) {
    let path = root().join("src/bindings").join(world).with_extension("rs");
    let current = generate(world, derived, with);
    #[expect(clippy::disallowed_methods, reason = "a switch for the developer who runs this test")]
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == current,
        "src/bindings/{world}.rs is not what the contract says; run the test with UPDATE_BINDINGS=1"
    );
}
