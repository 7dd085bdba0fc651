//! The clock of a running host, moved from outside: days pass in a moment, or have not happened.
//!
//! The program reads the time through `libfaketime`, which asks a file how far it is off. What measures how long something takes
//! (`CLOCK_MONOTONIC`) goes on as ever, as it does on a machine whose clock is set.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A clock that a test sets. Times are milliseconds since 1970 in UTC.
pub struct HostClock {
    file: PathBuf,
    ahead_ms: i64,
}

impl HostClock {
    /// A clock that is right, kept in this folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let clock = Self { file: folder.join("clock"), ahead_ms: 0 };
        clock.write();
        clock
    }

    /// What it shows.
    pub fn now(&self) -> i64 {
        machine_now() + self.ahead_ms
    }

    /// Sets it forward, or back. Whoever waits for a time looks at the clock again every ten seconds.
    pub fn jump(&mut self, ms: i64) {
        self.ahead_ms += ms;
        self.write();
    }

    /// Sets it forward to the next time that lies `ms` behind the beginning of a minute, an hour or a day.
    pub fn jump_into(&mut self, period: i64, ms: i64) {
        self.jump((ms - self.now()).rem_euclid(period));
    }

    /// In one step, so that nobody reads half a number.
    fn write(&self) {
        let (new, seconds) = (self.file.with_extension("new"), self.ahead_ms as f64 / 1_000.0);
        std::fs::write(&new, format!("{seconds:+.3}\n")).expect("a file");
        std::fs::rename(&new, &self.file).expect("a file");
    }

    /// Makes a program that is about to start read this clock.
    pub(crate) fn lend(&self, command: &mut Command) {
        let library = format!("/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1", std::env::consts::ARCH);
        let is_there = Path::new(&library).exists();
        assert!(is_there, "{library} is missing; run `cargo xtask test`, or install the Debian package libfaketime");
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    }
}

#[expect(clippy::disallowed_methods, reason = "the host's clock is set against the machine's")]
fn machine_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
