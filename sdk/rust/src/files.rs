//! The tenant's files, encrypted at rest.
//!
//! Reads see one snapshot plus the call's own writes; writes commit with the call.

use crate::Denied;
pub use crate::bindings::files::Info;
use crate::host::{self, Current, Host};

/// Most bytes of one read: 1 MiB.
const READ_MAX: u32 = 1 << 20;

/// A named set of files that was granted to the deployment.
///
/// ```
/// use signalsync_sdk::{files::Folder, testing::MockHost};
///
/// let host = MockHost::new().folder("reports").install();
/// let reports = Folder::open("reports").unwrap();
/// reports.write("2026/may.txt", "text/plain", b"all well").unwrap();
/// assert_eq!(reports.read_all("2026/may.txt").unwrap(), b"all well");
/// ```
pub struct Folder(<Current as Host>::Folder);

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// [`Denied::NotGranted`]; [`Denied::Invalid`] when the name is not `[a-z][a-z0-9-]{0,62}`;
    /// [`Denied::OverLimit`] over 64 open folders.
    ///
    /// ```
    /// # use signalsync_sdk::{Denied, files::Folder, testing::MockHost};
    /// # let _host = MockHost::new().install();
    /// assert_eq!(Folder::open("reports").err(), Some(Denied::NotGranted));
    /// ```
    pub fn open(name: &str) -> Result<Self, Denied> {
        host::Folder::open(name).map(Self)
    }

    /// Files behind the path `after`, in the order of their paths, at most `limit` (1 to 1,000).
    ///
    /// # Errors
    /// [`Denied::Invalid`] limit.
    ///
    /// ```
    /// # use signalsync_sdk::{files::Folder, testing::MockHost};
    /// # let _host = MockHost::new().file("reports", "a.txt", "text/plain", "hello").install();
    /// assert_eq!(Folder::open("reports").unwrap().list(None, 10).unwrap()[0].size, 5);
    /// ```
    pub fn list(&self, after: Option<&str>, limit: u32) -> Result<Vec<Info>, Denied> {
        host::Folder::list(&self.0, after, limit)
    }

    /// At most `length` bytes (up to 1 MiB) from `offset`; empty at and behind the end.
    ///
    /// # Errors
    /// [`Denied::Invalid`] when there is no such file or the path is malformed; [`Denied::OverLimit`].
    ///
    /// ```
    /// # use signalsync_sdk::{files::Folder, testing::MockHost};
    /// # let _host = MockHost::new().file("reports", "a.txt", "text/plain", "hello").install();
    /// assert_eq!(Folder::open("reports").unwrap().read("a.txt", 1, 2).unwrap(), b"el");
    /// ```
    pub fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Denied> {
        host::Folder::read(&self.0, path, offset, length)
    }

    /// The whole file, read piece by piece.
    ///
    /// # Errors
    /// As [`Folder::read`].
    ///
    /// ```
    /// # use signalsync_sdk::{files::Folder, testing::MockHost};
    /// # let _host = MockHost::new().file("reports", "a.txt", "text/plain", "hello").install();
    /// assert_eq!(Folder::open("reports").unwrap().read_all("a.txt").unwrap(), b"hello");
    /// ```
    pub fn read_all(&self, path: &str) -> Result<Vec<u8>, Denied> {
        let mut body = Vec::new();
        loop {
            let piece = self.read(path, body.len() as u64, READ_MAX)?;
            if piece.is_empty() {
                return Ok(body);
            }
            body.extend(piece);
        }
    }

    /// Creates or replaces a file.
    ///
    /// # Errors
    /// [`Denied::NotGranted`] when the grant is read-only; [`Denied::Invalid`] path or media type;
    /// [`Denied::OverLimit`] over 1 MiB for a file, 64 files or 8 MiB in a call.
    ///
    /// ```
    /// # use signalsync_sdk::{files::Folder, testing::MockHost};
    /// let host = MockHost::new().folder("reports").install();
    /// Folder::open("reports").unwrap().write("a.txt", "text/plain", b"hello").unwrap();
    /// assert_eq!(host.file("reports", "a.txt").unwrap(), b"hello");
    /// ```
    pub fn write(&self, path: &str, media_type: &str, body: &[u8]) -> Result<(), Denied> {
        host::Folder::write(&self.0, path, media_type, body)
    }

    /// Deletes a file; false when there was none.
    ///
    /// # Errors
    /// As [`Folder::write`].
    ///
    /// ```
    /// # use signalsync_sdk::{files::Folder, testing::MockHost};
    /// # let _host = MockHost::new().folder("reports").install();
    /// assert_eq!(Folder::open("reports").unwrap().delete("a.txt"), Ok(false));
    /// ```
    pub fn delete(&self, path: &str) -> Result<bool, Denied> {
        host::Folder::delete(&self.0, path)
    }
}
