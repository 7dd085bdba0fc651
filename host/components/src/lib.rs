//! Components and deployments of a tenant: what was uploaded, what of it is at work, and under which grants.
//!
//! Knows neither WebAssembly nor HTTP: components are admitted and run through the traits of `core`.

mod component;
mod deployment;
mod error;
mod executions;

pub use component::{Component, Components, State};
pub use deployment::{
    Deployment, Deployments, Draft, OnFailure, OriginCheck, Tried, Validation, Version, active, call, validations_of,
};
pub use error::{ComponentError, DeployError};
pub use executions::{Executions, Receipts};
