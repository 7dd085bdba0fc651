//! Who is there and who asks: tenants, their tiers, and API keys.
//!
//! [`Directory`] is the only holder of the process's `Authority`, so it is the only place where a request
//! becomes access to a tenant's data. People, their roles and their sessions get their own modules here.

mod directory;
mod error;
mod key;
mod registry;
mod tenant;

pub use directory::{Actor, Directory, HostLabel, Tiers};
pub use error::{AuthError, TenancyError};
pub use key::{IssuedKey, KeyInfo, NewKey, Owner};
pub use registry::KEYS_PER_OWNER_MAX;
pub use tenant::{Tenant, TenantPage};
