//! One configuration for compiler and host, and the clock tick that interrupts guests.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy, WasmBacktraceDetails,
};

/// Changes whenever an image compiled before would behave differently now.
pub(crate) const CONFIG_VERSION: u32 = 1;

/// Length of an epoch: how late a guest that never yields is stopped.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Stack of the guest's own frames. A deeper recursion traps.
const WASM_STACK_BYTES: usize = 512 << 10;

/// Stack of one call: the guest's frames and, above them, the host functions that it calls.
/// An overflow of the host's part would abort the process, so it has 1.5 MiB.
const CALL_STACK_BYTES: usize = 2 << 20;

/// Where instances take their memory from.
#[derive(Debug, Clone, Copy)]
pub enum Allocator {
    /// Slots that are reserved once: the host.
    Pooling(PoolLimits),
    /// Mapped when needed: the compiler, which instantiates nothing and runs under a limit of its address space.
    OnDemand,
}

/// Size of the pool that all tenants share. It reserves address space, not memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolLimits {
    /// Calls that can exist at the same time; the host lets fewer in.
    pub calls: u32,
    /// Core instances in one component. Python needs 38.
    pub core_instances_per_component: u32,
    /// Linear memories in one component. QuickJS needs 3.
    pub memories_per_component: u32,
    /// Tables in one component.
    pub tables_per_component: u32,
    /// Elements of one table.
    pub table_elements: usize,
    /// Bytes of one linear memory; the tier's limit holds for the sum and may be lower, never higher.
    pub memory_bytes: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            calls: 512,
            core_instances_per_component: 64,
            memories_per_component: 8,
            tables_per_component: 32,
            table_elements: 100_000,
            memory_bytes: 256 << 20,
        }
    }
}

/// The one configuration of wasmtime. Both sides use it, so that what the compiler makes is what the host runs; and
/// measurements, so that what they compare with is the same.
pub fn engine_config(allocator: Allocator) -> Config {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift);
    meter(&mut config);
    only_needed_features(&mut config);
    memory_shape(&mut config);
    quiet_errors(&mut config);
    if let Allocator::Pooling(limits) = allocator {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(&limits)));
    }
    config
}

/// Fuel decides, deterministically; epochs are the second stop that does not depend on the first.
fn meter(config: &mut Config) {
    config.consume_fuel(true).epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK_BYTES).async_stack_size(CALL_STACK_BYTES).async_stack_zeroing(true);
    config.cranelift_nan_canonicalization(true).wasm_relaxed_simd(false);
}

/// Proposals that plugins do not need; each had advisories of its own. Multiple memories stay on:
/// without them a composed component that passes a string between its parts panics the host.
fn only_needed_features(config: &mut Config) {
    config.wasm_threads(false).shared_memory(false).wasm_shared_everything_threads(false);
    config.wasm_gc(false).gc_support(false).wasm_function_references(false).wasm_exceptions(false);
    config.wasm_memory64(false).wasm_custom_page_sizes(false).wasm_stack_switching(false);
    config.wasm_tail_call(false).wasm_wide_arithmetic(false);
    config.concurrency_support(false).wasm_component_model_async(false);
    config.wasm_component_model_gc(false).wasm_component_model_map(false);
    config.wasm_component_model_fixed_length_lists(false).wasm_component_model_error_context(false);
    config.wasm_component_model_threading(false);
}

/// The best-tested shape: guard pages instead of bounds checks, images mapped copy-on-write.
fn memory_shape(config: &mut Config) {
    config.signals_based_traps(true).guard_before_linear_memory(true).memory_init_cow(true);
    config.memory_reservation(4 << 30).memory_guard_size(32 << 20).memory_may_move(false);
}

/// A trap names at most 16 frames and never reads the guest's debug information.
fn quiet_errors(config: &mut Config) {
    config.debug_info(false).wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(16));
}

fn pool(limits: &PoolLimits) -> PoolingAllocationConfig {
    // Most components have few instances, so the sums are far below calls × the most of one component;
    // a call that finds its kind of slot taken is refused like any other over capacity.
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.calls).total_stacks(limits.calls);
    pool.total_core_instances(limits.calls * 8).total_memories(limits.calls * 2).total_tables(limits.calls * 4);
    pool.max_core_instances_per_component(limits.core_instances_per_component);
    pool.max_memories_per_component(limits.memories_per_component);
    pool.max_tables_per_component(limits.tables_per_component);
    pool.max_component_instance_size(4 << 20).max_core_instance_size(4 << 20);
    pool.max_memories_per_module(1).max_tables_per_module(8).table_elements(limits.table_elements);
    pool.max_memory_size(limits.memory_bytes);
    pool.max_unused_warm_slots(16).linear_memory_keep_resident(0).table_keep_resident(0).pagemap_scan(Enabled::No);
    pool
}

/// Advances the engine's epoch every [`TICK`] until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let (stop, engine) = (Arc::new(AtomicBool::new(false)), engine.weak());
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("epoch".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(TICK);
                let Some(engine) = engine.upgrade() else { break };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
