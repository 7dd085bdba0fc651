//! Files of an example.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Ids;

/// A file of a folder: its name without `.json`, and what is in it.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) content: Value,
}

/// What is in a file; none when there is no such file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} is not understood", path.display()))
}

/// The files of a folder in the order of their names; nothing when there is no such folder.
pub(crate) fn list(folder: &Path) -> Result<Vec<Named>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let named = |path: &Path| {
        let name = path.file_stem().and_then(|stem| stem.to_str()).context("a file has no name")?.to_owned();
        Ok(Named { name, content: read(path)?.context("a file is gone")? })
    };
    paths.iter().map(|path| named(path)).collect()
}

/// With ids in place of the texts `@NAME`.
pub(crate) fn filled(value: Value, ids: &Ids) -> Result<Value> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix('@') {
            Some(name) => {
                let id = ids.get(name).with_context(|| format!("there is no person, department or team {name}"))?;
                id.clone().into()
            }
            None => text.into(),
        },
        Value::Array(items) => items.into_iter().map(|item| filled(item, ids)).collect::<Result<_>>()?,
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| Ok((name, filled(value, ids)?))).collect::<Result<_>>()?
        }
        other => other,
    })
}
