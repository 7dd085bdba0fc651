//! Lists the guests, so that one that no test runs does not compile.
//!
//! Writes `guests.rs`: a constant with the path of each component, and `every_guest_has_a_test!`, which wants a
//! function of the guest's name (with `_` for `-`) where it is called: `every_guest_has_a_test!(hostile)` for the
//! guests of one folder, `every_guest_has_a_test!()` for all.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script in variables")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Guests by folder of `guests/`, each with the name of its component.
type Families = BTreeMap<String, Vec<String>>;

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let guests = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../guests");
    println!("cargo::rerun-if-changed={}", guests.display());
    let families = families(&guests)?;
    let components = target(&out)?.join("components");
    fs::write(out.join("guests.rs"), constants(&families, &components)? + &macros(&families)?)?;
    Ok(())
}

/// `TARGET/PROFILE/build/PACKAGE/out` lies in the target folder.
fn target(out: &Path) -> Result<&Path, Box<dyn Error>> {
    out.ancestors().nth(4).ok_or_else(|| format!("no target folder above {}", out.display()).into())
}

fn families(guests: &Path) -> Result<Families, Box<dyn Error>> {
    let mut families = Families::new();
    for family in fs::read_dir(guests)? {
        let family = family?;
        let mut names = stems(&family.path(), "wat")?;
        names.extend(stems(&family.path().join("examples"), "rs")?);
        names.sort();
        families.insert(family.file_name().to_string_lossy().into_owned(), names);
    }
    Ok(families)
}

fn stems(folder: &Path, extension: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut stems = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension) {
                stems.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            }
        }
    }
    Ok(stems)
}

fn constants(families: &Families, components: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for name in families.values().flatten() {
        let path = components.join(name).with_extension("wasm");
        let constant = name.replace('-', "_").to_uppercase();
        writeln!(text, "/// The component `{name}`.\npub const {constant}: &str = {path:?};")?;
    }
    Ok(text)
}

/// One arm for each family, and one for all.
fn macros(families: &Families) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("/// Fails to compile when a guest has no test.\n#[macro_export]\n");
    writeln!(text, "macro_rules! every_guest_has_a_test {{")?;
    for (family, names) in families {
        writeln!(text, "    ({family}) => {{ {} }};", wanted(names))?;
    }
    writeln!(text, "    () => {{ {} }};\n}}", wanted(families.values().flatten()))?;
    Ok(text)
}

fn wanted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let functions: String = names.into_iter().map(|name| format!("let _ = {}; ", name.replace('-', "_"))).collect();
    format!("const _: () = {{ {functions} }};")
}
