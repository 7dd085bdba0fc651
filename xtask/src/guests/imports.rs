//! A component imports what it calls, and nothing else: its imports are its request for permission.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use wit_component::DecodedWasm;
use wit_parser::{WorldItem, WorldKey};

use crate::workspace::Workspace;

/// The interfaces that a component imports, with their numbers of functions.
fn imports(name: &str) -> Vec<(String, usize)> {
    let path = Workspace::load().unwrap().components().join(name).with_extension("wasm");
    let bytes = fs::read(&path).unwrap_or_else(|_| panic!("{} is missing: run `cargo xtask guests`", path.display()));
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&bytes).unwrap() else {
        panic!("{name} is not a component");
    };
    let imports = resolve.worlds[world].imports.iter();
    imports
        .filter_map(|(key, item)| match (key, item) {
            (WorldKey::Interface(id), WorldItem::Interface { .. }) => {
                let interface = &resolve.interfaces[*id];
                Some((interface.name.clone().unwrap(), interface.functions.len()))
            }
            _ => None,
        })
        .collect()
}

fn check(name: &str, expected: &[(&str, usize)]) {
    let found = imports(name);
    let found: Vec<_> = found.iter().map(|(interface, functions)| (interface.as_str(), *functions)).collect();
    assert_eq!(found, expected, "{name}");
}

/// `log` carries the message of a panic; `types` has no functions.
#[test]
fn a_validation_imports_only_what_it_calls() {
    check("accept-all", &[("types", 0), ("log", 1)]);
    check("logs", &[("types", 0), ("log", 1)]);
    check("needs-unique-number", &[("types", 0), ("storage", 2), ("log", 1)]);
}

/// The message of a mapping has HTTP headers: it needs their type without any function.
#[test]
fn a_mapping_imports_only_what_it_calls() {
    check("forwards", &[("types", 0), ("http", 0), ("log", 1)]);
    check("uses-http", &[("types", 0), ("http", 1), ("log", 1)]);
}

/// Both packages of the contract have an interface of this name.
#[test]
fn a_workflow_imports_only_what_it_calls() {
    check("approval", &[("types", 0), ("log", 1), ("types", 0)]);
}
