//! Durable, tenant-scoped storage: records of all kinds in transactions, and files.
//!
//! **One way in.** [`Stores`] opens a tenant's [`Store`] for a `TenantScope` and for nothing else. Every
//! tenant has its own database and its own folder, so there is no query in which a tenant's name could be
//! forgotten.
//!
//! **A commit is data.** A [`Transaction`] reads one snapshot, notes what it read, and buffers what it writes.
//! At its end it becomes a [`Commit`](commit::Commit): versions and ranges that must still be as they were read,
//! writes, and entries for bounded logs. An engine checks and applies a group of commits at once and makes
//! them durable with one fsync. `Ok` means durable; `Conflict` means that nothing was written.
//!
//! **Keys.** A row's key is one byte for its [`Table`], each part but the last after its length in one byte, and
//! the last part bare: no part runs into the next, and a range of names is a range of keys. Byte 0 is the store's
//! own: the number of the newest commit and the lengths of the logs. A value carries the number of the commit that
//! wrote it, which is its version.
//!
//! **The crash argument.** All writes of a commit, its number and the lengths of its logs go through one write
//! transaction of the engine, which is atomic, and the caller hears of it after the fsync. Content of files is written
//! under a random name, synced and renamed, and its folder synced, before the commit that refers to it. It is removed
//! after the commit that no longer does, when no open transaction can still see it. So at any moment each row
//! that is there has its content, and what a crash leaves too much is swept when the store is opened. A commit whose
//! fsync failed is neither acknowledged nor refused for certain: its contents stay, the store stops, and the next
//! opening reads from disk what became of it.
//!
//! **What is encrypted.** Contents of files, under the tenant's key, and the few secrets in rows that must be read
//! back ([`Transaction::seal`]). Other rows are not: destroying a tenant removes them like any file.

mod blob;
pub mod chain;
mod cipher;
pub mod commit;
mod due;
pub mod engine;
mod error;
mod files;
mod garbage;
mod home;
mod idempotency;
mod key;
pub mod lines;
mod listing;
mod precondition;
mod quota;
mod room;
pub mod row;
mod shelf;
mod store;
mod stores;
mod stream;
mod terms;
mod transact;
mod transaction;
mod watch;

pub use due::{Due, due_key, due_name, parse_due};
pub use error::{CommitError, StoreError};
pub use files::FileInfo;
pub use idempotency::{Done, InvalidRequestKey, RequestKey, Reused};
pub use key::{Key, Table, Versioned};
pub use listing::Listing;
pub use precondition::{Precondition, Unexpected};
pub use shelf::{Shelf, Shelves, id_part, is_id_part};
pub use store::Store;
pub use stores::{EngineKind, Stores, StoresConfig};
pub use stream::{ContentReader, FileReader, FileWriter, StagedFile};
pub use terms::Terms;
pub use transaction::{Committed, Page, Savepoint, Transaction, Written};
pub use watch::{Heard, Watch, Watcher};
