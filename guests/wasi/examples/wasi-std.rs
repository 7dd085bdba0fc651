//! Uses the standard library as a program would: its answer lists all that the locked WASI let through.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "this is what the guest is about"
)]

use std::collections::HashMap;
use std::time::{Instant, SystemTime};
use std::{env, fs};

use serde_json::Value;
use signalsync_sdk::{Violation, context, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        println!("a line for nobody");
        eprintln!("another line for nobody");
        let holes = [
            ("argument", env::args().next().is_some()),
            ("variable", env::vars().next().is_some()),
            ("root", fs::read_dir("/").is_ok()),
            ("file", fs::write("left-behind", "x").is_ok()),
            ("clock", wall_clock_differs()),
            ("timer", timer_moves()),
        ];
        let found = holes.into_iter().filter(|(_, is_open)| *is_open);
        found.map(|(name, _)| Violation::error("", "HOLE", name)).chain(hash_seed()).collect()
    }
}

/// The wall clock stands at the time of the call.
fn wall_clock_differs() -> bool {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_millis() != u128::from(context::now())
}

/// The monotonic clock does not measure the sandbox.
fn timer_moves() -> bool {
    let start = Instant::now();
    let sum: u64 = (0..10_000).fold(0, |sum, number| sum ^ std::hint::black_box(number));
    std::hint::black_box(sum);
    start.elapsed().as_nanos() > 0
}

/// The order of a map shows the seed of its hashes, which a replay must see again.
fn hash_seed() -> Option<Violation> {
    let map: HashMap<u8, ()> = (0..16).map(|key| (key, ())).collect();
    let order: Vec<_> = map.keys().map(u8::to_string).collect();
    Some(Violation::warning("", "ORDER", order.join(" ")))
}
