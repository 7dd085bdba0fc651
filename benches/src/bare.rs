//! wasmtime alone, doing the same: a store, an instance, a call, all dropped afterwards.

use std::time::Duration;

use anyhow::Result;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, ResourceLimiter, Store};

use self::exports::Subject;

#[allow(clippy::all, reason = "generated code")]
mod generated {
    wasmtime::component::bindgen!({ path: "../wit/0.1.0", world: "validation", exports: { default: async } });
}

mod exports {
    pub use super::generated::Subject;
}

/// How an instance is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meter {
    /// By fuel in slices and by epochs, as the host does.
    FuelAndEpoch,
    /// By nothing.
    None,
}

/// What is as in the host, and what is not.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub meter: Meter,
    pub pooling: bool,
    pub stack_zeroing: bool,
}

impl Shape {
    /// As the host configures wasmtime.
    pub const HOST: Self = Self { meter: Meter::FuelAndEpoch, pooling: true, stack_zeroing: true };
}

/// An engine with one component.
pub struct Bare {
    tokio: tokio::runtime::Runtime,
    engine: Engine,
    pre: generated::ValidationPre<Limits>,
    shape: Shape,
    _ticker: Option<Ticker>,
}

/// The least that a store needs to be limited.
struct Limits {
    left: usize,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired - current;
        let fits = more <= self.left;
        self.left -= if fits { more } else { 0 };
        Ok(fits)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

impl Bare {
    /// Compiles the component in this process.
    pub fn new(wasm: &[u8], shape: Shape) -> Result<Self> {
        let engine = Engine::new(&config(shape))?;
        let component = Component::from_binary(&engine, wasm)?;
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let pre: InstancePre<Limits> = linker.instantiate_pre(&component)?;
        let pre = generated::ValidationPre::new(pre)?;
        let ticker = (shape.meter == Meter::FuelAndEpoch).then(|| Ticker::start(&engine));
        let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(Self { tokio, engine, pre, shape, _ticker: ticker })
    }

    /// Judges a document so many times.
    pub fn validate(&self, document: &str, times: u64) {
        self.tokio.block_on(async {
            for _ in 0..times {
                self.once(document).await.expect("the component answers");
            }
        });
    }

    async fn once(&self, document: &str) -> Result<()> {
        let mut store = Store::new(&self.engine, Limits { left: 32 << 20 });
        store.limiter(|limits| limits);
        if self.shape.meter == Meter::FuelAndEpoch {
            store.set_fuel(50_000_000)?;
            store.fuel_async_yield_interval(Some(1_000_000))?;
            store.set_epoch_deadline(100);
        }
        let guest = self.pre.instantiate_async(&mut store).await?;
        let subject = Subject {
            collection: "invoices".to_owned(),
            id: "one".to_owned(),
            before: None,
            after: document.to_owned(),
        };
        let answer = guest.call_validate(&mut store, &subject).await?;
        std::hint::black_box(answer).map_err(anyhow::Error::msg)?;
        Ok(())
    }
}

/// `host/runtime/src/engine.rs`, as far as it costs time.
fn config(shape: Shape) -> Config {
    let mut config = Config::new();
    let metered = shape.meter == Meter::FuelAndEpoch;
    config.cranelift_opt_level(OptLevel::Speed).consume_fuel(metered).epoch_interruption(metered);
    config.max_wasm_stack(512 << 10).async_stack_size(2 << 20).async_stack_zeroing(shape.stack_zeroing);
    config.cranelift_nan_canonicalization(true).wasm_relaxed_simd(false);
    config.memory_init_cow(true).memory_reservation(4 << 30).memory_guard_size(32 << 20).memory_may_move(false);
    if shape.pooling {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(512).total_stacks(512).total_core_instances(4096);
        pool.total_memories(1024).total_tables(2048).max_memory_size(256 << 20).table_elements(100_000);
        pool.max_unused_warm_slots(16).linear_memory_keep_resident(0).table_keep_resident(0);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

/// Advances the epoch every ten milliseconds, as the host does.
struct Ticker(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Ticker {
    fn start(engine: &Engine) -> Self {
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (stopped, engine) = (stop.clone(), engine.weak());
        std::thread::spawn(move || {
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
                let Some(engine) = engine.upgrade() else { break };
                engine.increment_epoch();
            }
        });
        Self(stop)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
