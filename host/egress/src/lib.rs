//! Outbound HTTP for components: one request to one granted origin, under limits.
//!
//! The rules, in the order in which they are applied: the request is well-formed and small; its origin is
//! granted; its name is resolved once; *every* address it resolves to is public (or an exception that the
//! operator made); the connection goes to an address that was checked, never to the name again. Redirects
//! are returned, not followed, so that every hop is a request that passes the same rules.
//!
//! Knows nothing of components, tenants or WebAssembly, keeps no state between requests, and never logs a
//! URL's path, a header or a body: these can hold secrets.

mod address;
mod config;
mod connect;
mod egress;
mod error;
mod exchange;
mod meter;
mod origin;
mod outgoing;

pub use config::EgressConfig;
pub use egress::Egress;
pub use error::EgressError;
pub use origin::{InvalidOrigin, Origin};
pub use outgoing::{BODY_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, URL_BYTES_MAX};
