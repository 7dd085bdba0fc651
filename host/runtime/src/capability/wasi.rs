//! WASI 0.2 in its locked form, for guests whose standard library insists on importing it.
//!
//! No files, no environment, no arguments, no sockets. The clock stands still at the call's time,
//! random numbers come from the call's seed, and output goes to the call's log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use signalsync_core::Timestamp;
use signalsync_core::execution::LogLevel;
use tokio::io::AsyncWrite;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView as _};
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock, WasiClocks, WasiClocksView as _};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::capability::log::{LOG_BYTES_MAX, LogBuffer};
use crate::state::CallState;

/// Bytes of one request for random numbers.
const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// Bytes that a guest may write at once.
const WRITE_BYTES_MAX: usize = 4 << 10;

/// WASI's own state, made when a guest first needs it: most components never do.
pub(crate) struct LockedWasi {
    now: Timestamp,
    seed: u64,
    ctx: Option<WasiCtx>,
    table: ResourceTable,
    output: Output,
}

impl LockedWasi {
    /// Nothing yet; `now` and `seed` are those of the call.
    pub(crate) fn new(now: Timestamp, seed: u64) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(crate::state::HANDLES_MAX);
        Self { now, seed, ctx: None, table, output: Output::default() }
    }

    /// What the guest printed, as lines of the log.
    pub(crate) fn print_to(&self, log: &mut LogBuffer) {
        let printed = self.output.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in String::from_utf8_lossy(&printed.bytes).lines() {
            log.push(LogLevel::Info, line);
        }
        if printed.truncated {
            log.push(LogLevel::Warn, "more was printed than a call may print");
        }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let LockedWasi { now, seed, ctx, table, output } = &mut self.wasi;
        let ctx = ctx.get_or_insert_with(|| locked(*now, *seed, output));
        WasiCtxView { ctx, table }
    }
}

fn locked(now: Timestamp, seed: u64, output: &Output) -> WasiCtx {
    WasiCtxBuilder::new()
        .stdout(output.clone())
        .stderr(output.clone())
        .secure_random(ChaCha8Rng::seed_from_u64(seed ^ 1))
        .insecure_random(ChaCha8Rng::seed_from_u64(seed ^ 2))
        .insecure_random_seed(u128::from(seed))
        .max_random_size(RANDOM_BYTES_MAX)
        .wall_clock(StoppedClock(now))
        .monotonic_clock(StoppedClock(now))
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}

struct StoppedClock(Timestamp);

impl HostWallClock for StoppedClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.0)
    }
}

impl HostMonotonicClock for StoppedClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

/// Standard output and standard error of one call: a buffer of the size of the log.
///
/// Own, because the stock stream queues empty writes without limit (GHSA-5m8g-xhq4-4h93).
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Printed>>);

#[derive(Default)]
struct Printed {
    bytes: Vec<u8>,
    truncated: bool,
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this form, and it is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > WRITE_BYTES_MAX {
            return Err(StreamError::trap("a write is larger than check-write allowed"));
        }
        let mut printed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = LOG_BYTES_MAX - printed.bytes.len();
        printed.truncated |= bytes.len() > room;
        printed.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links the interfaces that the standard libraries of guest languages import, and no others:
/// no sockets, no HTTP.
///
/// # Errors
/// When two definitions collide: a mistake of ours.
pub(crate) fn link(l: &mut Linker<CallState>) -> wasmtime::Result<()> {
    use wasmtime_wasi_io::bindings::wasi::io;
    io::error::add_to_linker::<_, Io>(l, |state| state.ctx().table)?;
    io::poll::add_to_linker::<_, Io>(l, |state| state.ctx().table)?;
    io::streams::add_to_linker::<_, Io>(l, |state| state.ctx().table)?;
    clocks::wall_clock::add_to_linker::<_, WasiClocks>(l, |state| state.clocks())?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(l, |state| state.clocks())?;
    random::random::add_to_linker::<_, WasiRandom>(l, |state| state.ctx().ctx.random())?;
    random::insecure::add_to_linker::<_, WasiRandom>(l, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |state| state.ctx().ctx.random())?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(l, |state| state.filesystem())?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(l, |state| state.filesystem())?;
    cli::environment::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::exit::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::stdin::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::stdout::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::stderr::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, |state| state.cli())?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, |state| state.cli())
}
