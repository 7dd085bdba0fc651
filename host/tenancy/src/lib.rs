//! Who is there and who asks: tenants, their tiers, and API keys.
//!
//! [`Directory`] is the only holder of the process's `Authority`, so it is the only place where a request
//! becomes access to a tenant's data. What people and keys may do there is worked out by `people`.

mod directory;
mod error;
mod key;
mod life;
mod likeness;
mod rate;
mod registry;
mod tenant;

pub use directory::{Actor, Directory, Entered, Furnish, GRACE_MS, HostLabel, TenantChange, Tiers};
pub use error::{AuthError, TenancyError};
pub use key::{Issued, Made};
pub use life::{Life, REASON_BYTES_MAX, Wanted};
pub use registry::OPERATOR_KEYS_MAX;
pub use tenant::{Receipt, Tenant, TenantDraft, TenantPage};
