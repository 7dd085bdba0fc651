//! Calls in this process: the host against wasmtime alone, and against the same rule as native code.

use std::hint::black_box;

use anyhow::{Context as _, Result};

use crate::Options;
use crate::bare::{Bare, Meter, Shape};
use crate::host::Host;
use crate::measure::{compare, faults};
use crate::table::Table;

/// The small validation: instantiate, call, drop.
pub fn isolated(options: &Options, table: &mut Table) -> Result<()> {
    let (wasm, input) = (options.component("bench-guest-component.wasm")?, bench_rule::input());
    let folder = tempfile::tempdir_in(&options.memory)?;
    let host = Host::start(folder.path(), &wasm)?;
    let bare = Bare::new(&wasm, Shape::HOST)?;
    let ours = |times| host.validate(&input, times);
    let call = compare(ours, |times| bare.validate(&input, times));
    table.times(
        "isolated call ÷ bare wasmtime",
        call,
        "store, instance, call, drop; ours also schedules and makes the receipt",
    );
    let native = |times| (0..times).for_each(|_| drop(black_box(bench_rule::judge(black_box(input.as_bytes())))));
    table.times("isolated call ÷ native Rust", compare(ours, native), "the same rule on the same JSON");
    Ok(())
}

/// What wasmtime alone takes, with one thing changed at a time.
pub fn pieces(options: &Options, table: &mut Table) -> Result<()> {
    let (wasm, input) = (options.component("bench-guest-component.wasm")?, bench_rule::input());
    let full = Bare::new(&wasm, Shape::HOST)?;
    let changed = [
        ("without fuel and epochs", Shape { meter: Meter::None, ..Shape::HOST }),
        ("without the pool", Shape { pooling: false, ..Shape::HOST }),
        ("without zeroed stacks", Shape { stack_zeroing: false, ..Shape::HOST }),
    ];
    for (what, shape) in changed {
        let less = Bare::new(&wasm, shape)?;
        let found = compare(|times| full.validate(&input, times), |times| less.validate(&input, times));
        table.times(&format!("bare wasmtime ÷ {what}"), found, "the small validation");
    }
    let pages = faults(|times| full.validate(&input, times))?;
    table.line("pages that bare wasmtime faults in", "–".to_owned(), format!("{pages} a call"), "the small validation");
    let hop = compare(|times| full.validate_elsewhere(&input, times), |times| full.validate(&input, times));
    table.times("bare wasmtime on another thread ÷ on this one", hop, "two hand-overs between threads that sleep");
    Ok(())
}

/// The rules of EN 16931 on a real invoice.
pub fn invoices(options: &Options, table: &mut Table) -> Result<()> {
    let wasm = options.component("e-invoicing-validation.wasm")?;
    let text = std::fs::read("examples/e-invoicing/data/invoices/guide-example1.xml")?;
    let invoice = e_invoicing_model::ubl::read(&text).context("a real invoice")?;
    let record = serde_json::to_string(&invoice)?;
    let folder = tempfile::tempdir_in(&options.memory)?;
    let host = Host::start(folder.path(), &wasm)?;
    let native = |times| {
        for _ in 0..times {
            let invoice: e_invoicing_model::Invoice = serde_json::from_str(black_box(&record)).expect("an invoice");
            black_box(e_invoicing_model::check(&invoice));
        }
    };
    let call = compare(|times| host.validate(&record, times), native);
    table.times("e-invoice validation ÷ native Rust", call, "201 rules on a real invoice, isolated call");
    let metered = Bare::new(&wasm, Shape::HOST)?;
    let free = Bare::new(&wasm, Shape { meter: Meter::None, ..Shape::HOST })?;
    let meter = compare(|times| metered.validate(&record, times), |times| free.validate(&record, times));
    table.times("fuel and epochs ÷ neither", meter, "e-invoice validation in bare wasmtime");
    Ok(())
}
