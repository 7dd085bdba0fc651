//! What new tenants can begin with: archives in a folder of the operator's.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use signalsync_core::FolderName;

/// Bytes of a template: it is in memory, and in the transaction that creates a tenant.
const TEMPLATE_BYTES_MAX: u64 = 64 << 20;

/// Templates that are listed.
const LISTED_MAX: usize = 1_000;

const ENDING: &str = ".zip";

/// A template cannot be had. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// There is no file of this name.
    #[error("there is no template `{0}`")]
    None(FolderName),
    /// Its file is larger than a template may be.
    #[error("{path} has more than {TEMPLATE_BYTES_MAX} bytes, which no template has")]
    TooLarge { path: PathBuf },
    /// Its file, or the folder, cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable { path: PathBuf, error: io::Error },
}

/// The folder. Each template is `NAME.zip`, and is read when it is wanted.
pub struct Templates(Option<PathBuf>);

impl Templates {
    /// In this folder; none: there are no templates.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// Names of all of them, in order.
    ///
    /// # Errors
    /// `Unreadable`.
    pub async fn names(&self) -> Result<Vec<FolderName>, TemplateError> {
        let Some(folder) = &self.0 else { return Ok(Vec::new()) };
        let unreadable = |error| TemplateError::Unreadable { path: folder.clone(), error };
        let mut entries = tokio::fs::read_dir(folder).await.map_err(unreadable)?;
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(unreadable)?
            && names.len() < LISTED_MAX
        {
            let file = entry.file_name();
            names.extend(file.to_str().and_then(|file| file.strip_suffix(ENDING)?.parse::<FolderName>().ok()));
        }
        names.sort();
        Ok(names)
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub async fn read(&self, name: &FolderName) -> Result<Bytes, TemplateError> {
        let none = || TemplateError::None(name.clone());
        let path = self.0.as_ref().ok_or_else(none)?.join(format!("{name}{ENDING}"));
        match tokio::fs::metadata(&path).await {
            Ok(found) if found.len() > TEMPLATE_BYTES_MAX => return Err(TemplateError::TooLarge { path }),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(none()),
            Err(error) => return Err(TemplateError::Unreadable { path, error }),
        }
        tokio::fs::read(&path).await.map(Bytes::from).map_err(|error| TemplateError::Unreadable { path, error })
    }
}
