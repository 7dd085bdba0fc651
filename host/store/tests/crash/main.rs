//! Processes that end badly: killed while they write, or on a disk that is full.
//!
//! This program is also the victim that its tests start, as `<itself> victim <what> <root> <engine> …`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod full;
mod kill;
mod lab;
mod sync;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use signalsync_store::EngineKind;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1..).unwrap_or_default() {
        [victim, what, rest @ ..] if victim == "victim" => play_victim(what, rest),
        _ => libtest_mimic::run(&Arguments::from_args(), tests()).exit_code(),
    }
}

fn play_victim(what: &str, arguments: &[String]) -> ExitCode {
    match what {
        "kill" => lab::block_on(kill::victim(arguments)),
        "tmpfs" => lab::block_on(full::on_a_small_disk(arguments)),
        "rlimit" => lab::block_on(full::under_a_limit(arguments)),
        // Failures are counted by thread.
        "sync" => lab::block_on_with(1, sync::with_a_failing_fsync(arguments)),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

type Case = (&'static str, fn(EngineKind));

fn tests() -> Vec<Trial> {
    let cases: [Case; 4] = [
        ("kill::what_was_acknowledged_is_there", kill::what_was_acknowledged_is_there),
        ("full::a_full_disk_refuses_writes_until_there_is_room", full::a_full_disk_refuses_writes_until_there_is_room),
        ("full::a_write_that_breaks_loses_nothing", full::a_write_that_breaks_loses_nothing),
        ("sync::a_failed_fsync_is_not_acknowledged", sync::a_failed_fsync_is_not_acknowledged),
    ];
    let engines = [("redb", EngineKind::Redb), ("sled", EngineKind::Sled)];
    let all =
        engines.iter().flat_map(|(engine, kind)| cases.iter().map(move |(name, case)| (engine, *kind, name, *case)));
    all.map(|(engine, kind, name, case)| {
        Trial::test(format!("{engine}::{name}"), move || {
            case(kind);
            Ok(())
        })
    })
    .collect()
}
