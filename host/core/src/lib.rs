//! The words that all layers share: names, authority, grants, limits, calls and how they end.
//!
//! No I/O, no clock of its own, no knowledge of WebAssembly, HTTP or a store.

pub mod admit;
pub mod call;
pub mod clock;
pub mod contract;
pub mod execution;
pub mod grants;
pub mod id;
pub mod invoke;
pub mod json;
pub mod limits;
pub mod name;
pub mod scope;

pub use admit::{Admission, Admit, Admitted, Import, Refusal};
pub use call::{Call, Deployed, Input, Kind, Output};
pub use clock::{Clock, SystemClock, Timestamp};
pub use execution::{End, Execution, Failure, LogLine, Usage};
pub use grants::{Access, Grants};
pub use id::{Digest, ExecutionId, KeyId, TenantId};
pub use invoke::{Completed, Invoke};
pub use limits::{CallLimits, Tier};
pub use name::{CollectionName, DeploymentName, FilePath, FolderName, InvalidName, RecordId, TenantSlug};
pub use scope::{Authority, Principal, TenantScope};
