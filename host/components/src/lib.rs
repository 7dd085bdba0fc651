//! Components and deployments of a tenant: what was uploaded, what of it is at work, and under which grants.
//!
//! Knows neither WebAssembly nor HTTP: components are admitted and run through the traits of `core`.

pub mod archive;
mod component;
mod deployment;
mod draft;
mod error;
mod executions;
mod validations;
mod version;

pub use component::{Component, Components, Described, State, definition};
pub use deployment::{Deployment, Deployments, Holds, Tried};
pub use draft::{Draft, OriginCheck};
pub use error::{ComponentError, DeployError};
pub use executions::{Executions, Receipts, receipt};
pub use validations::{Validation, validations_of};
pub use version::{OnFailure, Version, active, call, deployed};
