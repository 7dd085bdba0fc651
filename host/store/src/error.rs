//! What can go wrong below a tenant's data. The texts are for the operator.

use std::io;

/// The store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such tenant, or it was destroyed.
    #[error("the tenant has no store")]
    NoSuchTenant,
    /// The disk or the quota of the file system is full. Reads go on; writes work again when there is room.
    #[error("the disk is full")]
    Full,
    /// The tenant has used up what its tier allows. Reads and deletes go on.
    #[error("this tenant's {limit} bytes on disk are used up; delete records or files, or ask for a larger tier")]
    QuotaUsedUp { limit: u64 },
    /// Reading or writing failed. The store stops until it is opened again.
    #[error("input or output failed: {0}")]
    Io(#[source] io::Error),
    /// What was read is not what was written.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// A write failed before, so nothing is acknowledged until the store has been opened again.
    #[error("the store stopped after a failed write; it opens again with the next request")]
    Stopped,
    /// The database is still open elsewhere: it closes, or another process uses it.
    #[error("the store is open elsewhere")]
    InUse,
    /// The engine failed in a way that is none of the above.
    #[error("the storage engine failed: {0}")]
    Engine(String),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        ) {
            Self::Full
        } else {
            Self::Io(error)
        }
    }
}

/// A transaction was not committed; nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Something that the transaction read has changed since. Run the operation again on a new one.
    #[error("what the transaction read has changed")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
