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

/// Folders of versions: those of `signalsync:plugin` stand in `wit` itself, those of another package in a folder of its
/// name; each with its package and its path.
fn versions() -> Vec<(String, String)> {
    let folders = |path: &str| -> Vec<String> {
        let entries = fs::read_dir(root().join("wit").join(path)).unwrap().map(Result::unwrap);
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect()
    };
    let is_version = |name: &String| name.starts_with(|c: char| c.is_ascii_digit());
    let (plugin, packages): (Vec<_>, Vec<_>) = folders("").into_iter().partition(is_version);
    let plugin = plugin.into_iter().map(|version| (format!("plugin@{version}"), version));
    let others = packages.iter().flat_map(|package| {
        folders(package)
            .into_iter()
            .map(move |version| (format!("{package}@{version}"), format!("{package}/{version}")))
    });
    plugin.chain(others).collect()
}

#[test]
fn every_version_is_a_folder_that_names_itself() {
    let versions = versions();
    assert!(versions.iter().any(|(package, _)| package.starts_with("workflow@")), "{versions:?}");
    for (package, path) in versions {
        let texts = fs::read_dir(root().join("wit").join(&path)).unwrap();
        let named = format!("package signalsync:{package};");
        let names_itself =
            texts.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).any(|text| text.contains(&named));
        assert!(names_itself, "no file of wit/{path} says `{named}`");
    }
}
