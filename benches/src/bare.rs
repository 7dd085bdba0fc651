//! wasmtime alone, doing the same: a store, an instance, a call, all dropped afterwards.

use std::time::Duration;

use signalsync_runtime::{Allocator, PoolLimits, engine_config};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Engine, ResourceLimiter, Result, Store};

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
    pub fn new(wasm: &[u8], shape: Shape) -> anyhow::Result<Self> {
        Self::open(wasm, shape).map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    fn open(wasm: &[u8], shape: Shape) -> Result<Self> {
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

    /// The same, each call on a thread that waits for it.
    pub fn validate_elsewhere(&self, document: &str, times: u64) {
        std::thread::scope(|scope| {
            let (ask, asked) = std::sync::mpsc::sync_channel::<()>(1);
            let (answer, answered) = std::sync::mpsc::sync_channel(1);
            scope.spawn(move || asked.iter().for_each(|()| answer.send(self.validate(document, 1)).expect("it waits")));
            for _ in 0..times {
                ask.send(()).expect("the thread runs");
                answered.recv().expect("the thread answers");
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
        std::hint::black_box(answer).map_err(|message| wasmtime::format_err!("{message}"))?;
        Ok(())
    }
}

/// The host's own configuration, changed where the shape says so.
fn config(shape: Shape) -> Config {
    let pool = Allocator::Pooling(PoolLimits::default());
    let mut config = engine_config(if shape.pooling { pool } else { Allocator::OnDemand });
    let metered = shape.meter == Meter::FuelAndEpoch;
    config.consume_fuel(metered).epoch_interruption(metered).async_stack_zeroing(shape.stack_zeroing);
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
