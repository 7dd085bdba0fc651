//! A released contract never changes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::workspace::root;

/// BLAKE3 over the files of a version, in the order of their names: each name, its length, its text.
fn digest(folder: &Path) -> String {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let text = fs::read(&file).unwrap();
        hasher.update(format!("{name}\0{}\0", text.len()).as_bytes());
        hasher.update(&text);
    }
    hasher.finalize().to_hex().to_string()
}

#[test]
fn a_released_contract_never_changes() {
    let wit = root().join("wit");
    let released: BTreeMap<String, String> =
        toml::from_str(&fs::read_to_string(wit.join("released.toml")).unwrap()).unwrap();
    for (version, frozen) in released {
        let found = digest(&wit.join(&version));
        assert_eq!(
            found, frozen,
            "wit/{version} was released and differs now. A released contract never changes: add a new version beside it."
        );
    }
}

#[test]
fn every_version_is_a_folder_that_names_itself() {
    for entry in fs::read_dir(root().join("wit")).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let version = entry.file_name().into_string().unwrap();
        let types = fs::read_to_string(entry.path().join("types.wit")).unwrap();
        assert!(
            types.contains(&format!("package signalsync:plugin@{version};")),
            "wit/{version} names another version"
        );
    }
}
