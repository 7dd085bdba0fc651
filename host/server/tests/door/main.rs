//! The front door from outside, over TCP.

mod access;
mod limits;
mod operator;
mod resources;
mod server;
mod tls;
