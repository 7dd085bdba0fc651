//! Roles, departments, teams and keys over real stores, at the crate's public face.

mod administrators;
mod departments;
mod fixture;
mod keys;
mod reasons;
mod roles;
mod teams;
