//! Files of a tenant in an archive: a line for each, and its content beside it.

use serde::{Deserialize, Serialize};
use signalsync_core::FilePath;
use signalsync_store::{FileInfo, Shelf};

/// Where contents are in the payload.
pub(crate) const CONTENTS: &str = "contents";

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct FileLine {
    /// Names of what it is in: a folder; or a collection, and what stands for a record.
    pub(crate) on: Vec<String>,
    pub(crate) path: FilePath,
    pub(crate) media_type: String,
    pub(crate) size: u64,
    /// Where its content is in the payload.
    pub(crate) content: String,
}

impl FileLine {
    /// The file with this number in its part.
    pub(crate) fn new(part: &str, number: u64, shelf: &Shelf, info: &FileInfo) -> Self {
        Self {
            on: shelf.parents().into_iter().map(str::to_owned).collect(),
            path: info.path.clone(),
            media_type: info.media_type.clone(),
            size: info.size,
            content: format!("{CONTENTS}/{part}/{number:08}"),
        }
    }
}
