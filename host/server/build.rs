//! Puts the browser app into the program, if it was built (`host/web`; `cargo xtask demo` and `test` build it).

use std::fmt::Write as _;
use std::path::{Path, PathBuf, StripPrefixError};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let built = Path::new("../web/dist").canonicalize()?;
    println!("cargo:rerun-if-changed={}", built.display());
    let mut files = Vec::new();
    collect(&built, &mut files)?;
    let name = |file: &PathBuf| file.strip_prefix(&built).map(|name| name.to_string_lossy().into_owned());
    // In the order of the names as texts, in which they are looked up.
    let mut named = files.iter().map(|file| Ok((name(file)?, file))).collect::<Result<Vec<_>, StripPrefixError>>();
    let named = named.as_mut().map_err(|error| io::Error::other(error.to_string()))?;
    named.sort();
    let mut list = String::from("&[\n");
    for (name, file) in named {
        writeln!(list, "    ({name:?}, include_bytes!({file:?})),").map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    #[expect(clippy::disallowed_methods, reason = "it is how cargo says where files go")]
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("cargo runs this"))?;
    fs::write(out.join("web.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        match (is_hidden, path.is_dir()) {
            (true, _) => {}
            (false, true) => collect(&path, files)?,
            (false, false) => files.push(path),
        }
    }
    Ok(())
}
