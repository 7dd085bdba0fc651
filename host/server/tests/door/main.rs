//! The front door from outside, over TCP.

mod access;
mod audit;
mod calendars;
mod contract;
mod data;
mod doors;
mod imports;
mod life;
mod limits;
mod mails;
mod matrix;
mod operator;
mod people;
mod resources;
mod server;
mod structure;
mod terms;
mod tls;
mod uploads;
mod web;
