//! The words that all layers share: names, authority, grants, limits, calls and how they end.
//!
//! No I/O, no clock of its own, no knowledge of WebAssembly, HTTP or a store.

pub mod admit;
pub mod call;
pub mod clock;
pub mod contract;
pub mod cover;
pub mod execution;
pub mod grants;
pub mod id;
pub mod invoke;
pub mod json;
pub mod limits;
pub mod name;
pub mod rights;
pub mod scope;

pub use admit::{Admission, Admit, Admitted, Import, Refusal};
pub use call::{Call, Deployed, Input, Kind, Output};
pub use clock::{Clock, SimulatedClock, SystemClock, Timer, Timestamp};
pub use cover::Lacking;
pub use execution::{End, Execution, Failure, LogLine, Usage};
pub use grants::{Access, Acting, CollectionGrant, Grants};
pub use id::{
    AuditId, DepartmentId, Digest, EventId, ExecutionId, JobId, KeyId, MailId, NoticeId, RequestId, RunId, SessionId,
    TaskId, TeamId, TenantId, UploadId, UserId, WorkId,
};
pub use invoke::{Completed, Invoke, Recorded, Replayed, Touched};
pub use limits::{CallLimits, Tier};
pub use name::{
    CalendarName, CollectionName, DeploymentName, FilePath, FolderName, InvalidName, RecordId, RoleName, ScheduleName,
    TemplateName, TenantSlug,
};
pub use rights::{Permission, Rights};
pub use scope::{Authority, Caller, Origin, Principal, TenantScope};
