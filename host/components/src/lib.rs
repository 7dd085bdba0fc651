//! Components and deployments of a tenant: what was uploaded, what of it is at work, and under which grants.
//!
//! Knows neither WebAssembly nor HTTP: components are admitted and run through the traits of `core`.

mod component;
mod deployment;
mod draft;
mod error;
mod executions;
mod version;

pub use component::{Component, Components, Described, State, definition};
pub use deployment::{Deployment, Deployments, Terms, Tried};
pub use draft::{Draft, OriginCheck};
pub use error::{ComponentError, DeployError};
pub use executions::{Executions, Receipts};
pub use version::{OnFailure, Validation, Version, active, call, deployed, validations_of};
