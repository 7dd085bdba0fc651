//! What one call carries: dropped with its store, shared with nobody.

use std::sync::Arc;

use signalsync_core::{Deployed, Principal, Timestamp, Touched};
use signalsync_data::Gate;
use signalsync_store::Transaction;
use wasmtime::component::ResourceTable;

use crate::capability::http::Outside;
use crate::capability::log::LogBuffer;
use crate::capability::wasi::LockedWasi;
use crate::meter::MemoryMeter;
use crate::transcript::Transcript;

/// Handles to host resources that one call can have open.
pub(crate) const HANDLES_MAX: usize = 128;

/// The data of a call's wasmtime store.
pub(crate) struct CallState {
    pub(crate) memory: MemoryMeter,
    pub(crate) traffic: Traffic,
    pub(crate) log: LogBuffer,
    pub(crate) transcript: Transcript,
    pub(crate) context: CallContext,
    pub(crate) tx: Transaction,
    /// The way to records, in the name of the deployment.
    pub(crate) gate: Gate,
    /// Records that the call wrote, each with what it was before.
    pub(crate) touched: Vec<Touched>,
    pub(crate) budget: StoreBudget,
    pub(crate) outside: Outside,
    pub(crate) handles: ResourceTable,
    pub(crate) wasi: LockedWasi,
}

/// What the component is told about the call.
pub(crate) struct CallContext {
    pub(crate) deployed: Arc<Deployed>,
    pub(crate) caller: Principal,
    pub(crate) now: Timestamp,
    pub(crate) random: rand::rngs::ChaCha8Rng,
}

/// What crossed the wall.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Traffic {
    pub(crate) host_calls: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

/// How much a call may still do to the tenant's data.
#[derive(Debug)]
pub(crate) struct StoreBudget {
    /// Records and files read, pages listed.
    pub(crate) reads: u32,
    /// Records and files written or deleted.
    pub(crate) writes: u32,
    /// Bytes written.
    pub(crate) write_bytes: usize,
    /// Files written.
    pub(crate) file_writes: u32,
}

impl StoreBudget {
    pub(crate) const READS: u32 = 10_000;
    pub(crate) const WRITES: u32 = 1_000;
    pub(crate) const WRITE_BYTES: usize = 8 << 20;
    pub(crate) const FILE_WRITES: u32 = 64;
}

impl Default for StoreBudget {
    fn default() -> Self {
        Self {
            reads: Self::READS,
            writes: Self::WRITES,
            write_bytes: Self::WRITE_BYTES,
            file_writes: Self::FILE_WRITES,
        }
    }
}
