//! `cargo xtask …`: everything that a developer of SignalSync runs.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use clap::{Parser, Subcommand};

mod api;
mod bench;
mod check;
mod demo;
mod en16931;
mod guests;
mod schemathesis;
mod shell;
mod test;
mod tools;
mod web;
#[cfg(test)]
mod wit;
mod workspace;

/// Build, test and try SignalSync.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything, start a host with two demo tenants and real invoices, and go on serving.
    Demo(demo::Options),
    /// Build the components and run all tests.
    Test(test::Options),
    /// Check format, lints and dependencies.
    Check,
    /// Measure the host against what it is built on and against its peers.
    Bench(bench::Options),
    /// Build the components of guests/ and examples/ into target/components.
    Guests,
    /// Have people do their work in a real browser, and renew the pictures of it. Needs Node.js and Chromium.
    Browser,
    /// Try the interface with requests that are made up out of its OpenAPI document. Needs Python 3.
    Schemathesis(schemathesis::Options),
    /// Try a folder of EN 16931 case files against a running demo.
    En16931(en16931::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Check => check::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Guests => guests::build().map(drop),
        Command::Browser => web::journeys(),
        Command::Schemathesis(options) => schemathesis::run(&options),
        Command::En16931(options) => en16931::run(&options),
    }
}
